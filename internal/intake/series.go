package intake

import (
	"cmp"
	"context"
	"slices"

	"accord/internal/db"
	"accord/internal/series"
	"accord/record"
)

// pointsAtOnce is how many observations are stored at once; a file may have any number.
const pointsAtOnce = 40_000

// observations collects the rows of a file of a series dataset and stores each value in them as an observation. A row is
// unchanged when all it says is here already, or when it says nothing.
type observations struct {
	ctx     context.Context
	tx      *db.Tx
	dataset *record.Dataset
	writer  series.Writer

	runs   map[record.Name]*gathering
	rows   []takenRow // since the last were stored
	points int

	unchanged, flaggedUnchanged int
}

// A takenRow is an accepted row whose observations wait to be stored.
type takenRow struct {
	points, same int
	flagged      bool
}

// A gathering is the observations of one series that wait, each with its row.
type gathering struct {
	run    record.Run
	points []rowPoint
}

type rowPoint struct {
	record.Point
	row int
}

func newObservations(ctx context.Context, tx *db.Tx, d *record.Dataset, source series.Source) *observations {
	return &observations{ctx: ctx, tx: tx, dataset: d, writer: series.Writer{Dataset: d, Source: source}, runs: map[record.Name]*gathering{}}
}

// put takes an accepted row.
func (o *observations) put(in *Row) error {
	row := takenRow{flagged: len(in.Flags) > 0}
	if in.More == nil {
		o.gather(&in.Record, &row)
	}
	for i := range in.More {
		o.gather(&in.More[i], &row)
	}
	o.rows, o.points = append(o.rows, row), o.points+row.points
	if o.points >= pointsAtOnce {
		return o.flush()
	}
	return o.ctx.Err()
}

// gather adds the values of a record to the observations that wait.
func (o *observations) gather(r *record.Record, row *takenRow) {
	quality := int16(0)
	if last := len(o.dataset.Fields) - 1; o.dataset.Fields[last].Name == record.Quality {
		quality = o.dataset.QualityOf(r.Value(last).Text)
	}
	for i := range o.dataset.Fields {
		if o.dataset.Fields[i].Type != record.Number || r.Value(i).IsAbsent() {
			continue
		}
		p, by, _ := record.PointAt(r.When, r.Value(i).Num) // the row was read with a time
		p.Quality = quality
		name := record.Name{Key: r.Key, Field: i, Step: by}
		g := o.runs[name]
		if g == nil {
			g = &gathering{run: record.Run{Name: name, Simulated: r.Simulated}}
			o.runs[name] = g
		}
		if r.Place.Known {
			g.run.Place = r.Place
		}
		g.points = append(g.points, rowPoint{p, len(o.rows)})
		row.points++
	}
}

// flush stores what waits and counts the rows that brought nothing new.
func (o *observations) flush() error {
	runs, of := o.sorted()
	o.writer.Unchanged = func(run, point int) { o.rows[of[run][point].row].same++ }
	if len(runs) > 0 {
		if err := o.writer.Put(o.ctx, o.tx, runs); err != nil {
			return err
		}
	}
	for _, row := range o.rows {
		if row.same < row.points {
			continue
		}
		o.unchanged++
		if row.flagged {
			o.flaggedUnchanged++
		}
	}
	o.rows, o.points = o.rows[:0], 0
	return nil
}

// sorted empties what was gathered into runs in the order of their names, each in the order of time.
func (o *observations) sorted() (runs []record.Run, of [][]rowPoint) {
	var all []*gathering
	for _, g := range o.runs {
		if len(g.points) > 0 {
			all = append(all, g)
		}
	}
	slices.SortFunc(all, func(a, b *gathering) int { return a.run.Compare(b.run.Name) })
	for _, g := range all {
		slices.SortFunc(g.points, func(a, b rowPoint) int { return cmp.Compare(a.At, b.At) })
		run := g.run
		run.Points = make([]record.Point, len(g.points))
		for i, p := range g.points {
			run.Points[i] = p.Point
		}
		runs, of = append(runs, run), append(of, g.points)
		g.points = nil
	}
	return runs, of
}

func (o *observations) here() (rows, flagged int) { return o.unchanged, o.flaggedUnchanged }
