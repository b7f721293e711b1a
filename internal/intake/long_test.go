package intake

import (
	"fmt"
	"strings"
	"testing"

	"accord/internal/area/all"
	"accord/record"
)

// longRecipe reads a made table with one value a row, as measuring networks give them out.
const longRecipe = `
name = "long"
dataset = "environment/air"
version = 1
publisher = "nobody"
source = "nowhere"
licence = "none"
encodings = ["utf-8"]
[key]
column = "station"
[when]
column = "time"
layout = "yyyymmddhh"
offset = "+09:00"
required = true
[long]
quantity = "item"
names = { "PM2.5" = "pm25", "NO2" = "no2" }
skip = ["wind"]
value = { column = "value", absent = ["-999"] }
[[field]]
name = "quality"
column = "flag"
absent = ["0"]
codes = { "4" = "suspect" }
`

func TestLongTable(t *testing.T) {
	r, err := parseRecipe("long.toml", longRecipe)
	if err != nil {
		t.Fatal(err)
	}
	d, _ := all.Lookup(r.Dataset, r.Version)
	file := "station,time,item,value,flag\n"
	want := []string{}
	for _, c := range []struct{ row, want string }{
		{"A,2024010101,PM2.5,12.5,0", `accepted {"key":"A","when":"2024-01-01T01:00:00+09:00","values":{"pm25":12.5}}`},
		{"A,2024010124,PM2.5,13,4", `accepted {"key":"A","when":"2024-01-02T00:00:00+09:00","values":{"pm25":13,"quality":"suspect"}}`},
		{"A,2024010101,NO2,0.02,0", `accepted {"key":"A","when":"2024-01-01T01:00:00+09:00","values":{"no2":0.02}}`},
		{"A,2024010101,PM2.5,12.5,0", "unchanged"},
		{"A,2024010200,PM2.5,14,0", "rejected lines 3 and 6 have the same key and different content"}, // midnight, said otherwise
		{"A,2024010102,PM2.5,-999,0", `accepted {"key":"A","when":"2024-01-01T02:00:00+09:00","values":{}}`},
		{"A,2024010102,wind,3,0", `accepted {"key":"A","when":"2024-01-01T02:00:00+09:00","values":{}}`}, // it says nothing
		{"A,2024010103,SO2,3,0", "rejected it is a word that the recipe does not know"},
		{"A,2024010125,PM2.5,3,0", "rejected it is not a time as the recipe writes it"},
		{"A,,PM2.5,3,0", "rejected it is required and absent"},
		{"A,2024010103,PM2.5,1e3,0", "rejected it is not a number"},
		{"A,2024010103,PM2.5,3,9", "rejected it is a word that the recipe does not know"},
		{"A,2024010103,PM2.5,-3,0", "rejected it is below 0"},
		{",2024010103,PM2.5,3,0", "rejected it is empty"},
	} {
		file += c.row + "\n"
		want = append(want, c.want)
	}
	var got []string
	if _, err := Read(r, d, strings.NewReader(file), func(row Row) error {
		s := string(row.Status)
		if row.Status == Rejected {
			s += " " + row.Problems[0].Why
		} else if row.Status == Accepted {
			s += " " + string(record.AppendRow(nil, d, &row.Record))
		}
		got = append(got, s)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Errorf("row %d: got %q\nwant %q", i+1, got[min(i, len(got)-1)], want[i])
		}
	}
}

// TestSeriesRecipesRefused: a recipe that cannot give each value its time and quantity is refused before a file is read.
func TestSeriesRecipesRefused(t *testing.T) {
	d, _ := all.Lookup("environment/air", 1)
	for old, new := range map[string]string{
		`required = true`: `required = false`, `layout = "yyyymmddhh"`: `layout = "yyyymmdd"`, `offset = "+09:00"`: `offset = "KST"`,
		`"no2" }`: `"no3" }`, `"no2" } `: `"quality" }`,
	} {
		r, err := parseRecipe("long.toml", strings.Replace(longRecipe, strings.TrimSpace(old), new, 1))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Read(r, d, strings.NewReader("station,time,item,value,flag\nA,2024010101,NO2,1,0\n"), func(Row) error { return nil })
		if err == nil || !strings.Contains(fmt.Sprint(err), "recipe") {
			t.Errorf("%s: %v", new, err)
		}
	}
}
