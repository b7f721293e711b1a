package environment

import "accord/record"

// heatShelter is a place where people find shade and cool air in a heat wave. easting and northing are what was published
// beside the point.
var heatShelter = record.Dataset{
	Name:    "environment/heat-shelter",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "year", Type: record.Integer, Min: new(0.0)},
		{Name: "area_code", Type: record.Text},
		{Name: "kind", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "lot_address", Type: record.Text},
		{Name: "area", Type: record.Number, Unit: "m2", Min: new(0.0)},
		{Name: "capacity", Type: record.Integer, Min: new(0.0)},
		{Name: "fans", Type: record.Integer, Min: new(0.0)},
		{Name: "air_conditioners", Type: record.Integer, Min: new(0.0)},
		{Name: "open_at_night", Type: record.Bool},
		{Name: "open_on_holidays", Type: record.Bool},
		{Name: "stays", Type: record.Bool},
		{Name: "in_use", Type: record.Bool},
		{Name: "note", Type: record.Text},
		{Name: "from", Type: record.Date},
		{Name: "until", Type: record.Date},
		{Name: "easting", Type: record.Number, Unit: "m"},
		{Name: "northing", Type: record.Number, Unit: "m"},
	},
}

// coldShelter is a place where people get warm in a cold wave. x and y are as published; which system they are in is not said.
var coldShelter = record.Dataset{
	Name:    "environment/cold-shelter",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "code", Type: record.Text},
		{Name: "year", Type: record.Integer, Min: new(0.0)},
		{Name: "kind", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "area", Type: record.Number, Unit: "m2", Min: new(0.0)},
		{Name: "capacity", Type: record.Integer, Min: new(0.0)},
		{Name: "open_at_night", Type: record.Bool},
		{Name: "open_on_holidays", Type: record.Bool},
		{Name: "stays", Type: record.Bool},
		{Name: "in_use", Type: record.Bool},
		{Name: "from", Type: record.Date},
		{Name: "until", Type: record.Date},
		{Name: "x", Type: record.Number},
		{Name: "y", Type: record.Number},
	},
}
