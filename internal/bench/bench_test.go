package bench

import (
	"context"
	"errors"
	"math"
	"os"
	"testing"
	"time"
)

// TestIntakeMeasures: what accord bench intake measures can still be made and is taken in whole, both kinds.
func TestIntakeMeasures(t *testing.T) {
	for name, measure := range map[string]func(context.Context, *engine, int) ([]Figure, error){"records": intakeOfRecords, "observations": intakeOfObservations} {
		t.Run(name, func(t *testing.T) {
			figures, err := measure(t.Context(), &engine{name: "SQLite", dir: t.TempDir()}, 400)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range figures {
				if f.Value <= 0 || math.IsInf(f.Value, 0) || math.IsNaN(f.Value) {
					t.Errorf("%s is %v", f.Name, f.Value)
				}
			}
			if f := figures[0]; f.Limit <= 0 || f.Met == nil {
				t.Errorf("%s stands beside nothing: %+v", f.Name, f)
			}
		})
	}
}

// TestBenchFigures: a goal is met on its own side of the limit and not on the other.
func TestBenchFigures(t *testing.T) {
	for _, c := range []struct {
		f    Figure
		want bool
	}{{atMost("x", 3, "s", 3), true}, {atMost("x", 3.1, "s", 3), false}, {atLeast("x", 3, "/s", 3, 9), true}, {atLeast("x", 2.9, "/s", 3, 9), false},
		{ratio("x", 6, "/s", 0.6, 10), true}, {ratio("x", 5.9, "/s", 0.6, 10), false}} {
		if *c.f.Met != c.want {
			t.Errorf("%+v", c.f)
		}
	}
}

// BenchmarkThroughput is the measurement of accord bench exchange, for a profile:
// go test -run xxx -bench Throughput -benchtime 1x -cpuprofile cpu.prof ./internal/bench
func BenchmarkThroughput(b *testing.B) {
	for b.Loop() {
		figures, err := throughput(b.Context(), b.TempDir(), "")
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(figures[0].Value, "entries/s")
		b.ReportMetric(figures[0].Ratio, "of-engine")
	}
}

// BenchmarkObservations is the bulk part of accord bench exchange with both nodes in this process, for a profile.
func BenchmarkObservations(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		d, err := measured(b.Context(), dir, &engine{name: "SQLite", dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		stop := serve(b.Context(), d)
		if err := delivered(b.Context(), d.Cities[0], d.Cities[1], 1, 20*time.Millisecond); err != nil {
			b.Fatal(err)
		}
		rate, err := bulkOf(b.Context(), dir, d.Cities[0], d.Cities[1])
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(rate, "values/s")
		if err := errors.Join(stop(), d.Close()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLag is the steady part of accord bench exchange with both nodes in this process: one writer a database.
func BenchmarkLag(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		d, err := measured(b.Context(), dir, &engine{name: "SQLite", dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		stop := serve(b.Context(), d)
		if err := delivered(b.Context(), d.Cities[0], d.Cities[1], 1, 20*time.Millisecond); err != nil {
			b.Fatal(err)
		}
		ms, err := steadily(b.Context(), d.Cities[0], d.Cities[1])
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(ms[len(ms)/2], "ms-median")
		b.ReportMetric(ms[len(ms)*99/100], "ms-p99")
		if err := errors.Join(stop(), d.Close()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRecords is the part of accord bench intake that takes a file of records in, for a profile.
func BenchmarkRecords(b *testing.B) {
	for _, e := range engines(b.TempDir(), os.Getenv("TEST_POSTGRES")) {
		b.Run(e.name, func(b *testing.B) {
			for b.Loop() {
				figures, err := intakeOfRecords(b.Context(), e, intakeRows)
				if err := errors.Join(err, e.drop(b.Context())); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(figures[0].Value, "rows/s")
				b.ReportMetric(figures[0].Ratio, "of-engine")
			}
		})
	}
}
