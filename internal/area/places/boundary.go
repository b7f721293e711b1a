package places

import "accord/record"

// boundary is the outline of an administrative unit, as its publisher drew it for the day or the year of the record. The key
// is the unit's code behind the system that gives it: codes of different givers look alike and name different places. parent is
// what the publisher says the unit lies in. outline is not simplified or mended here.
var boundary = record.Dataset{
	Name:    "places/boundary",
	Version: 1,
	Fields: []record.Field{
		{Name: "name", Type: record.Text},
		{Name: "name_en", Type: record.Text},
		{Name: "code", Type: record.Text},
		{Name: "code_system", Type: record.Code, Codes: []string{"kostat", "kr_legal", "jp_local"}},
		{Name: "province", Type: record.Text},
		{Name: "parent", Type: record.Text},
		{Name: "outline", Type: record.Geometry, Required: true},
	},
}
