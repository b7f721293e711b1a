// Package sinkhole holds the methods by which places where the ground gave way are compared: clusters, density in a metric
// projection, and which conditions they are frequent under.
package sinkhole

import (
	"math"
	"slices"

	"accord/internal/geo"
)

// Noise is the label of a point in no cluster.
const Noise = -1

// Clusters are the result of Cluster: a label per point, and whether the point is a core of its cluster. Labels count from 0 in the
// order of the points; only which points share one has a meaning. A point at the border of two clusters is in the first.
type Clusters struct {
	Labels []int
	Core   []bool
	Count  int
}

// Cluster finds clusters after DBSCAN (Ester and others 1996): points with at least so many within eps metres, themselves
// included, and what is within eps of those. Distances are on the sphere (geo.Haversine).
func Cluster(points []geo.Point, eps float64, fewest int) Clusters {
	g := newGrid(points, eps)
	c := Clusters{Labels: make([]int, len(points)), Core: make([]bool, len(points))}
	for i := range points {
		c.Labels[i] = Noise
		c.Core[i] = g.count(i, fewest) >= fewest
	}
	var queue []int
	for i := range points {
		if !c.Core[i] || c.Labels[i] != Noise {
			continue
		}
		c.Labels[i] = c.Count
		for queue = append(queue[:0], i); len(queue) > 0; {
			at := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			g.near(at, func(j int) bool {
				if c.Labels[j] == Noise {
					if c.Labels[j] = c.Count; c.Core[j] {
						queue = append(queue, j)
					}
				}
				return true
			})
		}
		c.Count++
	}
	return c
}

// A grid finds points near others: cells at least eps high and wide, so that neighbours lie in the nine around. Unit vectors
// spare the trigonometry: two points are within eps when the chord between them is within that of eps.
type grid struct {
	chord  float64      // squared
	units  [][3]float64 // in the order of the cells, so that neighbours lie side by side
	which  []int        // the point that each is
	place  []int        // where each point is
	cellOf []int        // the cell of each place
	cells  []cell
}

// A cell is a stretch of the places, and the stretches of the cells around it, itself among them.
type cell struct {
	begin, end int
	around     [][2]int
}

func newGrid(points []geo.Point, eps float64) *grid {
	half := math.Sin(math.Min(max(eps, 0)/(2*geo.MeanRadius), math.Pi/2))
	n := len(points)
	g := &grid{chord: 4 * half * half, units: make([][3]float64, n), which: make([]int, n), place: make([]int, n), cellOf: make([]int, n)}
	keys, wide := cellKeys(points, max(eps, 0))
	for i := range g.which {
		g.which[i] = i
	}
	slices.SortFunc(g.which, func(a, b int) int { return compare(keys[a], keys[b]) })
	at := map[[2]int32]int{}
	for place, i := range g.which {
		g.units[place], g.place[i] = unit(points[i]), place
		if place == 0 || keys[g.which[place-1]] != keys[i] {
			at[keys[i]] = len(g.cells)
			g.cells = append(g.cells, cell{begin: place})
		}
		g.cellOf[place] = len(g.cells) - 1
		g.cells[len(g.cells)-1].end = place + 1
	}
	for key, c := range at {
		for dy := int32(-1); dy <= 1; dy++ {
			for dx := range min(wide, 3) { // fewer cells than three around the earth are seen once each
				if other, ok := at[[2]int32{key[0] + dy, (key[1] + dx - 1 + wide) % wide}]; ok {
					g.cells[c].around = append(g.cells[c].around, [2]int{g.cells[other].begin, g.cells[other].end})
				}
			}
		}
	}
	return g
}

func compare(a, b [2]int32) int {
	if a[0] != b[0] {
		return int(a[0]) - int(b[0])
	}
	return int(a[1]) - int(b[1])
}

const degree = math.Pi / 180

// cellKeys returns the cell of each point and how many cells there are around the earth.
func cellKeys(points []geo.Point, eps float64) (keys [][2]int32, wide int32) {
	most := 0.0
	for _, p := range points {
		most = max(most, math.Abs(p.Lat))
	}
	high := max(eps/geo.MeanRadius/degree*1.0001, 1e-6)
	width := min(high/max(math.Cos(min(most+high, 90)*degree), 1e-9), 360)
	wide = int32(max(1, math.Floor(360/width)))
	width = 360 / float64(wide)
	keys = make([][2]int32, len(points))
	for i, p := range points {
		turn := math.Mod(math.Mod(p.Lon, 360)+360, 360)
		keys[i] = [2]int32{int32(math.Floor(p.Lat / high)), int32(math.Floor(turn/width)) % wide}
	}
	return keys, wide
}

func unit(p geo.Point) [3]float64 {
	s, c := math.Sincos(p.Lat * degree)
	sl, cl := math.Sincos(p.Lon * degree)
	return [3]float64{c * cl, c * sl, s}
}

// near calls f with every point within eps of point i, i among them, until f returns false.
func (g *grid) near(i int, f func(j int) bool) {
	at := g.place[i]
	u := g.units[at]
	for _, span := range g.cells[g.cellOf[at]].around {
		for k, v := range g.units[span[0]:span[1]] {
			x, y, z := u[0]-v[0], u[1]-v[1], u[2]-v[2]
			if x*x+y*y+z*z <= g.chord && !f(g.which[span[0]+k]) {
				return
			}
		}
	}
}

// count counts the points within eps of point i, up to most.
func (g *grid) count(i, most int) (n int) {
	g.near(i, func(int) bool { n++; return n < most })
	return n
}
