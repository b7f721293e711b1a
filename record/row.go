package record

import (
	"math"
	"strconv"
)

// AppendRow appends the canonical row of r to b: one JSON object without spaces, in this order, what is absent left out.
//
//	{"key":"20180001","when":"2018-03-01","place":[127.05,37.51,250],"values":{"width":3,"depth":1.5},"simulated":true}
//
// Values stand in the dataset's order of fields and "values" is always there. Numbers and strings are written as RFC 8785
// writes them; a place has a third number, the side of its cell in metres, only where it is coarse. A record with problems
// (see Validate) has no canonical row; what is appended for one is without meaning.
func AppendRow(b []byte, d *Dataset, r *Record) []byte {
	b = appendString(append(b, `{"key":`...), r.Key)
	if !r.When.IsZero() {
		b = append(r.When.append(append(b, `,"when":"`...)), '"')
	}
	if r.Place.Known {
		b = appendPlace(append(b, `,"place":`...), r.Place)
	}
	b = append(b, `,"values":{`...)
	first := true
	for i := range min(len(r.Values), len(d.Fields)) {
		v := &r.Values[i]
		if v.IsAbsent() {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(append(append(b, '"'), d.Fields[i].Name...), '"', ':')
		b = appendValue(b, v)
	}
	b = append(b, '}')
	if r.Simulated {
		b = append(b, `,"simulated":true`...)
	}
	return append(b, '}')
}

func appendPlace(b []byte, p Place) []byte {
	b = appendNumber(append(b, '['), p.Lon)
	b = appendNumber(append(b, ','), p.Lat)
	if p.Grid != 0 {
		b = strconv.AppendInt(append(b, ','), int64(p.Grid), 10)
	}
	return append(b, ']')
}

func appendValue(b []byte, v *Value) []byte {
	switch v.Type {
	case Integer, Number:
		return appendNumber(b, v.Num)
	case Bool:
		return strconv.AppendBool(b, v.Num != 0)
	default:
		return appendString(b, v.Text)
	}
}

// appendNumber writes f as ECMAScript does: the shortest digits that read back as f, an exponent only from 1e21 up and
// below 1e-6, and no minus before zero.
func appendNumber(b []byte, f float64) []byte {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.AppendInt(b, int64(f), 10)
	}
	if a := math.Abs(f); a >= 1e-6 && a < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	b = strconv.AppendFloat(b, f, 'e', -1, 64)
	// strconv pads a negative exponent to two digits, ECMAScript does not: e-09 becomes e-9.
	if n := len(b); n >= 4 && b[n-4] == 'e' && b[n-3] == '-' && b[n-2] == '0' {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}

const hexDigits = "0123456789abcdef"

// appendString writes s as RFC 8785 does: only the quote, the backslash and the control characters below U+0020 are
// escaped, with the short form where there is one.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, '\\', 'b')
		case '\t':
			b = append(b, '\\', 't')
		case '\n':
			b = append(b, '\\', 'n')
		case '\f':
			b = append(b, '\\', 'f')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(b, s[start:]...), '"')
}
