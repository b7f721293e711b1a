package safety

import "accord/record"

// The lists that a city keeps by hand for joint drills and for what it tells others about its measures. What something is
// called stands in four languages, because it is read out over a line in an emergency; the first is that of who writes it.
//
// Nothing in them is about persons: an office and the function it has, never somebody's name.

// contact is an office to be reached in an emergency, by function. checked is the last day on which somebody tried it.
var contact = record.Dataset{
	Name:    "safety/contact",
	Version: 1,
	Fields: []record.Field{
		{Name: "name_ko", Type: record.Text},
		{Name: "name_ja", Type: record.Text},
		{Name: "name_en", Type: record.Text, Required: true},
		{Name: "name_zh", Type: record.Text},
		{Name: "unit", Type: record.Text},
		{Name: "function", Type: record.Code, Required: true, Codes: []string{"operations", "fire", "rescue", "medical", "flood", "structures", "interpreting", "press", "other"}},
		{Name: "telephone", Type: record.Text},
		{Name: "mail", Type: record.Text},
		{Name: "hours", Type: record.Code, Codes: []string{"always", "office_hours", "on_call"}},
		{Name: "languages", Type: record.Text},
		{Name: "checked", Type: record.Date},
		{Name: "note", Type: record.Text},
	},
}

// equipment is a kind of equipment that teams of two cities may have to use together. interoperable says what is known of
// that; to_check is what every entry begins with, and an entry that says more says in its notes who found it out and when.
var equipment = record.Dataset{
	Name:    "safety/equipment",
	Version: 1,
	Fields: []record.Field{
		{Name: "name_ko", Type: record.Text},
		{Name: "name_ja", Type: record.Text},
		{Name: "name_en", Type: record.Text, Required: true},
		{Name: "name_zh", Type: record.Text},
		{Name: "kind", Type: record.Code, Required: true, Codes: []string{"hose", "pump", "breathing", "cutting", "lifting", "search", "radio", "power", "medical", "vehicle", "other"}},
		{Name: "number", Type: record.Integer, Min: new(0.0), Max: new(1_000_000.0)},
		{Name: "unit", Type: record.Text},
		{Name: "standard", Type: record.Text},
		{Name: "voltage", Type: record.Number, Unit: "V", Min: new(0.0), Max: new(100_000.0)},
		{Name: "frequency", Type: record.Number, Unit: "MHz", Min: new(0.0), Max: new(300_000.0)},
		{Name: "interoperable", Type: record.Code, Required: true, Codes: []string{"to_check", "as_is", "with_adapter", "not"}},
		{Name: "checked", Type: record.Date},
		{Name: "notes", Type: record.Text},
	},
}

// measure is something a city does against a danger, as it tells others of it at a forum.
var measure = record.Dataset{
	Name:    "safety/measure",
	Version: 1,
	Fields: []record.Field{
		{Name: "name_ko", Type: record.Text},
		{Name: "name_ja", Type: record.Text},
		{Name: "name_en", Type: record.Text, Required: true},
		{Name: "name_zh", Type: record.Text},
		{Name: "danger", Type: record.Code, Required: true, Codes: []string{"earthquake", "flood", "fire", "subsidence", "heat", "snow", "crowd", "structures", "other"}},
		{Name: "stage", Type: record.Code, Codes: []string{"planned", "trial", "in_force", "ended"}},
		{Name: "since", Type: record.Date},
		{Name: "unit", Type: record.Text},
		{Name: "source", Type: record.Text},
		{Name: "notes", Type: record.Text},
	},
}
