package table

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"path"
	"regexp"
	"strings"

	"accord/record"
)

// isShape says whether a file is a part of a shapefile.
func isShape(head []byte, name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".shp":
		return len(head) >= 4 && binary.BigEndian.Uint32(head) == 9994
	case ".dbf":
		return len(head) >= 32 && head[0]&7 == 3
	}
	return len(head) >= 100 && binary.BigEndian.Uint32(head) == 9994
}

// A layer is the parts of one shapefile. shp and prj may be missing.
type layer struct {
	name               string
	shp, dbf, prj, cpg []byte
}

// openShape returns the layers of a shapefile: one for a file with its parts beside it, several for an archive.
func openShape(d *Document) ([]Table, error) {
	head := make([]byte, 4)
	d.At.ReadAt(head, 0)
	var layers []*layer
	var err error
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		layers, err = zipped(d)
	} else {
		layers, err = beside(d)
	}
	if err != nil {
		return nil, err
	}
	var all []Table
	for _, l := range layers {
		t, err := l.table(d)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	if len(all) == 0 {
		return nil, refuse("it is an archive without a shapefile or a workbook", doExport)
	}
	return all, nil
}

func beside(d *Document) ([]*layer, error) {
	l := &layer{name: d.Name}
	own := strings.ToLower(path.Ext(d.Name))
	for ending, to := range map[string]*[]byte{".shp": &l.shp, ".dbf": &l.dbf, ".prj": &l.prj, ".cpg": &l.cpg} {
		part := (*Document)(nil)
		if ending == own {
			part = d
		} else if d.Beside != nil {
			part = d.Beside(ending)
		}
		if part == nil {
			continue
		}
		b, err := whole(part)
		if err != nil {
			return nil, err
		}
		*to = b
	}
	if l.dbf == nil {
		return nil, refuse("it is the shapes of a shapefile, and the table of the same name (.dbf) is not beside it", "put .shp, .dbf, .prj and .cpg into one folder, or import them as one ZIP file")
	}
	return []*layer{l}, nil
}

func zipped(d *Document) ([]*layer, error) {
	if err := checkZip(d); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(d.At, d.Size)
	if err != nil {
		return nil, refuse("it is a damaged archive: "+brief(err), doDownload).Because(err)
	}
	var layers []*layer
	left := int64(2 * MaxDocument)
	for _, f := range z.File {
		ending := strings.ToLower(path.Ext(f.Name))
		stem := f.Name[:len(f.Name)-len(ending)]
		if ending != ".shp" && ending != ".dbf" && ending != ".prj" && ending != ".cpg" || strings.Contains(f.Name, "__MACOSX") {
			continue
		}
		b, err := inflate(f, min(MaxDocument, left))
		if err != nil {
			return nil, err
		}
		left -= int64(len(b))
		var l *layer
		for _, have := range layers {
			if have.name == stem {
				l = have
			}
		}
		if l == nil {
			l = &layer{name: stem}
			layers = append(layers, l)
		}
		*map[string]*[]byte{".shp": &l.shp, ".dbf": &l.dbf, ".prj": &l.prj, ".cpg": &l.cpg}[ending] = b
	}
	for _, l := range layers {
		if l.dbf == nil {
			return nil, refuse(fmt.Sprintf("%.80q in it has no table (.dbf)", path.Base(l.name)), doDownload)
		}
	}
	return layers, nil
}

// authority finds the code with which a description of a reference system ends.
var authority = regexp.MustCompile(`AUTHORITY\["EPSG","?([0-9]{4,6})"?\]\]\s*$`)

// systemName finds the name with which it begins.
var systemName = regexp.MustCompile(`^\s*[A-Z]+\["([^"]{1,80})"`)

func (l *layer) system() string {
	if m := authority.FindSubmatch(l.prj); m != nil {
		return "EPSG:" + string(m[1])
	}
	if m := systemName.FindSubmatch(l.prj); m != nil {
		return string(m[1])
	}
	return ""
}

func (l *layer) table(d *Document) (Table, error) {
	t := Table{Name: path.Base(l.name), System: l.system(), Objects: true}
	db, err := readDBF(l.dbf)
	if err != nil {
		return t, err
	}
	if t.Encoding, err = db.encoding(l.cpg, d.Choose); err != nil {
		return t, err
	}
	t.Rows = func(yield func(Row, error) bool) {
		if err := l.rows(db, t.Encoding, d.Decode, yield); err != nil {
			yield(Row{}, err)
		}
	}
	return t, nil
}

