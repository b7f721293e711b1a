package sports

import "accord/record"

// park is a park with its sports grounds, which are named in free text. area is the publisher's text: many a park has
// several.
var park = record.Dataset{
	Name:    "sports/park",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "opened", Type: record.Text},
		{Name: "area", Type: record.Text},
		{Name: "facilities", Type: record.Text},
		{Name: "plants", Type: record.Text},
		{Name: "access", Type: record.Text},
		{Name: "note", Type: record.Text},
		{Name: "department", Type: record.Text},
		{Name: "phone", Type: record.Text},
		{Name: "description", Type: record.Text},
		{Name: "url", Type: record.Text},
		{Name: "image", Type: record.Text},
		{Name: "easting", Type: record.Number, Unit: "m"},
		{Name: "northing", Type: record.Number, Unit: "m"},
	},
}
