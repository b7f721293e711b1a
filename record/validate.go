package record

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"accord/internal/date"
)

// A Problem is one thing that is wrong with a record. It never quotes the value, which may be about a person.
type Problem struct {
	Field string // a field of the dataset, or key, when, place, values
	Why   string
}

func (p Problem) String() string { return p.Field + ": " + p.Why }

// Validate returns every problem of a record that a city takes in: what no row may have, and required fields that are
// missing. A record without a problem has a canonical row that ParseRow reads back.
func (d *Dataset) Validate(r *Record) []Problem {
	problems := d.check(r)
	for i := range d.Fields {
		if d.Fields[i].Required && r.Value(i).IsAbsent() {
			problems = append(problems, Problem{d.Fields[i].Name, "it is required and absent"})
		}
	}
	return problems
}

// check returns every problem that no row may have, wherever it comes from. What is required is not asked for: a gate
// may have cut it.
func (d *Dataset) check(r *Record) (problems []Problem) {
	add := func(field, why string) {
		if why != "" {
			problems = append(problems, Problem{field, why})
		}
	}
	add("key", textProblem(r.Key, MaxKey))
	add("when", r.When.problem())
	add("place", r.Place.problem())
	if len(r.Values) > len(d.Fields) {
		add("values", "there are more values than fields")
		return problems
	}
	size := len(r.Key)
	for i := range r.Values {
		if v := &r.Values[i]; !v.IsAbsent() {
			add(d.Fields[i].Name, d.Fields[i].valueProblem(v))
			size += len(v.Text)
		}
	}
	// An escape takes at most six bytes for one, a field with its name and a number at most 128: only a record that could
	// be too long is written out to see.
	if most := d.maxRow(); 6*size+128*(len(r.Values)+2) > most && problems == nil && len(AppendRow(nil, d, r)) > most {
		add("values", fmt.Sprintf("the row is longer than %d bytes", most))
	}
	return problems
}

// valueProblem is what is wrong with a value that is there.
func (f *Field) valueProblem(v *Value) string {
	if v.Type != f.Type {
		return fmt.Sprintf("it is a %s, not a %s", clip(string(v.Type)), f.Type)
	}
	switch f.Type {
	case Text:
		return textProblem(v.Text, MaxText)
	case Code:
		if !slices.Contains(f.Codes, v.Text) {
			return "it is not one of the field's codes"
		}
	case Date:
		if _, err := date.Parse(v.Text); err != nil {
			return "it is not a date written as YYYY, YYYY-MM or YYYY-MM-DD"
		}
	case Geometry:
		_, why := parseFigure(v.Text)
		return why
	case Bool:
		if v.Num != 0 && v.Num != 1 {
			return "it is neither true nor false"
		}
	default:
		return f.numberProblem(v.Num)
	}
	return ""
}

func (f *Field) numberProblem(n float64) string {
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0):
		return "it is not a finite number"
	case f.Type == Integer && (n != math.Trunc(n) || math.Abs(n) >= 1<<53):
		return "it is not a whole number below 2^53"
	case f.Min != nil && n < *f.Min:
		return fmt.Sprintf("it is below %s", appendNumber(nil, *f.Min))
	case f.Max != nil && n > *f.Max:
		return fmt.Sprintf("it is above %s", appendNumber(nil, *f.Max))
	}
	return ""
}

func textProblem(s string, limit int) string {
	switch {
	case s == "":
		return "it is empty"
	case len(s) > limit:
		return fmt.Sprintf("it is longer than %d bytes", limit)
	case !utf8.ValidString(s):
		return "it is not valid UTF-8"
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return "it has a control character"
		}
	}
	return ""
}

func (t Time) problem() string {
	switch {
	case t.IsZero() || !t.exact:
		return ""
	case t.offset < -12*60 || t.offset > 14*60:
		return "its offset is one that no clock on earth has"
	}
	if y := t.local().Year(); y < 1000 || y > 9999 {
		return "its year is not one from 1000 to 9999"
	}
	return ""
}

func (p Place) problem() string {
	switch {
	case !p.Known && p != Place{}:
		return "it is unknown and yet has coordinates"
	case math.IsNaN(p.Lon) || math.Abs(p.Lon) > 180:
		return "its longitude is not between -180 and 180"
	case math.IsNaN(p.Lat) || math.Abs(p.Lat) > 90:
		return "its latitude is not between -90 and 90"
	case p.Grid < 0 || p.Grid > MaxGrid:
		return fmt.Sprintf("its cell is not between 0 and %d metres", MaxGrid)
	}
	return ""
}
