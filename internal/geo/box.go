package geo

import (
	"math"
	"strconv"
	"strings"

	"accord/internal/fault"
	"accord/record"
)

// A Box is a piece of the map between two meridians and two parallels, in degrees of WGS84, its edges included. Where West is
// more than East it goes across the date line, as RFC 7946 has it.
type Box struct{ West, South, East, North float64 }

// ParseBox reads a box as maps and other programs write it: west, south, east and north with commas between.
func ParseBox(s string) (b Box, err error) {
	wrong := func(why string) (Box, error) {
		return Box{}, fault.New(fault.Invalid, "box", why, "write west,south,east,north in degrees of longitude and latitude, as 126.9,37.5,127.1,37.6")
	}
	if len(s) > 200 {
		return wrong("it is longer than four numbers")
	}
	parts := strings.Split(s, ",")
	if len(parts) != 4 {
		return wrong("it is not four numbers with commas between")
	}
	for i, into := range []*float64{&b.West, &b.South, &b.East, &b.North} {
		n, err := strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return wrong(strconv.Quote(clip(parts[i])) + " is no number")
		}
		*into = n + 0 // no minus before zero
	}
	switch {
	case math.Abs(b.West) > 180 || math.Abs(b.East) > 180:
		return wrong("a longitude is not between -180 and 180")
	case math.Abs(b.South) > 90 || math.Abs(b.North) > 90:
		return wrong("a latitude is not between -90 and 90; the longitude comes first")
	case b.South > b.North:
		return wrong("its south lies north of its north")
	}
	return b, nil
}

func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), 20)], "?") }

// String is the box as ParseBox reads it.
func (b Box) String() string {
	out := make([]string, 4)
	for i, n := range []float64{b.West, b.South, b.East, b.North} {
		out[i] = strconv.FormatFloat(n, 'f', -1, 64)
	}
	return strings.Join(out, ",")
}

// Holds says whether a point lies in the box.
func (b Box) Holds(lon, lat float64) bool {
	if lat < b.South || lat > b.North {
		return false
	}
	if b.West <= b.East {
		return lon >= b.West && lon <= b.East
	}
	return lon >= b.West || lon <= b.East
}

// Has says whether a record lies in the box: its place, or any part of a geometry of it. A coarse place counts by the middle of its
// cell, as it is drawn.
func (b Box) Has(d *record.Dataset, r *record.Record) bool {
	if r.Place.Known && b.Holds(r.Place.Lon, r.Place.Lat) {
		return true
	}
	for i := range d.Fields {
		if v := r.Value(i); v.Type == record.Geometry {
			if f, err := record.ParseFigure(v.Text); err == nil && b.Meets(f) {
				return true
			}
		}
	}
	return false
}

// Meets says whether any part of a figure lies in the box. Its edges are straight on longitudes and latitudes, as RFC 7946 draws
// them.
func (b Box) Meets(f record.Figure) bool {
	if b.West > b.East {
		return Box{b.West, b.South, 180, b.North}.Meets(f) || Box{-180, b.South, b.East, b.North}.Meets(f)
	}
	for _, p := range f.Parts {
		for _, ring := range p {
			for i := 1; i < len(ring); i++ {
				if b.crossed(ring[i-1], ring[i]) {
					return true
				}
			}
		}
	}
	return f.Holds(b.West, b.South) // no edge comes in: it holds all of the box or nothing
}

// crossed says whether a straight edge comes into the box: of the edge it cuts off what lies outside each side, after Liang and
// Barsky.
func (b Box) crossed(from, to record.Vertex) bool {
	if b.Holds(from.Lon, from.Lat) || b.Holds(to.Lon, to.Lat) {
		return true
	}
	lo, hi := 0.0, 1.0
	dx, dy := to.Lon-from.Lon, to.Lat-from.Lat
	for _, side := range [4][2]float64{{-dx, from.Lon - b.West}, {dx, b.East - from.Lon}, {-dy, from.Lat - b.South}, {dy, b.North - from.Lat}} {
		p, q := side[0], side[1]
		switch {
		case p == 0:
			if q < 0 {
				return false
			}
		case p < 0:
			lo = max(lo, q/p)
		default:
			hi = min(hi, q/p)
		}
	}
	return lo <= hi
}
