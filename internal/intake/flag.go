package intake

import (
	"fmt"
	"regexp"
	"slices"

	"accord/internal/code"
	"accord/record"
)

// A flag marks a record that is possible and not plausible. It never changes it.
type flag func(r *record.Record) (Problem, bool)

func compileFlags(r *Recipe, d *record.Dataset) ([]flag, error) {
	var all []flag
	for _, x := range r.Plausible {
		i := d.Index(x.Field)
		if x.Pattern != "" {
			f, err := x.looks(i, r, d)
			if err != nil {
				return nil, err
			}
			all = append(all, f)
			continue
		}
		if i < 0 || d.Fields[i].Type != record.Number && d.Fields[i].Type != record.Integer {
			return nil, r.bad(fmt.Sprintf("plausible: %q is not a number of %s", x.Field, d.Name))
		}
		all = append(all, x.flag(i))
	}
	for _, x := range r.Boxes {
		i := d.Index(x.Field)
		if x.Field != "" && (i < 0 || d.Fields[i].Type != record.Text) {
			return nil, r.bad(fmt.Sprintf("box %s: %q is not a text of %s", x.Name, x.Field, d.Name))
		}
		all = append(all, x.flag(i))
	}
	for _, x := range r.NotBefore {
		i := d.Index(x.Field)
		if i < 0 || d.Fields[i].Type != record.Date {
			return nil, r.bad(fmt.Sprintf("not_before: %q is not a date of %s", x.Field, d.Name))
		}
		all = append(all, x.flag(i))
	}
	for _, x := range r.Coded {
		f, err := x.flag(r, d)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	for _, x := range r.Agree {
		f, err := x.flag(r, d)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

func (x Range) flag(i int) flag {
	return func(r *record.Record) (Problem, bool) {
		v := r.Value(i)
		out := !v.IsAbsent() && (x.Min != nil && v.Num < *x.Min || x.Max != nil && v.Num > *x.Max)
		return Problem{x.Field, "it is outside what is plausible"}, out
	}
}

// looks flags a text that does not look as it should, as a code that has lost the zeros in front of it in a spreadsheet.
func (x Range) looks(i int, r *Recipe, d *record.Dataset) (flag, error) {
	form, err := regexp.Compile(x.Pattern)
	if err != nil || i < 0 || d.Fields[i].Type != record.Text {
		return nil, r.bad(fmt.Sprintf("plausible: %q is not a text of %s, or %q no pattern", x.Field, d.Name, x.Pattern))
	}
	return func(rec *record.Record) (Problem, bool) {
		v := rec.Value(i)
		return Problem{x.Field, "it does not look as it should; a spreadsheet may have changed it"}, !v.IsAbsent() && !form.MatchString(v.Text)
	}, nil
}

func (x Coded) flag(r *Recipe, d *record.Dataset) (flag, error) {
	i := d.Index(x.Field)
	if i < 0 || d.Fields[i].Type != record.Text || r.codes == nil {
		return nil, r.bad(fmt.Sprintf("coded: %q is not a text of %s, or no codes are described", x.Field, d.Name))
	}
	if !slices.ContainsFunc(r.codes.Systems(), func(s code.System) bool { return s.ID == x.System }) {
		return nil, r.bad(fmt.Sprintf("coded: %q is not a system of codes", x.System))
	}
	return func(rec *record.Record) (Problem, bool) {
		v := rec.Value(i)
		return Problem{x.Field, "it is no code of " + x.System}, !v.IsAbsent() && r.codes.Check(x.System, v.Text) != nil
	}, nil
}

func (x Box) flag(i int) flag {
	return func(r *record.Record) (Problem, bool) {
		p := r.Place
		if !p.Known || i >= 0 && r.Value(i).Text != x.Value {
			return Problem{}, false
		}
		if x.holds(p.Lat, p.Lon) {
			return Problem{}, false
		}
		if x.holds(p.Lon, p.Lat) {
			return Problem{"place", "its latitude and longitude are exchanged, or it is outside " + x.Name}, true
		}
		return Problem{"place", "it is outside " + x.Name}, true
	}
}

func (x Box) holds(lat, lon float64) bool {
	return lon >= x.Lon[0] && lon <= x.Lon[1] && lat >= x.Lat[0] && lat <= x.Lat[1]
}

func (x Order) flag(i int) flag {
	return func(r *record.Record) (Problem, bool) {
		d, ok := r.Value(i).Date()
		out := ok && !r.When.IsZero() && d.Last().Before(r.When.Date().First())
		return Problem{x.Field, "it is before the time of the record"}, out
	}
}
