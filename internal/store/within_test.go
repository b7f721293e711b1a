package store_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/geo"
	"accord/internal/store"
	"accord/record"
)

// spots is a dataset whose records may have a geometry.
var spots = &record.Dataset{Name: "safety/spots", Version: 1, Fields: []record.Field{{Name: "width", Type: record.Number}, {Name: "outline", Type: record.Geometry}}}

func spotsOnly(name string, version int) (*record.Dataset, bool) {
	return spots, name == spots.Name && version == spots.Version
}

// at is a record with a place, a line from it, or neither.
func at(key string, lon, lat float64, line bool) record.Record {
	r := record.Record{Key: key, Place: record.Place{Known: true, Lon: lon, Lat: lat}, Values: []record.Value{record.NumberOf(1)}}
	if line {
		r.Place = record.Place{}
		r.Values = append(r.Values, record.GeometryOf(record.Figure{Shape: record.Line, Parts: [][][]record.Vertex{{{{Lon: lon, Lat: lat}, {Lon: lon + 0.03, Lat: lat + 0.01}}}}}))
	}
	return r
}

func putSpots(ctx context.Context, d *db.DB, from store.Source, records ...record.Record) error {
	return d.Update(ctx, func(tx *db.Tx) error {
		w := store.NewWriter(ctx, tx, spots, from)
		for i := range records {
			if err := w.Put(&records[i], record.AppendRow(nil, spots, &records[i])); err != nil {
				return err
			}
		}
		_, err := w.Close()
		return err
	})
}

// inBox reads all that lies in a box by the index, a few at a time, and holds it to the box.
func inBox(ctx context.Context, d *db.DB, origin string, box geo.Box, until int64, limit int) (keys []string, err error) {
	cover := box.Cover(true)
	var after *store.Near
	for {
		err = d.View(ctx, func(tx *db.Tx) error {
			if until == 0 {
				if until, err = store.Newest(ctx, tx); err != nil {
					return err
				}
			}
			some, err := store.Within(ctx, tx, store.Slice{Dataset: spots.Name, Origin: origin, Until: until}, cover, after, limit)
			if err != nil || len(some) == 0 {
				after = nil
				return err
			}
			if !slices.IsSortedFunc(some, store.Near.Compare) || after != nil && some[0].Compare(*after) <= 0 || len(some) > limit {
				return fmt.Errorf("out of order after %v: %v", after, some)
			}
			after = &some[len(some)-1]
			numbers := make([]int64, len(some))
			for i := range some {
				numbers[i] = some[i].Seq
			}
			listed, err := store.ListedOf(ctx, tx, numbers)
			for _, n := range numbers {
				var r record.Record
				l, ok := listed[n]
				if !ok || l.Gone {
					return fmt.Errorf("number %d is not a record", n)
				}
				if err := record.ParseRow(spots, l.Row, &r); err != nil {
					return err
				}
				if box.Has(spots, &r) {
					keys = append(keys, r.Key)
				}
			}
			return err
		})
		if err != nil || after == nil {
			slices.Sort(keys)
			return keys, err
		}
	}
}

// oneByOne is the same without the index.
func oneByOne(ctx context.Context, d *db.DB, origin string, box geo.Box) (keys []string, err error) {
	err = d.View(ctx, func(tx *db.Tx) error {
		keys = nil
		return store.EachCurrent(ctx, tx, spots.Name, origin, func(s store.Stored) error {
			var r record.Record
			err := record.ParseRow(spots, s.Row, &r)
			if err == nil && box.Has(spots, &r) {
				keys = append(keys, r.Key)
			}
			return err
		})
	})
	slices.Sort(keys)
	return keys, err
}

// near draws a number around a city, some on whole hundredths, so that some are the same and some lie on an edge.
func near(t *rapid.T, middle float64, what string) float64 {
	return middle + float64(rapid.IntRange(-9, 9).Draw(t, what))/100
}

func drawnBox(t *rapid.T) geo.Box {
	b := geo.Box{West: near(t, 127, "west"), South: near(t, 37, "south"), East: near(t, 127, "east"), North: near(t, 37, "north")}
	return geo.Box{West: min(b.West, b.East), South: min(b.South, b.North), East: max(b.West, b.East), North: max(b.South, b.North)}
}

