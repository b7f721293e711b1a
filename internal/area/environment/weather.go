package environment

import "accord/record"

// weather is what stations measure of the weather. A value of a day is its mean, lowest, highest or sum as the publisher
// made it; rain at an instant is what fell since the one before.
var weather = record.Dataset{
	Name:    "environment/weather",
	Version: 1,
	Kind:    record.Series,
	Fields: []record.Field{
		{Name: "temperature", Type: record.Number, Unit: "Cel", Min: new(-100.0), Max: new(70.0)},
		{Name: "temperature_min", Type: record.Number, Unit: "Cel", Min: new(-100.0), Max: new(70.0)},
		{Name: "temperature_max", Type: record.Number, Unit: "Cel", Min: new(-100.0), Max: new(70.0)},
		{Name: "rain", Type: record.Number, Unit: "mm", Min: new(0.0), Max: new(3000.0)},
		{Name: "wind", Type: record.Number, Unit: "m/s", Min: new(0.0), Max: new(200.0)},
		{Name: "humidity", Type: record.Number, Unit: "%", Min: new(0.0), Max: new(100.0)},
		{Name: "pressure", Type: record.Number, Unit: "hPa", Min: new(800.0), Max: new(1100.0)},
	},
}
