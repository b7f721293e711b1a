package flow

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"accord/internal/db"
	"accord/internal/gate"
	"accord/internal/link"
	"accord/internal/series"
	"accord/record"
)

// whose names the series a turn follows: those of this city.
func (t *turn) whose() series.Whose {
	return series.Whose{Dataset: t.dataset.Name, Version: t.dataset.Version, Origin: t.flow.self}
}

// pendingSeries says whether there are observations the permission has not looked at, or whose delay is over.
func (t *turn) pendingSeries(ctx context.Context, tx *db.Tx) (bool, error) {
	var seen int64
	if _, err := tx.Row(ctx, `SELECT seen FROM flow WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4`, t.key(), &seen); err != nil {
		return false, err
	}
	if newest, err := series.Newest(ctx, tx); err != nil || newest > seen {
		return newest > seen, err
	}
	var one int
	return tx.Row(ctx, `SELECT 1 FROM held_series WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4 AND due <= $5 LIMIT 1`, t.key(db.Micros(now(tx))), &one)
}

// doSeries looks at some fresh observations in one transaction.
func (t *turn) doSeries(ctx context.Context) (offered int, err error) {
	err = t.flow.db.Update(ctx, func(tx *db.Tx) error {
		offered = 0
		out := &outgoing{}
		if err := t.takeSeries(ctx, tx, out); err != nil {
			return err
		}
		for _, simulated := range []bool{false, true} { // never both in one batch: they may be of one name
			leaves, waits := out.leaves.runs(simulated), out.waits.runs(simulated)
			offered += count(leaves) + count(waits)
			if err := t.batchRuns(leaves, func(body []byte, n int) error { return t.leave(ctx, tx, body, n) }); err != nil {
				return err
			}
			if err := t.batchRuns(waits, func(body []byte, n int) error { return t.wait(ctx, tx, body, n) }); err != nil {
				return err
			}
		}
		return nil
	})
	return offered, err
}

// takeSeries takes the next observations through the gate, those that are due first, and moves the mark past them.
func (t *turn) takeSeries(ctx context.Context, tx *db.Tx, out *outgoing) error {
	seen, err := t.mark(ctx, tx)
	if err != nil {
		return err
	}
	var held []heldRow
	if err := tx.Rows(ctx, `SELECT seq, looked FROM held_series WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4 AND due <= $5 ORDER BY seq LIMIT $6`,
		t.key(db.Micros(now(tx)), perTurn), func(r db.Scanner) error {
			var h heldRow
			err := r.Scan(&h.seq, &h.looked)
			held = append(held, h)
			return err
		}); err != nil {
		return err
	}
	for _, h := range held {
		rows, err := series.At(ctx, tx, t.whose(), h.seq)
		if err != nil {
			return err
		}
		var looked *time.Time // not at all where it was taken back: then all of it is looked at anew
		if h.looked > 0 {
			at := db.Time(h.looked)
			looked = &at
		}
		if err := t.look(ctx, tx, rows, looked, true, out); err != nil {
			return err
		}
	}
	fresh, upto, err := series.After(ctx, tx, t.whose(), seen, pointsPerTurn)
	if err != nil || upto == seen {
		return err
	}
	if err := t.look(ctx, tx, fresh, nil, false, out); err != nil {
		return err
	}
	return t.moveMark(ctx, tx, upto)
}

// A heldRow is a stored row of which something waits until its delay is over.
type heldRow struct{ seq, looked int64 }

// look takes stored rows through the gate. looked is when they were looked at before, if they were: what left then is not
// offered again.
func (t *turn) look(ctx context.Context, tx *db.Tx, rows []series.Fresh, looked *time.Time, held bool, out *outgoing) error {
	for i := 0; i < len(rows); {
		seq, due := rows[i].Seq, time.Time{}
		for ; i < len(rows) && rows[i].Seq == seq; i++ {
			if rows[i].Damaged != nil { // it stays home, and does not keep the others; accord verify names it
				t.flow.log.Error("stored observations cannot be read and are left out", "seq", seq, "dataset", t.dataset.Name)
				continue
			}
			if next := t.pass(tx, &rows[i], looked, out); !next.IsZero() && (due.IsZero() || next.Before(due)) {
				due = next
			}
		}
		if err := t.holdSeries(ctx, tx, seq, due, held); err != nil {
			return err
		}
	}
	return nil
}

