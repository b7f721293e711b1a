// Package structure holds the methods by which ageing structures are compared: how condition grades change between
// inspections, and what follows for the years to come.
package structure

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"accord/internal/fault"
)

// A Pair is the grades of one structure at two inspections that follow each other.
type Pair struct{ From, To string }

// A Chain is how often each grade became each, for inspections at equal intervals. Grades are in the order from the best to
// the worst. One city's chain says nothing of another's whose inspections are further apart: see Rates.
type Chain struct {
	Grades []string
	Counts [][]float64
}

// Count counts pairs. A grade that is not in the list is refused: leaving it out would make the structures look better.
func Count(grades []string, pairs []Pair) (*Chain, error) {
	c := &Chain{Grades: grades, Counts: square(len(grades))}
	for i, p := range pairs {
		from, to := slices.Index(grades, p.From), slices.Index(grades, p.To)
		if from < 0 || to < 0 {
			return nil, fault.New(fault.Invalid, "inspections", fmt.Sprintf("%s to %s are not both grades of the scale", p.From, p.To), "correct the grade, or leave the structure out and say so").At(fmt.Sprintf("pair %d", i+1))
		}
		c.Counts[from][to]++
	}
	return c, nil
}

func square(n int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
	}
	return m
}

// Unobserved lists the grades that no inspection began with. What becomes of them is not known; Matrix and Deterioration let
// them stay as they are, and whoever shows a result says so.
func (c *Chain) Unobserved() (grades []string) {
	for i, row := range c.Counts {
		if total(row) == 0 {
			grades = append(grades, c.Grades[i])
		}
	}
	return grades
}

func total(row []float64) (sum float64) {
	for _, n := range row {
		sum += n
	}
	return sum
}

// Matrix is the most likely probability of each step.
func (c *Chain) Matrix() [][]float64 { return share(c.Counts, 0) }

// Deterioration is Matrix without improvements: those are repairs, which say nothing of how fast a structure ages.
func (c *Chain) Deterioration() [][]float64 {
	m := square(len(c.Grades))
	for i := range m {
		copy(m[i][i:], c.Counts[i][i:])
	}
	return share(m, 0)
}

// Smoothed is Matrix with a number added to every count, so that what was never seen is not impossible.
func (c *Chain) Smoothed(add float64) [][]float64 { return share(c.Counts, add) }

func share(counts [][]float64, add float64) [][]float64 {
	m := square(len(counts))
	for i, row := range counts {
		sum := total(row) + add*float64(len(row))
		if sum == 0 {
			m[i][i] = 1
			continue
		}
		for j, n := range row {
			m[i][j] = (n + add) / sum
		}
	}
	return m
}

// LogLikelihood is that of the counts under Matrix.
func (c *Chain) LogLikelihood() (sum float64) {
	p := c.Matrix()
	for i, row := range c.Counts {
		for j, n := range row {
			if n > 0 {
				sum += n * math.Log(p[i][j])
			}
		}
	}
	return sum
}

// Project returns the shares of the grades at the start and after each of n steps.
func Project(matrix [][]float64, start []float64, n int) [][]float64 {
	out := [][]float64{slices.Clone(start)}
	for range n {
		before, after := out[len(out)-1], make([]float64, len(start))
		for i, share := range before {
			for j, p := range matrix[i] {
				after[j] += share * p
			}
		}
		out = append(out, after)
	}
	return out
}

// StepsTo is the expected number of steps until a structure of each other grade is first in one of the bad ones. ok is false
// where some grade may never come there.
func StepsTo(grades []string, matrix [][]float64, bad []string) (steps map[string]float64, ok bool) {
	var good []int
	for i, g := range grades {
		if !slices.Contains(bad, g) {
			good = append(good, i)
		}
	}
	n := len(good)
	if n == 0 {
		return map[string]float64{}, true
	}
	stay := mat.NewDense(n, n, nil)
	ones := mat.NewVecDense(n, nil)
	for i, from := range good {
		ones.SetVec(i, 1)
		for j, to := range good {
			stay.Set(i, j, -matrix[from][to])
		}
		stay.Set(i, i, 1+stay.At(i, i))
	}
	if !leaves(matrix, good) {
		return nil, false
	}
	var h mat.VecDense
	if err := h.SolveVec(stay, ones); err != nil {
		return nil, false
	}
	steps = map[string]float64{}
	for i, g := range good {
		steps[grades[g]] = h.AtVec(i)
	}
	return steps, true
}

// leaves says whether from every one of the good grades some way leads out of them.
func leaves(matrix [][]float64, good []int) bool {
	out := map[int]bool{}
	for range good {
		for _, from := range good {
			for to, p := range matrix[from] {
				if p > 0 && (!slices.Contains(good, to) || out[to]) {
					out[from] = true
				}
			}
		}
	}
	return len(out) == len(good)
}
