// Package record holds what two cities must agree on about data: the description of a dataset, one record of it, and the
// canonical bytes in which records are hashed, shown to the person who releases them, and sent.
//
// A description says what is possible, not what may leave: that is for the terms of a clause. The package reads no clock,
// no file and no network. testdata/vectors holds bytes that any implementation must reproduce.
package record

import "crypto/sha256"

// The bounds of everything that comes from outside. They are part of what the two sides agree on.
const (
	MaxKey    = 128     // bytes of a key
	MaxText   = 4096    // bytes of one text value
	MaxFields = 256     // fields of a dataset
	MaxCodes  = 1024    // codes of a field
	MaxRow    = 1 << 16 // bytes of one canonical row
	MaxGrid   = 100_000 // metres of a cell's side
)

// A Type says how a value of a field is written and compared.
type Type string

const (
	Text    Type = "text"    // UTF-8, 1 to MaxText bytes, no control characters but tab and line ends
	Integer Type = "integer" // whole number, |n| < 2^53
	Number  Type = "number"  // finite IEEE 754 double
	Date    Type = "date"    // day, month or year with its precision
	Code    Type = "code"    // one of the field's codes
	Bool    Type = "bool"

	// Geometry is lines or polygons as canonical well-known text, 1 to MaxGeometry bytes; see Figure.
	Geometry Type = "geometry"
)

// A Field is one described column of a dataset.
type Field struct {
	Name     string   `json:"name"`               // lower case, [a-z][a-z0-9_]*, unique in the dataset
	Type     Type     `json:"type"`               //
	Unit     string   `json:"unit,omitempty"`     // UCUM, "m" for metres; empty for a count or a text
	Codes    []string `json:"codes,omitempty"`    // the closed list of a Code field
	Required bool     `json:"required,omitempty"` // a city does not take in a record without it; a gate may still cut it
	Min      *float64 `json:"min,omitempty"`      // bounds of a possible value, both included; outside them the record
	Max      *float64 `json:"max,omitempty"`      // is rejected
}

// A Kind says what a dataset holds.
type Kind string

const (
	Records Kind = ""       // records: one row with key, time and place
	Series  Kind = "series" // observations: one value of a series; each field is a quantity, but for quality
)

// Quality is the name of the code field that says how good a value of a series is.
const Quality = "quality"

// A Dataset is a described table. Its name and version identify the description on both sides of a link, so a description
// that has been used never changes.
type Dataset struct {
	Name    string  `json:"name"`    // area/noun, as safety/subsidence; [a-z][a-z0-9-]* each
	Version int     `json:"version"` // from 1; a change of fields or meaning is a new version
	Kind    Kind    `json:"kind,omitempty"`
	Fields  []Field `json:"fields"`
}

// A Lookup finds a dataset by name and version.
type Lookup func(name string, version int) (*Dataset, bool)

// Index returns the place of the named field in d.Fields, -1 where there is none.
func (d *Dataset) Index(field string) int {
	for i := range d.Fields {
		if d.Fields[i].Name == field {
			return i
		}
	}
	return -1
}

// A Record is one row: a key that is unique in its dataset and origin, when, where, and the values of its fields.
type Record struct {
	Key       string
	When      Time    // when it happened, as precisely as the source says; the zero Time is unknown
	Place     Place   // where; the zero Place is unknown
	Values    []Value // one per field, in the dataset's order; a shorter list ends in absent values
	Simulated bool    // made by a generator, not by the world; shown everywhere the record is shown
}

// Value returns the value of the i-th field, absent where the record has none.
func (r *Record) Value(i int) Value {
	if i < 0 || i >= len(r.Values) {
		return Value{}
	}
	return r.Values[i]
}

// A Place is a WGS84 point. Grid is 0 for an exact point, else the side in metres of the cell whose centre it is.
type Place struct {
	Known    bool
	Lon, Lat float64
	Grid     int
}

// Sum is the hash of a canonical row, which is how the two sides name its exact content.
func Sum(row []byte) [sha256.Size]byte { return sha256.Sum256(row) }
