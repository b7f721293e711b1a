package sinkhole

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"accord/internal/fault"
)

// FrequencyRatio is how much of the events lie in each class, over how much of the exposure does. 1 is as many as by chance.
// Exposure is an area, or better a length of roads.
func FrequencyRatio(events, exposure []float64) ([]float64, error) {
	if len(events) != len(exposure) {
		return nil, unfit(fmt.Sprintf("%d classes of events and %d of exposure", len(events), len(exposure)))
	}
	var all, whole float64
	for i := range events {
		if !(events[i] >= 0) || !(exposure[i] > 0) {
			return nil, unfit(fmt.Sprintf("class %d has %g events on an exposure of %g", i+1, events[i], exposure[i]))
		}
		all, whole = all+events[i], whole+exposure[i]
	}
	if all == 0 {
		return nil, unfit("there are no events")
	}
	out := make([]float64, len(events))
	for i := range events {
		out[i] = events[i] / all / (exposure[i] / whole)
	}
	return out, nil
}

// A Regression is a logistic regression of whether something happened on conditions. Coefficients begin with the constant.
type Regression struct {
	Coefficients, Errors  []float64 // and their standard errors
	Deviance, Null        float64   // residual deviance, and without any condition
	LogLikelihood, Akaike float64
}

// Regress fits by iteratively reweighted least squares. conditions has a row per observation.
func Regress(happened []bool, conditions [][]float64) (Regression, error) {
	x, err := design(happened, conditions)
	if err != nil {
		return Regression{}, err
	}
	_, m := x.Dims()
	beta := mat.NewVecDense(m, nil)
	before := math.Inf(1)
	for range 100 {
		score, inverse, err := slope(happened, x, beta)
		if err != nil {
			return Regression{}, err
		}
		var move mat.VecDense
		move.MulVec(inverse, score)
		beta.AddVec(beta, &move)
		d := deviance(happened, x, beta)
		if math.Abs(d-before) < 1e-14*(math.Abs(d)+0.1) {
			break
		}
		before = d
	}
	_, inverse, err := slope(happened, x, beta)
	if err != nil {
		return Regression{}, err
	}
	return summary(happened, x, beta, inverse), nil
}

// slope returns that of the likelihood and the inverse of the information in the observations.
func slope(happened []bool, x *mat.Dense, beta *mat.VecDense) (*mat.VecDense, *mat.Dense, error) {
	n, m := x.Dims()
	score := mat.NewVecDense(m, nil)
	weighted := mat.NewDense(n, m, nil)
	for i := range n {
		p, y := chance(x, beta, i), 0.0
		if happened[i] {
			y = 1
		}
		for j := range m {
			score.SetVec(j, score.AtVec(j)+x.At(i, j)*(y-p))
			weighted.Set(i, j, x.At(i, j)*math.Sqrt(p*(1-p)))
		}
	}
	var information mat.SymDense
	information.SymOuterK(1, weighted.T())
	inverse := new(mat.Dense)
	if err := inverse.Inverse(&information); err != nil {
		return nil, nil, unfit("the conditions repeat each other, or tell events and others apart without fail")
	}
	return score, inverse, nil
}

func design(happened []bool, conditions [][]float64) (*mat.Dense, error) {
	n := len(happened)
	if n == 0 || len(conditions) != n || !slices.Contains(happened, true) || !slices.Contains(happened, false) {
		return nil, unfit("there must be observations with and without an event, each with its conditions")
	}
	m := len(conditions[0]) + 1
	x := mat.NewDense(n, m, nil)
	for i, c := range conditions {
		if len(c) != m-1 {
			return nil, unfit(fmt.Sprintf("observation %d has %d conditions, not %d", i+1, len(c), m-1))
		}
		x.SetRow(i, append([]float64{1}, c...))
	}
	return x, nil
}

func chance(x *mat.Dense, beta *mat.VecDense, i int) float64 {
	return 1 / (1 + math.Exp(-mat.Dot(x.RowView(i), beta)))
}

func deviance(happened []bool, x *mat.Dense, beta *mat.VecDense) (d float64) {
	for i, y := range happened {
		eta := mat.Dot(x.RowView(i), beta)
		if y {
			eta = -eta
		}
		d += 2 * softplus(eta)
	}
	return d
}

// softplus is ln(1 + e^x) without overflow.
func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func summary(happened []bool, x *mat.Dense, beta *mat.VecDense, inverse *mat.Dense) Regression {
	r := Regression{Deviance: deviance(happened, x, beta)}
	for j := range beta.Len() {
		r.Coefficients = append(r.Coefficients, beta.AtVec(j))
		r.Errors = append(r.Errors, math.Sqrt(inverse.At(j, j)))
	}
	yes := 0.0
	for _, y := range happened {
		if y {
			yes++
		}
	}
	n := float64(len(happened))
	r.Null = -2 * (yes*math.Log(yes/n) + (n-yes)*math.Log(1-yes/n))
	r.LogLikelihood = -r.Deviance / 2
	r.Akaike = r.Deviance + 2*float64(beta.Len())
	return r
}

// Chance is the probability that the regression gives for conditions.
func (r Regression) Chance(conditions []float64) float64 {
	eta := r.Coefficients[0]
	for i, c := range conditions {
		eta += r.Coefficients[i+1] * c
	}
	return 1 / (1 + math.Exp(-eta))
}

// Discrimination is the area under the curve of true against false alarms: how likely something that happened has a higher
// score than something that did not. Ties count half.
func Discrimination(happened []bool, scores []float64) (float64, error) {
	if len(happened) != len(scores) {
		return 0, unfit("there must be a score for each observation")
	}
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
		if math.IsNaN(scores[i]) {
			return 0, unfit("a score is not a number")
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case scores[a] < scores[b]:
			return -1
		case scores[a] > scores[b]:
			return 1
		}
		return 0
	})
	var ranks, yes float64
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && scores[order[j]] == scores[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			if happened[k] {
				ranks, yes = ranks+float64(i+j+1)/2, yes+1
			}
		}
		i = j
	}
	no := float64(len(order)) - yes
	if yes == 0 || no == 0 {
		return 0, unfit("there must be observations with and without an event")
	}
	return (ranks - yes*(yes+1)/2) / (yes * no), nil
}

func unfit(why string) error {
	return fault.New(fault.Invalid, "susceptibility", why, "give counts, exposure and conditions for every class or observation")
}
