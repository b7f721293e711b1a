package shelf_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/fault"
	"accord/internal/geo"
	"accord/internal/series"
	"accord/internal/shelf"
	"accord/internal/store"
	"accord/internal/who"
	"accord/record"
)

var holes = &record.Dataset{Name: "safety/holes", Version: 1, Fields: []record.Field{
	{Name: "name", Type: record.Text, Required: true}, {Name: "width", Type: record.Number, Min: new(0.0), Max: new(100.0)}, {Name: "kind", Type: record.Code, Codes: []string{"big", "small"}},
	{Name: "n", Type: record.Integer}, {Name: "since", Type: record.Date}, {Name: "open", Type: record.Bool},
}}

var air = &record.Dataset{Name: "environment/air", Version: 1, Kind: record.Series, Fields: []record.Field{{Name: "no2", Type: record.Number}}}

func lookup(name string, version int) (*record.Dataset, bool) {
	for _, d := range []*record.Dataset{holes, air} {
		if d.Name == name && d.Version == version {
			return d, true
		}
	}
	return nil, false
}

func shelfOf(d *db.DB) *shelf.Shelf {
	return &shelf.Shelf{DB: d, Party: "east", Zone: time.UTC, Lookup: lookup}
}

var whole = shelf.Sight{Whole: true}

func put(t *testing.T, d *db.DB, origin string, records ...record.Record) {
	t.Helper()
	err := d.Update(t.Context(), func(tx *db.Tx) error {
		w := store.NewWriter(t.Context(), tx, holes, store.Source{Origin: origin, Name: "file.csv"})
		for i := range records {
			if err := w.Put(&records[i], record.AppendRow(nil, holes, &records[i])); err != nil {
				return err
			}
		}
		_, err := w.Close()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func hole(t *testing.T, key, when, name string) record.Record {
	t.Helper()
	at, err := record.ParseTime(when)
	if err != nil {
		t.Fatal(err)
	}
	return record.Record{Key: key, When: at, Values: []record.Value{record.TextOf(name), record.NumberOf(1)}}
}

func keys(rows []shelf.Row) string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Origin+":"+r.Key)
	}
	return strings.Join(out, " ")
}

func filled(t *testing.T, d *db.DB) *shelf.Shelf {
	var ours, theirs []record.Record
	for i := range 60 {
		ours = append(ours, hole(t, fmt.Sprintf("e%02d", i), fmt.Sprintf("2024-%02d-%02d", i/28+1, i%28+1), fmt.Sprintf("Road %d", i)))
		theirs = append(theirs, hole(t, fmt.Sprintf("w%02d", i), fmt.Sprintf("2024-%02d-%02dT10:00:00+09:00", i/28+1, i%28+1), fmt.Sprintf("지반 %d", i)))
	}
	put(t, d, "east", ours...)
	put(t, d, "west", theirs...)
	return shelfOf(d)
}

func TestPagesOfBothParties(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := filled(t, d)
		var all []shelf.Row
		f := shelf.Filter{}
		for n := 0; ; n++ {
			page, err := s.Page(t.Context(), holes.Name, f, whole)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, page.Rows...)
			if page.After == nil {
				break
			}
			f.At, f.After = page.At, page.After
			put(t, d, "west", hole(t, fmt.Sprint("late", n), "2024-01-15", "late"))
		}
		if len(all) != 120 {
			t.Fatalf("%d rows: %s", len(all), keys(all))
		}
		if !slices.IsSortedFunc(all, func(a, b shelf.Row) int { return b.Mark().Compare(a.Mark()) }) {
			t.Errorf("not in order: %s", keys(all))
		}
		n := 0
		if err := s.Each(t.Context(), holes.Name, shelf.Filter{At: f.At}, whole, func(*shelf.Row) error { n++; return nil }); err != nil || n != 120 {
			t.Errorf("a download has %d rows, %v", n, err)
		}
	})
}

func TestFilters(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := filled(t, d)
		day := func(m time.Month, n int) date.Day { return date.NewDay(2024, m, n) }
		for name, c := range map[string]struct {
			f    shelf.Filter
			want string
		}{
			"party and days": {shelf.Filter{Party: "west", From: day(1, 2), Until: day(1, 4)}, "west:w03 west:w02 west:w01"},
			"one day":        {shelf.Filter{From: day(2, 1), Until: day(2, 1)}, "west:w28 east:e28"},
			"text":           {shelf.Filter{Text: " ROAD 59"}, "east:e59"},
			"other script":   {shelf.Filter{Text: "지반 7"}, "west:w07"},
			"key":            {shelf.Filter{Text: "w41"}, "west:w41"},
			"nothing":        {shelf.Filter{Text: "no such"}, ""},
			"no party":       {shelf.Filter{Party: "north"}, ""},
		} {
			page, err := s.Page(t.Context(), holes.Name, c.f, whole)
			if err != nil || keys(page.Rows) != c.want {
				t.Errorf("%s: %q %v, want %q", name, keys(page.Rows), err, c.want)
			}
		}
	})
}

