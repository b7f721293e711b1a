package sinkhole_test

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"accord/internal/area/safety/sinkhole"
	"accord/internal/fault"
	"accord/internal/geo"
	"accord/internal/vectortest"
)

func relative(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*math.Max(math.Abs(b), 1e-300)
}

// TestVectorsClusters compares partitions with scikit-learn: labels may be numbered otherwise, and what lies at the border of two
// clusters may be in either.
func TestVectorsClusters(t *testing.T) {
	for _, path := range vectortest.Files(t, "sinkhole", "dbscan_*.csv") {
		var about struct {
			Params []struct {
				ID       string
				Eps      float64 `json:"eps_m"`
				Fewest   int     `json:"min_samples"`
				Clusters int     `json:"n_clusters"`
			}
		}
		vectortest.JSON(t, strings.TrimSuffix(path, ".csv")+".json", &about)
		rows := vectortest.CSV(t, path)
		var points []geo.Point
		for _, r := range rows {
			points = append(points, geo.Point{Lat: r.Number(t, "lat"), Lon: r.Number(t, "lon")})
		}
		for _, p := range about.Params {
			t.Run(filepath.Base(path)+" "+p.ID, func(t *testing.T) {
				got := sinkhole.Cluster(points, p.Eps, p.Fewest)
				if got.Count != p.Clusters {
					t.Errorf("%d clusters, not %d", got.Count, p.Clusters)
				}
				same, back := map[string]int{}, map[int]string{}
				for i, r := range rows {
					label := r[p.ID+"_label"]
					if got.Core[i] != (r[p.ID+"_core"] == "1") || (got.Labels[i] == sinkhole.Noise) != (label == "-1") {
						t.Errorf("point %d: %d, core %v, not %s, %s", i, got.Labels[i], got.Core[i], label, r[p.ID+"_core"])
					}
					if label == "-1" || r[p.ID+"_border_ambiguous"] == "1" {
						continue
					}
					if at, ok := same[label]; ok && at != got.Labels[i] {
						t.Errorf("point %d is in %d, others of its cluster in %d", i, got.Labels[i], at)
					}
					if at, ok := back[got.Labels[i]]; ok && at != label {
						t.Errorf("cluster %d holds points of %s and %s", got.Labels[i], at, label)
					}
					same[label], back[got.Labels[i]] = got.Labels[i], label
				}
			})
		}
	}
}

// TestVectorsDensity compares with scikit-learn and spatstat. The window is the one of the cases' grids.
func TestVectorsDensity(t *testing.T) {
	for _, path := range vectortest.Files(t, "sinkhole", "kde_*_points.csv") {
		name := strings.TrimSuffix(path, "_points.csv")
		var events []sinkhole.Position
		for _, r := range vectortest.CSV(t, path) {
			events = append(events, sinkhole.Position{X: r.Number(t, "x_m"), Y: r.Number(t, "y_m")})
		}
		values := vectortest.CSV(t, name+"_values.csv")
		w := sinkhole.Window{West: math.Inf(1), East: math.Inf(-1), South: math.Inf(1), North: math.Inf(-1)}
		for _, r := range values {
			w.West, w.East = min(w.West, r.Number(t, "x_m")), max(w.East, r.Number(t, "x_m"))
			w.South, w.North = min(w.South, r.Number(t, "y_m")), max(w.North, r.Number(t, "y_m"))
		}
		d := densities{t: t, events: events, window: w}
		t.Run(filepath.Base(name), func(t *testing.T) {
			for _, r := range values {
				d.compare(t, r, "gaussian_events_per_m2", sinkhole.Gaussian, sinkhole.NoEdge, 1e-9)
				d.compare(t, r, "epanechnikov_events_per_m2", sinkhole.Epanechnikov, sinkhole.NoEdge, 1e-9)
				d.compare(t, r, "gaussian_uniform_edge_corrected", sinkhole.Gaussian, sinkhole.Uniform, 1e-9)
				d.compare(t, r, "gaussian_diggle_edge_corrected", sinkhole.Gaussian, sinkhole.Diggle, 1e-9)
			}
		})
		other := filepath.Join(filepath.Dir(path), "spatstat_"+strings.TrimPrefix(filepath.Base(name), "kde_")+".csv")
		if _, err := os.Stat(other); err != nil {
			continue
		}
		t.Run(filepath.Base(other), func(t *testing.T) {
			for _, r := range vectortest.CSV(t, other) {
				d.compare(t, r, "none", sinkhole.Gaussian, sinkhole.NoEdge, 1e-9)
				d.compare(t, r, "uniform", sinkhole.Gaussian, sinkhole.Uniform, 1e-9)
				d.compare(t, r, "diggle", sinkhole.Gaussian, sinkhole.Diggle, 1e-9)
			}
		})
	}
}

