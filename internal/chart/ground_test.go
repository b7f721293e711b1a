package chart

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// squares are so many areas a side over a box.
func squares(id string, w, s, side float64, n int) Ground {
	g := Ground{ID: id}
	d := side / float64(n)
	for i := range n {
		for j := range n {
			x, y := w+float64(i)*d, s+float64(j)*d
			g.Areas = append(g.Areas, Area{Name: id, Rings: [][]Place{{{x, y}, {x + d, y}, {x + d, y + d}, {x, y + d}, {x, y}}}})
		}
	}
	return g
}

func TestGroundOfMap(t *testing.T) {
	city := []Spot{{Place: Place{127, 37.5}}, {Place: Place{127.05, 37.52}}, {Place: Place{126.95, 37.55}}, {Place: Place{126.96, 37.45}}}
	districts, wards := squares("districts", 126.8, 37.3, .4, 5), squares("wards", 126.8, 37.3, .4, 20)
	scrap, far := squares("scrap", 126.99, 37.49, .02, 1), squares("far", 139, 35, 1, 2)
	for name, c := range map[string]struct {
		spots   []Spot
		grounds []Ground
		want    string
	}{
		"the coarser":               {city, []Ground{wards, districts}, "districts"},
		"not a scrap":               {city, []Ground{scrap, wards}, "wards"},
		"not what lies elsewhere":   {city, []Ground{far}, ""},
		"first of two alike":        {city, []Ground{districts, {ID: "again", Areas: districts.Areas}}, "districts"},
		"none":                      {city, nil, ""},
		"nothing on the map at all": {nil, []Ground{districts}, ""},
		"areas without rings":       {city, []Ground{{ID: "empty", Areas: []Area{{}}}}, ""},
	} {
		m := Maps{Maps: []Map{{ID: "a", Spots: c.spots, Grounds: c.grounds}}, Scale: func(m float64) string { return "" }}
		if got := m.Views()[0].Ground; got != c.want {
			t.Errorf("%s: %q lies under it, want %q", name, got, c.want)
		}
		if drawn := strings.Contains(m.SVG(), `class="ward"`); drawn != (c.want != "") {
			t.Errorf("%s: drawn %v", name, drawn)
		}
	}
	whole := Maps{Maps: []Map{{Areas: districts.Areas[:9], Grounds: []Ground{districts}}}}
	if v := whole.Views()[0]; v.Ground != "districts" || v.Span < 2000 {
		t.Errorf("under areas without spots: %+v", v)
	}
}

var corner = regexp.MustCompile(`[ML](-?[0-9.]+) (-?[0-9.]+)`)

// A line is drawn with fewer corners than it has, and none of those left out lies further away from where it is drawn than can be seen.
func TestThinLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 200).Draw(t, "corners")
		v := view{plane: around(Place{127, 37.5}), middle: Place{127, 37.5}, span: rapid.Float64Range(2000, 500_000).Draw(t, "span")}
		var ring []Place
		for i := range n {
			a := 2 * math.Pi * float64(i) / float64(n)
			r := rapid.Float64Range(.0001, .3).Draw(t, "radius")
			ring = append(ring, Place{127 + r*math.Cos(a), 37.5 + r*math.Sin(a)})
		}
		path := v.ring(ring)
		drawn := corner.FindAllStringSubmatch(path, -1)
		if len(drawn) > n || path != "" && (len(drawn) < 2 || path[len(path)-1] != 'Z' || !strings.HasPrefix(path, "M")) {
			t.Fatalf("%d corners of %d: %s", len(drawn), n, path)
		}
		for _, p := range ring {
			x, y, inside := v.at(p)
			near := !inside && path == ""
			for _, d := range drawn {
				dx, _ := strconv.ParseFloat(d[1], 64)
				dy, _ := strconv.ParseFloat(d[2], 64)
				near = near || math.Abs(dx-x) <= fine+.5 && math.Abs(dy-y) <= fine+.5
			}
			if !near {
				t.Fatalf("%v is drawn nowhere near %s", p, fmt.Sprint(x, " ", y))
			}
		}
	})
}

// All maps have one scale, whatever is on each.
func TestViewsHaveOneScale(t *testing.T) {
	m := Maps{Maps: []Map{{Spots: []Spot{{Place: Place{127, 37.5}}, {Place: Place{127.3, 37.6}}}}, {Spots: []Spot{{Place: Place{139.7, 35.6}}}}, {}}}
	v := m.Views()
	if v[0].Span != v[1].Span || v[1].Span != v[2].Span || v[0].Span < 20_000 || math.Abs(v[1].Middle.Lon-139.7) > 1e-9 {
		t.Errorf("%+v", v)
	}
}
