package record

import (
	"fmt"
	"math"

	"accord/internal/fault"
)

// Check says whether the description is one that both sides can work with.
func (d *Dataset) Check() error {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "dataset "+clip(d.Name), fmt.Sprintf(format, args...), "correct its description")
	}
	switch {
	case !isDatasetName(d.Name):
		return bad("its name is not written as area/noun")
	case d.Version < 1 || d.Version > 9999:
		return bad("its version is %d, not one from 1 to 9999", d.Version)
	case len(d.Fields) == 0 || len(d.Fields) > MaxFields:
		return bad("it has %d fields, not between 1 and %d", len(d.Fields), MaxFields)
	}
	for i := range d.Fields {
		f := &d.Fields[i]
		if why := f.problem(); why != "" {
			return bad("field %s: %s", clip(f.Name), why)
		}
		if d.Index(f.Name) != i {
			return bad("field %s is described twice", f.Name)
		}
	}
	if why := d.kindProblem(); why != "" {
		return bad("%s", why)
	}
	return nil
}

// kindProblem is what keeps the fields from being those of the dataset's kind. A series dataset has quantities, which are
// numbers, and may have the code field quality behind them.
func (d *Dataset) kindProblem() string {
	if d.Kind == Records {
		return ""
	}
	if d.Kind != Series {
		return fmt.Sprintf("its kind %q is not one", clip(string(d.Kind)))
	}
	for i := range d.Fields {
		f := &d.Fields[i]
		quality := f.Name == Quality && f.Type == Code && i > 0 && i == len(d.Fields)-1
		if f.Required || f.Type != Number && !quality {
			return fmt.Sprintf("field %s: a series has numbers, none required, and at its end perhaps the code field quality", f.Name)
		}
	}
	return ""
}

// problem is what is wrong with the description of a field.
func (f *Field) problem() string {
	numeric := f.Type == Integer || f.Type == Number
	switch {
	case !isName(f.Name):
		return "its name is not written as [a-z][a-z0-9_]*"
	case !f.Type.known():
		return fmt.Sprintf("%q is not a type", clip(string(f.Type)))
	case f.Unit != "" && (!numeric || !isUnit(f.Unit)):
		return "only a number has a unit, written in the UCUM code"
	case (f.Min != nil || f.Max != nil) && !numeric:
		return "only a number has bounds"
	case !isBound(f.Min) || !isBound(f.Max):
		return "its bounds are not finite"
	case f.Min != nil && f.Max != nil && *f.Min > *f.Max:
		return "its lower bound is above its upper bound"
	default:
		return f.codesProblem()
	}
}

func (f *Field) codesProblem() string {
	if (f.Type == Code) != (len(f.Codes) > 0) {
		return "a code field has codes, and no other field has"
	}
	if len(f.Codes) > MaxCodes {
		return fmt.Sprintf("it has more than %d codes", MaxCodes)
	}
	seen := make(map[string]bool, len(f.Codes))
	for _, c := range f.Codes {
		if !isName(c) || seen[c] {
			return fmt.Sprintf("code %q is not written as [a-z][a-z0-9_]* or appears twice", clip(c))
		}
		seen[c] = true
	}
	return ""
}

func (t Type) known() bool {
	switch t {
	case Text, Integer, Number, Date, Code, Bool, Geometry:
		return true
	}
	return false
}

func isBound(b *float64) bool { return b == nil || !math.IsNaN(*b) && !math.IsInf(*b, 0) }

func isDatasetName(s string) bool {
	for i := range len(s) {
		if s[i] == '/' {
			return isWord(s[:i], '-') && isWord(s[i+1:], '-')
		}
	}
	return false
}

// maxRow is how many bytes a canonical row may have.
func (d *Dataset) maxRow() int {
	for i := range d.Fields {
		if d.Fields[i].Type == Geometry {
			return MaxRow + MaxGeometry
		}
	}
	return MaxRow
}

// isName says whether s is written as [a-z][a-z0-9_]* with at most 64 letters.
func isName(s string) bool { return isWord(s, '_') }

// isWord says whether s is lower-case letters, digits and one kind of joint, begins with a letter and has at most 64 of them.
func isWord(s string, joint byte) bool {
	if s == "" || len(s) > 64 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != joint {
			return false
		}
	}
	return true
}

// isUnit says whether s can be a UCUM code: printable ASCII without spaces.
func isUnit(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) <= 32
}
