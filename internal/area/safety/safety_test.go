package safety

import (
	"os"
	"strings"
	"testing"
	"time"

	"accord/internal/area/areatest"
	"accord/internal/simulate"
	"accord/record"
)

func TestArea(t *testing.T) {
	demo, err := simulate.ReadDemo(os.DirFS("../../../content/demo"))
	if err != nil {
		t.Fatal(err)
	}
	records := map[string][]record.Record{}
	for _, p := range demo.Parties {
		drawn, err := simulate.Records(p.Params, &subsidence, demo.Seed, 500, time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		records[subsidence.Name] = append(records[subsidence.Name], drawn...)
	}
	areatest.Run(t, Area(), records)
}

// TestEveryLevelHasItsDatum: a quantity of a level without a datum in its name would let in levels that compare with nothing.
func TestEveryLevelHasItsDatum(t *testing.T) {
	levels := 0
	for _, d := range Area().Datasets {
		for _, f := range d.Fields {
			if name, ok := strings.CutPrefix(f.Name, "level"); ok {
				if levels++; name != "_gauge" && name != "_el" {
					t.Errorf("%s.%s names no datum", d.Name, f.Name)
				}
			}
		}
	}
	if levels == 0 {
		t.Error("there are no levels")
	}
}
