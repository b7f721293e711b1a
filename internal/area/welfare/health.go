package welfare

import "accord/record"

// disease is how many cases or deaths of a notifiable disease were counted in a district in a year. A publisher's stroke, its dots
// and its empty cell do not mean the same: said keeps which of them stood there, and none is read as a count.
var disease = record.Dataset{
	Name:    "welfare/notifiable-disease",
	Version: 1,
	Fields: []record.Field{
		{Name: "district", Type: record.Text},
		{Name: "disease", Type: record.Text},
		{Name: "breakdown", Type: record.Text},
		{Name: "unit", Type: record.Text},
		{Name: "count", Type: record.Integer, Min: new(0.0)},
		{Name: "said", Type: record.Code, Codes: []string{"stroke", "dots", "empty"}},
	},
}
