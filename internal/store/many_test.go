package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/simulate"
	"accord/internal/store"
	"accord/record"
)

// draw returns n records of a dataset and their canonical rows.
func draw(tb testing.TB, n int, seed uint64) (*record.Dataset, []record.Record, [][]byte) {
	tb.Helper()
	demo, err := simulate.ReadDemo(os.DirFS("../../content/demo"))
	if err != nil {
		tb.Fatal(err)
	}
	p := demo.Parties[0].Params
	ds, ok := all.Lookup(p.Dataset, p.Version)
	if !ok {
		tb.Fatal("no such dataset")
	}
	records, err := simulate.Records(p, ds, seed, n, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		tb.Fatal(err)
	}
	rows := make([][]byte, n)
	for i := range records {
		rows[i] = record.AppendRow(nil, ds, &records[i])
	}
	return ds, records, rows
}

// putRows stores records in one transaction.
func putRows(ctx context.Context, d *db.DB, ds *record.Dataset, records []record.Record, rows [][]byte) (count store.Count, err error) {
	err = d.Update(ctx, func(tx *db.Tx) error {
		w := store.NewWriter(ctx, tx, ds, store.Source{Origin: "here", Name: "test"})
		for i := range records {
			if err := w.Put(&records[i], rows[i]); err != nil {
				return err
			}
		}
		count, err = w.Close()
		return err
	})
	return count, err
}

func TestPutKeepsEveryVersion(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ds, first, rows := draw(t, 20, 1)
		_, second, changed := draw(t, 20, 2)
		for i := range second {
			second[i].Key = first[i].Key
			changed[i] = record.AppendRow(nil, ds, &second[i])
		}
		for i, c := range []struct {
			records []record.Record
			rows    [][]byte
			want    store.Count
		}{
			{first, rows, store.Count{Fresh: 20}},
			{first, rows, store.Count{Unchanged: 20}},
			{second, changed, store.Count{Changed: 20}},
			{first, rows, store.Count{Changed: 20}},
		} {
			if got, err := putRows(t.Context(), d, ds, c.records, c.rows); err != nil || got != c.want {
				t.Errorf("%d: %+v, %v", i, got, err)
			}
		}
		chains(t, d, 60, 20)
	})
}

