package environment

import "accord/record"

// stationAir is a station or a sensor that measures the air, and where it is.
var stationAir = record.Dataset{
	Name:    "environment/air-station",
	Version: 1,
	Fields: []record.Field{
		{Name: "province", Type: record.Text},
		{Name: "altitude", Type: record.Number, Unit: "m", Min: new(-500.0), Max: new(9000.0)},
	},
}
