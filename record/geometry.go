package record

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// MaxGeometry is how many bytes a geometry may have; MaxVertices, how many corners. A dataset with a geometry has longer rows
// by as much.
const (
	MaxGeometry = 1 << 20
	MaxVertices = 50_000
)

// A Shape is what kind of geometry a value is. A point is not one: that is a record's place.
type Shape string

const (
	Line     Shape = "LINESTRING"
	Lines    Shape = "MULTILINESTRING"
	Polygon  Shape = "POLYGON"
	Polygons Shape = "MULTIPOLYGON"
)

// A Vertex is a corner: longitude and latitude, degrees of WGS84.
type Vertex struct{ Lon, Lat float64 }

// A Figure is a geometry taken apart. Parts hold rings, rings hold corners: a line is a part of one ring; of a polygon's rings
// the first is its outside, the others are holes, and each ends where it begins.
//
// As a value of a field of type Geometry it is well-known text in one way only, the numbers as canonical rows write them:
//
//	POLYGON((126.9 37.5,127 37.5,127 37.6,126.9 37.5))
//
// Whoever draws one asks ParseFigure for the corners; whoever asks whether a point lies in it, Holds. Corners are those
// that were published, to the last digit: nothing is simplified or turned round.
type Figure struct {
	Shape Shape
	Parts [][][]Vertex
}

// GeometryOf makes a value of a Geometry field.
func GeometryOf(f Figure) Value { return ofString(Geometry, f.String()) }

// String is the figure in its one way of writing.
func (f Figure) String() string {
	var b []byte
	b = append(b, f.Shape...)
	switch f.Shape {
	case Line:
		if len(f.Parts) == 1 && len(f.Parts[0]) == 1 {
			b = appendRing(b, f.Parts[0][0])
		}
	case Lines:
		for i, p := range f.Parts {
			b = appendRing(append(b, opens(i)), p[0])
		}
		b = append(b, ')')
	case Polygon:
		if len(f.Parts) == 1 {
			b = appendPart(b, f.Parts[0])
		}
	case Polygons:
		for i, p := range f.Parts {
			b = appendPart(append(b, opens(i)), p)
		}
		b = append(b, ')')
	}
	return string(b)
}

func opens(i int) byte {
	if i == 0 {
		return '('
	}
	return ','
}

func appendPart(b []byte, rings [][]Vertex) []byte {
	for i, r := range rings {
		b = appendRing(append(b, opens(i)), r)
	}
	return append(b, ')')
}

func appendRing(b []byte, ring []Vertex) []byte {
	for i, v := range ring {
		b = appendNumber(append(b, opens(i)), v.Lon)
		b = appendNumber(append(b, ' '), v.Lat)
	}
	return append(b, ')')
}

// Problem is what keeps a figure from being one that both sides can work with.
func (f Figure) Problem() string {
	n := 0
	for _, p := range f.Parts {
		for _, ring := range p {
			if n += len(ring); n > MaxVertices {
				return fmt.Sprintf("it has more than %d corners", MaxVertices)
			}
			if why := f.ringProblem(ring); why != "" {
				return why
			}
		}
		if len(p) == 0 || (f.Shape == Line || f.Shape == Lines) && len(p) != 1 {
			return "a part of it is no line or polygon"
		}
	}
	switch {
	case f.Shape != Line && f.Shape != Lines && f.Shape != Polygon && f.Shape != Polygons:
		return "it is neither of lines nor of polygons"
	case len(f.Parts) == 0 || (f.Shape == Line || f.Shape == Polygon) && len(f.Parts) != 1:
		return "it has no part, or more than its kind has"
	}
	return ""
}

func (f Figure) ringProblem(ring []Vertex) string {
	if len(ring) < 2 {
		return "a line of it has fewer than two corners"
	}
	if f.Shape == Polygon || f.Shape == Polygons {
		if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
			return "a ring of it is not closed, or has fewer than four corners"
		}
	}
	for _, v := range ring {
		if math.IsNaN(v.Lon) || math.IsNaN(v.Lat) || math.Abs(v.Lon) > 180 || math.Abs(v.Lat) > 90 {
			return "a corner of it is no longitude and latitude"
		}
	}
	return ""
}

