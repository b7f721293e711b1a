package series

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"accord/internal/db"
	"accord/record"
)

// A Writer stores observations of one dataset from one source within a transaction.
type Writer struct {
	Unchanged func(run, point int) // called for each observation that is here with the same value; may be nil

	Dataset *record.Dataset
	Source  Source
	Count   Count
}

// Put stores runs, none of which is there twice. Each run with something new becomes one row of the tail.
func (w *Writer) Put(ctx context.Context, tx *db.Tx, runs []record.Run) error {
	ids, fresh, err := w.identify(ctx, tx, runs)
	if err != nil {
		return err
	}
	have, err := w.present(ctx, tx, runs, ids, fresh)
	if err != nil {
		return err
	}
	var rows, late []row
	for i := range runs {
		news, old, err := w.compare(i, &runs[i], have[ids[i]])
		if err != nil {
			return err
		}
		if len(news) > 0 {
			rows = append(rows, row{series: ids[i], points: news})
		}
		if len(old) > 0 {
			late = append(late, row{series: ids[i], points: old})
		}
	}
	return w.append(ctx, tx, rows, late)
}

// A row is what is stored of one series at once.
type row struct {
	series int64
	points []record.Point
	body   []byte
}

// identify returns the number of each run's series, and makes those that are not there yet; fresh says which.
func (w *Writer) identify(ctx context.Context, tx *db.Tx, runs []record.Run) (ids []int64, fresh []bool, err error) {
	have, err := w.known(ctx, tx, runs)
	if err != nil {
		return nil, nil, err
	}
	ids, fresh = make([]int64, len(runs)), make([]bool, len(runs))
	var missing []int
	for i := range runs {
		k, ok := have[identity{runs[i].Name, runs[i].Simulated}]
		if !ok {
			missing = append(missing, i)
			continue
		}
		if ids[i] = k.ID; runs[i].Place.Known && k.Place != runs[i].Place {
			if _, err := tx.Exec(ctx, `UPDATE series SET place = $1 WHERE id = $2`, placeText(runs[i].Place).String(), k.ID); err != nil {
				return nil, nil, err
			}
		}
	}
	if len(missing) == 0 {
		return ids, fresh, nil
	}
	first, err := tx.Next(ctx, "series", len(missing))
	if err != nil {
		return nil, nil, err
	}
	for n, i := range missing {
		ids[i], fresh[i] = first+int64(n), true
	}
	err = tx.Bulk(ctx, "series", []string{"id", "dataset", "version", "origin", "key", "field", "step", "place", "simulated"}, len(missing), func(n int) []any {
		r := &runs[missing[n]]
		return []any{ids[missing[n]], w.Dataset.Name, w.Dataset.Version, w.Source.Origin, r.Key, r.Field, string(r.Step), placeText(r.Place).String(), number(r.Simulated)}
	})
	return ids, fresh, err
}

type identity struct {
	record.Name
	simulated bool
}

// known finds the series that the runs are of.
func (w *Writer) known(ctx context.Context, tx *db.Tx, runs []record.Run) (map[identity]Kept, error) {
	have := make(map[identity]Kept, len(runs))
	for left := keys(runs); len(left) > 0; {
		some := left[:min(len(left), tx.Many())]
		left = left[len(some):]
		among, args := db.Among(tx, 4, some)
		if err := tx.Rows(ctx, `SELECT `+keptColumns+` FROM series s WHERE s.dataset = $1 AND s.version = $2 AND s.origin = $3 AND s.key`+among,
			append([]any{w.Dataset.Name, w.Dataset.Version, w.Source.Origin}, args...), func(r db.Scanner) error {
				var k Kept
				err := r.Scan(k.into()...)
				have[identity{k.Name, k.Simulated}] = k
				return err
			}); err != nil {
			return nil, err
		}
	}
	return have, nil
}

func keys(runs []record.Run) (out []string) {
	for i := range runs {
		if i == 0 || runs[i].Key != runs[i-1].Key {
			out = append(out, runs[i].Key)
		}
	}
	return out
}

// present returns what is stored in the span of the runs, of those whose series was there before.
func (w *Writer) present(ctx context.Context, tx *db.Tx, runs []record.Run, ids []int64, fresh []bool) (map[int64][]block, error) {
	var old []int64
	var from, until int64
	for i := range runs {
		if fresh[i] {
			continue
		}
		p := runs[i].Points
		if old = append(old, ids[i]); len(old) == 1 {
			from, until = p[0].At, p[len(p)-1].At
		}
		from, until = min(from, p[0].At), max(until, p[len(p)-1].At)
	}
	return overlapping(ctx, tx, old, from, until)
}

// compare returns the points of a run that are new or changed, and those that a later entry has overtaken already.
func (w *Writer) compare(i int, r *record.Run, blocks []block) (news, late []record.Point, err error) {
	if len(blocks) == 0 {
		w.Count.Fresh += len(r.Points)
		return r.Points, nil, nil
	}
	have, err := merge(blocks)
	if err != nil {
		return nil, nil, err
	}
	for k, p := range r.Points {
		at, found := slices.BinarySearchFunc(have, p.At, func(s stamped, t int64) int { return cmp.Compare(s.At, t) })
		switch {
		case !found:
			w.Count.Fresh++
			news = append(news, p)
		case have[at].Point == p:
			w.Count.Unchanged++
			if w.Unchanged != nil {
				w.Unchanged(i, k)
			}
		case w.Source.before(have[at]):
			w.Count.Unchanged++
			late = append(late, p)
		default:
			w.Count.Changed++
			news = append(news, p)
		}
	}
	return news, late, nil
}

// before says whether what comes now came, by its place in the partner's log, before what is here: an entry that was set
// aside is applied late, and what a later one said stays. History does not say by which entry a value came: one that is
// very late takes the place of none there.
func (s *Source) before(have stamped) bool {
	return s.Log != nil && (have.log == *s.Log && have.idx > *s.Index || s.Late && have.log < 0)
}

// append stores rows at the end of the tail, and what came too late beside it.
func (w *Writer) append(ctx context.Context, tx *db.Tx, rows, late []row) error {
	if len(rows)+len(late) == 0 {
		return nil
	}
	first, err := tx.Next(ctx, "tail", len(rows)+len(late))
	if err != nil {
		return err
	}
	pack(rows)
	pack(late)
	known, source := db.Micros(tx.Now), strings.ToValidUTF8(w.Source.Name, "\uFFFD")
	args := make([]any, 10)
	if err := tx.Bulk(ctx, "tail", []string{"seq", "series", "first", "last", "rows", "known", "source", "log", "idx", "body"}, len(rows), func(i int) []any {
		r := &rows[i]
		args = append(args[:0], first+int64(i), r.series, r.points[0].At, r.points[len(r.points)-1].At, len(r.points), known, source, w.Source.Log, w.Source.Index, r.body)
		return args
	}); err != nil {
		return err
	}
	return keepReplaced(ctx, tx, late, func(i int) int64 { return first + int64(len(rows)+i) })
}

// pack packs the points of each row.
func pack(rows []row) {
	for i := range rows {
		rows[i].body = Pack(nil, rows[i].points)
	}
}

// keepReplaced keeps values that others have taken the place of.
func keepReplaced(ctx context.Context, tx *db.Tx, rows []row, seq func(i int) int64) error {
	return tx.Bulk(ctx, "replaced", []string{"series", "seq", "first", "last", "rows", "body"}, len(rows), func(i int) []any {
		r := &rows[i]
		return []any{r.series, seq(i), r.points[0].At, r.points[len(r.points)-1].At, len(r.points), r.body}
	})
}
