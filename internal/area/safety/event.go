package safety

import "accord/record"

// earthquake is one entry of a catalogue of earthquakes and what looks like them. A magnitude says nothing without its
// type; no type is converted into another.
var earthquake = record.Dataset{
	Name:    "safety/earthquake",
	Version: 1,
	Fields: []record.Field{
		{Name: "magnitude", Type: record.Number, Min: new(-3.0), Max: new(10.0)},
		{Name: "magnitude_type", Type: record.Text},
		{Name: "depth", Type: record.Number, Unit: "km", Min: new(-10.0), Max: new(1000.0)},
		{Name: "region", Type: record.Text},
		{Name: "kind", Type: record.Code, Codes: []string{"earthquake", "nuclear_explosion", "explosion", "other"}},
		{Name: "review", Type: record.Code, Codes: []string{"reviewed", "automatic"}},
	},
}

// river is what gauges measure of a river and a dam. A level without its datum is not a level: every quantity of a level
// carries its datum in its name, level_gauge above the zero of the gauge it was read at, level_el above the datum of the
// country. There is none without, so a recipe cannot take in a level whose datum nobody knows, and nothing leads from one to
// the other. A flow below zero runs upstream, as the tide makes it.
var river = record.Dataset{
	Name:    "safety/river",
	Version: 1,
	Kind:    record.Series,
	Fields: []record.Field{
		{Name: "level_gauge", Type: record.Number, Unit: "cm", Min: new(-10000.0), Max: new(100000.0)},
		{Name: "level_el", Type: record.Number, Unit: "m", Min: new(-500.0), Max: new(5000.0)},
		{Name: "flow", Type: record.Number, Unit: "m3/s", Min: new(-1000000.0), Max: new(1000000.0)},
		{Name: "inflow", Type: record.Number, Unit: "m3/s", Min: new(-1000000.0), Max: new(1000000.0)},
		{Name: "outflow", Type: record.Number, Unit: "m3/s", Min: new(-1000000.0), Max: new(1000000.0)},
		{Name: "storage", Type: record.Number, Unit: "10*6.m3", Min: new(0.0), Max: new(1000000.0)},
		{Name: "spare", Type: record.Number, Unit: "10*6.m3", Min: new(-1000000.0), Max: new(1000000.0)},
	},
}
