package web

import (
	"slices"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/history"
	"accord/internal/pulse"
)

// Sample is the pulse of the registered history on a day.
func Sample(h *history.History, asOf date.Day) Pulse {
	return NewPulse(h, h.Pulse(asOf), h.Events, asOf)
}

// NewPulse lays standings and the events they follow from out for the page. The history only lends the names of parties
// and sources; standings and events may be the node's own. What began after the day is left out.
func NewPulse(h *history.History, standings []pulse.Standing, events []pulse.Event, asOf date.Day) Pulse {
	v := viewer{h, asOf}
	byClause := map[string][]*pulse.Event{}
	for i := range events {
		if e := &events[i]; !asOf.Before(e.Start.First()) {
			byClause[e.Clause] = append(byClause[e.Clause], e)
		}
	}
	for _, list := range byClause {
		slices.SortStableFunc(list, func(a, b *pulse.Event) int { return ended(b).Last().Time().Compare(ended(a).Last().Time()) })
	}
	var p Pulse
	for _, s := range standings {
		p.Clauses = append(p.Clauses, v.clause(s, under(s.Clause, byClause[s.Clause.ID])))
	}
	for _, e := range byClause[""] {
		p.Others = append(p.Others, v.event(nil, e))
	}
	p.Silence, p.Silences = longest(v.gaps(standings, byClause))
	return p
}

// under leaves out the events of another instrument that has a clause of the same id.
func under(c pulse.Clause, events []*pulse.Event) []*pulse.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e *pulse.Event) bool {
		return e.Instrument != "" && c.Instrument != nil && e.Instrument != c.Instrument.ID
	})
}

type viewer struct {
	history *history.History
	asOf    date.Day
}

func (v viewer) clause(s pulse.Standing, events []*pulse.Event) Clause {
	c := s.Clause
	out := Clause{
		ID: c.ID, Area: string(c.Area), Level: string(c.Level), Act: string(c.Act), Sides: string(c.Sides),
		Text: c.Texts, State: string(s.State), Days: s.Days, About: s.About, AliveIf: c.AliveIf,
		Cadence: Cadence{Kind: "interval", Interval: c.Cadence.Interval(), Until: c.WindowUntil, Assumed: c.Assumed, Basis: c.Basis},
	}
	if c.Cadence == agreement.Once || c.Cadence == agreement.AsNeeded {
		out.Cadence.Kind = string(c.Cadence)
	}
	if in := c.Instrument; in != nil {
		out.Instrument, out.From = in.ID, in.Names
	}
	if s.Last != nil {
		last := v.event(&c, s.Last)
		out.Last = &last
	}
	for _, e := range events {
		out.Events = append(out.Events, v.event(&c, e))
	}
	return out
}

func (v viewer) event(c *pulse.Clause, e *pulse.Event) Event {
	out := Event{
		From: e.Start, Until: e.Until, Kind: string(e.Kind), Level: string(e.Level), What: e.What, Both: len(e.By) > 1,
		Word: string(e.Word), Conflict: e.Conflict, Automatic: e.Automatic, Claimed: e.Claimant != "",
	}
	if len(e.By) == 1 {
		out.By = agreement.Texts{{Text: e.By[0]}}
		if p := v.history.Party(e.By[0]); p != nil {
			out.By = p.Names
		}
	}
	if c != nil {
		out.Counts, out.Why = pulse.Counts(*c, e, v.asOf)
	}
	if e.Judgement != nil && e.Judgement.By != "" {
		out.Judged = e.Judgement.By + ": " + e.Judgement.Why
	}
	for _, id := range e.Sources {
		cite := Citation{ID: id}
		if s := v.history.Source(id); s != nil {
			cite.Title, cite.URL = s.Title, s.URL
		}
		out.Sources = append(out.Sources, cite)
	}
	return out
}

// A visit is evidence that only heads can give, with how often it is owed.
type visit struct {
	*pulse.Event
	every date.Interval
}

// gaps are the stretches between two pieces of evidence of the heads, the last one up to the day asked for, and whether each
// lasted longer than is owed.
func (v viewer) gaps(standings []pulse.Standing, byClause map[string][]*pulse.Event) (out []Silence) {
	var visits []visit
	for _, s := range standings {
		for _, e := range byClause[s.Clause.ID] {
			if ok, _ := pulse.Counts(s.Clause, e, v.asOf); ok && s.Clause.Level == agreement.Head {
				visits = append(visits, visit{e, s.Clause.Cadence.Interval()})
			}
		}
	}
	slices.SortStableFunc(visits, func(a, b visit) int { return a.Start.First().Compare(b.Start.First()) })
	for i, e := range visits {
		next := date.OnDay(v.asOf)
		if i+1 < len(visits) {
			next = visits[i+1].Start
		}
		from := ended(e.Event)
		out = append(out, Silence{
			Days: next.First().Sub(from.Last()), From: from, Until: next, Ongoing: i+1 == len(visits),
			About: from.Precision() != date.ByDay || next.Precision() != date.ByDay,
			Long:  !e.every.IsZero() && next.First().After(e.every.From(from.Last())),
		})
	}
	return out
}

// longest is the longest of the gaps, the last one where two are as long, and those that lasted longer than is owed.
func longest(gaps []Silence) (most *Silence, long []Silence) {
	for i := range gaps {
		if g := &gaps[i]; g.Days > 0 && (most == nil || g.Days >= most.Days) {
			most = g
		}
		if gaps[i].Long {
			long = append(long, gaps[i])
		}
	}
	return most, long
}

// ended is the date on which an event was over.
func ended(e *pulse.Event) date.Date {
	if e.Until.IsZero() {
		return e.Start
	}
	return e.Until
}
