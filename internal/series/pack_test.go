package series

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"accord/record"
)

// same compares bit by bit: minus zero and the kinds of NaN are told apart.
func same(a, b []record.Point) bool {
	return slices.EqualFunc(a, b, func(p, q record.Point) bool {
		bits := math.Float64bits(p.Value) == math.Float64bits(q.Value)
		p.Value, q.Value = 0, 0
		return bits && p == q
	})
}

func TestPackIsLossless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		place := rapid.SampledFrom([]float64{0, 1, 10, 100, 1e6}).Draw(t, "place")
		regular := rapid.Bool().Draw(t, "regular")
		at := rapid.Int64Range(-3e16, 2e17).Draw(t, "at")
		var points []record.Point
		for range rapid.IntRange(0, 700).Draw(t, "n") {
			p := record.Point{At: at, Offset: rapid.SampledFrom([]int16{0, 540, -210}).Draw(t, "offset"), Quality: rapid.Int16Range(0, 3).Draw(t, "quality")}
			if p.Value = rapid.Float64().Draw(t, "value"); place > 0 {
				p.Value = math.Round(math.Mod(p.Value, 1e6)*place) / place
			}
			points = append(points, p)
			if at += 3600e6; !regular {
				at += rapid.Int64Range(1, 1e12).Draw(t, "gap")
			}
		}
		back, err := Unpack(nil, Pack(nil, points))
		if err != nil || !same(back, points) {
			t.Fatalf("%v\ncame back as %v (%v)", points, back, err)
		}
	})
}

func TestPackOfExtremes(t *testing.T) {
	for what, values := range map[string][]float64{
		"minus zero": {0, math.Copysign(0, -1), 1}, "largest": {math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64},
		"whole numbers that no double tells apart": {1 << 53, 1<<53 + 2, -(1 << 53)}, "thirds": {1.0 / 3, 2.0 / 3}, "sums": {0.1 + 0.2, 0.3, math.Nextafter(0.3, 1)},
		"places of different lengths": {1e-15, 1e15, 0.5}, "nothing": nil, "one": {42},
	} {
		var points []record.Point
		for i, v := range values {
			points = append(points, record.Point{At: math.MinInt64/2 + int64(i)*math.MaxInt64/4, Value: v})
		}
		back, err := Unpack(nil, Pack(nil, points))
		if err != nil || !same(back, points) {
			t.Errorf("%s: %v came back as %v (%v)", what, points, back, err)
		}
	}
}

// TestPackSize holds the bytes a value takes to what docs/performance.md says.
func TestPackSize(t *testing.T) {
	draw := func(step func(i int) int64, value func(i int) float64) []record.Point {
		points := make([]record.Point, perChunk)
		for i := range points {
			points[i] = record.Point{At: 1.7e15 + step(i), Value: value(i), Offset: 540}
		}
		return points
	}
	r := rand.New(rand.NewPCG(1, 2))
	regular := func(i int) int64 { return int64(i) * 3600e6 }
	walk := 20.0
	for _, c := range []struct {
		what   string
		points []record.Point
		most   float64
	}{
		{"regular, two decimals", draw(regular, func(int) float64 { walk += math.Round(r.NormFloat64()*100) / 100; return math.Round(walk*100) / 100 }), 1.7},
		{"regular, constant", draw(regular, func(int) float64 { return 7 }), 0.2},
		{"irregular to the microsecond, two decimals", draw(func(i int) int64 { return int64(i)*3600e6 + r.Int64N(1e9) }, func(int) float64 { return math.Round(r.Float64()*1e4) / 100 }), 8},
		{"regular, all digits", draw(regular, func(int) float64 { return r.Float64() }), 8.5},
	} {
		got := float64(len(Pack(nil, c.points))) / perChunk
		if t.Logf("%s: %.2f bytes a value", c.what, got); got > c.most {
			t.Errorf("%s: %.2f bytes a value, not at most %.2f", c.what, got, c.most)
		}
	}
}

func TestDamageIsSeen(t *testing.T) {
	points := make([]record.Point, 300)
	for i := range points {
		points[i] = record.Point{At: int64(i) * int64(i), Value: float64(i) / 7}
	}
	for _, body := range [][]byte{Pack(nil, points), Pack(nil, points[:3])} {
		for i := range body {
			for bit := range 8 {
				b := slices.Clone(body)
				b[i] ^= 1 << bit
				if _, err := Unpack(nil, b); err == nil {
					t.Fatalf("byte %d, bit %d: it is read", i, bit)
				}
			}
		}
		for n := range body {
			if _, err := Unpack(nil, body[:n]); err == nil {
				t.Fatalf("cut after %d bytes: it is read", n)
			}
		}
	}
}

// FuzzUnpack: what is read does not take the process with it, whatever stands in the table.
func FuzzUnpack(f *testing.F) {
	f.Add(Pack(nil, []record.Point{{At: 1, Value: 2.5}, {At: 2, Value: 3}}))
	f.Fuzz(func(t *testing.T, body []byte) {
		points, err := Unpack(nil, seal(body))
		if err == nil && len(points) > maxPoints {
			t.Errorf("%d points", len(points))
		}
	})
}

func BenchmarkPack(b *testing.B) {
	points := make([]record.Point, perChunk)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range points {
		points[i] = record.Point{At: int64(i) * 3600e6, Value: math.Round(r.Float64()*1e4) / 100, Offset: 540}
	}
	body := Pack(nil, points)
	b.Run("pack", func(b *testing.B) {
		for b.Loop() {
			body = Pack(body[:0], points)
		}
		b.ReportMetric(float64(b.N)*perChunk/b.Elapsed().Seconds(), "values/s")
	})
	b.Run("unpack", func(b *testing.B) {
		for b.Loop() {
			points, _ = Unpack(points[:0], body)
		}
		b.ReportMetric(float64(b.N)*perChunk/b.Elapsed().Seconds(), "values/s")
	})
}
