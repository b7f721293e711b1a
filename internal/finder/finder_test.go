package finder_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/content"
	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/finder"
	"accord/internal/history"
	"accord/internal/search"
	"accord/internal/store"
	"accord/internal/who"
	"accord/record"
)

func made(t *testing.T, d *db.DB) *finder.Finder {
	t.Helper()
	words, err := search.ReadWords(os.DirFS("../../content/search"))
	if err != nil {
		t.Fatal(err)
	}
	sample, err := history.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	return finder.New(finder.Parts{DB: d, Self: "east", Areas: all.Areas(), Lookup: all.Lookup, Sample: sample, Words: words, Zone: time.UTC, Log: slog.New(slog.DiscardHandler)})
}

// found are the names of records in which a text is found by somebody with some rights.
func found(t *testing.T, d *db.DB, f *finder.Finder, text string, kind search.Kind, by func(who.Right) bool) (out []string) {
	t.Helper()
	q, err := f.Words.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.View(t.Context(), func(tx *db.Tx) error {
		page, err := search.Find(t.Context(), tx, search.Ask{Query: q, By: by, Kind: kind, Limit: 1000})
		out = nil
		for _, h := range page.Hits {
			out = append(out, h.Ref)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func everything(who.Right) bool { return true }

// wordy is a dataset with texts.
func wordy(t *testing.T) (*record.Dataset, int) {
	t.Helper()
	ds, ok := all.Lookup("safety/subsidence", 1)
	if !ok {
		t.Fatal("no such dataset")
	}
	for i := range ds.Fields {
		if ds.Fields[i].Type == record.Text {
			return ds, i
		}
	}
	t.Fatal("it has no text")
	return nil, 0
}

// put stores one record by an entry of a partner, or as our own where index is negative.
func put(t *testing.T, d *db.DB, key, text string, index int64) {
	t.Helper()
	ds, at := wordy(t)
	src := store.Source{Origin: "east", Name: "file"}
	if log := int64(1); index >= 0 {
		src = store.Source{Origin: "west", Log: &log, Index: &index}
	}
	r := record.Record{Key: key, Values: make([]record.Value, len(ds.Fields))}
	r.Values[at] = record.TextOf(text)
	if err := d.Update(context.Background(), func(tx *db.Tx) error {
		w := store.NewWriter(context.Background(), tx, ds, src)
		if err := w.Put(&r, record.AppendRow(nil, ds, &r)); err != nil {
			return err
		}
		_, err := w.Close()
		return err
	}); err != nil {
		t.Error(err)
	}
}

func catchUp(t *testing.T, f *finder.Finder) {
	t.Helper()
	if _, err := f.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestRecords: what came is for everybody of the city, its own for those who see what waits; what changes is found as it is now,
// what is deleted, withdrawn or erased is not found from the very commit on.
func TestRecords(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		f := made(t, d)
		ds, _ := wordy(t)
		put(t, d, "a", "홍수 예보문", 0)
		put(t, d, "b", "홍수 대책", 1)
		put(t, d, "c", "홍수 우리 것", -1)
		catchUp(t, f)
		reader := who.Person{ID: "r", Role: who.Reader}
		is := func(by func(who.Right) bool, text string, want ...string) {
			t.Helper()
			got := found(t, d, f, text, search.Record, by)
			for i := range want {
				want[i] = ds.Name + "|" + want[i]
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q finds %v, not %v", text, got, want)
			}
		}
		is(everything, "홍수", "east|c", "west|a", "west|b")
		is(reader.May, "홍수", "west|a", "west|b")
		is(who.Person{}.May, "홍수")

		put(t, d, "a", "가뭄 예보문", 2)
		catchUp(t, f)
		is(everything, "홍수", "east|c", "west|b")
		is(everything, "가뭄", "west|a")

		if err := d.Update(ctx, func(tx *db.Tx) error { _, err := store.Erase(ctx, tx, 1, 2); return err }); err != nil {
			t.Fatal(err)
		}
		is(everything, "가뭄")
		if err := d.Update(ctx, func(tx *db.Tx) error { _, err := store.Delete(ctx, tx, ds.Name, "east", "c", "slip"); return err }); err != nil {
			t.Fatal(err)
		}
		is(everything, "홍수", "west|b")
		log, index := int64(1), int64(3)
		if err := d.Update(ctx, func(tx *db.Tx) error {
			return store.Withdraw(ctx, tx, ds, "b", store.Source{Origin: "west", Log: &log, Index: &index})
		}); err != nil {
			t.Fatal(err)
		}
		is(everything, "홍수")
		catchUp(t, f)
		is(everything, "홍수")
	})
}

// TestFollowsWhileOthersWrite: two finders that are cut off again and again follow many writers, some of whom erase. Nothing that was
// erased is found at any time; at the end everything is as if it was made anew.
func TestFollowsWhileOthersWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const writers, each = 4, 40
		var wg, finders sync.WaitGroup
		ctx, stop := context.WithCancel(t.Context())
		for range 2 {
			beside := dbtest.Beside(t, d)
			f := made(t, beside)
			finders.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					short, cut := context.WithTimeout(ctx, time.Duration(5+n%40)*time.Millisecond)
					_, _ = f.CatchUp(short) // cut off wherever it is
					cut()
				}
			})
		}
		for w := range writers {
			beside := dbtest.Beside(t, d)
			f := made(t, beside)
			wg.Go(func() {
				for i := range each {
					index := int64(w*each + i)
					key := fmt.Sprintf("k%d", i%7)
					put(t, beside, key, fmt.Sprintf("홍수 비밀%dw%d", i, w), index)
					if i%3 > 0 {
						continue
					}
					if err := beside.Update(context.Background(), func(tx *db.Tx) error { _, err := store.Erase(context.Background(), tx, 1, index); return err }); err != nil {
						t.Error(err)
					}
					if got := found(t, beside, f, fmt.Sprintf("\"비밀%dw%d\"", i, w), search.Record, everything); len(got) > 0 {
						t.Errorf("what was erased is found: %v", got)
					}
				}
			})
		}
		wg.Wait()
		stop()
		finders.Wait()
		f := made(t, d)
		catchUp(t, f)
		followed := everyDoc(t, d)
		if _, err := f.Rebuild(t.Context()); err != nil {
			t.Fatal(err)
		}
		if anew := everyDoc(t, d); followed != anew || !strings.Contains(anew, "홍수") {
			t.Errorf("followed:\n%s\nmade anew:\n%s", followed, anew)
		}
	})
}