type densities struct {
	t      *testing.T
	events []sinkhole.Position
	window sinkhole.Window
	known  map[string]*sinkhole.Surface
}

func (d *densities) compare(t *testing.T, r vectortest.Row, column string, k sinkhole.Kernel, e sinkhole.Edge, tolerance float64) {
	t.Helper()
	if d.known == nil {
		d.known = map[string]*sinkhole.Surface{}
	}
	key := column + r["bandwidth_m"]
	if d.known[key] == nil {
		s, err := sinkhole.NewSurface(d.events, d.window, k, e, r.Number(t, "bandwidth_m"))
		if err != nil {
			t.Fatal(err)
		}
		d.known[key] = s
	}
	want := r.Number(t, column)
	// Far from every event scikit-learn's tree keeps fewer digits than the plain sum: what is a trillionth of one event's peak counts as
	// the same.
	h := r.Number(t, "bandwidth_m")
	nothing := 1e-12 / (2 * math.Pi * h * h)
	if got := d.known[key].At(sinkhole.Position{X: r.Number(t, "x_m"), Y: r.Number(t, "y_m")}); !relative(got, want, tolerance) && math.Abs(got-want) > nothing {
		t.Errorf("%s at %s, %s by %s m: %v, not %v", column, r["x_m"], r["y_m"], r["bandwidth_m"], got, want)
	}
}

func TestVectorsFrequencyRatio(t *testing.T) {
	for _, path := range vectortest.Files(t, "sinkhole", "frequency_ratio_*.csv") {
		var events, area []float64
		rows := vectortest.CSV(t, path)
		for _, r := range rows {
			events, area = append(events, r.Number(t, "events")), append(area, r.Number(t, "area"))
		}
		got, err := sinkhole.FrequencyRatio(events, area)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			if !relative(got[i], r.Number(t, "frequency_ratio"), 1e-12) || r["ln_fr"] != "" && !relative(math.Log(got[i]), r.Number(t, "ln_fr"), 1e-12) {
				t.Errorf("%v: %v", r, got[i])
			}
		}
	}
}

