package seismic

import (
	"fmt"
	"math"

	"accord/internal/fault"
)

// A Fragility is the probability that a structure is damaged so far, by the measure of shaking that Measure names. Curves with
// different measures cannot be compared.
type Fragility struct {
	Measure string  // PGA, PGV, Sa(1.0)
	Theta   float64 // the shaking at which half are damaged, in the measure's unit
	Beta    float64 // standard deviation of its logarithm
}

// At is the probability at a level of shaking.
func (f Fragility) At(level float64) float64 {
	if level <= 0 {
		return 0
	}
	return normal(math.Log(level/f.Theta) / f.Beta)
}

func normal(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// A Trial is how many of some structures were damaged at a level of shaking.
type Trial struct {
	Level       float64
	Of, Damaged int
}

// FitFragility finds the most likely curve: probit regression on the logarithm of the level, by Fisher's scoring.
func FitFragility(measure string, trials []Trial) (Fragility, error) {
	unfit := func(why string) error {
		return fault.New(fault.Invalid, "fragility", why, "give trials at two levels at least, some with and some without damage")
	}
	for i, t := range trials {
		if !(t.Level > 0) || t.Of < 1 || t.Damaged < 0 || t.Damaged > t.Of {
			return Fragility{}, unfit(fmt.Sprintf("trial %d has %d of %d at %g", i+1, t.Damaged, t.Of, t.Level))
		}
	}
	var b0, b1 float64
	b1 = 1
	for range 200 {
		s0, s1, i00, i01, i11 := score(trials, b0, b1)
		det := i00*i11 - i01*i01
		if !(det > 1e-12*i00*i11) {
			return Fragility{}, unfit("they do not say how damage grows with shaking")
		}
		d0, d1 := (i11*s0-i01*s1)/det, (i00*s1-i01*s0)/det
		b0, b1 = b0+d0, b1+d1
		if math.Abs(d0)+math.Abs(d1) < 1e-13*(1+math.Abs(b0)+math.Abs(b1)) {
			break
		}
	}
	if !(b1 > 0) || math.IsInf(b1, 0) || b1 > 1e6 {
		return Fragility{}, unfit("damage does not grow with shaking in them")
	}
	return Fragility{Measure: measure, Theta: math.Exp(-b0 / b1), Beta: 1 / b1}, nil
}

// score is the slope of the likelihood and its expected curvature at b0 + b1 ln(level).
func score(trials []Trial, b0, b1 float64) (s0, s1, i00, i01, i11 float64) {
	for _, t := range trials {
		x := math.Log(t.Level)
		eta := b0 + b1*x
		p, q := normal(eta), normal(-eta)
		p, q = math.Max(p, 1e-300), math.Max(q, 1e-300)
		density := math.Exp(-eta*eta/2) / math.Sqrt(2*math.Pi)
		n := float64(t.Of)
		w := n * density * density / (p * q)
		u := (float64(t.Damaged)*q - (n-float64(t.Damaged))*p) * density / (p * q)
		s0, s1 = s0+u, s1+u*x
		i00, i01, i11 = i00+w, i01+w*x, i11+w*x*x
	}
	return s0, s1, i00, i01, i11
}

// Cross says at which level two curves of damage that should follow each other cross, which they do where their spreads differ:
// beyond it the worse damage would be the likelier. ok is false where they never do.
func Cross(less, more Fragility) (level float64, ok bool, err error) {
	if less.Measure != more.Measure {
		return 0, false, fault.New(fault.Invalid, "fragility", fmt.Sprintf("one is by %s, the other by %s", less.Measure, more.Measure), "compare curves of one measure")
	}
	if less.Beta == more.Beta {
		return 0, false, nil
	}
	return math.Exp((more.Beta*math.Log(less.Theta) - less.Beta*math.Log(more.Theta)) / (more.Beta - less.Beta)), true, nil
}
