package safety

import (
	"cmp"
	"math"
	"slices"

	"accord/internal/area"
	"accord/internal/area/safety/sinkhole"
	"accord/internal/date"
	"accord/internal/geo"
	"accord/record"
)

// The parameters of the methods, which the figures show.
const (
	clusterReach  = 500.0  // metres
	clusterFewest = 3      // records
	bandwidth     = 1000.0 // metres, standard deviation
	mostCells     = 32     // of the density's grid, along its longer side
	monthsBack    = 36
)

var sinkholes = area.Board{
	ID:    "safety/sinkholes",
	Needs: []string{"safety/subsidence"},
	Says: []string{
		"counts", "counts.about", "monthly", "monthly.about", "places", "places.about",
		"measure", "known", "above", "below", "untold", "year", "deaths", "injuries", "month", "cluster", "side", "records", "latitude", "longitude", "first", "last",
		"floor", "no_floor", "both_floors", "not_normal", "cells", "exact", "no_places", "reach", "fewest", "bandwidth", "area_floor", "depth_floor",
	},
	Make: makeSinkholes,
}

// A floor is from which size on a country's office reports. The strictest known holds for both sides: records below it exist
// only where nobody asks for it.
type floor struct {
	area, depth float64
	sources     []string
}

func floorOf(in *area.Input) (f floor) {
	for _, s := range in.Scales.Standards("subsidence_floor_area", in.Today) {
		f.area, f.sources = max(f.area, s.Value), append(f.sources, s.Source)
	}
	for _, s := range in.Scales.Standards("subsidence_floor_depth", in.Today) {
		f.depth = max(f.depth, s.Value)
	}
	return f
}

// A size is what a floor says of a record.
type size int

const (
	untold size = iota // neither size nor harm is told
	below
	above
)

func (f floor) of(r *record.Record) size {
	number := func(field string) (float64, bool) {
		v := r.Value(subsidence.Index(field))
		return v.Num, !v.IsAbsent()
	}
	deaths, _ := number("deaths")
	injuries, _ := number("injuries")
	width, hasWidth := number("width")
	length, hasLength := number("length")
	depth, hasDepth := number("depth")
	switch {
	case deaths+injuries > 0, hasDepth && depth >= f.depth, hasWidth && hasLength && width*length >= f.area:
		return above
	case hasDepth && hasWidth && hasLength:
		return below
	}
	return untold
}

func makeSinkholes(in *area.Input) ([]area.Figure, error) {
	f := floorOf(in)
	kept := make([][]record.Record, len(in.Sides))
	tallies := make([]tally, len(in.Sides))
	for i, side := range in.Sides {
		kept[i], tallies[i] = f.sift(side.Records["safety/subsidence"], in.Today)
	}
	places, err := sinkholePlaces(in, kept)
	if err != nil {
		return nil, err
	}
	return []area.Figure{f.counts(in, tallies), f.monthly(in, kept), places}, nil
}

// A tally is one side's counts.
type tally struct{ known, above, below, untold, year, deaths, injuries int }

// sift keeps what is above the floor.
func (f floor) sift(all []record.Record, today date.Day) (kept []record.Record, t tally) {
	since := today.AddMonths(-12)
	for i := range all {
		r := &all[i]
		t.known++
		switch f.of(r) {
		case untold:
			t.untold++
			continue
		case below:
			t.below++
			continue
		}
		t.above++
		kept = append(kept, *r)
		t.deaths += int(r.Value(subsidence.Index("deaths")).Num)
		t.injuries += int(r.Value(subsidence.Index("injuries")).Num)
		if d := r.When.Date(); !d.IsZero() && d.First().After(since) && !d.First().After(today) {
			t.year++
		}
	}
	return kept, t
}

