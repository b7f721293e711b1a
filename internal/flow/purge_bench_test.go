package flow_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/area/all"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/link"
	"accord/record"
)

// BenchmarkPurgeOfObservations: of 10,000 entries of ten values each, in ten series, the older half may not be kept any longer.
// The longest of its transactions is how long nobody else can write.
func BenchmarkPurgeOfObservations(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		c := new(clock)
		east, west := newCity(b, dbtest.On(b, dbtest.Open(b), c.now), "east"), newCity(b, dbtest.On(b, dbtest.Open(b), c.now), "west")
		east.know(west)
		west.know(east)
		d, ok := all.Lookup("environment/air", 1)
		if !ok {
			b.Fatal("no such dataset")
		}
		agree(b, east, west, []byte(strings.NewReplacer("safety/subsidence", d.Name, `["width"]`, fmt.Sprintf("[%q]", d.Fields[0].Name), "grid 250", "none").Replace(string(kept("T1", "P30D")))))
		say := func(from, to int) {
			for ; from < to; from += 1000 {
				east.update(func(tx *db.Tx) error {
					for i := from; i < from+1000; i++ {
						r := record.Run{Name: record.Name{Key: fmt.Sprint(i % 10), Step: record.ByInstant}}
						for k := range 10 {
							r.Points = append(r.Points, record.Point{At: int64(i/10*10+k) * 60e6, Value: float64(i % 97)})
						}
						body, err := record.EncodeObservations(d, []record.Run{r})
						if err != nil {
							return err
						}
						if err := east.links.Put(context.Background(), tx, link.Waiting{Partner: "west", Kind: exchange.KindObservations, Instrument: "T1", Clause: "C1", Subject: d.Name, Rows: 10, Body: body}); err != nil {
							return err
						}
					}
					return nil
				})
				east.carry(west)
			}
		}
		say(0, 5000)
		c.to(date.Of(c.now().UTC()).AddDays(20).Time())
		say(5000, 10000)
		c.to(date.Of(c.now().UTC()).AddDays(12).Time())
		var longest time.Duration
		west.db.Tell(func(writing bool, took time.Duration, _ error) {
			if writing {
				longest = max(longest, took)
			}
		})
		b.StartTimer()
		west.purge(5000)
		b.ReportMetric(longest.Seconds(), "s-longest")
		b.StopTimer()
		if n := len(west.points("east")); n != 50_000 {
			b.Fatalf("%d values are kept", n)
		}
		b.StartTimer()
	}
}
