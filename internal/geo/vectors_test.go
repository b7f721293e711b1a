package geo_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"accord/content"
	"accord/internal/geo"
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

// vectors are the files of independent results, by name.
func vectors(t *testing.T, pattern string) []string {
	t.Helper()
	dir := os.Getenv("ACCORD_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "vectors")
	}
	files, err := filepath.Glob(filepath.Join(dir, "coordinates", pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatalf("CI is set but there is no %s in %s", pattern, dir)
		}
		t.Skipf("NOT TESTED: no %s in %s; set ACCORD_VECTORS", pattern, dir)
	}
	return files
}

// rows reads a file of numbers by the names of its columns.
func rows(t *testing.T, path string) (out []map[string]float64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil || len(all) < 2 {
		t.Fatalf("%s: %d rows, %v", path, len(all), err)
	}
	for _, line := range all[1:] {
		row := map[string]float64{}
		for i, name := range all[0] {
			if row[name], err = strconv.ParseFloat(line[i], 64); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, row)
	}
	return out
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
	for _, path := range vectors(t, "epsg*.csv") {
		name := strings.TrimSuffix(filepath.Base(path), ".csv")
		t.Run(name, func(t *testing.T) {
			id := "EPSG:" + epsg.FindStringSubmatch(name)[1]
			c := converter(t, id, operationOf(name))
			metres := 0.001
			if id == "EPSG:5174" || id == "EPSG:2097" {
				metres = 0.02
			}
			for i, r := range rows(t, path) {
				if _, ok := r["lat_src"]; ok {
					compareGeographic(t, c, i, r)
				} else {
					compareProjected(t, c, i, r, metres)
				}
			}
		})
	}
}

func compareProjected(t *testing.T, c *geo.Converter, i int, r map[string]float64, metres float64) {
	t.Helper()
	p, ok := c.FromWGS84(geo.Point{Lat: r["lat_wgs84"], Lon: r["lon_wgs84"]})
	if off := math.Hypot(p.East-r["easting_m"], p.North-r["northing_m"]); !ok || off > metres {
		t.Errorf("row %d: %v, %.4f m off", i+1, p, off)
	}
	back, ok := c.ToWGS84(geo.Pair{East: r["easting_m"], North: r["northing_m"]})
	if off := geo.Haversine(back, geo.Point{Lat: r["lat_wgs84"], Lon: r["lon_wgs84"]}); !ok || off > metres {
		t.Errorf("row %d back: %v, %.4f m off", i+1, back, off)
	}
}

func compareGeographic(t *testing.T, c *geo.Converter, i int, r map[string]float64) {
	t.Helper()
	const degrees = 1e-8
	p, ok := c.ToWGS84(geo.Pair{East: r["lon_src"], North: r["lat_src"]})
	if !ok || math.Abs(p.Lat-r["lat_wgs84_from_src"]) > degrees || math.Abs(p.Lon-r["lon_wgs84_from_src"]) > degrees {
		t.Errorf("row %d: %v", i+1, p)
	}
	back, ok := c.FromWGS84(geo.Point{Lat: r["lat_src"], Lon: r["lon_src"]})
	if !ok || math.Abs(back.North-r["lat_src_from_wgs84"]) > degrees || math.Abs(back.East-r["lon_src_from_wgs84"]) > degrees {
		t.Errorf("row %d back: %v", i+1, back)
	}
}

// TestVectorsGeodesic compares lengths with GeographicLib to 1 mm, and azimuths where the points are far enough apart for one.
func TestVectorsGeodesic(t *testing.T) {
	for _, path := range vectors(t, "geodesic*.csv") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			for i, r := range rows(t, path) {
				a, b := geo.Point{Lat: r["lat1"], Lon: r["lon1"]}, geo.Point{Lat: r["lat2"], Lon: r["lon2"]}
				g, err := geo.Distance(a, b)
				if err != nil || math.Abs(g.Metres-r["geodesic_wgs84_m"]) > 0.001 {
					t.Errorf("row %d: %+v, %v", i+1, g, err)
				}
				if want := r["geodesic_wgs84_m"]; want > 100 && (turned(g.Azimuth1, r["azimuth1_deg"]) > 1e-6 || turned(g.Azimuth2, r["azimuth2_back_deg"]) > 1e-6) {
					t.Errorf("row %d: azimuths %v and %v", i+1, g.Azimuth1, g.Azimuth2)
				}
				if h := geo.Haversine(a, b); math.Abs(h-r["haversine_R6371008.8_m"]) > 0.001 {
					t.Errorf("row %d: haversine %v", i+1, h)
				}
			}
		})
	}
}

func turned(a, b float64) float64 { return math.Abs(math.Remainder(a-b, 360)) }
