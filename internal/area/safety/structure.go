package safety

import "accord/record"

// inspection is one inspection of a structure: of a tunnel, a duct, a pipe. facility is the structure's number at its
// publisher. title is free text.
var inspection = record.Dataset{
	Name:    "safety/inspection",
	Version: 1,
	Fields: []record.Field{
		{Name: "facility", Type: record.Text},
		{Name: "title", Type: record.Text},
		{Name: "began", Type: record.Date},
		{Name: "ended", Type: record.Date},
		{Name: "method", Type: record.Code, Codes: []string{"visual", "cavity"}},
	},
}

// station is a station of a railway: where it is, or how its platforms lie. floor is the publisher's word for the floor.
var station = record.Dataset{
	Name:    "safety/station",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "line", Type: record.Text},
		{Name: "section", Type: record.Text},
		{Name: "platform", Type: record.Code, Codes: []string{"island", "side"}},
		{Name: "floor", Type: record.Text},
		{Name: "note", Type: record.Text},
	},
}

// shelter is a place to which people go when they must leave their homes. easting and northing are what was published
// beside, or instead of, the point; their system is the recipe's.
var shelter = record.Dataset{
	Name:    "safety/shelter",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "area_code", Type: record.Text},
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "area", Type: record.Number, Unit: "m2", Min: new(0.0), Max: new(10000000.0)},
		{Name: "easting", Type: record.Number, Unit: "m"},
		{Name: "northing", Type: record.Number, Unit: "m"},
	},
}

// building is one building of a model of a city: its height, what is known of its making, and its outline from above. usage, structure
// and fireproof are codes of the publisher's lists (safety/code-list).
var building = record.Dataset{
	Name:    "safety/building",
	Version: 1,
	Fields: []record.Field{
		{Name: "number", Type: record.Text},
		{Name: "name", Type: record.Text},
		{Name: "usage", Type: record.Text},
		{Name: "structure", Type: record.Text},
		{Name: "fireproof", Type: record.Text},
		{Name: "height", Type: record.Number, Unit: "m", Min: new(0.0), Max: new(1000.0)},
		{Name: "storeys_above", Type: record.Integer, Min: new(0.0), Max: new(300.0)},
		{Name: "storeys_below", Type: record.Integer, Min: new(0.0), Max: new(50.0)},
		{Name: "year", Type: record.Integer, Min: new(1000.0), Max: new(9999.0)},
		{Name: "area_code", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "roof_area", Type: record.Number, Unit: "m2", Min: new(0.0), Max: new(10000000.0)},
		{Name: "survey_year", Type: record.Integer, Min: new(1000.0), Max: new(9999.0)},
		{Name: "outline", Type: record.Geometry},
	},
}
