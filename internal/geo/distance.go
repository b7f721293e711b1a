package geo

import (
	"math"

	"accord/internal/fault"
)

// MeanRadius is the mean radius of the earth in metres that Haversine takes (IUGG).
const MeanRadius = 6371008.8

// Haversine is the distance in metres on a sphere of MeanRadius. It is up to 0.6 % off the ellipsoid's.
func Haversine(a, b Point) float64 {
	la, lb := a.Lat*degree, b.Lat*degree
	s, t := math.Sin((lb-la)/2), math.Sin((b.Lon-a.Lon)*degree/2)
	return 2 * MeanRadius * math.Asin(math.Min(1, math.Sqrt(s*s+math.Cos(la)*math.Cos(lb)*t*t)))
}

// A Geodesic is the shortest line between two points on the ellipsoid.
type Geodesic struct {
	Metres   float64
	Azimuth1 float64 // at the first point towards the second, degrees from north, clockwise, -180 to 180
	Azimuth2 float64 // at the second point back towards the first
}

// Distance is the geodesic on WGS84, after Vincenty. Nearly opposite points, where his method finds no end, are refused.
func Distance(a, b Point) (Geodesic, error) {
	if a == b {
		return Geodesic{Azimuth1: 180}, nil
	}
	el := WGS84
	s1, c1 := reduced(el, a.Lat)
	s2, c2 := reduced(el, b.Lat)
	l := (b.Lon - a.Lon) * degree
	lambda := l
	for range 200 {
		v := vincenty(s1, c1, s2, c2, lambda)
		c := el.F / 16 * v.cos2 * (4 + el.F*(4-3*v.cos2))
		next := l + (1-c)*el.F*v.sinAlpha*(v.sigma+c*v.sin*(v.cosM+c*v.cos*(2*v.cosM*v.cosM-1)))
		done := math.Abs(next-lambda) < 1e-15
		if lambda = next; done || math.Abs(lambda) > math.Pi {
			break
		}
	}
	v := vincenty(s1, c1, s2, c2, lambda)
	if math.Abs(lambda) > math.Pi || math.IsNaN(v.sigma) {
		return Geodesic{}, fault.New(fault.Invalid, "distance", "the points lie on opposite sides of the earth", "choose nearer ones")
	}
	return v.line(el, s1, c1, s2, c2, lambda), nil
}

// reduced returns sine and cosine of the reduced latitude.
func reduced(el Ellipsoid, lat float64) (sin, cos float64) {
	return math.Sincos(math.Atan((1 - el.F) * math.Tan(lat*degree)))
}

// arc is what Vincenty's formulas know of a line at one guess of the difference in longitude.
type arc struct {
	sin, cos, sigma float64 // of the angle between the points on the sphere
	sinAlpha, cos2  float64 // of the azimuth at the equator: sine, and cosine squared
	cosM            float64 // cosine of twice the angle to the middle
}

func vincenty(s1, c1, s2, c2, lambda float64) arc {
	sl, cl := math.Sincos(lambda)
	var v arc
	v.sin = math.Hypot(c2*sl, c1*s2-s1*c2*cl)
	v.cos = s1*s2 + c1*c2*cl
	v.sigma = math.Atan2(v.sin, v.cos)
	if v.sin > 0 {
		v.sinAlpha = c1 * c2 * sl / v.sin
	}
	v.cos2 = 1 - v.sinAlpha*v.sinAlpha
	if v.cos2 > 1e-15 { // else along the equator
		v.cosM = v.cos - 2*s1*s2/v.cos2
	}
	return v
}

func (v arc) line(el Ellipsoid, s1, c1, s2, c2, lambda float64) Geodesic {
	b := el.A * (1 - el.F)
	u2 := v.cos2 * (el.A*el.A - b*b) / (b * b)
	ka := 1 + u2/16384*(4096+u2*(-768+u2*(320-175*u2)))
	kb := u2 / 1024 * (256 + u2*(-128+u2*(74-47*u2)))
	m2 := v.cosM * v.cosM
	delta := kb * v.sin * (v.cosM + kb/4*(v.cos*(2*m2-1)-kb/6*v.cosM*(4*v.sin*v.sin-3)*(4*m2-3)))
	sl, cl := math.Sincos(lambda)
	return Geodesic{
		Metres:   b * ka * (v.sigma - delta),
		Azimuth1: math.Atan2(c2*sl, c1*s2-s1*c2*cl) / degree,
		Azimuth2: math.Atan2(-c1*sl, -(-s1*c2+c1*s2*cl)) / degree,
	}
}
