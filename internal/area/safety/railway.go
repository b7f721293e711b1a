package safety

import "accord/record"

// congestion is how full trains are at a station in half an hour of a kind of day, in percent of what they hold: 34 is every
// seat taken.
var congestion = record.Dataset{
	Name:    "safety/congestion",
	Version: 1,
	Fields: []record.Field{
		{Name: "station", Type: record.Text},
		{Name: "station_code", Type: record.Text},
		{Name: "line", Type: record.Text},
		{Name: "direction", Type: record.Text},
		{Name: "day", Type: record.Text},
		{Name: "time", Type: record.Text},
		{Name: "load", Type: record.Number, Unit: "%", Min: new(0.0), Max: new(1000.0)},
	},
}

// railway is a line of a railway with its stations in their order, one a line.
var railway = record.Dataset{
	Name:    "safety/railway",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "name_en", Type: record.Text},
		{Name: "name_ko", Type: record.Text},
		{Name: "stations", Type: record.Text},
		{Name: "cars", Type: record.Integer, Min: new(0.0)},
		{Name: "colour", Type: record.Text},
	},
}

// codeList is one code of a list by which others describe buildings.
var codeList = record.Dataset{
	Name:    "safety/code-list",
	Version: 1,
	Fields: []record.Field{
		{Name: "list", Type: record.Text},
		{Name: "code", Type: record.Text},
		{Name: "label", Type: record.Text},
	},
}
