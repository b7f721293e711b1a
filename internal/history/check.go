package history

import (
	"fmt"
	"slices"
	"strings"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/pulse"
)

// A checker keeps the first fault, so that checks read as a list.
type checker struct {
	h       *History
	clauses map[string]bool
	err     error
}

func (c *checker) want(ok bool, where, why, do string) {
	if !ok && c.err == nil {
		c.err = bad(where, why, do)
	}
}

// check wants every reference to lead somewhere and every span of time to run forward.
func (h *History) check() error {
	c := &checker{h: h, clauses: map[string]bool{}}
	c.ids()
	for i := range h.Instruments {
		c.instrument(h.Instruments[i])
	}
	c.units()
	for i := range h.Events {
		c.event(&h.Events[i])
	}
	for _, s := range h.Sources {
		c.want(slices.Contains([]SourceKind{Official, News, Research, Mirror}, s.Kind) && s.Title != "", "sources.toml, "+s.ID, "its kind or its title is missing", "write both")
	}
	return c.err
}

// ids wants each id once among its like; clauses have unique ids in all instruments together.
func (c *checker) ids() {
	seen := map[string]bool{}
	once := func(file, id string) {
		c.want(id != "" && strings.TrimSpace(id) == id, file, "an item has no id", "give it one")
		c.want(!seen[file+id], file+", "+id, "there are two items of this id", "give each an id of its own")
		seen[file+id] = true
	}
	for _, p := range c.h.Parties {
		once("parties.toml", p.ID)
		c.texts("parties.toml, "+p.ID, p.Names)
		c.sources("parties.toml, "+p.ID, p.Sources)
	}
	for _, u := range c.h.Units {
		once("units.toml", u.ID)
	}
	for _, s := range c.h.Sources {
		once("sources.toml", s.ID)
	}
	for _, e := range c.h.Events {
		once("events.toml", e.ID)
	}
	for _, in := range c.h.Instruments {
		once("instruments", in.ID)
		for _, l := range in.Clauses {
			once("clauses", l.ID)
			c.clauses[l.ID] = true
		}
	}
}

func (c *checker) instrument(in *agreement.Instrument) {
	where := "instruments, " + in.ID
	c.want(in.Standing == agreement.Registered, where, "it is not a registered text", "the history holds registered texts only")
	c.want(!in.Simulated, where, "it is simulated", "simulated texts never stand among the history")
	for _, p := range in.Parties {
		c.want(c.h.Party(p) != nil, where, fmt.Sprintf("its party %q is not in parties.toml", p), "add the party")
	}
	for _, id := range append(slices.Clone(in.BuildsOn), in.Implements...) {
		earlier := c.h.Instrument(id)
		c.want(earlier != nil, where, fmt.Sprintf("it refers to instrument %q, which is not here", id), "add it, or correct the id")
		c.want(earlier == nil || !in.Date.First().Before(earlier.Date.First()), where, fmt.Sprintf("it is older than %q, on which it builds", id), "correct the dates")
	}
	c.sources(where, in.Sources)
	for _, x := range in.Conflicts {
		c.sources(where, []string{x.Source})
	}
	for _, u := range in.Units {
		c.unit(where, u.Party, u.Unit)
	}
	for _, a := range in.Annexes {
		c.sources(where, a.Sources)
		for _, l := range a.Lines {
			c.want(l.Clause == "" || c.clauses[l.Clause], where+", line "+l.ID, fmt.Sprintf("its clause %q is not here", l.Clause), "correct the id, or leave it out")
		}
	}
	for i := range in.Clauses {
		c.clause(&in.Clauses[i])
	}
}

