package node

import (
	"cmp"
	"math"
	"slices"
	"time"

	"accord/internal/chart"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/series"
	"accord/internal/web"
	"accord/record"
)

// shownSeries is how many series a page lists; drawnValues, up to how many values of one a figure is made of.
const (
	shownSeries = 100
	drawnValues = 20_000
)

// stations lists the series of a dataset and draws one quantity: of each party the series that has most of it.
func (v *view) stations() error {
	f := v.filter
	f.At, f.After = 0, nil
	all, err := v.pages.shelf().Series(v.ctx, v.d.Dataset, f, v.sight)
	if err != nil {
		return err
	}
	field := v.quantity(all)
	for i := range v.d.Fields {
		if v.d.Fields[i].Type == record.Number && slices.ContainsFunc(all, func(e series.Extent) bool { return e.Field == i }) {
			v.out.Fields = append(v.out.Fields, v.out.Columns[i])
		}
	}
	for _, e := range all {
		if e.Field != field {
			continue
		}
		if len(v.out.All) == shownSeries {
			v.out.Unlisted++
			continue
		}
		party, err := v.party(e.Origin)
		if err != nil {
			return err
		}
		v.out.All = append(v.out.All, web.DataStation{Party: party, Key: e.Key, Field: v.label(e.Field), Step: string(e.Step), N: e.Values, First: v.day(e.First, e.Step), Last: v.day(e.Last, e.Step), Simulated: e.Simulated})
	}
	if field < 0 {
		return nil
	}
	v.out.Field, v.out.Unit = v.label(field), v.d.Fields[field].Unit
	return v.lines(all, field)
}

// label is a quantity as its place in the list of columns names it: a series of another version may have another place.
func (v *view) label(field int) string {
	if field >= 0 && field < len(v.out.Columns) {
		return v.out.Columns[field].Label
	}
	return ""
}

func (v *view) day(micros int64, by record.Step) date.Day {
	t := db.Time(micros)
	if by == record.ByInstant {
		t = t.In(v.pages.node.Home.Zone)
	}
	return date.Of(t)
}

// quantity is the one that is asked for, else that of which there is most; -1 where there are no series.
func (v *view) quantity(all []series.Extent) int {
	if i := v.d.Index(v.ask.Field); i >= 0 && v.d.Fields[i].Type == record.Number {
		return i
	}
	parties, values := map[int]map[string]bool{}, map[int]int64{}
	best := -1
	for _, e := range all {
		if parties[e.Field] == nil {
			parties[e.Field] = map[string]bool{}
		}
		parties[e.Field][e.Origin] = true
		values[e.Field] += e.Values
	}
	for field := range v.d.Fields {
		n := len(parties[field])
		if n > 0 && (best < 0 || n > len(parties[best]) || n == len(parties[best]) && values[field] > values[best]) {
			best = field
		}
	}
	return best
}

// lines draws one series of each party over the days that are asked for, else over the last year of either.
func (v *view) lines(all []series.Extent, field int) error {
	for _, h := range v.out.Held {
		var best *series.Extent
		for i := range all {
			if e := &all[i]; e.Field == field && e.Origin == h.Party.ID && (best == nil || e.Values > best.Values) {
				best = e
			}
		}
		if best == nil {
			continue
		}
		from, until := v.window(best)
		_, points, err := v.pages.shelf().Points(v.ctx, v.d.Dataset, best.ID, from, until, v.sight)
		if err != nil {
			return err
		}
		s := web.DataSeries{Party: h.Party, Own: h.Own, Label: best.Key, Simulated: best.Simulated}
		// The axis has the clock of this node's place: instants are shown by it, days are days.
		shift := 0.0
		if best.Step == record.ByInstant {
			_, offset := db.Time(until).In(v.pages.node.Home.Zone).Zone()
			shift = float64(offset)
		}
		for _, p := range points {
			s.Points = append(s.Points, chart.Point{X: float64(p.At)/1e6 + shift, Y: p.Value})
		}
		v.out.Lines = append(v.out.Lines, gaps(s))
	}
	return nil
}

// gaps breaks the line where nothing was measured for long: four times the usual distance of two values.
func gaps(s web.DataSeries) web.DataSeries {
	if len(s.Points) < 3 {
		return s
	}
	var apart []float64
	for i := 1; i < len(s.Points); i++ {
		apart = append(apart, s.Points[i].X-s.Points[i-1].X)
	}
	slices.SortFunc(apart, cmp.Compare[float64])
	usual := apart[len(apart)/2]
	var out []chart.Point
	for i, p := range s.Points {
		if i > 0 && p.X-s.Points[i-1].X > 4*usual {
			out = append(out, chart.Point{X: s.Points[i-1].X + usual, Y: math.NaN()})
		}
		out = append(out, p)
	}
	s.Points = out
	return s
}

// window is the span of time that is drawn of a series.
func (v *view) window(e *series.Extent) (from, until int64) {
	from, until = e.First, e.Last
	if year := until - db.Micros(time.Unix(366*24*3600, 0)); from < year && v.filter.From.IsZero() {
		from = year
	}
	if !v.filter.From.IsZero() {
		from = v.filter.From.Time().UnixMicro()
	}
	if !v.filter.Until.IsZero() {
		until = v.filter.Until.AddDays(1).Time().UnixMicro() - 1
	}
	// A window with too many values is cut at its beginning.
	if all := e.Last - e.First; all > 0 && e.Values > drawnValues {
		from = max(from, until-int64(float64(all)/float64(e.Values)*drawnValues))
	}
	return from, until
}
