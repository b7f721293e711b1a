package history_test

import (
	"testing"

	"accord/content"
	"accord/internal/date"
	"accord/internal/history"
)

func day(tb testing.TB, s string) date.Day {
	tb.Helper()
	d, err := date.ParseDay(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func load(tb testing.TB) *history.History {
	tb.Helper()
	h, err := history.Load(content.FS)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

func TestLoad(t *testing.T) {
	h := load(t)
	clauses := 0
	for _, in := range h.Instruments {
		clauses += len(in.Clauses)
	}
	if len(h.Instruments) != 5 || clauses != 22 || len(h.Events) != 31 || len(h.Parties) != 2 {
		t.Errorf("%d instruments, %d clauses, %d events, %d parties", len(h.Instruments), clauses, len(h.Events), len(h.Parties))
	}
	for _, s := range h.Pulse(day(t, "2019-12-01")) {
		d := -1
		if s.Days != nil {
			d = *s.Days
		}
		t.Log(s.Clause.ID, s.State, d, s.About)
	}
}
