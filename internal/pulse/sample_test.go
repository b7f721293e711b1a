package pulse_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"accord/content"
	"accord/internal/date"
	"accord/internal/history"
	"accord/internal/pulse"
)

func day(tb testing.TB, s string) date.Day {
	tb.Helper()
	d, err := date.ParseDay(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func sample(tb testing.TB) *history.History {
	tb.Helper()
	h, err := history.Load(content.FS)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// short writes a standing as "state days", with a tilde before days of a coarse date and a dash for none.
func short(s pulse.Standing) string {
	switch {
	case s.Days == nil:
		return string(s.State) + " -"
	case s.About:
		return fmt.Sprintf("%s ~%d", s.State, *s.Days)
	default:
		return fmt.Sprintf("%s %d", s.State, *s.Days)
	}
}

func standing(tb testing.TB, all []pulse.Standing, clause string) pulse.Standing {
	tb.Helper()
	i := slices.IndexFunc(all, func(s pulse.Standing) bool { return s.Clause.ID == clause })
	if i < 0 {
		tb.Fatalf("no clause %s", clause)
	}
	return all[i]
}

// TestSample derives the registered history by hand: for every clause the days on which something changes.
func TestSample(t *testing.T) {
	h := sample(t)
	for _, c := range []struct{ asOf, clause, want string }{
		// The heads: every two years, either side alone is enough; visits older than the agreement count in days.
		{"1995-12-31", "G1", "not yet -"},
		{"1996-06-01", "G1", "not yet ~0"},
		{"1997-01-31", "G1", "not yet ~31"},
		{"2007-10-01", "G1", "not yet ~1"},
		{"2014-07-22", "G1", "not yet ~2487"},
		{"2014-07-23", "G1", "alive 0"},
		{"2014-07-24", "G1", "alive 0"},
		{"2014-07-26", "G1", "alive 1"},
		{"2015-02-03", "G1", "alive 0"},
		{"2015-10-20", "G1", "alive 0"},
		{"2016-12-31", "G1", "alive 438"},
		{"2017-10-20", "G1", "alive 731"},
		{"2017-10-21", "G1", "late 732"},
		{"2018-04-20", "G1", "late 913"},
		{"2018-04-21", "G1", "quiet 914"},
		{"2019-10-19", "G1", "quiet 1460"},
		{"2019-10-20", "G1", "dormant 1461"},
		{"2019-12-01", "G1", "dormant 1503"},
		{"2023-06-26", "G1", "dormant 2806"},
		{"2023-06-27", "G1", "alive 0"},
		{"2024-06-01", "G1", "alive 340"},
		{"2024-08-12", "G1", "alive 412"}, // a statement is not a visit
		// The annex: its text says every year.
		{"2014-07-22", "G3", "not yet -"},
		{"2014-07-23", "G3", "alive 0"},
		{"2015-07-23", "G3", "alive 365"},
		{"2015-07-24", "G3", "late 366"},
		{"2015-10-23", "G3", "late 457"},
		{"2015-10-24", "G3", "quiet 458"},
		{"2016-07-22", "G3", "quiet 730"},
		{"2016-07-23", "G3", "dormant 731"},
		{"2016-07-24", "G3", "dormant 732"},
		// A head's visit is no working visit.
		{"2012-03-01", "U1", "not yet -"},
		{"2015-02-03", "U1", "no evidence -"},
		// Drills.
		{"2014-08-01", "U3", "not yet -"},
		{"2015-02-02", "U3", "not yet 27"},
		{"2015-02-03", "U3", "alive 28"},
		{"2016-01-06", "U3", "alive 365"},
		{"2016-01-07", "U3", "late 366"},
		{"2016-04-06", "U3", "late 456"},
		{"2016-04-07", "U3", "quiet 457"},
		{"2016-12-31", "U3", "quiet 725"},
		{"2017-01-06", "U3", "dormant 731"},
		{"2017-09-03", "U3", "alive 0"},
		{"2019-12-01", "U3", "dormant 819"},
		{"2023-06-26", "U3", "dormant 2122"},
		{"2024-06-01", "U3", "dormant 2463"},
		// The forum was proposed; conferences do not qualify and the forum of 2017 waits for a person.
		{"2015-02-02", "U4", "not yet -"},
		{"2015-02-03", "U4", "proposed only -"},
		{"2016-12-31", "U4", "proposed only -"},
		{"2019-12-01", "U4", "proposed only -"},
		{"2024-06-01", "U4", "proposed only -"},
		// Sinkholes: every six months.
		{"2014-09-26", "U5", "not yet 0"},
		{"2015-02-01", "U5", "not yet 128"},
		{"2015-02-02", "U5", "alive 0"},
		{"2015-02-03", "U5", "alive 1"},
		{"2015-08-02", "U5", "alive 181"},
		{"2015-08-03", "U5", "late 182"},
		{"2015-09-17", "U5", "late 227"},
		{"2015-09-18", "U5", "quiet 228"},
		{"2016-02-02", "U5", "dormant 365"},
		{"2016-12-31", "U5", "dormant 698"},
		{"2019-12-01", "U5", "dormant 1763"},
		{"2023-06-26", "U5", "dormant 3066"},
		{"2024-06-01", "U5", "dormant 3407"},
		// Air: age runs from the end of a forum.
		{"2016-05-18", "E1", "no evidence -"},
		{"2016-05-19", "E1", "alive 0"},
		{"2016-12-31", "E1", "alive 225"},
		{"2017-05-20", "E1", "alive 365"},
		{"2017-05-21", "E1", "late 366"},
		{"2017-06-01", "E1", "alive 0"},
		{"2019-12-01", "E1", "dormant 912"},
		{"2023-06-26", "E1", "dormant 2215"},
		{"2024-06-01", "E1", "dormant 2556"},
		// Sport.
		{"2015-05-01", "O2", "alive 0"},
		{"2016-05-04", "O2", "alive 0"},
		{"2016-12-31", "O2", "alive 241"},
		{"2018-05-01", "O2", "quiet 727"},
		{"2018-05-06", "O2", "alive 1"},
		{"2019-12-01", "O2", "quiet 575"},
		{"2023-06-26", "O2", "dormant 1878"},
		{"2024-06-01", "O2", "dormant 2219"}, // without Seoul the tournament of 2024 does not qualify
		// The experience of 1988 was owed once, up to the end of the Games.
		{"2014-07-22", "O1", "not yet -"},
		{"2021-08-08", "O1", "no evidence -"},
		{"2021-08-09", "O1", "lapsed -"},
		{"2022-01-01", "O1", "lapsed -"},
		// Promotion by one side alone.
		{"2017-09-22", "T1", "no evidence -"},
		{"2017-12-31", "T1", "one-sided 99"},
		{"2018-09-23", "T1", "one-sided 365"},
		{"2018-09-24", "T1", "late 366"},
		{"2019-09-23", "T1", "dormant 730"},
		// Museums.
		{"2019-11-30", "C1", "no evidence -"},
		{"2019-12-01", "C1", "alive 0"},
		{"2022-10-23", "C1", "alive 0"},
		{"2023-06-26", "C1", "alive 246"},
		{"2024-06-01", "C1", "alive 587"},
		{"2026-10-23", "C1", "alive 1461"},
		{"2026-10-24", "C1", "late 1462"},
		{"2023-10-11", "C2", "no evidence -"},
		{"2023-10-12", "C2", "one-sided 0"}, // one direction of two
		{"2025-10-12", "C2", "one-sided 731"},
		{"2025-10-13", "C2", "late 732"},
		{"2015-10-27", "C3", "no evidence -"},
		{"2016-12-31", "C3", "late 430"},
		{"2019-12-01", "C3", "alive 40"},
		{"2021-10-22", "C3", "dormant 731"},
		{"2022-01-01", "C3", "alive ~0"}, // a symposium "in 2022" counts from its first possible day
		{"2022-12-31", "C3", "alive ~0"},
		{"2023-06-26", "C3", "alive ~177"},
		{"2023-12-31", "C3", "alive ~365"},
		{"2024-01-01", "C3", "late ~366"},
		{"2024-06-01", "C3", "quiet ~518"},
		// One city's programme has no date before which it was not.
		{"1990-01-01", "N1", "no evidence -"},
	} {
		if got := short(standing(t, h.Pulse(day(t, c.asOf)), c.clause)); got != c.want {
			t.Errorf("%s on %s: %s, want %s", c.clause, c.asOf, got, c.want)
		}
	}
}

func TestSampleNothingFound(t *testing.T) {
	h := sample(t)
	for d := day(t, "2015-02-03"); d.Before(day(t, "2027-01-01")); d = d.AddDays(11) {
		all := h.Pulse(d)
		for _, id := range []string{"W1", "W2", "E2", "T2", "U1", "U2", "K1", "G2", "G4", "N1"} {
			if s := standing(t, all, id); s.State != pulse.NoEvidence || s.Days != nil || s.Last != nil {
				t.Fatalf("%s on %s: %s", id, d, short(s))
			}
		}
	}
}

// TestSampleTable is the table of days that was counted by hand from the sources. The symposium of 2022 is in it, and the
// forum, which no person has linked, is not.
func TestSampleTable(t *testing.T) {
	h := sample(t)
	clauses := []string{"G1", "U3", "U4", "U5", "E1", "O2", "C1", "C3"}
	for asOf, want := range map[string][]int{
		"2015-02-03": {0, 28, -1, 1, -1, -1, -1, -1},
		"2016-12-31": {438, 725, -1, 698, 225, 241, -1, 430},
		"2019-12-01": {1503, 819, -1, 1763, 912, 575, 0, 40},
		"2023-06-26": {2806, 2122, -1, 3066, 2215, 1878, 246, 177},
		"2024-06-01": {340, 2463, -1, 3407, 2556, 2219, 587, 518},
	} {
		all := h.Pulse(day(t, asOf))
		for i, id := range clauses {
			got := -1
			if s := standing(t, all, id); s.Days != nil {
				got = *s.Days
			}
			if got != want[i] {
				t.Errorf("%s on %s: %d days, want %d", id, asOf, got, want[i])
			}
		}
	}
}

// TestSampleForumLinked is what a person's judgement would change.
func TestSampleForumLinked(t *testing.T) {
	h := sample(t)
	events := slices.Clone(h.Events)
	for i := range events {
		if events[i].Clause == "U4" && events[i].Kind == "forum" {
			events[i].Judgement = &pulse.Judgement{Counts: true, By: "an officer", Why: "experts of both cities spoke", On: day(t, "2020-01-01")}
		}
	}
	for _, c := range []struct{ asOf, known, want string }{
		{"2017-12-01", "2026-01-01", "one-sided 8"},
		{"2019-12-01", "2026-01-01", "dormant 738"},
		{"2019-12-01", "2019-12-31", "proposed only -"}, // nobody had judged yet
		{"2023-06-26", "2026-01-01", "dormant 2041"},
		{"2024-06-01", "2026-01-01", "dormant 2382"},
	} {
		known := pulse.KnownBy(events, day(t, c.known))
		all := pulse.Of(h.Clauses(), known, nil, day(t, c.asOf))
		if got := short(standing(t, all, "U4")); got != c.want {
			t.Errorf("on %s, known by %s: %s, want %s", c.asOf, c.known, got, c.want)
		}
	}
}

func TestSampleReasons(t *testing.T) {
	h := sample(t)
	clauses := map[string]pulse.Clause{}
	for _, c := range h.Clauses() {
		clauses[c.ID] = c
	}
	want := map[string]string{ // by first day and clause; all others count by their kind
		"2012-02 U1":    pulse.WhyOtherKind,
		"2015-10-13 U4": pulse.WhySource,
		"2017-11-06 U4": pulse.WhySource,
		"2017-11-23 U4": pulse.WhyPending,
		"2024-05-04 O2": pulse.WhySource,
		"2024-08-12 G1": pulse.WhySource,
	}
	for i := range h.Events {
		e := &h.Events[i]
		if e.Clause == "" {
			continue
		}
		counts, why := pulse.Counts(clauses[e.Clause], e, day(t, "2026-01-01"))
		expect := pulse.WhyKind
		if w, ok := want[e.Start.String()+" "+e.Clause]; ok {
			expect = w
		}
		if why != expect || counts != (expect == pulse.WhyKind) {
			t.Errorf("%s %s: %t, %s, want %s", e.Start, e.Clause, counts, why, expect)
		}
		if counts, why = pulse.Counts(clauses[e.Clause], e, e.Start.First().AddDays(-1)); counts || why != pulse.WhyFuture {
			t.Errorf("%s %s the day before: %t, %s", e.Start, e.Clause, counts, why)
		}
	}
}

func TestReport(t *testing.T) {
	h := sample(t)
	asOf := day(t, "2023-06-26")
	data, err := json.Marshal(pulse.NewReport(h.Pulse(asOf), asOf))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		AsOf    string `json:"as_of"`
		Clauses []json.RawMessage
	}
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if r.AsOf != "2023-06-26" || len(r.Clauses) != 22 {
		t.Errorf("as_of %s, %d clauses", r.AsOf, len(r.Clauses))
	}
	for _, want := range []string{
		`{"id":"C3","area":"culture","level":"museum","state":"alive","days":177,"last":{"date":"2022","precision":"year","what":"museum symposium in Seoul"},"about":true,"cadence":"P1Y","basis":"assumed; yearly in turn since 2002 [S27]"}`,
		`{"id":"U4","area":"safety","level":"bureau","state":"proposed only","days":null,"last":null,"about":false,"cadence":"P1Y","basis":"seed: annual; only proposed"}`,
		`{"id":"O1","area":"sports","level":"bureau","state":"lapsed","days":null,"last":null,"about":false,"cadence":"once","basis":"one-off; the Games were held in 2021"}`,
		`{"id":"G4","area":"governance","level":"working","state":"no evidence","days":null,"last":null,"about":false,"cadence":"as_needed","basis":"text of A14"}`,
	} {
		if !slices.ContainsFunc(r.Clauses, func(m json.RawMessage) bool { return string(m) == want }) {
			t.Errorf("missing %s in %s", want, data)
		}
	}
	if empty, _ := json.Marshal(pulse.NewReport(nil, asOf)); string(empty) != `{"as_of":"2023-06-26","clauses":[]}` {
		t.Errorf("without clauses: %s", empty)
	}
}

func BenchmarkOf(b *testing.B) {
	h := sample(b)
	clauses, asOf := h.Clauses(), day(b, "2024-06-01")
	b.ReportAllocs()
	for b.Loop() {
		pulse.Of(clauses, h.Events, nil, asOf)
	}
}
