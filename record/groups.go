package record

import "strings"

// GroupsSuffix ends the name of the dataset that holds groups of another's records.
const GroupsSuffix = "-groups"

// Groups describes what may be said of d's records in groups. It follows from d alone, so that both sides of a link have it: name
// and version of d with the suffix, and one record a cell of a table. Its fields, in this order:
//
//   - every field of d of type text, code or bool that may name a group: the group's value; absent where the cell is a total over
//     that field, or where the value is not known
//   - totals: the names of the fields over which the cell is a total, in d's order, one space between; absent where none
//   - count: how many records; absent where the cell is blank
//   - sum_NAME for every integer field of d that is never negative: its sum; absent where the cell is blank
//   - blank: true where the cell is kept back
//
// The record's time is the table's month or year. It has no place.
func (d *Dataset) Groups() *Dataset {
	zero := 0.0
	g := &Dataset{Name: d.Name + GroupsSuffix, Version: d.Version}
	var sums []Field
	for _, f := range d.Fields {
		switch {
		case f.Name == "totals" || f.Name == "count" || f.Name == "blank" || strings.HasPrefix(f.Name, "sum_"):
		case f.Type == Text || f.Type == Code || f.Type == Bool:
			g.Fields = append(g.Fields, Field{Name: f.Name, Type: f.Type, Codes: f.Codes})
		case f.Summable():
			sums = append(sums, Field{Name: "sum_" + f.Name, Type: Integer, Unit: f.Unit, Min: &zero})
		}
	}
	g.Fields = append(g.Fields, Field{Name: "totals", Type: Text}, Field{Name: "count", Type: Integer, Min: &zero})
	g.Fields = append(append(g.Fields, sums...), Field{Name: "blank", Type: Bool})
	return g
}

// Summable says whether the field counts something, persons for instance, so that its values may be added up.
func (f *Field) Summable() bool {
	return f.Type == Integer && f.Min != nil && *f.Min >= 0 && len(f.Name) <= 60
}

// WithGroups finds datasets as lookup does, and the groups of every dataset that it finds.
func WithGroups(lookup Lookup) Lookup {
	return func(name string, version int) (*Dataset, bool) {
		if d, ok := lookup(name, version); ok {
			return d, true
		}
		base, ok := strings.CutSuffix(name, GroupsSuffix)
		if !ok {
			return nil, false
		}
		d, ok := lookup(base, version)
		if !ok {
			return nil, false
		}
		return d.Groups(), true
	}
}
