package pulse_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/pulse"
)

// someDate draws a day, a month or a year in the years 2018 to 2026.
func someDate(t *rapid.T) date.Date {
	d := someDay(t)
	text := d.String()
	n := rapid.SampledFrom([]int{4, 7, 10, 10, 10}).Draw(t, "precision")
	out, err := date.Parse(text[:n])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func someDay(t *rapid.T) date.Day {
	return date.NewDay(2018, 1, 1).AddDays(rapid.IntRange(0, 3200).Draw(t, "day"))
}

func someEvents(t *rapid.T) []pulse.Event {
	var out []pulse.Event
	for i := range rapid.IntRange(0, 12).Draw(t, "events") {
		e := pulse.Event{
			ID: fmt.Sprint(i), Clause: "X", Start: someDate(t),
			Kind: rapid.SampledFrom([]agreement.EventKind{"drill", "drill", "forum"}).Draw(t, "kind"),
			By:   rapid.SampledFrom([][]string{{"east"}, {"west"}, {"east", "west"}}).Draw(t, "by"),
			Word: rapid.SampledFrom([]pulse.Word{pulse.Unanswered, pulse.Confirmed, pulse.Denied}).Draw(t, "word"),
			Rule: rapid.SampledFrom([]pulse.Rule{pulse.ByKind, pulse.ByKind, pulse.Never, pulse.ByPerson}).Draw(t, "rule"),
		}
		if rapid.Bool().Draw(t, "long") {
			e.Until = date.OnDay(e.Start.Last().AddDays(rapid.IntRange(0, 400).Draw(t, "length")))
		}
		if rapid.Bool().Draw(t, "judged") {
			e.Judgement = &pulse.Judgement{Counts: rapid.Bool().Draw(t, "counts")}
		}
		out = append(out, e)
	}
	return out
}

func someClause(t *rapid.T) pulse.Clause {
	c := clause(
		rapid.SampledFrom([]agreement.Cadence{"P1Y", "P6M", "P2Y", "P30D", "P1M", agreement.AsNeeded, agreement.Once}).Draw(t, "cadence"),
		rapid.SampledFrom([]agreement.Sides{agreement.AnySide, agreement.BothSide, agreement.EachWay}).Draw(t, "sides"))
	c.Act = rapid.SampledFrom([]agreement.Act{agreement.Agreed, agreement.AreaOnly, agreement.Proposed}).Draw(t, "act")
	return c
}

func one(c pulse.Clause, events []pulse.Event, asOf date.Day) pulse.Standing {
	return pulse.Of([]pulse.Clause{c}, events, nil, asOf)[0]
}

func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, events, asOf := someClause(t), someEvents(t), someDay(t)
		a := one(c, events, asOf)
		b := one(c, rapid.Permutation(slices.Clone(events)).Draw(t, "shuffled"), asOf)
		if short(a) != short(b) || (a.Last == nil) != (b.Last == nil) || a.Last != nil && a.Last.ID != b.Last.ID || a.Due != b.Due {
			t.Fatalf("%s or %s", short(a), short(b))
		}
	})
}

func TestOneMoreNeverMakesOlder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, events, asOf := someClause(t), someEvents(t), someDay(t)
		before := one(c, events, asOf)
		after := one(c, append(slices.Clone(events), pulse.Event{
			ID: "more", Clause: "X", Kind: "drill", Start: someDate(t), By: []string{"east"}, Judgement: &pulse.Judgement{Counts: true},
		}), asOf)
		if before.Days != nil && (after.Days == nil || *after.Days > *before.Days) {
			t.Fatalf("%s became %s", short(before), short(after))
		}
	})
}

// TestAgeing: without new events days only grow, by one a day, and the state only gets worse.
func TestAgeing(t *testing.T) {
	worse := map[pulse.State]int{pulse.Alive: 0, pulse.OneSided: 1, pulse.Disputed: 1, pulse.Late: 2, pulse.Quiet: 3, pulse.Dormant: 4}
	rapid.Check(t, func(t *rapid.T) {
		c, events, asOf := someClause(t), someEvents(t), someDay(t)
		for i := range events { // nothing begins or ends from here on
			if e := &events[i]; e.Start.Last().After(asOf) || e.Until.Last().After(asOf) {
				e.Start, e.Until = date.OnDay(asOf), date.Date{}
			}
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			next := asOf.AddDays(rapid.IntRange(1, 60).Draw(t, "step"))
			a, b := one(c, events, asOf), one(c, events, next)
			if a.Days != nil && *b.Days != *a.Days+next.Sub(asOf) {
				t.Fatalf("%s on %s, %s on %s", short(a), asOf, short(b), next)
			}
			wa, oka := worse[a.State]
			wb, okb := worse[b.State]
			if c.Cadence.Interval() != (date.Interval{}) && oka && (!okb || wb < wa) {
				t.Fatalf("%s on %s, %s on %s", short(a), asOf, short(b), next)
			}
			asOf = next
		}
	})
}

// TestEvidence: days and last are there exactly when something counts, and no state claims otherwise.
func TestEvidence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, events, asOf := someClause(t), someEvents(t), someDay(t)
		s, counting := one(c, events, asOf), 0
		for i := range events {
			if ok, why := pulse.Counts(c, &events[i], asOf); ok {
				counting++
			} else if why == "" {
				t.Fatal("no reason")
			}
		}
		if (s.Days != nil) != (counting > 0) || (s.Last != nil) != (counting > 0) || s.Days != nil && *s.Days < 0 {
			t.Fatalf("%s with %d that count", short(s), counting)
		}
		if (s.State == pulse.NoEvidence || s.State == pulse.ProposedOnly) && counting > 0 {
			t.Fatalf("%s with %d that count", s.State, counting)
		}
		if !slices.Contains(pulse.States, s.State) {
			t.Fatalf("state %q", s.State)
		}
	})
}
