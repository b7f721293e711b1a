package web

import (
	"slices"
	"strconv"
	"time"

	"accord/internal/date"
)

// A thread is the history as a drawing: one line per area, one mark per event, the year running to the right. Positions are
// shares of the width in percent, so that the drawing fits any screen while its letters keep their size.
type thread struct {
	First, Last date.Day
	Rows        []threadRow
	Years       []yearMark
	Now         string // where the day asked for stands
}

type threadRow struct {
	Area  string // empty for events without a clause
	Marks []mark
	First date.Date
	Last  date.Date
}

type mark struct {
	lineEvent
	X     string
	Shape string // both, one or context: by both sides, by one, or not counting
}

type yearMark struct {
	X     string
	Year  int
	Major bool
}

// newThread draws the events, newest first, on a line that ends today; nil when there is nothing to draw.
func newThread(events []lineEvent, asOf, today date.Day) *thread {
	if len(events) == 0 {
		return nil
	}
	last := today
	if asOf.After(last) {
		last = asOf
	}
	first := last
	for _, e := range events {
		if e.From.First().Before(first) {
			first = e.From.First()
		}
	}
	t := &thread{
		First: date.NewDay(first.Year(), time.January, 1),
		Last:  date.NewDay(last.Year()+1, time.January, 1),
	}
	t.Now = t.at(asOf)
	for y := t.First.Year(); y < t.Last.Year(); y++ {
		t.Years = append(t.Years, yearMark{t.at(date.NewDay(y, time.January, 1)), y, y%5 == 0})
	}
	for _, area := range append(slices.Clone(areas), "") {
		t.addRow(area, events)
	}
	return t
}

func (t *thread) addRow(area string, events []lineEvent) {
	row := threadRow{Area: area}
	for _, e := range events {
		if e.Area != area {
			continue
		}
		shape := "both"
		switch {
		case !e.Counts:
			shape = "context"
		case !e.Both:
			shape = "one"
		}
		row.Marks = append(row.Marks, mark{e, t.at(e.From.First()), shape})
		row.First = e.From
		if row.Last.IsZero() {
			row.Last = e.From
		}
	}
	if row.Marks != nil {
		t.Rows = append(t.Rows, row)
	}
}

func (t *thread) at(d date.Day) string { return percent(d.Sub(t.First), t.Last.Sub(t.First)) }

func percent(part, whole int) string {
	share := 100 * float64(max(part, 0)) / float64(max(whole, 1))
	return strconv.FormatFloat(min(share, 100), 'f', 2, 64) + "%"
}
