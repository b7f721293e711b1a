package pulse

import (
	"slices"
	"sort"

	"accord/agreement"
	"accord/internal/date"
)

// A rule is one line of the table.
type rule struct {
	state State
	holds func(in *inputs) bool
}

// table is the whole derivation: the first rule that holds gives the state. docs/pulse.md has the same lines in prose.
var table = []rule{
	{Ended, func(in *inputs) bool { return in.act == agreement.ActEnded }},
	{Suspended, func(in *inputs) bool { return in.act == agreement.ActSuspended }},
	{Fulfilled, func(in *inputs) bool { return in.once() && in.satisfied(in.evidence) }},
	{Lapsed, func(in *inputs) bool { return in.once() && in.asOf.After(in.clause.WindowUntil) }},
	{NotYet, func(in *inputs) bool { return in.before() }},
	{ProposedOnly, func(in *inputs) bool { return in.clause.Act == agreement.Proposed && len(in.evidence) == 0 }},
	{NoEvidence, func(in *inputs) bool { return len(in.evidence) == 0 }},
	{Disputed, func(in *inputs) bool { return in.fresh() && !in.satisfied(in.within()) && in.denied(in.within()) }},
	{OneSided, func(in *inputs) bool { return in.fresh() && !in.satisfied(in.within()) }},
	{Alive, func(in *inputs) bool { return in.periodic() && in.fresh() }},
	{Late, func(in *inputs) bool { return in.periodic() && !in.asOf.After(in.every.Times(in.last(), 5, 4)) }},
	{Quiet, func(in *inputs) bool { return in.periodic() && in.asOf.Before(in.every.Times(in.last(), 2, 1)) }},
	{Dormant, func(in *inputs) bool { return in.periodic() }},
	{AsNeeded, func(*inputs) bool { return true }},
}

func (in *inputs) once() bool     { return in.clause.Cadence == agreement.Once }
func (in *inputs) periodic() bool { return !in.every.IsZero() }

// last is the day from which the age of the youngest evidence runs.
func (in *inputs) last() date.Day { return in.evidence[0].end }

// before says whether the day is before the instrument, for a coarse date before its first possible day.
func (in *inputs) before() bool {
	since := in.clause.Instrument.Date
	return !since.IsZero() && in.asOf.Before(since.First())
}

// fresh says whether the youngest evidence can be weighed by who gave it: it is within the cadence, or within the window of
// what is owed once. Where evidence is given as needed there is nothing to be within.
func (in *inputs) fresh() bool {
	return in.once() || in.periodic() && !in.asOf.After(in.every.From(in.last()))
}

// within is the evidence within the cadence. Exactly one cadence old is still within.
func (in *inputs) within() []aged {
	if !in.periodic() {
		return in.evidence
	}
	// Evidence is sorted by age, so that what is within stands first.
	n := sort.Search(len(in.evidence), func(i int) bool { return in.asOf.After(in.every.From(in.evidence[i].end)) })
	return in.evidence[:n]
}

// denied says whether all of the evidence is disputed. One claim that nobody disputes is one-sided, not disputed.
func (in *inputs) denied(evidence []aged) bool {
	return !slices.ContainsFunc(evidence, func(a aged) bool { return a.Word != Denied })
}

// satisfied says whether the evidence comes from whom the clause asks. What the other side disputes satisfies nobody.
func (in *inputs) satisfied(evidence []aged) bool {
	if in.clause.Sides == agreement.EachWay {
		return in.eachWay(evidence)
	}
	return slices.ContainsFunc(evidence, func(a aged) bool {
		return a.Word != Denied && (in.clause.Sides == agreement.AnySide || in.byAll(a) || a.Word == Confirmed)
	})
}

func (in *inputs) byAll(a aged) bool {
	for _, p := range in.clause.Instrument.Parties {
		if !a.acted(p) {
			return false
		}
	}
	return true
}

// eachWay wants an event by every party; one by all of them is enough. A confirmed event went one way all the same.
func (in *inputs) eachWay(evidence []aged) bool {
	for _, p := range in.clause.Instrument.Parties {
		if !slices.ContainsFunc(evidence, func(a aged) bool { return a.Word != Denied && a.acted(p) }) {
			return false
		}
	}
	return true
}

// governing returns what the actions on an instrument and on one clause of it, up to a day, leave in force: nothing,
// ActSuspended or ActEnded. What has ended stays ended until it is renewed.
func governing(actions []agreement.Action, instrument, clause string, asOf date.Day) agreement.ActionKind {
	whole := governed(actions, instrument, "", asOf)
	if whole == agreement.ActEnded || clause == "" {
		return whole
	}
	if part := governed(actions, instrument, clause, asOf); part != "" {
		return part
	}
	return whole
}

// governed is governing for the text as a whole, or for one clause alone.
func governed(actions []agreement.Action, instrument, clause string, asOf date.Day) agreement.ActionKind {
	var mine []agreement.Action
	for _, a := range actions {
		if a.Instrument == instrument && a.Clause == clause && !asOf.Before(a.Date.First()) {
			mine = append(mine, a)
		}
	}
	slices.SortStableFunc(mine, func(a, b agreement.Action) int { return a.Date.First().Time().Compare(b.Date.First().Time()) })
	var state agreement.ActionKind
	for _, a := range mine {
		switch a.Action {
		case agreement.ActEnded, agreement.ActSuperseded:
			state = agreement.ActEnded
		case agreement.ActSuspended:
			if state != agreement.ActEnded {
				state = agreement.ActSuspended
			}
		case agreement.ActResumed:
			if state == agreement.ActSuspended {
				state = ""
			}
		case agreement.ActRenewed:
			state = ""
		}
	}
	return state
}
