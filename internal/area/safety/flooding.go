package safety

import "accord/record"

// inundation is an area that was under water, as a city recorded it after the event.
var inundation = record.Dataset{
	Name:    "safety/inundation",
	Version: 1,
	Fields: []record.Field{
		{Name: "event", Type: record.Text},
		{Name: "area", Type: record.Text},
		{Name: "damage", Type: record.Text},
		{Name: "zone", Type: record.Integer, Min: new(0.0)},
		{Name: "outline", Type: record.Geometry},
	},
}
