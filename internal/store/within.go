package store

import (
	"cmp"
	"context"
	"slices"

	"accord/internal/db"
	"accord/internal/geo"
	"accord/record"
)

// A Near is a record that may lie within a cover: its cell and its number.
type Near struct{ Cell, Seq int64 }

// Compare orders by the curve of cells.
func (n Near) Compare(o Near) int {
	return cmp.Or(cmp.Compare(n.Cell, o.Cell), cmp.Compare(n.Seq, o.Seq))
}

// Within returns at most limit records of a slice that may lie within a cover, in the order of the curve of cells, after one of
// them. What a call costs follows from limit and from how closely the cover fits, not from how many records there are. The
// slice's After is not looked at. Until Unplaced is 0 it knows nothing of older records.
func Within(ctx context.Context, tx *db.Tx, s Slice, c geo.Cover, after *Near, limit int) (out []Near, err error) {
	newest, err := Newest(ctx, tx)
	if err != nil {
		return nil, err
	}
	w := within{ctx: ctx, tx: tx, slice: s, cover: c, after: Near{Cell: minCell}, limit: limit}
	if after != nil {
		w.after = *after
	}
	current, err := w.read(`successor IS NULL`)
	if err != nil || s.Until >= newest {
		return current, err
	}
	replaced, err := w.read(`successor > $3`)
	if err != nil {
		return nil, err
	}
	out = append(current, replaced...)
	slices.SortFunc(out, Near.Compare)
	return out[:min(len(out), limit)], nil
}

// minCell is below every cell.
const minCell = -1 << 63

// A within is one question for what lies within a cover.
type within struct {
	ctx   context.Context
	tx    *db.Tx
	slice Slice
	cover geo.Cover
	after Near
	limit int
}

// read reads the ranges in order until there are enough, and the single cells beside them.
func (w *within) read(which string) (out []Near, err error) {
	for _, r := range w.cover.Ranges {
		if out, err = w.ranged(which, r, out); err != nil || len(out) >= w.limit {
			break
		}
	}
	for left := w.cover.Single; len(left) > 0 && err == nil; {
		some := left[:min(len(left), w.tx.Many())]
		left = left[len(some):]
		among, args := db.Among(w.tx, 7, some)
		var more []Near
		more, err = w.ask(which, ` AND (cell > $4 OR cell = $4 AND seq > $5) AND cell`+among, append([]any{w.after.Cell, w.after.Seq, w.limit}, args...)...)
		out = append(out, more...)
	}
	slices.SortFunc(out, Near.Compare)
	return out[:min(len(out), w.limit)], err
}

// ranged adds what lies in one range. What its cells alone show to lie outside does not count, so that it asks again.
func (w *within) ranged(which string, r geo.Range, out []Near) ([]Near, error) {
	after := w.after
	if after.Cell < r.First {
		after = Near{Cell: r.First} // numbers begin with 1
	}
	for after.Cell <= r.Last && len(out) < w.limit {
		asked := w.limit
		some, err := w.ask(which, ` AND (cell, seq) > ($4, $5) AND cell <= $7`, after.Cell, after.Seq, asked, r.Last)
		if err != nil {
			return nil, err
		}
		for _, n := range some {
			if w.cover.Near(n.Cell) && len(out) < w.limit {
				out = append(out, n)
			}
		}
		if len(some) < asked {
			break
		}
		after = some[len(some)-1]
	}
	return out, nil
}

func (w *within) ask(which, cells string, args ...any) (out []Near, err error) {
	s := &w.slice
	err = w.tx.Rows(w.ctx, `SELECT cell, seq FROM record WHERE dataset = $1 AND origin = $2 AND seq <= $3 AND gone = 0 AND `+which+cells+` ORDER BY cell, seq LIMIT $6`,
		append([]any{s.Dataset, s.Origin, s.Until}, args...), func(r db.Scanner) error {
			var n Near
			err := r.Scan(&n.Cell, &n.Seq)
			out = append(out, n)
			return err
		})
	return out, err
}

// ListedOf returns versions by their numbers.
func ListedOf(ctx context.Context, tx *db.Tx, numbers []int64) (out map[int64]Listed, err error) {
	out = make(map[int64]Listed, len(numbers))
	for left := numbers; len(left) > 0; {
		some := left[:min(len(left), tx.Many())]
		left = left[len(some):]
		among, args := db.Among(tx, 1, some)
		if err := tx.Rows(ctx, `SELECT `+listedColumns+` FROM record WHERE seq`+among, args, func(r db.Scanner) error {
			l, err := scanListed(r)
			out[l.Seq] = l
			return err
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Unplaced is the highest number whose record may lack its cell still: those that were stored before records had cells. 0 is none.
func Unplaced(ctx context.Context, tx *db.Tx) (seq int64, err error) {
	_, err = tx.Row(ctx, `SELECT n FROM counter WHERE name = 'unplaced'`, nil, &seq)
	return seq, err
}

// GiveCells gives the next n records that were stored before there were cells theirs, and says how many numbers are left. A
// record of which this program does not know the dataset has none; nobody can ask for it either.
func GiveCells(ctx context.Context, tx *db.Tx, lookup record.Lookup, n int) (left int64, err error) {
	upto, err := Unplaced(ctx, tx)
	if err != nil || upto == 0 {
		return 0, err
	}
	type given struct{ seq, cell int64 }
	var all []given
	left = 0
	read := 0
	err = tx.Rows(ctx, `SELECT seq, dataset, version, row FROM record WHERE seq <= $1 AND gone = 0 ORDER BY seq DESC LIMIT $2`, []any{upto, n}, func(r db.Scanner) error {
		var dataset string
		var version int
		var row []byte
		var g given
		if err := r.Scan(&g.seq, &dataset, &version, &row); err != nil {
			return err
		}
		if read++; read == n {
			left = g.seq - 1
		}
		d, ok := lookup(dataset, version)
		var rec record.Record
		if !ok || record.ParseRow(d, row, &rec) != nil { // verify tells of a row that cannot be read
			return nil
		}
		if g.cell, ok = geo.CellOf(d, &rec); ok {
			all = append(all, g)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, g := range all {
		if _, err := tx.Exec(ctx, `UPDATE record SET cell = $1 WHERE seq = $2`, g.cell, g.seq); err != nil {
			return 0, err
		}
	}
	_, err = tx.Exec(ctx, `UPDATE counter SET n = $1 WHERE name = 'unplaced'`, left)
	return left, err
}
