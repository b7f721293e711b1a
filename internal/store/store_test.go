package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/store"
	"accord/record"
)

var dataset = &record.Dataset{Name: "safety/holes", Version: 1, Fields: []record.Field{{Name: "width", Type: record.Number}}}

var east = store.Source{Origin: "east", Name: "file.csv"}

func hole(key string, width float64) record.Record {
	return record.Record{Key: key, Values: []record.Value{record.NumberOf(width)}}
}

// put stores records in one transaction; the rows share one buffer, as callers do it.
func put(d *db.DB, from store.Source, records ...record.Record) (count store.Count, err error) {
	ctx := context.Background()
	err = d.Update(ctx, func(tx *db.Tx) error {
		w := store.NewWriter(ctx, tx, dataset, from)
		var row []byte
		for i := range records {
			row = record.AppendRow(row[:0], dataset, &records[i])
			if err := w.Put(&records[i], row); err != nil {
				return err
			}
		}
		count, err = w.Close()
		return err
	})
	return count, err
}

func mustPut(t *testing.T, d *db.DB, want store.Count, from store.Source, records ...record.Record) {
	t.Helper()
	if got, err := put(d, from, records...); err != nil || got != want {
		t.Errorf("%+v, %v; expected %+v", got, err, want)
	}
}

// versions lists what is stored as "key width origin", with + before what is current, in the order of numbers.
func versions(t *testing.T, d *db.DB) (out []string) {
	t.Helper()
	err := d.View(t.Context(), func(tx *db.Tx) error {
		return tx.Rows(t.Context(), `SELECT seq, row, origin, COALESCE(successor, 0) FROM record ORDER BY seq`, nil, func(r db.Scanner) error {
			var seq, successor int64
			var row []byte
			var origin string
			if err := r.Scan(&seq, &row, &origin, &successor); err != nil {
				return err
			}
			var x record.Record
			if err := record.ParseRow(dataset, row, &x); err != nil {
				return err
			}
			mark := "+"
			if successor != 0 {
				mark = "-"
			}
			if successor != 0 && successor <= seq {
				t.Errorf("record %d has the successor %d", seq, successor)
			}
			out = append(out, fmt.Sprint(mark, x.Key, " ", x.Value(0), " ", origin))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestVersions: a changed record gets a successor and the old version stays; the same record again changes nothing.
func TestVersions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		mustPut(t, d, store.Count{Fresh: 2}, east, hole("a", 1), hole("b", 1))
		mustPut(t, d, store.Count{Unchanged: 2}, east, hole("a", 1), hole("b", 1))
		mustPut(t, d, store.Count{Changed: 1, Unchanged: 1, Fresh: 1}, east, hole("a", 2), hole("b", 1), hole("c", 1))
		mustPut(t, d, store.Count{Changed: 2}, east, hole("a", 1), hole("a", 3)) // twice in one transaction, once back
		mustPut(t, d, store.Count{Fresh: 1}, store.Source{Origin: "west"}, hole("a", 1))
		want(t, versions(t, d), "-a 1 east", "+b 1 east", "-a 2 east", "+c 1 east", "-a 1 east", "+a 3 east", "+a 1 west")
		if err := d.View(t.Context(), func(tx *db.Tx) error {
			totals, err := store.Totals(t.Context(), tx)
			if diff := cmp.Diff([]store.Total{{Dataset: dataset.Name, Origin: "east", Records: 3}, {Dataset: dataset.Name, Origin: "west", Records: 1}}, totals); diff != "" {
				t.Error(diff)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}

// TestRollback: a transaction that fails leaves no version, no count and no number.
func TestRollback(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		mustPut(t, d, store.Count{Fresh: 1}, east, hole("a", 1))
		stop := errors.New("stop")
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			w := store.NewWriter(t.Context(), tx, dataset, east)
			for _, r := range []record.Record{hole("a", 2), hole("b", 1)} {
				if err := w.Put(&r, record.AppendRow(nil, dataset, &r)); err != nil {
					return err
				}
			}
			if _, err := w.Close(); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Error(err)
		}
		want(t, versions(t, d), "+a 1 east")
		mustPut(t, d, store.Count{Fresh: 1}, east, hole("b", 1))
		if seqs, _ := after(t, d, "east", 0, 10); len(seqs) != 2 || seqs[1] != seqs[0]+1 {
			t.Errorf("numbers %v", seqs)
		}
	})
}

func after(t *testing.T, d *db.DB, origin string, seq int64, limit int) (seqs []int64, upto int64) {
	t.Helper()
	err := d.View(t.Context(), func(tx *db.Tx) error {
		found, last, err := store.After(t.Context(), tx, dataset.Name, origin, seq, limit)
		for _, s := range found {
			seqs = append(seqs, s.Seq)
		}
		upto = last
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return seqs, upto
}

// TestAfter: what is asked for comes in the order it was stored, and the mark moves past everything looked at, also past
// what was not asked for.
func TestAfter(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if seqs, upto := after(t, d, "east", 0, 10); len(seqs) != 0 || upto != 0 {
			t.Errorf("nothing is stored: %v, %d", seqs, upto)
		}
		mustPut(t, d, store.Count{Fresh: 2}, east, hole("a", 1), hole("b", 1))
		mustPut(t, d, store.Count{Fresh: 2}, store.Source{Origin: "west"}, hole("a", 1), hole("b", 1))
		mustPut(t, d, store.Count{Changed: 1}, east, hole("a", 2))
		for _, c := range []struct {
			origin string
			seq    int64
			limit  int
			found  []int64
			upto   int64
		}{
			{"east", 0, 10, []int64{2, 5}, 5}, // the first version of a is current no longer
			{"east", 0, 1, nil, 1},
			{"east", 2, 2, nil, 4},
			{"west", 0, 10, []int64{3, 4}, 5},
			{"west", 4, 10, nil, 5},
			{"west", 5, 10, nil, 5},
			{"north", 0, 3, nil, 3},
		} {
			if seqs, upto := after(t, d, c.origin, c.seq, c.limit); !slices.Equal(seqs, c.found) || upto != c.upto {
				t.Errorf("%+v: %v, %d", c, seqs, upto)
			}
		}
		if err := d.View(t.Context(), func(tx *db.Tx) error {
			for seq, n := range map[int64]int{1: 0, 2: 1, 5: 1, 6: 0} {
				if found, err := store.At(t.Context(), tx, seq); err != nil || len(found) != n {
					t.Errorf("at %d: %v, %v", seq, found, err)
				}
			}
			newest, err := store.Newest(t.Context(), tx)
			if newest != 5 {
				t.Errorf("newest %d", newest)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}

// TestManyWritersOfOneKey: however many write versions of one record at the same time, one is current and each of the
// others has one successor.
func TestManyWritersOfOneKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := range 10 {
					if _, err := put(d, east, hole("a", float64(100*w+i)), hole(fmt.Sprintf("%d-%d", w, i), 1)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var current, old int
		for _, v := range versions(t, d) {
			switch {
			case strings.HasPrefix(v, "+a "):
				current++
			case strings.HasPrefix(v, "-a "):
				old++
			}
		}
		if current != 1 || old != 79 {
			t.Errorf("%d current versions, %d old ones", current, old)
		}
		if err := d.View(t.Context(), func(tx *db.Tx) error {
			var n, distinct int
			_, err := tx.Row(t.Context(), `SELECT COUNT(successor), COUNT(DISTINCT successor) FROM record`, nil, &n, &distinct)
			if n != 79 || distinct != 79 {
				t.Errorf("%d successors, %d of them different", n, distinct)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	})
}

// TestNobodyIsMissed: a reader who follows the numbers while others write sees every record, each once, in rising order.
func TestNobodyIsMissed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const writers, each = 8, 60
		done := make(chan struct{})
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := 0; i < each; i += 3 { // some transactions take more numbers than they use
					key := func(n int) string { return fmt.Sprintf("%d-%d", w, i+n) }
					if _, err := put(d, east, hole(key(0), 1), hole(key(0), 1), hole(key(1), 1), hole(key(2), 1)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		go func() { wg.Wait(); close(done) }()
		var seen int64
		var all []int64
		for over := false; !over; {
			select {
			case <-done:
				over = true // one last look
			default:
			}
			for {
				found, upto := after(t, d, "east", seen, 7)
				if all = append(all, found...); upto == seen {
					break
				}
				seen = upto
			}
		}
		if len(all) != writers*each || !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
			t.Errorf("%d records were seen, of %d; sorted: %v", len(all), writers*each, slices.IsSorted(all))
		}
	})
}
