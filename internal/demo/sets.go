package demo

import (
	"context"
	"io/fs"
	"time"

	"accord/content"
	"accord/internal/area/all"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/series"
	"accord/internal/simulate"
	"accord/internal/store"
	"accord/record"
)

// Sets has both cities sign the terms of the further exchange sets, and stores what each city has of them. The same seed gives
// the same inspections and rain, so that storing them again changes nothing; the river is drawn once.
func (d *Demo) Sets(ctx context.Context) error {
	sets, files, err := readSets()
	if err != nil {
		return err
	}
	text, err := fs.ReadFile(files, sets.Terms)
	if err != nil {
		return err
	}
	if err := d.Sign(ctx, text); err != nil {
		return err
	}
	for i := range sets.Cities {
		for _, c := range d.Cities {
			if c.party.ID != sets.Cities[i].Party {
				continue
			}
			if err := c.keepSets(ctx, &sets.Cities[i], d.spec.Seed); err != nil {
				return err
			}
		}
	}
	return nil
}

func readSets() (*simulate.Sets, fs.FS, error) {
	files, err := fs.Sub(content.FS, "demo")
	if err != nil {
		return nil, nil, err
	}
	sets, err := simulate.ReadSets(files)
	return sets, files, err
}

func (c *City) keepSets(ctx context.Context, sets *simulate.CitySets, seed uint64) error {
	zone, err := time.LoadLocation(c.party.Zone)
	if err != nil {
		return err
	}
	now := time.Now().In(zone)
	var ds [3]*record.Dataset
	for i, name := range []string{"safety/condition", "environment/weather", "safety/river"} {
		known := false
		if ds[i], known = all.Lookup(name, 1); !known {
			return fault.New(fault.Internal, "demo", "its generator is for "+name+", which is not known", "report this")
		}
	}
	inspections := sets.Inspections(ds[0], seed, date.Of(now))
	rain, levels := sets.Days(ds[1], seed, date.Of(now).AddDays(-1)), sets.Levels(ds[2], seed, now)
	return c.DB.Update(ctx, func(tx *db.Tx) error {
		w := store.NewWriter(ctx, tx, ds[0], store.Source{Origin: c.party.ID, Name: "simulation"})
		var row []byte
		for i := range inspections {
			row = record.AppendRow(row[:0], ds[0], &inspections[i])
			if err := w.Put(&inspections[i], row); err != nil {
				return err
			}
		}
		if _, err := w.Close(); err != nil {
			return err
		}
		if err := c.keepSeries(ctx, tx, ds[1], rain, false); err != nil {
			return err
		}
		return c.keepSeries(ctx, tx, ds[2], levels, true)
	})
}

// keepSeries stores a run; once: only where there is none of its dataset yet.
func (c *City) keepSeries(ctx context.Context, tx *db.Tx, d *record.Dataset, run record.Run, once bool) error {
	have, err := series.List(ctx, tx, d.Name, d.Version, c.party.ID)
	if err != nil || once && len(have) > 0 {
		return err
	}
	w := series.Writer{Dataset: d, Source: series.Source{Origin: c.party.ID, Name: "simulation"}}
	return w.Put(ctx, tx, []record.Run{run})
}
