package safety

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"accord/agreement"
	"accord/internal/area"
	"accord/internal/area/safety/flood"
	"accord/internal/date"
	"accord/internal/scale"
	"accord/record"
)

// The parameters of the figures.
const (
	fewestYears = 10
	fewestDays  = 330 // of a year that counts as whole
	hoursBefore = 24
	hoursAfter  = 72
)

// returnPeriods are those for which cities build.
var returnPeriods = []float64{2, 5, 10, 20, 30, 50, 100, 200}

var floods = area.Board{
	ID:    "safety/floods",
	Needs: []string{"safety/river", "environment/weather"},
	Event: true,
	Says: []string{
		"returns", "returns.about", "design", "design.about", "rain", "rain.about", "event", "event.about",
		"period", "gev", "gumbel", "month", "authority", "place", "amount", "duration", "since", "until", "confirmed", "source", "yes", "no", "hours",
		"daily_not_hourly", "few_years", "station_years", "no_offset", "rise", "no_levels", "own_largest", "durations", "unconfirmed", "same_month", "years_used", "days_used",
	},
	Make: makeFloods,
}

func makeFloods(in *area.Input) ([]area.Figure, error) {
	stations := make([]*gauge, len(in.Sides))
	for i, side := range in.Sides {
		stations[i] = longest(side.Series["environment/weather"], in.Field("environment/weather", "rain"))
	}
	return []area.Figure{returns(in, stations), designRain(in), monthlyRain(in, stations), event(in)}, nil
}

// A gauge is one station's daily rain.
type gauge struct {
	key   string
	years map[int]*year
}

type year struct {
	days  int
	most  float64
	month [12]float64
	seen  [12]int
}

// whole are the years that have nearly all their days, in order.
func (s *gauge) whole() (years []int) {
	for y, of := range s.years {
		if of.days >= fewestDays {
			years = append(years, y)
		}
	}
	slices.Sort(years)
	return years
}

// longest is the station with the most whole years of daily rain.
func longest(runs []record.Run, rain int) (best *gauge) {
	for i := range runs {
		if runs[i].Field != rain || runs[i].Step != record.ByDay {
			continue
		}
		s := &gauge{key: runs[i].Key, years: map[int]*year{}}
		for _, p := range runs[i].Points {
			at := time.UnixMicro(p.At).UTC()
			y := s.years[at.Year()]
			if y == nil {
				y = &year{}
				s.years[at.Year()] = y
			}
			y.days++
			y.most = max(y.most, p.Value)
			y.month[at.Month()-1] += p.Value
			y.seen[at.Month()-1]++
		}
		if best == nil || len(s.whole()) > len(best.whole()) {
			best = s
		}
	}
	return best
}

// returns are the largest daily rains to be expected, by L-moments.
func returns(in *area.Input, stations []*gauge) area.Figure {
	fig := area.Figure{ID: "returns", Shape: area.Lines, Method: "lmoments", Columns: []area.Column{{Word: "period", Unit: "a"}}, Comparable: true,
		Notes: []area.Say{{Word: "daily_not_hourly"}}, Parameters: []area.Parameter{{Word: "years_used", Number: fewestYears, Unit: "a"}, {Word: "days_used", Number: fewestDays, Unit: "d"}}}
	var fits []flood.GEV
	for i, s := range stations {
		gev, gumbel, n, ok := fit(s)
		if !ok {
			fig.Notes = append(fig.Notes, area.Say{Word: "few_years", Side: i + 1, Numbers: map[string]float64{"n": float64(n), "least": fewestYears}})
			continue
		}
		fig.Notes = append(fig.Notes, area.Say{Word: "station_years", Side: i + 1, Numbers: map[string]float64{"n": float64(n)}})
		fig.Columns = append(fig.Columns, area.Column{Side: i + 1, Word: "gev", Unit: "mm"}, area.Column{Side: i + 1, Word: "gumbel", Unit: "mm"})
		fits = append(fits, gev, gumbel)
	}
	if len(fits) == 0 {
		return fig
	}
	for _, t := range returnPeriods {
		row := []area.Cell{area.Number(t, 0)}
		for _, g := range fits {
			level, err := g.Level(t)
			if err != nil {
				row = append(row, area.Cell{})
				continue
			}
			row = append(row, area.Number(level, 0))
		}
		fig.Rows = append(fig.Rows, row)
	}
	return fig
}

func fit(s *gauge) (gev, gumbel flood.GEV, n int, ok bool) {
	if s == nil {
		return gev, gumbel, 0, false
	}
	years := s.whole()
	if n = len(years); n < fewestYears {
		return gev, gumbel, n, false
	}
	var most []float64
	for _, y := range years {
		most = append(most, s.years[y].most)
	}
	m, err := flood.SampleLMoments(most)
	if err == nil {
		gev, err = flood.FitGEV(m)
	}
	return gev, flood.Gumbel(m), n, err == nil
}

// designRain are the rains that works are built for, each with its duration, where and since when it holds.
func designRain(in *area.Input) area.Figure {
	fig := area.Figure{ID: "design", Shape: area.Table, Columns: []area.Column{{Word: "authority"}, {Word: "place"}, {Word: "duration", Unit: "h"}, {Word: "amount", Unit: "mm"},
		{Word: "since"}, {Word: "until"}, {Word: "confirmed"}, {Word: "source"}}, Comparable: false, Notes: []area.Say{{Word: "durations"}, {Word: "unconfirmed"}}}
	all := in.Scales.History("design_rainfall")
	slices.SortStableFunc(all, func(a, b *scale.Standard) int {
		return cmp.Or(cmp.Compare(a.Jurisdiction, b.Jurisdiction), cmp.Compare(a.Over, b.Over), cmp.Compare(b.Since.String(), a.Since.String()))
	})
	for _, s := range all {
		yes := "safety/floods.no"
		if s.Confirmed {
			yes = "safety/floods.yes"
		}
		fig.Rows = append(fig.Rows, []area.Cell{area.Said(s.Name.Texts()), area.Plain(s.Place), hoursOf(s.Over), area.Number(s.Value, 0),
			onDay(s.Since), onDay(s.Until), area.Word(yes), area.Plain(s.Source)})
	}
	return fig
}

