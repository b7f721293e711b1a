package table

import (
	"testing"

	"accord/internal/fault"
	"accord/record"
)

func parse(tb testing.TB, s string) [][]record.Vertex {
	tb.Helper()
	f, err := record.ParseFigure(s)
	if err != nil {
		tb.Fatal(err)
	}
	return f.Parts[0]
}

// fuzzed reads whatever bytes as a format; it ends with rows as wide as their header or with a fault in our words.
func fuzzed(t *testing.T, f Format, d *Document) {
	tables, err := Open(f, d, Hints{})
	for i := range tables {
		width := -1
		for row, failed := range tables[i].Rows {
			if failed != nil {
				err = failed
				break
			}
			if width < 0 {
				width = len(row.Cells)
			}
			if tables[i].Objects && len(row.Cells) != width {
				t.Errorf("a row has %d cells, its header %d", len(row.Cells), width)
			}
		}
	}
	if err != nil && fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`[{"a":1,"b":[1,2]},{"a":null}]`, `{"x":{"y":[{"z":"\u00e9"}]}}`, "{\"a\":1}\n{\"a\":2}", `[`, `{"type":"FeatureCollection","features":[{"geometry":{"type":"Polygon","coordinates":[[[0,0]]]}}]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { fuzzed(t, JSON, document(s)) })
}

func FuzzXML(f *testing.F) {
	for _, s := range []string{`<r><i><a k="1">x</a></i><i/></r>`, `<?xml version="1.0" encoding="euc-kr"?><r><i><a>1</a></i></r>`, `<r`, `<a><b></a></b>`,
		`<m xmlns:gml="http://www.opengis.net/gml"><i srsName="EPSG:4326"><o><gml:Polygon><gml:exterior><gml:posList srsDimension="3">1 2 3 4</gml:posList></gml:exterior></gml:Polygon></o><lod1Solid/></i></m>`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { fuzzed(t, XML, document(s)) })
}

func FuzzWorkbook(f *testing.F) {
	f.Add(workbook(f, []any{"a", "b"}, []any{1, "x"}))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzed(t, Workbook, document(string(b))) })
}

func FuzzShape(f *testing.F) {
	shp := make([]byte, 128)
	shp[2], shp[3], shp[107], shp[108] = 0x27, 0x0a, 10, 1
	f.Add(dbfOf("NAME", "x"), shp, []byte("UTF-8"))
	f.Add([]byte{3}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, dbf, shp, cpg []byte) {
		d := document(string(dbf))
		d.Name = "x.dbf"
		d.Beside = func(ending string) *Document {
			switch ending {
			case ".shp":
				return Bytes(shp)
			case ".cpg":
				return Bytes(cpg)
			}
			return nil
		}
		fuzzed(t, Shape, d)
	})
}