func (l *layer) rows(db *dbf, encoding string, decode func(string, []byte) (string, error), yield func(Row, error) bool) error {
	header := make([]string, len(db.fields))
	for i, f := range db.fields {
		name, err := decode(encoding, f.name)
		if err != nil { // names are cut at ten bytes, also within a letter
			name, err = decode(encoding, f.name[:max(0, len(f.name)-1)])
		}
		if err != nil {
			name = fmt.Sprintf("field %d", i+1)
		}
		header[i] = name
	}
	shapes := &shapes{b: l.shp}
	if l.shp != nil {
		header = append(header, Geometry, Longitude, Latitude)
		if err := shapes.begin(); err != nil {
			return err
		}
	}
	if !yield(Row{1, header}, nil) {
		return nil
	}
	cells := make([]string, len(header))
	for i := range db.rows {
		clear(cells)
		var geometry [3]string
		if l.shp != nil {
			g, err := shapes.next()
			if err != nil {
				return err
			}
			geometry = g
		}
		row := db.row(i)
		if row[0] == '*' { // deleted
			continue
		}
		for k, f := range db.fields {
			text, err := decode(encoding, bytes.TrimRight(row[f.at:f.at+f.width], " \x00"))
			if err != nil {
				return refuse("it has bytes that are not of its encoding", doDownload).At(fmt.Sprintf("row %d", i+1)).Because(err)
			}
			cells[k] = f.clean(text)
		}
		if l.shp != nil {
			copy(cells[len(db.fields):], geometry[:])
		}
		if !yield(Row{i + 2, cells}, nil) {
			return nil
		}
	}
	return nil
}

// A dbf is the table of a shapefile.
type dbf struct {
	b                  []byte
	fields             []dbfField
	first, width, rows int
}

type dbfField struct {
	name      []byte
	kind      byte
	at, width int
}

// clean takes out of a number what pads it, and stars where it did not fit.
func (f dbfField) clean(s string) string {
	if f.kind == 'N' || f.kind == 'F' {
		s = strings.TrimSpace(s)
		if strings.Trim(s, "*") == "" {
			return ""
		}
	}
	return s
}

func readDBF(b []byte) (*dbf, error) {
	bad := func(why string) error { return refuse("its table (.dbf) is damaged: "+why, doDownload) }
	if len(b) < 33 || b[0]&7 != 3 {
		return nil, bad("it does not begin as one")
	}
	d := &dbf{b: b, rows: int(binary.LittleEndian.Uint32(b[4:])), first: int(binary.LittleEndian.Uint16(b[8:])), width: int(binary.LittleEndian.Uint16(b[10:]))}
	at := 1 // after the mark of what is deleted
	for i := 32; i < len(b) && b[i] != 0x0d; i += 32 {
		if i+32 > min(len(b), d.first) || len(d.fields) == maxColumns {
			return nil, bad("its fields do not fit its head")
		}
		name, _, _ := bytes.Cut(b[i:i+11], []byte{0})
		f := dbfField{name: name, kind: b[i+11], at: at, width: int(b[i+16])}
		if f.kind == 'C' {
			f.width += int(b[i+17]) << 8
		}
		at += f.width
		d.fields = append(d.fields, f)
	}
	switch {
	case len(d.fields) == 0 || at > d.width || d.width == 0:
		return nil, bad("its fields are wider than its rows")
	case int64(d.first)+int64(d.rows)*int64(d.width) > int64(len(b)):
		return nil, bad("it has fewer rows than it says: it was cut")
	}
	return d, nil
}

func (d *dbf) row(i int) []byte { return d.b[d.first+i*d.width:][:d.width] }

// encoding is that of the texts: what .cpg says, else the mark in the head, else what the bytes can be.
func (d *dbf) encoding(cpg []byte, choose func([]byte) (string, error)) (string, error) {
	said := strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.TrimSpace(string(cpg[:min(len(cpg), 40)]))))
	switch said {
	case "utf8", "65001":
		return "utf-8", nil
	case "949", "cp949", "euckr", "uhc", "ms949", "ksc5601", "windows949", "ansi949":
		return "cp949", nil
	case "932", "cp932", "sjis", "shiftjis", "ms932", "windows31j", "ansi932":
		return "shift_jis", nil
	}
	switch d.b[29] {
	case 0x4e, 0x79:
		return "cp949", nil
	case 0x13, 0x7b:
		return "shift_jis", nil
	}
	return choose(d.b[min(len(d.b), d.first):])
}

