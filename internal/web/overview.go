package web

import (
	"cmp"
	"net/url"
	"slices"

	"accord/internal/date"
	"accord/internal/text"
	"accord/internal/who"
)

// overviewPage is the overview laid out for its template.
type overviewPage struct {
	chrome
	Overview
	Pulse    Pulse // the one that is laid out
	Columns  []string
	Rows     []gridRow
	Counts   []stateCount
	Silent   []silentClause
	Changes  []change
	Quick    []quickLink
	Views    []viewLink
	Timeline *timeline
	Ends     date.Day // the last day of the slider
}

type quickLink struct {
	QuickDate
	Href    string
	Current bool
	Today   bool
}

// viewLink leads to the other body of evidence.
type viewLink struct {
	Of, Href string
	Current  bool
}

// silentClause is a clause in the list of those that are silent. All stand in the page, so that the replay can show another
// choice; Silent says which are shown.
type silentClause struct {
	Clause
	Silent bool
}

// change is a clause whose state was another.
type change struct {
	Clause
	Then string
}

func newOverviewPage(v Overview, lang text.Lang, by who.Person) *overviewPage {
	p := text.In(lang)
	v.Sample.Clauses, v.Own.Clauses = ordered(v.Sample.Clauses), ordered(v.Own.Clauses)
	page := &overviewPage{Overview: v, Pulse: v.Sample, Ends: v.Today}
	if v.Of == OfOwn {
		page.Pulse = v.Own
	}
	if v.AsOf.After(page.Ends) {
		page.Ends = v.AsOf
	}
	page.chrome = chrome{P: p, By: by, Title: choose(lang, v.Node.Name).Text, Path: "/", Day: v.AsOf, More: url.Values{"of": {v.Of}}}
	page.Columns, page.Rows = grid(page.Pulse.Clauses)
	page.Counts = counts(page.Pulse.Clauses)
	page.Silent = silent(page.Pulse.Clauses)
	page.Changes = changes(page.Pulse.Clauses, v.Then)
	for _, q := range append(slices.Clone(v.Quick), QuickDate{Day: v.Today}) {
		page.Quick = append(page.Quick, quickLink{q, page.address(q.Day, lang), q.Day == v.AsOf, q.What == nil})
	}
	for _, of := range []string{OfSample, OfOwn} {
		a := Asked{Of: of, AsOf: v.AsOf}
		page.Views = append(page.Views, viewLink{of, "/?" + a.query(lang).Encode(), of == v.Of})
	}
	if len(page.Pulse.Clauses) > 0 {
		page.Timeline = newTimeline(line(page.Pulse), page.Pulse.Silences, v.AsOf, page.Ends)
	}
	return page
}

// OneSide says whether the pulse that is laid out is the node's own.
func (p *overviewPage) IsOwn() bool { return p.Of == OfOwn }

// silentStates are the states of a promise from which too long nothing was heard, in the order of the list.
var silentStates = []string{"dormant", "quiet", "late", "no evidence", "lapsed"}

// silent lists the clauses by how long they are silent; those of which nothing was ever heard come last.
func silent(clauses []Clause) (out []silentClause) {
	for _, c := range clauses {
		out = append(out, silentClause{c, slices.Contains(silentStates, c.State)})
	}
	slices.SortStableFunc(out, func(a, b silentClause) int { return cmp.Compare(quietFor(b.Clause), quietFor(a.Clause)) })
	return out
}

// Silent is how many clauses of an instrument are silent.
func Silent(clauses []Clause, instrument string) (n int) {
	for _, c := range clauses {
		if c.Instrument == instrument && slices.Contains(silentStates, c.State) {
			n++
		}
	}
	return n
}

func quietFor(c Clause) int {
	if c.Days == nil {
		return -1
	}
	return *c.Days
}

// Hushed is how many are silent.
func (p *overviewPage) Hushed() (n int) {
	for _, c := range p.Silent {
		if c.Silent {
			n++
		}
	}
	return n
}

// changes are the clauses whose state was another then.
func changes(now []Clause, then []Then) (out []change) {
	before := map[string]string{}
	for _, t := range then {
		before[t.Key] = t.State
	}
	for _, c := range now {
		if was, ok := before[c.Key()]; ok && was != c.State {
			out = append(out, change{c, was})
		}
	}
	return out
}

// ordered sorts clauses by their ids as people count: U2 before U10.
func ordered(clauses []Clause) []Clause {
	out := slices.Clone(clauses)
	slices.SortStableFunc(out, func(a, b Clause) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// lineEvent is an event on the time line with the clause it stands under, if any.
type lineEvent struct {
	Event
	Clause string
	Area   string // empty without a clause
}

// line is every event of the pulse, newest first.
func line(p Pulse) []lineEvent {
	var out []lineEvent
	for _, c := range p.Clauses {
		for _, e := range c.Events {
			out = append(out, lineEvent{e, c.ID, c.Area})
		}
	}
	for _, e := range p.Others {
		out = append(out, lineEvent{e, "", ""})
	}
	slices.SortStableFunc(out, func(a, b lineEvent) int { return end(b.Event).Time().Compare(end(a.Event).Time()) })
	return out
}

// cited lists the sources of events, each once, in the order in which people count: S2 before S10.
func cited(events []Event) []Citation {
	var out []Citation
	seen := map[string]bool{}
	for _, e := range events {
		for _, c := range e.Sources {
			if !seen[c.ID] {
				seen[c.ID] = true
				out = append(out, c)
			}
		}
	}
	slices.SortFunc(out, func(a, b Citation) int { return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID)) })
	return out
}

// end is the last possible day of an event.
func end(e Event) date.Day {
	if !e.Until.IsZero() {
		return e.Until.Last()
	}
	return e.From.Last()
}
