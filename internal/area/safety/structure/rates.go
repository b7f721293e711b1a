package structure

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"

	"accord/internal/fault"
)

// A Seen is one inspection of a structure: when, in years, and which grade, counted from 0 for the best.
type Seen struct {
	Structure string
	Years     float64
	Grade     int
}

// Rates are how many structures of each grade but the last go over to the next in a year. They hold for inspections at any
// intervals, so that cities that inspect in different rhythms can be compared by them.
type Rates struct {
	PerYear       []float64
	LogLikelihood float64
	Improved      int // intervals in which the grade became better: repairs, left out of the fit
}

// FitRates finds the most likely rates of a chain that only goes on from one grade to the next, from inspections in any order.
func FitRates(grades int, seen []Seen) (Rates, error) {
	steps, improved, err := intervals(grades, seen)
	if err != nil {
		return Rates{}, err
	}
	if len(steps) == 0 {
		return Rates{}, fault.New(fault.Invalid, "inspections", "no structure was inspected twice without a repair between", "give more inspections")
	}
	start := make([]float64, grades-1)
	for i := range start {
		start[i] = math.Log(0.1)
	}
	minus := func(x []float64) float64 { return -logLikelihood(exps(x), steps) }
	problem := optimize.Problem{Func: minus, Grad: func(grad, x []float64) { gradient(minus, grad, x) }}
	found, err := optimize.Minimize(problem, start, &optimize.Settings{GradientThreshold: 1e-7, MajorIterations: 500}, &optimize.BFGS{})
	if found == nil || err != nil && found.Stats.MajorIterations == 0 {
		return Rates{}, fault.New(fault.Invalid, "inspections", "no rates fit them", "look whether every grade is followed by a worse one somewhere").Because(err)
	}
	return Rates{PerYear: exps(found.X), LogLikelihood: -found.F, Improved: improved}, nil
}

// gradient by central differences, which the smooth likelihood bears to about ten digits.
func gradient(f func([]float64) float64, grad, x []float64) {
	y := slices.Clone(x)
	for i := range x {
		const h = 1e-5
		y[i] = x[i] + h
		up := f(y)
		y[i] = x[i] - h
		grad[i] = (up - f(y)) / (2 * h)
		y[i] = x[i]
	}
}

func exps(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Exp(v)
	}
	return out
}

// A step is an interval between two inspections.
type step struct {
	years    float64
	from, to int
}

// intervals pairs inspections of the same structure that follow each other.
func intervals(grades int, seen []Seen) (steps []step, improved int, err error) {
	all := slices.Clone(seen)
	slices.SortStableFunc(all, func(a, b Seen) int {
		if a.Structure != b.Structure {
			return map[bool]int{true: -1, false: 1}[a.Structure < b.Structure]
		}
		return map[bool]int{true: -1, false: 1}[a.Years <= b.Years]
	})
	for i, s := range all {
		if s.Grade < 0 || s.Grade >= grades || math.IsNaN(s.Years) || math.IsInf(s.Years, 0) {
			return nil, 0, fault.New(fault.Invalid, "inspections", fmt.Sprintf("grade %d at %g years is none of the scale's %d", s.Grade, s.Years, grades), "correct it").At(s.Structure)
		}
		if i == 0 || all[i-1].Structure != s.Structure || all[i-1].Years == s.Years {
			continue
		}
		if s.Grade < all[i-1].Grade {
			improved++
			continue
		}
		steps = append(steps, step{years: s.Years - all[i-1].Years, from: all[i-1].Grade, to: s.Grade})
	}
	return steps, improved, nil
}

func logLikelihood(rates []float64, steps []step) (sum float64) {
	for _, s := range steps {
		sum += math.Log(math.Max(reach(rates, s), 1e-300))
	}
	return sum
}

// reach is the probability of a step: After for one pair of grades, without its matrix. The chain is watched at moments that
// come at the fastest rate (uniformization); every term of the sum is positive, so that nothing cancels.
func reach(rates []float64, s step) float64 {
	fastest := slices.Max(rates)
	moments := fastest * s.years
	if moments > 200 {
		return After(rates, s.years).At(s.from, s.to)
	}
	var room [16]float64
	at := append(room[:0], make([]float64, len(rates)+1)...)
	at[s.from] = 1
	weight := math.Exp(-moments)
	sum, left := weight*at[s.to], 1-weight
	for k := 1; left > 1e-17 && k < 1000; k++ {
		for i := s.to; i >= s.from; i-- {
			if i < len(rates) {
				at[i] *= 1 - rates[i]/fastest
			}
			if i > s.from {
				at[i] += at[i-1] * rates[i-1] / fastest
			}
		}
		weight *= moments / float64(k)
		left -= weight
		sum += weight * at[s.to]
		if weight < 1e-18*sum && float64(k) > moments {
			break
		}
	}
	return sum
}

// After is the probability of each grade becoming each within some years: the exponential of the rates times the years.
func After(rates []float64, years float64) *mat.Dense {
	n := len(rates) + 1
	q := mat.NewDense(n, n, nil)
	for i, r := range rates {
		q.Set(i, i, -r*years)
		q.Set(i, i+1, r*years)
	}
	p := mat.NewDense(n, n, nil)
	p.Exp(q)
	return p
}