// everyDoc is what can be found, by name.
func everyDoc(t *testing.T, d *db.DB) string {
	t.Helper()
	var b strings.Builder
	if err := d.View(t.Context(), func(tx *db.Tx) error {
		b.Reset()
		return tx.Rows(t.Context(), `SELECT kind, ref, needs, title, body FROM search_doc ORDER BY kind, ref`, nil, func(r db.Scanner) error {
			var f [5]string
			err := r.Scan(&f[0], &f[1], &f[2], &f[3], &f[4])
			if f[0] == "record" {
				fmt.Fprintln(&b, strings.Join(f[:], " "))
			}
			return err
		})
	}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestHistory: everybody finds the registered history and the units, in each language and by names in other scripts; a new version of
// the program takes the place of the old.
func TestHistory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := made(t, d)
		catchUp(t, f)
		for _, c := range []struct {
			text string
			kind search.Kind
			want string
		}{
			{"舛添", search.Instrument, "sample/A14"}, {"마스조에", search.Instrument, "sample/A14"}, {"Masuzoe", search.Instrument, "sample/A14"},
			{"2014-07-23", search.Instrument, "sample/A14"}, {"平成26年", search.Event, "sample/H05"}, {"홍수", search.Clause, "sample/U1"},
			{"子", search.Unit, ""}, {"subsidence", search.Dataset, "sample/safety/subsidence"},
		} {
			got := found(t, d, f, c.text, c.kind, who.Person{}.May)
			if c.want != "" && !slices.Contains(got, c.want) {
				t.Errorf("%q finds %v, without %s", c.text, got, c.want)
			}
		}
		if n, err := f.CatchUp(t.Context()); err != nil || n != 0 {
			t.Errorf("again: %d, %v", n, err)
		}
	})
}
