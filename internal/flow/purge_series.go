package flow

import (
	"context"
	"slices"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/link"
	"accord/internal/series"
	"accord/record"
)

// eraseSeries removes what entries of a partner's log brought in observations: the series they touched are cleared, and
// what the entries that stay have said of them is put again.
func (f *Flow) eraseSeries(ctx context.Context, tx *db.Tx, partner string, bodies []link.Holding) error {
	cleared := map[string]map[seriesName]bool{} // by dataset
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
		if err := w.Clear(ctx, tx, o.Runs); err != nil {
			return err
		}
		if cleared[o.Dataset.Name] == nil {
			cleared[o.Dataset.Name] = map[seriesName]bool{}
		}
		for i := range o.Runs {
			cleared[o.Dataset.Name][nameOf(o.Dataset, &o.Runs[i])] = true
		}
	}
	for dataset, names := range cleared {
		if err := f.putAgain(ctx, tx, partner, dataset, log, going, names); err != nil {
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

// putAgain puts what entries that stay have said of series that were cleared, in the order of the log.
func (f *Flow) putAgain(ctx context.Context, tx *db.Tx, partner, dataset string, log int64, going map[int64]bool, names map[seriesName]bool) error {
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
		runs := slices.DeleteFunc(o.Runs, func(r record.Run) bool { return !names[nameOf(o.Dataset, &r)] })
		if len(runs) == 0 {
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
