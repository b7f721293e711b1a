package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/store"
	"accord/record"
)

func dated(t testing.TB, key, when string, width float64) record.Record {
	t.Helper()
	r := hole(key, width)
	if when != "" {
		var err error
		if r.When, err = record.ParseTime(when); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// pages reads a slice to its end, a page at a time; between does something after each page.
func pages(t *testing.T, d *db.DB, s store.Slice, size int, between func()) (keys []string) {
	t.Helper()
	for {
		var page []store.Listed
		err := d.View(t.Context(), func(tx *db.Tx) (err error) {
			if s.Until == 0 {
				if s.Until, err = store.Newest(t.Context(), tx); err != nil {
					return err
				}
			}
			page, err = store.List(t.Context(), tx, s, size)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page {
			var r record.Record
			if err := record.ParseRow(dataset, l.Row, &r); err != nil {
				t.Fatal(err)
			}
			keys = append(keys, fmt.Sprint(l.Key, " ", r.Value(0)))
		}
		if len(page) < size {
			return keys
		}
		last := page[len(page)-1].Mark()
		s.After = &last
		if between != nil {
			between()
		}
	}
}

func whole(dataset, origin string) store.Slice {
	return store.Slice{Dataset: dataset, Origin: origin, From: store.AllFrom, To: store.AllTo}
}

func TestListNewestFirst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		mustPut(t, d, store.Count{Fresh: 4}, east, dated(t, "a", "2024-03-01", 1), dated(t, "b", "", 2), dated(t, "c", "2025", 3), dated(t, "e", "2024-03-01", 5))
		mustPut(t, d, store.Count{Fresh: 1}, store.Source{Origin: "west"}, dated(t, "w", "2026", 1))
		want := "[c 3 e 5 a 1 b 2]"
		for _, size := range []int{1, 2, 3, 10} {
			if got := fmt.Sprint(pages(t, d, whole(dataset.Name, "east"), size, nil)); got != want {
				t.Errorf("%d a page: %s, want %s", size, got, want)
			}
		}
		s := whole(dataset.Name, "east")
		s.From, s.To = db.Micros(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)), db.Micros(time.Date(2024, 12, 1, 0, 0, 0, 0, time.UTC))
		if got := fmt.Sprint(pages(t, d, s, 10, nil)); got != "[e 5 a 1]" {
			t.Errorf("of 2024: %s", got)
		}
	})
}

// TestPagesHoldStill: what is added, changed, deleted and comes back between two pages neither shifts nor doubles nor hides
// anything of the pages that follow.
func TestPagesHoldStill(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var records []record.Record
		var want []string
		for i := range 30 {
			records = append(records, dated(t, fmt.Sprintf("k%02d", i), fmt.Sprintf("2024-01-%02d", 30-i), float64(i)))
			want = append(want, fmt.Sprintf("k%02d %d", i, i))
		}
		mustPut(t, d, store.Count{Fresh: 30}, east, records...)
		turn := 0
		got := pages(t, d, whole(dataset.Name, "east"), 7, func() {
			turn++
			n := 7 * turn // the first record of the next page
			err := d.Update(t.Context(), func(tx *db.Tx) error {
				_, err := store.Delete(t.Context(), tx, dataset.Name, "east", records[min(n+1, 29)].Key, "test")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			changed := dated(t, records[n].Key, "2026-01-01", 1000)
			if _, err := put(d, east, changed, dated(t, fmt.Sprint("new", turn), fmt.Sprintf("2024-01-%02d", 30-n), 1)); err != nil {
				t.Fatal(err)
			}
			if _, err := put(d, east, dated(t, records[n].Key, "1999", 1001)); err != nil {
				t.Fatal(err)
			}
		})
		if strings.Join(got, ",") != strings.Join(want, ",") {
			t.Errorf("%v\nwant\n%v", got, want)
		}
	})
}

