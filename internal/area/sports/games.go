package sports

import "accord/record"

// hostCity is a city that held Olympic games.
var hostCity = record.Dataset{
	Name:    "sports/host-city",
	Version: 1,
	Fields: []record.Field{
		{Name: "city", Type: record.Text},
		{Name: "season", Type: record.Code, Codes: []string{"summer", "winter"}},
	},
}

// medal is a medal that somebody won. Countries are the codes of their time. It names people: terms that are meant to be
// harmless leave the name out.
var medal = record.Dataset{
	Name:    "sports/medal",
	Version: 1,
	Fields: []record.Field{
		{Name: "city", Type: record.Text},
		{Name: "sport", Type: record.Text},
		{Name: "discipline", Type: record.Text},
		{Name: "event", Type: record.Text},
		{Name: "athlete", Type: record.Text},
		{Name: "country", Type: record.Text},
		{Name: "gender", Type: record.Text},
		{Name: "medal", Type: record.Code, Codes: []string{"gold", "silver", "bronze"}},
	},
}

// medalTable is how many medals a team won at one games.
var medalTable = record.Dataset{
	Name:    "sports/medal-table",
	Version: 1,
	Fields: []record.Field{
		{Name: "rank", Type: record.Integer, Min: new(0.0)},
		{Name: "gold", Type: record.Integer, Min: new(0.0)},
		{Name: "silver", Type: record.Integer, Min: new(0.0)},
		{Name: "bronze", Type: record.Integer, Min: new(0.0)},
		{Name: "total", Type: record.Integer, Min: new(0.0)},
		{Name: "rank_total", Type: record.Integer, Min: new(0.0)},
	},
}

// athlete is somebody who took part in games. It names people: terms that are meant to be harmless leave the name out.
var athlete = record.Dataset{
	Name:    "sports/athlete",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "team", Type: record.Text},
		{Name: "discipline", Type: record.Text},
	},
}

// entries is how many women and men took part in a discipline.
var entries = record.Dataset{
	Name:    "sports/entries",
	Version: 1,
	Fields: []record.Field{
		{Name: "women", Type: record.Integer, Min: new(0.0)},
		{Name: "men", Type: record.Integer, Min: new(0.0)},
		{Name: "total", Type: record.Integer, Min: new(0.0)},
	},
}
