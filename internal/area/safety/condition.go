package safety

import "accord/record"

// condition is what one inspection found of a structure as a whole: the grade, on the scale it was given on. structure tells
// one structure from the others of its publisher; a structure that was inspected three times has three records.
var condition = record.Dataset{
	Name:    "safety/condition",
	Version: 1,
	Fields: []record.Field{
		{Name: "structure", Type: record.Text, Required: true},
		{Name: "kind", Type: record.Code, Codes: []string{"bridge", "tunnel", "road", "building", "subway", "dam", "other"}, Required: true},
		{Name: "district", Type: record.Text},
		{Name: "built", Type: record.Date},
		{Name: "scale", Type: record.Text, Required: true},
		{Name: "grade", Type: record.Text, Required: true},
	},
}
