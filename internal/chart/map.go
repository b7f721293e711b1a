package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Place is a point on the earth in degrees of WGS84.
type Place struct{ Lon, Lat float64 }

// A Spot is something at a place. Grid is the side in metres of the cell whose centre the place is; 0 is an exact place.
type Spot struct {
	Place
	Grid int
}

// An Area is a polygon with its outer ring first and its holes after it. Rings may be open or closed.
type Area struct {
	Name  string
	Rings [][]Place
	Level int // 1 to 5 for a step of a density, which is shaded; 0 for a boundary
}

// A Map is the spots of one party, over the areas of its boundaries where there are any.
type Map struct {
	ID      string
	Title   string
	Lang    string // of the title, where it is not the page's
	Desc    string
	Tone    int
	Spots   []Spot
	Areas   []Area
	Grounds []Ground // what may lie under it: one of them is drawn
}

// Maps are maps side by side at one scale, each around the middle of its own spots, in an equal-area projection with metres
// along both sides. There is nothing on them but what they are given.
type Maps struct {
	Maps  []Map
	Scale func(metres float64) string // writes the length of the scale bar
	Out   func(outside int) string    // says how many spots lie outside a map
	None  string                      // stands in a map without spots
	Many  func(spots int) string      // names a circle that stands for several spots
	Key   []string                    // what the signs mean, below: one spot, several, a cell
}

// earth is the radius of a sphere with the surface of the earth, in metres.
const earth = 6371007.2

// ratio is height to width of a map; the style sheet has the same.
const ratio = 0.75

// most is how many signs one map has; more spots than that are drawn by cells.
const most = 400

// cells is how many cells a map has across when spots are drawn by cells.
const cells = 36

// A plane is a map's projection: azimuthal, of equal area, around its middle.
type plane struct{ lon, sin, cos float64 }

func around(p Place) plane {
	lat := p.Lat * math.Pi / 180
	return plane{p.Lon * math.Pi / 180, math.Sin(lat), math.Cos(lat)}
}

// metres are east and north of the middle.
func (p plane) metres(at Place) (x, y float64) {
	lat, dlon := at.Lat*math.Pi/180, at.Lon*math.Pi/180-p.lon
	sin, cos := math.Sin(lat), math.Cos(lat)
	k := math.Sqrt(2/(1+p.sin*sin+p.cos*cos*math.Cos(dlon))) * earth
	return k * cos * math.Sin(dlon), k * (p.cos*sin - p.sin*cos*math.Cos(dlon))
}

// view is what a map shows: around where, and how many metres from side to side.
type view struct {
	plane
	middle Place
	span   float64
}

// views are what the maps show, all as many metres from side to side.
func (m *Maps) views() []view {
	views := make([]view, len(m.Maps))
	span := 2000.0
	for i := range m.Maps {
		views[i] = m.Maps[i].frame()
		span = max(span, views[i].span)
	}
	for i := range views {
		views[i].span = span
	}
	return views
}

// SVG draws the maps. The bar is as long in each: all have the same width on a page.
func (m *Maps) SVG() string {
	c := &canvas{}
	c.WriteString(`<div class="maps">`)
	for i, v := range m.views() {
		m.draw(c, &m.Maps[i], v)
	}
	c.WriteString(`</div>`)
	if len(m.Key) > 0 {
		c.printf(`<p class="chart-note">%s</p>`, esc(strings.Join(m.Key, " ")))
	}
	return c.String()
}

// frame looks at the middle of the spots, or of the areas where there are none, and leaves out the outermost hundredth on
// each side: one wrong place must not make a city a dot.
func (m *Map) frame() view {
	var all []Place
	for _, s := range m.Spots {
		all = append(all, s.Place)
	}
	if len(all) == 0 {
		for _, a := range m.Areas {
			all = append(all, a.Rings[0]...)
		}
	}
	if len(all) == 0 {
		return view{plane: around(Place{})}
	}
	w, e := middle(all, func(p Place) float64 { return p.Lon })
	s, n := middle(all, func(p Place) float64 { return p.Lat })
	v := view{middle: Place{(w + e) / 2, (s + n) / 2}}
	v.plane = around(v.middle)
	x0, y0 := v.metres(Place{w, s})
	x1, y1 := v.metres(Place{e, n})
	v.span = 1.15 * max(math.Abs(x1-x0), math.Abs(y1-y0)/ratio)
	return v
}

// middle is the span of values without the outermost hundredth on each side.
func middle(all []Place, of func(Place) float64) (lo, hi float64) {
	values := make([]float64, len(all))
	for i, p := range all {
		values[i] = of(p)
	}
	slices.Sort(values)
	cut := len(values) / 100
	return values[cut], values[len(values)-1-cut]
}

// at is a place on the drawing, which is 1000 wide.
func (v view) at(p Place) (x, y float64, inside bool) {
	x, y = v.metres(p)
	x, y = 500+x/v.span*1000, 500*ratio-y/v.span*1000
	return x, y, x >= 0 && x <= 1000 && y >= 0 && y <= 1000*ratio
}

