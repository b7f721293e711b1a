package geo_test

import (
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"accord/content"
	"accord/internal/geo"
	"accord/internal/vectortest"
)

func systems(tb testing.TB) *geo.Systems {
	tb.Helper()
	b, err := content.FS.ReadFile("geo/reference.toml")
	if err != nil {
		tb.Fatal(err)
	}
	s, err := geo.Read(b)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func converter(tb testing.TB, id, operation string) *geo.Converter {
	tb.Helper()
	c, err := systems(tb).Converter(id, operation)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

var epsg = regexp.MustCompile(`epsg(\d+)`)

// operationOf reads the operation from a file's name: a case without one takes the system's default.
func operationOf(name string) string {
	switch m := regexp.MustCompile(`to_wgs84_epsg(\d+)`).FindStringSubmatch(name); {
	case m != nil:
		return "EPSG:" + m[1]
	case strings.Contains(name, "bursawolf"):
		return "common Bursa-Wolf"
	}
	return ""
}

// TestVectorsCoordinates compares with PROJ: 1 mm for projections, 2 cm where the datum of the older Korean systems comes in,
// 1e-8 degrees for the old Tokyo datum.
func TestVectorsCoordinates(t *testing.T) {
	for _, path := range vectortest.Files(t, "coordinates", "epsg*.csv") {
		name := strings.TrimSuffix(filepath.Base(path), ".csv")
		t.Run(name, func(t *testing.T) {
			id := "EPSG:" + epsg.FindStringSubmatch(name)[1]
			c := converter(t, id, operationOf(name))
			metres := 0.001
			if id == "EPSG:5174" || id == "EPSG:2097" {
				metres = 0.02
			}
			for i, r := range vectortest.CSV(t, path) {
				if _, ok := r["lat_src"]; ok {
					compareGeographic(t, c, i, r)
				} else {
					compareProjected(t, c, i, r, metres)
				}
			}
		})
	}
}

func compareProjected(t *testing.T, c *geo.Converter, i int, r vectortest.Row, metres float64) {
	t.Helper()
	p, ok := c.FromWGS84(geo.Point{Lat: r.Number(t, "lat_wgs84"), Lon: r.Number(t, "lon_wgs84")})
	if off := math.Hypot(p.East-r.Number(t, "easting_m"), p.North-r.Number(t, "northing_m")); !ok || off > metres {
		t.Errorf("row %d: %v, %.4f m off", i+1, p, off)
	}
	back, ok := c.ToWGS84(geo.Pair{East: r.Number(t, "easting_m"), North: r.Number(t, "northing_m")})
	if off := geo.Haversine(back, geo.Point{Lat: r.Number(t, "lat_wgs84"), Lon: r.Number(t, "lon_wgs84")}); !ok || off > metres {
		t.Errorf("row %d back: %v, %.4f m off", i+1, back, off)
	}
}

func compareGeographic(t *testing.T, c *geo.Converter, i int, r vectortest.Row) {
	t.Helper()
	const degrees = 1e-8
	p, ok := c.ToWGS84(geo.Pair{East: r.Number(t, "lon_src"), North: r.Number(t, "lat_src")})
	if !ok || math.Abs(p.Lat-r.Number(t, "lat_wgs84_from_src")) > degrees || math.Abs(p.Lon-r.Number(t, "lon_wgs84_from_src")) > degrees {
		t.Errorf("row %d: %v", i+1, p)
	}
	back, ok := c.FromWGS84(geo.Point{Lat: r.Number(t, "lat_src"), Lon: r.Number(t, "lon_src")})
	if !ok || math.Abs(back.North-r.Number(t, "lat_src_from_wgs84")) > degrees || math.Abs(back.East-r.Number(t, "lon_src_from_wgs84")) > degrees {
		t.Errorf("row %d back: %v", i+1, back)
	}
}

// TestVectorsGeodesic compares lengths with GeographicLib to 1 mm, and azimuths where the points are far enough apart for one.
func TestVectorsGeodesic(t *testing.T) {
	for _, path := range vectortest.Files(t, "coordinates", "geodesic*.csv") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			for i, r := range vectortest.CSV(t, path) {
				a, b := geo.Point{Lat: r.Number(t, "lat1"), Lon: r.Number(t, "lon1")}, geo.Point{Lat: r.Number(t, "lat2"), Lon: r.Number(t, "lon2")}
				g, err := geo.Distance(a, b)
				if err != nil || math.Abs(g.Metres-r.Number(t, "geodesic_wgs84_m")) > 0.001 {
					t.Errorf("row %d: %+v, %v", i+1, g, err)
				}
				if want := r.Number(t, "geodesic_wgs84_m"); want > 100 && (turned(g.Azimuth1, r.Number(t, "azimuth1_deg")) > 1e-6 || turned(g.Azimuth2, r.Number(t, "azimuth2_back_deg")) > 1e-6) {
					t.Errorf("row %d: azimuths %v and %v", i+1, g.Azimuth1, g.Azimuth2)
				}
				if h := geo.Haversine(a, b); math.Abs(h-r.Number(t, "haversine_R6371008.8_m")) > 0.001 {
					t.Errorf("row %d: haversine %v", i+1, h)
				}
			}
		})
	}
}

func turned(a, b float64) float64 { return math.Abs(math.Remainder(a-b, 360)) }
