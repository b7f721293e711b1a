package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"accord/content"
	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/intake"
	"accord/internal/series"
	"accord/record"
)

// Sizes of the measurement of intake.
const (
	intakeRows = 60_000 // of a file of records, and of a wide table
	share      = 0.6    // of the engine's own rate that intake must reach
)

// The datasets whose files are made: a record with a point, two kinds of dates, codes, numbers and text, and a wide table of a
// series. Figures of different days can be compared only as long as these stay.
const (
	measuredRecords = "safety/subsidence"
	measuredSeries  = "environment/air"
)

// Intake measures taking files in, on every engine that is here: rows of records, and observations of a wide table, from a
// file into the store, beside what the bare engine does with the same rows in the same run.
func Intake(ctx context.Context, server string) (figures []Figure, err error) {
	dir, err := os.MkdirTemp("", "accord-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for _, e := range engines(dir, server) {
		for _, measure := range []func(context.Context, *engine, int) ([]Figure, error){intakeOfRecords, intakeOfObservations} {
			f, err := measure(ctx, e, intakeRows)
			if err != nil {
				return figures, errors.Join(err, e.drop(ctx))
			}
			figures = append(figures, f...)
		}
		if err := e.drop(ctx); err != nil {
			return figures, err
		}
	}
	return figures, nil
}

// plain says whether a file of the recipe can be made here: one header line and one record a row, every column always there, a
// key in a column, days in a layout that is known here.
func plain(r *intake.Recipe) bool {
	if r.Key.Column == "" || r.Place.System != "" || r.Long != nil || r.Across != nil || r.Header != (intake.Header{}) || goLayouts[r.When.Layout] == "" {
		return false
	}
	return !slices.ContainsFunc(r.Fields, func(c intake.Cell) bool {
		return c.Optional || c.Mark != "" || c.Layout != "" && goLayouts[c.Layout] == ""
	})
}

// recipeFor finds a plain recipe for a dataset.
func recipeFor(dataset string) (*intake.Recipe, *record.Dataset, []*intake.Recipe, error) {
	recipes, err := intake.Recipes(content.FS)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, r := range recipes {
		if d, ok := all.Lookup(r.Dataset, r.Version); ok && d.Name == dataset && plain(r) {
			return r, d, recipes, nil
		}
	}
	return nil, nil, nil, fmt.Errorf("no recipe for %s reads a file that can be made here", dataset)
}

// take makes a file and takes it in; it returns how many rows a second that was.
func take(ctx context.Context, d *db.DB, f *madeFile, recipes []*intake.Recipe, dir string) (float64, error) {
	path := filepath.Join(dir, "made.csv")
	if err := f.write(path); err != nil {
		return 0, err
	}
	t := &intake.Take{DB: d, Origin: "bench", Lookup: all.Lookup, Recipes: recipes, Recipe: f.recipe.Name, Rejected: filepath.Join(dir, "rejected")}
	begin := time.Now()
	taken, err := t.File(ctx, path)
	took := time.Since(begin)
	if err == nil && taken.Accepted != f.rows {
		err = fmt.Errorf("%d of %d made rows were accepted: %v", taken.Accepted, f.rows, taken.Problems)
	}
	return float64(f.rows) / took.Seconds(), err
}

func intakeOfRecords(ctx context.Context, e *engine, rows int) ([]Figure, error) {
	r, ds, recipes, err := recipeFor(measuredRecords)
	if err != nil {
		return nil, err
	}
	d, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	rate, err := take(ctx, d, &madeFile{recipe: r, dataset: ds, rows: rows, keys: rows}, recipes, e.dir)
	if err != nil {
		return nil, err
	}
	var row, sum []byte
	if err := d.View(ctx, func(tx *db.Tx) error {
		_, err := tx.Row(ctx, `SELECT row, sum FROM record ORDER BY seq LIMIT 1`, nil, &row, &sum)
		return err
	}); err != nil {
		return nil, err
	}
	args := make([]any, 13)
	limit, err := e.bareRows(ctx, `CREATE TABLE bare (seq BIGINT PRIMARY KEY, dataset TEXT NOT NULL, version BIGINT NOT NULL, origin TEXT NOT NULL, key TEXT NOT NULL, row BLOB NOT NULL,
			sum BLOB NOT NULL, first BIGINT NOT NULL, known BIGINT NOT NULL, source TEXT NOT NULL, log BIGINT, idx BIGINT, successor BIGINT);
		CREATE UNIQUE INDEX bare_current ON bare (key, dataset, origin) WHERE successor IS NULL`,
		[]string{"seq", "dataset", "version", "origin", "key", "row", "sum", "first", "known", "source", "log", "idx", "successor"}, rows, func(i int) []any {
			args = append(args[:0], i+1, ds.Name, ds.Version, "bench", fmt.Sprintf("key %d", i), row, sum, int64(i), int64(i), "made.csv", nil, nil, nil)
			return args
		})
	if err != nil {
		return nil, err
	}
	return []Figure{ratio(e.name+": a file of records into the store", rate, "rows/s", share, limit)}, nil
}

func intakeOfObservations(ctx context.Context, e *engine, rows int) ([]Figure, error) {
	r, ds, recipes, err := recipeFor(measuredSeries)
	if err != nil {
		return nil, err
	}
	d, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	rate, err := take(ctx, d, &madeFile{recipe: r, dataset: ds, rows: rows, keys: 50}, recipes, e.dir)
	if err != nil {
		return nil, err
	}
	per := len(r.Fields)
	limit, err := e.bareObservations(ctx, rows*per)
	if err != nil {
		return nil, err
	}
	packing, packed, err := packAll(ctx, d)
	if err != nil {
		return nil, err
	}
	return []Figure{
		ratio(e.name+": a file of observations into the store", rate*float64(per), "values/s", share, limit),
		{Name: e.name + ": packing the tail into history", Value: packing, Unit: "values/s"},
		{Name: e.name + ": history packed", Value: packed, Unit: "bytes/value"},
	}, nil
}

// packAll packs the tail of a database and says how fast that went and how many bytes a value has then.
func packAll(ctx context.Context, d *db.DB) (perSecond, bytes float64, err error) {
	begin := time.Now()
	for moved := 1; moved > 0; {
		if err := d.Update(ctx, func(tx *db.Tx) (err error) {
			moved, err = series.Tidy(ctx, tx, series.Limit{Seq: 1 << 62, Few: 1})
			return err
		}); err != nil {
			return 0, 0, err
		}
	}
	took := time.Since(begin)
	var size series.Size
	err = d.View(ctx, func(tx *db.Tx) (err error) { size, err = series.Measure(ctx, tx); return err })
	return float64(size.Packed) / took.Seconds(), float64(size.PackedBytes) / float64(size.Packed), err
}

// ratio is a figure whose goal is a share of the engine's own rate.
func ratio(name string, value float64, unit string, share, limit float64) Figure {
	met := value >= share*limit
	return Figure{Name: name, Value: value, Unit: unit, Limit: limit, Ratio: value / limit, Goal: fmt.Sprintf("at least %g of it", share), Met: &met}
}
