package culture

import "accord/record"

// object is a work or a record in a collection. Dates are as the collection writes them: many are not dates of a
// calendar.
var object = record.Dataset{
	Name:    "culture/object",
	Version: 1,
	Fields: []record.Field{
		{Name: "title", Type: record.Text},
		{Name: "title_en", Type: record.Text},
		{Name: "maker", Type: record.Text},
		{Name: "nationality", Type: record.Text},
		{Name: "made", Type: record.Text},
		{Name: "made_from", Type: record.Text},
		{Name: "made_until", Type: record.Text},
		{Name: "class", Type: record.Text},
		{Name: "medium", Type: record.Text},
		{Name: "size", Type: record.Text},
		{Name: "acquired", Type: record.Text},
		{Name: "number", Type: record.Text},
		{Name: "description", Type: record.Text},
		{Name: "provenance", Type: record.Text},
		{Name: "licence", Type: record.Text},
		{Name: "url", Type: record.Text},
		{Name: "image", Type: record.Text},
	},
}