// ParseFigure reads a geometry. What Figure.String would not write, byte for byte, is refused.
func ParseFigure(s string) (Figure, error) {
	f, why := parseFigure(s)
	if why != "" {
		return Figure{}, fmt.Errorf("geometry: %s", why)
	}
	return f, nil
}

// ParseFigureIn reads a geometry whose corners are of another reference system: only its form is looked at.
func ParseFigureIn(s string) (Figure, error) {
	f, why := parseCorners(s)
	if why != "" {
		return Figure{}, fmt.Errorf("geometry: %s", why)
	}
	return f, nil
}

func parseFigure(s string) (f Figure, why string) {
	if f, why = parseCorners(s); why == "" {
		why = f.Problem()
	}
	if why == "" && f.String() != s {
		why = noForm
	}
	return f, why
}

const noForm = "it is not written as canonical well-known text"

func parseCorners(s string) (f Figure, why string) {
	if len(s) > MaxGeometry {
		return f, fmt.Sprintf("it is longer than %d bytes", MaxGeometry)
	}
	open := strings.IndexByte(s, '(')
	if open < 0 {
		return f, noForm
	}
	f.Shape = Shape(s[:open])
	p := figureParser{s: s[open:]}
	switch f.Shape {
	case Line:
		f.Parts = [][][]Vertex{{p.ring()}}
	case Lines:
		p.list(func() { f.Parts = append(f.Parts, [][]Vertex{p.ring()}) })
	case Polygon:
		f.Parts = [][][]Vertex{p.part()}
	case Polygons:
		p.list(func() { f.Parts = append(f.Parts, p.part()) })
	}
	if p.bad || p.s != "" {
		return Figure{}, noForm
	}
	return f, ""
}

// A figureParser takes a text from its front; the first thing that is wrong ends it.
type figureParser struct {
	s   string
	bad bool
}

func (p *figureParser) skip(c byte) bool {
	if p.bad || p.s == "" || p.s[0] != c {
		return false
	}
	p.s = p.s[1:]
	return true
}

// list reads what stands in brackets with commas between.
func (p *figureParser) list(item func()) {
	if p.bad = p.bad || !p.skip('('); p.bad {
		return
	}
	for item(); p.skip(','); {
		item()
	}
	p.bad = p.bad || !p.skip(')')
}

func (p *figureParser) part() (rings [][]Vertex) {
	p.list(func() { rings = append(rings, p.ring()) })
	return rings
}

func (p *figureParser) ring() (ring []Vertex) {
	p.list(func() {
		v := Vertex{Lon: p.number()}
		p.bad = p.bad || !p.skip(' ')
		v.Lat = p.number()
		ring = append(ring, v)
	})
	return ring
}

func (p *figureParser) number() float64 {
	n := strings.IndexAny(p.s, " ,)")
	if p.bad || n < 0 {
		p.bad = true
		return 0
	}
	f, err := strconv.ParseFloat(p.s[:n], 64)
	p.s, p.bad = p.s[n:], err != nil
	return f
}

// Bounds is the smallest box that holds the figure: west, south, east, north. A figure across the date line is a multipolygon
// of parts on both sides, so its box goes once around.
func (f Figure) Bounds() (west, south, east, north float64) {
	west, south, east, north = 180, 90, -180, -90
	for _, p := range f.Parts {
		for _, ring := range p {
			for _, v := range ring {
				west, east = min(west, v.Lon), max(east, v.Lon)
				south, north = min(south, v.Lat), max(north, v.Lat)
			}
		}
	}
	return west, south, east, north
}

// Holds says whether a point lies in a polygon and in none of its holes, by the even-odd rule on longitudes and latitudes as
// RFC 7946 draws them. A point on an edge may be either. Lines hold nothing.
func (f Figure) Holds(lon, lat float64) bool {
	if f.Shape != Polygon && f.Shape != Polygons {
		return false
	}
	inside := false
	for _, p := range f.Parts {
		for _, ring := range p {
			for i := 1; i < len(ring); i++ {
				a, b := ring[i-1], ring[i]
				if (a.Lat > lat) != (b.Lat > lat) && lon < (b.Lon-a.Lon)*(lat-a.Lat)/(b.Lat-a.Lat)+a.Lon {
					inside = !inside
				}
			}
		}
	}
	return inside
}
