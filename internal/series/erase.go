package series

import (
	"context"

	"accord/internal/db"
	"accord/record"
)

// A Stretch is a piece of the time of one series, both ends included.
type Stretch struct{ From, Until int64 }

// Holds says whether a time lies in it.
func (s Stretch) Holds(at int64) bool { return at >= s.From && at <= s.Until }

// Clear removes every value of the series that the runs are of in a stretch of time around each run, and the series themselves
// where nothing is left of them. Blocks do not know any more which entry brought what: to erase what some entries brought, the
// caller clears around it and puts the other entries' observations in that stretch again. It is as wide as the blocks that
// reach into it. A run whose series is not here has none.
func (w *Writer) Clear(ctx context.Context, tx *db.Tx, runs []record.Run) ([]Stretch, error) {
	have, err := w.known(ctx, tx, runs)
	if err != nil {
		return nil, err
	}
	out := make([]Stretch, len(runs))
	for i := range runs {
		k, ok := have[identity{runs[i].Name, runs[i].Simulated}]
		if p := runs[i].Points; !ok {
			out[i] = Stretch{1, 0}
			continue
		} else if out[i], err = widest(ctx, tx, k.ID, Stretch{p[0].At, p[len(p)-1].At}); err != nil {
			return nil, err
		}
		for _, q := range []string{`DELETE FROM replaced WHERE series = $1 AND last >= $2 AND first <= $3`, `DELETE FROM chunk WHERE series = $1 AND last >= $2 AND first <= $3`,
			`DELETE FROM tail WHERE series = $1 AND last >= $2 AND first <= $3`} {
			if _, err := tx.Exec(ctx, q, k.ID, out[i].From, out[i].Until); err != nil {
				return nil, err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM series WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM tail WHERE series = $1)
			AND NOT EXISTS (SELECT 1 FROM chunk WHERE series = $1) AND NOT EXISTS (SELECT 1 FROM replaced WHERE series = $1)`, k.ID); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// widest makes a stretch of a series so wide that every block lies within it or outside of it.
func widest(ctx context.Context, tx *db.Tx, id int64, s Stretch) (Stretch, error) {
	for {
		before := s
		for _, table := range []string{"replaced", "chunk", "tail"} {
			var first, last int64
			if _, err := tx.Row(ctx, `SELECT COALESCE(MIN(first), $2), COALESCE(MAX(last), $3) FROM `+table+` WHERE series = $1 AND last >= $2 AND first <= $3`,
				[]any{id, s.From, s.Until}, &first, &last); err != nil {
				return s, err
			}
			s = Stretch{min(s.From, first), max(s.Until, last)}
		}
		if s == before {
			return s, nil
		}
	}
}
