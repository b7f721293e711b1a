package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"accord/agreement"
	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

// EntryAt names an entry: a position in the log that a writer keeps for the link with a party.
type EntryAt struct {
	Writer, With string // With is empty where there is one link only
	Index        int64
}

// EntryView is one entry with everything that is kept of it here.
type EntryView struct {
	Writer, Reader, Partner  Party
	Index                    int64
	ID, Kind, State          string
	Instrument, Clause, Unit string
	Hash                     string // of salt and body, in hex
	Left, Stored, Cosigned   time.Time
	Covers                   int64 // how many entries the cosignature covers
	Size                     int64
	Header                   string // as it stands in the log
	Aside                    *LinkReason
	Erasure                  string // which entry let its body be erased
	From, ClauseText         agreement.Texts
	Gate                     []string
	Closed                   bool   // the reader may not see the body
	Unread                   string // why the body cannot be read as its kind
	Facts                    []Fact
	Columns                  []string
	Cells                    [][]string
	First, Rows              int
	Raw                      []string // the body as text, line by line, where it is short text
	Proof                    *Proof   // nil until it is delivered
}

// Proof is what a reader needs to check a delivery without this node.
type Proof struct {
	Receipt string
	Cards   []CardText
}

// CardText is a card as it is in its file.
type CardText struct {
	Party  string
	Serial int
	Text   string
}

type entryPage struct {
	chrome
	*EntryView
	With   string
	Notice string // key of what a retry did
	Script []scriptWord
}

// entryAt reads which entry a request is about.
func entryAt(r *http.Request) (EntryAt, error) {
	at := EntryAt{Writer: r.PathValue("writer"), With: r.URL.Query().Get("with")}
	var err error
	if at.Index, err = strconv.ParseInt(r.PathValue("index"), 10, 64); err != nil || at.Index < 0 {
		return at, fault.New(fault.Invalid, "entry", "it is named by its position, a whole number from 0", "take the link in the list")
	}
	return at, nil
}

// Entry shows one entry.
func (s *Site) Entry(w http.ResponseWriter, r *http.Request, by who.Person) error {
	notice := ""
	switch r.URL.Query().Get("retried") {
	case "applied":
		notice = "leaf.retry_applied"
	case "aside":
		notice = "leaf.retry_aside"
	}
	return s.entry(w, r, by, http.StatusOK, notice)
}

func (s *Site) entry(w http.ResponseWriter, r *http.Request, by who.Person, status int, notice string) error {
	at, err := entryAt(r)
	if err != nil {
		return err
	}
	from, err := strconv.Atoi(r.URL.Query().Get("from"))
	if err != nil || from < 0 {
		from = 0
	}
	lang := reader(r, by)
	v, err := s.source.Links.Entry(r.Context(), by, at, from, lang)
	if err != nil {
		return err
	}
	p := text.In(lang)
	page := &entryPage{EntryView: v, With: at.With, Notice: notice}
	page.chrome = chrome{P: p, By: by, Title: p.T("leaf.title", "index", strconv.FormatInt(v.Index, 10)), Path: entryPath(v.Writer.ID, v.Index)}
	if v.Proof != nil {
		page.Script = scriptWords(p)
	}
	return render(w, r, by, status, "entry", page)
}

// Retries says whether the reader may have the entry applied once more.
func (p *entryPage) Retries() bool { return p.State == "aside" && p.By.May(who.Speak) }

// SeesBody says whether the reader may fetch the body as a file.
func (p *entryPage) SeesBody() bool {
	return !p.Closed && p.State != "erased" && p.Size > 0 && p.By.May(who.SeeContent)
}

// At is an address of this entry, as /retry below its own.
func (p *entryPage) At(below string) string {
	return p.with(p.Path+below, "with", p.With)
}

// ReceiptHref is the address of the receipt's file.
func (p *entryPage) ReceiptHref() string {
	return p.with(fmt.Sprintf("/receipts/%s/%d", p.Writer.ID, p.Index), "with", p.With)
}

// CardHref is the address of a card's file.
func (p *entryPage) CardHref(c CardText) string {
	return p.To(fmt.Sprintf("/cards/%s/%d", c.Party, c.Serial))
}

// ListHref is the list this entry stands in.
func (p *entryPage) ListHref() string {
	part := "left"
	if p.Writer.ID == p.Partner.ID {
		part = "came"
	}
	return p.To("/link/" + p.Partner.ID + "/" + part)
}

// FirstOne and Last are the numbers of the rows shown, from 1.
func (p *entryPage) FirstOne() int { return p.First + 1 }

// Last is the number of the last row shown.
func (p *entryPage) Last() int { return p.First + len(p.Cells) }

// Before and After are the addresses of the rows around those shown; empty where there are none.
func (p *entryPage) Before() string {
	if p.First == 0 {
		return ""
	}
	return p.with(p.Path, "with", p.With, "from", strconv.Itoa(max(0, p.First-ShownRows)))
}

// After is the address of the rows after those shown.
func (p *entryPage) After() string {
	if p.Last() >= p.Rows {
		return ""
	}
	return p.with(p.Path, "with", p.With, "from", strconv.Itoa(p.Last()))
}

// EntryBody is what an entry says, byte for byte, as a file: to be kept, never shown by the browser itself.
func (s *Site) EntryBody(w http.ResponseWriter, r *http.Request, by who.Person) error {
	at, err := entryAt(r)
	if err != nil {
		return err
	}
	body, err := s.source.Links.Body(r.Context(), by, at)
	if err != nil {
		return err
	}
	download(w, fmt.Sprintf("%s-%d.body", plainName(at.Writer), at.Index), int64(len(body)))
	_, err = w.Write(body)
	return err
}

// RetryEntry applies an entry once more that is set aside.
func (s *Site) RetryEntry(w http.ResponseWriter, r *http.Request, by who.Person) error {
	at, err := entryAt(r)
	if err != nil {
		return err
	}
	why, err := s.source.Links.Retry(r.Context(), by, at)
	if fault.KindOf(err) == fault.Conflict {
		s.refused(r, by, err)
		return s.entry(w, r, by, http.StatusConflict, "leaf.retry_late")
	}
	if err != nil {
		return err
	}
	outcome := "applied"
	if why != "" {
		outcome = "aside"
	}
	query := []string{"retried", outcome}
	if at.With != "" {
		query = append(query, "with", at.With)
	}
	redirect(w, r, entryPath(at.Writer, at.Index), by, query...)
	return nil
}

// Card is the file of a city's card.
func (s *Site) Card(w http.ResponseWriter, r *http.Request, _ who.Person) error {
	party := r.PathValue("party")
	serial, err := strconv.Atoi(r.PathValue("serial"))
	if err != nil || serial < 1 {
		return fault.New(fault.Invalid, "card", "it is named by its number, from 1", "take the link on the page")
	}
	file, err := s.source.Links.Card(r.Context(), party, serial)
	if err != nil {
		return err
	}
	download(w, fmt.Sprintf("%s-%d.card", plainName(party), serial), int64(len(file)))
	_, err = w.Write(file)
	return err
}
