package series

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"accord/internal/db"
	"accord/record"
)

// A Fresh is one stored row of a series, with its points in Run.
type Fresh struct {
	Kept
	Seq     int64
	Damaged error // why its points cannot be read; nil when they are
}

// rowsPerLook is how many stored rows are read at once. Chunks made together have one number; there are fewer of them.
const rowsPerLook = 4000

// Newest is the highest number a row of the tail was ever given.
func Newest(ctx context.Context, tx *db.Tx) (seq int64, err error) {
	_, err = tx.Row(ctx, `SELECT n FROM counter WHERE name = 'tail'`, nil, &seq)
	return seq, err
}

// A Whose names the series that somebody follows.
type Whose struct {
	Dataset string
	Version int
	Origin  string
}

// After looks at rows after number seq, of the tail or packed since, of whatever dataset and origin, and returns those
// that are asked for in the order of their numbers: some limit points, or all of one number. upto is the number looked at
// last; seq when there was none.
func After(ctx context.Context, tx *db.Tx, w Whose, seq int64, limit int) (out []Fresh, upto int64, err error) {
	all, upto, err := look(ctx, tx, w, `seq > $1`, seq)
	if err != nil {
		return nil, seq, err
	}
	total := 0
	for i := range all {
		if total >= limit && all[i].Seq != all[i-1].Seq {
			return all[:i], all[i-1].Seq, nil
		}
		total += len(all[i].Points)
	}
	return all, upto, nil
}

// At returns the rows of one number.
func At(ctx context.Context, tx *db.Tx, w Whose, seq int64) ([]Fresh, error) {
	all, _, err := look(ctx, tx, w, `seq = $1`, seq)
	return all, err
}

// Rows returns the numbers of the stored rows that reach into the span of a run of somebody's series.
func Rows(ctx context.Context, tx *db.Tx, w Whose, r *record.Run) (seqs []int64, err error) {
	for _, table := range []string{"chunk", "tail"} {
		err := tx.Rows(ctx, `SELECT DISTINCT t.seq FROM `+table+` t JOIN series s ON s.id = t.series WHERE s.key = $1 AND s.field = $2 AND s.step = $3 AND s.simulated = $4
			AND s.dataset = $5 AND s.version = $6 AND s.origin = $7 AND t.last >= $8 AND t.first <= $9`,
			[]any{r.Key, r.Field, string(r.Step), number(r.Simulated), w.Dataset, w.Version, w.Origin, r.Points[0].At, r.Points[len(r.Points)-1].At}, func(row db.Scanner) error {
				var seq int64
				err := row.Scan(&seq)
				seqs = append(seqs, seq)
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return seqs, nil
}

// look reads rows of both tables in the order of their numbers. Where one table has more than is read at once, nothing
// behind its last number is returned. The bodies of others' rows are not read.
func look(ctx context.Context, tx *db.Tx, w Whose, which string, seq int64) (all []Fresh, upto int64, err error) {
	end, upto := int64(math.MaxInt64), seq
	for _, table := range []string{"chunk", "tail"} {
		n, last, before := 0, seq, seq
		err := tx.Rows(ctx, `SELECT `+keptColumns+`, t.seq, CASE WHEN s.dataset = $3 AND s.version = $4 AND s.origin = $5 THEN t.body END
			FROM `+table+` t JOIN series s ON s.id = t.series WHERE t.`+which+` ORDER BY t.seq LIMIT $2`,
			[]any{seq, rowsPerLook, w.Dataset, w.Version, w.Origin}, func(r db.Scanner) error {
				var f Fresh
				var body []byte
				if err := r.Scan(f.into(&f.Seq, &body)...); err != nil {
					return err
				}
				if n++; f.Seq != last {
					last, before = f.Seq, last
				}
				if body != nil {
					f.Points, f.Damaged = Unpack(nil, body)
					all = append(all, f)
				}
				return nil
			})
		if err != nil {
			return nil, seq, err
		}
		if n == rowsPerLook {
			if table == "chunk" {
				last = before // the last number may have more chunks
			}
			end = min(end, last)
		}
		upto = max(upto, last)
	}
	all = slices.DeleteFunc(all, func(f Fresh) bool { return f.Seq > end })
	slices.SortStableFunc(all, func(a, b Fresh) int { return cmp.Compare(a.Seq, b.Seq) })
	return all, min(upto, end), nil
}

// A Stored is one stored row, for who checks all of them.
type Stored struct {
	Kept
	Table       string // tail, chunk or replaced
	Seq         int64
	First, Last int64
	Rows        int
	Source      string
	Log, Index  int64 // -1 where it did not come over a link, or where it is not known any more
	Body        []byte
}

// Each calls f with every stored row.
func Each(ctx context.Context, tx *db.Tx, f func(*Stored) error) error {
	for _, q := range []struct{ table, source, log, idx string }{{"tail", "t.source", "COALESCE(t.log, -1)", "COALESCE(t.idx, -1)"}, {"chunk", "''", "-1", "-1"}, {"replaced", "''", "-1", "-1"}} {
		err := tx.Rows(ctx, `SELECT `+keptColumns+`, t.seq, t.first, t.last, t.rows, `+q.source+`, `+q.log+`, `+q.idx+`, t.body FROM `+q.table+` t JOIN series s ON s.id = t.series`, nil,
			func(r db.Scanner) error {
				s := Stored{Table: q.table}
				if err := r.Scan(s.into(&s.Seq, &s.First, &s.Last, &s.Rows, &s.Source, &s.Log, &s.Index, &s.Body)...); err != nil {
					return err
				}
				return f(&s)
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// Check says what does not hold of a stored row by itself. Its points are in Run afterwards.
func (s *Stored) Check() (err error) {
	if s.Points, err = Unpack(s.Points[:0], s.Body); err != nil {
		return err
	}
	n := len(s.Points)
	switch {
	case n == 0 || n != s.Rows:
		return fmt.Errorf("it says %d values and has %d", s.Rows, n)
	case s.Table != "replaced" && (s.Points[0].At != s.First || s.Points[n-1].At != s.Last):
		return fmt.Errorf("what is kept beside it is not what it holds")
	}
	return nil
}
