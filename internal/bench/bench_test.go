package bench

import "testing"

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
