package pulse_test

import (
	"fmt"
	"testing"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/pulse"
)

// BenchmarkMany derives 22 clauses from 10,000 events of forty years.
func BenchmarkMany(b *testing.B) {
	var clauses []pulse.Clause
	for i := range 22 {
		c := clause([]agreement.Cadence{"P1Y", "P6M", "P30D", agreement.AsNeeded, agreement.Once}[i%5], []agreement.Sides{agreement.BothSide, agreement.EachWay, agreement.AnySide}[i%3])
		c.ID = fmt.Sprint("X", i)
		clauses = append(clauses, c)
	}
	asOf := date.NewDay(2026, 11, 24)
	var all []pulse.Event
	for i := range 10_000 {
		all = append(all, pulse.Event{ID: fmt.Sprint("e", i), Instrument: "I", Clause: clauses[i%22].ID, Kind: "drill", By: [][]string{{"east"}, {"west", "east"}}[i%2],
			Start: date.OnDay(asOf.AddDays(-(i * 7919) % 14_600)), Claimant: "east", Word: []pulse.Word{pulse.Unanswered, pulse.Confirmed, pulse.Denied}[i%7%3]})
	}
	for b.Loop() {
		pulse.Of(clauses, all, nil, asOf)
	}
}
