package agreement_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"accord/agreement"
	"accord/internal/date"
)

// TestVectorsConditions: every condition reads as conditions.json says.
func TestVectorsConditions(t *testing.T) {
	in, err := agreement.Parse(vector(t, "conditions.toml"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(in.Clauses[0].Terms, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(filepath.Join("testdata", "vectors", "conditions.json"), got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := vector(t, "conditions.json"); string(got) != string(want) {
		t.Errorf("conditions.toml reads as\n%s\nand not as\n%s", got, want)
	}
}

// TestPrecisionFits: a period consists of whole months or years where time leaves no finer.
func TestPrecisionFits(t *testing.T) {
	day := func(s string) date.Day { d, _ := date.ParseDay(s); return d }
	for _, c := range []struct {
		p            agreement.Precision
		since, until string
		fits         bool
	}{
		{"", "2018-03-02", "2018-03-05", true},
		{agreement.ByDay, "2018-03-02", "2018-03-05", true},
		{agreement.ByMonth, "2018-03-01", "2018-04-30", true},
		{agreement.ByMonth, "2018-03-02", "", false},
		{agreement.ByMonth, "", "2018-04-29", false},
		{agreement.ByMonth, "", "2020-02-28", false},
		{agreement.ByMonth, "", "2020-02-29", true},
		{agreement.ByYear, "2018-01-01", "2018-12-31", true},
		{agreement.ByYear, "2018-02-01", "", false},
		{agreement.ByYear, "", "2018-11-30", false},
		{agreement.ByYear, "", "", true},
	} {
		if got := c.p.Fits(day(c.since), day(c.until)); got != c.fits {
			t.Errorf("%s from %s to %s: %v", c.p, c.since, c.until, got)
		}
	}
}
