package environment

import "accord/record"

// siteEmission is how much carbon dioxide one site gave off in a year, by what it burnt or bought and where.
var siteEmission = record.Dataset{
	Name:    "environment/site-emission",
	Version: 1,
	Fields: []record.Field{
		{Name: "electricity_school", Type: record.Number, Unit: "t", Min: new(0.0)},
		{Name: "electricity_dormitory", Type: record.Number, Unit: "t", Min: new(0.0)},
		{Name: "fuel_school", Type: record.Number, Unit: "t", Min: new(0.0)},
		{Name: "fuel_dormitory", Type: record.Number, Unit: "t", Min: new(0.0)},
	},
}

// siteEnergy is how much energy one site took in in a year.
var siteEnergy = record.Dataset{
	Name:    "environment/site-energy",
	Version: 1,
	Fields: []record.Field{
		{Name: "electricity_school", Type: record.Number, Unit: "GJ", Min: new(0.0)},
		{Name: "electricity_dormitory", Type: record.Number, Unit: "GJ", Min: new(0.0)},
		{Name: "fuel_school", Type: record.Number, Unit: "GJ", Min: new(0.0)},
		{Name: "fuel_dormitory", Type: record.Number, Unit: "GJ", Min: new(0.0)},
		{Name: "renewable", Type: record.Number, Unit: "GJ", Min: new(0.0)},
	},
}

// siteFloor is the floor space of one site.
var siteFloor = record.Dataset{
	Name:    "environment/site-floor",
	Version: 1,
	Fields: []record.Field{
		{Name: "school", Type: record.Number, Unit: "m2", Min: new(0.0)},
		{Name: "dormitory", Type: record.Number, Unit: "m2", Min: new(0.0)},
	},
}
