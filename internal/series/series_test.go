package series_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/series"
	"accord/record"
)

func air(tb testing.TB) *record.Dataset {
	tb.Helper()
	d, ok := all.Lookup("environment/air", 1)
	if !ok {
		tb.Fatal("no such dataset")
	}
	return d
}

const hour = 3600e6

// run is values of a station's first quantity, one an hour from hour from on.
func run(key string, from int, values ...float64) record.Run {
	r := record.Run{Name: record.Name{Key: key, Step: record.ByInstant}}
	for i, v := range values {
		r.Points = append(r.Points, record.Point{At: int64(from+i) * hour, Value: v})
	}
	return r
}

func put(tb testing.TB, d *db.DB, source series.Source, runs ...record.Run) (c series.Count) {
	tb.Helper()
	err := d.Update(context.Background(), func(tx *db.Tx) error {
		w := series.Writer{Dataset: air(tb), Source: source}
		err := w.Put(context.Background(), tx, runs)
		c = w.Count
		return err
	})
	if err != nil {
		tb.Error(err)
	}
	return c
}

var here = series.Source{Origin: "here"}

// values reads everything that counts now, by station and hour.
func values(tb testing.TB, d *db.DB) map[string]float64 {
	tb.Helper()
	out := map[string]float64{}
	err := d.View(context.Background(), func(tx *db.Tx) error {
		kept, err := series.List(context.Background(), tx, "environment/air", 1, "here")
		for _, k := range kept {
			if err != nil {
				return err
			}
			var points []record.Point
			points, err = series.Range(context.Background(), tx, k.ID, -1<<62, 1<<62)
			if !slices.IsSortedFunc(points, func(a, b record.Point) int { return int(a.At - b.At) }) {
				tb.Errorf("%s is not in the order of time", k.Key)
			}
			for _, p := range points {
				out[fmt.Sprintf("%s %d", k.Key, p.At/hour)] = p.Value
			}
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// versions counts every stored value, also those that do not count any more, by station, hour and value; what is stored
// must hold by itself.
func versions(tb testing.TB, d *db.DB) map[string]int {
	tb.Helper()
	out := map[string]int{}
	if err := d.View(context.Background(), func(tx *db.Tx) error {
		return series.Each(context.Background(), tx, func(s *series.Stored) error {
			if err := s.Check(); err != nil {
				tb.Errorf("%s %d: %v", s.Table, s.Seq, err)
			}
			for _, p := range s.Points {
				out[fmt.Sprintf("%s %d %g", s.Key, p.At/hour, p.Value)]++
			}
			return nil
		})
	}); err != nil {
		tb.Fatal(err)
	}
	return out
}

func tidy(tb testing.TB, d *db.DB, limit series.Limit) (moved int) {
	tb.Helper()
	if err := d.Update(context.Background(), func(tx *db.Tx) (err error) {
		moved, err = series.Tidy(context.Background(), tx, limit)
		return err
	}); err != nil {
		tb.Fatal(err)
	}
	return moved
}

var everything = series.Limit{Seq: 1 << 62, Few: 1}

func TestPutKeepsEveryValue(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for i, c := range []struct {
			runs []record.Run
			want series.Count
		}{
			{[]record.Run{run("a", 0, 1, 2, 3), run("b", 0, 10)}, series.Count{Fresh: 4}},
			{[]record.Run{run("a", 0, 1, 2, 3), run("b", 0, 10)}, series.Count{Unchanged: 4}},
			{[]record.Run{run("a", 2, 3, 4, 5)}, series.Count{Fresh: 2, Unchanged: 1}},
			{[]record.Run{run("a", -2, 7, 8)}, series.Count{Fresh: 2}}, // late
			{[]record.Run{run("a", 1, 20)}, series.Count{Changed: 1}},
			{[]record.Run{run("a", 1, 2)}, series.Count{Changed: 1}}, // back again
		} {
			if got := put(t, d, here, c.runs...); got != c.want {
				t.Errorf("%d: %+v, want %+v", i, got, c.want)
			}
		}
		now := map[string]float64{"a -2": 7, "a -1": 8, "a 0": 1, "a 1": 2, "a 2": 3, "a 3": 4, "a 4": 5, "b 0": 10}
		all := map[string]int{"a -2 7": 1, "a -1 8": 1, "a 0 1": 1, "a 1 2": 2, "a 1 20": 1, "a 2 3": 1, "a 3 4": 1, "a 4 5": 1, "b 0 10": 1}
		for _, when := range []string{"in the tail", "packed", "packed again"} {
			if got := values(t, d); !maps.Equal(got, now) {
				t.Errorf("%s: %v, want %v", when, got, now)
			}
			if got := versions(t, d); !maps.Equal(got, all) {
				t.Errorf("%s, with what was replaced: %v, want %v", when, got, all)
			}
			if got := put(t, d, here, run("a", -2, 7, 8, 1, 2, 3, 4, 5)); got != (series.Count{Unchanged: 7}) {
				t.Errorf("%s: %+v", when, got)
			}
			if n := tidy(t, d, everything); (n > 0) != (when == "in the tail") {
				t.Errorf("%s: %d rows were moved", when, n)
			}
		}
		put(t, d, here, run("a", 3, 40))
		tidy(t, d, everything)
		now["a 3"] = 40
		if got := values(t, d); !maps.Equal(got, now) {
			t.Errorf("changed after packing: %v", got)
		}
		if err := d.View(t.Context(), func(tx *db.Tx) error {
			p, found, err := series.Latest(t.Context(), tx, 1)
			if !found || p.Value != 5 {
				t.Errorf("latest is %v, %v", p, found)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestSimulatedIsAnotherSeries: what a generator made never mixes with what was measured.
func TestSimulatedIsAnotherSeries(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		made := run("a", 0, 5)
		made.Simulated = true
		if a, b := put(t, d, here, run("a", 0, 1)), put(t, d, here, made); a.Fresh != 1 || b.Fresh != 1 {
			t.Errorf("%+v %+v", a, b)
		}
	})
}

// TestManyProcesses has eight processes store the same and different observations while two others pack, some of them in
// vain: what is undone leaves no trace. Every value is counted once.
func TestManyProcesses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const writers, rounds, per = 8, 12, 40
		var mu sync.Mutex
		var sum series.Count
		var wg, packers sync.WaitGroup
		done := make(chan struct{})
		for range 2 {
			d := dbtest.Beside(t, d)
			packers.Go(func() { packUntil(t, d, done) })
		}
		for w := range writers {
			d := dbtest.Beside(t, d)
			wg.Go(func() {
				for i := range rounds {
					own, shared := make([]float64, per), make([]float64, per)
					for k := range own {
						own[k], shared[k] = float64(w*rounds+i), float64(i)
					}
					c := put(t, d, here, run(fmt.Sprintf("own %d", w), i*per/2, own...), run("shared", i*per, shared...))
					mu.Lock()
					sum.Fresh, sum.Changed, sum.Unchanged = sum.Fresh+c.Fresh, sum.Changed+c.Changed, sum.Unchanged+c.Unchanged
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		close(done)
		packers.Wait()
		for tidy(t, d, everything) > 0 {
		}
		fresh := writers*(rounds+1)*per/2 + rounds*per
		if sum.Fresh != fresh || sum.Fresh+sum.Changed+sum.Unchanged != writers*rounds*per*2 || len(values(t, d)) != fresh {
			t.Errorf("%+v, %d values; %d are fresh", sum, len(values(t, d)), fresh)
		}
		total := 0
		for _, n := range versions(t, d) {
			total += n
		}
		if total != sum.Fresh+sum.Changed {
			t.Errorf("%d versions are stored of %+v", total, sum)
		}
		for w := range writers {
			if got := values(t, d)[fmt.Sprintf("own %d %d", w, (rounds-1)*per/2)]; got != float64(w*rounds+rounds-1) {
				t.Errorf("the last word of writer %d is %g", w, got)
			}
		}
	})
}

// packUntil packs again and again; every other time its transaction is undone, as one is when the process is killed.
func packUntil(t *testing.T, d *db.DB, done <-chan struct{}) {
	killed := errors.New("killed")
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
		}
		err := d.Update(context.Background(), func(tx *db.Tx) error {
			if _, err := series.Tidy(context.Background(), tx, everything); err != nil {
				return err
			}
			if i%2 == 0 {
				return killed
			}
			return nil
		})
		if err != nil && !errors.Is(err, killed) {
			t.Error(err)
			return
		}
	}
}

// TestLateEntry: an entry that was set aside and is applied after a later one does not undo what that one said, and both are
// kept.
func TestLateEntry(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := int64(7)
		from := func(i int64) series.Source { return series.Source{Origin: "here", Log: &log, Index: &i} }
		put(t, d, from(5), run("a", 0, 5, 5))
		if c := put(t, d, from(3), run("a", 0, 3), run("b", 0, 3)); c != (series.Count{Fresh: 1, Unchanged: 1}) {
			t.Errorf("%+v", c)
		}
		if c := put(t, d, from(6), run("a", 1, 6)); c != (series.Count{Changed: 1}) {
			t.Errorf("%+v", c)
		}
		for _, when := range []string{"in the tail", "packed"} {
			if got, want := values(t, d), (map[string]float64{"a 0": 5, "a 1": 6, "b 0": 3}); !maps.Equal(got, want) {
				t.Errorf("%s: %v", when, got)
			}
			if got, want := versions(t, d), (map[string]int{"a 0 5": 1, "a 0 3": 1, "a 1 5": 1, "a 1 6": 1, "b 0 3": 1}); !maps.Equal(got, want) {
				t.Errorf("%s: %v", when, got)
			}
			tidy(t, d, everything)
		}
	})
}

// TestFollow: whoever reads by number sees each row once and in order, whether it was packed before or not.
func TestFollow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for i := range 30 {
			put(t, d, here, run(fmt.Sprint("s", i%3), i*100, make([]float64, 100)...))
			put(t, d, series.Source{Origin: "elsewhere"}, run("s", i, 1))
			if i == 14 {
				tidy(t, d, series.Limit{Seq: 20, Few: 1})
			}
		}
		who := series.Whose{Dataset: "environment/air", Version: 1, Origin: "here"}
		seen, seq, last := map[string]int{}, int64(0), int64(0)
		for {
			var rows []series.Fresh
			if err := d.View(t.Context(), func(tx *db.Tx) (err error) {
				rows, seq, err = series.After(t.Context(), tx, who, seq, 250)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if seq == last {
				break
			}
			last = seq
			for _, r := range rows {
				for _, p := range r.Points {
					seen[fmt.Sprint(r.Key, p.At/hour)]++
				}
			}
		}
		if len(seen) != 3000 {
			t.Errorf("%d observations are seen", len(seen))
		}
		for what, n := range seen {
			if n != 1 {
				t.Errorf("%s is seen %d times", what, n)
			}
		}
	})
}

// TestTidyWaits: what somebody still has to look at as it is, and what a late entry may come before, stays in the tail.
func TestTidyWaits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log, i := int64(3), int64(9)
		put(t, d, here, run("a", 0, 1))
		put(t, d, here, run("a", 1, 2))
		put(t, d, series.Source{Origin: "here", Log: &log, Index: &i}, run("b", 0, 3))
		for what, limit := range map[string]series.Limit{
			"not looked at": {Few: 1}, "held": {Seq: 2, Few: 1, Held: map[int64]bool{1: true}}, "few": {Seq: 3, Few: 3},
			"late": {Seq: 3, Few: 1, Held: map[int64]bool{1: true}, Idx: map[int64]int64{3: 9}},
		} {
			if n := tidy(t, d, limit); n != 0 {
				t.Errorf("%s: %d rows were packed", what, n)
			}
		}
		if n := tidy(t, d, series.Limit{Seq: 3, Few: 1, Idx: map[int64]int64{3: 10}}); n != 3 {
			t.Errorf("%d rows were packed", n)
		}
	})
}

// TestVeryLateEntry: an entry that packing has not waited for adds what is not there and changes no value of history; what
// it would have changed is kept as replaced.
func TestVeryLateEntry(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log, before, after := int64(3), int64(4), int64(5)
		put(t, d, series.Source{Origin: "here", Log: &log, Index: &after}, run("a", 0, 1))
		if n := tidy(t, d, series.Limit{Seq: 1, Few: 1}); n != 1 {
			t.Fatalf("%d rows were packed", n)
		}
		late := series.Source{Origin: "here", Log: &log, Index: &before, Late: true}
		if c := put(t, d, late, run("a", 0, 2, 3)); c != (series.Count{Fresh: 1, Unchanged: 1}) {
			t.Errorf("%+v", c)
		}
		if got := values(t, d); len(got) != 2 || got["a 0"] != 1 || got["a 1"] != 3 {
			t.Errorf("%v", got)
		}
		if got := versions(t, d); len(got) != 3 || got["a 0 2"] != 1 {
			t.Errorf("%v", got)
		}
	})
}
