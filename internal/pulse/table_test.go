package pulse_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/pulse"
)

func on(tb testing.TB, s string) date.Date {
	tb.Helper()
	if s == "" {
		return date.Date{}
	}
	d, err := date.Parse(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// clause makes a clause of an instrument of 2020-01-01 between east and west.
func clause(cadence agreement.Cadence, sides agreement.Sides) pulse.Clause {
	c := &agreement.Clause{ID: "X", Act: agreement.Agreed, Kinds: []agreement.EventKind{"drill"}, Sides: sides, Cadence: cadence}
	if cadence == agreement.Once {
		c.WindowUntil = date.NewDay(2022, 12, 31)
	}
	in := &agreement.Instrument{ID: "I", Date: date.OnDay(date.NewDay(2020, 1, 1)), Parties: []string{"east", "west"}}
	return pulse.Clause{Clause: c, Instrument: in}
}

// events reads events written as "date by word rule", separated by commas: "2021-05-01..2021-05-04 east confirmed".
func events(tb testing.TB, s string) []pulse.Event {
	tb.Helper()
	var out []pulse.Event
	for i, one := range strings.Split(s, ",") {
		f := strings.Fields(one)
		if len(f) == 0 {
			continue
		}
		start, until, _ := strings.Cut(f[0], "..")
		e := pulse.Event{ID: fmt.Sprint(i), Clause: "X", Kind: "drill", Start: on(tb, start), Until: on(tb, until), By: []string{f[1]}}
		if f[1] == "both" {
			e.By = []string{"west", "east"}
		}
		for _, w := range f[2:] {
			switch w {
			case "confirmed", "disputed":
				e.Word = pulse.Word(w)
			case "no", "person":
				e.Rule = pulse.Rule(w)
			case "linked":
				e.Judgement = &pulse.Judgement{Counts: true}
			case "unlinked":
				e.Judgement = &pulse.Judgement{}
			default:
				e.Kind = agreement.EventKind(w)
			}
		}
		out = append(out, e)
	}
	return out
}

func TestTable(t *testing.T) {
	const any, both, each = agreement.AnySide, agreement.BothSide, agreement.EachWay
	seen := map[pulse.State]bool{}
	for _, c := range []struct {
		name    string
		cadence agreement.Cadence
		sides   agreement.Sides
		events  string
		actions string // "date action", separated by commas
		asOf    string
		want    string
	}{
		{"nothing", "P1Y", any, "", "", "2021-01-01", "no evidence -"},
		{"before", "P1Y", any, "", "", "2019-12-31", "not yet -"},
		{"older counts in days", "P1Y", any, "2019-06-01 east", "", "2019-12-31", "not yet 213"},
		{"older keeps alive", "P1Y", any, "2019-06-01 east", "", "2020-01-01", "alive 214"},
		{"future", "P1Y", any, "2021-06-01 both", "", "2021-05-31", "no evidence -"},

		{"any: one is enough", "P1Y", any, "2021-06-01 east", "", "2021-06-02", "alive 1"},
		{"both: one is not", "P1Y", both, "2021-06-01 east", "", "2021-06-02", "one-sided 1"},
		{"both: by both", "P1Y", both, "2021-06-01 both", "", "2021-06-02", "alive 1"},
		{"both: confirmed", "P1Y", both, "2021-06-01 east confirmed", "", "2021-06-02", "alive 1"},
		{"both: one each is not together", "P1Y", both, "2021-06-01 east, 2021-06-02 west", "", "2021-06-02", "one-sided 0"},
		{"both: an older one by both is within", "P1Y", both, "2021-01-01 both, 2021-12-31 east", "", "2022-01-01", "alive 1"},
		{"both: an older one by both is out", "P1Y", both, "2021-01-01 both, 2021-12-31 east", "", "2022-01-02", "one-sided 2"},
		{"disputed", "P1Y", any, "2021-06-01 east disputed", "", "2021-06-02", "disputed 1"},
		{"disputed though by both", "P1Y", both, "2021-06-01 both disputed", "", "2021-06-02", "disputed 1"},
		{"one claim stands", "P1Y", both, "2021-06-01 east disputed, 2021-05-01 west", "", "2021-06-02", "one-sided 1"},
		{"one good is enough", "P1Y", any, "2021-06-01 east disputed, 2021-05-01 west", "", "2021-06-02", "alive 1"},
		{"each way: one", "P1Y", each, "2021-06-01 east", "", "2021-06-02", "one-sided 1"},
		{"each way: confirmed is still one way", "P1Y", each, "2021-06-01 east confirmed", "", "2021-06-02", "one-sided 1"},
		{"each way: two", "P1Y", each, "2021-06-01 east, 2021-05-01 west", "", "2021-06-02", "alive 1"},
		{"each way: the other is too old", "P1Y", each, "2021-06-01 east, 2020-05-01 west", "", "2021-06-02", "one-sided 1"},
		{"each way: both", "P1Y", each, "2021-06-01 both", "", "2021-06-02", "alive 1"},
		{"each way: disputed", "P1Y", each, "2021-06-01 east disputed", "", "2021-06-02", "disputed 1"},

		{"exactly one", "P1Y", any, "2021-06-01 east", "", "2022-06-01", "alive 365"},
		{"a day more", "P1Y", any, "2021-06-01 east", "", "2022-06-02", "late 366"},
		{"exactly one and a quarter", "P1Y", any, "2021-06-01 east", "", "2022-09-01", "late 457"},
		{"a day more", "P1Y", any, "2021-06-01 east", "", "2022-09-02", "quiet 458"},
		{"a day less than two", "P1Y", any, "2021-06-01 east", "", "2023-05-31", "quiet 729"},
		{"exactly two", "P1Y", any, "2021-06-01 east", "", "2023-06-01", "dormant 730"},
		{"days", "P30D", any, "2021-06-01 east", "", "2021-07-08", "late 37"},
		{"days", "P30D", any, "2021-06-01 east", "", "2021-07-09", "quiet 38"},
		{"end of a month", "P1M", any, "2021-01-31 east", "", "2021-02-28", "alive 28"},
		{"end of a month", "P1M", any, "2021-01-31 east", "", "2021-03-01", "late 29"},
		{"late one-sided is late", "P1Y", both, "2021-06-01 east", "", "2022-06-02", "late 366"},

		{"running", "P1Y", any, "2021-06-01..2021-09-01 east", "", "2021-07-01", "alive 0"},
		{"age from the end", "P1Y", any, "2021-06-01..2021-09-01 east", "", "2022-09-01", "alive 365"},
		{"month", "P1Y", any, "2021-06 east", "", "2021-06-10", "alive ~0"},
		{"month", "P1Y", any, "2021-06 east", "", "2021-07-01", "alive ~1"},
		{"year before", "P1Y", any, "2021 east", "", "2020-12-31", "no evidence -"},
		{"coarse end", "P1Y", any, "2021-06-01..2021-09 east", "", "2021-10-01", "alive ~1"},
		{"coarse start, certain end", "P1Y", any, "2021-06..2021-09-01 east", "", "2021-10-01", "alive 30"},
		{"coarse start, running", "P1Y", any, "2021-06..2021-09-01 east", "", "2021-06-10", "alive ~0"},
		{"certain before coarse", "P1Y", any, "2021 east, 2021-12-31 west", "", "2022-01-01", "alive 1"},

		{"other kind", "P1Y", any, "2021-06-01 both forum", "", "2021-06-02", "no evidence -"},
		{"other kind, linked", "P1Y", any, "2021-06-01 both forum linked", "", "2021-06-02", "alive 1"},
		{"by its source not", "P1Y", any, "2021-06-01 both no", "", "2021-06-02", "no evidence -"},
		{"waits for a person", "P1Y", any, "2021-06-01 both person", "", "2021-06-02", "no evidence -"},
		{"judged", "P1Y", any, "2021-06-01 both person linked", "", "2021-06-02", "alive 1"},
		{"judged not", "P1Y", any, "2021-06-01 both unlinked", "", "2021-06-02", "no evidence -"},

		{"as needed", agreement.AsNeeded, any, "2020-06-01 east", "", "2030-06-01", "as needed 3652"},
		{"as needed, nothing", agreement.AsNeeded, any, "", "", "2030-06-01", "no evidence -"},
		{"as needed, one side", agreement.AsNeeded, both, "2020-06-01 east", "", "2020-06-02", "as needed 1"},

		{"once: done", agreement.Once, both, "2021-06-01 both", "", "2021-06-01", "fulfilled 0"},
		{"once: stays done", agreement.Once, both, "2021-06-01 both", "", "2031-06-01", "fulfilled 3652"},
		{"once: nothing", agreement.Once, both, "", "", "2022-12-31", "no evidence -"},
		{"once: over", agreement.Once, both, "", "", "2023-01-01", "lapsed -"},
		{"once: one side", agreement.Once, both, "2021-06-01 east", "", "2022-12-31", "one-sided 578"},
		{"once: disputed", agreement.Once, both, "2021-06-01 east disputed", "", "2022-12-31", "disputed 578"},
		{"once: one side, over", agreement.Once, both, "2021-06-01 east", "", "2023-01-01", "lapsed 579"},
		{"once: too early", agreement.Once, any, "2019-12-31 both", "", "2021-01-01", "no evidence -"},
		{"once: first day", agreement.Once, any, "2020-01-01 east", "", "2021-01-01", "fulfilled 366"},
		{"once: last day", agreement.Once, any, "2022-12-31 east", "", "2023-01-01", "fulfilled 1"},
		{"once: too late", agreement.Once, any, "2023-01-01 both", "", "2023-01-02", "lapsed -"},
		{"once: perhaps too early", agreement.Once, any, "2019 both", "", "2021-01-01", "no evidence -"},
		{"once: within for certain", agreement.Once, any, "2022 both", "", "2022-06-01", "fulfilled ~0"},
		{"once: each way", agreement.Once, each, "2021-06-01 east, 2022-06-01 west", "", "2022-06-01", "fulfilled 0"},

		{"suspended", "P1Y", any, "2021-06-01 both", "2021-07-01 suspended", "2021-07-01", "suspended 30"},
		{"not yet suspended", "P1Y", any, "2021-06-01 both", "2021-07-01 suspended", "2021-06-30", "alive 29"},
		{"resumed", "P1Y", any, "2021-06-01 both", "2021-07-01 suspended, 2021-08-01 resumed", "2021-08-01", "alive 61"},
		{"resumed the same day", "P1Y", any, "2021-06-01 both", "2021-07-01 suspended, 2021-07-01 resumed", "2021-07-01", "alive 30"},
		{"suspended again the same day", "P1Y", any, "2021-06-01 both", "2021-07-01 resumed, 2021-07-01 suspended", "2021-07-01", "suspended 30"},
		{"given out of order", "P1Y", any, "2021-06-01 both", "2021-08-01 resumed, 2021-07-01 suspended", "2021-08-01", "alive 61"},
		{"ended", "P1Y", any, "2021-06-01 both", "2021-07-01 ended", "2021-07-02", "ended 31"},
		{"superseded", "P1Y", any, "2021-06-01 both", "2021-07-01 superseded", "2021-07-02", "ended 31"},
		{"ended while suspended", "P1Y", any, "", "2021-07-01 suspended, 2021-08-01 ended", "2021-08-02", "ended -"},
		{"suspending what has ended", "P1Y", any, "", "2021-07-01 ended, 2021-08-01 suspended", "2021-08-02", "ended -"},
		{"resuming what has ended", "P1Y", any, "", "2021-07-01 ended, 2021-08-01 resumed", "2021-08-02", "ended -"},
		{"renewed", "P1Y", any, "", "2021-07-01 ended, 2021-08-01 renewed", "2021-08-02", "no evidence -"},
		{"signed changes nothing", "P1Y", any, "", "2020-01-01 signed, 2020-01-01 annexed", "2021-01-01", "no evidence -"},
		{"ended before fulfilled", agreement.Once, any, "2021-06-01 both", "2021-07-01 ended", "2021-07-02", "ended 31"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var actions []agreement.Action
			for _, a := range strings.Split(c.actions, ",") {
				if f := strings.Fields(a); len(f) == 2 {
					actions = append(actions, agreement.Action{Action: agreement.ActionKind(f[1]), Instrument: "I", Date: on(t, f[0])})
				}
			}
			all := pulse.Of([]pulse.Clause{clause(c.cadence, c.sides)}, events(t, c.events), actions, day(t, c.asOf))
			if got := short(all[0]); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			seen[all[0].State] = true
		})
	}
	proposed := clause("P1Y", both)
	proposed.Act = agreement.Proposed
	for _, c := range []struct{ events, want string }{
		{"", "proposed only -"},
		{"2021-06-01 both", "proposed only -"},
		{"2021-06-01 both linked", "alive 1"},
		{"2021-06-01 east linked", "one-sided 1"},
	} {
		all := pulse.Of([]pulse.Clause{proposed}, events(t, c.events), nil, day(t, "2021-06-02"))
		if got := short(all[0]); got != c.want {
			t.Errorf("proposed, %q: %s, want %s", c.events, got, c.want)
		}
		seen[all[0].State] = true
	}
	for _, s := range pulse.States {
		if !seen[s] {
			t.Errorf("no case leads to %q", s)
		}
	}
}

func TestNoDateIsNeverNotYet(t *testing.T) {
	c := clause("P1Y", agreement.AnySide)
	c.Instrument.Date = date.Date{}
	if got := short(pulse.Of([]pulse.Clause{c}, nil, nil, day(t, "1000-01-01"))[0]); got != "no evidence -" {
		t.Error(got)
	}
	c.Instrument.Date = on(t, "2020") // a coarse date counts from its first possible day
	for asOf, want := range map[string]string{"2019-12-31": "not yet -", "2020-01-01": "no evidence -"} {
		if got := short(pulse.Of([]pulse.Clause{c}, nil, nil, day(t, asOf))[0]); got != want {
			t.Errorf("%s: %s", asOf, got)
		}
	}
}

func TestActionsOfOthers(t *testing.T) {
	actions := []agreement.Action{{Action: agreement.ActEnded, Instrument: "J", Date: on(t, "2020-06-01")}}
	if got := short(pulse.Of([]pulse.Clause{clause("P1Y", agreement.AnySide)}, nil, actions, day(t, "2021-01-01"))[0]); got != "no evidence -" {
		t.Error(got)
	}
}

func TestDue(t *testing.T) {
	s := pulse.Of([]pulse.Clause{clause("P6M", agreement.AnySide)}, events(t, "2021-06-01..2021-06-03 east"), nil, day(t, "2021-07-01"))[0]
	if s.Due.String() != "2021-12-03" {
		t.Errorf("due %s", s.Due)
	}
	if s.Last.ID != "0" {
		t.Errorf("last %+v", s.Last)
	}
}

func TestKnownBy(t *testing.T) {
	all := events(t, "2021-06-01 east confirmed, 2021-06-02 east person linked, 2021-06-03 both")
	all[0].WordAt = day(t, "2021-09-01")
	all[1].Judgement.On = day(t, "2021-10-01")
	all[2].KnownAt = day(t, "2021-11-01")
	given := slices.Clone(all)
	c := []pulse.Clause{clause("P1Y", agreement.BothSide)}
	for by, want := range map[string]string{
		"2021-08-31": "one-sided 213",
		"2021-09-01": "alive 213",
		"2021-10-01": "alive 212",
		"2021-11-01": "alive 211",
	} {
		if got := short(pulse.Of(c, pulse.KnownBy(all, day(t, by)), nil, day(t, "2021-12-31"))[0]); got != want {
			t.Errorf("known by %s: %s, want %s", by, got, want)
		}
	}
	for i := range all {
		if all[i].Judgement != given[i].Judgement || all[i].Word != given[i].Word {
			t.Error("KnownBy changed what it was given")
		}
	}
}

// TestClaimant: what one party claims that others did is theirs once they have confirmed it.
func TestClaimant(t *testing.T) {
	for _, c := range []struct {
		sides  agreement.Sides
		events string
		want   string
	}{
		{agreement.BothSide, "2021-06-01 both", "one-sided 1"},
		{agreement.BothSide, "2021-06-01 both confirmed", "alive 1"},
		{agreement.BothSide, "2021-06-01 both disputed", "disputed 1"},
		{agreement.EachWay, "2021-06-01 both", "one-sided 1"},
		{agreement.EachWay, "2021-06-01 both confirmed", "alive 1"},
		{agreement.EachWay, "2021-06-01 west, 2021-06-01 east", "one-sided 1"},
		{agreement.EachWay, "2021-06-01 west confirmed, 2021-06-01 east", "alive 1"},
		{agreement.AnySide, "2021-06-01 west", "alive 1"},
	} {
		all := events(t, c.events)
		for i := range all {
			all[i].Claimant = "east"
		}
		if got := short(pulse.Of([]pulse.Clause{clause("P1Y", c.sides)}, all, nil, day(t, "2021-06-02"))[0]); got != c.want {
			t.Errorf("%s, %q: %s, not %s", c.sides, c.events, got, c.want)
		}
	}
	other := events(t, "2021-06-01 both")
	other[0].Instrument = "J" // a clause of the same id in another text
	if got := short(pulse.Of([]pulse.Clause{clause("P1Y", agreement.AnySide)}, other, nil, day(t, "2021-06-02"))[0]); got != "no evidence -" {
		t.Error(got)
	}
}