// hoursOf is a duration in hours: PT2H is 2.
func hoursOf(over string) area.Cell {
	d, err := time.ParseDuration(strings.ToLower(strings.TrimPrefix(over, "PT")))
	if err != nil {
		return area.Plain(over)
	}
	return area.Number(d.Hours(), 1)
}

func onDay(d date.Day) area.Cell {
	if d.IsZero() {
		return area.Cell{}
	}
	return area.On(date.OnDay(d))
}

// monthlyRain is the mean rain of each month, over the months that have all their days.
func monthlyRain(in *area.Input, stations []*gauge) area.Figure {
	fig := area.Figure{ID: "rain", Shape: area.Bars, Columns: sideColumns(in, "month", "mm"), Comparable: true, Notes: []area.Say{{Word: "same_month"}}}
	for m := range 12 {
		row := []area.Cell{area.Count(m + 1)}
		for _, s := range stations {
			row = append(row, meanOf(s, m))
		}
		fig.Rows = append(fig.Rows, row)
	}
	return fig
}

func meanOf(s *gauge, month int) area.Cell {
	if s == nil {
		return area.Cell{}
	}
	sum, n := 0.0, 0
	for y, of := range s.years {
		if of.seen[month] == date.NewDay(y, time.Month(month+2), 0).DayOfMonth() {
			sum, n = sum+of.month[month], n+1
		}
	}
	if n == 0 {
		return area.Cell{}
	}
	return area.Number(sum/float64(n), 0)
}

// event is each side's highest water in the time asked for, as the rise above the level a day before: levels have datums that
// nothing joins.
func event(in *area.Input) area.Figure {
	fig := area.Figure{ID: "event", Shape: area.Lines, Columns: []area.Column{{Word: "hours", Unit: "h"}}, Comparable: true, Method: "rise",
		Notes: []area.Say{{Word: "no_offset"}, {Word: "rise"}, {Word: "own_largest"}}}
	var rises [][]area.Cell
	for i, side := range in.Sides {
		rise, ok := highest(side.Series["safety/river"], in.From, in.Until)
		if !ok {
			fig.Notes = append(fig.Notes, area.Say{Word: "no_levels", Side: i + 1})
			continue
		}
		fig.Columns = append(fig.Columns, area.Column{Side: i + 1, Unit: "m"})
		rises = append(rises, rise)
	}
	if len(rises) == 0 {
		return fig
	}
	for h := range hoursBefore + hoursAfter {
		row := []area.Cell{area.Count(h - hoursBefore)}
		for _, r := range rises {
			row = append(row, r[h])
		}
		fig.Rows = append(fig.Rows, row)
	}
	return fig
}

// highest finds the gauge and hour of the highest rise and returns the hours around it.
func highest(runs []record.Run, from, until date.Day) ([]area.Cell, bool) {
	var best *record.Run
	var crest int64
	var most = math.Inf(-1)
	var unit float64
	for i := range runs {
		r := &runs[i]
		scale := levelUnit(r.Field)
		if scale == 0 || len(r.Points) == 0 {
			continue
		}
		lowest := math.Inf(1)
		for _, p := range r.Points {
			lowest = min(lowest, p.Value)
		}
		for _, p := range r.Points {
			d := date.Of(time.UnixMicro(p.At).UTC())
			if !from.IsZero() && d.Before(from) || !until.IsZero() && d.After(until) {
				continue
			}
			if rise := (p.Value - lowest) * scale; rise > most {
				best, crest, most, unit = r, p.At, rise, scale
			}
		}
	}
	if best == nil {
		return nil, false
	}
	return hourly(best.Points, crest, unit), true
}

// levelUnit is how many metres one unit of a level is; 0 for what is no level.
func levelUnit(field int) float64 {
	switch river.Fields[field].Name {
	case "level_gauge":
		return 0.01
	case "level_el":
		return 1
	}
	return 0
}

// hourly is the highest level of each hour around a crest, above the first that is known.
func hourly(points []record.Point, crest int64, unit float64) []area.Cell {
	const hour = int64(3600 * 1e6)
	start := crest - hoursBefore*hour
	cells := make([]area.Cell, hoursBefore+hoursAfter)
	top := make([]float64, len(cells))
	for i := range top {
		top[i] = math.Inf(-1)
	}
	for _, p := range points {
		if h := (p.At - start) / hour; p.At >= start && h < int64(len(top)) {
			top[h] = max(top[h], p.Value)
		}
	}
	base := math.NaN()
	for i, v := range top {
		if math.IsInf(v, -1) {
			continue
		}
		if math.IsNaN(base) {
			base = v
		}
		cells[i] = area.Number((v-base)*unit, 2)
	}
	return cells
}

// joined names values of a scale as one text a language.
func joined(s *scale.Scale, ids []string) (out agreement.Texts) {
	for _, id := range ids {
		v, _ := s.Value(id)
		for _, t := range v.Name.Texts() {
			i := slices.IndexFunc(out, func(o agreement.Text) bool { return o.Lang == t.Lang })
			if i < 0 {
				out = append(out, t)
				continue
			}
			out[i].Text += " / " + t.Text
		}
	}
	return out
}