// TestWithoutAClauseNothingOfOursIsSeen: who does not see the city's own records whole sees none of them where no clause lets
// any out, not one by one, not in a download, not its versions.
func TestWithoutAClauseNothingOfOursIsSeen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := filled(t, d)
		narrow := shelf.Sight{Partners: []string{"west"}}
		if err := s.Each(t.Context(), holes.Name, shelf.Filter{}, narrow, func(r *shelf.Row) error {
			if r.Origin == "east" {
				t.Errorf("%s is seen", r.Key)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Record(t.Context(), holes.Name, "east", "e01", narrow); fault.KindOf(err) != fault.NotFound {
			t.Errorf("its versions are seen: %v", err)
		}
		if v, err := s.Record(t.Context(), holes.Name, "west", "w01", narrow); err != nil || len(v) != 1 || v[0].Record.Value(0).Text != "지반 1" {
			t.Errorf("what came is not seen: %+v %v", v, err)
		}
	})
}

func TestHeldGivenAndMonths(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := filled(t, d)
		made := hole(t, "sim", "2025-01-01", "x")
		made.Simulated, made.Place = true, record.Place{Known: true, Lon: 1, Lat: 2, Grid: 250}
		put(t, d, "west", made)
		held, err := s.Held(t.Context(), holes)
		if err != nil || len(held) != 2 || held[0].Records != 60 || held[1].Records != 61 || !held[0].Simulated.None() || held[1].Simulated.N != 1 || held[1].Last.Year() != 2024 {
			t.Errorf("%+v %v", held, err) // the first moment of 1 January 2025 lies in 2024 in UTC
		}
		given, err := s.Given(t.Context(), holes, whole)
		if err != nil || len(given) != 2 || given[0].Fields[0] != 60 || given[0].Fields[2] != 0 || given[1].Place != 1 || given[1].Exact != 0 {
			t.Errorf("%+v %v", given, err)
		}
		months, err := s.Months(t.Context(), holes.Name, date.NewDay(2024, 1, 1), date.NewDay(2025, 12, 31))
		if err != nil || months["east"][date.NewDay(2024, 1, 1)] != 28 || months["west"][date.NewDay(2024, 3, 1)] != 4 || months["west"][date.NewDay(2025, 1, 1)] != 1 {
			t.Errorf("%v %v", months, err)
		}
	})
}

func TestSeriesAndPoints(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shelfOf(d)
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			for _, o := range []string{"east", "west"} {
				run := record.Run{Name: record.Name{Key: "s1", Step: record.ByInstant}, Simulated: true}
				for i := range 10 {
					p, _, _ := record.PointAt(record.At(time.Date(2024, 1, 1, i, 0, 0, 0, time.UTC)), float64(i))
					run.Points = append(run.Points, p)
				}
				w := series.Writer{Dataset: air, Source: series.Source{Origin: o, Name: "x"}}
				if err := w.Put(t.Context(), tx, []record.Run{run}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		all, err := s.Series(t.Context(), air, shelf.Filter{}, whole)
		if err != nil || len(all) != 2 || all[0].Values != 10 || all[0].Origin != "east" {
			t.Fatalf("%+v %v", all, err)
		}
		hour := time.Date(2024, 1, 1, 3, 0, 0, 0, time.UTC).UnixMicro()
		if _, points, err := s.Points(t.Context(), air, all[1].ID, hour, hour+2*3600e6, whole); err != nil || len(points) != 3 || points[0].Value != 3 {
			t.Errorf("%+v %v", points, err)
		}
		narrow := shelf.Sight{Partners: []string{"west"}}
		if some, err := s.Series(t.Context(), air, shelf.Filter{}, narrow); err != nil || len(some) != 1 || some[0].Origin != "west" {
			t.Errorf("%+v %v", some, err)
		}
		if _, points, err := s.Points(t.Context(), air, all[0].ID, 0, hour*2, narrow); err != nil || len(points) != 0 {
			t.Errorf("our own values are seen without a clause: %v %v", points, err)
		}
		if _, _, err := s.Points(t.Context(), air, 99, 0, 1, whole); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v", err)
		}
		held, err := s.Held(t.Context(), air)
		if err != nil || len(held) != 2 || held[0].Records != 10 || held[0].Series != 1 || !held[0].Simulated.All() {
			t.Errorf("%+v %v", held, err)
		}
	})
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		field, text, why string
	}{
		{"name", "", "required"}, {"name", "  ", "required"}, {"name", "a\x00b", "text"}, {"name", strings.Repeat("가", 2000), "long"}, {"name", "\xff", "text"},
		{"width", "wide", "number"}, {"width", "NaN", "number"}, {"width", "-1", "low"}, {"width", "100.5", "high"}, {"width", "1e400", "number"},
		{"kind", "middle", "code"}, {"n", "1.5", "whole"}, {"n", "1e300", "whole"}, {"since", "1.2.2024", "date"}, {"open", "yes", "code"},
		{"when", "yesterday", "date"}, {"place", "37.5", "place"}, {"place", "91, 0", "place"}, {"place", "NaN, 1", "place"}, {"place", "1, x", "place"},
	} {
		written := map[string]string{"name": "ok", c.field: c.text}
		_, wrong := shelf.Read(holes, written)
		if len(wrong) != 1 || wrong[0].Field != c.field || wrong[0].Why != c.why {
			t.Errorf("%s %.20q: %+v", c.field, c.text, wrong)
		}
	}
	r, wrong := shelf.Read(holes, map[string]string{"name": " a\r\nb ", "width": "-0", "kind": "big", "n": "3", "since": "2024-03", "open": "false", "when": "2024", "place": "37.5, 127"})
	r.Key = "k"
	if wrong != nil || holes.Validate(&r) != nil || r.Value(0).Text != "a\nb" {
		t.Errorf("%+v %+v %v", r, wrong, holes.Validate(&r))
	}
}

