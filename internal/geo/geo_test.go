package geo_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"accord/internal/fault"
	"accord/internal/geo"
)

// TestThereAndBack: every system leads back to where it came from, to a hundredth of a millimetre; where the datum is shifted to
// centimetres far away, because positions on two ellipsoids are kept without their heights.
func TestThereAndBack(t *testing.T) {
	s := systems(t)
	for _, sys := range s.All() {
		operations := []string{""}
		if len(sys.Operations) > 1 {
			operations = nil
			for _, o := range sys.Operations {
				operations = append(operations, o.ID)
			}
		}
		for _, o := range operations {
			c, err := s.Converter(sys.ID, o)
			if err != nil {
				t.Fatal(err)
			}
			most := 1e-5
			if c.Operation.Kind != "" && c.Operation.Kind != "same" {
				most = 0.05
			}
			t.Run(sys.ID+" "+o, func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					p := geo.Point{Lat: rapid.Float64Range(20, 50).Draw(t, "lat"), Lon: rapid.Float64Range(120, 150).Draw(t, "lon")}
					there, ok := c.FromWGS84(p)
					back, ok2 := c.ToWGS84(there)
					if off := geo.Haversine(p, back); !ok || !ok2 || off > most {
						t.Fatalf("%v to %v to %v: %g m off", p, there, back, off)
					}
				})
			})
		}
	}
}

// TestNoGuess: a datum that several operations lead out of is not guessed, and a meridian 10.405 seconds off is seen.
func TestNoGuess(t *testing.T) {
	s := systems(t)
	_, err := s.Converter("EPSG:4301", "")
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "EPSG:15484") || !strings.Contains(err.Error(), "EPSG:1305") {
		t.Errorf("%v", err)
	}
	if _, err := s.Converter("EPSG:9999", ""); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%v", err)
	}
	if _, err := s.Converter("EPSG:5186", "EPSG:1305"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
	seoul := geo.Point{Lat: 37.5663, Lon: 126.9779}
	a, _ := converter(t, "EPSG:5174", "").FromWGS84(seoul)
	b, _ := converter(t, "EPSG:2097", "").FromWGS84(seoul)
	if off := math.Hypot(a.East-b.East, a.North-b.North); off < 250 || off > 260 {
		t.Errorf("the two belts lie %v m apart", off)
	}
}

func TestAxes(t *testing.T) {
	if p := converter(t, "EPSG:5186", "").Ordered(551862, 198051); p.East != 198051 || p.North != 551862 {
		t.Errorf("%v", p)
	}
	if p := converter(t, "EPSG:6697", "").Ordered(35.6, 139.7); p.East != 139.7 || p.North != 35.6 {
		t.Errorf("%v", p)
	}
}

func TestOffTheEarth(t *testing.T) {
	c := converter(t, "EPSG:5186", "")
	for _, p := range []geo.Point{{Lat: 91}, {Lon: 181}, {Lat: math.NaN()}, {Lat: 37, Lon: -60}} {
		if out, ok := c.FromWGS84(p); ok {
			t.Errorf("%v became %v", p, out)
		}
	}
	if p, ok := c.ToWGS84(geo.Pair{East: math.Inf(1), North: math.NaN()}); ok {
		t.Errorf("%v", p)
	}
}

func TestNearlyOpposite(t *testing.T) {
	if g, err := geo.Distance(geo.Point{}, geo.Point{Lat: 0.5, Lon: 179.7}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v, %v", g, err)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, file := range map[string]string{
		"unknown key":  "[[system]]\nid = \"X\"\ncolour = 1",
		"no ellipsoid": "[[system]]\nid = \"X\"\nellipsoid = \"none\"\naxes = \"latitude longitude\"",
		"axes":         "[[ellipsoid]]\nid=\"E\"\na=1.0\ninverse_flattening=300.0\n[[system]]\nid=\"X\"\nellipsoid=\"E\"\naxes=\"northing easting\"",
		"twice":        "[[ellipsoid]]\nid=\"E\"\na=1.0\ninverse_flattening=300.0\n[[ellipsoid]]\nid=\"E\"\na=1.0\ninverse_flattening=300.0",
		"kind":         "[[ellipsoid]]\nid=\"E\"\na=1.0\ninverse_flattening=300.0\n[[system]]\nid=\"X\"\nellipsoid=\"E\"\naxes=\"latitude longitude\"\n[[system.operation]]\nid=\"o\"\nkind=\"magic\"",
		"not toml":     "[[",
	} {
		if _, err := geo.Read([]byte(file)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkConvert(b *testing.B) {
	for _, id := range []string{"EPSG:5186", "EPSG:5174", "EPSG:6677"} {
		c := converter(b, id, "")
		b.Run(id+"/to", func(b *testing.B) {
			var p geo.Point
			for i := range b.N {
				p, _ = c.ToWGS84(geo.Pair{East: 198000 + float64(i%1000), North: 550000})
			}
			_ = p
		})
		b.Run(id+"/from", func(b *testing.B) {
			var p geo.Pair
			for i := range b.N {
				p, _ = c.FromWGS84(geo.Point{Lat: 37.5 + float64(i%1000)*1e-4, Lon: 127})
			}
			_ = p
		})
	}
}
