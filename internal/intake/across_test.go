package intake

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/fault"
	"accord/record"
)

const wideHead = `name = "wide"
dataset = "a/b"
version = 1
publisher = "p"
source = "s"
licence = "l"
encodings = ["utf-8"]
`

var wideSet = &record.Dataset{Name: "a/b", Version: 1, Fields: []record.Field{
	{Name: "n", Type: record.Number}, {Name: "said", Type: record.Code, Codes: []string{"nil", "blank"}},
	{Name: "of", Type: record.Text}, {Name: "x", Type: record.Number}, {Name: "y", Type: record.Number},
}}

// wide reads a file by a recipe and returns its accepted records as lines, and the flags.
func wide(t *testing.T, recipe, file string) (rows, flags []string, sum Summary) {
	t.Helper()
	reference, err := os.ReadFile(filepath.Join(root(t), "content", "geo", "reference.toml"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := Recipes(fstest.MapFS{"recipes/x.toml": {Data: []byte(wideHead + recipe)}, "geo/reference.toml": {Data: reference}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Detect(all, []byte(file))
	if err == nil {
		sum, err = Read(r, wideSet, strings.NewReader(file), func(row Row) error {
			records := row.More
			if records == nil {
				records = []record.Record{row.Record}
			}
			for i := range records {
				if row.Status == Accepted {
					rows = append(rows, string(record.AppendRow(nil, wideSet, &records[i])))
				}
			}
			for _, f := range append(row.Flags, row.Problems...) {
				flags = append(flags, f.String())
			}
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return rows, flags, sum
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestAcrossTimes: a column for each year, one more than the recipe's author saw, under a header that moved; a stroke and an
// empty cell are told apart.
func TestAcrossTimes(t *testing.T) {
	rows, problems, sum := wide(t, `[header]
within = 2
[key]
columns = ["a", "b"]
[[field]]
name = "of"
column = "b"
[[across]]
pattern = "^([0-9]{4}) year$"
to = "when"
[across.value]
name = "n"
absent = ["-"]
mark = "said"
marks = { "-" = "nil", "" = "blank" }
`, "a title\na,b,2023 year,2024 year,\nk,l,1,-,\nk,m,,0,\nk,o,x,0,\n")
	want(t, rows,
		`{"key":"k|l|2023","when":"2023","values":{"n":1,"of":"l"}}`, `{"key":"k|l|2024","when":"2024","values":{"said":"nil","of":"l"}}`,
		`{"key":"k|m|2023","when":"2023","values":{"said":"blank","of":"m"}}`, `{"key":"k|m|2024","when":"2024","values":{"n":0,"of":"m"}}`)
	want(t, problems, "2023 year: it is not a number")
	if sum.Rows != 3 || sum.Accepted != 2 || sum.Rejected != 1 {
		t.Errorf("%+v", sum)
	}
}

// TestAcrossKeys: a column for each station under a header of two lines, in files with and without an optional column that
// has two names.
func TestAcrossKeys(t *testing.T) {
	const recipe = `[header]
lines = 2
[key]
text = "all"
[[field]]
name = "x"
column = "X"
also = ["ex"]
optional = true
point = true
[[across]]
pattern = "^(\\S+) level$"
to = "key"
[across.value]
name = "n"
`
	rows, _, _ := wide(t, recipe, "east,west\nlevel,level\n1,2\n")
	want(t, rows, `{"key":"east","values":{"n":1}}`, `{"key":"west","values":{"n":2}}`)
	rows, _, _ = wide(t, recipe, "east,ex\nlevel,\n1,-.5\n")
	want(t, rows, `{"key":"all","values":{"x":-0.5}}`, `{"key":"east","values":{"n":1}}`)
}

// TestDoubtfulValues: what the publisher calls neither good nor absent is taken in as it is, and flagged.
func TestDoubtfulValues(t *testing.T) {
	rows, flags, sum := wide(t, `[key]
column = "k"
[[across]]
pattern = "^(2[0-9]+)$"
to = "when"
beside = " grade"
sound = ["8"]
[across.value]
name = "n"
`, "k,2024,2024 grade\na,1,8\nb,2,4\nc,,1\n")
	want(t, rows, `{"key":"a|2024","when":"2024","values":{"n":1}}`, `{"key":"b|2024","when":"2024","values":{"n":2}}`, `{"key":"c|2024","when":"2024","values":{}}`)
	want(t, flags, "2024: its publisher does not call it good")
	if sum.Flagged != 1 {
		t.Errorf("%+v", sum)
	}
}

// TestPlaces: a converted point, two positions that do not agree, and degrees that were exchanged.
func TestPlaces(t *testing.T) {
	rows, _, _ := wide(t, `[key]
column = "k"
[place]
lat = "Y"
lon = "X"
crs = "EPSG:5186"
[[field]]
name = "x"
column = "X"
`, "k,X,Y\na,198799.5833,551147.8935\n")
	if len(rows) != 1 || !strings.Contains(rows[0], `"place":[126.9864`) || !strings.Contains(rows[0], `37.5598`) || !strings.Contains(rows[0], `"x":198799.5833`) {
		t.Errorf("got %s", rows)
	}
	_, flags, sum := wide(t, `[key]
column = "k"
[place]
lat = "lat"
lon = "lon"
[[field]]
name = "x"
column = "X"
[[field]]
name = "y"
column = "Y"
[[agree]]
east = "x"
north = "y"
crs = "EPSG:5186"
metres = 100.0
[[box]]
name = "Korea"
lon = [124.5, 132.0]
lat = [33.0, 38.7]
`, "k,lat,lon,X,Y\na,37.55986,126.986414,198799.5833,551147.8935\nb,37.6,126.986414,198799.5833,551147.8935\nc,37.5,89,,\nd,33.5,33.6,,\ne,37.9,35.1,,\n")
	want(t, flags, "place: its two positions do not agree", "place: it is outside Korea", "place: it is outside Korea", "place: it is outside Korea")
	if sum.Accepted != 5 || sum.Flagged != 4 {
		t.Errorf("%+v", sum)
	}
	x := Box{Name: "here", Lon: [2]float64{80, 89}, Lat: [2]float64{33, 38}}.flag(-1)
	for first, why := range map[float64]string{37: "", 39: "it is outside here", 85: "its latitude and longitude are exchanged, or it is outside here"} {
		second := 85.0
		if first == 85 {
			second = 37
		}
		if p, out := x(&record.Record{Place: record.Place{Known: true, Lat: first, Lon: second}}); out != (why != "") || out && p.Why != why {
			t.Errorf("%v %v: %v", first, second, p)
		}
	}
}

// TestWhichRecipe: a recipe without columns of another, and a key that only the file's name gives.
func TestWhichRecipe(t *testing.T) {
	list := wideHead + "without = [\"more\"]\n[key]\nfile = \"^station_([0-9]+)\"\n[[field]]\nname = \"n\"\ncolumn = \"n\"\n"
	full := strings.Replace(wideHead, `"wide"`, `"full"`, 1) + "[key]\ncolumn = \"more\"\n[[field]]\nname = \"n\"\ncolumn = \"n\"\n"
	all, err := Recipes(fstest.MapFS{"recipes/x.toml": {Data: []byte(list)}, "recipes/y.toml": {Data: []byte(full)}})
	if err != nil {
		t.Fatal(err)
	}
	for file, name := range map[string]string{"n\n1\n": "wide", "n,more\n1,2\n": "full"} {
		if r, err := Detect(all, []byte(file)); err != nil || r.Name != name {
			t.Errorf("%q: %v, %v", file, r, err)
		}
	}
	r, err := all[0].ForFile("station_131.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(r, wideSet, strings.NewReader("n\n1\n"), func(row Row) error {
		if row.Record.Key != "131" {
			t.Errorf("key %q", row.Record.Key)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if f, ok := errors.AsType[*fault.Fault](func() error { _, err := all[0].ForFile("131.csv"); return err }()); !ok || f.Kind != fault.Invalid {
		t.Error("a file whose name says nothing is read")
	}
}

// TestWideRowsTwice: on both engines, a wide row is unchanged when all that it became is, and accepted again when one value
// of it is new.
func TestWideRowsTwice(t *testing.T) {
	look := func(string, int) (*record.Dataset, bool) { return wideSet, true }
	recipe := wideHead + "[key]\ncolumn = \"k\"\n[[across]]\npattern = \"^(2[0-9]+)$\"\nto = \"when\"\n[across.value]\nname = \"n\"\n"
	read, err := Recipes(fstest.MapFS{"recipes/x.toml": {Data: []byte(recipe)}})
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		desk := newDesk(t, d)
		counts := func(lookup record.Lookup, recipes []*Recipe, text string, accepted, unchanged int) {
			t.Helper()
			desk.Lookup, desk.Recipes = lookup, recipes
			path := filepath.Join(desk.source, "w.csv")
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			got, err := desk.File(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if got.Rows != 2 || got.Accepted != accepted || got.Unchanged != unchanged || got.Rejected != 0 {
				t.Errorf("%+v", got)
			}
		}
		counts(look, read, "k,2023,2024\na,1,2\nb,3,4\n", 2, 0)
		counts(look, read, "k,2023,2024\na,1,2\nb,3,5\n", 1, 1)
		counts(look, read, "k,2023,2024\na,1,2\nb,3,5\n", 0, 2)
		counts(look, read, "k,2023,2024,2025\na,1,2,7\nb,3,5,7\n", 2, 0)
		const rain = "ymdhm,rf_1,rf_2\n2020-05-01 00:00,0.5,0\n2020-05-01 00:10,0,"
		counts(all.Lookup, recipes(t), rain+"1\n", 2, 0)
		counts(all.Lookup, recipes(t), rain+"1\n", 0, 2)
		counts(all.Lookup, recipes(t), rain+"2\n", 1, 1)
	})
}
