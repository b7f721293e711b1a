// Package record holds what two cities must agree on about data: the description of a dataset, one record of it, and the
// canonical bytes in which records are hashed, shown to the person who releases them, and sent.
package record

import (
	"accord/internal/date"
)

// A Type says how a value of a field is written and compared.
type Type string

const (
	Text    Type = "text"    // UTF-8, at most MaxText bytes
	Integer Type = "integer" // whole number, |n| < 2^53
	Number  Type = "number"  // finite IEEE 754 double
	Date    Type = "date"    // day, month or year with its precision
	Code    Type = "code"    // one of the field's codes
	Bool    Type = "bool"
)

// A Field is one described column of a dataset.
type Field struct {
	Name     string   // lower case, [a-z][a-z0-9_]*, unique in the dataset
	Type     Type     //
	Unit     string   // UCUM, "m" for metres; empty for a count or a text
	Codes    []string // the closed list of a Code field
	Required bool     // a record without it is rejected
	Min, Max *float64 // bounds of a possible value; outside them the record is rejected
}

// A Dataset is a described table. Its name and version identify the description on both sides of a link.
type Dataset struct {
	Name    string // area/noun, as safety/subsidence
	Version int    // from 1; a change of fields or meaning is a new version
	Fields  []Field
}

// A Record is one row: a key that is unique in its dataset and origin, when, where, and the values of its fields.
type Record struct {
	Key       string
	When      Time  // when it happened, as precisely as the source says
	Place     Place // where; the zero Place is unknown
	Values    []Value
	Simulated bool // made by a generator, not by the world; shown everywhere the record is shown
}

// A Place is a WGS84 point. Grid is 0 for an exact point, else the side in metres of the cell whose centre it is.
type Place struct {
	Known    bool
	Lon, Lat float64
	Grid     int
}

// A Value is one value of a field. The zero Value is absent: not published, or not allowed to leave.
type Value struct {
	Type Type
	Text string    // Text and Code
	Num  float64   // Integer, Number, and Bool as 0 or 1
	Date date.Date // Date
}
