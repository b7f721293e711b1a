package web

import (
	"testing"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/history"
	"accord/internal/pulse"
)

func on(s string) date.Date {
	d, err := date.Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

func day(s string) date.Day { return on(s).First() }

// visits is a history of one clause: three visits of the heads, one event that does not count, one without a clause.
func visits() *history.History {
	return &history.History{
		Parties: []history.Party{{ID: "seoul", Names: agreement.Texts{{Lang: "ko", Text: "서울특별시"}}}},
		Sources: []history.Source{{ID: "S1", Title: "One", URL: "https://example.org/1"}},
		Instruments: []*agreement.Instrument{{
			ID: "A14", Date: on("2014-07-23"),
			Clauses: []agreement.Clause{{ID: "G1", Area: agreement.Governance, Level: agreement.Head, Act: agreement.Agreed,
				Kinds: []agreement.EventKind{"head_visit"}, Sides: agreement.AnySide, Cadence: "P2Y", Assumed: true}},
		}},
		Events: []pulse.Event{
			{ID: "a", Clause: "G1", Level: agreement.Head, Kind: "head_visit", By: []string{"seoul"}, Start: on("1996"), Sources: []string{"S1", "S9"}},
			{ID: "b", Clause: "G1", Level: agreement.Head, Kind: "head_visit", By: []string{"seoul", "tokyo"}, Start: on("2014-07-23"), Until: on("2014-07-25")},
			{ID: "c", Clause: "G1", Level: agreement.Head, Kind: "head_visit", By: []string{"seoul", "tokyo"}, Start: on("2023-06-27")},
			{ID: "d", Clause: "G1", Level: agreement.Head, Kind: "statement", By: []string{"seoul"}, Start: on("2024-08-12"), Rule: pulse.Never},
			{ID: "e", Kind: "context", Level: agreement.Citizen, By: []string{"tokyo"}, Start: on("2025-10-21")},
		},
	}
}

func TestSample(t *testing.T) {
	p := Sample(visits(), day("2025-01-01"))
	if len(p.Clauses) != 1 || len(p.Others) != 0 {
		t.Fatalf("%d clauses, %d others", len(p.Clauses), len(p.Others))
	}
	c := p.Clauses[0]
	if c.State != "alive" || c.Days == nil || *c.Days != 554 || c.Last == nil || c.Last.From != on("2023-06-27") {
		t.Errorf("clause %+v", c)
	}
	if len(c.Events) != 4 || c.Events[0].Counts || c.Events[0].Why != pulse.WhySource || !c.Events[1].Counts {
		t.Errorf("events %+v", c.Events)
	}
	oldest := c.Events[3]
	if oldest.Both || len(oldest.By) == 0 || oldest.By[0].Text != "서울특별시" {
		t.Errorf("by %+v", oldest.By)
	}
	if len(oldest.Sources) != 2 || oldest.Sources[0].URL == "" || oldest.Sources[1].ID != "S9" {
		t.Errorf("sources %+v", oldest.Sources)
	}
	if c.Cadence.Kind != "interval" || !c.Cadence.Assumed {
		t.Errorf("cadence %+v", c.Cadence)
	}
}

// What began after the day is not on the page of that day.
func TestSampleHidesTheFuture(t *testing.T) {
	p := Sample(visits(), day("2014-07-24"))
	if n := len(p.Clauses[0].Events); n != 2 {
		t.Errorf("%d events", n)
	}
	if p := Sample(visits(), day("2025-10-21")); len(p.Others) != 1 {
		t.Errorf("%d events without a clause", len(p.Others))
	}
}

func TestSilence(t *testing.T) {
	for _, c := range []struct {
		asOf    string
		days    int
		ongoing bool
		about   bool
	}{
		{"1990-01-01", -1, false, false},
		{"2010-01-01", 4749, true, true},
		{"2016-07-25", 6413, false, true}, // from the end of 1996 to July 2014
		{"2023-06-27", 6413, false, true},
	} {
		s := Sample(visits(), day(c.asOf)).Silence
		switch {
		case s == nil:
			if c.days >= 0 {
				t.Errorf("%s: no silence", c.asOf)
			}
		case s.Days != c.days || s.Ongoing != c.ongoing || s.About != c.about:
			t.Errorf("%s: %+v", c.asOf, *s)
		}
	}
}

func TestTimeline(t *testing.T) {
	p := Sample(visits(), day("2025-12-31"))
	th := newTimeline(line(p), p.Silences, day("2025-12-31"), day("2025-12-31"))
	if len(th.Rows) != len(levels) || th.Rows[0].Level != "head" || th.Rows[1].Marks != nil {
		t.Fatalf("rows %+v", th.Rows)
	}
	if th.First.Year() != 1988 || th.Last.Year() != 2026 {
		t.Errorf("from %s to %s", th.First, th.Last)
	}
	shapes := ""
	for _, m := range th.Rows[0].Marks {
		shapes += m.Shape + " "
	}
	if shapes != "context both both one " {
		t.Errorf("shapes %s", shapes)
	}
	// 1996 to 2014, 2014 to 2023, 2023 to the day: each longer than two years; only the last has anything below it.
	if len(th.Hushes) != 3 || !th.Hushes[2].Ongoing || len(th.Hushes[0].Below) != 0 {
		t.Errorf("silences %+v", th.Hushes)
	}
	if b := th.Hushes[2].Below; len(b) != 1 || b[0] != (below{"citizen", 1}) || th.Rows[4].Within != 1 {
		t.Errorf("below the last %+v, %d within", b, th.Rows[4].Within)
	}
}

// The days are those of the content, each once, in order, and none is later than the history.
func TestQuickDates(t *testing.T) {
	got := QuickDates(visits())
	if len(got) != 2 || got[0].Day != day("2014-07-23") || got[1].Day != day("2023-06-27") {
		t.Errorf("days %+v", got)
	}
}

func TestOrdered(t *testing.T) {
	got := ""
	for _, c := range ordered([]Clause{{ID: "U10"}, {ID: "U2"}, {ID: "A1"}}) {
		got += c.ID + " "
	}
	if got != "A1 U2 U10 " {
		t.Errorf("got %s", got)
	}
}
