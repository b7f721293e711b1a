// Package series keeps observations, ours and those that came: a tail of fresh ones as they came, and packed chunks of
// history. Of each series and time the latest value counts; what it has taken the place of is kept beside it. The package
// knows datasets only by their description.
package series

import (
	"cmp"
	"context"
	"slices"

	"accord/internal/db"
	"accord/record"
)

// A Source says where observations come from.
type Source struct {
	Origin string // the party whose observations they are
	Name   string // the file they were read from; empty for what came over a link
	Log    *int64 // the log and the entry that brought them, for what came over a link
	Index  *int64
	Late   bool // the entry was set aside so long that what came after it is packed
}

// A Count says what storing did with observations. One that is here with the same value is unchanged.
type Count struct {
	Fresh     int `json:"fresh"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// A Kept is one stored series. Its points are not read with it.
type Kept struct {
	ID      int64
	Dataset string
	Version int
	Origin  string
	record.Run
}

const keptColumns = `s.id, s.dataset, s.version, s.origin, s.key, s.field, s.step, s.place, s.simulated`

func (k *Kept) into(more ...any) []any {
	return append([]any{&k.ID, &k.Dataset, &k.Version, &k.Origin, &k.Key, &k.Field, (*string)(&k.Step), (*placeText)(&k.Place), (*flag)(&k.Simulated)}, more...)
}

// List returns the series of a dataset from an origin, in the order of their names.
func List(ctx context.Context, tx *db.Tx, dataset string, version int, origin string) (out []Kept, err error) {
	err = tx.Rows(ctx, `SELECT `+keptColumns+` FROM series s WHERE s.dataset = $1 AND s.version = $2 AND s.origin = $3`, []any{dataset, version, origin}, func(r db.Scanner) error {
		var k Kept
		err := r.Scan(k.into()...)
		out = append(out, k)
		return err
	})
	slices.SortFunc(out, func(a, b Kept) int { return a.Compare(b.Name) })
	return out, err
}

// Any says whether there is any series of a dataset from an origin.
func Any(ctx context.Context, tx *db.Tx, dataset, origin string) (bool, error) {
	var one int
	return tx.Row(ctx, `SELECT 1 FROM series WHERE dataset = $1 AND origin = $2 LIMIT 1`, []any{dataset, origin}, &one)
}

// Range returns the observations of a series from one time to another, both included, in the order of time.
func Range(ctx context.Context, tx *db.Tx, series, from, until int64) ([]record.Point, error) {
	blocks, err := overlapping(ctx, tx, []int64{series}, from, until)
	if err != nil {
		return nil, err
	}
	all, err := merge(blocks[series])
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for _, s := range all {
		if s.At >= from && s.At <= until {
			out = append(out, s)
		}
	}
	return points(out), nil
}

// Latest returns the last observation of a series; false when it has none.
func Latest(ctx context.Context, tx *db.Tx, series int64) (p record.Point, found bool, err error) {
	var last int64
	found, err = tx.Row(ctx, `SELECT last FROM (SELECT last FROM tail WHERE series = $1 UNION ALL SELECT last FROM chunk WHERE series = $1) x
		ORDER BY last DESC LIMIT 1`, []any{series}, &last)
	if err != nil || !found {
		return p, false, err
	}
	all, err := Range(ctx, tx, series, last, last)
	if err != nil || len(all) == 0 {
		return p, false, err
	}
	return all[len(all)-1], true, nil
}

// A block is one stored row of points: of the tail, or a chunk.
type block struct {
	seq      int64
	tail     bool
	log, idx int64 // of a row of the tail that came over a link; else -1
	body     []byte
}

// stamped is a point with the entry that brought it, where a row of the tail knows it.
type stamped struct {
	record.Point
	log, idx int64
}

// overlapping returns the stored rows of some series that reach into a span of time: chunks first, then the tail in the
// order in which it came.
func overlapping(ctx context.Context, tx *db.Tx, ids []int64, from, until int64) (map[int64][]block, error) {
	out := map[int64][]block{}
	for len(ids) > 0 {
		some := ids[:min(len(ids), tx.Many())]
		ids = ids[len(some):]
		among, args := db.Among(tx, 3, some)
		args = append([]any{from, until}, args...)
		add := func(query string, tail bool) error {
			return tx.Rows(ctx, query+` AND last >= $1 AND first <= $2`, args, func(r db.Scanner) error {
				b := block{tail: tail, log: -1, idx: -1}
				var id int64
				err := r.Scan(&id, &b.seq, &b.body, &b.log, &b.idx)
				out[id] = append(out[id], b)
				return err
			})
		}
		if err := add(`SELECT series, seq, body, -1, -1 FROM chunk WHERE series`+among, false); err != nil {
			return nil, err
		}
		if err := add(`SELECT series, seq, body, COALESCE(log, -1), COALESCE(idx, -1) FROM tail WHERE series`+among, true); err != nil {
			return nil, err
		}
	}
	for _, blocks := range out {
		slices.SortStableFunc(blocks, func(a, b block) int {
			if a.tail != b.tail {
				return map[bool]int{true: 1, false: -1}[a.tail]
			}
			return cmp.Compare(a.seq, b.seq)
		})
	}
	return out, nil
}

// merge puts the points of blocks into the order of time; where several blocks have one time, the later block counts.
func merge(blocks []block) ([]stamped, error) {
	var all []stamped
	var buf []record.Point
	for _, b := range blocks {
		var err error
		if buf, err = Unpack(buf[:0], b.body); err != nil {
			return nil, err
		}
		for _, p := range buf {
			all = append(all, stamped{p, b.log, b.idx})
		}
	}
	return latest(all), nil
}

// latest sorts by time and keeps of each time the one that stood last.
func latest(all []stamped) []stamped {
	slices.SortStableFunc(all, func(a, b stamped) int { return cmp.Compare(a.At, b.At) })
	out := all[:0]
	for _, s := range all {
		if n := len(out); n > 0 && out[n-1].At == s.At {
			out[n-1] = s
		} else {
			out = append(out, s)
		}
	}
	return out
}

func points(all []stamped) []record.Point {
	out := make([]record.Point, len(all))
	for i := range all {
		out[i] = all[i].Point
	}
	return out
}
