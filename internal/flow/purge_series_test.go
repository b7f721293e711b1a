package flow_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/link"
	"accord/internal/series"
	"accord/record"
)

// points are the values that count now of each of a partner's series, as key and hour.
func (c *city) points(origin string) (out []string) {
	c.Helper()
	c.update(func(tx *db.Tx) error {
		out = nil
		kept, err := series.List(c.Context(), tx, "environment/air", 1, origin)
		if err != nil {
			return err
		}
		for _, k := range kept {
			all, err := series.Range(c.Context(), tx, k.ID, 0, 1<<60)
			if err != nil {
				return err
			}
			for _, p := range all {
				out = append(out, fmt.Sprintf("%s %d %v", k.Key, p.At/3600e6, p.Value))
			}
		}
		return nil
	})
	return out
}

// airAgreed has both cities sign terms about a series, and returns what has east say values of it, an hour apart.
func airAgreed(t testing.TB, east, west *city) (say func(key string, from int, values ...float64)) {
	t.Helper()
	d, ok := all.Lookup("environment/air", 1)
	if !ok {
		t.Fatal("no such dataset")
	}
	const field = 0
	agree(t, east, west, []byte(strings.NewReplacer("safety/subsidence", d.Name, `["width"]`, fmt.Sprintf("[%q]", d.Fields[field].Name), "grid 250", "none").Replace(string(text("T1", terms())))))
	return func(key string, from int, values ...float64) {
		t.Helper()
		r := record.Run{Name: record.Name{Key: key, Field: field, Step: record.ByInstant}}
		for i, v := range values {
			r.Points = append(r.Points, record.Point{At: int64(from+i) * 3600e6, Value: v})
		}
		body, err := record.EncodeObservations(d, []record.Run{r})
		if err != nil {
			t.Fatal(err)
		}
		east.say(west, link.Waiting{Kind: exchange.KindObservations, Instrument: "T1", Clause: "C1", Subject: d.Name, Rows: len(values), Body: body})
		if got := east.carry(west); got.Applied != 1 {
			t.Fatalf("%+v", got)
		}
	}
}

// TestPurgeOfAnyObservations: whatever was said, corrected and packed before, after a purge there is what the entries that stay
// have said, in their order, and nothing else.
func TestPurgeOfAnyObservations(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		say := airAgreed(t, east, west)
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		r := rand.New(rand.NewPCG(seed, 0))
		type said struct {
			key    string
			from   int
			values []float64
		}
		var entries []said
		stays := map[int64]bool{}
		for i := range int64(24) {
			e := said{key: []string{"a", "b"}[r.IntN(2)], from: r.IntN(2000), values: make([]float64, 1+r.IntN(400))}
			for k := range e.values {
				e.values[k] = float64(r.IntN(50))
			}
			say(e.key, e.from, e.values...)
			entries, stays[i] = append(entries, e), true
			if r.IntN(4) == 0 {
				west.update(func(tx *db.Tx) error {
					_, err := series.Tidy(t.Context(), tx, series.Limit{Seq: 1 << 40})
					return err
				})
			}
		}
		for range 4 {
			var spans []exchange.Span
			for i := range int64(len(entries)) {
				if n := len(spans); stays[i] && r.IntN(4) == 0 && (n == 0 || spans[n-1][1] < i) {
					spans = append(spans, exchange.Span{i, i + 1})
					delete(stays, i)
				}
			}
			if spans == nil {
				continue
			}
			if err := east.flow.AskPurge(t.Context(), "west", "T1", spans, "x"); err != nil {
				t.Fatal(err)
			}
			east.carry(west)
			now := map[string]float64{}
			for i, e := range entries {
				for k, v := range e.values {
					if stays[int64(i)] {
						now[fmt.Sprintf("%s %d", e.key, e.from+k)] = v
					}
				}
			}
			var want []string
			for at, v := range now {
				want = append(want, fmt.Sprintf("%s %v", at, v))
			}
			slices.Sort(want)
			got := west.points("east")
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("after the purge of %v there are %d values, not %d", spans, len(got), len(want))
			}
		}
		equal(t, "set aside", west.asides())
		west.clean()
	})
}

// TestPurgeOfObservations: what an entry brought goes, also out of packed history; what others said of the same series
// stays, a value that was corrected is the corrected one, and one whose correction goes is what it was before.
func TestPurgeOfObservations(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		say := airAgreed(t, east, west)
		say("a", 10, 1, 2, 3)
		say("b", 10, 9)
		say("a", 11, 20) // corrects
		say("a", 12, 3, 4)
		equal(t, "before", west.points("east"), "a 10 1", "a 11 20", "a 12 3", "a 13 4", "b 10 9")
		west.update(func(tx *db.Tx) error {
			_, err := series.Tidy(t.Context(), tx, series.Limit{Seq: 1 << 40})
			return err
		})
		purge := func(s exchange.Span) {
			t.Helper()
			if err := east.flow.AskPurge(t.Context(), "west", "T1", []exchange.Span{s}, "x"); err != nil {
				t.Fatal(err)
			}
			east.carry(west)
			west.carry(east)
			east.clean()
			west.clean()
			equal(t, "set aside", append(east.asides(), west.asides()...))
		}
		purge(exchange.Span{2, 3}) // the correction
		equal(t, "without the correction", west.points("east"), "a 10 1", "a 11 2", "a 12 3", "a 13 4", "b 10 9")
		purge(exchange.Span{0, 1})
		equal(t, "without the first", west.points("east"), "a 12 3", "a 13 4", "b 10 9")
		purge(exchange.Span{1, 2})
		equal(t, "without b", west.points("east"), "a 12 3", "a 13 4")
		equal(t, "series", west.bodies(`SELECT key FROM series`), "a")
	})
}
