package agreement

import (
	"accord/internal/date"
)

// A Clause is one numbered item of an instrument: the only source of an obligation or of a permission to send.
type Clause struct {
	ID     string   `toml:"id"`     // G1; unique among all clauses of a node's instruments
	Area   Area     `toml:"area"`   // what it is about
	Level  Level    `toml:"level"`  // who has to act
	Act    Act      `toml:"act"`    // how firm it is
	Origin string   `toml:"origin"` // where its text was found, as annex14; empty for the instrument itself
	Texts  Texts    `toml:"texts"`  // what it says
	Until  date.Day `toml:"until"`  // the last day on which it is in force, where that is before the instrument's; unset is with it

	Kinds       []EventKind `toml:"kinds"`        // which events count as evidence
	Sides       Sides       `toml:"sides"`        // from whom
	AliveIf     Texts       `toml:"alive_if"`     // the same in words
	Cadence     Cadence     `toml:"cadence"`      // how often evidence is owed
	WindowUntil date.Day    `toml:"window_until"` // last day for what is owed once
	Basis       Texts       `toml:"basis"`        // why this cadence
	Assumed     bool        `toml:"assumed"`      // the cadence is ours: the text names none

	Owners         []Owner   `toml:"owners"`          // which unit answers for it, per party and time
	Flows          []Flow    `toml:"flows"`           // what is to go from whom to whom
	PromisedBefore []Promise `toml:"promised_before"` // earlier promises of the same
	Sources        []string  `toml:"sources"`         // where its text comes from, when not from the instrument's sources
	Terms          []Terms   `toml:"terms"`           // what data it lets out
}

// An Area is a field of cooperation.
type Area string

const (
	Safety      Area = "safety"
	Environment Area = "environment"
	Welfare     Area = "welfare"
	Sports      Area = "sports"
	Tourism     Area = "tourism"
	Culture     Area = "culture"
	Governance  Area = "governance" // how the parties run the agreement itself
	Advisers    Area = "advisers"   // people outside who advise a city
)

// A Level says at which height of a city something happens.
type Level string

const (
	Head    Level = "head"    // mayor or governor
	Bureau  Level = "bureau"  // heads of units
	Working Level = "working" // the people who do the work
	Museum  Level = "museum"
	Citizen Level = "citizen"
	Council Level = "council"
)

// An Act says how firm a clause is.
type Act string

const (
	Agreed   Act = "agreed"    // both said yes
	Proposed Act = "proposed"  // one side proposed it; no yes is known
	AreaOnly Act = "area_only" // only the area was named; the content comes from an annex or the press
)

// Sides says from whom evidence must come.
type Sides string

const (
	AnySide  Sides = "any"      // either side alone is enough
	BothSide Sides = "both"     // an event by one side alone is one-sided until the other confirms it
	EachWay  Sides = "each_way" // one in each direction, or one by both
)

// A Cadence says how often a clause asks for evidence: an interval such as P2Y, AsNeeded, or Once.
type Cadence string

const (
	AsNeeded Cadence = "as_needed"
	Once     Cadence = "once" // up to the clause's WindowUntil
)

// Interval returns the interval of c; the unset one for AsNeeded and Once.
func (c Cadence) Interval() date.Interval {
	if c == AsNeeded || c == Once {
		return date.Interval{}
	}
	i, err := date.ParseInterval(string(c))
	if err != nil {
		return date.Interval{}
	}
	return i
}

// An EventKind is a sort of event. Clauses name those that count for them.
type EventKind string

// EventKinds is the closed list of kinds, in the order in which a form offers them.
var EventKinds = []EventKind{
	"head_visit", "bureau_meeting", "working_visit", "staff_visit", "secondment",
	"signing", "annex", "document", "data", "note", "use", "advice", "answer",
	"seminar", "forum", "conference", "symposium", "exhibition", "drill", "contact_test",
	"tournament", "promotion", "product", "statement", "context",
}

// An Owner is a unit that answers for a clause, for a time.
type Owner struct {
	Party string    `toml:"party"`
	Unit  string    `toml:"unit"`  // id of the unit
	From  date.Date `toml:"from"`  // first day; unset is from the beginning
	Until date.Date `toml:"until"` // last day; unset is up to now
	Mark  Mark      `toml:"mark"`  // how sure this is
}

// A Mark says how sure it is that a unit answers for a clause.
type Mark string

const (
	Confirmed Mark = "confirmed" // a source shows the unit acting in this matter
	Named     Mark = "named"     // a source names the unit; its task here is assumed
	Assumed   Mark = "assumed"   // assumed altogether
)

// A Flow is what one party gives another under a clause.
type Flow struct {
	From    string   `toml:"from"`
	To      string   `toml:"to"`
	What    Texts    `toml:"what"`
	Sources []string `toml:"sources"`
}

// A Promise is an earlier promise of the same thing.
type Promise struct {
	Date   date.Date `toml:"date"`
	Source string    `toml:"source"`
}

// Owner returns the unit that answers for the clause at a party on a day; the last named where several do, the zero Owner
// where none is known.
func (c *Clause) Owner(party string, on date.Day) Owner {
	var found Owner
	for _, o := range c.Owners {
		begun := o.From.IsZero() || !on.Before(o.From.First())
		over := !o.Until.IsZero() && on.After(o.Until.Last())
		if o.Party == party && begun && !over {
			found = o
		}
	}
	return found
}
