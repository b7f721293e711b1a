package structure_test

import (
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"accord/internal/area/safety/structure"
	"accord/internal/fault"
	"accord/internal/vectortest"
)

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance*math.Max(1, math.Abs(b)) }

// TestVectorsMarkov compares chains of equal intervals with numpy.
func TestVectorsMarkov(t *testing.T) {
	for _, path := range vectortest.Files(t, "markov", "*_transitions.csv") {
		base := strings.TrimSuffix(path, "_transitions.csv")
		t.Run(filepath.Base(base), func(t *testing.T) {
			matrix := vectortest.CSV(t, base+"_matrix.csv")
			var grades []string
			for _, r := range matrix {
				if !slices.Contains(grades, r["to"]) {
					grades = append(grades, r["to"])
				}
			}
			var pairs []structure.Pair
			for _, r := range vectortest.CSV(t, path) {
				pairs = append(pairs, structure.Pair{From: r["from"], To: r["to"]})
			}
			c, err := structure.Count(grades, pairs)
			if err != nil {
				t.Fatal(err)
			}
			compareMatrices(t, c, matrix)
			compareProjections(t, c, base)
			compareInfo(t, c, base)
		})
	}
}

func estimator(t *testing.T, c *structure.Chain, name string) [][]float64 {
	t.Helper()
	switch add, smoothed := strings.CutPrefix(name, "additive_smoothing_"); {
	case smoothed:
		a, err := strconv.ParseFloat(add, 64)
		if err != nil {
			t.Fatal(err)
		}
		return c.Smoothed(a)
	case name == "mle":
		return c.Matrix()
	case name == "no_improvement_mle":
		return c.Deterioration()
	}
	t.Fatalf("no estimator %s", name)
	return nil
}

func compareMatrices(t *testing.T, c *structure.Chain, rows []vectortest.Row) {
	t.Helper()
	for _, r := range rows {
		i, j := slices.Index(c.Grades, r["from"]), slices.Index(c.Grades, r["to"])
		if p := estimator(t, c, r["estimator"])[i][j]; !near(p, r.Number(t, "p"), 1e-12) || c.Counts[i][j] != r.Number(t, "count") {
			t.Errorf("%v: %v, counted %v", r, p, c.Counts[i][j])
		}
	}
}

func compareProjections(t *testing.T, c *structure.Chain, base string) {
	t.Helper()
	rows := vectortest.CSV(t, base+"_projection.csv")
	start := map[string][]float64{}
	for _, r := range rows {
		n := int(r.Number(t, "t"))
		if n == 0 {
			for _, g := range c.Grades {
				start[r["estimator"]] = append(start[r["estimator"]], r.Number(t, g))
			}
		}
		got := structure.Project(estimator(t, c, r["estimator"]), start[r["estimator"]], n)[n]
		for i, g := range c.Grades {
			if !near(got[i], r.Number(t, g), 1e-12) {
				t.Errorf("%s after %d steps: %s is %v, not %s", r["estimator"], n, g, got[i], r[g])
			}
		}
	}
}

func compareInfo(t *testing.T, c *structure.Chain, base string) {
	t.Helper()
	var info struct {
		LogLikelihood float64         `json:"loglik_mle"`
		Unobserved    []string        `json:"unobserved_rows"`
		Steps         json.RawMessage `json:"expected_steps_to_bad_no_improvement"`
	}
	vectortest.JSON(t, base+"_info.json", &info)
	if !near(c.LogLikelihood(), info.LogLikelihood, 1e-12) || !slices.Equal(c.Unobserved(), info.Unobserved) {
		t.Errorf("log-likelihood %v, unobserved %v", c.LogLikelihood(), c.Unobserved())
	}
	var want map[string]float64
	finite := json.Unmarshal(info.Steps, &want) == nil
	var bad []string
	for _, g := range c.Grades {
		if _, good := want[g]; !good {
			bad = append(bad, g)
		}
	}
	if !finite { // the case does not say which grades are bad; that some way never ends is all that can be compared
		return
	}
	got, ok := structure.StepsTo(c.Grades, c.Deterioration(), bad)
	for g, w := range want {
		if !ok || !near(got[g], w, 1e-12) {
			t.Errorf("steps from %s: %v, not %v", g, got[g], w)
		}
	}
}

// TestVectorsRates compares chains of unequal intervals with R's msm.
func TestVectorsRates(t *testing.T) {
	for _, path := range vectortest.Files(t, "markov", "msm_*_panel.csv") {
		base := strings.TrimSuffix(path, "_panel.csv")
		t.Run(filepath.Base(base), func(t *testing.T) {
			var want struct {
				Rates        []float64
				Minus2Loglik float64
				P1, P5, P10  [][]float64
			}
			vectortest.JSON(t, base+".json", &want)
			var seen []structure.Seen
			for _, r := range vectortest.CSV(t, path) {
				seen = append(seen, structure.Seen{Structure: r["asset"], Years: r.Number(t, "time"), Grade: int(r.Number(t, "state")) - 1})
			}
			got, err := structure.FitRates(len(want.Rates)+1, seen)
			if err != nil || got.Improved != 0 || !near(-2*got.LogLikelihood, want.Minus2Loglik, 1e-5) {
				t.Fatalf("%+v, %v", got, err)
			}
			for i, w := range want.Rates {
				if math.Abs(got.PerYear[i]-w) > 1e-4*w {
					t.Errorf("rate %d is %v, not %v", i, got.PerYear[i], w)
				}
			}
			for years, p := range map[float64][][]float64{1: want.P1, 5: want.P5, 10: want.P10} {
				after := structure.After(want.Rates, years)
				for i := range p {
					for j := range p[i] {
						if math.Abs(after.At(i, j)-p[i][j]) > 1e-9 {
							t.Errorf("after %v years %d to %d: %v, not %v", years, i, j, after.At(i, j), p[i][j])
						}
					}
				}
			}
		})
	}
}

func TestUnknownGrade(t *testing.T) {
	if _, err := structure.Count([]string{"A", "B"}, []structure.Pair{{From: "A", To: "C"}}); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
	for _, s := range [][]structure.Seen{nil, {{Structure: "x", Years: 1, Grade: 0}}, {{Structure: "x", Years: 1, Grade: 9}}, {{Structure: "x", Years: 1, Grade: 1}, {Structure: "x", Years: 2, Grade: 0}}} {
		if r, err := structure.FitRates(3, s); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v: %+v, %v", s, r, err)
		}
	}
}

// TestNeverBad: where a grade is never left, there is no expected time until it is.
func TestNeverBad(t *testing.T) {
	if steps, ok := structure.StepsTo([]string{"A", "B"}, [][]float64{{1, 0}, {0, 1}}, []string{"B"}); ok {
		t.Errorf("%v", steps)
	}
}
