package table

import (
	"archive/zip"
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/korean"

	"accord/internal/fault"
)

// all reads every row of every table of a document, its cells joined.
func all(tb testing.TB, d *Document, h Hints) ([]string, error) {
	tb.Helper()
	head := make([]byte, min(d.Size, 4096))
	d.At.ReadAt(head, 0)
	f := FormatOf(head, d.Name)
	if f == Text {
		return nil, nil
	}
	tables, err := Open(f, d, h)
	if err != nil {
		return nil, err
	}
	var rows []string
	for i := range tables {
		for row, err := range tables[i].Rows {
			if err != nil {
				return nil, err
			}
			rows = append(rows, strings.Join(row.Cells, "|"))
		}
	}
	return rows, nil
}

func document(text string) *Document {
	d := Bytes([]byte(text))
	d.Choose = func([]byte) (string, error) { return "utf-8", nil }
	d.Decode = func(name string, b []byte) (string, error) {
		if name == "cp949" {
			out, err := korean.EUCKR.NewDecoder().Bytes(b)
			return string(out), err
		}
		return string(b), nil
	}
	return d
}

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		name, text string
		hints      Hints
		want       []string
	}{
		{"array", `[{"a":1.50,"b":null},{"b":"x\ny","c":true}]`, Hints{}, []string{"a|b|c", "1.50||", "|x\ny|true"}},
		{"envelope", `{"head":{"code":"0"},"body":{"items":[{"a":"1"},{"a":"2"}]}}`, Hints{}, []string{"a", "1", "2"}},
		{"one thing", `{"response":{"header":{"code":"0"},"body":{"items":{"item":{"a":"1"}}}}}`, Hints{}, []string{"a", "1"}},
		{"path", `{"x":[{"a":1}],"y":[{"b":2},{"b":3}]}`, Hints{Rows: []string{"x"}}, []string{"a", "1"}},
		{"lines", "{\"a\":1}\n{\"a\":2}\n", Hints{}, []string{"a", "1", "2"}},
		{"nested", `[{"t":{"ja":"駅","ko":"역"},"at":[139.7,35.6],"s":["x","y"],"o":[{"n":1},{"n":2}]}]`, Hints{}, []string{"t.ja|t.ko|at.0|at.1|s|o.n", "駅|역|139.7|35.6|x\ny|1\n2"}},
		{"features", `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"type":"gu"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}},` +
			`{"type":"Feature","geometry":{"type":"Point","coordinates":[127.5,37,9]},"properties":{"type":"dong"}}]}`, Hints{},
			[]string{"type|geometry|longitude|latitude", "gu|POLYGON((0 0,1 0,1 1,0 0))||", "dong||127.5|37"}},
		{"xml", `<?xml version="1.0"?><r><h><code>0</code></h><b><item><a k="1">x</a><b>y</b></item><item><a>z</a></item></b></r>`, Hints{},
			[]string{"element|r/h/code|a|a@k|b", "item|0|x|1|y", "item|0|z||"}},
		{"xml rows", `<r><p><n>P</n><i><n>A</n><s><n>S</n><int>3</int></s></i></p><p><n>Q</n></p></r>`, Hints{Rows: []string{"r/p/i", "r/p/i/s"}, Same: map[string]string{"int": "max"}},
			[]string{"element|r/p/n|n|r/p/i/n|max", "i|P|A||", "s|P|S|A|3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := all(t, document(c.text), c.hints)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %q, %v\nwant %q", got, err, c.want)
			}
		})
	}
}

