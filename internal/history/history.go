// Package history reads the registered history: instruments whose paper lies elsewhere, the cities and their offices, dated
// events and the sources of all of it. It reads files and checks that they fit together; it derives nothing.
package history

import (
	"io/fs"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/pulse"
)

// A History is one body of registered facts. It is never mixed with simulated texts.
type History struct {
	Parties     []Party
	Units       []Unit
	Instruments []*agreement.Instrument // by date, those without a date last
	Events      []pulse.Event           // by first possible day
	Sources     []Source
}

// A Party is a city government.
type Party struct {
	ID        string          `toml:"id"`
	Names     agreement.Texts `toml:"names"`
	Languages []string        `toml:"languages"` // languages it works in, first first
	Sources   []string        `toml:"sources"`
	Notes     agreement.Texts `toml:"notes"`
}

// A Unit is an office of a party, with the time in which it was called and did what it says here. A renamed office is
// another unit; the earlier one names it as its successor.
type Unit struct {
	ID         string          `toml:"id"`
	Party      string          `toml:"party"`
	Names      agreement.Texts `toml:"names"`
	From       date.Date       `toml:"from"`  // first day; unset is not known
	Until      date.Date       `toml:"until"` // last day; unset is not known or still so
	Successors []string        `toml:"successors"`
	Planned    bool            `toml:"planned"` // its dates are those of the plan; that it came so was not found
	Mark       agreement.Mark  `toml:"mark"`    // how sure its name is
	Sources    []string        `toml:"sources"`
	Notes      agreement.Texts `toml:"notes"`
}

// A Source is where something is written. Its description is a bibliographic line in our words.
type Source struct {
	ID    string     `toml:"id"`
	Kind  SourceKind `toml:"kind"`
	Title string     `toml:"title"` // publisher, title or identifier, date
	URL   string     `toml:"url"`   // empty when it has none that we can vouch for
}

// A SourceKind says whose word a source is.
type SourceKind string

const (
	Official SourceKind = "official"
	News     SourceKind = "news"
	Research SourceKind = "research"
	Mirror   SourceKind = "mirror" // a copy or quotation by somebody else
)

// Load reads the folder history of content and checks it.
func Load(fsys fs.FS) (*History, error) {
	fsys, err := fs.Sub(fsys, "history")
	if err != nil {
		return nil, err
	}
	h := new(History)
	if err := h.read(fsys); err != nil {
		return nil, err
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	h.sort()
	return h, nil
}

// Clauses lists all clauses as the pulse takes them, by instrument and in the order of its text.
func (h *History) Clauses() []pulse.Clause { return pulse.Clauses(h.Instruments...) }

// Pulse derives the standing of every clause on a day.
func (h *History) Pulse(asOf date.Day) []pulse.Standing {
	return pulse.Of(h.Clauses(), h.Events, nil, asOf)
}

// Party, Unit, Source and Instrument return what has the given id, or nil.
func (h *History) Party(id string) *Party {
	return find(h.Parties, func(p *Party) bool { return p.ID == id })
}

func (h *History) Unit(id string) *Unit {
	return find(h.Units, func(u *Unit) bool { return u.ID == id })
}

func (h *History) Source(id string) *Source {
	return find(h.Sources, func(s *Source) bool { return s.ID == id })
}

func (h *History) Instrument(id string) *agreement.Instrument {
	if p := find(h.Instruments, func(in **agreement.Instrument) bool { return (*in).ID == id }); p != nil {
		return *p
	}
	return nil
}

func find[T any](list []T, is func(*T) bool) *T {
	for i := range list {
		if is(&list[i]) {
			return &list[i]
		}
	}
	return nil
}
