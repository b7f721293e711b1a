package web

import (
	"slices"

	"accord/internal/date"
	"accord/internal/text"
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
	Line    []lineEvent
}

type quickLink struct {
	QuickDate
	Href    string
	Current bool
	Today   bool
}

func newOverviewPage(v Overview, lang text.Lang) *overviewPage {
	p := text.In(lang)
	page := &overviewPage{Overview: v}
	page.chrome = chrome{P: p, Title: choose(lang, v.Node.Name).Text, Path: "/", Day: v.AsOf}
	page.Columns, page.Rows = grid(v.Sample.Clauses)
	page.Counts = counts(v.Sample.Clauses)
	page.Areas = byArea(v.Sample.Clauses)
	for _, q := range append(slices.Clone(v.Quick), QuickDate{Day: v.Today}) {
		page.Quick = append(page.Quick, quickLink{q, page.address(q.Day, lang), q.Day == v.AsOf, q.What == nil})
	}
	page.Line = line(v.Sample)
	page.Thread = newThread(page.Line, v.AsOf, v.Today)
	return page
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

// end is the last possible day of an event.
func end(e Event) date.Day {
	if !e.Until.IsZero() {
		return e.Until.Last()
	}
	return e.From.Last()
}