// TestWithinIsWhatOneByOneFinds: whatever was put, changed, deleted, taken back and erased, in whatever order.
func TestWithinIsWhatOneByOneFinds(t *testing.T) {
	dbtest.Few(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, run := t.Context(), 0
		rapid.Check(t, func(t *rapid.T) {
			run++
			origin := fmt.Sprint("east", run) // each run has an origin of its own
			log := int64(run)
			for index := range int64(rapid.IntRange(1, 6).Draw(t, "steps")) {
				key := func() string { return fmt.Sprint("k", rapid.IntRange(0, 12).Draw(t, "key")) }
				from := store.Source{Origin: origin, Log: &log, Index: &index}
				var err error
				switch rapid.IntRange(0, 4).Draw(t, "step") {
				default:
					some := make([]record.Record, rapid.IntRange(1, 12).Draw(t, "n"))
					for i := range some {
						some[i] = at(key(), near(t, 127, "lon"), near(t, 37, "lat"), rapid.Bool().Draw(t, "line"))
						if rapid.IntRange(0, 9).Draw(t, "nowhere") == 0 {
							some[i].Place, some[i].Values = record.Place{}, nil
						}
					}
					err = putSpots(ctx, d, from, some...)
				case 1:
					err = d.Update(ctx, func(tx *db.Tx) error { return store.Withdraw(ctx, tx, spots, key(), from) })
				case 2:
					err = d.Update(ctx, func(tx *db.Tx) error {
						_, err := store.Erase(ctx, tx, log, rapid.Int64Range(0, max(0, index-1)).Draw(t, "erased"))
						return err
					})
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			for range 4 {
				box := drawnBox(t)
				want, err := oneByOne(ctx, d, origin, box)
				if err != nil {
					t.Fatal(err)
				}
				got, err := inBox(ctx, d, origin, box, 0, rapid.IntRange(1, 9).Draw(t, "limit"))
				if err != nil || !slices.Equal(got, want) {
					t.Fatalf("%v: %v %v, one by one %v", box, got, err, want)
				}
			}
		})
	})
}

// TestWithinHoldsStill: who reads a box part by part sees what there was when they began, while others write; and eight
// processes that write at once lose nothing of the index.
func TestWithinHoldsStill(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, box := t.Context(), geo.Box{West: 126, South: 36, East: 128, North: 38}
		first := map[string]bool{}
		var all []record.Record
		for i := range 40 {
			r := at(fmt.Sprint("k", i), 127+float64(i%7)/100, 37+float64(i%5)/100, i%4 == 0)
			all, first[r.Key] = append(all, r), true
		}
		if err := putSpots(ctx, d, store.Source{Origin: "east", Name: "x"}, all...); err != nil {
			t.Fatal(err)
		}
		var until int64
		if err := d.View(ctx, func(tx *db.Tx) (err error) { until, err = store.Newest(ctx, tx); return err }); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for w := range 4 {
			beside := dbtest.Beside(t, d)
			wg.Go(func() {
				for i := range 10 {
					moved := at(fmt.Sprint("k", (w*10+i)%40), 127.5+float64(i)/100, 37.2, w%2 == 0)
					if err := putSpots(ctx, beside, store.Source{Origin: "east", Name: "y"}, moved, at(fmt.Sprint("new", w, i), 127.1, 37.1, false)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		want := slices.Sorted(maps.Keys(first))
		for range 6 {
			if got, err := inBox(ctx, d, "east", box, until, 7); err != nil || !slices.Equal(got, want) {
				t.Errorf("%d of %d: %v %v", len(got), len(want), got, err)
			}
		}
		wg.Wait()
		for _, b := range []geo.Box{box, {West: 127.5, South: 37.2, East: 127.55, North: 37.2}, {West: 127, South: 37, East: 127.02, North: 37.02}} {
			got, err := inBox(ctx, d, "east", b, 0, 9)
			if want, err2 := oneByOne(ctx, d, "east", b); err != nil || err2 != nil || !slices.Equal(got, want) {
				t.Errorf("%v: %v, one by one %v; %v %v", b, got, want, err, err2)
			}
		}
	})
}

// TestOlderRecordsGetTheirCells: a database that was filled before there were cells gives them to its records, part by part, and
// what is stored meanwhile has its own.
func TestOlderRecordsGetTheirCells(t *testing.T) {
	dbtest.EachAt(t, func(t *testing.T, at string) {
		ctx, name := t.Context(), at
		if db.IsURL(at) {
			name = dbtest.ServerEmpty(t)
		}
		box := geo.Box{West: 127, South: 37, East: 127.05, North: 37.05}
		if err := db.Fill(ctx, name, 17, time.Now, func(tx *db.Tx) error { return older(ctx, tx, 30) }); err != nil {
			t.Fatal(err)
		}
		d := dbtest.OpenAt(t, name)
		want, err := oneByOne(ctx, d, "east", box)
		if err != nil || len(want) < 5 {
			t.Fatalf("%v %v", want, err)
		}
		if err := putSpots(ctx, d, store.Source{Origin: "east", Name: "x"}, spot(0, 127.01, 37.01), spot(100, 127.01, 37.01), spot(7, 130, 40)); err != nil {
			t.Fatal(err)
		}
		for left, n := int64(1), 0; left > 0; n++ {
			if err := d.Update(ctx, func(tx *db.Tx) (err error) { left, err = store.GiveCells(ctx, tx, spotsOnly, 7); return err }); err != nil || n > 10 {
				t.Fatal(n, left, err)
			}
			if err := d.View(ctx, func(tx *db.Tx) error {
				still, err := store.Unplaced(ctx, tx)
				if still != left {
					t.Errorf("%d are left, it says %d", still, left)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := inBox(ctx, d, "east", box, 0, 4)
		want, err2 := oneByOne(ctx, d, "east", box)
		if err != nil || err2 != nil || !slices.Equal(got, want) || !slices.Contains(got, "k100") {
			t.Errorf("%v, one by one %v; %v %v", got, want, err, err2)
		}
	})
}

func spot(i int, lon, lat float64) record.Record { return at(fmt.Sprint("k", i), lon, lat, false) }

// older fills the tables of a version that knew no cells.
func older(ctx context.Context, tx *db.Tx, n int) error {
	for i := range n {
		r := at(fmt.Sprint("k", i), 127+float64(i)/100, 37+float64(i%6)/100, i%3 == 0)
		row := record.AppendRow(nil, spots, &r)
		sum := record.Sum(row)
		if _, err := tx.Exec(ctx, `INSERT INTO record (seq, dataset, version, origin, key, row, sum, first, known, source, gone) VALUES ($1, $2, 1, 'east', $3, $4, $5, 0, 0, 'x', 0)`,
			i+1, spots.Name, r.Key, row, sum[:]); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO counter (name, n) VALUES ('record', $1)`, n)
	return err
}
