package flow_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"testing"

	"accord/content"
	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/demo"
	"accord/internal/flow"
	"accord/internal/instrument"
	"accord/internal/link"
)

// world runs f with the two cities of the demo, linked and under signed terms, on each engine. at is where the first
// one's database is.
func world(t *testing.T, f func(t *testing.T, d *demo.Demo)) {
	spec, _, err := demo.Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			o := demo.Options{Databases: map[string]string{}}
			for _, p := range spec.Parties {
				if engine == "postgres" {
					o.Databases[p.ID] = dbtest.Server(t)
				}
			}
			d, err := demo.SetupWith(t.Context(), t.TempDir(), o, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := d.Close(); err != nil {
					t.Error(err)
				}
			})
			f(t, d)
		})
	}
}

// beside is the flow of a city as another process of it has it.
func beside(t *testing.T, c *demo.City) (*db.DB, *flow.Flow) {
	t.Helper()
	at, err := c.Home.Database()
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.OpenAt(t, at)
	f := flow.New(d, c.Home.Config.Party, all.Lookup, slog.New(slog.DiscardHandler))
	f.Use(link.New(d, link.Self{Party: c.Home.Config.Party, Log: c.Keys.Log, Mirror: c.Keys.Mirror}, f.Apply))
	return d, f
}

// TestOfferByManyProcesses has four processes offer while two store: every row is offered exactly once, none is skipped.
func TestOfferByManyProcesses(t *testing.T) {
	world(t, func(t *testing.T, d *demo.Demo) {
		c := d.Cities[0]
		var writing, offering sync.WaitGroup
		for w := range 2 {
			writing.Go(func() {
				for i := range 12 {
					if _, err := c.Simulate(t.Context(), uint64(1000*(w+1)+i), 7); err != nil {
						t.Error(err)
					}
				}
			})
		}
		stop := make(chan struct{})
		for range 4 {
			_, f := beside(t, c)
			offering.Go(func() {
				for last := false; !last; {
					select {
					case <-stop:
						last = true
					default:
					}
					if _, err := f.Offer(t.Context(), false); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		writing.Wait()
		close(stop)
		offering.Wait()
		offered, all := map[string]int{}, 0
		err := c.DB.View(t.Context(), func(tx *db.Tx) error {
			if err := tx.Rows(t.Context(), `SELECT clause, subject, body FROM outbox WHERE kind = 'records' UNION ALL
				SELECT clause, dataset, body FROM release`, nil, func(r db.Scanner) error {
				var clause, subject string
				var body []byte
				err := r.Scan(&clause, &subject, &body)
				for i, row := range bytes.Split(bytes.TrimSpace(body), []byte("\n")) {
					if i > 0 { // the first line says what the rows are
						offered[fmt.Sprint(clause, " ", subject, " ", string(row))]++
					}
				}
				return err
			}); err != nil {
				return err
			}
			_, err := tx.Row(t.Context(), `SELECT COUNT(*) FROM offered`, nil, &all)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for row, n := range offered {
			if n != 1 {
				t.Errorf("offered %d times: %s", n, row)
			}
		}
		if all == 0 || len(offered) != all {
			t.Errorf("%d rows wait to leave, %d were offered", len(offered), all)
		}
		_, f := beside(t, c)
		if n, err := f.Offer(t.Context(), false); n != 0 || err != nil {
			t.Errorf("%d were left (%v)", n, err)
		}
		var records, seen int64
		if err := c.DB.View(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row(t.Context(), `SELECT (SELECT MAX(seq) FROM record), (SELECT MIN(seen) FROM flow)`, nil, &records, &seen)
			return err
		}); err != nil || seen != records {
			t.Errorf("looked at records up to %d of %d (%v)", seen, records, err)
		}
	})
}

// TestKeepByManyProcesses keeps the same new instrument in eight processes at once, and two texts under one id.
func TestKeepByManyProcesses(t *testing.T) {
	world(t, func(t *testing.T, d *demo.Demo) {
		files, err := fs.Glob(content.FS, "history/instruments/*.toml")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		text, err := fs.ReadFile(content.FS, files[0])
		if err != nil {
			t.Fatal(err)
		}
		other := append(bytes.Clone(text), "\n"...)
		var wg sync.WaitGroup
		var mu sync.Mutex
		fresh, known, refused := 0, 0, 0
		for i := range 8 {
			here, _ := beside(t, d.Cities[0])
			wg.Go(func() {
				var was bool
				err := here.Update(t.Context(), func(tx *db.Tx) (err error) {
					_, was, err = instrument.Keep(t.Context(), tx, [][]byte{text, other}[i%2])
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					refused++
				case was:
					known++
				default:
					fresh++
				}
			})
		}
		wg.Wait()
		if fresh != 1 || known != 3 || refused != 4 {
			t.Errorf("%d kept, %d known, %d refused; want 1, 3, 4", fresh, known, refused)
		}
	})
}