func (f floor) counts(in *area.Input, tallies []tally) area.Figure {
	fig := area.Figure{ID: "counts", Shape: area.Table, Columns: sideColumns(in, "measure", ""), Comparable: len(f.sources) > 0, Sources: f.sources}
	for _, row := range []struct {
		word string
		of   func(tally) int
	}{
		{"known", func(t tally) int { return t.known }},
		{"above", func(t tally) int { return t.above }},
		{"below", func(t tally) int { return t.below }},
		{"untold", func(t tally) int { return t.untold }},
		{"year", func(t tally) int { return t.year }},
		{"deaths", func(t tally) int { return t.deaths }},
		{"injuries", func(t tally) int { return t.injuries }},
	} {
		cells := []area.Cell{area.Word("safety/sinkholes." + row.word)}
		for _, t := range tallies {
			cells = append(cells, area.Count(row.of(t)))
		}
		fig.Rows = append(fig.Rows, cells)
	}
	fig.Notes = append(f.notes(), area.Say{Word: "not_normal"})
	fig.Parameters = []area.Parameter{{Word: "area_floor", Number: f.area, Unit: "m2"}, {Word: "depth_floor", Number: f.depth, Unit: "m"}}
	return fig
}

func (f floor) notes() []area.Say {
	if len(f.sources) == 0 {
		return []area.Say{{Word: "no_floor"}}
	}
	return []area.Say{{Word: "floor", Numbers: map[string]float64{"area": f.area, "depth": f.depth}}, {Word: "both_floors"}}
}

func (f floor) monthly(in *area.Input, kept [][]record.Record) area.Figure {
	fig := area.Figure{ID: "monthly", Shape: area.Bars, Columns: sideColumns(in, "month", ""), Comparable: len(f.sources) > 0, Notes: f.notes(), Sources: f.sources}
	first := date.NewDay(in.Today.Year(), in.Today.Month(), 1).AddMonths(-monthsBack + 1)
	counts := make([][]int, len(kept))
	for i, records := range kept {
		counts[i] = make([]int, monthsBack)
		for j := range records {
			d := records[j].When.Date()
			if d.IsZero() || d.Precision() == date.ByYear {
				continue
			}
			if m := months(first, d.First()); m >= 0 && m < monthsBack {
				counts[i][m]++
			}
		}
	}
	for m := range monthsBack {
		month := date.OnDay(first.AddMonths(m)).Coarser(date.ByMonth)
		row := []area.Cell{area.On(month)}
		for i := range counts {
			row = append(row, area.Count(counts[i][m]))
		}
		fig.Rows = append(fig.Rows, row)
	}
	return fig
}

