package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"accord/content"
	"accord/exchange"
	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/demo"
	"accord/internal/intake"
	"accord/internal/series"
	"accord/record"
)

// Sizes of the measurement of observations.
const (
	bulkDays   = 150_000 // rows of a wide table, six observations each
	steady     = 5_000   // observations a second, for the lag
	steadyFor  = 12 * time.Second
	steadyStep = 50 * time.Millisecond
)

// observations measures the way of observations from a file of one city into the other's store, both nodes in processes of
// their own on this machine, and the lag of a steady stream.
func observations(ctx context.Context, dir, program string, e *engine) (figures []Figure, err error) {
	d, err := measured(ctx, filepath.Join(dir, "series-"+e.name), e)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	stop, err := d.Start(ctx, program, io.Discard)
	if err != nil {
		return nil, err
	}
	defer stop()
	from, to := d.Cities[0], d.Cities[1]
	if err := delivered(ctx, from, to, 1, 20*time.Millisecond); err != nil { // the demo's own records first
		return nil, err
	}
	bulk, err := bulkOf(ctx, dir, from, to)
	if err != nil {
		return nil, err
	}
	var limit float64
	for range 2 { // two databases, one after the other, as one machine would
		one, err := e.bareObservations(ctx, 300_000)
		if err != nil {
			return nil, err
		}
		limit += 1 / one
	}
	limit = 1 / limit
	met := bulk >= 100_000 || bulk >= 0.4*limit
	figures = append(figures, Figure{Name: e.name + ": observations from a file into the partner's store", Value: bulk, Unit: "values/s", Limit: limit, Ratio: bulk / limit,
		Goal: "at least 100000, or 0.4 of it", Met: &met})
	lag, err := steadily(ctx, from, to)
	if err != nil {
		return figures, err
	}
	figures = append(figures, Figure{Name: fmt.Sprintf("%s: lag at %d values/s over HTTPS, median", e.name, steady), Value: lag[len(lag)/2], Unit: "ms"},
		atMost(fmt.Sprintf("%s: lag at %d values/s over HTTPS, p99", e.name, steady), lag[len(lag)*99/100], "ms", 500))
	for i, pid := range d.Pids() {
		peak, err := peakMemory(pid)
		if err != nil {
			return figures, err
		}
		figures = append(figures, atMost(fmt.Sprintf("%s: largest memory of node %d under load", e.name, i+1), peak, "MB", 150))
	}
	return figures, stop()
}

