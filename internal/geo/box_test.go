package geo

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"accord/internal/fault"
	"accord/record"
)

func TestParseBox(t *testing.T) {
	for text, want := range map[string]Box{
		"126.9,37.5,127.1,37.6":       {126.9, 37.5, 127.1, 37.6},
		" 126.9 , 37.5 ,127.1,37.6 ":  {126.9, 37.5, 127.1, 37.6},
		"170,-20,-170,-10":            {170, -20, -170, -10},
		"-180,-90,180,90":             {-180, -90, 180, 90},
		"-0,0,0,-0":                   {},
		"1e1,2,3e1,4":                 {10, 2, 30, 4},
		"127.05,37.51,127.05,37.51":   {127.05, 37.51, 127.05, 37.51},
		"139.000000001,35,139.001,36": {139.000000001, 35, 139.001, 36},
	} {
		b, err := ParseBox(text)
		if err != nil || b != want {
			t.Errorf("%s: %v, %v", text, b, err)
		}
		if again, err := ParseBox(b.String()); err != nil || again != b {
			t.Errorf("%s: written as %s, read as %v, %v", text, b, again, err)
		}
	}
	for text, why := range map[string]string{
		"": "four numbers", "1,2,3": "four numbers", "1,2,3,4,5": "four numbers", "a,2,3,4": `"a" is no number`, "NaN,2,3,4": "no number", "1,2,Inf,4": "no number", "1,2,,4": "no number",
		"37.5,126.9,37.6,127.1": "the longitude comes first", "181,0,1,1": "-180 and 180", "0,40,1,30": "south lies north", strings.Repeat("1", 300): "longer",
		"\xff\xff,1,2,3": "no number", "1e400,1,2,3": "no number",
	} {
		if _, err := ParseBox(text); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), why) || !strings.Contains(err.Error(), "west,south,east,north") {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

func FuzzParseBox(f *testing.F) {
	f.Add("126.9,37.5,127.1,37.6")
	f.Add("170,-20,-170,-10")
	f.Fuzz(func(t *testing.T, s string) {
		b, err := ParseBox(s)
		if err != nil {
			return
		}
		if again, err := ParseBox(b.String()); err != nil || again != b {
			t.Errorf("%q: %v, then %v, %v", s, b, again, err)
		}
		b.Cover(true)
	})
}

// degrees draws a longitude or latitude: some anywhere, many near one another and at the edges of the earth.
func degrees(most float64) *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Float64Range(-most, most), rapid.Float64Range(37.5, 37.6), rapid.SampledFrom([]float64{-most, most, 0, 45, -45, 37.55, most - 1e-7, 1e-7 - most}))
}

func drawBox(t *rapid.T) Box {
	b := Box{West: degrees(180).Draw(t, "west"), South: degrees(90).Draw(t, "south")}
	b.East, b.North = b.West, b.South
	if rapid.Bool().Draw(t, "small") {
		b.East = around(b.West + rapid.SampledFrom([]float64{0, 1e-6, 1e-3, 0.02, 1}).Draw(t, "width"))
		b.North = min(90, b.South+rapid.SampledFrom([]float64{0, 1e-6, 1e-3, 0.02, 1}).Draw(t, "height"))
		return b
	}
	b.East, b.North = degrees(180).Draw(t, "east"), degrees(90).Draw(t, "north")
	if b.South > b.North {
		b.South, b.North = b.North, b.South
	}
	return b
}

var lined = &record.Dataset{Name: "a/b", Version: 1, Fields: []record.Field{{Name: "shape", Type: record.Geometry}}}

// drawRecord draws one with a place, a geometry or both, many of them near the box.
func drawRecord(t *rapid.T, b Box) record.Record {
	var r record.Record
	near := rapid.Bool().Draw(t, "near")
	point := func() record.Vertex {
		if near {
			off := rapid.SampledFrom([]float64{-0.5, -1e-6, -1e-9, 0, 1e-9, 1e-6, 0.01})
			return record.Vertex{Lon: around(rapid.SampledFrom([]float64{b.West, b.East}).Draw(t, "lon") + off.Draw(t, "x")), Lat: max(-90, min(90, rapid.SampledFrom([]float64{b.South, b.North}).Draw(t, "lat")+off.Draw(t, "y")))}
		}
		return record.Vertex{Lon: degrees(180).Draw(t, "lon"), Lat: degrees(90).Draw(t, "lat")}
	}
	kind := rapid.IntRange(0, 2).Draw(t, "kind")
	if kind != 1 {
		p := point()
		r.Place = record.Place{Known: true, Lon: p.Lon, Lat: p.Lat}
	}
	if kind > 0 {
		ring := make([]record.Vertex, rapid.IntRange(2, 5).Draw(t, "corners"))
		for i := range ring {
			ring[i] = point()
		}
		f := record.Figure{Shape: record.Line, Parts: [][][]record.Vertex{{ring}}}
		if len(ring) > 2 {
			f = record.Figure{Shape: record.Polygon, Parts: [][][]record.Vertex{{append(ring, ring[0])}}}
		}
		r.Values = []record.Value{record.GeometryOf(f)}
	}
	return r
}

