package gate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/record"
)

var whereCondition = condition{label: "gate.where", compile: compileWhere}

// where lets out a record only when it meets every test. A value that is absent meets none.
type where struct {
	all []test
}

// A test is one comparison, compiled: what it compares with is of the field's type.
type test struct {
	field  int
	name   string
	kind   agreement.Test
	values []record.Value
	dates  []date.Date // the values of a Date field
	leaves bool        // whether the field leaves, so that a receiver sees it
}

func compileWhere(t *agreement.Terms, d *record.Dataset) (check, error) {
	if len(t.Where) == 0 {
		return nil, nil
	}
	var w where
	for _, c := range t.Where {
		one, why := compileTest(c, d)
		if why != "" {
			return nil, unfit(t, fmt.Sprintf("condition on %.40q: %s", c.Field, why))
		}
		one.leaves = slices.Contains(t.Fields, c.Field)
		w.all = append(w.all, one)
	}
	return w, nil
}

// suits says which tests a field of a type can be put to.
var suits = map[record.Type][]agreement.Test{
	record.Text:    {agreement.Is, agreement.IsNot, agreement.OneOf, agreement.Known},
	record.Code:    {agreement.Is, agreement.IsNot, agreement.OneOf, agreement.Known},
	record.Bool:    {agreement.Is, agreement.IsNot, agreement.Known},
	record.Integer: {agreement.Is, agreement.IsNot, agreement.OneOf, agreement.AtLeast, agreement.AtMost, agreement.Between, agreement.Known},
	record.Number:  {agreement.Is, agreement.IsNot, agreement.OneOf, agreement.AtLeast, agreement.AtMost, agreement.Between, agreement.Known},
	record.Date:    {agreement.Is, agreement.IsNot, agreement.OneOf, agreement.Before, agreement.After, agreement.Between, agreement.Known},
}

func compileTest(c agreement.Where, d *record.Dataset) (test, string) {
	i := d.Index(c.Field)
	if i < 0 {
		return test{}, d.Name + " has no such field"
	}
	f := &d.Fields[i]
	if !slices.Contains(suits[f.Type], c.Test) {
		return test{}, fmt.Sprintf("test %.40q does not suit a field of type %s", string(c.Test), f.Type)
	}
	out := test{field: i, name: f.Name, kind: c.Test}
	if n := len(c.Values); !(c.Test == agreement.Known && n == 0 || c.Test == agreement.Between && n == 2 || c.Test == agreement.OneOf && n > 0 ||
		n == 1 && c.Test != agreement.Known && c.Test != agreement.Between) {
		return test{}, fmt.Sprintf("%s does not take %d values", c.Test, n)
	}
	for _, s := range c.Values {
		v, ok := valueOf(f, s)
		if !ok {
			return test{}, fmt.Sprintf("%.40q cannot be a value of it", s)
		}
		out.values = append(out.values, v)
		if day, ok := v.Date(); ok {
			out.dates = append(out.dates, day)
		}
	}
	if c.Test == agreement.Between && !out.ordered() {
		return test{}, "its first value is above its second"
	}
	return out, ""
}

// valueOf reads a value as a canonical row writes it, and no other way.
func valueOf(f *record.Field, s string) (record.Value, bool) {
	var v record.Value
	switch f.Type {
	case record.Integer, record.Number:
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || f.Type == record.Integer && (n != math.Trunc(n) || math.Abs(n) >= 1<<53) {
			return v, false
		}
		v = record.Value{Type: f.Type, Num: n}
	case record.Bool:
		v = record.BoolOf(s == "true")
	case record.Date:
		d, err := date.Parse(s)
		if err != nil {
			return v, false
		}
		v = record.DateOf(d)
	case record.Code:
		if !slices.Contains(f.Codes, s) {
			return v, false
		}
		v = record.CodeOf(s)
	default:
		v = record.TextOf(s)
	}
	return v, !v.IsAbsent() && v.String() == s
}

func (c *test) ordered() bool {
	if c.dates != nil {
		return !c.dates[1].Last().Before(c.dates[0].First())
	}
	return c.values[0].Num <= c.values[1].Num
}

// holds says whether a value meets the test.
func (c *test) holds(v record.Value) bool {
	if v.IsAbsent() {
		return false
	}
	switch c.kind {
	case agreement.Known:
		return true
	case agreement.Is, agreement.OneOf:
		return slices.Contains(c.values, v)
	case agreement.IsNot:
		return v != c.values[0]
	case agreement.AtLeast:
		return v.Num >= c.values[0].Num
	case agreement.AtMost:
		return v.Num <= c.values[0].Num
	case agreement.Between:
		if c.dates == nil {
			return v.Num >= c.values[0].Num && v.Num <= c.values[1].Num
		}
	}
	return c.holdsDate(v)
}

// holdsDate judges a date that may be coarse: the test must hold whatever day it means.
func (c *test) holdsDate(v record.Value) bool {
	d, ok := v.Date()
	if !ok {
		return false
	}
	switch c.kind {
	case agreement.Before:
		return d.Last().Before(c.dates[0].First())
	case agreement.After:
		return d.First().After(c.dates[0].Last())
	default:
		return !d.First().Before(c.dates[0].First()) && !d.Last().After(c.dates[1].Last())
	}
}

func (w where) narrow(r *record.Record, _ time.Time, v *Verdict) {
	for i := range w.all {
		if c := &w.all[i]; !c.holds(r.Value(c.field)) {
			v.hold(Stays, c.reason("gate.where.fails."))
			return
		}
	}
}

// admits asks only for fields that the receiver can see. One that leaves and is absent cannot have met its test.
func (w where) admits(r *record.Record, _ time.Time) Reason {
	for i := range w.all {
		if c := &w.all[i]; c.leaves && !c.holds(r.Value(c.field)) {
			return c.reason("gate.where.fails.")
		}
	}
	return Reason{}
}

// explain joins the tests: all must hold.
func (w where) explain() Reason {
	parts := make([]Reason, len(w.all))
	for i := range w.all {
		parts[i] = w.all[i].reason("gate.where.")
	}
	return Reason{Key: "gate.where.only", Parts: parts}
}

func (c *test) reason(prefix string) Reason {
	values := make([]string, len(c.values))
	for i, v := range c.values {
		values[i] = v.String()
	}
	args := []string{"field", c.name}
	switch c.kind {
	case agreement.Known:
	case agreement.Between:
		args = append(args, "value", values[0], "upto", values[1])
	default:
		args = append(args, "value", strings.Join(values, ", "))
	}
	return Reason{Key: prefix + string(c.kind), Args: args}
}