// measured sets up two nodes on an engine with terms for observations.
func measured(ctx context.Context, dir string, e *engine) (*demo.Demo, error) {
	listen, err := addresses()
	if err != nil {
		return nil, err
	}
	o := demo.Options{Listen: listen, Databases: map[string]string{}}
	if e.server != "" {
		for party := range listen {
			if o.Databases[party], err = e.fresh(ctx); err != nil {
				return nil, err
			}
		}
	}
	d, err := demo.SetupWith(ctx, dir, o, quiet)
	if err != nil {
		return nil, err
	}
	terms, err := content.FS.ReadFile("demo/measure.toml")
	if err == nil {
		err = d.Sign(ctx, terms)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// bulkOf takes a file in at one city and waits until the other has stored all of it: observations a second.
func bulkOf(ctx context.Context, dir string, from, to *demo.City) (float64, error) {
	r, ds, recipes, err := recipeFor(measuredSeries)
	if err != nil {
		return 0, err
	}
	path := filepath.Join(dir, "bulk.csv")
	f := &madeFile{recipe: r, dataset: ds, rows: bulkDays, keys: 50}
	if err := f.write(path); err != nil {
		return 0, err
	}
	watch := &arrivals{to: to, origin: from.Home.Config.Party}
	t := &intake.Take{DB: from.DB, Origin: from.Home.Config.Party, Lookup: all.Lookup, Recipes: recipes, Recipe: r.Name, Rejected: filepath.Join(dir, "rejected")}
	begin := time.Now()
	taken, err := t.File(ctx, path)
	if err == nil && taken.Accepted != f.rows {
		err = fmt.Errorf("%d of %d made rows were accepted: %v", taken.Accepted, f.rows, taken.Problems)
	}
	for want := int64(f.rows * len(r.Fields)); err == nil && watch.stored < want; {
		time.Sleep(10 * time.Millisecond)
		err = watch.look(ctx)
	}
	return float64(f.rows*len(r.Fields)) / time.Since(begin).Seconds(), err
}

// arrivals counts the observations that a city has stored of another.
type arrivals struct {
	to     *demo.City
	origin string
	next   int64
	stored int64
}

func (a *arrivals) look(ctx context.Context) error {
	return a.to.DB.View(ctx, func(tx *db.Tx) error {
		next, stored := a.next, a.stored
		err := tx.Rows(ctx, `SELECT e.idx, e.kind, e.rows, e.aside FROM entry e JOIN log g ON g.id = e.log WHERE g.writer = $1 AND e.idx >= $2 ORDER BY e.idx`,
			[]any{a.origin, a.next}, func(r db.Scanner) error {
				var idx, rows int64
				var kind, aside string
				if err := r.Scan(&idx, &kind, &rows, &aside); err != nil {
					return err
				}
				if next = idx + 1; aside != "" {
					return fmt.Errorf("an entry was set aside: %s", aside)
				}
				if kind == string(exchange.KindObservations) {
					stored += rows
				}
				return nil
			})
		a.next, a.stored = next, stored
		return err
	})
}

// steadily stores observations of many sensors at a steady rate, and times each batch from before it is stored to when the
// partner has it.
func steadily(ctx context.Context, from, to *demo.City) (ms []float64, err error) {
	r, ds, _, err := recipeFor(measuredSeries)
	if err != nil {
		return nil, err
	}
	watch := &arrivals{to: to, origin: from.Home.Config.Party}
	if err := watch.look(ctx); err != nil {
		return nil, err
	}
	per := int(steady * steadyStep / time.Second)
	steps := int(steadyFor / steadyStep)
	quantity := ds.Index(r.Fields[0].Name)
	begin := time.Now()
	failed := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // who stores does not wait for who watches, and the other way round
		for n := range steps {
			time.Sleep(time.Until(begin.Add(time.Duration(n) * steadyStep)))
			if err := storeStep(ctx, from, ds, quantity, n, per); err != nil {
				failed <- err
				cancel()
				return
			}
		}
		failed <- nil
	}()
	for base := watch.stored; len(ms) < steps && err == nil; {
		time.Sleep(2 * time.Millisecond)
		if err = watch.look(ctx); err != nil {
			break
		}
		for int64(len(ms)+1)*int64(per) <= watch.stored-base && len(ms) < steps {
			// A step that was stored late counts from when it was due.
			ms = append(ms, time.Since(begin.Add(time.Duration(len(ms))*steadyStep)).Seconds()*1000)
		}
	}
	if err != nil {
		cancel()
	}
	err = errors.Join(err, <-failed)
	slices.Sort(ms)
	return ms, err
}

// storeStep stores one value of each of some sensors.
func storeStep(ctx context.Context, from *demo.City, ds *record.Dataset, quantity, n, per int) error {
	runs := make([]record.Run, per)
	for i := range runs {
		// A thousand sensors take turns.
		runs[i] = record.Run{Name: record.Name{Key: fmt.Sprintf("sensor %04d", (n*per+i)%1000), Field: quantity, Step: record.ByInstant},
			Points: []record.Point{{At: time.Now().UnixMicro(), Value: float64((n*7+i)%1000) / 10, Offset: 540}}}
	}
	record.SortRuns(runs)
	return from.DB.Update(ctx, func(tx *db.Tx) error {
		w := series.Writer{Dataset: ds, Source: series.Source{Origin: from.Home.Config.Party, Name: "sensors"}}
		return w.Put(ctx, tx, runs)
	})
}

// peakMemory is the most memory a process ever held, in megabytes.
func peakMemory(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseFloat(strings.Fields(kb)[0], 64)
			return n / 1024, err
		}
	}
	return 0, errors.New("the memory of a process cannot be read here")
}