// TestCoverLeavesNothingOut: whatever lies in a box has a cell of its cover, and its cell is near.
func TestCoverLeavesNothingOut(t *testing.T) {
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		b := drawBox(t)
		cover, points := b.Cover(true), b.Cover(false)
		for range 10 {
			r := drawRecord(t, b)
			cell, ok := CellOf(lined, &r)
			if !ok {
				t.Fatal("a record with a place has no cell")
			}
			if !b.Has(lined, &r) {
				continue
			}
			found++
			if !cover.Has(cell) || !cover.Near(cell) {
				t.Fatalf("%v holds %+v, whose cell %x is not found: %v %v", b, r, cell, cover.Has(cell), cover.Near(cell))
			}
			if len(r.Values) == 0 && (!points.Has(cell) || !points.Near(cell)) {
				t.Fatalf("%v holds %+v, whose cell %x is not found among points", b, r, cell)
			}
		}
		for i := 1; i < len(cover.Ranges); i++ {
			if cover.Ranges[i-1].Last >= cover.Ranges[i].First {
				t.Fatalf("ranges out of order: %v", cover.Ranges)
			}
		}
		if len(points.Ranges) > mostRanges || len(points.Single) > 0 || len(cover.Single) > 600 {
			t.Fatalf("%v: %d ranges, %d single cells", b, len(points.Ranges), len(cover.Single))
		}
	})
	if found == 0 {
		t.Error("no record lay in a box: nothing was tested")
	}
}

// TestMeets holds the arithmetic of edges to looking at many points of each.
func TestMeets(t *testing.T) {
	box := Box{10, 10, 20, 20}
	for text, want := range map[string]bool{
		"LINESTRING(0 0,30 30)": true, "LINESTRING(0 15,30 15)": true, "LINESTRING(0 0,30 5)": false, "LINESTRING(9 0,9 30)": false, "LINESTRING(10 0,10 30)": true,
		"LINESTRING(5 15,15 26)": false, "LINESTRING(5 15,15 24)": true, "LINESTRING(12 12,13 13)": true,
		"POLYGON((0 0,30 0,30 30,0 30,0 0))": true, "POLYGON((0 0,30 0,30 30,0 30,0 0),(5 5,25 5,25 25,5 25,5 5))": false, "POLYGON((0 0,30 0,30 30,0 30,0 0),(5 5,15 5,15 25,5 25,5 5))": true,
		"POLYGON((30 30,40 30,40 40,30 30))": false, "MULTIPOLYGON(((30 30,40 30,40 40,30 30)),((11 11,12 11,12 12,11 11)))": true, "MULTILINESTRING((0 0,1 1),(0 19,30 19))": true,
	} {
		f, err := record.ParseFigure(text)
		if err != nil {
			t.Fatal(text, err)
		}
		if box.Meets(f) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
	far := Box{170, -20, -170, -10}
	for text, want := range map[string]bool{"LINESTRING(175 -30,175 0)": true, "LINESTRING(-175 -30,-175 0)": true, "LINESTRING(160 -15,165 -15)": false, "LINESTRING(0 -15,1 -15)": false} {
		if f, err := record.ParseFigure(text); err != nil || far.Meets(f) != want {
			t.Errorf("%s across the date line: %v", text, !want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		b := drawBox(t)
		r := drawRecord(t, b)
		if len(r.Values) == 0 {
			return
		}
		f, err := record.ParseFigure(r.Values[0].Text)
		if err != nil {
			t.Fatal(err)
		}
		for _, ring := range f.Parts[0] {
			for i := 1; i < len(ring); i++ {
				for s := range 50 {
					at := float64(s) / 49
					lon, lat := ring[i-1].Lon+at*(ring[i].Lon-ring[i-1].Lon), ring[i-1].Lat+at*(ring[i].Lat-ring[i-1].Lat)
					if b.within(1e-9).Holds(lon, lat) && !b.Meets(f) {
						t.Fatalf("%v holds %v %v of %s", b, lon, lat, f)
					}
				}
			}
		}
	})
}

// within is the box with so much less at each side; nothing where it is no wider.
func (b Box) within(by float64) Box {
	if b.width() <= 2*by || b.North-b.South <= 2*by {
		return Box{0, 91, 0, 91}
	}
	return Box{around(b.West + by), b.South + by, around(b.East - by), b.North - by}
}

func TestFiguresHaveCellsOfTheirSize(t *testing.T) {
	for _, size := range []float64{1e-7, 1e-3, 0.1, 5, 44} {
		b := Box{10, 10, 10 + size, 10 + size/2}
		level := 0
		for level < leaf && size <= reach(level+1) {
			level++
		}
		if got := b.cell(); got == everywhere || reach(level) < size || level < leaf && reach(level+1) >= size {
			t.Errorf("%v: %x at level %d", size, got, level)
		}
	}
	if (&Box{-180, 0, 180, 1}).cell() != everywhere {
		t.Error("what goes around the earth has a cell of its own")
	}
}

func BenchmarkCellOf(b *testing.B) {
	r := record.Record{Place: record.Place{Known: true, Lon: 127, Lat: 37.5}}
	for b.Loop() {
		r.Place.Lon = math.Mod(r.Place.Lon+0.001, 180)
		CellOf(lined, &r)
	}
}

func BenchmarkCover(b *testing.B) {
	box := Box{126.9, 37.5, 126.91, 37.51}
	b.Run("points", func(b *testing.B) {
		for b.Loop() {
			box.Cover(false)
		}
	})
	b.Run("figures", func(b *testing.B) {
		for b.Loop() {
			box.Cover(true)
		}
	})
}
