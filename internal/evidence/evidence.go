// Package evidence keeps what counts towards the state of a clause on this node: dated, sourced, with both sides' word. What
// the link has delivered is evidence by itself, one piece per clause, dataset and month; the partner's cosignature is the
// other side's word on it.
package evidence

import (
	"context"
	"fmt"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/pulse"
)

// Pulse derives the standing of every clause of this node's own instruments on a day, and returns the events it follows
// from. Instruments of a trial and real ones stand in one node only if somebody signed both; they are then kept apart by
// simulated.
func Pulse(ctx context.Context, tx *db.Tx, simulated bool, zone *time.Location, asOf date.Day) ([]pulse.Standing, []pulse.Event, error) {
	kept, err := instrument.All(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	var texts []*agreement.Instrument
	for _, k := range kept {
		if k.Simulated == simulated {
			texts = append(texts, k.Instrument)
		}
	}
	clauses := pulse.Clauses(texts...)
	events, err := delivered(ctx, tx, clauses, zone)
	if err != nil {
		return nil, nil, err
	}
	actions, err := instrument.Actions(ctx, tx, zone)
	if err != nil {
		return nil, nil, err
	}
	return pulse.Of(clauses, events, actions, asOf), events, nil
}

// Simulated says whether every instrument kept here is of a trial; then that is what the node's own pulse is about.
func Simulated(ctx context.Context, tx *db.Tx) (bool, error) {
	kept, err := instrument.All(ctx, tx)
	if err != nil {
		return false, err
	}
	for _, k := range kept {
		if !k.Simulated {
			return false, nil
		}
	}
	return len(kept) > 0, nil
}

// delivered makes events of receipts: one per clause, dataset, writer and month, dated by its last delivery.
func delivered(ctx context.Context, tx *db.Tx, clauses []pulse.Clause, zone *time.Location) ([]pulse.Event, error) {
	all, err := link.Deliveries(ctx, tx, exchange.KindRecords)
	if err != nil {
		return nil, err
	}
	known := map[[2]string]pulse.Clause{}
	for _, c := range clauses {
		known[[2]string{c.Instrument.ID, c.ID}] = c
	}
	var out []pulse.Event
	for _, d := range all {
		c, ok := known[[2]string{d.Instrument, d.Clause}]
		if !ok {
			continue
		}
		first, last := date.Of(d.First.In(zone)), date.Of(d.Last.In(zone))
		out = append(out, pulse.Event{
			ID: fmt.Sprintf("receipts-%s-%s-%s-%s", d.Clause, d.Subject, d.Writer, d.Month), Clause: c.ID, Kind: "data", Level: c.Level,
			By: []string{d.Writer}, Start: date.OnDay(first), Until: date.OnDay(last), What: words(d),
			Word: pulse.Confirmed, KnownAt: date.Of(d.Known.In(zone)), Automatic: true,
		})
	}
	return out, nil
}

// words says what was delivered in each language; it is made here, so that it is nobody's text and has no standing.
func words(d link.Delivery) agreement.Texts {
	batches := "1 batch"
	if d.Entries != 1 {
		batches = fmt.Sprintf("%d batches", d.Entries)
	}
	return agreement.Texts{
		{Lang: "en", Text: fmt.Sprintf("%s: %s of %s delivered, with receipts", d.Month, batches, d.Subject)},
		{Lang: "ko", Text: fmt.Sprintf("%s: %s 자료 %d건 전달, 영수증 있음", d.Month, d.Subject, d.Entries)},
		{Lang: "ja", Text: fmt.Sprintf("%s: %s のデータ%d件を送達、受領証あり", d.Month, d.Subject, d.Entries)},
	}
}
