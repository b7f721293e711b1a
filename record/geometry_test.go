package record

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// square is a polygon with a hole, and a second one beside it.
var square = Figure{Polygons, [][][]Vertex{
	{{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}}, {{4, 4}, {6, 4}, {6, 6}, {4, 6}, {4, 4}}},
	{{{20, 0}, {21, 0}, {21, 1.5}, {20, 0}}},
}}

func TestFigures(t *testing.T) {
	const want = "MULTIPOLYGON(((0 0,10 0,10 10,0 10,0 0),(4 4,6 4,6 6,4 6,4 4)),((20 0,21 0,21 1.5,20 0)))"
	if got := square.String(); got != want {
		t.Fatalf("%s", got)
	}
	for _, s := range []string{want, "LINESTRING(0 0,1e-7 -90)", "MULTILINESTRING((0 0,1 1),(2 2,3 3))", "POLYGON((0 0,1 0,1 1,0 0))"} {
		f, err := ParseFigure(s)
		if err != nil || f.String() != s {
			t.Errorf("%s is read as %s, %v", s, f, err)
		}
	}
	for _, s := range []string{"", "POINT(1 2)", "POLYGON", "POLYGON()", "POLYGON(())", "POLYGON((0 0,1 0,1 1))", "POLYGON((0 0,1 0,1 1,0 1))", "LINESTRING(0 0)",
		"LINESTRING (0 0,1 1)", "LINESTRING(0 0, 1 1)", "LINESTRING(0.0 0,1 1)", "LINESTRING(0 0,1 1) ", "LINESTRING(0 0,181 1)", "LINESTRING(0 0,1 91)",
		"LINESTRING(0 0,NaN 1)", "LINESTRING(0 0 0,1 1 1)", "MULTIPOLYGON((0 0,1 0,1 1,0 0))", "LINESTRING(-0 0,1 1)", "LINESTRING((0 0,1 1))"} {
		if f, err := ParseFigure(s); err == nil {
			t.Errorf("%q is read as %s", s, f)
		}
	}
}

func TestFigureHolds(t *testing.T) {
	for _, c := range []struct {
		lon, lat float64
		in       bool
	}{{1, 1, true}, {5, 5, false}, {5, 3, true}, {11, 5, false}, {20.9, 0.5, true}, {20.1, 1, false}, {-1, 5, false}} {
		if got := square.Holds(c.lon, c.lat); got != c.in {
			t.Errorf("(%v, %v): %v", c.lon, c.lat, got)
		}
	}
	if w, s, e, n := square.Bounds(); w != 0 || s != 0 || e != 21 || n != 10 {
		t.Errorf("bounds %v %v %v %v", w, s, e, n)
	}
}

func drawRing(t *rapid.T, closed bool) []Vertex {
	ring := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Vertex {
		return Vertex{rapid.Float64Range(-180, 180).Draw(t, "lon"), rapid.Float64Range(-90, 90).Draw(t, "lat")}
	}), 3, 6).Draw(t, "ring")
	if closed {
		ring = append(ring, ring[0])
	}
	return ring
}

// TestFigureRoundTrip: every figure has one text, and reading it gives the corners bit for bit.
func TestFigureRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Figure{Shape: rapid.SampledFrom([]Shape{Line, Lines, Polygon, Polygons}).Draw(t, "shape")}
		area := f.Shape == Polygon || f.Shape == Polygons
		parts := 1
		if f.Shape == Lines || f.Shape == Polygons {
			parts = rapid.IntRange(1, 3).Draw(t, "parts")
		}
		for range parts {
			part := [][]Vertex{drawRing(t, area)}
			if area && rapid.Bool().Draw(t, "hole") {
				part = append(part, drawRing(t, true))
			}
			f.Parts = append(f.Parts, part)
		}
		back, err := ParseFigure(f.String())
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range f.Parts {
			for j, ring := range p {
				for k, v := range ring {
					if got := back.Parts[i][j][k]; math.Abs(got.Lon-v.Lon) > 0 || math.Abs(got.Lat-v.Lat) > 0 {
						t.Fatalf("%v is read as %v", v, got)
					}
				}
			}
		}
	})
}

func TestGeometryInARow(t *testing.T) {
	d := &Dataset{Name: "a/b", Version: 1, Fields: []Field{{Name: "outline", Type: Geometry}}}
	r := Record{Key: "k", Values: []Value{GeometryOf(square)}}
	if p := d.Validate(&r); p != nil {
		t.Fatal(p)
	}
	row := AppendRow(nil, d, &r)
	var back Record
	if err := ParseRow(d, row, &back); err != nil || back.Values[0] != r.Values[0] {
		t.Errorf("%v: %s", err, row)
	}
	if err := ParseRow(d, []byte(strings.Replace(string(row), "1.5", "1.50", 1)), &back); err == nil {
		t.Error("a second way to write a number is read")
	}
	long := Figure{Line, [][][]Vertex{{make([]Vertex, MaxVertices)}}}
	r.Values[0] = GeometryOf(long)
	if p := d.Validate(&r); p != nil { // longer than other rows may be
		t.Error(p)
	}
	long.Parts[0][0] = append(long.Parts[0][0], Vertex{})
	r.Values[0] = GeometryOf(long)
	if p := d.Validate(&r); p == nil {
		t.Error("a figure with too many corners is valid")
	}
}

func FuzzParseFigure(f *testing.F) {
	for _, s := range []string{square.String(), "LINESTRING(0 0,1e-7 -90)", "POLYGON((", "MULTILINESTRING((0 0,1 1),(2 2,3 3))"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if g, err := ParseFigure(s); err == nil && (g.String() != s || g.Problem() != "") {
			t.Errorf("%q is read as %s", s, g)
		}
	})
}
