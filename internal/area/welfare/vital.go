package welfare

import "accord/record"

// vital is what the vital statistics of a year count in a place.
var vital = record.Dataset{
	Name:    "welfare/vital",
	Version: 1,
	Fields: []record.Field{
		{Name: "population", Type: record.Integer, Min: new(0.0)},
		{Name: "births", Type: record.Integer, Min: new(0.0)},
		{Name: "deaths", Type: record.Integer, Min: new(0.0)},
		{Name: "infant_deaths", Type: record.Integer, Min: new(0.0)},
		{Name: "neonatal_deaths", Type: record.Integer, Min: new(0.0)},
		{Name: "increase", Type: record.Integer, Min: new(-1000000000.0)},
		{Name: "stillbirths", Type: record.Integer, Min: new(0.0)},
		{Name: "stillbirths_natural", Type: record.Integer, Min: new(0.0)},
		{Name: "stillbirths_induced", Type: record.Integer, Min: new(0.0)},
		{Name: "perinatal", Type: record.Integer, Min: new(0.0)},
		{Name: "late_stillbirths", Type: record.Integer, Min: new(0.0)},
		{Name: "early_deaths", Type: record.Integer, Min: new(0.0)},
		{Name: "marriages", Type: record.Integer, Min: new(0.0)},
		{Name: "divorces", Type: record.Integer, Min: new(0.0)},
	},
}

// indicator is one figure of a year of a table whose rows are figures.
var indicator = record.Dataset{
	Name:    "welfare/indicator",
	Version: 1,
	Fields: []record.Field{
		{Name: "indicator", Type: record.Text},
		{Name: "value", Type: record.Number},
	},
}

// survey is the share of a group that gave an answer to a question of a survey, in percent.
var survey = record.Dataset{
	Name:    "welfare/survey",
	Version: 1,
	Fields: []record.Field{
		{Name: "by", Type: record.Text},
		{Name: "group", Type: record.Text},
		{Name: "question", Type: record.Text},
		{Name: "answer", Type: record.Text},
		{Name: "share", Type: record.Number, Unit: "%", Min: new(0.0), Max: new(100.0)},
		{Name: "said", Type: record.Code, Codes: []string{"stroke", "empty"}},
	},
}
