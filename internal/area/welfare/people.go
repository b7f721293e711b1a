package welfare

import "accord/record"

// birth is how many children were born to those who live in a place in a year, and how many for every thousand of them.
var birth = record.Dataset{
	Name:    "welfare/births",
	Version: 1,
	Fields: []record.Field{
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "neighbourhood", Type: record.Text},
		{Name: "births", Type: record.Integer, Min: new(0.0)},
		{Name: "births_male", Type: record.Integer, Min: new(0.0)},
		{Name: "births_female", Type: record.Integer, Min: new(0.0)},
		{Name: "population", Type: record.Number, Min: new(0.0), Max: new(10000000000.0)},
		{Name: "rate", Type: record.Number, Min: new(0.0), Max: new(1000.0)},
	},
}

// population is who lives in a place in a year, and how they live.
var population = record.Dataset{
	Name:    "welfare/population",
	Version: 1,
	Fields: []record.Field{
		{Name: "district", Type: record.Text},
		{Name: "area", Type: record.Number, Unit: "km2", Min: new(0.0), Max: new(100000000.0)},
		{Name: "people", Type: record.Integer, Min: new(0.0)},
		{Name: "male", Type: record.Integer, Min: new(0.0)},
		{Name: "female", Type: record.Integer, Min: new(0.0)},
		{Name: "share_65", Type: record.Number, Min: new(0.0), Max: new(1.0)},
		{Name: "households", Type: record.Integer, Min: new(0.0)},
		{Name: "pupils_primary", Type: record.Integer, Min: new(0.0)},
		{Name: "pupils_secondary", Type: record.Integer, Min: new(0.0)},
	},
}
