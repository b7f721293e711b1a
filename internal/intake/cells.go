package intake

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"accord/record"
)

// A reading turns a cell into a value; an absent value and no reason for a cell that says nothing. The reason never
// quotes the cell: it may be about a person, and the rejected file has the cell beside it.
type reading func(cell string) (v record.Value, why string)

// read returns the reading of a field of the given type.
func (c *Cell) read(t record.Type, codes []string) (reading, error) {
	var inner reading
	switch t {
	case record.Text:
		inner = readText
	case record.Integer, record.Number:
		inner = c.readNumber(t)
	case record.Date:
		var err error
		if inner, err = c.readDates(); err != nil {
			return nil, err
		}
	case record.Code:
		for _, code := range c.Codes {
			if !slices.Contains(codes, code) {
				return nil, fmt.Errorf("field %s: %q is not one of its codes", c.Name, code)
			}
		}
		inner = c.readCode
	case record.Bool:
		if len(c.Codes) == 0 {
			return nil, fmt.Errorf("field %s: it needs the publisher's words for true and false", c.Name)
		}
		for _, said := range c.Codes {
			if said != "true" && said != "false" {
				return nil, fmt.Errorf("field %s: %q is neither true nor false", c.Name, said)
			}
		}
		inner = c.readBool
	default:
		return nil, fmt.Errorf("field %s: a recipe cannot read a %s", c.Name, t)
	}
	if c.Fold {
		plain := inner
		inner = func(cell string) (record.Value, string) { return plain(norm.NFKC.String(cell)) }
	}
	return c.orAbsent(inner), nil
}

// always reads the same in every row.
func (c *Cell) always(f *record.Field) (reading, error) {
	v := record.TextOf(c.Always)
	if f.Type == record.Code && slices.Contains(f.Codes, c.Always) {
		v = record.CodeOf(c.Always)
	} else if f.Type != record.Text || c.Column != "" {
		return nil, fmt.Errorf("field %s: it is no text, %q is no code of it, or it has a column as well", c.Name, c.Always)
	}
	return func(string) (record.Value, string) { return v, "" }, nil
}

// orAbsent knows what the publisher writes for nothing.
func (c *Cell) orAbsent(inner reading) reading {
	return func(cell string) (record.Value, string) {
		if s := strings.TrimSpace(cell); s != "" && !slices.Contains(c.Absent, s) && !slices.Contains(c.Absent, plainNumber(s)) {
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
	return record.TextOf(strings.ReplaceAll(cell, "\r\n", "\n")), ""
}

func (c *Cell) readCode(cell string) (record.Value, string) {
	code, ok := c.Codes[strings.TrimSpace(cell)]
	if !ok {
		return record.Value{}, "it is a word that the recipe does not know"
	}
	return record.CodeOf(code), ""
}

func (c *Cell) readBool(cell string) (record.Value, string) {
	said, ok := c.Codes[strings.TrimSpace(cell)]
	if !ok {
		return record.Value{}, "it is a word that the recipe does not know"
	}
	return record.BoolOf(said == "true"), ""
}

func (c *Cell) readNumber(t record.Type) reading {
	if c.Layout == "iso6709 depth km" {
		return readDepth
	}
	return func(cell string) (record.Value, string) {
		s := strings.TrimSpace(cell)
		s = plainNumber(s)
		if c.Point {
			s = withZero(s)
		}
		f, why := parseNumber(s, cmp.Or(c.Thousands, thousands))
		return record.Value{Type: t, Num: f}, why
	}
}

// thousands separates them where a recipe does not say otherwise: the publishers of both countries write the decimals behind a point.
const thousands = ","

// parseNumber reads digits, at most one point and a minus in front. A number with an exponent is one that a spreadsheet
// has damaged, and a separator in another place than thousands have can be a decimal comma.
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