// months is how many months a day's month is after another's.
func months(from, to date.Day) int {
	return (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
}

// sinkholePlaces is the map: records, their clusters, and how dense they lie, each city by itself.
func sinkholePlaces(in *area.Input, kept [][]record.Record) (area.Figure, error) {
	fig := area.Figure{ID: "places", Shape: area.Map, Method: "dbscan", Comparable: true, Columns: []area.Column{{Word: "side"}, {Word: "cluster"},
		{Word: "records"}, {Word: "latitude"}, {Word: "longitude"}, {Word: "first"}, {Word: "last"}},
		Parameters: []area.Parameter{{Word: "reach", Number: clusterReach, Unit: "m"}, {Word: "fewest", Number: clusterFewest}, {Word: "bandwidth", Number: bandwidth, Unit: "m"}}}
	coarsest := 0
	for i, records := range kept {
		var points []geo.Point
		var which []record.Record
		for _, r := range records {
			if r.Place.Known {
				points, which = append(points, geo.Point{Lat: r.Place.Lat, Lon: r.Place.Lon}), append(which, r)
				coarsest = max(coarsest, r.Place.Grid)
			}
		}
		if len(points) == 0 {
			fig.Notes = append(fig.Notes, area.Say{Word: "no_places", Side: i + 1})
			continue
		}
		clusters := sinkhole.Cluster(points, clusterReach, clusterFewest)
		layer := area.Layer{Side: i + 1, Dataset: subsidence.Name}
		for j, p := range points {
			layer.Points = append(layer.Points, area.Point{Lon: p.Lon, Lat: p.Lat, Group: clusters.Labels[j] + 1, Key: which[j].Key})
		}
		fig.Rows = append(fig.Rows, clusterRows(in.Sides[i], points, which, clusters)...)
		var err error
		if layer.Cells, err = density(points); err != nil {
			return fig, err
		}
		fig.Layers = append(fig.Layers, layer)
	}
	if coarsest > 0 {
		fig.Notes = append(fig.Notes, area.Say{Word: "cells", Numbers: map[string]float64{"grid": float64(coarsest)}})
	} else if len(fig.Layers) > 0 {
		fig.Notes = append(fig.Notes, area.Say{Word: "exact"})
	}
	return fig, nil
}

// clusterRows are the clusters of a side, the largest first.
func clusterRows(side area.Side, points []geo.Point, which []record.Record, c sinkhole.Clusters) (rows [][]area.Cell) {
	members := make([][]int, c.Count)
	for j, label := range c.Labels {
		if label != sinkhole.Noise {
			members[label] = append(members[label], j)
		}
	}
	slices.SortStableFunc(members, func(a, b []int) int { return cmp.Compare(len(b), len(a)) })
	for _, m := range members {
		var lat, lon float64
		var first, last date.Date
		for _, j := range m {
			lat, lon = lat+points[j].Lat/float64(len(m)), lon+points[j].Lon/float64(len(m))
			d := which[j].When.Date()
			if first.IsZero() || !d.IsZero() && d.First().Before(first.First()) {
				first = d
			}
			if last.IsZero() || !d.IsZero() && d.First().After(last.First()) {
				last = d
			}
		}
		label := c.Labels[m[0]] + 1
		rows = append(rows, []area.Cell{area.Said(side.Name), area.Count(label), area.Count(len(m)), area.Number(lat, 4), area.Number(lon, 4), dated(first), dated(last)})
	}
	return rows
}

func dated(d date.Date) area.Cell {
	if d.IsZero() {
		return area.Cell{}
	}
	return area.On(d)
}

// density is how many records lie in a square kilometre, on a grid over the box around them, in a metric plane, with what a
// kernel spreads beyond the box made good at the record (Diggle). Cells below a fifth of the highest are left out.
func density(points []geo.Point) ([]area.MapCell, error) {
	middle, _ := geo.Middle(points)
	plane := geo.NewLocal(middle)
	events := make([]sinkhole.Position, len(points))
	w := sinkhole.Window{West: math.Inf(1), East: math.Inf(-1), South: math.Inf(1), North: math.Inf(-1)}
	for i, p := range points {
		at := plane.Plane(p)
		events[i] = sinkhole.Position{X: at.East, Y: at.North}
		w.West, w.East = min(w.West, at.East), max(w.East, at.East)
		w.South, w.North = min(w.South, at.North), max(w.North, at.North)
	}
	w.West, w.East, w.South, w.North = w.West-bandwidth, w.East+bandwidth, w.South-bandwidth, w.North+bandwidth
	surface, err := sinkhole.NewSurface(events, w, sinkhole.Gaussian, sinkhole.Diggle, bandwidth)
	if err != nil {
		return nil, err
	}
	step := max(w.East-w.West, w.North-w.South) / mostCells
	var cells []area.MapCell
	highest := 0.0
	for y := w.South; y < w.North; y += step {
		for x := w.West; x < w.East; x += step {
			value := surface.At(sinkhole.Position{X: x + step/2, Y: y + step/2}) * 1e6
			sw, ne := plane.Place(geo.Pair{East: x, North: y}), plane.Place(geo.Pair{East: x + step, North: y + step})
			cells = append(cells, area.MapCell{West: sw.Lon, South: sw.Lat, East: ne.Lon, North: ne.Lat, Value: value})
			highest = max(highest, value)
		}
	}
	return levels(cells, highest), nil
}

// levels sets the level of each cell by fifths of the highest value.
func levels(cells []area.MapCell, highest float64) (out []area.MapCell) {
	for _, c := range cells {
		if c.Level = min(5, 1+int(5*c.Value/highest)); c.Level > 1 {
			c.Level--
			out = append(out, c)
		}
	}
	return out
}

// sideColumns are a first column with a word, and one for each side.
func sideColumns(in *area.Input, word, unit string) []area.Column {
	columns := []area.Column{{Word: word}}
	for i := range in.Sides {
		columns = append(columns, area.Column{Side: i + 1, Unit: unit})
	}
	return columns
}
