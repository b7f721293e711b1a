package chart

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// wellFormed reads a figure as XML: what a browser would mend without a word fails here.
func wellFormed(t *testing.T, s string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader("<x>" + s + "</x>"))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, s)
		}
	}
}

const hostile = `"><script>alert(1)</script>&'`

func frame() Frame {
	return Frame{ID: "f", Title: hostile, Desc: hostile, Note: hostile, Table: hostile, X: Axis{Label: hostile}, Y: Axis{Label: hostile, Lines: []Level{{2, hostile}}}}
}

func TestFiguresAreWellFormedAndEscaped(t *testing.T) {
	nan := math.NaN()
	all := []Series{{Label: hostile, Lang: hostile, Tone: 1, Points: []Point{{0, 1}, {1, nan}, {2, 3}}}, {Label: "b", Tone: 9, Points: []Point{{0, -2}}}, {Label: "none", Tone: -3}}
	fit := Fit{Slope: 1}
	for name, s := range map[string]string{
		"lines": Lines(frame(), all), "empty": Lines(frame(), nil), "flat": Lines(frame(), []Series{{Points: []Point{{1, 1}}}}), "bars": Bars(frame(), []string{hostile, "b", "c"}, all),
		"no bars": Bars(frame(), nil, nil), "scatter": Scatter(frame(), all, &fit), "no points": Scatter(frame(), nil, nil),
		"map": (&Maps{Maps: []Map{{ID: "m", Title: hostile, Desc: hostile, Lang: hostile, Spots: []Spot{{Place{127, 37}, 250}, {Place{127.1, 37.1}, 0}}, Areas: []Area{{Name: hostile, Rings: [][]Place{{{127, 37}, {127.1, 37}, {127, 37.1}}}}}}, {ID: "n"}},
			Scale: func(m float64) string { return fmt.Sprint(m) }, Out: func(n int) string { return hostile }, Many: func(n int) string { return hostile }, None: hostile}).SVG(),
	} {
		t.Run(name, func(t *testing.T) {
			wellFormed(t, s)
			if strings.Contains(s, "<script") || strings.Contains(s, "style=") || strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
				t.Errorf("it holds what it must not:\n%s", s)
			}
			if !strings.Contains(s, "<title") || !strings.Contains(s, "<desc") {
				t.Error("it has no title or no description")
			}
		})
	}
}

func TestTableHasTheValues(t *testing.T) {
	f := frame()
	f.Table = "table"
	s := Lines(f, []Series{{Label: "a", Points: []Point{{1, 10}, {2, 20}}}, {Label: "b", Points: []Point{{2, 200}}}})
	for _, want := range []string{`<th scope="row">1</th><td>10</td><td></td>`, `<th scope="row">2</th><td>20</td><td>200</td>`} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is not in the table", want)
		}
	}
}

// TestReduceCoversTheSamePixels: of each column of pixels the lowest, highest, first and last value are kept, and nothing that
// was not there.
func TestReduceCoversTheSamePixels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 3000).Draw(t, "n")
		cols := rapid.IntRange(1, 40).Draw(t, "columns")
		points := make([]Point, n)
		for i := range points {
			points[i] = Point{float64(i), rapid.Float64Range(-50, 50).Draw(t, "y")}
			if rapid.IntRange(0, 30).Draw(t, "gap") == 0 {
				points[i].Y = math.NaN()
			}
		}
		got := Reduce(points, 0, float64(n-1), cols)
		if len(got) > 5*(cols+1) {
			t.Fatalf("%d points are left for %d columns", len(got), cols)
		}
		seen := 0
		low, high := bounds(points, n, cols), bounds(got, n, cols)
		for c := range low {
			if low[c] != high[c] {
				t.Fatalf("column %d spans %v, not %v", c, high[c], low[c])
			}
		}
		for _, p := range got {
			if seen > 0 && p.X <= got[seen-1].X || math.Float64bits(points[int(p.X)].Y) != math.Float64bits(p.Y) {
				t.Fatalf("point %v was not there or stands out of order", p)
			}
			seen++
		}
	})
}

func bounds(points []Point, n, cols int) map[int][2]float64 {
	out := map[int][2]float64{}
	for _, p := range points {
		if math.IsNaN(p.Y) {
			continue
		}
		c := column(p.X, 0, float64(n-1), cols)
		b, ok := out[c]
		if !ok {
			b = [2]float64{p.Y, p.Y}
		}
		out[c] = [2]float64{min(b[0], p.Y), max(b[1], p.Y)}
	}
	return out
}

func TestRegression(t *testing.T) {
	fit, ok := Regression([]Point{{0, 1}, {1, 3}, {2, 5}, {3, math.NaN()}, {4, 9}})
	if !ok || math.Abs(fit.Slope-2) > 1e-12 || math.Abs(fit.Intercept-1) > 1e-12 || math.Abs(fit.R2-1) > 1e-12 || fit.N != 4 {
		t.Errorf("%+v %v", fit, ok)
	}
	// Anscombe's first set: y = 3.00 + 0.500 x, r² = 0.67.
	xs := []float64{10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5}
	ys := []float64{8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68}
	var points []Point
	for i := range xs {
		points = append(points, Point{xs[i], ys[i]})
	}
	if fit, _ = Regression(points); math.Abs(fit.Slope-0.5000909) > 1e-6 || math.Abs(fit.Intercept-3.0000909) > 1e-6 || math.Abs(fit.R2-0.6665425) > 1e-6 {
		t.Errorf("%+v", fit)
	}
	for _, points := range [][]Point{nil, {{1, 1}, {2, 2}}, {{1, 1}, {1, 2}, {1, 3}}} {
		if _, ok := Regression(points); ok {
			t.Errorf("%v has a line", points)
		}
	}
}

