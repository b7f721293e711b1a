package intake

import (
	"strings"
	"testing"
	"testing/fstest"

	"accord/record"
)

const small = `
name = "small"
dataset = "a/b"
version = 1
publisher = "p"
source = "s"
licence = "not known"
encodings = ["utf-8"]
[key]
column = "id"
[[field]]
name = "n"
column = "n"
thousands = ","
`

func TestBadRecipes(t *testing.T) {
	if _, err := Recipes(fstest.MapFS{"recipes/small.toml": {Data: []byte(small)}}); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"not TOML":          "name = ",
		"unknown key":       small + "colour = 1\n",
		"no key column":     strings.Replace(small, `column = "id"`, "", 1),
		"no publisher":      strings.Replace(small, `publisher = "p"`, "", 1),
		"unknown encoding":  strings.Replace(small, "utf-8", "latin-1", 1),
		"unknown script":    "script = \"Latin\"\n" + small,
		"column twice":      strings.Replace(small, `column = "n"`, `column = "id"`, 1),
		"half a coordinate": small + "[place]\nlat = \"y\"\n",
	} {
		if _, err := Recipes(fstest.MapFS{"recipes/x.toml": {Data: []byte(text)}}); err == nil || !strings.Contains(err.Error(), "x.toml") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	twice := fstest.MapFS{"recipes/x.toml": {Data: []byte(small)}, "recipes/y.toml": {Data: []byte(small)}}
	if _, err := Recipes(twice); err == nil {
		t.Error("two recipes of one name are read")
	}
}

// TestRecipeThatDoesNotFitItsDataset: the fault shows when the recipe is used, before a row is read.
func TestRecipeThatDoesNotFitItsDataset(t *testing.T) {
	d := &record.Dataset{Name: "a/b", Version: 1, Fields: []record.Field{
		{Name: "n", Type: record.Number}, {Name: "c", Type: record.Code, Codes: []string{"x"}}, {Name: "at", Type: record.Date}, {Name: "yes", Type: record.Bool},
	}}
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"fits":          {small, true},
		"other dataset": {strings.Replace(small, "a/b", "a/c", 1), false},
		"other version": {strings.Replace(small, "version = 1", "version = 2", 1), false},
		"no such field": {strings.Replace(small, `name = "n"`, `name = "m"`, 1), false},
		"field twice":   {small + "[[field]]\nname = \"n\"\ncolumn = \"c\"\n", false},
		"unknown code":  {small + "[[field]]\nname = \"c\"\ncolumn = \"c\"\ncodes = {k = \"y\"}\n", false},
		"no layout":     {small + "[[field]]\nname = \"at\"\ncolumn = \"c\"\n", false},
		"bool":          {small + "[[field]]\nname = \"yes\"\ncolumn = \"c\"\n", false},
		"range":         {small + "[[plausible]]\nfield = \"c\"\n", false},
		"box":           {small + "[[box]]\nfield = \"c\"\n", false},
		"order":         {small + "[[not_before]]\nfield = \"n\"\n", false},
	} {
		r, err := parseRecipe("x.toml", c.text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, err = Read(r, d, strings.NewReader("id,n,c\n1,\"1,234.5\",k\n"), func(row Row) error {
			if row.Record.Value(0).Num != 1234.5 {
				t.Errorf("%s: %+v", name, row)
			}
			return nil
		})
		if (err == nil) != c.ok {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestParseNumber(t *testing.T) {
	for in, want := range map[string]float64{"0": 0, "-3": -3, "1.50": 1.5, "1,234": 1234, "-1,234,567.25": -1234567.25, "1234": 1234} {
		if got, why := parseNumber(in, ","); why != "" || got != want {
			t.Errorf("%s = %v (%s)", in, got, why)
		}
	}
	for _, in := range []string{"", "-", ".", "1.", ".5", "+1", "1e3", "1,23", "12,345,6", "1234,567", ",123", "NaN", "1 000", "--1", "0x1p2", "1_000", strings.Repeat("9", 50)} {
		if _, why := parseNumber(in, ","); why == "" {
			t.Errorf("%q is read as a number", in)
		}
	}
	if _, why := parseNumber("1,234", ""); why == "" {
		t.Error("a separator that the recipe does not name is read")
	}
}
