package shelf

import (
	"context"
	"slices"

	"accord/internal/db"
	"accord/internal/store"
	"accord/record"
)

// place has the index of places asked, where it may be. It knows exact places: a reader to whom a clause shows coarse ones would
// learn from what a smaller and smaller box holds, or from how much was looked at, what the clause keeps from them. For such a
// reader what they see is held to the box, record by record, as a text is looked for.
func (r *reading) place(ctx context.Context, tx *db.Tx) error {
	if !r.sight.Whole && slices.Contains(r.origins, r.shelf.Party) {
		return nil
	}
	unplaced, err := store.Unplaced(ctx, tx)
	if err != nil || unplaced > 0 {
		return err
	}
	cover := r.filter.Box.Cover(r.shelf.figures(r.dataset))
	r.cover = &cover
	return nil
}

// figures says whether a dataset has a geometry in any version: they are numbered from 1 without a gap.
func (s *Shelf) figures(dataset string) bool {
	for version := 1; ; version++ {
		d, ok := s.Lookup(dataset, version)
		if !ok {
			return version == 1 // nothing is known of it
		}
		if slices.ContainsFunc(d.Fields, func(f record.Field) bool { return f.Type == record.Geometry }) {
			return true
		}
	}
}

// portion is how many records are read at once where so many rows are wanted. Nearly all that the index of places gives lie in
// the box, and each is fetched from somewhere else.
func (r *reading) portion(wanted int) int {
	if r.cover != nil {
		return max(wanted, 16)
	}
	return max(wanted, 200)
}

// nextPlaced reads at most n records of all origins together that may lie in the box, in the order of their cells.
func (r *reading) nextPlaced(ctx context.Context, tx *db.Tx, n int) (out []Row, err error) {
	var after *store.Near
	if r.after != nil {
		after = &store.Near{Cell: r.after.First, Seq: r.after.Seq}
	}
	type found struct {
		store.Near
		origin string
	}
	var all []found
	for _, origin := range r.origins {
		some, err := store.Within(ctx, tx, store.Slice{Dataset: r.dataset, Origin: origin, Until: r.at}, *r.cover, after, n)
		if err != nil {
			return nil, err
		}
		for _, near := range some {
			all = append(all, found{near, origin})
		}
	}
	slices.SortFunc(all, func(a, b found) int { return a.Compare(b.Near) })
	r.done = len(all) < n
	all = all[:min(len(all), n)]
	numbers := make([]int64, len(all))
	for i := range all {
		numbers[i] = all[i].Seq
	}
	listed, err := store.ListedOf(ctx, tx, numbers)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		out = append(out, Row{Listed: listed[f.Seq], Origin: f.origin, mark: store.Mark{First: f.Cell, Seq: f.Seq}})
	}
	if len(out) > 0 {
		mark := out[len(out)-1].mark
		r.after = &mark
	}
	return out, nil
}

// moreInBox looks whether anything in the box follows a full page. Where the next hundreds lie outside, the reader looks on.
func (r *reading) moreInBox(ctx context.Context, tx *db.Tx, page *Page) error {
	rest, err := r.next(ctx, tx, r.portion(1))
	if err != nil {
		return err
	}
	for i := range rest {
		if ok, err := r.admit(&rest[i]); ok || err != nil {
			return err
		}
	}
	if r.done {
		page.After = nil
	}
	return nil
}

// atOnce is how many older records get their cells in one transaction, so that it keeps nobody waiting for long.
const atOnce = 2000

// KeepPlaces gives the records their cells that were stored before there were any, until all have them: an index that answers must
// answer for all. Several processes may do it at once.
func (s *Shelf) KeepPlaces(ctx context.Context) error {
	for left := int64(1); left > 0; {
		if err := s.DB.Update(ctx, func(tx *db.Tx) (err error) {
			left, err = store.GiveCells(ctx, tx, s.Lookup, atOnce)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}
