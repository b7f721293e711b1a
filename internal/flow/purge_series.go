package flow

import (
	"cmp"
	"context"
	"slices"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/link"
	"accord/internal/series"
	"accord/record"
)

// eraseSeries removes what entries of a partner's log brought in observations: the series they touched are cleared around it,
// and what the entries that stay have said of that time is put again.
func (f *Flow) eraseSeries(ctx context.Context, tx *db.Tx, partner string, bodies []link.Holding) error {
	cleared := map[string]stretches{} // by dataset
	going := map[int64]bool{}
	var log int64
	for _, b := range bodies {
		if b.Kind != exchange.KindObservations || b.Erased {
			continue
		}
		log, going[b.Index] = b.Log, true
		o, err := f.observations(ctx, tx, b.Log, b.Index)
		if err != nil {
			return err
		}
		if o == nil {
			continue
		}
		w := series.Writer{Dataset: o.Dataset, Source: series.Source{Origin: partner}}
		around, err := w.Clear(ctx, tx, o.Runs)
		if err != nil {
			return err
		}
		if cleared[o.Dataset.Name] == nil {
			cleared[o.Dataset.Name] = stretches{}
		}
		for i := range o.Runs {
			name := nameOf(o.Dataset, &o.Runs[i])
			cleared[o.Dataset.Name][name] = append(cleared[o.Dataset.Name][name], around[i])
		}
	}
	for dataset, of := range cleared {
		of.join()
		if err := f.putAgain(ctx, tx, partner, dataset, log, going, of); err != nil {
			return err
		}
	}
	return nil
}

// A seriesName tells the series of one dataset apart.
type seriesName struct {
	record.Name
	simulated bool
	version   int
}

func nameOf(d *record.Dataset, r *record.Run) seriesName {
	return seriesName{r.Name, r.Simulated, d.Version}
}

// stretches are where series were cleared.
type stretches map[seriesName][]series.Stretch

// join puts the stretches of each series into their order and joins those that meet.
func (s stretches) join() {
	for name, all := range s {
		slices.SortFunc(all, func(a, b series.Stretch) int { return cmp.Compare(a.From, b.From) })
		joined := all[:0]
		for _, next := range all {
			if n := len(joined); n > 0 && next.From <= joined[n-1].Until {
				joined[n-1].Until = max(joined[n-1].Until, next.Until)
			} else if next.From <= next.Until {
				joined = append(joined, next)
			}
		}
		s[name] = joined
	}
}

// within returns what of a run lies where its series was cleared.
func (s stretches) within(name seriesName, points []record.Point) []record.Point {
	all := s[name]
	return slices.DeleteFunc(points, func(p record.Point) bool {
		i, _ := slices.BinarySearchFunc(all, p.At, func(x series.Stretch, at int64) int { return cmp.Compare(x.Until, at) })
		return i == len(all) || !all[i].Holds(p.At)
	})
}

// putAgain puts what entries that stay have said where series were cleared, in the order of the log.
func (f *Flow) putAgain(ctx context.Context, tx *db.Tx, partner, dataset string, log int64, going map[int64]bool, cleared stretches) error {
	stay, err := link.Applied(ctx, tx, log, exchange.KindObservations, dataset)
	if err != nil {
		return err
	}
	for _, index := range stay {
		if going[index] {
			continue
		}
		o, err := f.observations(ctx, tx, log, index)
		if err != nil {
			return err
		}
		if o == nil {
			continue
		}
		runs := slices.DeleteFunc(o.Runs, func(r record.Run) bool { return len(cleared[nameOf(o.Dataset, &r)]) == 0 })
		for i := range runs {
			runs[i].Points = cleared.within(nameOf(o.Dataset, &runs[i]), runs[i].Points)
		}
		if runs = slices.DeleteFunc(runs, func(r record.Run) bool { return len(r.Points) == 0 }); len(runs) == 0 {
			continue
		}
		w := series.Writer{Dataset: o.Dataset, Source: series.Source{Origin: partner, Log: &log, Index: &index}}
		if err := w.Put(ctx, tx, runs); err != nil {
			return err
		}
	}
	return nil
}

// observations reads the body of an entry; nil when nothing of it was ever stored, because nobody can read it.
func (f *Flow) observations(ctx context.Context, tx *db.Tx, log, index int64) (*record.Observations, error) {
	body, err := link.BodyAt(ctx, tx, log, index)
	if err != nil {
		return nil, err
	}
	o, err := record.DecodeObservations(body, f.lookup)
	if err != nil {
		return nil, nil
	}
	return o, nil
}
