package history

import (
	"cmp"
	"fmt"
	"io/fs"
	"regexp"
	"slices"

	"github.com/BurntSushi/toml"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/pulse"
)

// An eventRow is an event as its file has it.
type eventRow struct {
	ID       string              `toml:"id"`
	Start    date.Date           `toml:"start"`
	Until    date.Date           `toml:"until"`
	Clause   string              `toml:"clause"`
	Kind     agreement.EventKind `toml:"kind"`
	Level    agreement.Level     `toml:"level"`
	By       []string            `toml:"by"`
	What     agreement.Texts     `toml:"what"`
	Counts   pulse.Rule          `toml:"counts"` // "no", or "person": only when a person judges so
	Conflict agreement.Texts     `toml:"conflict"`
	Sources  []string            `toml:"sources"`
}

func (h *History) read(fsys fs.FS) error {
	var parties struct {
		Parties []Party `toml:"parties"`
	}
	var units struct {
		Units []Unit `toml:"units"`
	}
	var sources struct {
		Sources []Source `toml:"sources"`
	}
	var events struct {
		Events []eventRow `toml:"events"`
	}
	for _, f := range []struct {
		name string
		into any
	}{{"parties.toml", &parties}, {"units.toml", &units}, {"sources.toml", &sources}, {"events.toml", &events}} {
		if err := decode(fsys, f.name, f.into); err != nil {
			return err
		}
	}
	h.Parties, h.Units, h.Sources = parties.Parties, units.Units, sources.Sources
	for _, r := range events.Events {
		h.Events = append(h.Events, pulse.Event{
			ID: r.ID, Clause: r.Clause, Kind: r.Kind, Level: r.Level, By: r.By, Start: r.Start, Until: r.Until,
			What: r.What, Sources: r.Sources, Conflict: r.Conflict, Rule: r.Counts,
		})
	}
	return h.readInstruments(fsys)
}

func (h *History) readInstruments(fsys fs.FS) error {
	names, err := fs.Glob(fsys, "instruments/*.toml")
	if err != nil {
		return err
	}
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return bad(name, "it cannot be read", "put the file back").Because(err)
		}
		in, err := agreement.Parse(data)
		if err != nil {
			return fmt.Errorf("history/%s: %w", name, err)
		}
		h.Instruments = append(h.Instruments, in)
	}
	return nil
}

var keyForm = regexp.MustCompile(`^[a-z_]+$`)

func decode(fsys fs.FS, name string, into any) error {
	meta, err := toml.DecodeFS(fsys, name, into)
	if err != nil {
		return bad(name, fmt.Sprintf("it cannot be read: %v", err), "correct the file").Because(err)
	}
	for _, k := range meta.Keys() {
		if !keyForm.MatchString(k[len(k)-1]) {
			return bad(name, fmt.Sprintf("key %q is not in lower case", k), "correct its spelling")
		}
	}
	if un := meta.Undecoded(); len(un) > 0 {
		return bad(name, fmt.Sprintf("key %q is not known", un[0]), "remove it, or correct its spelling")
	}
	return nil
}

// bad is the fault of a file or of an item in it.
func bad(where, why, do string) *fault.Fault {
	return fault.New(fault.Invalid, "history", why, do).At(where)
}

func (h *History) sort() {
	slices.SortStableFunc(h.Instruments, func(a, b *agreement.Instrument) int {
		if a.Date.IsZero() != b.Date.IsZero() {
			if a.Date.IsZero() {
				return 1
			}
			return -1
		}
		return cmp.Or(a.Date.First().Time().Compare(b.Date.First().Time()), cmp.Compare(a.ID, b.ID))
	})
	slices.SortStableFunc(h.Events, func(a, b pulse.Event) int {
		return cmp.Or(a.Start.First().Time().Compare(b.Start.First().Time()), cmp.Compare(a.ID, b.ID))
	})
}
