package record

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/internal/date"
)

func TestCheck(t *testing.T) {
	for name, change := range map[string]func(*Dataset){
		"name without an area":   func(d *Dataset) { d.Name = "things" },
		"name in capitals":       func(d *Dataset) { d.Name = "Test/things" },
		"name with a low line":   func(d *Dataset) { d.Name = "test/some_things" },
		"name with two slashes":  func(d *Dataset) { d.Name = "a/b/c" },
		"version 0":              func(d *Dataset) { d.Version = 0 },
		"no fields":              func(d *Dataset) { d.Fields = nil },
		"too many fields":        func(d *Dataset) { d.Fields = make([]Field, MaxFields+1) },
		"field name":             func(d *Dataset) { d.Fields[0].Name = "La bel" },
		"field twice":            func(d *Dataset) { d.Fields[1].Name = "label" },
		"unknown type":           func(d *Dataset) { d.Fields[0].Type = "blob" },
		"unit of a text":         func(d *Dataset) { d.Fields[0].Unit = "m" },
		"unit with a space":      func(d *Dataset) { d.Fields[2].Unit = "m s" },
		"bounds of a text":       func(d *Dataset) { d.Fields[0].Min = new(0.0) },
		"bounds that cross":      func(d *Dataset) { d.Fields[2].Max = new(-2000.0) },
		"bound that is no bound": func(d *Dataset) { d.Fields[2].Max = new(math.Inf(1)) },
		"code without codes":     func(d *Dataset) { d.Fields[4].Codes = nil },
		"text with codes":        func(d *Dataset) { d.Fields[0].Codes = []string{"a"} },
		"code twice":             func(d *Dataset) { d.Fields[4].Codes = []string{"a", "a"} },
		"code that is a sentence": func(d *Dataset) {
			d.Fields[4].Codes = []string{"not a code"}
		},
		"too many codes": func(d *Dataset) { d.Fields[4].Codes = make([]string, MaxCodes+1) },
	} {
		d := things(t)
		change(d)
		if err := d.Check(); err == nil {
			t.Errorf("%s: the description passes", name)
		}
	}
}

// TestValidateNamesEveryField: all problems are found at once, each with its field, and none quotes a value.
func TestValidateNamesEveryField(t *testing.T) {
	d := things(t)
	r := Record{Key: "a\x00", When: At(time.Date(12018, 1, 1, 0, 0, 0, 0, time.UTC)), Place: Place{Lon: 1},
		Values: []Value{{}, NumberOf(1), NumberOf(math.NaN()), {Type: Date, Text: "secret"}, CodeOf("secret"), {Type: Bool, Num: 2}}}
	var fields []string
	for _, p := range d.Validate(&r) {
		fields = append(fields, p.Field)
		if strings.Contains(p.String(), "secret") {
			t.Errorf("a problem quotes the value: %s", p)
		}
	}
	if want := []string{"key", "when", "place", "count", "width", "seen_on", "state", "checked", "label"}; !slices.Equal(fields, want) {
		t.Errorf("problems of %v, want %v", fields, want)
	}
}

func TestValidate(t *testing.T) {
	d := things(t)
	for name, c := range map[string]struct {
		r    Record
		want string
	}{
		"too many values": {Record{Key: "a", Values: append([]Value{TextOf("x")}, make([]Value, 6)...)}, "values"},
		"offset of no clock": {Record{Key: "a", When: At(time.Date(2018, 1, 1, 0, 0, 0, 0, time.FixedZone("", -13*3600))),
			Values: []Value{TextOf("x")}}, "when"},
		"longitude":      {Record{Key: "a", Place: Place{Known: true, Lon: math.NaN()}, Values: []Value{TextOf("x")}}, "place"},
		"latitude":       {Record{Key: "a", Place: Place{Known: true, Lat: math.Inf(-1)}, Values: []Value{TextOf("x")}}, "place"},
		"over-long text": {Record{Key: "a", Values: []Value{TextOf(strings.Repeat("x", MaxText+1))}}, "label"},
		"empty text":     {Record{Key: "a", Values: []Value{{Type: Text}}}, "label"},
	} {
		if p := d.Validate(&c.r); len(p) == 0 || p[0].Field != c.want {
			t.Errorf("%s: %v", name, p)
		}
	}
	good := Record{Key: "a", Values: []Value{TextOf(strings.Repeat("가", MaxText/3))}}
	if p := d.Validate(&good); p != nil {
		t.Errorf("a good record has problems: %v", p)
	}
}

// TestRowTooLong: a record that is right field by field can still be too long to be sent.
func TestRowTooLong(t *testing.T) {
	d := &Dataset{Name: "a/b", Version: 1}
	r := Record{Key: "a"}
	for i := range 20 {
		d.Fields = append(d.Fields, Field{Name: "f" + string(rune('a'+i)), Type: Text})
		r.Values = append(r.Values, TextOf(strings.Repeat("\n", MaxText)))
	}
	if p := d.Validate(&r); len(p) != 1 || p[0].Field != "values" {
		t.Errorf("problems %v", p)
	}
	r.Values = r.Values[:7]
	row := AppendRow(nil, d, &r)
	if p := d.Validate(&r); p != nil || ParseRow(d, row, &Record{}) != nil {
		t.Errorf("%d bytes: %v", len(row), p)
	}
	if err := ParseRow(d, append(row, make([]byte, MaxRow)...), &Record{}); err == nil {
		t.Error("an over-long row is read")
	}
}

func TestValues(t *testing.T) {
	day := date.OnDay(date.NewDay(2018, 3, 1))
	for _, c := range []struct {
		v    Value
		want string
	}{{Value{}, ""}, {TextOf("x"), "x"}, {TextOf(""), ""}, {CodeOf("c"), "c"}, {IntegerOf(-3), "-3"}, {NumberOf(1.5), "1.5"},
		{BoolOf(true), "true"}, {BoolOf(false), "false"}, {DateOf(day), "2018-03-01"}, {DateOf(date.Date{}), ""}} {
		if got := c.v.String(); got != c.want || c.v.IsAbsent() != (c.want == "") {
			t.Errorf("%+v is %q, want %q", c.v, got, c.want)
		}
	}
	if d, ok := DateOf(day).Date(); !ok || d != day {
		t.Errorf("the date comes back as %v", d)
	}
	if _, ok := TextOf("2018").Date(); ok || !BoolOf(true).Bool() || IntegerOf(1).Bool() {
		t.Error("a value is taken for one of another type")
	}
	r := Record{Values: []Value{TextOf("x")}}
	if !r.Value(1).IsAbsent() || !r.Value(-1).IsAbsent() || r.Value(0).Text != "x" {
		t.Error("Value does not stand for absent values")
	}
}
