package agreement

import (
	"slices"

	"accord/internal/date"
)

// A Grade says what has to happen before content leaves: O leaves by itself, S waits for a named person who has seen
// exactly what leaves, C never leaves.
type Grade string

const (
	Open       Grade = "O"
	Supervised Grade = "S"
	Closed     Grade = "C"
)

// Terms are what a clause lets out of one dataset. They only narrow: what they do not name stays home.
type Terms struct {
	Dataset   string        `toml:"dataset"`   // name of the dataset, as safety/subsidence
	Version   int           `toml:"version"`   // version of its description
	From      []string      `toml:"from"`      // parties that may send under these terms
	Fields    []string      `toml:"fields"`    // fields that may leave, by name
	Place     Place         `toml:"place"`     // precision of place
	Time      Precision     `toml:"time"`      // precision of time; unset is exact
	Where     []Where       `toml:"where"`     // conditions on a record; all must hold
	Of        []string      `toml:"of"`        // parties whose records the sender may pass on under these terms, besides its own; each must allow it
	Onward    []string      `toml:"onward"`    // whom the receiver may pass them on to: parties, or public; unset is nobody
	Groups    *Groups       `toml:"groups"`    // nothing leaves but counts by group; then there are no fields
	Delay     date.Interval `toml:"delay"`     // a record leaves no earlier than this after its time; unset is at once
	Since     date.Day      `toml:"since"`     // records from this day on; unset is no lower bound
	Until     date.Day      `toml:"until"`     // records up to and including this day; unset is no upper bound
	Purpose   Texts         `toml:"purpose"`   // what the receiver may use it for
	Retention date.Interval `toml:"retention"` // how long the receiver may keep it; unset is without limit
	Grade     Grade         `toml:"grade"`
	Approvals int           `toml:"approvals"` // for grade S: how many persons must approve, 1 to 5; unset is 1, 2 is four eyes
}

// Place is how precisely a place may leave: "none"; "district NAME" for no point, only the field of that name, which is among
// the fields and holds the district's code or name; "grid N" for the centre of a grid cell of N metres; or "exact".
type Place string

// A Precision is how precisely the time of a record may leave. It says nothing of fields that are dates.
type Precision string

// Precisions, the finest first. An hour is its beginning by the clock that the record was published with.
const (
	ByInstant Precision = "exact"
	ByHour    Precision = "hour"
	ByDay     Precision = "day"
	ByMonth   Precision = "month"
	ByYear    Precision = "year"
)

// A Where is one condition on a record: a field, a test, and the values it is compared with. The vocabulary is closed, so that
// every condition can be read aloud and checked by both sides. A field that is absent meets no condition. A field may be
// asked for and yet stay home; that all that leaves meets the condition is then what the receiver learns of it.
type Where struct {
	Field  string   `toml:"field"`
	Test   Test     `toml:"test"`
	Values []string `toml:"values"` // written as in a canonical row, without quotes
}

// A Test is how a condition compares.
type Test string

// Public, alone under onward, is everybody.
const Public = "public"

// MayPass says whether who receives records under the terms may pass them on to a party.
func (t *Terms) MayPass(to string) bool {
	return slices.Contains(t.Onward, to) || len(t.Onward) == 1 && t.Onward[0] == Public
}

// Groups let out a table for every closed period, and no record: how many there are by the values of some fields, with all totals,
// and sums beside. A cell above zero and below the smallest group stays blank, and as many others as it takes to hide it. The
// period is a month or a year from since on; without a step it is the one from since to until. A period is closed when it
// is over everywhere and the delay after it too. A record whose time is unknown, or coarser than the period, is not counted.
type Groups struct {
	By    []string  `toml:"by"`    // fields whose values make the groups: text, code or bool; 1 to 4
	Sums  []string  `toml:"sums"`  // integer fields that are summed, as numbers of persons are; none to 8
	Step  Precision `toml:"step"`  // month or year; unset is one table for the whole period
	Least int       `toml:"least"` // the smallest group that is shown, 3 to 1,000
}

// Tests, with the number of values each takes.
const (
	Is      Test = "is"       // 1
	IsNot   Test = "is_not"   // 1
	OneOf   Test = "one_of"   // 1 to 64, each once
	AtLeast Test = "at_least" // 1, of a number
	AtMost  Test = "at_most"  // 1, of a number
	Between Test = "between"  // 2, of a number or a date; both are within
	Known   Test = "known"    // none
	Before  Test = "before"   // 1, of a date: its last possible day is before the value's first
	After   Test = "after"    // 1, of a date: its first possible day is after the value's last
)