func workbook(tb testing.TB, rows ...[]any) []byte {
	tb.Helper()
	f := excelize.NewFile()
	for i := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &rows[i]); err != nil {
			tb.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestWorkbook(t *testing.T) {
	got, err := all(t, Bytes(workbook(t, []any{"이름", "값"}, []any{"가", 1.5}, []any{}, []any{"나", nil, "x"})), Hints{})
	if want := []string{"이름|값", "가|1.5", "", "나||x"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestReadingAboveALetter: the furigana of a text is not part of it.
func TestReadingAboveALetter(t *testing.T) {
	b := workbook(t, []any{"x"})
	b = rewrite(t, b, "xl/sharedStrings.xml", func(string) string {
		return `<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="1"><si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si></sst>`
	})
	if got, err := all(t, Bytes(b), Hints{}); err != nil || len(got) != 1 || got[0] != "東京" {
		t.Errorf("%q, %v", got, err)
	}
}

// rewrite changes one file of an archive.
func rewrite(tb testing.TB, b []byte, name string, change func(string) string) []byte {
	tb.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		text, err := inflate(f, 1<<24)
		if err != nil {
			tb.Fatal(err)
		}
		if f.Name == name {
			text = []byte(change(string(text)))
		}
		part, err := w.Create(f.Name)
		if err != nil {
			tb.Fatal(err)
		}
		part.Write(text)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// TestRefused: what is damaged, cut or made to hurt is refused with a sentence that says why.
func TestRefused(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000)
	wide := "[{" + strings.Repeat(`"`, 0)
	for i := range 2000 {
		wide += fmt.Sprintf(`"c%d":1,`, i)
	}
	wide = strings.TrimSuffix(wide, ",") + "}]"
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	w, _ := z.Create("xl/workbook.xml")
	w.Write(make([]byte, 100<<20))
	z.Close()
	book := workbook(t, []any{"a"}, []any{1})
	for name, c := range map[string]struct{ text, why string }{
		"cut JSON":       {`[{"a":1},{"a"`, "colon"},
		"cut text":       {`[{"a":"x`, "cut"},
		"deep JSON":      {deep, "deep"},
		"wide JSON":      {wide, "different names"},
		"no rows":        {`[1,2,3]`, "no rows"},
		"bad UTF-8":      {"[{\"a\":\"\xff\"}]", "UTF-8"},
		"bad geometry":   {`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Blob"}}]}`, "kind that is not read"},
		"cut XML":        {`<r><i><a>1</a></i>`, "cut"},
		"crossed XML":    {`<r><i><a>1</i></a></r>`, "end as they begin"},
		"entities":       {`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><r><i><a>&a;</a></i></r>`, "declaration"},
		"unknown entity": {`<r><i><a>&b;</a></i></r>`, "damaged"},
		"deep XML":       {strings.Repeat("<a>", 100), "deeper"},
		"bomb":           {bomb.String(), "packed"},
		"cut workbook":   {string(book[:len(book)-40]), "cut"},
		"empty archive":  {"PK\x05\x06" + strings.Repeat("\x00", 18), ""},
	} {
		_, err := all(t, document(c.text), Hints{})
		if c.why == "" {
			continue
		}
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(fmt.Sprint(err), c.why) {
			t.Errorf("%s: %v does not say %q", name, err, c.why)
		}
	}
}

// dbfOf makes the table of a shapefile with one text column.
func dbfOf(name string, rows ...string) []byte {
	const width = 10
	b := make([]byte, 32)
	b[0], b[4], b[8], b[10] = 3, byte(len(rows)), 65, width+1
	field := make([]byte, 32)
	copy(field, name)
	field[11], field[16] = 'C', width
	b = append(append(b, field...), 0x0d)
	for _, r := range rows {
		b = append(b, ' ')
		b = append(b, r...)
		b = append(b, bytes.Repeat([]byte{' '}, width-len(r))...)
	}
	return b
}

func TestShapefileInAnArchive(t *testing.T) {
	text, _ := korean.EUCKR.NewEncoder().String("강남구")
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range map[string]string{"x/gu.dbf": string(dbfOf("NAME", text, "*")), "x/gu.cpg": "CP949", "x/gu.prj": `PROJCS["Korea_2000",AUTHORITY["EPSG","5186"]]`} {
		w, _ := z.Create(name)
		w.Write([]byte(data))
	}
	z.Close()
	d := document(b.String())
	tables, err := Open(Shape, d, Hints{})
	if err != nil || len(tables) != 1 || tables[0].System != "EPSG:5186" || tables[0].Encoding != "cp949" {
		t.Fatalf("%+v, %v", tables, err)
	}
	if rows, err := all(t, d, Hints{}); err != nil || len(rows) != 3 || rows[1] != "강남구" {
		t.Errorf("%q, %v", rows, err)
	}
}

func TestPolygonsOfRings(t *testing.T) {
	outer := parse(t, "POLYGON((0 0,0 10,10 10,10 0,0 0))")
	hole := parse(t, "POLYGON((2 2,4 2,4 4,2 4,2 2))")
	other := parse(t, "POLYGON((20 0,20 1,21 1,20 0))")
	f := polygons(append(append(hole, outer...), other...))
	if got := f.String(); got != "MULTIPOLYGON(((0 0,0 10,10 10,10 0,0 0),(2 2,4 2,4 4,2 4,2 2)),((20 0,20 1,21 1,20 0)))" {
		t.Error(got)
	}
}
