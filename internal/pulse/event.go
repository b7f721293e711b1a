package pulse

import (
	"slices"

	"accord/agreement"
	"accord/internal/date"
)

// An Event is something dated that happened, or is said to have happened. It is evidence when it counts for its clause.
type Event struct {
	ID         string
	Instrument string // of that clause; empty where clauses have ids of their own, as in the registered history
	Clause     string // id of the clause it stands under; empty: it stands on the time line only
	Kind       agreement.EventKind
	Level      agreement.Level
	By         []string  // the parties that acted, each once
	Start      date.Date // first day, as precise as known
	Until      date.Date // last day; unset when it began and ended on Start
	What       agreement.Texts
	Sources    []string        // ids of the sources
	Conflict   agreement.Texts // where the sources differ
	Rule       Rule            // whether its kind alone decides that it counts
	Judgement  *Judgement      // a person's word on whether it counts; nil until there is one
	Word       Word            // the other side's word
	WordAt     date.Day        // when that word was known here; unset is always
	KnownAt    date.Day        // when the event was known here; unset is always
	Automatic  bool            // made from receipts, not told by a person
	Claimant   string          // the party that claims it, whose word alone it is until confirmed; empty: sources tell it
}

// A Rule says how it is decided whether an event counts.
type Rule string

const (
	ByKind   Rule = ""       // it counts when the clause lists its kind
	Never    Rule = "no"     // by its source it does not qualify under its clause
	ByPerson Rule = "person" // only when a person judges so
)

// A Judgement is a person's decision, by name and with a reason, whether an event counts. It goes before every rule.
type Judgement struct {
	Counts bool
	By     string // who, as the node's own people know the person
	Why    string
	On     date.Day // when it was made; unset is always
}

// A Word is what the other side says about an event. Silence is not a no.
type Word string

const (
	Unanswered Word = ""
	Confirmed  Word = "confirmed"
	Denied     Word = "disputed"
)

// end is the date from which the event's age runs.
func (e *Event) end() date.Date {
	if e.Until.IsZero() {
		return e.Start
	}
	return e.Until
}

// acted says whether a party acted in the event, as far as it has said so itself. What one party claims of another is
// that other's act once it is confirmed: one-sided stays one-sided.
func (e *Event) acted(party string) bool {
	return slices.Contains(e.By, party) && (e.Claimant == "" || e.Claimant == party || e.Word == Confirmed)
}

// KnownBy returns the events as they were known at the end of a day: without what was learnt later. It is the second
// time axis: when it happened is asked by the date, when it was known here by this.
func KnownBy(events []Event, by date.Day) []Event {
	var out []Event
	for _, e := range events {
		if e.KnownAt.After(by) {
			continue
		}
		if e.WordAt.After(by) {
			e.Word, e.WordAt = Unanswered, date.Day{}
		}
		if e.Judgement != nil && e.Judgement.On.After(by) {
			e.Judgement = nil
		}
		out = append(out, e)
	}
	return out
}

// Why an event counts or does not, as message keys.
const (
	WhyKind        = "pulse.why.kind"         // its kind counts for the clause
	WhyJudged      = "pulse.why.judged"       // a person judged that it counts
	WhyJudgedNot   = "pulse.why.judged_not"   // a person judged that it does not
	WhyOther       = "pulse.why.other"        // it does not stand under this clause
	WhyFuture      = "pulse.why.future"       // it had not begun
	WhySource      = "pulse.why.source"       // by its source it does not qualify
	WhyPending     = "pulse.why.pending"      // it waits for a person's judgement
	WhyOtherKind   = "pulse.why.other_kind"   // the clause does not list its kind
	WhyOnlyPropose = "pulse.why.only_propose" // the clause is a proposal; only a person can link an event to it
	WhyWindow      = "pulse.why.window"       // owed once, and not certainly within the window
)

// Counts says whether an event counts for a clause on a day, and the message key of the reason. An event counts from its
// first possible day.
func Counts(c Clause, e *Event, asOf date.Day) (bool, string) {
	switch {
	case e.Clause != c.ID || e.Instrument != "" && e.Instrument != c.Instrument.ID:
		return false, WhyOther
	case asOf.Before(e.Start.First()):
		return false, WhyFuture
	case e.Judgement != nil && !e.Judgement.Counts:
		return false, WhyJudgedNot
	case c.Cadence == agreement.Once && !inWindow(c, e):
		return false, WhyWindow
	case e.Judgement != nil:
		return true, WhyJudged
	case e.Rule == Never:
		return false, WhySource
	case e.Rule == ByPerson:
		return false, WhyPending
	case !slices.Contains(c.Kinds, e.Kind):
		return false, WhyOtherKind
	case c.Act == agreement.Proposed:
		return false, WhyOnlyPropose
	}
	return true, WhyKind
}

// inWindow says whether an event of a clause that is owed once begins within the window for certain: from the instrument's
// date to the last day. What came before the promise, or after its time, does not keep it.
func inWindow(c Clause, e *Event) bool {
	since := c.Instrument.Date
	return (since.IsZero() || !e.Start.First().Before(since.First())) && !e.Start.Last().After(c.WindowUntil)
}