// TestFirstOfADataset: a file with which a city begins is not looked for key by key, yet what it says twice is found, and so is
// what was there and is withdrawn.
func TestFirstOfADataset(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const n, twice = 20_000, 2_000
		ds, records, rows := draw(t, n, 1)
		for i := range twice { // the first 2,000 again at the end, every other as it was
			at := n - twice + i
			if i%2 == 0 {
				records[at], rows[at] = records[i], rows[i]
				continue
			}
			records[at].Key = records[i].Key
			rows[at] = record.AppendRow(nil, ds, &records[at])
		}
		want := store.Count{Fresh: n - twice, Changed: twice / 2, Unchanged: twice / 2}
		if got, err := putRows(t.Context(), d, ds, records, rows); err != nil || got != want {
			t.Fatalf("%+v, %v", got, err)
		}
		chains(t, d, n-twice/2, n-twice)
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE record SET gone = 1 WHERE successor IS NULL`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		half := n / 2
		if got, err := putRows(t.Context(), d, ds, records[:half], rows[:half]); err != nil || got.Fresh+got.Unchanged != half {
			t.Fatalf("%+v, %v", got, err)
		}
		chains(t, d, n, n-twice)
	})
}

// chains checks that every key has one version without a successor and that each other is followed by one of its key.
func chains(t *testing.T, d *db.DB, total, current int) {
	t.Helper()
	var n, now, orphans int
	err := d.View(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Row(t.Context(), `SELECT COUNT(*), COUNT(*) - COUNT(successor) FROM record`, nil, &n, &now)
		if err == nil {
			_, err = tx.Row(t.Context(), `SELECT COUNT(*) FROM record o LEFT JOIN record s ON s.seq = o.successor AND s.key = o.key AND s.seq > o.seq
				WHERE o.successor IS NOT NULL AND s.seq IS NULL`, nil, &orphans)
		}
		return err
	})
	if err != nil || n != total || now != current || orphans != 0 {
		t.Errorf("%d versions of %d, %d current of %d, %d without their successor (%v)", n, total, now, current, orphans, err)
	}
}

// TestManyProcessesOneKey has eight processes replace the same records again and again, in different orders.
func TestManyProcessesOneKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const writers, each, keys = 8, 10, 5
		_, base, _ := draw(t, keys, 1)
		var wg sync.WaitGroup
		var mu sync.Mutex
		var sum store.Count
		for w := range writers {
			d := dbtest.Beside(t, d)
			ds, records, rows := draw(t, keys*each, uint64(100+w))
			wg.Go(func() {
				for i := range each {
					for k := range keys {
						at := i*keys + k
						records[at].Key = base[order(w, k, keys)].Key // forwards or backwards
						rows[at] = record.AppendRow(nil, ds, &records[at])
					}
					c, err := putRows(t.Context(), d, ds, records[i*keys:(i+1)*keys], rows[i*keys:(i+1)*keys])
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					sum.Fresh, sum.Changed, sum.Unchanged = sum.Fresh+c.Fresh, sum.Changed+c.Changed, sum.Unchanged+c.Unchanged
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if sum.Fresh != keys || sum.Fresh+sum.Changed+sum.Unchanged != writers*each*keys {
			t.Errorf("%+v", sum)
		}
		chains(t, d, sum.Fresh+sum.Changed, keys)
	})
}

// order lets every other writer go through the keys from the last to the first.
func order(writer, k, keys int) int {
	if writer%2 == 0 {
		return k
	}
	return keys - 1 - k
}

// BenchmarkPut stores batches of 10,000 durably, and BenchmarkBare inserts the same rows without asking what is there: the
// most that statements of one row can do.
func BenchmarkPut(b *testing.B) {
	each(b, func(b *testing.B, d *db.DB, _ string) {
		ds, records, rows := draw(b, perBatch, 1)
		for i := 0; b.Loop(); i++ {
			renew(ds, records, rows, i)
			if _, err := putRows(b.Context(), d, ds, records, rows); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkBare(b *testing.B) {
	each(b, func(b *testing.B, d *db.DB, _ string) {
		ds, records, rows := draw(b, perBatch, 1)
		bare(b, d)
		for i := 0; b.Loop(); i++ {
			renew(ds, records, rows, i)
			if err := d.Update(b.Context(), func(tx *db.Tx) error {
				for k := range records {
					sum := record.Sum(rows[k])
					if _, err := tx.Exec(b.Context(), `INSERT INTO bare (seq, key, row, sum) VALUES ($1, $2, $3, $4)`, i*perBatch+k, records[k].Key, rows[k], sum[:]); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkCopy is the most the server can do.
func BenchmarkCopy(b *testing.B) {
	each(b, func(b *testing.B, d *db.DB, at string) {
		if !db.IsURL(at) {
			b.Skip("only a server has COPY")
		}
		ds, records, rows := draw(b, perBatch, 1)
		bare(b, d)
		c, err := pgx.Connect(b.Context(), at)
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close(b.Context())
		for i := 0; b.Loop(); i++ {
			renew(ds, records, rows, i)
			if _, err := c.CopyFrom(b.Context(), pgx.Identifier{"bare"}, []string{"seq", "key", "row", "sum"}, pgx.CopyFromSlice(perBatch, func(k int) ([]any, error) {
				sum := record.Sum(rows[k])
				return []any{int64(i*perBatch + k), records[k].Key, rows[k], sum[:]}, nil
			})); err != nil {
				b.Fatal(err)
			}
		}
	})
}

const perBatch = 10_000

// each runs f on both engines, where no commit is refused.
func each(b *testing.B, f func(b *testing.B, d *db.DB, at string)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			at := filepath.Join(b.TempDir(), "bench.db")
			if engine == "postgres" {
				at = dbtest.ServerCalm(b)
			}
			d, err := db.Open(b.Context(), at, time.Now)
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			f(b, d, at)
			b.ReportMetric(float64(b.N)*perBatch/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// renew gives the records keys that were never stored.
func renew(ds *record.Dataset, records []record.Record, rows [][]byte, batch int) {
	for k := range records {
		records[k].Key = fmt.Sprintf("bench-%d-%d", batch, k)
		rows[k] = record.AppendRow(rows[k][:0], ds, &records[k])
	}
}

func bare(b *testing.B, d *db.DB) {
	b.Helper()
	if err := d.Update(b.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(b.Context(), `CREATE TABLE bare (seq BIGINT PRIMARY KEY, key TEXT NOT NULL, row BYTEA NOT NULL, sum BYTEA NOT NULL)`)
		return err
	}); err != nil {
		b.Fatal(err)
	}
}
