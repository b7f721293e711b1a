package gate

import (
	"testing"

	"accord/record"
)

func BenchmarkApply(b *testing.B) {
	terms := base()
	terms.Place = "grid 250"
	g := mustCompile(b, terms)
	var r record.Record
	row := `{"key":"a","when":"2018-03-01","place":[127.055971939683,37.5132371585627],"values":{"district":"x","width":3,"depth":1.5,"description":"a name"}}`
	if err := record.ParseRow(g.Dataset(), []byte(row), &r); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, v := g.Apply(r, instant); v.Decision != Leaves {
			b.Fatal(v)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
