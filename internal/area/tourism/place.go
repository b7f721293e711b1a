package tourism

import "accord/record"

// facility is a place for visitors, as a city describes it for them.
var facility = record.Dataset{
	Name:    "tourism/facility",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "reading", Type: record.Text},
		{Name: "name_en", Type: record.Text},
		{Name: "area_code", Type: record.Text},
		{Name: "kind", Type: record.Text},
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "days", Type: record.Text},
		{Name: "opens", Type: record.Text},
		{Name: "closes", Type: record.Text},
		{Name: "hours", Type: record.Text},
		{Name: "fee", Type: record.Text},
		{Name: "fee_detail", Type: record.Text},
		{Name: "description", Type: record.Text},
		{Name: "description_en", Type: record.Text},
		{Name: "access", Type: record.Text},
		{Name: "parking", Type: record.Text},
		{Name: "barrier_free", Type: record.Text},
		{Name: "phone", Type: record.Text},
		{Name: "url", Type: record.Text},
		{Name: "note", Type: record.Text},
	},
}

// attraction is an attraction as it is described in one language; other languages have records of their own.
var attraction = record.Dataset{
	Name:    "tourism/attraction",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "language", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "new_address", Type: record.Text},
		{Name: "phone", Type: record.Text},
		{Name: "fax", Type: record.Text},
		{Name: "url", Type: record.Text},
		{Name: "page", Type: record.Text},
		{Name: "hours", Type: record.Text},
		{Name: "days", Type: record.Text},
		{Name: "closed", Type: record.Text},
		{Name: "access", Type: record.Text},
		{Name: "tags", Type: record.Text},
		{Name: "barrier_free", Type: record.Text},
	},
}

// toilet is a public toilet for visitors, with how many there are of each kind.
var toilet = record.Dataset{
	Name:    "tourism/toilet",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "reading", Type: record.Text},
		{Name: "area_code", Type: record.Text},
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "men", Type: record.Integer, Min: new(0.0)},
		{Name: "women", Type: record.Integer, Min: new(0.0)},
		{Name: "shared", Type: record.Integer, Min: new(0.0)},
		{Name: "multipurpose", Type: record.Integer, Min: new(0.0)},
	},
}

// hotel is a licensed place of tourist accommodation, also one that has closed.
var hotel = record.Dataset{
	Name:    "tourism/hotel",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "name_en", Type: record.Text},
		{Name: "kind", Type: record.Text},
		{Name: "state", Type: record.Text},
		{Name: "state_detail", Type: record.Text},
		{Name: "closed_on", Type: record.Date},
		{Name: "cancelled_on", Type: record.Date},
		{Name: "address", Type: record.Text},
		{Name: "road_address", Type: record.Text},
		{Name: "phone", Type: record.Text},
		{Name: "rooms", Type: record.Integer, Min: new(0.0)},
		{Name: "floors", Type: record.Integer, Min: new(0.0)},
		{Name: "updated", Type: record.Date},
		{Name: "easting", Type: record.Number, Unit: "m"},
		{Name: "northing", Type: record.Number, Unit: "m"},
	},
}

// arrivalsByAge is how many came from abroad in a month, by age and where they came from. Rows of a continent and of all are
// sums of others and records like them.
var arrivalsByAge = record.Dataset{
	Name:    "tourism/arrivals-by-age",
	Version: 1,
	Fields: []record.Field{
		{Name: "age", Type: record.Text},
		{Name: "continent", Type: record.Text},
		{Name: "country", Type: record.Text},
		{Name: "visitors", Type: record.Integer, Min: new(0.0)},
	},
}

// attractionVisitors is how many people an attraction counted in a year, of the country or from abroad.
var attractionVisitors = record.Dataset{
	Name:    "tourism/attraction-visitors",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "kind", Type: record.Text},
		{Name: "group", Type: record.Text},
		{Name: "visitors", Type: record.Integer, Min: new(0.0)},
	},
}
