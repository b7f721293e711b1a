// Package pulse derives the state of every clause on a date from dated evidence, the clause's cadence and nothing else. It
// is pure: the date is an argument, nobody can set a state. docs/pulse.md says the same rules in prose.
package pulse

import (
	"cmp"
	"slices"

	"accord/agreement"
	"accord/internal/date"
)

// A State is what follows for a clause on a date.
type State string

const (
	Ended        State = "ended"         // the instrument has ended or was superseded
	Suspended    State = "suspended"     // by a dated action
	Fulfilled    State = "fulfilled"     // owed once, and done
	Lapsed       State = "lapsed"        // owed once, and its time is over
	NotYet       State = "not yet"       // before the instrument
	ProposedOnly State = "proposed only" // nothing linked to the proposal by a person's judgement
	NoEvidence   State = "no evidence"   // nothing found; never the same as "nothing happened"
	Disputed     State = "disputed"      // within the cadence, but the other side says no
	OneSided     State = "one-sided"     // within the cadence, but by one side alone
	Alive        State = "alive"         // within the cadence
	Late         State = "late"          // up to and including 1.25 cadences
	Quiet        State = "quiet"         // under 2 cadences
	Dormant      State = "dormant"       // from exactly 2 cadences
	AsNeeded     State = "as needed"     // evidence without an interval
)

// States is every state, in the order in which the first that holds is taken.
var States = []State{
	Ended, Suspended, Fulfilled, Lapsed, NotYet, ProposedOnly, NoEvidence,
	Disputed, OneSided, Alive, Late, Quiet, Dormant, AsNeeded,
}

// A Clause is a clause with what the pulse needs of its instrument.
type Clause struct {
	*agreement.Clause
	Instrument *agreement.Instrument
}

// Clauses lists the clauses of instruments in their order. Registered history and simulated texts must not be listed
// together: they never mix in one pulse.
func Clauses(instruments ...*agreement.Instrument) []Clause {
	var out []Clause
	for _, in := range instruments {
		for i := range in.Clauses {
			out = append(out, Clause{&in.Clauses[i], in})
		}
	}
	return out
}

// A Standing is what follows for one clause on one date.
type Standing struct {
	Clause Clause
	State  State
	Days   *int     // age of the last evidence; nil without evidence
	Last   *Event   // that evidence; nil without
	About  bool     // the age is of a coarse date
	Due    date.Day // last day on which the clause is still within its cadence; unset without evidence or interval
}

// Of derives the standing of every clause on the day asked for, in the order of the clauses. The order of events does not
// matter. Actions of one day take effect in the order given.
func Of(clauses []Clause, events []Event, actions []agreement.Action, asOf date.Day) []Standing {
	by := make(map[string][]*Event, len(clauses))
	for i := range events {
		if c := events[i].Clause; c != "" {
			by[c] = append(by[c], &events[i])
		}
	}
	out := make([]Standing, len(clauses))
	for i, c := range clauses {
		out[i] = of(c, by[c.ID], actions, asOf)
	}
	return out
}

// of derives one standing.
func of(c Clause, events []*Event, actions []agreement.Action, asOf date.Day) Standing {
	in := look(c, events, actions, asOf)
	s := Standing{Clause: c}
	if n := len(in.evidence); n > 0 {
		last := in.evidence[0]
		days := asOf.Sub(last.end)
		s.Days, s.Last, s.About = &days, last.Event, last.about
		if !in.every.IsZero() {
			s.Due = in.every.From(last.end)
		}
	}
	for _, rule := range table {
		if rule.holds(&in) {
			s.State = rule.state
			break
		}
	}
	return s
}

// An aged event is one that counts, with the day from which its age runs.
type aged struct {
	*Event
	end   date.Day // its last possible day, no later than the day asked for
	about bool
}

// inputs are what the rules look at.
type inputs struct {
	clause   Clause
	asOf     date.Day
	act      agreement.ActionKind // the last action that governs, if any
	every    date.Interval
	evidence []aged // what counts, youngest first
}

func look(c Clause, events []*Event, actions []agreement.Action, asOf date.Day) inputs {
	in := inputs{clause: c, asOf: asOf, act: governing(actions, c.Instrument.ID, c.ID, asOf), every: c.Cadence.Interval()}
	for _, e := range events {
		if ok, _ := Counts(c, e, asOf); ok {
			in.evidence = append(in.evidence, age(e, asOf))
		}
	}
	slices.SortFunc(in.evidence, younger)
	return in
}

// age finds the day from which an event's age runs: its end, for a coarse date the last possible day, but never after
// asOf, so that what still runs is of age 0.
func age(e *Event, asOf date.Day) aged {
	end := e.end()
	a := aged{Event: e, end: end.Last(), about: end.Precision() != date.ByDay}
	if a.end.After(asOf) {
		a.end = asOf
		a.about = a.about || e.Start.Last().After(asOf)
	}
	return a
}

// younger orders evidence: the later end first; of two that end on one day the one whose date is certain, then the one
// that began later, then by id, so that the answer never depends on the order in which events are given.
func younger(a, b aged) int {
	if c := b.end.Compare(a.end); c != 0 {
		return c
	}
	if a.about != b.about {
		if b.about {
			return -1
		}
		return 1
	}
	if c := b.Start.First().Compare(a.Start.First()); c != 0 {
		return c
	}
	return cmp.Compare(a.ID, b.ID)
}
