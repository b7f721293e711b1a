// Package flood holds the methods by which floods and heavy rain are compared: extreme values by L-moments, and heights that
// are told only with the datum they are above.
package flood

import (
	"fmt"
	"math"
	"slices"

	"accord/internal/fault"
)

// LMoments are the first four sample L-moments, unbiased, and the ratios of skewness and kurtosis (Hosking 1990).
type LMoments struct {
	N              int
	L1, L2, L3, L4 float64 // in the unit of the values
	T3, T4         float64
}

// SampleLMoments returns the L-moments of values, at least four of them, not all equal, in any order.
func SampleLMoments(values []float64) (LMoments, error) {
	n := len(values)
	if n < 4 {
		return LMoments{}, unfit(fmt.Sprintf("%d values are too few for four L-moments", n))
	}
	x := slices.Sorted(slices.Values(values))
	if math.IsNaN(x[0]) || math.IsInf(x[0], 0) || math.IsInf(x[n-1], 0) {
		return LMoments{}, unfit("a value is not a number")
	}
	if x[0] == x[n-1] {
		return LMoments{}, unfit("all values are the same")
	}
	mean := 0.0
	for i, v := range x { // running mean: no sum that grows
		mean += (v - mean) / float64(i+1)
	}
	var b [4]float64
	for i, v := range x {
		w, d := 1.0, v-mean // about the mean, so that a large level does not eat the digits
		for r := range b {
			b[r] += w * d
			w *= float64(i-r) / float64(n-1-r)
		}
	}
	for r := range b {
		b[r] /= float64(n)
	}
	m := LMoments{N: n, L1: mean + b[0], L2: 2*b[1] - b[0], L3: 6*b[2] - 6*b[1] + b[0], L4: 20*b[3] - 30*b[2] + 12*b[1] - b[0]}
	m.T3, m.T4 = m.L3/m.L2, m.L4/m.L2
	return m, nil
}

// A GEV is a generalised extreme value distribution in Hosking's form: K below 0 is the heavy tail, K = 0 the Gumbel
// distribution.
type GEV struct{ Xi, Alpha, K float64 }

// euler is the Euler-Mascheroni constant.
const euler = 0.57721566490153286060651209008240243

// Gumbel fits a Gumbel distribution to L-moments.
func Gumbel(m LMoments) GEV {
	alpha := m.L2 / math.Ln2
	return GEV{Xi: m.L1 - euler*alpha, Alpha: alpha}
}

// FitGEV fits a GEV to L-moments. The shape is the exact solution of Hosking's equation for T3, not his approximation.
func FitGEV(m LMoments) (GEV, error) {
	if !(m.T3 > -1 && m.T3 < 1 && m.L2 > 0) {
		return GEV{}, unfit(fmt.Sprintf("L-skewness %g is outside -1 and 1", m.T3))
	}
	k, err := shape(m.T3)
	if err != nil {
		return GEV{}, err
	}
	if k == 0 {
		return Gumbel(m), nil
	}
	// (1-2^-k)/k and (1-Γ(1+k))/k, kept exact near k = 0
	alpha := m.L2 * k / (-math.Expm1(-k*math.Ln2) * math.Gamma(1+k))
	return GEV{Xi: m.L1 - alpha*gammaLoss(k), Alpha: alpha, K: k}, nil
}

// gammaLoss is (1-Γ(1+k))/k.
func gammaLoss(k float64) float64 {
	if math.Abs(k) < 1e-4 {
		return euler - k*(euler*euler/2+math.Pi*math.Pi/12)
	}
	g, _ := math.Lgamma(1 + k)
	return -math.Expm1(g) / k
}

// skew is the L-skewness of a GEV of shape k: 2(1-3^-k)/(1-2^-k) - 3.
func skew(k float64) float64 {
	if math.Abs(k) < 1e-9 {
		return 2*math.Log(3)/math.Ln2 - 3 - k*math.Log(3)*(math.Log(3)-math.Ln2)/math.Ln2
	}
	return 2*math.Expm1(-k*math.Log(3))/math.Expm1(-k*math.Ln2) - 3
}

// shape solves skew(k) = t3 by bisection: skew falls in k, from 1 at -1 to -1 far out.
func shape(t3 float64) (float64, error) {
	low, high := -1+1e-9, 60.0
	if !(skew(low) > t3 && skew(high) < t3) {
		return 0, unfit(fmt.Sprintf("no GEV has the L-skewness %g", t3))
	}
	for range 200 {
		middle := (low + high) / 2
		if middle == low || middle == high {
			break
		}
		if skew(middle) > t3 {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2, nil
}

// Level is the value that is exceeded once in so many years on average, where the values are the largest of each year.
func (g GEV) Level(years float64) (float64, error) {
	if !(years > 1) {
		return 0, unfit(fmt.Sprintf("a return period of %g years is none", years))
	}
	y := -math.Log(-math.Log1p(-1 / years)) // -ln(-ln F)
	if math.Abs(g.K) < 1e-12 {
		return g.Xi + g.Alpha*y, nil
	}
	return g.Xi - g.Alpha*math.Expm1(-g.K*y)/g.K, nil
}

func unfit(why string) error {
	return fault.New(fault.Invalid, "extreme values", why, "give one largest value a year, of many years")
}
