package places

import (
	"strconv"
	"strings"

	"accord/record"
)

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

// level is whose codes a unit has, and how many digits: the codes of districts are shorter than those of their neighbourhoods.
func level(r *record.Record) string {
	system, code, ok := strings.Cut(r.Key, ":")
	if !ok || strings.ContainsFunc(system, func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' }) {
		return "other"
	}
	digits := strings.IndexFunc(code, func(c rune) bool { return c < '0' || c > '9' })
	if digits < 0 {
		digits = len(code)
	}
	return strings.ReplaceAll(system, "_", "-") + "-" + strconv.Itoa(digits)
}
