// Package geo converts coordinates: national reference systems to WGS84 and back, and distances on the ellipsoid. What a
// system is comes from content; this package holds the algorithms. Areas, lengths and densities are true only in a metric
// projection, so nothing here computes them from degrees.
//
// Krüger's series to the sixth order after Karney (2011), "Transverse Mercator with an accuracy of a few nanometers";
// geodesics after Vincenty (1975).
package geo

import "math"

// A Point is a WGS84 position in degrees. Naming the parts keeps anybody from guessing their order.
type Point struct{ Lat, Lon float64 }

// A Pair is a position in a reference system: easting and northing in metres for a projected one, longitude and latitude in
// degrees for a geographic one. Files carry them in either order; System.Axes says which is the system's own.
type Pair struct{ East, North float64 }

// An Ellipsoid is a figure of the earth.
type Ellipsoid struct {
	A float64 // semi-major axis, metres
	F float64 // flattening
}

// WGS84 is the ellipsoid of the positions this program keeps.
var WGS84 = Ellipsoid{A: 6378137, F: 1 / 298.257223563}

// e2 is the square of the first eccentricity.
func (e Ellipsoid) e2() float64 { return e.F * (2 - e.F) }

const (
	degree = math.Pi / 180
	second = degree / 3600
)
