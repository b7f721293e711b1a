package web

import (
	"cmp"
	"slices"

	"accord/internal/date"
	"accord/internal/text"
	"accord/internal/who"
)

// overviewPage is the overview laid out for its template.
type overviewPage struct {
	chrome
	Overview
	Columns []string
	Rows    []gridRow
	Counts  []stateCount
	Areas   []gridCell
	Quick   []quickLink
	Thread  *thread
	Cited   []Citation // every source of an event on the page, once
}

type quickLink struct {
	QuickDate
	Href    string
	Current bool
	Today   bool
}

func newOverviewPage(v Overview, lang text.Lang, by who.Person) *overviewPage {
	p := text.In(lang)
	v.Sample.Clauses, v.Own.Clauses = ordered(v.Sample.Clauses), ordered(v.Own.Clauses)
	page := &overviewPage{Overview: v}
	page.chrome = chrome{P: p, By: by, Title: choose(lang, v.Node.Name).Text, Path: "/", Day: v.AsOf}
	page.Columns, page.Rows = grid(v.Sample.Clauses)
	page.Counts = counts(v.Sample.Clauses)
	page.Areas = byArea(v.Sample.Clauses)
	for _, q := range append(slices.Clone(v.Quick), QuickDate{Day: v.Today}) {
		page.Quick = append(page.Quick, quickLink{q, page.address(q.Day, lang), q.Day == v.AsOf, q.What == nil})
	}
	page.Thread = newThread(line(v.Sample), v.AsOf, v.Today)
	page.Cited = cited(append(line(v.Sample), line(v.Own)...))
	return page
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
func cited(events []lineEvent) []Citation {
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
