package seismic_test

import (
	"math"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"accord/internal/area/safety/seismic"
	"accord/internal/fault"
	"accord/internal/vectortest"
)

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

// TestVectorsIntensity measures real records and sines; the agency's own example is among them.
func TestVectorsIntensity(t *testing.T) {
	path := vectortest.Files(t, "jma_intensity", "intensity.csv")[0]
	for _, r := range vectortest.CSV(t, path) {
		t.Run(r["id"], func(t *testing.T) {
			ns, ew, ud := waveform(t, filepath.Dir(path), r)
			got, err := seismic.Measure(ns, ew, ud, r.Number(t, "dt_s"))
			low, high := r.Number(t, "I_lower"), r.Number(t, "I_upper")
			if err != nil || got.Value < low-0.01 || got.Value > high+0.01 {
				t.Fatalf("%+v, %v; between %v and %v", got, err, low, high)
			}
			if step := math.Abs(math.Remainder(high-0.095, 0.1)); step > 0.011 && (got.Published != r.Number(t, "I_published_style") || got.Scale != r["scale"]) {
				t.Errorf("published %v, %s", got.Published, got.Scale)
			}
			if official := r["jma_official_I"]; official != "" && got.Published != r.Number(t, "jma_official_I") {
				t.Errorf("the agency says %s, not %v", official, got.Published)
			}
		})
	}
}

var sine = regexp.MustCompile(`^A=(\S+) f=(\S+)$`)

// waveform is the record a case names, or the sine it describes.
func waveform(t *testing.T, dir string, r vectortest.Row) (ns, ew, ud []float64) {
	t.Helper()
	m := sine.FindStringSubmatch(r["input"])
	if m == nil {
		for _, s := range vectortest.CSV(t, filepath.Join(dir, r["input"])) {
			ns, ew, ud = append(ns, s.Number(t, "ns_gal")), append(ew, s.Number(t, "ew_gal")), append(ud, s.Number(t, "ud_gal"))
		}
		return ns, ew, ud
	}
	amplitude, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	hz, err := strconv.ParseFloat(m[2], 64)
	if err != nil {
		t.Fatal(err)
	}
	n := int(r.Number(t, "n"))
	ns = make([]float64, n)
	for i := range ns {
		ns[i] = amplitude * math.Sin(2*math.Pi*hz*float64(i)*r.Number(t, "dt_s"))
	}
	return ns, make([]float64, n), make([]float64, n)
}

func TestVectorsFilterAndRounding(t *testing.T) {
	for _, r := range vectortest.CSV(t, vectortest.Files(t, "jma_intensity", "filter.csv")[0]) {
		if g := seismic.Gain(r.Number(t, "f_hz")); !near(g, r.Number(t, "gain"), 1e-12) {
			t.Errorf("%v: %v", r, g)
		}
	}
	for _, r := range vectortest.CSV(t, vectortest.Files(t, "jma_intensity", "rounding.csv")[0]) {
		p := seismic.Publish(r.Number(t, "I_raw"))
		if p != r.Number(t, "I_published_style") || seismic.ScaleOf(p) != r["scale"] {
			t.Errorf("%v: %v, %s", r, p, seismic.ScaleOf(p))
		}
	}
}

func TestVectorsFragility(t *testing.T) {
	for _, r := range vectortest.CSV(t, vectortest.Files(t, "fragility", "curves.csv")[0]) {
		f := seismic.Fragility{Theta: r.Number(t, "theta"), Beta: r.Number(t, "beta")}
		if p := f.At(r.Number(t, "im")); math.Abs(p-r.Number(t, "p")) > 1e-10*math.Max(1, r.Number(t, "p")) {
			t.Errorf("%v: %v", r, p)
		}
	}
	trials := map[string][]seismic.Trial{}
	for _, r := range vectortest.CSV(t, vectortest.Files(t, "fragility", "fit_input.csv")[0]) {
		trials[r["fit"]] = append(trials[r["fit"]], seismic.Trial{Level: r.Number(t, "im"), Of: int(r.Number(t, "n")), Damaged: int(r.Number(t, "collapses"))})
	}
	for _, r := range vectortest.CSV(t, vectortest.Files(t, "fragility", "fit_results.csv")[0]) {
		f, err := seismic.FitFragility("PGA", trials[r["fit"]])
		if err != nil || math.Abs(f.Theta/r.Number(t, "theta")-1) > 1e-6 || math.Abs(f.Beta/r.Number(t, "beta")-1) > 1e-6 {
			t.Errorf("%s: %+v, %v", r["fit"], f, err)
		}
	}
}

func TestRefuses(t *testing.T) {
	long := make([]float64, 1000)
	for name, f := range map[string]func() error{
		"lengths":  func() error { _, err := seismic.Measure(long, long[:10], long, 0.01); return err },
		"short":    func() error { _, err := seismic.Measure(long[:3], long[:3], long[:3], 0.01); return err },
		"interval": func() error { _, err := seismic.Measure(long, long, long, 0); return err },
		"no number": func() error {
			bad := append([]float64{math.NaN()}, long[1:]...)
			_, err := seismic.Measure(bad, long, long, 0.01)
			return err
		},
		"no trials": func() error { _, err := seismic.FitFragility("PGA", nil); return err },
		"one level": func() error {
			_, err := seismic.FitFragility("PGA", []seismic.Trial{{Level: 1, Of: 10, Damaged: 3}})
			return err
		},
		"too many": func() error {
			_, err := seismic.FitFragility("PGA", []seismic.Trial{{Level: 1, Of: 1, Damaged: 3}})
			return err
		},
		"less": func() error {
			_, err := seismic.FitFragility("PGA", []seismic.Trial{{Level: 1, Of: 10, Damaged: 9}, {Level: 2, Of: 10, Damaged: 1}})
			return err
		},
		"measures": func() error {
			_, _, err := seismic.Cross(seismic.Fragility{Measure: "PGA"}, seismic.Fragility{Measure: "PGV"})
			return err
		},
	} {
		if err := f(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCross: at the level where two curves cross both damages are equally likely.
func TestCross(t *testing.T) {
	a, b := seismic.Fragility{Theta: 0.4, Beta: 0.6}, seismic.Fragility{Theta: 0.8, Beta: 0.4}
	level, ok, err := seismic.Cross(a, b)
	if err != nil || !ok || !near(a.At(level), b.At(level), 1e-12) {
		t.Errorf("%v %v %v", level, ok, err)
	}
}