func TestRound(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{{0, 10, "[0 2 4 6 8 10]"}, {0, 1, "[0 0.2 0.4 0.6 0.8 1]"}, {-3, 4, "[-2 0 2 4]"}, {0, 0.013, "[0 0.005 0.01]"}, {5, 5, "[5]"}, {1000, 1043, "[1000 1010 1020 1030 1040]"}} {
		if got := fmt.Sprint(Round(c.lo, c.hi, 5)); got != c.want {
			t.Errorf("%v to %v: %s, want %s", c.lo, c.hi, got, c.want)
		}
	}
}

func TestTimeMarks(t *testing.T) {
	zone := time.FixedZone("", 9*3600)
	day := func(y int, m time.Month, d int) float64 { return Seconds(time.Date(y, m, d, 0, 0, 0, 0, zone)) }
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{day(2024, 1, 10), day(2024, 12, 20), "2024-04-01 2024-07-01 2024-10-01"},
		{day(1988, 5, 1), day(2026, 1, 1), "1990-01-01 2000-01-01 2010-01-01 2020-01-01"},
		{day(2024, 2, 27), day(2024, 3, 3), "2024-02-27 2024-02-28 2024-02-29 2024-03-01 2024-03-02 2024-03-03"},
	} {
		var got []string
		marks, _ := timeMarks(c.lo, c.hi, 5, zone)
		for _, v := range marks {
			got = append(got, When(v).In(zone).Format(time.DateOnly))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s, want %s", s, c.want)
		}
	}
}

// TestMapsHaveOneScale: a kilometre is as long in both maps, far from each other as they are, and as far east as north.
func TestMapsHaveOneScale(t *testing.T) {
	for _, middle := range []Place{{127, 37.5}, {139.7, 35.7}, {0, 0}, {-70, -60}} {
		p := around(middle)
		x, y := p.metres(Place{middle.Lon, middle.Lat + 0.1})
		if math.Abs(x) > 1e-6 || math.Abs(y-earth*0.1*math.Pi/180) > 0.01 {
			t.Errorf("%v: north is %v %v", middle, x, y)
		}
		x, _ = p.metres(Place{middle.Lon + 0.1, middle.Lat})
		if want := earth * 0.1 * math.Pi / 180 * math.Cos(middle.Lat*math.Pi/180); math.Abs(x-want) > 0.1 {
			t.Errorf("%v: east is %v, want %v", middle, x, want)
		}
	}
	spots := func(lon, lat, size float64) (out []Spot) {
		for i := range 50 {
			out = append(out, Spot{Place: Place{lon + size*float64(i%7)/7, lat + size*float64(i%11)/11}})
		}
		return out
	}
	m := Maps{Maps: []Map{{ID: "a", Spots: spots(127, 37, 0.3)}, {ID: "b", Spots: spots(139, 35, 0.1)}}, Scale: func(m float64) string { return fmt.Sprintf("%g m", m) }}
	if s := m.SVG(); strings.Count(s, "10000 m") != 2 && strings.Count(s, "5000 m") != 2 {
		t.Errorf("the bars differ:\n%.3000s", s)
	}
}

func TestOneWrongPlaceDoesNotShrinkTheMap(t *testing.T) {
	var spots []Spot
	for i := range 300 {
		spots = append(spots, Spot{Place: Place{127 + float64(i%10)/50, 37.5 + float64(i%13)/50}})
	}
	m := Map{Spots: spots}
	before := m.frame().span
	m.Spots = append(m.Spots, Spot{Place: Place{0, 0}})
	if after := m.frame().span; math.Abs(after-before) > before/20 {
		t.Errorf("%v m across became %v", before, after)
	}
	if _, outside := gather(m.Spots, m.frame(), 1); outside < 1 {
		t.Error("what lies outside is not counted")
	}
}

// TestManySpotsAreFewSigns keeps pages light.
func TestManySpotsAreFewSigns(t *testing.T) {
	var spots []Spot
	for i := range 100_000 {
		spots = append(spots, Spot{Place: Place{127 + float64(i%997)/3000, 37.5 + float64(i%1009)/4000}})
	}
	m := Maps{Maps: []Map{{ID: "a", Spots: spots}}, Scale: func(float64) string { return "" }, Many: func(n int) string { return fmt.Sprint(n) }, Out: func(int) string { return "" }}
	if s := m.SVG(); len(s) > 120_000 || strings.Count(s, "<circle") > cells*cells {
		t.Errorf("%d bytes, %d circles", len(s), strings.Count(s, "<circle"))
	}
}