// pass takes the points of one row through the gate, and returns when the next of those that come later is due.
func (t *turn) pass(tx *db.Tx, row *series.Fresh, looked *time.Time, out *outgoing) (due time.Time) {
	var before []gate.Decision
	if looked != nil {
		t.gate.Run(&row.Run, *looked, func(_ record.Point, _ record.Place, v gate.Verdict) { before = append(before, v.Decision) })
	}
	i := -1
	t.gate.Run(&row.Run, now(tx), func(p record.Point, at record.Place, v gate.Verdict) {
		if i++; looked != nil && before[i] != gate.Later {
			return
		}
		switch v.Decision {
		case gate.Later:
			if due.IsZero() || v.Due.Before(due) {
				due = v.Due
			}
		case gate.Leaves:
			out.leaves.add(row, at, p)
		case gate.Waits:
			out.waits.add(row, at, p)
		}
	})
	return due
}

// holdSeries has a row looked at again when the next of its points is due; no more where there is none.
func (t *turn) holdSeries(ctx context.Context, tx *db.Tx, seq int64, due time.Time, was bool) (err error) {
	switch {
	case !due.IsZero():
		_, err = tx.Exec(ctx, `INSERT INTO held_series (partner, instrument, clause, dataset, seq, looked, due) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (partner, instrument, clause, dataset, seq) DO UPDATE SET looked = excluded.looked, due = excluded.due`, t.key(seq, db.Micros(now(tx)), db.Micros(due))...)
	case was:
		_, err = tx.Exec(ctx, `DELETE FROM held_series WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4 AND seq = $5`, t.key(seq)...)
	}
	return err
}

// outgoing is what a turn lets out.
type outgoing struct{ leaves, waits gathered }

// gathered are points by series, in the order in which they were stored.
type gathered struct {
	byName map[gatheredKey]*record.Run
	last   *record.Run
	lastID int64
}

type gatheredKey struct {
	record.Name
	simulated bool
}

func (g *gathered) add(row *series.Fresh, at record.Place, p record.Point) {
	if g.last == nil || g.lastID != row.ID {
		key := gatheredKey{row.Name, row.Simulated}
		if g.byName == nil {
			g.byName = map[gatheredKey]*record.Run{}
		}
		if g.byName[key] == nil {
			g.byName[key] = &record.Run{Name: row.Name, Simulated: row.Simulated}
		}
		g.last, g.lastID = g.byName[key], row.ID
	}
	g.last.Place = at
	g.last.Points = append(g.last.Points, p)
}

// runs returns what was gathered in the order of a batch. Of two values of one time the later one goes.
func (g *gathered) runs(simulated bool) (out []record.Run) {
	for key, r := range g.byName {
		if key.simulated != simulated {
			continue
		}
		slices.SortStableFunc(r.Points, func(a, b record.Point) int { return cmp.Compare(a.At, b.At) })
		kept := r.Points[:0]
		for _, p := range r.Points {
			if n := len(kept); n > 0 && kept[n-1].At == p.At {
				kept[n-1] = p
			} else {
				kept = append(kept, p)
			}
		}
		r.Points = kept
		out = append(out, *r)
	}
	record.SortRuns(out)
	return out
}

func count(runs []record.Run) (n int) {
	for i := range runs {
		n += len(runs[i].Points)
	}
	return n
}

// batchRuns calls f with the bodies that hold the runs. Where so many are too long for one body, it takes half as many.
func (t *turn) batchRuns(runs []record.Run, f func(body []byte, n int) error) error {
	for size := pointsPerEntry; len(runs) > 0; {
		if t.single {
			size = 1
		}
		some, rest := split(runs, size)
		body, err := record.EncodeObservations(t.dataset, some)
		if err != nil && size > 1 {
			size = (size + 1) / 2
			continue
		}
		if err == nil {
			err = f(body, count(some))
		}
		if err != nil {
			return err
		}
		runs = rest
	}
	return nil
}

// split takes the first n points of runs.
func split(runs []record.Run, n int) (some, rest []record.Run) {
	for i := range runs {
		r := runs[i]
		if len(r.Points) <= n {
			some = append(some, r)
			if n -= len(r.Points); n > 0 {
				continue
			}
			return some, runs[i+1:]
		}
		head, tail := r, r
		head.Points, tail.Points = r.Points[:n], r.Points[n:]
		if n > 0 {
			some = append(some, head)
		}
		return some, append([]record.Run{tail}, runs[i+1:]...)
	}
	return some, nil
}

