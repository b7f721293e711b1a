package places

import "accord/record"

// unit is an administrative unit, or its seat, with its code. Codes of different givers look alike: the key is the code, and
// the recipe says whose it is.
var unit = record.Dataset{
	Name:    "places/unit",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "reading", Type: record.Text},
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "url", Type: record.Text},
	},
}
