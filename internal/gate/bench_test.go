package gate

import (
	"testing"

	"accord/internal/date"
	"accord/record"
)

// TestApplyToDoesNotAllocate: the door costs no memory.
func TestApplyToDoesNotAllocate(t *testing.T) {
	g := mustCompile(t, base())
	var s Scratch
	r := record.Record{Key: "a", Values: []record.Value{record.TextOf("x")}}
	if n := testing.AllocsPerRun(100, func() { g.ApplyTo(&s, r, instant) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkApply takes one record through every condition at once; BenchmarkApplyTo uses the memory again.
func BenchmarkApply(b *testing.B) {
	bench(b, func(g *Gate, r record.Record) (record.Record, Verdict) { return g.Apply(r, instant) })
}

func BenchmarkApplyTo(b *testing.B) {
	var s Scratch
	bench(b, func(g *Gate, r record.Record) (record.Record, Verdict) { return g.ApplyTo(&s, r, instant) })
}

func bench(b *testing.B, apply func(g *Gate, r record.Record) (record.Record, Verdict)) {
	b.Helper()
	terms := base()
	terms.Place, terms.Time, terms.Since, terms.Until = "grid 250", "month", date.NewDay(2018, 1, 1), date.NewDay(2018, 12, 31)
	terms.Delay, _ = date.ParseInterval("P30D")
	terms.Where = append(asks("width", "between", "1", "5"), asks("district", "one_of", "w", "x")...)
	terms.Of, terms.Onward = []string{"north"}, []string{"south"}
	g := mustCompile(b, terms)
	var r record.Record
	row := `{"key":"a","when":"2018-03-01","place":[127.055971939683,37.5132371585627],"values":{"district":"x","width":3,"depth":1.5,"description":"a name"}}`
	if err := record.ParseRow(g.Dataset(), []byte(row), &r); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, v := apply(g, r); v.Decision != Leaves {
			b.Fatal(v)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
