package record

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"accord/internal/fault"
)

// ParseRow reads one canonical row into r, whose memory for values it uses again. It is as strict as two sides that hash
// the same bytes need: what AppendRow would not write, byte for byte, is refused, and so is every value that is not
// possible under the description. A required field may be absent: a gate may have cut it.
func ParseRow(d *Dataset, row []byte, r *Record) error {
	if why := parseRow(d, row, r); why != "" {
		return fault.New(fault.Invalid, "row of "+d.Name, why, "have the sender write it again in canonical form")
	}
	return nil
}

func parseRow(d *Dataset, row []byte, r *Record) string {
	if most := d.maxRow(); len(row) > most {
		return fmt.Sprintf("it is longer than %d bytes", most)
	}
	if !utf8.Valid(row) {
		return "it is not valid UTF-8"
	}
	*r = Record{Values: append(r.Values[:0], make([]Value, len(d.Fields))...)}
	p := parser{b: row}
	p.head(r)
	p.values(d, r)
	r.Simulated = p.skip(`,"simulated":true`)
	p.want("}")
	if p.why == "" && p.i != len(row) {
		p.why = "there is something after its end"
	}
	if p.why != "" {
		return fmt.Sprintf("at byte %d: %s", p.i, p.why)
	}
	if problems := d.check(r); problems != nil {
		return problems[0].String()
	}
	// One way to say a thing: numbers such as 1.50 and escapes such as \u0041 read well and are still refused here.
	var buf [1024]byte
	if !bytes.Equal(AppendRow(buf[:0], d, r), row) {
		return "it is not in canonical form"
	}
	return ""
}

// A parser walks over one row. The first thing that is wrong stays in why, and nothing after it is read.
type parser struct {
	b   []byte
	i   int
	why string
}

// skip steps over s if it comes next.
func (p *parser) skip(s string) bool {
	if p.why != "" || len(p.b)-p.i < len(s) || string(p.b[p.i:p.i+len(s)]) != s {
		return false
	}
	p.i += len(s)
	return true
}

// want steps over s, which must come next.
func (p *parser) want(s string) {
	if !p.skip(s) {
		p.fail(fmt.Sprintf("%s is expected", s))
	}
}

func (p *parser) fail(why string) {
	if p.why == "" {
		p.why = why
	}
}

func (p *parser) head(r *Record) {
	p.want(`{"key":`)
	r.Key = p.text()
	if p.skip(`,"when":`) {
		at, err := ParseTime(p.text())
		if err != nil || at.IsZero() {
			p.fail("when is neither a date nor an instant")
		}
		r.When = at
	}
	if p.skip(`,"place":[`) {
		r.Place = p.place()
	}
	p.want(`,"values":{`)
}

// place reads a place after its opening bracket.
func (p *parser) place() Place {
	at := Place{Known: true, Lon: p.number()}
	p.want(",")
	at.Lat = p.number()
	if p.skip(",") {
		at.Grid = p.cell()
	}
	p.want("]")
	return at
}

// cell is the side of a coarse place's cell, a whole number from 1 up.
func (p *parser) cell() int {
	n, err := strconv.Atoi(string(p.digits()))
	if err != nil || n < 1 {
		p.fail("the side of its cell is not a whole number from 1 up")
	}
	return n
}

// values reads the fields, which stand in the dataset's order.
func (p *parser) values(d *Dataset, r *Record) {
	next := 0
	for p.why == "" && !p.skip("}") {
		if next > 0 {
			p.want(",")
		}
		i := p.field(d, next)
		if p.why != "" {
			return
		}
		p.want(":")
		r.Values[i] = p.value(d.Fields[i].Type)
		next = i + 1
	}
}

// field reads a field's name and finds it at next or after it.
func (p *parser) field(d *Dataset, next int) int {
	if p.i >= len(p.b) || p.b[p.i] != '"' {
		p.fail("the name of a field is expected")
		return -1
	}
	end := bytes.IndexByte(p.b[p.i+1:], '"')
	if end < 0 {
		p.fail("the name of a field has no end")
		return -1
	}
	name := p.b[p.i+1 : p.i+1+end]
	for i := next; i < len(d.Fields); i++ {
		if string(name) == d.Fields[i].Name {
			p.i += end + 2
			return i
		}
	}
	if slices.ContainsFunc(d.Fields, func(f Field) bool { return f.Name == string(name) }) {
		p.fail(fmt.Sprintf("field %s appears twice or out of order", name))
	} else {
		p.fail(fmt.Sprintf("field %q is not in the dataset", clip(string(name))))
	}
	return -1
}

func (p *parser) value(t Type) Value {
	switch t {
	case Integer, Number:
		return Value{Type: t, Num: p.number()}
	case Bool:
		if p.skip("true") {
			return BoolOf(true)
		}
		p.want("false")
		return BoolOf(false)
	default:
		return Value{Type: t, Text: p.text()}
	}
}

func (p *parser) number() float64 {
	f, err := strconv.ParseFloat(string(p.digits()), 64)
	if err != nil {
		p.fail("a number is expected")
	}
	return f
}

// digits steps over everything that can be part of a number; whether it is one is for its reader to say.
func (p *parser) digits() []byte {
	start := p.i
	for p.why == "" && p.i < len(p.b) {
		if c := p.b[p.i]; (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' {
			break
		}
		p.i++
	}
	return p.b[start:p.i]
}

// text reads a string. Most have no escapes and are copied whole.
func (p *parser) text() string {
	p.want(`"`)
	if p.why != "" {
		return ""
	}
	start := p.i
	for ; p.i < len(p.b); p.i++ {
		switch p.b[p.i] {
		case '"':
			p.i++
			return string(p.b[start : p.i-1])
		case '\\':
			return p.escaped(start)
		}
	}
	p.fail("a text has no end")
	return ""
}

// escaped reads on from the first escape of the string that began at start.
func (p *parser) escaped(start int) string {
	s := append([]byte(nil), p.b[start:p.i]...)
	for p.i < len(p.b) {
		c := p.b[p.i]
		p.i++
		switch c {
		case '"':
			return string(s)
		case '\\':
			s = append(s, p.escape())
		default:
			s = append(s, c)
		}
	}
	p.fail("a text has no end")
	return ""
}

// escape reads what follows a backslash. Only escapes that AppendRow writes for a valid text are known.
func (p *parser) escape() byte {
	if p.i < len(p.b) {
		p.i++
		switch c := p.b[p.i-1]; c {
		case '"', '\\':
			return c
		case 't':
			return '\t'
		case 'n':
			return '\n'
		case 'r':
			return '\r'
		}
	}
	p.fail("a text has an escape that canonical form does not use")
	return 0
}
