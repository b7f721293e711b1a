package flood_test

import (
	"math"
	"testing"

	"accord/internal/area/safety/flood"
	"accord/internal/fault"
	"accord/internal/vectortest"
)

// near says whether a is b within a relative tolerance, or an absolute one about 0.
func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*math.Max(1, math.Abs(b))
}

// TestVectorsLMoments compares with Hosking's own program and with an exact solver.
func TestVectorsLMoments(t *testing.T) {
	values := map[string][]float64{}
	for _, r := range vectortest.CSV(t, vectortest.Files(t, "lmoments", "input.csv")[0]) {
		values[r["series"]] = append(values[r["series"]], r.Number(t, "x"))
	}
	fits := map[string][2]flood.GEV{}
	for _, r := range vectortest.CSV(t, vectortest.Files(t, "lmoments", "parameters.csv")[0]) {
		t.Run(r["series"], func(t *testing.T) {
			m, err := flood.SampleLMoments(values[r["series"]])
			if err != nil {
				t.Fatal(err)
			}
			gev, err := flood.FitGEV(m)
			if err != nil {
				t.Fatal(err)
			}
			gumbel := flood.Gumbel(m)
			fits[r["series"]] = [2]flood.GEV{gev, gumbel}
			for _, c := range []struct {
				column    string
				got       float64
				tolerance float64
			}{
				{"n", float64(m.N), 0}, {"l1", m.L1, 1e-12}, {"l2", m.L2, 1e-12}, {"l3", m.L3, 1e-12}, {"l4", m.L4, 1e-12}, {"t3", m.T3, 1e-12}, {"t4", m.T4, 1e-12},
				{"gev_xi_exact", gev.Xi, 1e-9}, {"gev_alpha_exact", gev.Alpha, 1e-9}, {"gev_k_exact", gev.K, 1e-9},
				{"gev_xi_lmom", gev.Xi, 2e-6}, {"gev_alpha_lmom", gev.Alpha, 2e-6}, {"gev_k_lmom", gev.K, 2e-6},
				{"gum_xi", gumbel.Xi, 1e-12}, {"gum_alpha", gumbel.Alpha, 1e-12}, {"fExtremes_xi", -gev.K, 5e-5},
			} {
				if r[c.column] != "NA" && r[c.column] != "" && !near(c.got, r.Number(t, c.column), c.tolerance) {
					t.Errorf("%s is %v, not %s", c.column, c.got, r[c.column])
				}
			}
		})
	}
	for _, r := range vectortest.CSV(t, vectortest.Files(t, "lmoments", "return_levels.csv")[0]) {
		years := r.Number(t, "T")
		gev, err := fits[r["series"]][0].Level(years)
		gumbel, err2 := fits[r["series"]][1].Level(years)
		if err != nil || err2 != nil || !near(gev, r.Number(t, "gev_exact"), 1e-9) || !near(gev, r.Number(t, "gev_lmom"), 2e-6) || !near(gumbel, r.Number(t, "gumbel"), 1e-12) {
			t.Errorf("%s, %v years: %v and %v, not %s and %s", r["series"], years, gev, gumbel, r["gev_exact"], r["gumbel"])
		}
	}
}

func TestFitRefuses(t *testing.T) {
	for name, values := range map[string][]float64{"few": {1, 2, 3}, "same": {2, 2, 2, 2}, "no number": {1, 2, 3, math.NaN()}, "endless": {1, 2, 3, math.Inf(1)}} {
		if m, err := flood.SampleLMoments(values); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	if _, err := flood.FitGEV(flood.LMoments{L2: 1, T3: 1.5}); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
	if _, err := (flood.GEV{Alpha: 1}).Level(1); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}

// TestGumbelIsWhereTheShapeIsNone: the two fits meet.
func TestGumbelIsWhereTheShapeIsNone(t *testing.T) {
	m := flood.LMoments{L1: 50, L2: 8, T3: 2*math.Log(3)/math.Ln2 - 3}
	g, err := flood.FitGEV(m)
	if err != nil || math.Abs(g.K) > 1e-12 || !near(g.Xi, flood.Gumbel(m).Xi, 1e-9) || !near(g.Alpha, flood.Gumbel(m).Alpha, 1e-9) {
		t.Errorf("%+v, %v", g, err)
	}
}
