package sinkhole

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"accord/internal/fault"
)

// A Window is the part of a metric plane in which events were looked for. Outside it nobody looked, which is not the same as
// that nothing happened.
type Window struct{ West, East, South, North float64 }

// A Position is a place in a metric projection, in metres. Density in degrees would be a different one at each latitude.
type Position struct{ X, Y float64 }

// A Kernel is how an event is spread out.
type Kernel string

const (
	Gaussian     Kernel = "gaussian"     // the bandwidth is its standard deviation
	Epanechnikov Kernel = "epanechnikov" // the bandwidth is its radius
)

// An Edge is how what a kernel spreads beyond the window is made good, for the Gaussian kernel.
type Edge string

const (
	NoEdge  Edge = "none"    // it is lost: too low near the edge
	Uniform Edge = "uniform" // divided by the kernel's mass in the window at the place looked at
	Diggle  Edge = "diggle"  // divided by the kernel's mass in the window at the event: adds up to the number of events
)

// A Surface is a density of events, ready to be asked at any place.
type Surface struct {
	rows      [][]weighted // of one bandwidth's height each, from the south, each ordered by X
	south     float64      // of the first row
	count     int
	window    Window
	kernel    Kernel
	edge      Edge
	bandwidth float64
}

// A weighted is an event with its weight.
type weighted struct {
	Position
	weight float64
}

// NewSurface prepares the density of events in a window.
func NewSurface(events []Position, w Window, kernel Kernel, edge Edge, bandwidth float64) (*Surface, error) {
	unfit := func(why string) error {
		return fault.New(fault.Invalid, "density", why, "project the places to metres first, and choose a bandwidth in metres")
	}
	switch {
	case !(bandwidth > 0) || math.IsInf(bandwidth, 0):
		return nil, unfit(fmt.Sprintf("%g m is no bandwidth", bandwidth))
	case !(w.West < w.East && w.South < w.North):
		return nil, unfit("the window is empty")
	case kernel != Gaussian && kernel != Epanechnikov:
		return nil, unfit(fmt.Sprintf("%q is no kernel", kernel))
	case edge != NoEdge && edge != Uniform && edge != Diggle || edge != NoEdge && kernel != Gaussian:
		return nil, unfit(fmt.Sprintf("%q is no edge correction of the %s kernel", edge, kernel))
	}
	s := &Surface{window: w, kernel: kernel, edge: edge, bandwidth: bandwidth, count: len(events)}
	if err := s.fill(events); err != nil {
		return nil, unfit(err.Error())
	}
	return s, nil
}

// mostRows bounds the rows: a bandwidth that is tiny beside the extent of the events makes them higher.
const mostRows = 1 << 16

// fill puts the events into rows.
func (s *Surface) fill(events []Position) error {
	if len(events) == 0 {
		return nil
	}
	north := math.Inf(-1)
	s.south = math.Inf(1)
	for _, e := range events {
		if math.IsNaN(e.X) || math.IsNaN(e.Y) || math.IsInf(e.X, 0) || math.IsInf(e.Y, 0) {
			return errors.New("a place is not a number")
		}
		s.south, north = min(s.south, e.Y), max(north, e.Y)
	}
	s.rows = make([][]weighted, min(mostRows, int(min((north-s.south)/s.bandwidth, mostRows))+1))
	for _, e := range events {
		w := weighted{e, 1}
		if s.edge == Diggle {
			w.weight = 1 / s.mass(e)
		}
		row := s.row(e.Y)
		s.rows[row] = append(s.rows[row], w)
	}
	for _, row := range s.rows {
		slices.SortFunc(row, func(a, b weighted) int { return cmp.Compare(a.X, b.X) })
	}
	return nil
}

// row is the row of a height; outside it is the nearest one.
func (s *Surface) row(y float64) int {
	return int(max(0, min((y-s.south)/s.bandwidth, float64(len(s.rows)-1))))
}

// reaches of the Gaussian kernel in bandwidths that are tried one after the other, and how much more than all that may lie beyond a
// reach the sum must be to stand. Far from every event only the widest is wide enough.
var reaches = []float64{9, 14, math.Inf(1)}

const beyond = 1e10

// At is the density at a place, in events a square metre.
func (s *Surface) At(p Position) float64 {
	if s.count == 0 {
		return 0
	}
	h2 := s.bandwidth * s.bandwidth
	if s.kernel == Epanechnikov {
		return s.sum(p, s.bandwidth, func(d2 float64) float64 { return 1 - d2/h2 }) * 2 / (math.Pi * h2)
	}
	var sum float64
	for _, r := range reaches {
		sum = s.sum(p, r*s.bandwidth, func(d2 float64) float64 { return math.Exp(-d2 / (2 * h2)) })
		if sum > beyond*float64(s.count)*math.Exp(-r*r/2) {
			break
		}
	}
	if sum /= 2 * math.Pi * h2; s.edge == Uniform {
		sum /= s.mass(p)
	}
	return sum
}

// sum adds what the events within reach of a place count there, by the square of their distance.
func (s *Surface) sum(p Position, reach float64, of func(d2 float64) float64) (sum float64) {
	reach2 := reach * reach
	for _, row := range s.rows[s.row(p.Y-reach) : s.row(p.Y+reach)+1] {
		first, _ := slices.BinarySearchFunc(row, p.X-reach, func(e weighted, x float64) int { return cmp.Compare(e.X, x) })
		for _, e := range row[first:] {
			if e.X > p.X+reach {
				break
			}
			dx, dy := e.X-p.X, e.Y-p.Y
			if d2 := dx*dx + dy*dy; d2 <= reach2 {
				sum += e.weight * of(d2)
			}
		}
	}
	return sum
}

// mass is the part of a Gaussian kernel at a place that lies in the window.
func (s *Surface) mass(p Position) float64 {
	w, h := s.window, s.bandwidth
	return between((w.West-p.X)/h, (w.East-p.X)/h) * between((w.South-p.Y)/h, (w.North-p.Y)/h)
}

// between is the mass of the standard normal distribution between two values.
func between(a, b float64) float64 {
	if a > 0 { // in the upper tail differences of the lower one lose their digits
		a, b = -b, -a
	}
	return (math.Erfc(-b/math.Sqrt2) - math.Erfc(-a/math.Sqrt2)) / 2
}
