package table

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// openJSON finds the rows of a JSON file: the values at the recipe's path; else the one array of objects that is in no other;
// else, in a file of several values one after the other, each of them; else the one object of plain values, which is how a
// service answers that found one thing. Values within a row are named by their path: title.ko. Two or three numbers in a list
// have a name each (coord.0); any other list is one cell, a line for each.
func openJSON(d *Document, h Hints) ([]Table, error) {
	b, err := whole(d)
	if err != nil {
		return nil, err
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(b) {
		return nil, refuse("it is JSON with bytes that are not UTF-8", doDownload)
	}
	found := &places{}
	s := &scanner{b: b}
	for s.space(); s.i < len(b); s.space() {
		from := s.i
		if err := s.locate("", found); err != nil {
			return nil, err
		}
		found.top = append(found.top, from)
	}
	rows, err := found.choose(h.Rows, b)
	if err != nil {
		return nil, err
	}
	return []Table{jsonTable(b, rows, h)}, nil
}

// A spot is where rows are: an array of objects, or one object.
type spot struct {
	path  string
	at    int
	depth int
}

// places are where rows can be.
type places struct {
	arrays, objects []spot
	top             []int // where each value of the file begins
}

// choose returns where each row begins.
func (p *places) choose(paths []string, b []byte) ([]int, error) {
	for _, path := range paths {
		for _, s := range p.arrays {
			if s.path == path {
				return elements(b, s.at)
			}
		}
		for _, s := range p.objects {
			if s.path == path {
				return []int{s.at}, nil
			}
		}
	}
	switch {
	case len(p.top) > 1:
		return p.top, nil
	case len(p.arrays) == 1:
		return elements(b, p.arrays[0].at)
	case len(p.arrays) > 1:
		// Of several, that which every format of features has, or the longest: the others describe it.
		most, longest := []int(nil), -1
		for _, s := range p.arrays {
			rows, err := elements(b, s.at)
			if err != nil {
				return nil, err
			}
			if s.path == "features" {
				return rows, nil
			}
			if len(rows) > longest {
				most, longest = rows, len(rows)
			}
		}
		return most, nil
	}
	deepest := spot{depth: -1}
	for _, s := range p.objects {
		if s.depth > deepest.depth {
			deepest = s
		}
	}
	if deepest.depth < 0 {
		return nil, refuse("it is JSON without a list of objects, so it has no rows", doDownload)
	}
	return []int{deepest.at}, nil
}

// elements returns where each element of an array begins.
func elements(b []byte, at int) (all []int, err error) {
	s := &scanner{b: b, i: at + 1}
	for s.space(); s.i < len(b) && b[s.i] != ']'; {
		all = append(all, s.i)
		if err := s.skipValue(); err != nil {
			return nil, err
		}
		if s.space(); s.i < len(b) && b[s.i] == ',' {
			s.i++
			s.space()
		}
	}
	return all, nil
}

// jsonTable is the table of the values that begin at rows.
func jsonTable(b []byte, rows []int, h Hints) Table {
	t := Table{Encoding: "utf-8", Objects: true}
	features := bytes.Contains(b[:min(len(b), 4096)], []byte(`"FeatureCollection"`))
	if features {
		t.System = crsOf(b)
	}
	t.Rows = func(yield func(Row, error) bool) {
		cols := newColumns(h.Same)
		c := &cellReader{scanner: scanner{b: b}, cols: cols, features: features}
		for i, at := range rows { // once to learn the names
			if err := c.row(at, nil); err != nil {
				yield(Row{Line: i + 1}, err)
				return
			}
		}
		if !yield(Row{1, cols.names}, nil) {
			return
		}
		cells := make([]string, len(cols.names))
		for i, at := range rows {
			clear(cells)
			if err := c.row(at, cells); !yield(Row{i + 2, cells}, err) || err != nil {
				return
			}
		}
	}
	return t
}

// crsOf is the reference system that a collection of features names, as older ones do.
func crsOf(b []byte) string {
	at := bytes.Index(b[:min(len(b), 4096)], []byte(`"crs"`))
	if at < 0 {
		return ""
	}
	s := &scanner{b: b, i: at + len(`"crs"`)}
	if s.space(); s.i >= len(b) || b[s.i] != ':' {
		return ""
	}
	s.i++
	s.space()
	from := s.i
	if s.skipValue() != nil {
		return ""
	}
	var x struct {
		Properties struct {
			Name string `json:"name"`
		} `json:"properties"`
	}
	if json.Unmarshal(b[from:s.i], &x) != nil {
		return ""
	}
	name := x.Properties.Name
	if i := strings.LastIndexByte(name, ':'); i >= 0 && strings.Contains(strings.ToUpper(name), "EPSG") {
		return "EPSG:" + name[i+1:]
	}
	if strings.HasSuffix(name, "CRS84") {
		return "EPSG:4326"
	}
	return name
}

// A cellReader reads one row at a time.
type cellReader struct {
	scanner
	cols     *columns
	features bool
	cells    []string // nil while names are learnt
	line     int
}

// row reads the row that begins at a place into cells.
func (c *cellReader) row(at int, cells []string) error {
	c.i, c.cells = at, cells
	return c.value("", 0)
}

func (c *cellReader) set(path, text string) error {
	at := c.cols.of(path)
	switch {
	case at < 0:
		return errColumns()
	case c.cells == nil:
		return nil
	case len(text)+len(c.cells[at]) > maxCell:
		return errCell(c.line)
	case c.cells[at] != "" && text != "":
		c.cells[at] += "\n" + text
	case text != "":
		c.cells[at] = text
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// value reads a value into the cells that its path names.
func (c *cellReader) value(path string, depth int) error {
	if depth > maxDepth {
		return c.bad("it is nested too deep")
	}
	c.space()
	if c.i >= len(c.b) {
		return c.bad("it ends in the middle: it was cut")
	}
	switch c.b[c.i] {
	case '{':
		if c.features && path == "geometry" {
			return c.geometry()
		}
		return c.object(path, depth)
	case '[':
		return c.list(path, depth)
	}
	text, err := c.scalar()
	if err != nil || path == "" {
		return err
	}
	return c.set(path, text)
}

func (c *cellReader) object(path string, depth int) error {
	return c.each(func(name string) error {
		p := join(path, name)
		if c.features && depth == 0 {
			switch name { // a feature's own; its properties are the row's
			case "properties":
				p = ""
			case "type", "bbox":
				return c.skipValue()
			}
		}
		return c.value(p, depth+1)
	})
}

// list reads a list: numbers that can be a position by their place, anything else one below the other.
func (c *cellReader) list(path string, depth int) error {
	from := c.i
	if n := c.numbers(); n == 2 || n == 3 {
		c.i = from + 1
		for k := range n {
			if err := c.value(path+"."+strconv.Itoa(k), depth+1); err != nil {
				return err
			}
			c.space()
			c.i++ // the comma or the bracket
		}
		return nil
	}
	c.i = from + 1
	for c.space(); c.i < len(c.b) && c.b[c.i] != ']'; {
		if err := c.value(path, depth+1); err != nil {
			return err
		}
		if c.space(); c.i < len(c.b) && c.b[c.i] == ',' {
			c.i++
			c.space()
		}
	}
	c.i++
	return nil
}

// numbers counts the elements of a list that is of numbers only; 0 for any other.
func (c *cellReader) numbers() (n int) {
	s := c.scanner
	s.i++
	for s.space(); s.i < len(s.b) && s.b[s.i] != ']'; n++ {
		if ch := s.b[s.i]; ch != '-' && (ch < '0' || ch > '9') || n == 3 {
			return 0
		}
		if s.skipValue() != nil {
			return 0
		}
		if s.space(); s.i < len(s.b) && s.b[s.i] == ',' {
			s.i++
			s.space()
		}
	}
	return n
}

// geometry reads a GeoJSON geometry: lines and polygons as well-known text, points as two cells.
func (c *cellReader) geometry() error {
	from := c.i
	if err := c.skipValue(); err != nil {
		return err
	}
	if c.cells == nil {
		for _, name := range []string{Geometry, Longitude, Latitude} {
			if err := c.set(name, ""); err != nil {
				return err
			}
		}
		return nil
	}
	g, err := geoJSON(c.b[from:c.i])
	if err != nil {
		return c.bad(err.Error())
	}
	for i, name := range []string{Geometry, Longitude, Latitude} {
		if err := c.set(name, g[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) bad(why string) error {
	return refuse("it is not JSON as it should be: "+why, doDownload).At(fmt.Sprintf("byte %d", s.i))
}