// TestVectorsRegression compares with R's glm.
func TestVectorsRegression(t *testing.T) {
	names := []string{"(Intercept)", "age", "depth", "sand", "dist"}
	for _, path := range vectortest.Files(t, "sinkhole", "logistic_*.csv") {
		var want struct {
			Coef, Se                             map[string]string
			Deviance, Null_deviance, Loglik, Aic string
		}
		vectortest.JSON(t, strings.TrimSuffix(path, ".csv")+".json", &want)
		number := func(s string) float64 {
			n, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		var happened []bool
		var conditions [][]float64
		rows := vectortest.CSV(t, path)
		for _, r := range rows {
			happened = append(happened, r["y"] == "1")
			var c []float64
			for _, n := range names[1:] {
				c = append(c, r.Number(t, n))
			}
			conditions = append(conditions, c)
		}
		got, err := sinkhole.Regress(happened, conditions)
		if err != nil {
			t.Fatal(err)
		}
		for i, n := range names {
			if !relative(got.Coefficients[i], number(want.Coef[n]), 1e-7) || !relative(got.Errors[i], number(want.Se[n]), 1e-7) {
				t.Errorf("%s: %v ± %v, not %s ± %s", n, got.Coefficients[i], got.Errors[i], want.Coef[n], want.Se[n])
			}
		}
		for _, c := range [][2]float64{{got.Deviance, number(want.Deviance)}, {got.Null, number(want.Null_deviance)}, {got.LogLikelihood, number(want.Loglik)}, {got.Akaike, number(want.Aic)}} {
			if !relative(c[0], c[1], 1e-7) {
				t.Errorf("%v, not %v", c[0], c[1])
			}
		}
		for i, r := range rows {
			if !relative(got.Chance(conditions[i]), r.Number(t, "p"), 1e-7) {
				t.Errorf("row %d: %v, not %s", i, got.Chance(conditions[i]), r["p"])
			}
		}
	}
}

func TestVectorsDiscrimination(t *testing.T) {
	for _, path := range vectortest.Files(t, "sinkhole", "auc_*.csv") {
		var want struct{ AUC float64 }
		vectortest.JSON(t, strings.TrimSuffix(path, ".csv")+".json", &want)
		var happened []bool
		var scores []float64
		for _, r := range vectortest.CSV(t, path) {
			happened, scores = append(happened, r["y"] == "1"), append(scores, r.Number(t, "score"))
		}
		if got, err := sinkhole.Discrimination(happened, scores); err != nil || !relative(got, want.AUC, 1e-12) {
			t.Errorf("%s: %v, %v", filepath.Base(path), got, err)
		}
	}
}

// TestClusterAcrossTheDateLine: two points on both sides of it are near.
func TestClusterAcrossTheDateLine(t *testing.T) {
	for _, eps := range []float64{100, 1e6, 3e7} {
		c := sinkhole.Cluster([]geo.Point{{Lat: 10, Lon: 179.9999}, {Lat: 10, Lon: -179.9999}, {Lat: 10, Lon: 180}}, eps, 3)
		if c.Count != 1 || c.Labels[0] != 0 || c.Labels[1] != 0 {
			t.Errorf("eps %v: %+v", eps, c)
		}
	}
}

// TestClusterBySlowMeans compares with looking at every pair.
func TestClusterBySlowMeans(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var points []geo.Point
		for range 60 {
			points = append(points, geo.Point{Lat: 60 + random.Float64()*0.02, Lon: random.Float64() * 0.02})
		}
		eps, fewest := 20+random.Float64()*300, 1+random.IntN(5)
		got := sinkhole.Cluster(points, eps, fewest)
		for i := range points {
			n := 0
			for j := range points {
				if geo.Haversine(points[i], points[j]) > eps {
					continue
				}
				n++
				if got.Core[i] && got.Core[j] && got.Labels[i] != got.Labels[j] {
					t.Fatalf("points %d and %d are near and in two clusters", i, j)
				}
			}
			if (n >= fewest) != got.Core[i] {
				t.Fatalf("point %d has %d near, core %v", i, n, got.Core[i])
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	w := sinkhole.Window{East: 1, North: 1}
	some := []sinkhole.Position{{X: 0.5, Y: 0.5}}
	for name, f := range map[string]func() error{
		"bandwidth": func() error {
			_, err := sinkhole.NewSurface(some, w, sinkhole.Gaussian, sinkhole.NoEdge, 0)
			return err
		},
		"window": func() error {
			_, err := sinkhole.NewSurface(some, sinkhole.Window{}, sinkhole.Gaussian, sinkhole.NoEdge, 1)
			return err
		},
		"kernel": func() error { _, err := sinkhole.NewSurface(some, w, "box", sinkhole.NoEdge, 1); return err },
		"edge": func() error {
			_, err := sinkhole.NewSurface(some, w, sinkhole.Epanechnikov, sinkhole.Diggle, 1)
			return err
		},
		"place": func() error {
			_, err := sinkhole.NewSurface([]sinkhole.Position{{X: math.NaN()}}, w, sinkhole.Gaussian, sinkhole.NoEdge, 1)
			return err
		},
		"classes":   func() error { _, err := sinkhole.FrequencyRatio([]float64{1}, []float64{1, 2}); return err },
		"exposure":  func() error { _, err := sinkhole.FrequencyRatio([]float64{1}, []float64{0}); return err },
		"no events": func() error { _, err := sinkhole.FrequencyRatio([]float64{0}, []float64{1}); return err },
		"all same":  func() error { _, err := sinkhole.Regress([]bool{true, true}, [][]float64{{1}, {2}}); return err },
		"repeats": func() error {
			_, err := sinkhole.Regress([]bool{true, false, true}, [][]float64{{1, 1}, {2, 2}, {3, 3}})
			return err
		},
		"one kind": func() error { _, err := sinkhole.Discrimination([]bool{true}, []float64{1}); return err },
		"lengths":  func() error { _, err := sinkhole.Discrimination([]bool{true}, nil); return err },
	} {
		if err := f(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// city is n points around some centres, as such events lie.
func city(n int) (points []geo.Point, places []sinkhole.Position) {
	random := rand.New(rand.NewPCG(3, 4))
	for i := range n {
		x, y := float64(i%40)*700+random.NormFloat64()*400, float64(i%37)*700+random.NormFloat64()*400
		places = append(places, sinkhole.Position{X: x, Y: y})
		points = append(points, geo.Point{Lat: 37.4 + y/111_000, Lon: 126.8 + x/88_000})
	}
	return points, places
}

// BenchmarkClusters is a hundred thousand points; BenchmarkDensity as many on a raster of 100 by 100.
func BenchmarkClusters(b *testing.B) {
	points, _ := city(100_000)
	for b.Loop() {
		sinkhole.Cluster(points, 150, 5)
	}
}

func BenchmarkDensity(b *testing.B) {
	_, places := city(100_000)
	w := sinkhole.Window{West: -2000, East: 30000, South: -2000, North: 28000}
	for b.Loop() {
		s, err := sinkhole.NewSurface(places, w, sinkhole.Gaussian, sinkhole.Diggle, 300)
		if err != nil {
			b.Fatal(err)
		}
		for i := range 100 {
			for j := range 100 {
				s.At(sinkhole.Position{X: float64(i) * 300, Y: float64(j) * 280})
			}
		}
	}
}