// shapes are the records of a .shp file, one after the other.
type shapes struct {
	b []byte
	i int
}

func (s *shapes) begin() error {
	if len(s.b) < 100 || binary.BigEndian.Uint32(s.b) != 9994 {
		return errShapes("it does not begin as one")
	}
	s.i = 100
	return nil
}

func errShapes(why string) error { return refuse("its shapes (.shp) are damaged: "+why, doDownload) }

// next reads one shape into its three cells.
func (s *shapes) next() (cells [3]string, err error) {
	if s.i+12 > len(s.b) {
		return cells, errShapes("there are fewer than rows of its table")
	}
	size := int64(binary.BigEndian.Uint32(s.b[s.i+4:])) * 2
	from := s.i + 8
	if size < 4 || int64(from)+size > int64(len(s.b)) {
		return cells, errShapes("one is longer than what is left: it was cut")
	}
	body := s.b[from : from+int(size)]
	s.i = from + int(size)
	kind := binary.LittleEndian.Uint32(body)
	switch kind {
	case 0:
		return cells, nil
	case 1, 11, 21:
		if len(body) < 20 {
			return cells, errShapes("a point is too short")
		}
		return pointCells(floatAt(body, 4), floatAt(body, 12)), nil
	case 3, 13, 23, 5, 15, 25:
		f, err := figureOf(body, kind%10 == 5)
		if err != nil {
			return cells, err
		}
		cells[0] = f.String()
		return cells, nil
	}
	return cells, errShapes(fmt.Sprintf("kind %d is not read", kind))
}

func floatAt(b []byte, i int) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(b[i:]))
}

// figureOf reads the parts of lines or of a polygon. Of a polygon, rings that turn with the clock are outsides, and holes belong to the
// outside that holds them, as the format says.
func figureOf(b []byte, polygon bool) (record.Figure, error) {
	var f record.Figure
	if len(b) < 44 {
		return f, errShapes("one is too short")
	}
	parts, points := int64(binary.LittleEndian.Uint32(b[36:])), int64(binary.LittleEndian.Uint32(b[40:]))
	if parts < 1 || points < 1 || 44+4*parts+16*points > int64(len(b)) {
		return f, errShapes("the corners of one do not fit it")
	}
	starts := b[44:]
	corners := b[44+4*parts:]
	var rings [][]record.Vertex
	for p := range parts {
		from, to := int64(binary.LittleEndian.Uint32(starts[4*p:])), points
		if p+1 < parts {
			to = int64(binary.LittleEndian.Uint32(starts[4*(p+1):]))
		}
		if from < 0 || to < from || to > points {
			return f, errShapes("the parts of one do not follow each other")
		}
		ring := make([]record.Vertex, 0, to-from)
		for k := from; k < to; k++ {
			ring = append(ring, record.Vertex{Lon: floatAt(corners, int(16*k)), Lat: floatAt(corners, int(16*k)+8)})
		}
		rings = append(rings, ring)
	}
	if !polygon {
		f.Shape = record.Lines
		for _, r := range rings {
			f.Parts = append(f.Parts, [][]record.Vertex{r})
		}
		if len(rings) == 1 {
			f.Shape = record.Line
		}
		return f, nil
	}
	return polygons(rings), nil
}

func polygons(rings [][]record.Vertex) record.Figure {
	f := record.Figure{Shape: record.Polygons}
	var holes [][]record.Vertex
	for _, r := range rings {
		if turns(r) <= 0 {
			f.Parts = append(f.Parts, [][]record.Vertex{r})
		} else {
			holes = append(holes, r)
		}
	}
	for _, h := range holes {
		owner := -1
		for i, p := range f.Parts {
			outside := record.Figure{Shape: record.Polygon, Parts: [][][]record.Vertex{{p[0]}}}
			if len(h) > 0 && outside.Holds(h[0].Lon, h[0].Lat) {
				owner = i
				break
			}
		}
		if owner < 0 { // a ring that turns the wrong way and lies in none is an outside of its own
			f.Parts = append(f.Parts, [][]record.Vertex{h})
			continue
		}
		f.Parts[owner] = append(f.Parts[owner], h)
	}
	if len(f.Parts) == 1 {
		f.Shape = record.Polygon
	}
	return f
}

// turns is twice the area of a ring, below zero where it turns with the clock.
func turns(r []record.Vertex) (a float64) {
	for i := 1; i < len(r); i++ {
		a += r[i-1].Lon*r[i].Lat - r[i].Lon*r[i-1].Lat
	}
	return a
}
