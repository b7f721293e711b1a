package web

import (
	"net/http"
	"net/url"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/text"
	"accord/internal/who"
)

// TextLine is an instrument as a list and the picture of the chain show it.
type TextLine struct {
	ID         string
	Kind       string
	Standing   string // registered or signed
	Simulated  bool
	Names      agreement.Texts
	Date       date.Date
	Force      string // in_force, not_yet, suspended, ended, registered
	Clauses    int
	Silent     int // of its clauses, on the day
	BuildsOn   []string
	Implements []string
	Supersedes []string
}

// TextView is everything that is known of one instrument.
type TextView struct {
	TextLine
	Until       date.Day
	Notice      date.Interval
	Place       agreement.Texts
	Parties     []Party
	Units       []Owner
	Authentic   []string
	Originals   agreement.Texts
	Signatories []Signatory
	Notes       agreement.Texts
	Written     []Citation
	Conflicts   []Conflict
	Annexes     []Annex
	Promises    []Clause // its clauses with what follows for them on the day
	Signatures  []Signature
	Unsigned    string // why the signatures do not hold; empty when they do
	Hash        string
	SuspendedBy []agreement.Texts
	Done        []Done
	Chain       []TextLine // all instruments of the same pulse
}

// Signatory is a person who signed in office.
type Signatory struct{ Party, Name, Role agreement.Texts }

// Conflict is what one source says against the others.
type Conflict struct {
	Source Citation
	Says   string
	Taken  bool
}

// Annex is one version of an annex.
type Annex struct {
	Version date.Date
	Renewal date.Interval
	Written []Citation
	Lines   []AnnexLine
}

// AnnexLine is one line of an annex, and the clause made of it if there is one.
type AnnexLine struct {
	ID, Area, Clause string
	Text             agreement.Texts
}

// Signature is a party's signature and the card whose key made it.
type Signature struct {
	Party  agreement.Texts
	Serial int64
	Since  time.Time // from when that card holds
	Key    string
}

type textsPage struct {
	chrome
	Asked
	Lines []TextLine
	Chain *chain
}

// Texts lists the instruments of a pulse, with the chain as a picture.
func (s *Site) Texts(w http.ResponseWriter, r *http.Request, by who.Person) error {
	asked, err := ask(r, s.source.Today())
	if err != nil {
		return err
	}
	lines, err := s.source.Promises.Instruments(r.Context(), by, asked)
	if err != nil {
		return err
	}
	lang := reader(r, by)
	p := text.In(lang)
	page := &textsPage{Asked: asked, Lines: lines}
	page.chrome = chrome{P: p, By: by, Title: p.T("text.list"), Path: "/instruments", Day: asked.AsOf, More: asked.more(r.URL.Query())}
	page.Chain = newChain(lines, "", func(id string) string { return asked.TextAt(lang, id) })
	return render(w, r, by, http.StatusOK, "texts", page)
}

type textPage struct {
	chrome
	Asked
	TextView
	Picture *chain
	Cited   []Citation
}

// Text is the page of one instrument.
func (s *Site) Text(w http.ResponseWriter, r *http.Request, by who.Person) error {
	asked, err := ask(r, s.source.Today())
	if err != nil {
		return err
	}
	v, err := s.source.Promises.Instrument(r.Context(), by, asked, r.PathValue("id"))
	if err != nil {
		return err
	}
	lang := reader(r, by)
	p := text.In(lang)
	v.Promises = ordered(v.Promises)
	page := &textPage{Asked: asked, TextView: *v}
	title := v.ID
	if name := choose(lang, v.Names).Text; name != "" {
		title = name
	}
	page.chrome = chrome{P: p, By: by, Title: title, Path: "/instruments/" + url.PathEscape(v.ID), Day: asked.AsOf, More: asked.more(r.URL.Query())}
	page.Picture = newChain(v.Chain, v.ID, func(id string) string { return asked.TextAt(lang, id) })
	said := []Event{{Sources: v.Written}}
	for _, a := range v.Annexes {
		said = append(said, Event{Sources: a.Written})
	}
	for _, c := range v.Conflicts {
		said = append(said, Event{Sources: []Citation{c.Source}})
	}
	page.Cited = cited(said)
	return render(w, r, by, http.StatusOK, "text-page", page)
}

// Line is a clause of the text with its address.
func (p *textPage) Line(c Clause) clauseLine { return p.line(p.P.Lang(), c) }

// Receipts says whether the reader may fetch receipts.
func (p *textPage) Receipts() bool { return p.By.May(who.See) }
