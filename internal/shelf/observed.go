package shelf

import (
	"context"
	"slices"

	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/gate"
	"accord/internal/series"
	"accord/record"
)

// Series lists the series of a dataset. Of our own, who may not see them whole sees those of quantities that a clause lets
// out.
func (s *Shelf) Series(ctx context.Context, d *record.Dataset, f Filter, sight Sight) (out []series.Extent, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		out = nil
		all, err := series.Extents(ctx, tx, d.Name)
		if err != nil {
			return err
		}
		var doors []door
		if !sight.Whole {
			if doors, err = s.doors(ctx, tx, d.Name, sight.Partners); err != nil {
				return err
			}
		}
		look := newNeedle(f.Text)
		for _, e := range all {
			if (f.Party == "" || f.Party == e.Origin) && look.within(e.Key) && (sight.Whole || e.Origin != s.Party || lets(doors, d, e.Field)) {
				out = append(out, e)
			}
		}
		return nil
	})
	return out, err
}

// lets says whether any door could let a quantity out: whether it lets out this or that value is asked value by value.
func lets(doors []door, d *record.Dataset, field int) bool {
	for _, g := range doors {
		if g.Dataset().Version == d.Version && slices.Contains(g.terms.Fields, d.Fields[field].Name) {
			return true
		}
	}
	return false
}

// Points returns the values of a series in a span of time, and the series.
func (s *Shelf) Points(ctx context.Context, d *record.Dataset, id, from, until int64, sight Sight) (k series.Kept, points []record.Point, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		var found bool
		if k, found, err = series.Get(ctx, tx, id); err != nil {
			return err
		}
		if !found || k.Dataset != d.Name {
			return fault.New(fault.NotFound, "series", "there is none of this number in the dataset", "take the link on the dataset's page")
		}
		if points, err = series.Range(ctx, tx, id, from, until); err != nil || sight.Whole || k.Origin != s.Party {
			return err
		}
		doors, err := s.doors(ctx, tx, d.Name, sight.Partners)
		points = through(doors, k, points, tx)
		return err
	})
	return k, points, err
}

// through leaves of our own values those that a door lets out.
func through(doors []door, k series.Kept, points []record.Point, tx *db.Tx) (out []record.Point) {
	for _, g := range doors {
		if g.Dataset().Version != k.Version {
			continue
		}
		run := k.Run
		run.Points = points
		out = nil
		g.Run(&run, tx.Now, func(p record.Point, _ record.Place, v gate.Verdict) {
			if v.Decision == gate.Leaves {
				out = append(out, p)
			}
		})
		if len(out) > 0 {
			return out
		}
	}
	return nil
}
