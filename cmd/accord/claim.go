package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/evidence"
	"accord/internal/fault"
	"accord/internal/node"
	"accord/internal/who"
)

// An eventFlags is what is said of an event on a command line.
type eventFlags struct {
	Kind   string    `help:"What sort of event, as drill or seminar."`
	Level  string    `help:"Who acted, as working or head; the clause's level when left out."`
	By     []string  `help:"The parties that acted, or both; this city when left out."`
	Date   date.Date `help:"When it began, as precise as known: 2026, 2026-11 or 2026-11-24."`
	Until  date.Date `help:"When it ended, if on another day."`
	Text   []string  `help:"What happened, as en=TEXT; with its standing as en:machine=TEXT. Standing is official, working, machine or summary." sep:"none"`
	Source []string  `help:"Where it is written: a title, an address, or 'TITLE <ADDRESS>'." sep:"none"`
}

// over puts the flags that are given over what was told before.
func (f *eventFlags) over(t evidence.Told, parties []string) (evidence.Told, error) {
	if f.Kind != "" {
		t.Kind = agreement.EventKind(f.Kind)
	}
	if f.Level != "" {
		t.Level = agreement.Level(f.Level)
	}
	if len(f.By) > 0 {
		t.By = f.By
	}
	if slices.Equal(t.By, []string{"both"}) {
		t.By = parties
	}
	if !f.Date.IsZero() {
		t.Start = f.Date
	}
	if !f.Until.IsZero() {
		t.Until = f.Until
	}
	if len(f.Text) > 0 {
		t.What = nil
	}
	for _, s := range f.Text {
		head, text, ok := strings.Cut(s, "=")
		lang, standing, marked := strings.Cut(head, ":")
		if !ok {
			return t, usage(fmt.Sprintf("--text %q does not begin with its language: en=TEXT", s))
		}
		if !marked {
			standing = string(agreement.Official)
		}
		t.What = append(t.What, exchange.ClaimText{Lang: lang, Standing: standing, Text: text})
	}
	if len(f.Source) > 0 {
		t.Sources = nil
	}
	for _, s := range f.Source {
		t.Sources = append(t.Sources, source(s))
	}
	return t, nil
}

// source reads a title, an address, or both.
func source(s string) exchange.ClaimSource {
	if title, address, ok := strings.Cut(strings.TrimSuffix(s, ">"), " <"); ok && strings.HasSuffix(s, ">") {
		return exchange.ClaimSource{Title: title, URL: address}
	}
	if strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") {
		return exchange.ClaimSource{Title: s, URL: s}
	}
	return exchange.ClaimSource{Title: s}
}

type evidenceClaimCmd struct {
	author
	eventFlags
	ID         string `help:"A name for the event, after the city's; one is made when left out."`
	Clause     string `help:"The clause it stands under. Without one it stands on the time line only, and stays home."`
	Instrument string `help:"The instrument, where several have a clause of this id."`
	File       string `help:"Read events from a TOML file instead: all of them are claimed, or none." type:"path"`
}

func (c *evidenceClaimCmd) Run(r *run) error {
	var told []evidence.Told
	var err error
	switch {
	case c.File != "":
		if told, err = readEvents(c.File); err != nil {
			return err
		}
	case c.Kind == "" || c.Date.IsZero() || len(c.Text) == 0 || len(c.Source) == 0:
		return usage("a claim needs --kind, --date, --text and --source, or a --file")
	default:
		told = []evidence.Told{{Name: c.ID, Instrument: c.Instrument, Clause: c.Clause}}
	}
	return r.with(func(n *node.Node) error {
		by, err := c.acting(r, n, who.Speak)
		if err != nil {
			return err
		}
		for i := range told {
			parties, err := partiesOf(r, n, told[i].Instrument, told[i].Clause)
			if err != nil {
				return err
			}
			flags := c.eventFlags
			if c.File != "" {
				flags = eventFlags{}
			}
			if told[i], err = flags.over(told[i], parties); err != nil {
				return err
			}
		}
		events, err := n.Book.Claim(r.ctx, evidence.Author{Person: by.ID, Unit: c.Unit}, told...)
		if err != nil {
			return err
		}
		if c.File == "" {
			return r.print(events[0], func(w io.Writer) { writeEvent(w, &events[0]) })
		}
		return r.print(events, func(w io.Writer) {
			for i := range events {
				writeEvent(w, &events[i])
			}
		})
	})
}

