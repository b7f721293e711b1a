package geo_test

import (
	"math"
	"strconv"
	"testing"

	"accord/content"
	"accord/internal/fault"
	"accord/internal/geo"
	"accord/internal/vectortest"
)

func datums(t *testing.T) *geo.Datums {
	t.Helper()
	b, err := content.FS.ReadFile("geo/vertical.toml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := geo.ReadDatums(b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestVectorsVertical(t *testing.T) {
	for _, path := range vectortest.Files(t, "arithmetic", "*.json") {
		var f struct {
			Vertical []struct {
				From, To, Result string
				Value            string `json:"value_m"`
			}
		}
		vectortest.JSON(t, path, &f)
		for _, c := range f.Vertical {
			got, err := datums(t).Convert(c.Value, c.From, c.To)
			have, _ := strconv.ParseFloat(got.Metres, 64)
			want, _ := strconv.ParseFloat(c.Result, 64)
			if err != nil || math.Abs(have-want) > 1e-9 {
				t.Errorf("%+v: %+v, %v", c, got, err)
			}
		}
	}
}

// TestNoBridge: between the two countries' datums nothing is published, so nothing is converted.
func TestNoBridge(t *testing.T) {
	d := datums(t)
	if h, err := d.Convert("2.10", "incheon", "TP"); fault.KindOf(err) != fault.Refused {
		t.Errorf("%+v, %v", h, err)
	}
	if h, err := d.Convert("2.10", "incheon", "incheon"); err != nil || h.Metres != "2.1" {
		t.Errorf("%+v, %v", h, err)
	}
	if h, err := d.Convert("2.10", "AP", "YP"); err != nil || h.Metres != "1.8058" || h.Confirmed || len(h.Sources) != 2 {
		t.Errorf("%+v, %v", h, err)
	}
	for _, bad := range [][3]string{{"two", "AP", "TP"}, {"1/3", "AP", "TP"}, {"1e9", "AP", "TP"}, {"", "AP", "TP"}} {
		if h, err := d.Convert(bad[0], bad[1], bad[2]); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v: %+v, %v", bad, h, err)
		}
	}
	if _, err := d.Convert("1", "XP", "TP"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	for name, file := range map[string]string{
		"no source": "[[datum]]\nid=\"A\"\n[[datum]]\nid=\"B\"\nabove=\"A\"\noffset=\"1\"", "unknown": "[[datum]]\nid=\"B\"\nabove=\"A\"\noffset=\"1\"\nsource=\"x\"",
		"twice": "[[datum]]\nid=\"A\"\n[[datum]]\nid=\"A\"", "key": "colour=1",
	} {
		if _, err := geo.ReadDatums([]byte(file)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
