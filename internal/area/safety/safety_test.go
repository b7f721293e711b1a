package safety

import (
	"os"
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
