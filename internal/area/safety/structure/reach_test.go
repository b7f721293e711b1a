package structure

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// reach is one element of After.
func TestReach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rates := rapid.SliceOfN(rapid.Float64Range(1e-4, 5), 1, 7).Draw(t, "rates")
		years := rapid.Float64Range(0.01, 60).Draw(t, "years")
		from := rapid.IntRange(0, len(rates)).Draw(t, "from")
		to := rapid.IntRange(from, len(rates)).Draw(t, "to")
		got, want := reach(rates, step{years, from, to}), After(rates, years).At(from, to)
		if math.Abs(got-want) > 1e-12+1e-9*want {
			t.Fatalf("%g, want %g", got, want)
		}
	})
}
