package tourism

import "accord/record"

// arrivals is how many visitors from abroad came to a country in a month.
var arrivals = record.Dataset{
	Name:    "tourism/arrivals",
	Version: 1,
	Fields: []record.Field{
		{Name: "visitors", Type: record.Integer, Min: new(0.0)},
		{Name: "table", Type: record.Text},
	},
}
