package geo

import "math"

// A Local is a plane in metres around a place: a transverse Mercator projection with its origin there. Within 100 km of it
// lengths are true to 0.02 %, wherever on the earth it is, so that places of any city can be measured alike.
type Local struct{ m *mercator }

// NewLocal returns the plane around a place.
func NewLocal(origin Point) Local {
	return Local{newMercator(WGS84, origin.Lat, origin.Lon, 1, 0, 0)}
}

// Plane is where a place lies, in metres east and north of the origin.
func (l Local) Plane(p Point) Pair {
	x, y := l.m.forward(p.Lat*degree, p.Lon*degree)
	return Pair{East: x, North: y}
}

// Place is the way back.
func (l Local) Place(p Pair) Point {
	lat, lon := l.m.inverse(p.East, p.North)
	return Point{Lat: lat / degree, Lon: lon / degree}
}

// Middle is the middle of the box around places; false where there is none.
func Middle(places []Point) (Point, bool) {
	if len(places) == 0 {
		return Point{}, false
	}
	south, west, north, east := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range places {
		south, north = min(south, p.Lat), max(north, p.Lat)
		west, east = min(west, p.Lon), max(east, p.Lon)
	}
	return Point{Lat: (south + north) / 2, Lon: (west + east) / 2}, true
}
