package web

import (
	"strconv"
	"time"

	"accord/internal/date"
)

// A timeline is the history as a drawing: one line per level, one mark per event, the year running to the right. Behind all lines
// stand the long silences of the heads, so that one sees what lived below them. Positions are shares of the width in percent,
// so that the drawing fits any screen while its letters keep their size.
type timeline struct {
	First, Last date.Day
	Rows        []timelineRow
	Years       []yearMark
	Now         string // where the day asked for stands
	Hushes      []hush
}

// A hush is where a silence stands in the drawing, and what lived below it.
type hush struct {
	X, Width string
	Silence
	Below []below
}

// below is how many events of a level began within a silence.
type below struct {
	Level string
	N     int
}

type timelineRow struct {
	Level  string
	Marks  []mark
	First  date.Date
	Last   date.Date
	Within int // how many events began within the silences
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

// beginning is where the line begins at the latest, whatever was found.
var beginning = date.NewDay(1988, time.January, 1)

// newTimeline draws the events, newest first, on a line that ends on a day. Every level has its line, also one without events:
// the replay puts there what comes later.
func newTimeline(events []lineEvent, silences []Silence, asOf, last date.Day) *timeline {
	first := beginning
	for _, e := range events {
		if e.From.First().Before(first) {
			first = e.From.First()
		}
	}
	t := &timeline{
		First: date.NewDay(first.Year(), time.January, 1),
		Last:  date.NewDay(last.Year()+1, time.January, 1),
	}
	t.Now = t.at(asOf)
	for y := t.First.Year(); y < t.Last.Year(); y++ {
		t.Years = append(t.Years, yearMark{t.at(date.NewDay(y, time.January, 1)), y, y%5 == 0})
	}
	for _, g := range silences {
		from := g.From.Last()
		t.Hushes = append(t.Hushes, hush{X: t.at(from), Width: percent(g.Until.First().Sub(from), t.Last.Sub(t.First)), Silence: g})
	}
	for _, level := range withOthers(levels, events, func(e lineEvent) string { return e.Level }) {
		t.addRow(level, events)
	}
	return t
}

func (t *timeline) addRow(level string, events []lineEvent) {
	row := timelineRow{Level: level}
	for _, e := range events {
		if e.Level != level {
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
	for i := range t.Hushes {
		n := t.Hushes[i].within(row.Marks)
		if row.Within += n; n > 0 && level != levels[0] {
			t.Hushes[i].Below = append(t.Hushes[i].Below, below{level, n})
		}
	}
	t.Rows = append(t.Rows, row)
}

// within counts the events that began after the silence did and before it ended.
func (h *hush) within(marks []mark) (n int) {
	for _, m := range marks {
		if m.From.First().After(h.From.Last()) && m.From.First().Before(h.Until.First()) {
			n++
		}
	}
	return n
}

func (t *timeline) at(d date.Day) string { return percent(d.Sub(t.First), t.Last.Sub(t.First)) }

func percent(part, whole int) string {
	share := 100 * float64(max(part, 0)) / float64(max(whole, 1))
	return strconv.FormatFloat(min(share, 100), 'f', 2, 64) + "%"
}