// TestPagesHoldStillWhileOthersWrite does the same with writers that do not wait.
func TestPagesHoldStillWhileOthersWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var records []record.Record
		for i := range 200 {
			records = append(records, dated(t, fmt.Sprintf("k%03d", i), "2024-01-01", float64(i)))
		}
		mustPut(t, d, store.Count{Fresh: 200}, east, records...)
		ctx, stop := context.WithCancel(t.Context())
		var writers sync.WaitGroup
		for w := range 2 {
			writers.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					if _, err := put(d, east, dated(t, records[(i*7+w)%200].Key, "2025-01-01", float64(1000+i))); err != nil && ctx.Err() == nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for range 5 {
			seen := map[string]bool{}
			for _, k := range pages(t, d, whole(dataset.Name, "east"), 23, nil) {
				key, _, _ := strings.Cut(k, " ")
				if seen[key] {
					t.Errorf("%s is listed twice", key)
				}
				seen[key] = true
			}
			if len(seen) != 200 {
				t.Errorf("%d of 200 are listed", len(seen))
			}
		}
		stop()
		writers.Wait()
	})
}

func TestCountAndPerDay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		mustPut(t, d, store.Count{Fresh: 5}, east, dated(t, "a", "1950-03-01", 1), dated(t, "b", "", 2), dated(t, "c", "2025-07-08", 3), dated(t, "e", "2025-07-08", 5), dated(t, "x", "2025-07-09T00:30:00+09:00", 1))
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := store.Delete(t.Context(), tx, dataset.Name, "east", "e", "test")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		err := d.View(t.Context(), func(tx *db.Tx) error {
			s, err := store.SpanOf(t.Context(), tx, dataset.Name, "east")
			if err != nil || s.Records != 4 || db.Time(s.First).Year() != 1950 || db.Time(s.Last).Year() != 2025 {
				t.Errorf("%+v %v", s, err)
			}
			days, err := store.PerDay(t.Context(), tx, dataset.Name, "east", store.AllFrom, store.AllTo, 14*3600*1_000_000)
			got := map[string]int64{}
			for day, n := range days {
				got[time.Unix(day*86400, 0).UTC().Format(time.DateOnly)] = n
			}
			if fmt.Sprint(got) != "map[1950-03-01:1 2025-07-08:1 2025-07-09:1]" {
				t.Errorf("%v %v", got, err)
			}
			if s, err := store.SpanOf(t.Context(), tx, dataset.Name, "north"); err != nil || s != (store.Span{}) {
				t.Errorf("%+v %v", s, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestVersionsOfARecord(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		mustPut(t, d, store.Count{Fresh: 2}, east, hole("a", 1), hole("b", 1))
		mustPut(t, d, store.Count{Changed: 1}, store.Source{Origin: "east", Name: "later.csv"}, hole("a", 2))
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := store.Delete(t.Context(), tx, dataset.Name, "east", "a", "gone for good")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.View(t.Context(), func(tx *db.Tx) error {
			got, err := store.Versions(t.Context(), tx, dataset.Name, "east", "a", 10)
			if err != nil || len(got) != 3 || !got[0].Gone || got[0].Withdrawn || got[0].Source != "gone for good" || got[1].Source != "later.csv" || got[2].Source != "file.csv" || got[2].Log != -1 {
				t.Errorf("%+v %v", got, err)
			}
			if got, err = store.Versions(t.Context(), tx, dataset.Name, "east", "none", 10); err != nil || len(got) > 0 {
				t.Errorf("%+v %v", got, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		log, index := int64(7), int64(3)
		mustPut(t, d, store.Count{Fresh: 1}, store.Source{Origin: "west", Log: &log, Index: &index}, hole("w", 1))
		index = 5
		mustPut(t, d, store.Count{Unchanged: 1}, store.Source{Origin: "west", Log: &log, Index: &index}, hole("w", 1))
		err = d.View(t.Context(), func(tx *db.Tx) error {
			got, err := store.Versions(t.Context(), tx, dataset.Name, "west", "w", 10)
			if err != nil || len(got) != 1 {
				t.Fatalf("%+v %v", got, err)
			}
			if by, err := store.Bringers(t.Context(), tx, got[0].Seq); err != nil || fmt.Sprint(by) != "[[7 3] [7 5]]" {
				t.Errorf("%v %v", by, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
