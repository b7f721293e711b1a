package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/golang/geo/r1"
	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"accord/record"
)

// Cells give every place a number, so that an ordinary index of numbers finds what lies near: the curve of S2 goes through the
// whole earth, and what lies in one of its cells stands in one range of numbers. A point has the smallest cell there is, some
// centimetres wide. A figure has the cell, about as large as itself, that the middle of its bounds lies in: whoever looks for
// figures near a box looks in the neighbouring cells of that size too.

// everywhere is the cell of a figure that is larger than an eighth of the earth, or goes across the date line. No place has it.
const everywhere = 0

// leaf is the level of the smallest cells.
const leaf = 30

// reach is how wide and how high, in degrees, a figure may be whose cell is of a level.
func reach(level int) float64 { return 45 / float64(int(1)<<level) }

// CellOf is the cell of a record: of its place, or, where it has a geometry, of both together. ok is false where it has neither.
func CellOf(d *record.Dataset, r *record.Record) (cell int64, ok bool) {
	var bounds *Box
	for i := range min(len(r.Values), len(d.Fields)) {
		if r.Values[i].Type != record.Geometry {
			continue
		}
		f, err := record.ParseFigure(r.Values[i].Text)
		if err != nil {
			continue // no such record is kept
		}
		var b Box
		b.West, b.South, b.East, b.North = f.Bounds()
		bounds = bounds.with(b)
	}
	p := r.Place
	switch {
	case bounds == nil && !p.Known:
		return 0, false
	case bounds == nil:
		return PointCell(p.Lon, p.Lat), true
	case p.Known:
		bounds = bounds.with(Box{p.Lon, p.Lat, p.Lon, p.Lat})
	}
	return bounds.cell(), true
}

// with is the smallest box around both.
func (b *Box) with(o Box) *Box {
	if b == nil {
		return &o
	}
	return &Box{min(b.West, o.West), min(b.South, o.South), max(b.East, o.East), max(b.North, o.North)}
}

// cell is that of a figure with these bounds.
func (b *Box) cell() int64 {
	size := max(b.East-b.West, b.North-b.South)
	if size > reach(0) {
		return everywhere
	}
	level := 0
	for level < leaf && size <= reach(level+1) {
		level++
	}
	return int64(leafAt((b.West+b.East)/2, (b.South+b.North)/2).Parent(level))
}

// PointCell is the cell of a point.
func PointCell(lon, lat float64) int64 { return int64(leafAt(lon, lat)) }

func leafAt(lon, lat float64) s2.CellID {
	return s2.CellIDFromLatLng(s2.LatLngFromDegrees(lat, lon))
}

// A Range is of cells, both ends included. As numbers with a sign they stand in the order of the curve, from the middle of it on.
type Range struct{ First, Last int64 }

// A Cover says which cells can hold what lies in a box: every one that does, and a few that do not, so that what is found must be
// held to the box itself.
type Cover struct {
	Ranges []Range // in order, none touches another
	Single []int64 // in order; cells of figures that are larger than the box
	box    Box
}

// Sizes of a cover. More ranges fit closer and are more questions.
const (
	mostRanges = 12
	nearby     = 1e-6 // degrees, some 10 cm: more than the smallest cell is wide
)

// Cover returns the cells of a box. With figures it has those of figures too, which are many more.
func (b Box) Cover(figures bool) Cover {
	c := Cover{box: b}
	region := b.wider(nearby)
	level := leaf
	if figures {
		// Those that are smaller than the box have their middle in it or at its edge, not farther off than half their size.
		for level = 0; level < leaf && b.size() < reach(level); level++ {
		}
		region = b.wider(reach(level)/2 + nearby)
		c.Single = append(c.Single, everywhere)
		for l := range level {
			at := s2.RegionCoverer{MinLevel: l, MaxLevel: l, MaxCells: 32}
			for _, id := range at.Covering(b.wider(reach(l)/2 + nearby).rect()) {
				c.Single = append(c.Single, int64(id))
			}
		}
		slices.Sort(c.Single)
	}
	coverer := s2.RegionCoverer{MaxLevel: level, MaxCells: mostRanges}
	for _, id := range coverer.Covering(region.rect()) {
		c.Ranges = append(c.Ranges, Range{int64(id.RangeMin()), int64(id.RangeMax())})
	}
	slices.SortFunc(c.Ranges, func(a, b Range) int { return cmp.Compare(a.First, b.First) })
	joined := c.Ranges[:0]
	for _, r := range c.Ranges {
		if n := len(joined); n > 0 && joined[n-1].Last+2 >= r.First { // the smallest cells have odd numbers
			joined[n-1].Last = max(joined[n-1].Last, r.Last)
			continue
		}
		joined = append(joined, r)
	}
	c.Ranges = joined
	c.Single = slices.DeleteFunc(c.Single, c.inRanges)
	return c
}

func (c *Cover) inRanges(cell int64) bool {
	return slices.ContainsFunc(c.Ranges, func(r Range) bool { return cell >= r.First && cell <= r.Last })
}

// Has says whether a cell is one of the cover.
func (c *Cover) Has(cell int64) bool {
	_, single := slices.BinarySearch(c.Single, cell)
	return single || c.inRanges(cell)
}

// Near says whether what has a cell of the cover can lie in the box, as far as the cell alone tells: a point's tells almost all.
func (c *Cover) Near(cell int64) bool {
	id := s2.CellID(uint64(cell))
	if cell == everywhere || !id.IsLeaf() {
		return true
	}
	at := id.LatLng()
	lon, lat := at.Lng.Degrees(), at.Lat.Degrees()
	if lat < c.box.South-nearby || lat > c.box.North+nearby {
		return false
	}
	b := c.box.wider(nearby / max(math.Cos(lat*degree), 1e-9)) // near a pole a centimetre is many degrees
	return math.Abs(lon) > 180-nearby || b.Holds(lon, max(b.South, min(b.North, lat)))
}

// size is the longer side in degrees.
func (b Box) size() float64 { return max(b.width(), b.North-b.South) }

func (b Box) width() float64 {
	if b.West > b.East {
		return 360 + b.East - b.West
	}
	return b.East - b.West
}

// wider is the box with so many degrees more on each side, no wider than the earth.
func (b Box) wider(by float64) Box {
	out := Box{b.West - by, max(-90, b.South-by), b.East + by, min(90, b.North+by)}
	if b.width()+2*by >= 360 {
		out.West, out.East = -180, 180
		return out
	}
	out.West, out.East = around(out.West), around(out.East)
	return out
}

// around is a longitude on the earth that was reached by going farther east or west.
func around(lon float64) float64 {
	switch {
	case lon < -180:
		return lon + 360
	case lon > 180:
		return lon - 360
	}
	return lon
}

func (b Box) rect() s2.Rect {
	lng := s1.FullInterval()
	if b.width() < 360 {
		lng = s1.IntervalFromEndpoints(b.West*degree, b.East*degree)
	}
	return s2.Rect{Lat: r1.Interval{Lo: b.South * degree, Hi: b.North * degree}, Lng: lng}
}
