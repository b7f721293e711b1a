// Package web is the face for people: pages made on the server from typed views, in the reader's language. It works
// without scripts, fetches nothing from elsewhere, and knows no SQL and no clock: a Source gives it all it shows.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/text"
)

// A Source is what a node gives to be shown. Each function may return a *fault.Fault, which becomes a page.
type Source struct {
	// Today is the present day at the node's place.
	Today func() date.Day
	// Overview is the page's content on a day. It must leave out what happened after the day.
	Overview func(ctx context.Context, asOf date.Day) (Overview, error)
	// Receipt is the receipt of one entry as a text file; fault.NotFound when there is none.
	Receipt func(ctx context.Context, writer string, index int64) ([]byte, error)
}

// Site serves the pages.
type Site struct {
	source Source
	log    *slog.Logger
}

// New returns the site over a source. Defects are written to log, in full; readers see none of their text.
func New(source Source, log *slog.Logger) *Site {
	return &Site{source: source, log: log}
}

// Mount adds the site's routes to a mux. The caller wraps the mux with Guard.
func (s *Site) Mount(mux *http.ServeMux) {
	mux.Handle("GET /{$}", s.Handle(s.overview))
	mux.Handle("GET /receipts/{writer}/{index}", s.Handle(s.receipt))
	mux.Handle("GET /assets/{name}", s.Handle(s.asset))
	mux.Handle("GET /", s.Handle(s.missing))
}

func (s *Site) overview(w http.ResponseWriter, r *http.Request) error {
	today := s.source.Today()
	asOf, err := AsOf(r, today)
	if err != nil {
		return err
	}
	v, err := s.source.Overview(r.Context(), asOf)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, "overview", newOverviewPage(v, reader(r)))
}

// AsOf is the day that a request asks for with ?as_of=, else today.
func AsOf(r *http.Request, today date.Day) (date.Day, error) {
	asked := r.URL.Query().Get("as_of")
	if asked == "" {
		return today, nil
	}
	day, err := date.ParseDay(asked)
	if err != nil {
		return date.Day{}, fault.New(fault.Invalid, "as_of", err.Error(), "write the day as 2015-02-03").Because(err)
	}
	return day, nil
}

func (s *Site) receipt(w http.ResponseWriter, r *http.Request) error {
	writer := r.PathValue("writer")
	index, err := strconv.ParseInt(r.PathValue("index"), 10, 64)
	if err != nil || index < 0 {
		return fault.New(fault.Invalid, "receipt", "an entry is named by its position, a whole number from 0", "take the link on the page")
	}
	data, err := s.source.Receipt(r.Context(), writer, index)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", receiptName(writer, index)))
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(data)
	return err
}

// receiptName keeps a writer's id, which comes from the path, from naming a file elsewhere.
func receiptName(writer string, index int64) string {
	safe := []byte(writer)
	for i, c := range safe {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			safe[i] = '_'
		}
	}
	return fmt.Sprintf("%s-%d.receipt", safe, index)
}

func (s *Site) missing(w http.ResponseWriter, r *http.Request) error {
	return fault.New(fault.NotFound, "page", "there is nothing at this address", "start from the front page")
}

// reader is the language of the person who asks.
func reader(r *http.Request) text.Lang {
	return text.Match(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))
}
