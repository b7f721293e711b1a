package record

import (
	"strconv"

	"accord/internal/date"
)

// A Value is one value of a field. The zero Value is absent: not published, or not allowed to leave. Values compare
// with ==.
type Value struct {
	Type Type
	Text string  // Text and Code as they are; Date as date.Date writes it: 2018, 2018-03 or 2018-03-01
	Num  float64 // Integer and Number; Bool as 0 or 1
}

// TextOf, CodeOf, IntegerOf, NumberOf, DateOf and BoolOf make values. An empty text, an empty code and an unset date are
// absent: there is no second way to say nothing.
func TextOf(s string) Value { return ofString(Text, s) }

// CodeOf makes a value of a Code field.
func CodeOf(s string) Value { return ofString(Code, s) }

// DateOf makes a value of a Date field.
func DateOf(d date.Date) Value {
	if d.IsZero() {
		return Value{}
	}
	return Value{Type: Date, Text: d.String()}
}

// IntegerOf makes a value of an Integer field.
func IntegerOf(n int64) Value { return Value{Type: Integer, Num: float64(n)} }

// NumberOf makes a value of a Number field.
func NumberOf(f float64) Value { return Value{Type: Number, Num: f} }

// BoolOf makes a value of a Bool field.
func BoolOf(b bool) Value {
	if b {
		return Value{Type: Bool, Num: 1}
	}
	return Value{Type: Bool}
}

func ofString(t Type, s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{Type: t, Text: s}
}

// IsAbsent says whether there is no value.
func (v Value) IsAbsent() bool { return v.Type == "" }

// Date is the date of a Date value; false for any other value.
func (v Value) Date() (date.Date, bool) {
	if v.Type != Date {
		return date.Date{}, false
	}
	d, err := date.Parse(v.Text)
	return d, err == nil
}

// Bool is the truth of a Bool value.
func (v Value) Bool() bool { return v.Type == Bool && v.Num != 0 }

// String is the value as a canonical row writes it, without quotes: 3, 1.5, true, 2018-03. It is for people; an absent
// value is the empty string.
func (v Value) String() string {
	switch v.Type {
	case Integer:
		return strconv.FormatInt(int64(v.Num), 10)
	case Number:
		return string(appendNumber(nil, v.Num))
	case Bool:
		return strconv.FormatBool(v.Num != 0)
	default:
		return v.Text
	}
}
