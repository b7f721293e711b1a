// Package environment gives meaning to what cities tell each other about air, water and what people throw away: for now,
// the air and the weather that stations measure.
package environment

import (
	"embed"

	"accord/internal/area"
	"accord/record"
)

//go:embed words
var files embed.FS

// Area is the area of the environment.
func Area() area.Area {
	return area.Area{Name: "environment", Datasets: []*record.Dataset{&air, &weather, &stationAir, &heatShelter, &coldShelter, &sensorQuantity, &siteEmission, &siteEnergy, &siteFloor}, Files: files}
}

// air is what stations measure of the air. A series is one quantity at one station; a value of a day is that day's mean as
// the publisher made it, a value of an instant the mean of what its publisher says, mostly of an hour. Values stay in the
// unit they were published in: gases in parts per million as Korea publishes them, or in parts per billion as Japan's
// yearly files do, each a quantity of its own. Nothing is measured below zero; what instruments drift below it, publishers
// cut or mark.
var air = record.Dataset{
	Name:    "environment/air",
	Version: 1,
	Kind:    record.Series,
	Fields: []record.Field{
		{Name: "pm25", Type: record.Number, Unit: "ug/m3", Min: new(0.0), Max: new(10_000.0)},
		{Name: "pm10", Type: record.Number, Unit: "ug/m3", Min: new(0.0), Max: new(10_000.0)},
		{Name: "spm", Type: record.Number, Unit: "ug/m3", Min: new(0.0), Max: new(10_000.0)},
		{Name: "no2", Type: record.Number, Unit: "[ppm]", Min: new(0.0), Max: new(1_000.0)},
		{Name: "o3", Type: record.Number, Unit: "[ppm]", Min: new(0.0), Max: new(1_000.0)},
		{Name: "co", Type: record.Number, Unit: "[ppm]", Min: new(0.0), Max: new(10_000.0)},
		{Name: "so2", Type: record.Number, Unit: "[ppm]", Min: new(0.0), Max: new(1_000.0)},
		{Name: "no2_ppb", Type: record.Number, Unit: "[ppb]", Min: new(0.0), Max: new(1_000_000.0)},
		{Name: "so2_ppb", Type: record.Number, Unit: "[ppb]", Min: new(0.0), Max: new(1_000_000.0)},
		{Name: record.Quality, Type: record.Code, Codes: []string{"provisional", "suspect", "corrected"}},
	},
}