var kim = who.Person{ID: "kim", Role: who.Staff}

func entry(name string) record.Record {
	return record.Record{Values: []record.Value{record.TextOf(name)}}
}

func TestKeepByHand(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, ctx := shelfOf(d), t.Context()
		key, err := s.Put(ctx, kim, holes, entry("one"), 0)
		if err != nil {
			t.Fatal(err)
		}
		now := func() shelf.Version {
			v, err := s.Record(ctx, holes.Name, "east", key, whole)
			if err != nil {
				t.Fatal(err)
			}
			return v[0]
		}
		first := now()
		next := entry("two")
		next.Key = key
		if _, err := s.Put(ctx, kim, holes, next, first.Seq); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Put(ctx, kim, holes, next, first.Seq); err != shelf.ErrChanged {
			t.Errorf("an entry that was changed meanwhile is changed: %v", err)
		}
		if err := s.Drop(ctx, kim, holes, key, first.Seq); err != shelf.ErrChanged {
			t.Errorf("an entry that was changed meanwhile is deleted: %v", err)
		}
		if err := s.Drop(ctx, kim, holes, key, now().Seq); err != nil {
			t.Fatal(err)
		}
		if v, err := s.Record(ctx, holes.Name, "east", key, whole); err != nil || len(v) != 3 || !v[0].Gone || v[1].Record.Value(0).Text != "two" {
			t.Errorf("%+v %v", v, err)
		}
		if page, err := s.Page(ctx, holes.Name, shelf.Filter{}, whole); err != nil || len(page.Rows) != 0 {
			t.Errorf("it is still listed: %v %v", page, err)
		}
		if _, err := s.Put(ctx, kim, holes, entry(""), 0); fault.KindOf(err) != fault.Invalid {
			t.Errorf("an entry without what is required: %v", err)
		}
		var deeds int64
		if err := d.View(ctx, func(tx *db.Tx) error { _, err := tx.Row(ctx, `SELECT size FROM audit_size`, nil, &deeds); return err }); err != nil || deeds != 3 {
			t.Errorf("%d deeds are written down, %v", deeds, err)
		}
	})
}

