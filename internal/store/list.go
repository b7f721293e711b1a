package store

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"accord/internal/db"
)

// A Slice says which records of a dataset from one origin are listed: those that were current when Until was the newest
// number, so that pages hold still while others write. The newest time comes first.
type Slice struct {
	Dataset, Origin string
	Until           int64 // see Newest
	From, To        int64 // bounds on the first moment of the record's time, both included; AllFrom and AllTo are none
	After           *Mark // the last record of the page before; nil for the first page
}

// AllFrom and AllTo are the bounds of a Slice that leave nothing out.
const (
	AllFrom = math.MinInt64
	AllTo   = math.MaxInt64
)

// A Mark is the place of a record in the list.
type Mark struct{ First, Seq int64 }

// A Listed is a version of a record with what is known about its coming.
type Listed struct {
	Stored
	First      int64     // first moment of its time
	Known      time.Time // when it was stored here
	Source     string    // the file it was read from; of a version that is gone, why
	Log, Index int64     // the log and the entry that brought it first; -1 where it did not come over a link
	Withdrawn  bool      // of a version that is gone: its owner took it back; else it was deleted here
}

const listedColumns = `seq, version, key, row, gone, first, known, source, COALESCE(log, -1), COALESCE(idx, -1)`

func scanListed(r db.Scanner) (l Listed, err error) {
	var known int64
	var gone int
	err = r.Scan(&l.Seq, &l.Version, &l.Key, &l.Row, &gone, &l.First, &known, &l.Source, &l.Log, &l.Index)
	l.Gone, l.Withdrawn, l.Known = gone > 0, gone == withdrawn, db.Time(known)
	return l, err
}

// List returns at most limit records of a slice, in its order.
func List(ctx context.Context, tx *db.Tx, s Slice, limit int) (out []Listed, err error) {
	after := Mark{math.MaxInt64, math.MaxInt64}
	if s.After != nil {
		after = *s.After
	}
	// What is current still, and the little that was replaced since.
	for _, which := range []string{`successor IS NULL`, `successor > $3`} {
		err := tx.Rows(ctx, `SELECT `+listedColumns+` FROM record WHERE dataset = $1 AND origin = $2 AND seq <= $3 AND gone = 0 AND `+which+`
			AND first >= $4 AND first <= $5 AND (first, seq) < ($6, $7) ORDER BY first DESC, seq DESC LIMIT $8`,
			[]any{s.Dataset, s.Origin, s.Until, s.From, s.To, after.First, after.Seq, limit}, func(r db.Scanner) error {
				l, err := scanListed(r)
				out = append(out, l)
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b Listed) int { return b.Mark().Compare(a.Mark()) })
	return out[:min(len(out), limit)], nil
}

// Mark is the record's place in the list.
func (l *Listed) Mark() Mark { return Mark{l.First, l.Seq} }

// Compare orders marks from old to new.
func (m Mark) Compare(o Mark) int {
	return cmp.Or(cmp.Compare(m.First, o.First), cmp.Compare(m.Seq, o.Seq))
}

// A Span says how much is here of a dataset from one origin, and from when until when.
type Span struct {
	Records     int64
	First, Last int64 // first moments of the earliest and the latest record with a time
}

// SpanOf returns the span of the current records of a dataset and origin.
func SpanOf(ctx context.Context, tx *db.Tx, dataset, origin string) (s Span, err error) {
	if _, err = tx.Row(ctx, `SELECT COUNT(*) FROM record WHERE dataset = $1 AND origin = $2 AND successor IS NULL AND gone = 0`, []any{dataset, origin}, &s.Records); err != nil || s.Records == 0 {
		return s, err
	}
	for _, end := range []struct {
		order string
		into  *int64
	}{{"", &s.First}, {" DESC", &s.Last}} {
		_, err = tx.Row(ctx, `SELECT first FROM record WHERE dataset = $1 AND origin = $2 AND successor IS NULL AND gone = 0 AND first > $3 ORDER BY first`+end.order+` LIMIT 1`,
			[]any{dataset, origin, Timeless}, end.into)
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// Timeless is below the first moment of every record that has a time.
var Timeless = db.Micros(time.Date(999, 1, 1, 0, 0, 0, 0, time.UTC))

const dayMicros = 24 * 3600 * 1_000_000

// PerDay counts current records whose time begins between two moments, by the day since 1970 on which it does, counted in UTC
// after shift microseconds were added.
func PerDay(ctx context.Context, tx *db.Tx, dataset, origin string, from, to, shift int64) (map[int64]int64, error) {
	out := map[int64]int64{}
	// The division rounds toward zero: a thousand years are added and taken off again, so that days before 1970 are whole too.
	const ahead = 365_243
	err := tx.Rows(ctx, `SELECT (first + $5) / $6, COUNT(*) FROM record WHERE dataset = $1 AND origin = $2 AND successor IS NULL AND gone = 0 AND first >= $3 AND first <= $4 GROUP BY 1`,
		[]any{dataset, origin, max(from, Timeless), to, shift + ahead*dayMicros, int64(dayMicros)}, func(r db.Scanner) error {
			var day, n int64
			err := r.Scan(&day, &n)
			out[day-ahead] = n
			return err
		})
	return out, err
}

// Versions returns the versions of a record, the newest first, at most limit.
func Versions(ctx context.Context, tx *db.Tx, dataset, origin, key string, limit int) (out []Listed, err error) {
	var seq int64
	found, err := tx.Row(ctx, `SELECT seq FROM record WHERE dataset = $1 AND origin = $2 AND key = $3 AND successor IS NULL`, []any{dataset, origin, key}, &seq)
	if err != nil || !found {
		return nil, err
	}
	level := []int64{seq}
	for len(level) > 0 && len(out) < limit {
		now := level[0]
		level = level[1:]
		err := tx.Rows(ctx, `SELECT `+listedColumns+` FROM record WHERE seq = $1`, []any{now}, func(r db.Scanner) error {
			l, err := scanListed(r)
			out = append(out, l)
			return err
		})
		if err != nil {
			return nil, err
		}
		err = tx.Rows(ctx, `SELECT seq FROM record WHERE successor = $1 ORDER BY seq DESC`, []any{now}, func(r db.Scanner) error {
			var before int64
			err := r.Scan(&before)
			level = append(level, before)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b Listed) int { return cmp.Compare(b.Seq, a.Seq) })
	return out, nil
}

// Bringers are the entries that brought a version, the first one first, as log and index.
func Bringers(ctx context.Context, tx *db.Tx, seq int64) (out [][2]int64, err error) {
	err = tx.Rows(ctx, `SELECT log, idx FROM record WHERE seq = $1 AND log IS NOT NULL UNION SELECT log, idx FROM record_also WHERE seq = $1 ORDER BY 1, 2`, []any{seq}, func(r db.Scanner) error {
		var at [2]int64
		err := r.Scan(&at[0], &at[1])
		out = append(out, at)
		return err
	})
	return out, err
}

// Origins are the parties of whom there are records of a dataset. Each is found by itself, without reading what lies between.
func Origins(ctx context.Context, tx *db.Tx, dataset string) (out []string, err error) {
	last := ""
	for {
		var next string
		found, err := tx.Row(ctx, `SELECT origin FROM record WHERE dataset = $1 AND origin > $2 AND successor IS NULL AND gone = 0 ORDER BY origin LIMIT 1`, []any{dataset, last}, &next)
		if err != nil || !found {
			return out, err
		}
		out = append(out, next)
		last = next
	}
}