// partiesOf are the parties of the instrument of a clause: who "both" are.
func partiesOf(r *run, n *node.Node, instrument, clause string) (parties []string, err error) {
	if clause == "" {
		return nil, nil
	}
	err = n.DB.View(r.ctx, func(tx *db.Tx) error {
		k, err := evidence.Under(r.ctx, tx, instrument, clause)
		if err == nil {
			parties = k.Parties
		}
		return err
	})
	return parties, err
}

type evidenceCorrectCmd struct {
	speaking
	eventFlags
}

func (c *evidenceCorrectCmd) Run(r *run) error {
	if c.Why == "" {
		return usage("a correction needs a reason: --why TEXT")
	}
	return c.say(r, func(n *node.Node, d evidence.Deed, had *evidence.Event) (*evidence.Event, error) {
		parties, err := partiesOf(r, n, had.Instrument, had.Clause)
		if err != nil {
			return nil, err
		}
		told, err := c.over(evidence.Told{Kind: agreement.EventKind(had.Kind), Level: agreement.Level(had.Level), By: had.By,
			Start: had.Start, Until: had.Until, What: had.What, Sources: had.Sources}, parties)
		if err != nil {
			return nil, err
		}
		return n.Book.Correct(r.ctx, d, told)
	})
}

// maxEvents is the largest file of events in bytes, and how many it holds at most.
const (
	maxEventsFile = 4 << 20
	maxEvents     = 10_000
)

// readEvents reads a file of events.
func readEvents(path string) ([]evidence.Told, error) {
	bad := func(why, do string) error { return fault.New(fault.Invalid, "events", why, do).At(path) }
	text, err := readSmall(path, maxEventsFile, "events")
	if err != nil {
		return nil, err
	}
	var file struct {
		Events []struct {
			ID         string              `toml:"id"`
			Instrument string              `toml:"instrument"`
			Clause     string              `toml:"clause"`
			Kind       agreement.EventKind `toml:"kind"`
			Level      agreement.Level     `toml:"level"`
			By         []string            `toml:"by"`
			Start      date.Date           `toml:"start"`
			Until      date.Date           `toml:"until"`
			What       agreement.Texts     `toml:"what"`
			Sources    []struct {
				Title string `toml:"title"`
				URL   string `toml:"url"`
			} `toml:"sources"`
		} `toml:"events"`
	}
	meta, err := toml.Decode(string(text), &file)
	if err != nil {
		return nil, bad(strings.ReplaceAll(err.Error(), "\n", " "), "correct the file")
	}
	if un := meta.Undecoded(); len(un) > 0 {
		return nil, bad(fmt.Sprintf("key %q is not known", un[0]), "remove it, or correct its spelling")
	}
	if len(file.Events) == 0 || len(file.Events) > maxEvents {
		return nil, bad(fmt.Sprintf("it holds %d events", len(file.Events)), fmt.Sprintf("write 1 to %d under [[events]]", maxEvents))
	}
	var out []evidence.Told
	for _, e := range file.Events {
		t := evidence.Told{Name: e.ID, Instrument: e.Instrument, Clause: e.Clause, Kind: e.Kind, Level: e.Level, By: e.By, Start: e.Start, Until: e.Until}
		for _, s := range e.What {
			if s.Standing == "" {
				s.Standing = agreement.Official
			}
			t.What = append(t.What, exchange.ClaimText{Lang: s.Lang, Standing: string(s.Standing), Text: s.Text})
		}
		for _, s := range e.Sources {
			t.Sources = append(t.Sources, exchange.ClaimSource{Title: s.Title, URL: s.URL})
		}
		out = append(out, t)
	}
	return out, nil
}
