package agreement

import (
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
	Delay     date.Interval `toml:"delay"`     // a record leaves no earlier than this after its time; unset is at once
	Since     date.Day      `toml:"since"`     // records from this day on; unset is no lower bound
	Until     date.Day      `toml:"until"`     // records up to and including this day; unset is no upper bound
	Purpose   Texts         `toml:"purpose"`   // what the receiver may use it for
	Retention date.Interval `toml:"retention"` // how long the receiver may keep it; unset is without limit
	Grade     Grade         `toml:"grade"`
	Approvals int           `toml:"approvals"` // for grade S: how many persons must approve, 1 to 5; unset is 1, 2 is four eyes
}

// Place is how precisely a place may leave: "none", "exact", or "grid N" for the centre of a grid cell of N metres.
type Place string
