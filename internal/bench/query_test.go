package bench

import (
	"math"
	"strings"
	"testing"
)

// TestQueryMeasures: what accord bench query measures can still be made, is found, and stands beside its goal.
func TestQueryMeasures(t *testing.T) {
	figures, err := queryOn(t.Context(), &engine{name: "SQLite", dir: t.TempDir()}, 600)
	if err != nil {
		t.Fatal(err)
	}
	goals := 0
	for _, f := range figures {
		if f.Value <= 0 || math.IsInf(f.Value, 0) || math.IsNaN(f.Value) {
			t.Errorf("%s is %v", f.Name, f.Value)
		}
		if f.Met != nil && strings.HasSuffix(f.Name, "p95") {
			goals++
		}
	}
	if goals != 1 {
		t.Errorf("%d figures have a goal", goals)
	}
}

// BenchmarkQuery is the measurement for a profile: go test -run xxx -bench Query -benchtime 1x -cpuprofile cpu.prof ./internal/bench
func BenchmarkQuery(b *testing.B) {
	for b.Loop() {
		figures, err := queryOn(b.Context(), &engine{name: "SQLite", dir: b.TempDir()}, 10_000)
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range figures {
			b.Log(f.Name, f.Value, f.Unit)
		}
	}
}
