package safety

import "accord/record"

// refuge is a place to which people flee from a disaster at once, and from which kinds of it. What is not marked is not
// said.
var refuge = record.Dataset{
	Name:    "safety/refuge",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "reading", Type: record.Text},
		{Name: "area_code", Type: record.Text},
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "phone", Type: record.Text},
		{Name: "height", Type: record.Number, Unit: "m"},
		{Name: "flood", Type: record.Text},
		{Name: "landslide", Type: record.Text},
		{Name: "storm_surge", Type: record.Text},
		{Name: "earthquake", Type: record.Text},
		{Name: "tsunami", Type: record.Text},
		{Name: "fire", Type: record.Text},
		{Name: "inland_flood", Type: record.Text},
		{Name: "volcano", Type: record.Text},
		{Name: "also_shelter", Type: record.Text},
		{Name: "capacity", Type: record.Integer, Min: new(0.0)},
		{Name: "community", Type: record.Text},
		{Name: "url", Type: record.Text},
		{Name: "note", Type: record.Text},
	},
}
