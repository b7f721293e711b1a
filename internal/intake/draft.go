package intake

import (
	"fmt"
	"strconv"
	"strings"

	"accord/record"
)

// draft writes down what was found.
func (s *sample) draft(name string) *Draft {
	d := &Draft{Name: name, Dataset: &record.Dataset{Name: "draft/" + strings.Trim(strings.ReplaceAll(name, "--", "-"), "-"), Version: 1}}
	w := &tomlWriter{}
	w.line("# A draft, made from the file %s. Name its publisher, source and licence, its fields, and what is plausible;", quoted(name))
	w.line("# look at every field: a column of codes may look like one of numbers, and a unit stands in no number.")
	w.line("")
	w.line("name      = %s", quoted(name))
	w.line("dataset   = %s", quoted(d.Dataset.Name))
	w.line("version   = 1")
	w.line("publisher = \"not known\"")
	w.line("source    = \"not known\"")
	w.line("licence   = \"not known\"")
	w.line("encodings = %s", list(s.encodings()))
	if s.script != "" {
		w.line("script    = %s", quoted(s.script))
	}
	s.writeHead(w)
	for i := range s.columns {
		s.writeField(w, i, d)
	}
	if len(d.Dataset.Fields) == 0 { // every column is part of the key or of the place
		i := s.key[0]
		s.columns[i].cell.Name, s.columns[i].kind = "c01", record.Text
		w.field("c01", s.columns[i].cell)
		d.Dataset.Fields = append(d.Dataset.Fields, record.Field{Name: "c01", Type: record.Text})
		d.Titles = append(d.Titles, s.header[i])
	}
	s.writeIgnored(w)
	d.Recipe = w.b.String()
	return d
}

func (s *sample) encodings() []string {
	if s.encoding == "utf-8" {
		return []string{"utf-8"}
	}
	return []string{"utf-8", s.encoding}
}

// writeHead writes how the header is found, what names a row, and where it is.
func (s *sample) writeHead(w *tomlWriter) {
	if s.within > 0 || s.none || s.lines > 1 {
		w.line("\n[header]")
		if s.none {
			w.line("none = \".*\" # no row looks like a header: every file fits this pattern, so write one")
		} else {
			w.line("within = %d", s.within)
			w.line("lines  = %d", s.lines)
		}
	}
	w.line("\n[key]")
	if len(s.key) == 0 {
		s.key = []int{0}
	}
	var names []string
	for _, i := range s.key {
		names = append(names, s.columnName(i))
	}
	w.line("columns = %s", list(names))
	seen := map[string]bool{}
	for _, row := range s.rows {
		seen[s.keyOf(row)] = true
	}
	if len(seen) < len(s.rows) {
		w.line("repeats = true # no columns name every row")
	}
	w.line("totals = true # a row for a sum is kept until somebody has looked")
	if s.lat >= 0 {
		w.line("\n[place] # as degrees of WGS84, which the names of the columns say and nobody has checked")
		w.line("lat = %s", quoted(s.columnName(s.lat)))
		w.line("lon = %s", quoted(s.columnName(s.lon)))
		var absent []string
		for _, a := range append(s.columns[s.lat].cell.Absent, s.columns[s.lon].cell.Absent...) {
			if len(absent) == 0 || absent[len(absent)-1] != a {
				absent = append(absent, a)
			}
		}
		if absent != nil {
			w.line("absent = %s", list(absent))
		}
	}
}

// writeField writes one column as a field, but for the place and a key of one column.
func (s *sample) writeField(w *tomlWriter, i int, d *Draft) {
	g := s.columns[i]
	if g.skip != "" || i == s.lat || i == s.lon || len(s.key) == 1 && i == s.key[0] || len(d.Dataset.Fields) == record.MaxFields {
		return
	}
	w.field(g.name, g.cell)
	d.Dataset.Fields = append(d.Dataset.Fields, record.Field{Name: g.name, Type: g.kind})
	d.Titles = append(d.Titles, strings.TrimSpace(s.header[i]))
}

func (s *sample) writeIgnored(w *tomlWriter) {
	first := true
	for i, g := range s.columns {
		if g.skip == "" || strings.HasPrefix(g.cell.Column, "#") {
			continue
		}
		if first {
			w.line("\n[ignored]")
			first = false
		}
		w.line("%s = %s", quoted(s.columnName(i)), quoted(g.skip))
	}
}

// A tomlWriter writes a recipe line by line.
type tomlWriter struct{ b strings.Builder }

func (w *tomlWriter) line(format string, args ...any) { fmt.Fprintf(&w.b, format+"\n", args...) }

func (w *tomlWriter) field(name string, c Cell) {
	w.line("\n[[field]]")
	w.line("name   = %s", quoted(name))
	w.line("column = %s", quoted(c.Column))
	if c.Layout != "" {
		w.line("layout = %s", quoted(c.Layout))
	}
	if c.Thousands != "" {
		w.line("thousands = %s", quoted(c.Thousands))
	}
	if c.Point {
		w.line("point  = true")
	}
	if len(c.Absent) > 0 {
		w.line("absent = %s", list(c.Absent))
	}
}

func list(all []string) string {
	var q []string
	for _, s := range all {
		q = append(q, quoted(s))
	}
	return "[" + strings.Join(q, ", ") + "]"
}

// quoted writes a basic string of TOML.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			b.WriteString("\\u" + fmt.Sprintf("%04x", r))
		default:
			b.WriteString(strings.ToValidUTF8(string(r), strconv.QuoteRune(r)))
		}
	}
	b.WriteByte('"')
	return b.String()
}