func (c *checker) clause(l *agreement.Clause) {
	where := "clause " + l.ID
	c.sources(where, l.Sources)
	for _, f := range l.Flows {
		c.sources(where, f.Sources)
	}
	for _, p := range l.PromisedBefore {
		c.sources(where, []string{p.Source})
	}
	for _, o := range l.Owners {
		c.unit(where, o.Party, o.Unit)
		u := c.h.Unit(o.Unit)
		if u == nil {
			continue
		}
		early := !u.From.IsZero() && (!o.Until.IsZero() && o.Until.Last().Before(u.From.First()) || !o.From.IsZero() && o.From.Last().Before(u.From.First()))
		c.want(!early, where, o.Unit+" answered for it before there was such a unit", "correct the dates")
		c.want(o.From.IsZero() || u.Until.IsZero() || !o.From.First().After(u.Until.Last()), where, o.Unit+" answers for it after there was such a unit", "correct the dates")
	}
}

func (c *checker) units() {
	for _, u := range c.h.Units {
		where := "units.toml, " + u.ID
		c.want(c.h.Party(u.Party) != nil, where, fmt.Sprintf("its party %q is not in parties.toml", u.Party), "add the party")
		c.want(strings.HasPrefix(u.ID, u.Party+"/"), where, "its id does not begin with its party", "write it as "+u.Party+"/name")
		c.want(slices.Contains([]agreement.Mark{agreement.Confirmed, agreement.Named, agreement.Assumed}, u.Mark), where, "its mark is not known", "use confirmed, named or assumed")
		c.texts(where, u.Names)
		c.sources(where, u.Sources)
		c.span(where, u.From, u.Until)
		for _, id := range u.Successors {
			next := c.h.Unit(id)
			c.want(next != nil && next.Party == u.Party && id != u.ID, where, fmt.Sprintf("its successor %q is not another unit of the party", id), "correct the id")
			c.want(next == nil || next.From.IsZero() || u.Until.IsZero() || next.From.Last().After(u.Until.First()), where, fmt.Sprintf("its successor %q is not younger", id), "correct the dates")
		}
	}
}

func (c *checker) event(e *pulse.Event) {
	where := "events.toml, " + e.ID
	c.want(!e.Start.IsZero(), where, "it has no date", "write what is known of it, at least the year")
	c.span(where, e.Start, e.Until)
	c.want(e.Clause == "" || c.clauses[e.Clause], where, fmt.Sprintf("its clause %q is not here", e.Clause), "correct the id, or leave it out")
	c.want(slices.Contains(agreement.EventKinds, e.Kind), where, fmt.Sprintf("kind %q is not known", e.Kind), "use a kind of the closed list")
	c.want(slices.Contains(agreement.Levels, e.Level), where, fmt.Sprintf("level %q is not known", e.Level), "use a level of the closed list")
	c.want(e.Rule == pulse.ByKind || e.Rule == pulse.Never || e.Rule == pulse.ByPerson, where, fmt.Sprintf("counts %q is not known", e.Rule), "write no or person, or leave it out")
	c.want(len(e.By) > 0, where, "nobody acted in it", "write by")
	for i, p := range e.By {
		c.want(c.h.Party(p) != nil && !slices.Contains(e.By[:i], p), where, fmt.Sprintf("%q under by is not a party, or stands there twice", p), "write each party once")
	}
	c.texts(where, e.What)
	c.want(len(e.Sources) > 0, where, "it has no source", "write where it is said")
	c.sources(where, e.Sources)
}

func (c *checker) span(where string, from, until date.Date) {
	c.want(from.IsZero() || until.IsZero() || !until.Last().Before(from.First()), where, "it ends before it begins", "correct the dates")
}

func (c *checker) unit(where, party, id string) {
	u := c.h.Unit(id)
	c.want(u != nil && u.Party == party, where, fmt.Sprintf("unit %q of %s is not in units.toml", id, party), "add the unit, or correct the id")
}

func (c *checker) sources(where string, ids []string) {
	for _, id := range ids {
		c.want(c.h.Source(id) != nil, where, fmt.Sprintf("source %q is not in sources.toml", id), "add the source, or correct the id")
	}
}

func (c *checker) texts(where string, t agreement.Texts) {
	c.want(len(t) > 0, where, "it has no words", "write it in at least one language")
	for _, s := range t {
		c.want(s.Lang != "" && s.Text != "", where, "a text lacks its language or its words", "write both")
	}
}
