// Package web is the face for people: pages made on the server from typed views, in the reader's language. It works
// without scripts, fetches nothing from elsewhere, and knows no SQL and no clock: a Source gives it all it shows.
package web

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"accord/agreement"
	"accord/internal/account"
	"accord/internal/audit"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

// A Source is what a node gives to be shown. Each function may return a *fault.Fault, which becomes a page.
type Source struct {
	Data Data // the datasets

	Party   string   // whose node this is
	Secure  bool     // the pages are reached by https, so that the session's cookie is sent by nothing else
	Proxied bool     // a proxy stands before the pages and says where requests come from
	Hosts   []string // names by which the pages are reached, besides those of this machine

	// Today is the present day at the node's place.
	Today func() date.Day
	Zone  *time.Location
	// Office is what an office of a city is called; nothing where nobody has named it.
	Office func(id string) agreement.Texts
	// Overview is the page's content on a day, as far as the person may see it. It must leave out what happened after the day.
	Overview func(ctx context.Context, by who.Person, asked Asked) (Overview, error)
	Promises Promises
	// Receipt is the receipt of one entry as a text file; fault.NotFound when there is none.
	Receipt func(ctx context.Context, at EntryAt) ([]byte, error)

	Boards *Boards
	Maps   Maps

	People *account.Accounts
	// Note writes a deed that was refused into the log of deeds.
	Note func(ctx context.Context, by who.Person, deed, what string, outcome error) error
	// Deeds are the newest lines of that log before a position; a negative one is its end.
	Deeds func(ctx context.Context, before int64) ([]audit.Kept, error)

	// Releases is what waits for a person; Release one of it, with its rows from a number on, in a language.
	Releases func(ctx context.Context) ([]Waiting, error)
	Release  func(ctx context.Context, id int64, from int, lang text.Lang) (*Release, error)
	// Body is exactly what would leave.
	Body func(ctx context.Context, id int64) ([]byte, error)
	// File is the file of a document that waits: its name, its size, and what writes it.
	File    func(ctx context.Context, id int64) (name string, size int64, write func(io.Writer) error, err error)
	Approve func(ctx context.Context, by who.Person, id int64) error
	Refuse  func(ctx context.Context, by who.Person, id int64, why string) error

	Links     Links
	Search    Search
	Documents Documents
	Claims    Claims
	Mine      Mine
}

// Site serves the pages.
type Site struct {
	source Source
	log    *slog.Logger
	names  agreement.Texts      // of the city; set before the site is mounted
	rights map[string]who.Right // of each address without parameters; set while the site is mounted, then only read
}

// New returns the site over a source. Defects are written to log, in full; readers see none of their text.
func New(source Source, log *slog.Logger) *Site {
	return &Site{source: source, log: log, rights: map[string]who.Right{}}
}

// Overview is the front page.
func (s *Site) Overview(w http.ResponseWriter, r *http.Request, by who.Person) error {
	asked, err := ask(r, s.source.Today())
	if err != nil {
		return err
	}
	v, err := s.source.Overview(r.Context(), by, asked)
	if err != nil {
		return err
	}
	return render(w, r, by, http.StatusOK, "overview", newOverviewPage(v, reader(r, by), by))
}

// AsOf is the day that a request asks for with ?as_of=, else today.
func AsOf(r *http.Request, today date.Day) (date.Day, error) {
	return dayAsked(r, "as_of", today)
}

// dayAsked is the day that a request names, else another.
func dayAsked(r *http.Request, name string, other date.Day) (date.Day, error) {
	asked := r.URL.Query().Get(name)
	if asked == "" {
		return other, nil
	}
	day, err := date.ParseDay(asked)
	if err != nil {
		return date.Day{}, fault.New(fault.Invalid, name, err.Error(), "write the day as 2015-02-03").Because(err).Says("fault.day")
	}
	return day, nil
}

// Receipt is the file that proves that one entry was delivered.
func (s *Site) Receipt(w http.ResponseWriter, r *http.Request, _ who.Person) error {
	at, err := entryAt(r)
	if err != nil {
		return err
	}
	data, err := s.source.Receipt(r.Context(), at)
	if err != nil {
		return err
	}
	download(w, receiptName(at.Writer, at.Index), int64(len(data)))
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = w.Write(data)
	return err
}

// receiptName is the name of a receipt's file.
func receiptName(writer string, index int64) string {
	return fmt.Sprintf("%s-%d.receipt", plainName(writer), index)
}

// Missing is every address that no page has.
func (s *Site) Missing(http.ResponseWriter, *http.Request, who.Person) error {
	return fault.New(fault.NotFound, "page", "there is nothing at this address", "start from the front page").Says("fault.address")
}
