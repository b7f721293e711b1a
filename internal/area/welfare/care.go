package welfare

import "accord/record"

// hospital is a hospital, a clinic or a pharmacy, with when it is open and what it can do.
var hospital = record.Dataset{
	Name:    "welfare/hospital",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "reading", Type: record.Text},
		{Name: "area_code", Type: record.Text},
		{Name: "kind", Type: record.Text},
		{Name: "region", Type: record.Text},
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "address", Type: record.Text},
		{Name: "phone", Type: record.Text},
		{Name: "emergency_phone", Type: record.Text},
		{Name: "fax", Type: record.Text},
		{Name: "organisation", Type: record.Text},
		{Name: "departments", Type: record.Text},
		{Name: "beds", Type: record.Integer, Min: new(0.0)},
		{Name: "emergency", Type: record.Text},
		{Name: "days", Type: record.Text},
		{Name: "opens", Type: record.Text},
		{Name: "closes", Type: record.Text},
		{Name: "hours", Type: record.Text},
		{Name: "access", Type: record.Text},
		{Name: "url", Type: record.Text},
		{Name: "note", Type: record.Text},
		{Name: "description", Type: record.Text},
	},
}

// influenza is how many of a thousand who saw a doctor in a week had an illness like influenza. A season begins in autumn;
// its weeks are counted as the file has them, from the first.
var influenza = record.Dataset{
	Name:    "welfare/influenza",
	Version: 1,
	Fields: []record.Field{
		{Name: "season", Type: record.Text},
		{Name: "week", Type: record.Text},
		{Name: "rate", Type: record.Number, Min: new(0.0), Max: new(1000.0)},
	},
}

// covidCluster is a group of cases of COVID-19 with one source.
var covidCluster = record.Dataset{
	Name:    "welfare/covid-cluster",
	Version: 1,
	Fields: []record.Field{
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "cluster", Type: record.Bool},
		{Name: "source", Type: record.Text},
		{Name: "confirmed", Type: record.Integer, Min: new(0.0)},
	},
}

// covidCount is how many had or died of COVID-19, new or so far, by age or for a country.
var covidCount = record.Dataset{
	Name:    "welfare/covid-count",
	Version: 1,
	Fields: []record.Field{
		{Name: "group", Type: record.Text},
		{Name: "country", Type: record.Text},
		{Name: "confirmed", Type: record.Integer, Min: new(0.0)},
		{Name: "deceased", Type: record.Integer, Min: new(0.0)},
		{Name: "new_confirmed", Type: record.Integer, Min: new(0.0)},
		{Name: "new_deceased", Type: record.Integer, Min: new(0.0)},
	},
}

// covidPatient is one person who had COVID-19, as a city announced it, without a name. It is about people all the same: terms
// that are meant to be harmless let none of it out.
var covidPatient = record.Dataset{
	Name:    "welfare/covid-patient",
	Version: 1,
	Fields: []record.Field{
		{Name: "area_code", Type: record.Text},
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "onset", Type: record.Date},
		{Name: "residence", Type: record.Text},
		{Name: "age", Type: record.Text},
		{Name: "sex", Type: record.Text},
		{Name: "occupation", Type: record.Text},
		{Name: "state", Type: record.Text},
		{Name: "symptoms", Type: record.Text},
		{Name: "note", Type: record.Text},
		{Name: "discharged", Type: record.Bool},
	},
}

// region is a region with counts of its schools and of its old people.
var region = record.Dataset{
	Name:    "welfare/region",
	Version: 1,
	Fields: []record.Field{
		{Name: "province", Type: record.Text},
		{Name: "district", Type: record.Text},
		{Name: "schools", Type: record.Integer, Min: new(0.0)},
		{Name: "kindergartens", Type: record.Integer, Min: new(0.0)},
		{Name: "universities", Type: record.Integer, Min: new(0.0)},
		{Name: "academies", Type: record.Number},
		{Name: "elderly", Type: record.Number, Unit: "%", Min: new(0.0), Max: new(100.0)},
		{Name: "elderly_alone", Type: record.Number, Unit: "%", Min: new(0.0), Max: new(100.0)},
		{Name: "nursing_homes", Type: record.Integer, Min: new(0.0)},
	},
}
