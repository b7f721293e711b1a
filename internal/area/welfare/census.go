package welfare

import "accord/record"

// populationByAge is who lives in a district or a part of it on a day, by age and sex. A row has as many records as it has groups.
var populationByAge = record.Dataset{
	Name:    "welfare/population-by-age",
	Version: 1,
	Fields: []record.Field{
		{Name: "area_code", Type: record.Text},
		{Name: "part", Type: record.Text},
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "people", Type: record.Integer, Min: new(0.0)},
		{Name: "male", Type: record.Integer, Min: new(0.0)},
		{Name: "female", Type: record.Integer, Min: new(0.0)},
		{Name: "households", Type: record.Integer, Min: new(0.0)},
		{Name: "group", Type: record.Text},
		{Name: "in_group", Type: record.Integer, Min: new(0.0)},
		{Name: "note", Type: record.Text},
	},
}