// TestTwoChangeOneEntry: of many who saw the same version one changes it, and the others are told.
func TestTwoChangeOneEntry(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, ctx := shelfOf(d), t.Context()
		key, err := s.Put(ctx, kim, holes, entry("one"), 0)
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.Record(ctx, holes.Name, "east", key, whole)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		done, told := 0, 0
		for i := range 8 {
			all.Go(func() {
				r := entry(fmt.Sprint("by ", i))
				r.Key = key
				var err error
				if i%2 == 0 {
					_, err = s.Put(ctx, kim, holes, r, v[0].Seq)
				} else {
					err = s.Drop(ctx, kim, holes, key, v[0].Seq)
				}
				mu.Lock()
				defer mu.Unlock()
				switch err {
				case nil:
					done++
				case shelf.ErrChanged:
					told++
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if done != 1 || told != 7 {
			t.Errorf("%d changed it, %d were told", done, told)
		}
	})
}

// TestABoxOfAPage: the pages of a box are what lies in it of both parties, each record once, in the order of places, and hold still
// while others write; days and texts are held to as well.
func TestABoxOfAPage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shelfOf(d)
		want := map[string]bool{}
		box := geo.Box{West: 127, South: 37, East: 127.3, North: 37.5}
		for _, origin := range []string{"east", "west"} {
			var all []record.Record
			for i := range 90 {
				r := hole(t, fmt.Sprintf("%s%02d", origin[:1], i), fmt.Sprintf("2024-%02d-%02d", i/28+1, i%28+1), fmt.Sprintf("Road %d", i))
				if i%10 != 0 {
					r.Place = record.Place{Known: true, Lon: 127 + float64(i%9)/10, Lat: 37 + float64(i%7)/10}
				}
				if all = append(all, r); r.Place.Known && box.Holds(r.Place.Lon, r.Place.Lat) {
					want[origin+":"+r.Key] = true
				}
			}
			put(t, d, origin, all...)
		}
		for _, sight := range []shelf.Sight{whole, {Partners: []string{"west"}}} {
			f, seen := shelf.Filter{Box: &box}, map[string]bool{}
			if !sight.Whole {
				f.Party = "west"
			}
			for {
				page, err := s.Page(t.Context(), holes.Name, f, sight)
				if err != nil || !page.Placed {
					t.Fatal(page, err)
				}
				for _, r := range page.Rows {
					name := r.Origin + ":" + r.Key
					if seen[name] || !want[name] {
						t.Errorf("%s is twice there or does not lie in the box", name)
					}
					seen[name] = true
				}
				if page.After == nil {
					break
				}
				f.At, f.After, f.Placed = page.At, page.After, page.Placed
				moved := hole(t, "w17", "2024-01-18", "moved")
				moved.Place = record.Place{Known: true, Lon: 127.2, Lat: 37.1 + float64(len(seen))/1000}
				put(t, d, "west", moved, hole(t, "w02", "2024-01-18", "nowhere"))
			}
			if most := len(want); len(seen) != most && sight.Whole || !sight.Whole && (len(seen) == 0 || len(seen) >= most) {
				t.Errorf("%d of %d: %v", len(seen), most, seen)
			}
			want["west:w17"] = true // it has moved there, and the other away
			delete(want, "west:w02")
		}
		day := date.NewDay(2024, 1, 2)
		if page, err := s.Page(t.Context(), holes.Name, shelf.Filter{Box: &box, From: day, Until: day}, whole); err != nil || keys(page.Rows) != "east:e01 west:w01" {
			t.Errorf("of a day: %s %v", keys(page.Rows), err)
		}
		if page, err := s.Page(t.Context(), holes.Name, shelf.Filter{Box: &box, Text: "moved"}, whole); err != nil || keys(page.Rows) != "west:w17" || page.After != nil {
			t.Errorf("of a text: %s %v", keys(page.Rows), err)
		}
		if _, err := s.Page(t.Context(), holes.Name, shelf.Filter{Box: &box, At: 1, After: &store.Mark{}}, whole); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a page of another order is gone on with: %v", err)
		}
		n := 0
		if err := s.Each(t.Context(), holes.Name, shelf.Filter{Box: &box}, whole, func(r *shelf.Row) error { n++; return nil }); err != nil || n != len(want) {
			t.Errorf("a download has %d of %d, %v", n, len(want), err)
		}
	})
}

// TestABoxBeforeThereAreCells: while older records have no cells, a box is looked for one by one and finds the same.
func TestABoxBeforeThereAreCells(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shelfOf(d)
		r := hole(t, "e1", "2024-01-02", "old")
		r.Place = record.Place{Known: true, Lon: 127, Lat: 37}
		put(t, d, "east", r, hole(t, "e2", "2024-01-03", "nowhere"))
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE record SET cell = NULL`)
			if err == nil {
				_, err = tx.Exec(t.Context(), `UPDATE counter SET n = 2 WHERE name = 'unplaced'`)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, placed := range []bool{false, true} {
			page, err := s.Page(t.Context(), holes.Name, shelf.Filter{Box: &geo.Box{West: 126, South: 36, East: 128, North: 38}}, whole)
			if err != nil || keys(page.Rows) != "east:e1" || page.Placed != placed {
				t.Errorf("%+v %v", page, err)
			}
			if err := s.KeepPlaces(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
