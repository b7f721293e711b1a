package bench

import (
	"errors"
	"os"
	"testing"
	"time"
)

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
				figures, err := intakeOfRecords(b.Context(), e)
				if err := errors.Join(err, e.drop(b.Context())); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(figures[0].Value, "rows/s")
				b.ReportMetric(figures[0].Ratio, "of-engine")
			}
		})
	}
}
