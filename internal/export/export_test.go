package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"accord/record"
)

// hostile are texts that programs might take for something to do.
var hostile = []string{`=HYPERLINK("http://x","y")`, "+1+1", "-2+3", "@SUM(A1)", "\tx", "＝cmd", `"quoted", and
broken`, "<script>alert(1)</script>", "]]>&amp;", "\u202eevil", "한글 漢字 かな", "'already"}

func head() *Head {
	return &Head{Title: "Holes & <more>", Columns: []Column{{"key", "Key", ""}, {"text", "=Text", ""}, {"width", "Width", "m"}, {"open", "Open", ""}}, Source: []string{"=Source: <a> & b", "Licence: KOGL"}}
}

func rows() (out []Row) {
	for i, s := range hostile {
		out = append(out, Row{Name: s, Values: []record.Value{record.TextOf(string(rune('a' + i))), record.TextOf(s), record.NumberOf(-1.5), record.BoolOf(i%2 == 0)}, Place: record.Place{Known: true, Lon: 127.5, Lat: -37.25, Grid: 250 * (i % 2)}})
	}
	return append(out, Row{Name: "nothing", Values: []record.Value{record.TextOf("z"), {}, {}, {}}})
}

func written(t *testing.T, format string) []byte {
	t.Helper()
	f, err := Find(format)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := f.Open(&b, head())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows() {
		if err := w.Row(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// formula says whether a spreadsheet would take a cell for one.
func formula(s string) bool {
	return s != "" && strings.ContainsAny(s[:1], "=+-@\t\r") || strings.HasPrefix(s, "＝")
}

func TestCSV(t *testing.T) {
	data := written(t, "csv")
	if !bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) || bytes.Contains(bytes.ReplaceAll(data, []byte("\r\n"), nil), []byte("\r")) {
		t.Error("it has no mark of UTF-8 or bare returns")
	}
	r := csv.NewReader(bytes.NewReader(data[3:]))
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(all[0]) != 7 || all[0][2] != "Width [m]" || len(all[1]) != 7 {
		t.Errorf("%q", all[:2])
	}
	for n, s := range hostile {
		row := all[n+1]
		if formula(row[1]) || strings.TrimPrefix(row[1], "'") != strings.TrimPrefix(strings.ReplaceAll(s, "\r\n", "\n"), "'") || row[2] != "-1.5" || row[4] != "-37.25" || row[5] != "127.5" {
			t.Errorf("%q became %q", s, row)
		}
	}
	last := all[len(all)-1]
	if last[0] != "Licence: KOGL" || formula(all[len(all)-2][0]) {
		t.Errorf("the source is %q", all[len(all)-2:])
	}
}

func TestXLSX(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(written(t, "xlsx")))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := f.GetRows(rowsSheet)
	if err != nil {
		t.Fatal(err)
	}
	for n, s := range hostile {
		if got := all[n+1][1]; strings.TrimSpace(got) != strings.TrimSpace(s) {
			t.Errorf("%q became %q", s, got)
		}
		cell, _ := excelize.CoordinatesToCellName(2, n+2)
		if formula, _ := f.GetCellFormula(rowsSheet, cell); formula != "" {
			t.Errorf("%q is a formula", s)
		}
		number, _ := excelize.CoordinatesToCellName(3, n+2)
		if kind, _ := f.GetCellType(rowsSheet, number); kind == excelize.CellTypeSharedString || kind == excelize.CellTypeInlineString {
			t.Errorf("a number is a text")
		}
	}
	source, err := f.GetRows(sourceSheet)
	if err != nil || len(source) != 3 || source[1][0] != "=Source: <a> & b" {
		t.Errorf("%q %v", source, err)
	}
}

func TestGeoJSON(t *testing.T) {
	var got struct {
		Type     string
		Title    string
		Source   []string
		Features []struct {
			Type     string
			Geometry *struct {
				Type        string
				Coordinates []float64
			}
			Properties map[string]any
		}
	}
	if err := json.Unmarshal(written(t, "geojson"), &got); err != nil {
		t.Fatal(err)
	}
	if got.Type != "FeatureCollection" || len(got.Source) != 2 || len(got.Features) != len(hostile)+1 || got.Features[len(hostile)].Geometry != nil {
		t.Errorf("%+v", got)
	}
	for n, s := range hostile {
		f := got.Features[n]
		if f.Properties["text"] != s || f.Properties["width"] != -1.5 || f.Geometry.Coordinates[0] != 127.5 || f.Geometry.Coordinates[1] != -37.25 {
			t.Errorf("%+v", f)
		}
		if _, coarse := f.Properties["cell_m"]; coarse != (n%2 == 1) {
			t.Errorf("%d says the side of its cell: %v", n, coarse)
		}
	}
}

func TestKML(t *testing.T) {
	var got struct {
		Document struct {
			Name       string `xml:"name"`
			Desc       string `xml:"description"`
			Placemarks []struct {
				Name  string `xml:"name"`
				Point string `xml:"Point>coordinates"`
				Data  []struct {
					Name  string `xml:"name,attr"`
					Value string `xml:"value"`
				} `xml:"ExtendedData>Data"`
			} `xml:"Placemark"`
		}
	}
	data := written(t, "kml")
	if err := xml.Unmarshal(data, &got); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if got.Document.Name != "Holes & <more>" || len(got.Document.Placemarks) != len(hostile)+1 || got.Document.Placemarks[len(hostile)].Point != "" {
		t.Errorf("%+v", got)
	}
	for n, s := range hostile {
		if p := got.Document.Placemarks[n]; p.Data[1].Name != "text" || p.Data[1].Value != s || p.Point != "127.5,-37.25" {
			t.Errorf("%q: %+v", s, p)
		}
	}
}

// A full pipe breaks at some byte. Whoever writes must learn of it.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	for _, f := range Formats() {
		for _, room := range []int{0, 100, 500} {
			w, err := f.Open(io.Writer(&full{room}), head())
			if err != nil {
				continue
			}
			for _, r := range rows() {
				err = errors.Join(err, w.Row(&r))
			}
			if err = errors.Join(err, w.Close()); err == nil {
				t.Errorf("%s: nothing was wrong with %d bytes of room", f.Name, room)
			}
		}
	}
}

func TestFind(t *testing.T) {
	if _, err := Find("exe"); err == nil {
		t.Error("a format that is none was found")
	}
}
