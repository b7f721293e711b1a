package culture

import "accord/record"

// site is an archaeological site: remains and finds as its publisher lists them.
var site = record.Dataset{
	Name:    "culture/site",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "reading", Type: record.Text},
		{Name: "area_code", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "period", Type: record.Text},
		{Name: "kind", Type: record.Text},
		{Name: "remains", Type: record.Text},
		{Name: "finds", Type: record.Text},
	},
}
