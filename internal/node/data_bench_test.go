package node_test

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/demo"
	"accord/internal/store"
	"accord/record"
)

// TestPagesOfManyRecords measures the pages of a dataset over 100,000 records, half of each city: ACCORD_MEASURE=1 go test -run
// PagesOfManyRecords -v. It prints the 95th percentile of the time a page takes on the server.
func TestPagesOfManyRecords(t *testing.T) {
	if os.Getenv("ACCORD_MEASURE") == "" {
		t.Skip("ACCORD_MEASURE is not set")
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			o := demo.Options{Databases: map[string]string{}}
			party := ""
			if spec, _, err := demo.Read(); err == nil {
				party = spec.Parties[0].ID
			}
			if engine == "postgres" {
				o.Databases[party] = dbtest.Server(t)
			}
			d, err := demo.SetupWith(t.Context(), t.TempDir(), o, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { d.Close() })
			n := d.Cities[0].Node
			fill(t, n.DB, []string{n.Home.Config.Party, d.Cities[1].Home.Config.Party}, 50_000)
			addPerson(t, n, "officer", "officer")
			b := signedIn(t, n, "officer")
			for _, path := range []string{"/data", "/data/safety/subsidence", "/data/safety/subsidence?from=2010-01-01&until=2019-12-31", "/data/safety/subsidence?text=nowhere", "/data/safety/subsidence?text=district%207"} {
				var took []time.Duration
				for range 40 {
					began := time.Now()
					if w := b.do("GET", path, nil); w.Code != http.StatusOK {
						t.Fatalf("%s: %d", path, w.Code)
					}
					took = append(took, time.Since(began))
				}
				slices.SortFunc(took, cmp.Compare[time.Duration])
				t.Logf("%-70s p50 %v, p95 %v", path, took[len(took)/2].Round(100*time.Microsecond), took[len(took)*95/100].Round(100*time.Microsecond))
			}
		})
	}
}

func fill(t *testing.T, d *db.DB, parties []string, each int) {
	t.Helper()
	ds, _ := all.Lookup("safety/subsidence", 1)
	err := d.Update(t.Context(), func(tx *db.Tx) error {
		for p, party := range parties {
			w := store.NewWriter(t.Context(), tx, ds, store.Source{Origin: party, Name: "measure"})
			for i := range each {
				at, _ := record.ParseTime(fmt.Sprintf("%d-%02d-%02d", 2000+i%26, i%12+1, i%28+1))
				r := record.Record{Key: fmt.Sprintf("m-%d-%06d", p, i), When: at, Simulated: true,
					Place:  record.Place{Known: true, Lon: 127 + float64(p)*12 + float64(i%997)/3000, Lat: 37.4 - float64(p)*2 + float64(i%1009)/4000},
					Values: make([]record.Value, len(ds.Fields))}
				r.Values[1] = record.TextOf(fmt.Sprintf("district %d", i%25))
				r.Values[4], r.Values[5], r.Values[6] = record.NumberOf(1.5), record.NumberOf(2.5), record.NumberOf(float64(i%30)/10)
				if err := w.Put(&r, record.AppendRow(nil, ds, &r)); err != nil {
					return err
				}
			}
			if _, err := w.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
