package safety

import "accord/record"

// intensity is how strongly an earthquake was felt at a station, in a municipality, an area or a prefecture, on the scale of
// the Japan Meteorological Agency, as one report says it. A later report of the same earthquake says it again,
// perhaps otherwise: the serial number is part of the key.
var intensity = record.Dataset{
	Name:    "safety/intensity",
	Version: 1,
	Fields: []record.Field{
		{Name: "event", Type: record.Text},
		{Name: "report", Type: record.Text},
		{Name: "scope", Type: record.Code, Codes: []string{"prefecture", "area", "municipality", "station"}},
		{Name: "name", Type: record.Text},
		{Name: "code", Type: record.Text},
		{Name: "intensity", Type: record.Code, Codes: []string{"s0", "s1", "s2", "s3", "s4", "s5_lower", "s5_upper", "s6_lower", "s6_upper", "s7", "s5_lower_no_data"}},
		{Name: "status", Type: record.Text},
	},
}
