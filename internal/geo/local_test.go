package geo

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The plane agrees with the geodesic around its origin, and leads back.
func TestLocal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		origin := Point{Lat: rapid.Float64Range(-80, 80).Draw(t, "lat"), Lon: rapid.Float64Range(-179, 179).Draw(t, "lon")}
		p := Point{Lat: origin.Lat + rapid.Float64Range(-0.5, 0.5).Draw(t, "north"), Lon: origin.Lon + rapid.Float64Range(-0.5, 0.5).Draw(t, "east")}
		l := NewLocal(origin)
		at := l.Plane(p)
		true_, err := Distance(origin, p)
		if err != nil {
			t.Fatal(err)
		}
		if plane := math.Hypot(at.East, at.North); math.Abs(plane-true_.Metres) > 2e-4*true_.Metres+1e-3 {
			t.Fatalf("%v from %v: %g m in the plane, %g m on the ellipsoid", p, origin, plane, true_.Metres)
		}
		if back := l.Place(at); math.Abs(back.Lat-p.Lat) > 1e-9 || math.Abs(back.Lon-p.Lon) > 1e-9 {
			t.Fatalf("%v came back as %v", p, back)
		}
	})
}
