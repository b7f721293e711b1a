package intake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"accord/internal/date"
	"accord/record"
)

// A reading turns a cell into a value; an absent value and no reason for a cell that says nothing. The reason never
// quotes the cell: it may be about a person, and the rejected file has the cell beside it.
type reading func(cell string) (v record.Value, why string)

// layouts are the ways in which publishers write a day. The letters are theirs; Go's are only here. A layout without
// zeros reads numbers of one and of two digits.
var layouts = map[string]string{
	"yyyymmdd":   "20060102",
	"yyyy-mm-dd": "2006-01-02",
	"yyyy.m.d":   "2006.1.2",
	"yyyy/m/d":   "2006/1/2",
	"d/m/yyyy":   "2/1/2006",
	"yyyymm":     "200601",
	"yyyy.mm":    "2006.01",
	"yyyy-mm":    "2006-01",
	"yyyy":       "2006",
}

// read returns the reading of a field of the given type.
func (c *Cell) read(t record.Type, codes []string) (reading, error) {
	var inner reading
	switch t {
	case record.Text:
		inner = readText
	case record.Integer, record.Number:
		inner = c.readNumber(t)
	case record.Date:
		layout, ok := layouts[c.Layout]
		if !ok {
			return nil, fmt.Errorf("field %s: %q is not a known layout of a date", c.Name, c.Layout)
		}
		inner = readDate(layout)
	case record.Code:
		for _, code := range c.Codes {
			if !slices.Contains(codes, code) {
				return nil, fmt.Errorf("field %s: %q is not one of its codes", c.Name, code)
			}
		}
		inner = c.readCode
	default:
		return nil, fmt.Errorf("field %s: a recipe cannot read a %s yet", c.Name, t)
	}
	return c.orAbsent(inner), nil
}

// orAbsent knows what the publisher writes for nothing.
func (c *Cell) orAbsent(inner reading) reading {
	return func(cell string) (record.Value, string) {
		if s := strings.TrimSpace(cell); s != "" && !slices.Contains(c.Absent, s) {
			return inner(cell)
		}
		if c.Required {
			return record.Value{}, "it is required and absent"
		}
		return record.Value{}, ""
	}
}

// readText keeps a text as it was published, spaces included. Only line ends become one character. U+FFFD is what a wrong
// conversion leaves where a letter was.
func readText(cell string) (record.Value, string) {
	if strings.ContainsRune(cell, utf8.RuneError) {
		return record.Value{}, "a letter of it was lost in a conversion"
	}
	return record.TextOf(cell), ""
}

func (c *Cell) readCode(cell string) (record.Value, string) {
	code, ok := c.Codes[strings.TrimSpace(cell)]
	if !ok {
		return record.Value{}, "it is a word that the recipe does not know"
	}
	return record.CodeOf(code), ""
}

func (c *Cell) readNumber(t record.Type) reading {
	return func(cell string) (record.Value, string) {
		s := strings.TrimSpace(cell)
		if c.Point {
			s = withZero(s)
		}
		f, why := parseNumber(s, c.Thousands)
		return record.Value{Type: t, Num: f}, why
	}
}

// parseNumber reads digits, at most one point and a minus in front. A number with an exponent is one that a spreadsheet
// has damaged, and a separator that the recipe does not name can be a decimal comma.
func parseNumber(s, thousands string) (float64, string) {
	const why = "it is not a number"
	if thousands != "" {
		var ok bool
		if s, ok = withoutThousands(s, thousands); !ok {
			return 0, why
		}
	}
	digits := strings.TrimPrefix(s, "-")
	whole, part, point := strings.Cut(digits, ".")
	if !isDigits(whole) || point && !isDigits(part) || len(s) > 40 {
		return 0, why
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, why
	}
	return f, ""
}

// withZero writes the zero that a publisher leaves out before the point.
func withZero(s string) string {
	if rest, minus := strings.CutPrefix(s, "-"); minus && strings.HasPrefix(rest, ".") {
		return "-0" + rest
	}
	if strings.HasPrefix(s, ".") {
		return "0" + s
	}
	return s
}

// withoutThousands takes the separators out of a number that has them in the right places: groups of three, from the
// point to the left.
func withoutThousands(s, sep string) (string, bool) {
	whole, rest, point := strings.Cut(s, ".")
	groups := strings.Split(whole, sep)
	if len(groups) > 1 {
		if n := len(strings.TrimPrefix(groups[0], "-")); n < 1 || n > 3 {
			return "", false
		}
	}
	for _, g := range groups[1:] {
		if len(g) != 3 {
			return "", false
		}
	}
	out := strings.Join(groups, "")
	if point {
		out += "." + rest
	}
	return out, true
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func readDate(layout string) reading {
	precision := date.ByDay
	if !strings.ContainsRune(strings.ReplaceAll(layout, "2006", ""), '2') {
		precision = date.ByMonth
	}
	if layout == "2006" {
		precision = date.ByYear
	}
	return func(cell string) (record.Value, string) {
		t, err := time.Parse(layout, strings.TrimSpace(cell))
		if err != nil || t.Year() < 1000 {
			return record.Value{}, "it is not a day of the calendar as the recipe writes it"
		}
		return record.DateOf(date.OnDay(date.Of(t)).Coarser(precision)), ""
	}
}