func (m *Maps) draw(c *canvas, one *Map, v view) {
	c.printf(`<figure class="map" id="%[1]s"><figcaption%[4]s>%[2]s</figcaption><svg class="mapped" role="img" aria-labelledby="%[1]s-t %[1]s-d" width="100%%"><title id="%[1]s-t">%[2]s</title><desc id="%[1]s-d">%[3]s</desc>`,
		esc(one.ID), esc(one.Title), esc(one.Desc), lang(one.Lang))
	c.printf(`<svg x="0" y="0" width="100%%" height="100%%" viewBox="0 0 1000 %d">`, int(1000*ratio))
	for _, a := range one.under(v).Areas {
		c.area(a, v)
	}
	for _, a := range one.Areas {
		c.area(a, v)
	}
	outside := m.spots(c, one, v)
	c.WriteString(`</svg>`)
	if len(one.Spots) == 0 {
		c.printf(`<text class="mark-x" x="50%%" y="50%%" text-anchor="middle">%s</text>`, esc(m.None))
	}
	bar := barLength(v.span / 4)
	c.printf(`<path class="scale-end" d="M12 8v8"/><svg x="12" y="8" width="%[1]s%%" height="8"><path class="scale-bar" vector-effect="non-scaling-stroke" d="M0 4H4000"/></svg><text class="mark-y" x="12" y="32">%[2]s</text>`,
		short(bar/v.span*100), esc(m.Scale(bar)))
	c.WriteString(`</svg>`)
	if outside > 0 {
		c.printf(`<p class="chart-note">%s</p>`, esc(m.Out(outside)))
	}
	c.WriteString(`</figure>`)
}

// barLength is the greatest of 1, 2 and 5 times a power of ten within a length.
func barLength(within float64) float64 {
	ten := math.Pow(10, math.Floor(math.Log10(within)))
	for _, k := range []float64{5, 2} {
		if k*ten <= within {
			return k * ten
		}
	}
	return ten
}

func (c *canvas) area(a Area, v view) {
	class := "ward"
	if a.Level > 0 {
		class = fmt.Sprintf("density d%d", min(a.Level, 5))
	}
	path := ""
	for _, ring := range a.Rings {
		path += v.ring(ring)
	}
	if path != "" {
		c.printf(`<path class="%s" d="%s">%s</path>`, class, path, named(a.Name))
	}
}

// fine is how far apart on the drawing the corners of a line are at least: what lies closer nobody sees.
const fine = 3

// ring writes a ring as a path; nothing where it lies beside the drawing.
func (v view) ring(ring []Place) string {
	var b strings.Builder
	w, n, e, s := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	var lastX, lastY float64
	for i, p := range ring {
		x, y, _ := v.at(p)
		w, n, e, s = min(w, x), min(n, y), max(e, x), max(s, y)
		if i > 0 && i < len(ring)-1 && math.Abs(x-lastX) < fine && math.Abs(y-lastY) < fine {
			continue
		}
		lastX, lastY = x, y
		b.WriteByte("ML"[min(i, 1)])
		b.WriteString(short(math.Round(x*2)/2) + " " + short(math.Round(y*2)/2))
	}
	if e < 0 || s < 0 || w > 1000 || n > 1000*ratio {
		return ""
	}
	return b.String() + "Z"
}

func named(s string) string {
	if s == "" {
		return ""
	}
	return "<title>" + esc(s) + "</title>"
}

// A sign is one circle of a map.
type sign struct {
	x, y float64
	n    int
	side float64 // of the cell that the spots are known to, on the drawing
}

// spots draws the spots and says how many lie outside.
func (m *Maps) spots(c *canvas, one *Map, v view) (outside int) {
	signs, outside := gather(one.Spots, v, 1)
	if len(signs) > most {
		signs, outside = gather(one.Spots, v, 1000/cells)
	}
	for _, s := range signs {
		if s.n == 1 && s.side > 6 {
			c.printf(`<rect class="spot t%d" x="%s" y="%s" width="%s" height="%s"/>`, tone(one.Tone), short(s.x-s.side/2), short(s.y-s.side/2), short(s.side), short(s.side))
			continue
		}
		r := 6.5
		if s.n > 1 {
			r = min(6.5+2.2*math.Sqrt(float64(s.n-1)), 60)
		}
		c.printf(`<circle class="spot t%d" cx="%s" cy="%s" r="%s">`, tone(one.Tone), short(s.x), short(s.y), short(r))
		if s.n > 1 {
			c.WriteString(named(m.Many(s.n)))
		}
		c.WriteString(`</circle>`)
	}
	return outside
}

// gather puts spots that lie within one square of the drawing into one sign, at the middle of where they are.
func gather(spots []Spot, v view, square float64) (out []sign, outside int) {
	at := map[[2]int]int{}
	for _, s := range spots {
		x, y, inside := v.at(s.Place)
		if !inside {
			outside++
			continue
		}
		cell := [2]int{int(x / square), int(y / square)}
		i, ok := at[cell]
		if !ok {
			i = len(out)
			at[cell] = i
			out = append(out, sign{x: x, y: y, side: float64(s.Grid) / v.span * 1000})
		}
		g := &out[i]
		g.n++
		g.x += (x - g.x) / float64(g.n)
		g.y += (y - g.y) / float64(g.n)
	}
	slices.SortStableFunc(out, func(a, b sign) int { return cmp.Compare(b.n, a.n) }) // small ones on top
	return out, outside
}