// applyObservations stores a batch whole or not at all: every value is checked before the first is stored.
func (f *Flow) applyObservations(ctx context.Context, tx *db.Tx, came *link.Came) error {
	o, err := record.DecodeObservations(came.Body, f.lookup)
	if err != nil {
		return err
	}
	came.Subject, came.Rows = o.Dataset.Name, o.Count
	g, _, err := f.permitted(ctx, tx, came, o.Dataset)
	if err != nil {
		return err
	}
	if err := g.AdmitsRuns(o.Runs, left(tx, came)); err != nil {
		return err
	}
	late, err := late(ctx, tx, came.Log, came.Index)
	if err != nil {
		return err
	}
	w := series.Writer{Dataset: o.Dataset, Source: series.Source{Origin: came.From, Log: &came.Log, Index: &came.Index, Late: late}}
	return w.Put(ctx, tx, o.Runs)
}

// about notes what an entry with observations is about.
func (f *Flow) about(came *link.Came) error {
	o, err := record.DecodeObservations(came.Body, f.lookup)
	if err == nil {
		came.Subject, came.Rows = o.Dataset.Name, o.Count
	}
	return err
}

// forgetSeries has the stored rows behind a batch that did not leave looked at anew, should its clause be in force again.
func (f *Flow) forgetSeries(ctx context.Context, tx *db.Tx, w link.Waiting) error {
	o, err := record.DecodeObservations(w.Body, f.lookup)
	if err != nil {
		return fmt.Errorf("what waited in the outbox as %s cannot be read: %w", w.ID, err)
	}
	for _, r := range o.Runs {
		seqs, err := series.Rows(ctx, tx, series.Whose{Dataset: o.Dataset.Name, Version: o.Dataset.Version, Origin: f.self}, &r)
		if err != nil {
			return err
		}
		for _, seq := range seqs {
			if _, err := tx.Exec(ctx, `INSERT INTO held_series (partner, instrument, clause, dataset, seq, looked, due) VALUES ($1, $2, $3, $4, $5, 0, 0)
				ON CONFLICT (partner, instrument, clause, dataset, seq) DO UPDATE SET looked = 0, due = 0`, w.Partner, w.Instrument, w.Clause, o.Dataset.Name, seq); err != nil {
				return err
			}
		}
	}
	return nil
}

// stillSeries says whether all observations of a batch are what would leave today. Else those that still are wait anew; the
// others have been offered in their newer form by themselves.
func (t *turn) stillSeries(ctx context.Context, tx *db.Tx, body []byte) (bool, error) {
	o, err := record.DecodeObservations(body, t.flow.lookup)
	if err != nil {
		return false, err
	}
	kept, err := series.List(ctx, tx, t.dataset.Name, t.dataset.Version, t.flow.self)
	if err != nil {
		return false, err
	}
	byName := map[gatheredKey]series.Kept{}
	for _, k := range kept {
		byName[gatheredKey{k.Name, k.Simulated}] = k
	}
	var same []record.Run
	for _, r := range o.Runs {
		now, err := t.presentSeries(ctx, tx, byName[gatheredKey{r.Name, r.Simulated}], &r)
		if err != nil {
			return false, err
		}
		still := r
		still.Points = nil
		for _, p := range r.Points {
			if q, ok := now[p.At]; ok && q == p {
				still.Points = append(still.Points, p)
			}
		}
		if len(still.Points) > 0 {
			same = append(same, still)
		}
	}
	if count(same) == o.Count {
		return true, nil
	}
	return false, t.batchRuns(same, func(body []byte, n int) error { return t.wait(ctx, tx, body, n) })
}

// presentSeries is what would leave today of a series in the span of a run, by time; nothing where it is measured somewhere
// else now.
func (t *turn) presentSeries(ctx context.Context, tx *db.Tx, k series.Kept, r *record.Run) (map[int64]record.Point, error) {
	points, err := series.Range(ctx, tx, k.ID, r.Points[0].At, r.Points[len(r.Points)-1].At)
	if err != nil {
		return nil, err
	}
	k.Points = points
	out := make(map[int64]record.Point, len(points))
	t.gate.Run(&k.Run, now(tx), func(p record.Point, at record.Place, v gate.Verdict) {
		if (v.Decision == gate.Leaves || v.Decision == gate.Waits) && at == r.Place {
			out[p.At] = p
		}
	})
	return out, nil
}
