package shelf

import (
	"context"
	"fmt"
	"slices"
	"time"

	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/series"
	"accord/internal/store"
	"accord/record"
)

// A Held says what is here of a dataset from one party.
type Held struct {
	Party       string
	Records     int64     // records, or values of series
	Series      int       // series, for a dataset of series
	First, Last time.Time // of the earliest and the latest; zero where no time is known
	Simulated   Share     // of the newest ones
}

// A Share says of how many it is true.
type Share struct{ N, Of int }

// All and None say so; with neither it is true of some.
func (s Share) All() bool { return s.N == s.Of && s.Of > 0 }

// None says that it is true of none.
func (s Share) None() bool { return s.N == 0 }

// sampled is how many of the newest records are looked at to say what a dataset is like.
const sampled = 200

// Held returns what is here of a dataset, a line a party. It says how much, not what: everybody who may look at datasets may
// know it.
func (s *Shelf) Held(ctx context.Context, d *record.Dataset) ([]Held, error) {
	return remember(ctx, s, "held "+d.Name, func() ([]Held, error) { return s.held(ctx, d) })
}

func (s *Shelf) held(ctx context.Context, d *record.Dataset) (out []Held, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if d.Kind == record.Series {
			out, err = s.heldSeries(ctx, tx, d)
		} else {
			out, err = s.heldRecords(ctx, tx, d)
		}
		return err
	})
	return out, err
}

func (s *Shelf) heldRecords(ctx context.Context, tx *db.Tx, d *record.Dataset) (out []Held, err error) {
	origins, err := store.Origins(ctx, tx, d.Name)
	if err != nil {
		return nil, err
	}
	for _, o := range origins {
		span, err := store.SpanOf(ctx, tx, d.Name, o)
		if err != nil {
			return nil, err
		}
		h := Held{Party: o, Records: span.Records}
		if span.First != 0 || span.Last != 0 {
			h.First, h.Last = db.Time(span.First), db.Time(span.Last)
		}
		newest, err := s.newest(ctx, tx, d.Name, o, 50)
		if err != nil {
			return nil, err
		}
		for i := range newest {
			h.Simulated.Of++
			if newest[i].Simulated {
				h.Simulated.N++
			}
		}
		out = append(out, h)
	}
	return out, nil
}

func (s *Shelf) newest(ctx context.Context, tx *db.Tx, dataset, origin string, n int) (out []record.Record, err error) {
	at, err := store.Newest(ctx, tx)
	if err != nil {
		return nil, err
	}
	list, err := store.List(ctx, tx, store.Slice{Dataset: dataset, Origin: origin, Until: at, From: store.AllFrom, To: store.AllTo}, n)
	for _, l := range list {
		d, ok := s.Lookup(dataset, l.Version)
		if !ok {
			continue
		}
		var r record.Record
		if err := record.ParseRow(d, l.Row, &r); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, err
}

func (s *Shelf) heldSeries(ctx context.Context, tx *db.Tx, d *record.Dataset) (out []Held, err error) {
	all, err := series.Extents(ctx, tx, d.Name)
	at := map[string]int{}
	for _, e := range all {
		i, ok := at[e.Origin]
		if !ok {
			i = len(out)
			at[e.Origin] = i
			out = append(out, Held{Party: e.Origin, First: db.Time(e.First)})
		}
		h := &out[i]
		h.Series++
		h.Records += e.Values
		h.Simulated.Of++
		if e.Simulated {
			h.Simulated.N++
		}
		if t := db.Time(e.First); t.Before(h.First) {
			h.First = t
		}
		if t := db.Time(e.Last); t.After(h.Last) {
			h.Last = t
		}
	}
	return out, err
}

// A Given says of how many of a party's newest records a field is known, place and time among them.
type Given struct {
	Party       string
	Of          int
	Fields      []int // by the dataset's fields
	When, Place int
	Exact       int // of the places, how many are exact
}

// Given looks at the newest records of each party, as the reader sees them: what one city gives and the other does not
// cannot be compared.
func (s *Shelf) Given(ctx context.Context, d *record.Dataset, sight Sight) (out []Given, err error) {
	var origins []string
	if err = s.DB.View(ctx, func(tx *db.Tx) error { origins, err = store.Origins(ctx, tx, d.Name); return err }); err != nil {
		return nil, err
	}
	for _, o := range origins {
		g := Given{Party: o, Fields: make([]int, len(d.Fields))}
		var page *Page
		err := s.DB.View(ctx, func(tx *db.Tx) error {
			page, err = s.page(ctx, tx, d.Name, Filter{Party: o}, sight, sampled, 2*sampled)
			return err
		})
		if err != nil {
			return nil, err
		}
		for i := range page.Rows {
			g.add(d, &page.Rows[i])
		}
		out = append(out, g)
	}
	return out, nil
}

func (g *Given) add(d *record.Dataset, row *Row) {
	g.Of++
	for i := range d.Fields {
		if at := row.Dataset.Index(d.Fields[i].Name); !row.Record.Value(at).IsAbsent() {
			g.Fields[i]++
		}
	}
	if !row.Record.When.IsZero() {
		g.When++
	}
	if row.Record.Place.Known {
		g.Place++
		if row.Record.Place.Grid == 0 {
			g.Exact++
		}
	}
}

// Months counts records by party and month, from the month of one day to that of another. A month begins at the place of
// this node.
func (s *Shelf) Months(ctx context.Context, dataset string, from, until date.Day) (map[string]map[date.Day]int64, error) {
	return remember(ctx, s, fmt.Sprint("months ", dataset, from, until), func() (map[string]map[date.Day]int64, error) { return s.months(ctx, dataset, from, until) })
}

func (s *Shelf) months(ctx context.Context, dataset string, from, until date.Day) (out map[string]map[date.Day]int64, err error) {
	out = map[string]map[date.Day]int64{}
	lo, hi := from.Time(), until.AddDays(1).Time()
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		clear(out)
		origins, err := store.Origins(ctx, tx, dataset)
		if err != nil {
			return err
		}
		for _, o := range origins {
			// A bare date begins at UTC+14: with these hours added, every time lies on the day that it was in the zones from there to UTC.
			const shift = 14 * 3600 * 1_000_000
			days, err := store.PerDay(ctx, tx, dataset, o, db.Micros(lo)-shift, db.Micros(hi)-shift-1, shift)
			if err != nil {
				return err
			}
			out[o] = map[date.Day]int64{}
			for day, n := range days {
				t := time.Unix(day*86400, 0).UTC()
				out[o][date.NewDay(t.Year(), t.Month(), 1)] += n
			}
		}
		return nil
	})
	return out, err
}

// Spots are the newest records of a party that have a place or an outline, at most n. More says that there are others.
func (s *Shelf) Spots(ctx context.Context, dataset string, f Filter, sight Sight, n int) (out []Row, more bool, err error) {
	var page *Page
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		page, err = s.page(ctx, tx, dataset, f, sight, n, n)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	for _, row := range page.Rows {
		if row.Record.Place.Known || slices.ContainsFunc(row.Record.Values, func(v record.Value) bool { return v.Type == record.Geometry && !v.IsAbsent() }) {
			out = append(out, row)
		}
	}
	return out, page.After != nil, nil
}
