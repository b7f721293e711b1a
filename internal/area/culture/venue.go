package culture

import "accord/record"

// venue is a place where culture is kept, shown or performed, as its publisher describes it for visitors.
var venue = record.Dataset{
	Name:    "culture/venue",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "kind", Type: record.Text},
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "phone", Type: record.Text},
		{Name: "fax", Type: record.Text},
		{Name: "url", Type: record.Text},
		{Name: "hours", Type: record.Text},
		{Name: "days", Type: record.Text},
		{Name: "fee", Type: record.Text},
		{Name: "free", Type: record.Text},
		{Name: "closed", Type: record.Text},
		{Name: "opened", Type: record.Text},
		{Name: "seats", Type: record.Text},
		{Name: "note", Type: record.Text},
		{Name: "description", Type: record.Text},
		{Name: "access", Type: record.Text},
		{Name: "parking", Type: record.Text},
		{Name: "image", Type: record.Text},
	},
}

// programme is an exhibition, a performance or a course at a place, with the days on which it is to be seen.
var programme = record.Dataset{
	Name:    "culture/programme",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "reading", Type: record.Text},
		{Name: "name_en", Type: record.Text},
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "ends", Type: record.Date},
		{Name: "opens", Type: record.Text},
		{Name: "closes", Type: record.Text},
		{Name: "when_note", Type: record.Text},
		{Name: "description", Type: record.Text},
		{Name: "fee", Type: record.Text},
		{Name: "organiser", Type: record.Text},
		{Name: "venue", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "access", Type: record.Text},
		{Name: "capacity", Type: record.Text},
		{Name: "contact", Type: record.Text},
		{Name: "phone", Type: record.Text},
		{Name: "url", Type: record.Text},
		{Name: "note", Type: record.Text},
	},
}

// statue is a statue or a monument in the open.
var statue = record.Dataset{
	Name:    "culture/statue",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "year", Type: record.Integer, Min: new(0.0)},
		{Name: "organisation", Type: record.Text},
		{Name: "department", Type: record.Text},
		{Name: "team", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "place_detail", Type: record.Text},
		{Name: "description", Type: record.Text},
		{Name: "public", Type: record.Bool},
		{Name: "kind", Type: record.Text},
	},
}

// property is a thing or a place that is protected as cultural property.
var property = record.Dataset{
	Name:    "culture/property",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "reading", Type: record.Text},
		{Name: "name_en", Type: record.Text},
		{Name: "area_code", Type: record.Text},
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "class", Type: record.Text},
		{Name: "kind", Type: record.Text},
		{Name: "site", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "phone", Type: record.Text},
		{Name: "count", Type: record.Text},
		{Name: "owner", Type: record.Text},
		{Name: "designated", Type: record.Text},
		{Name: "days", Type: record.Text},
		{Name: "hours", Type: record.Text},
		{Name: "description", Type: record.Text},
		{Name: "url", Type: record.Text},
		{Name: "note", Type: record.Text},
	},
}
