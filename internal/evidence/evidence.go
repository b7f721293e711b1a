// Package evidence keeps what counts towards the state of a clause on this node: dated, sourced, with both sides' word. What
// the link has delivered is evidence by itself, one piece per clause, dataset and month; the partner's cosignature is the
// other side's word on it. What a city's people claim travels as a claim; the other city answers it with a word. Whether an
// event counts for a clause is judged by each city's own people, and stays home.
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
	return PulseKnown(ctx, tx, simulated, zone, asOf, date.Day{})
}

// PulseKnown is Pulse with only those events, words and judgements that were known here at the end of the day known; the
// unset day is what is known now.
func PulseKnown(ctx context.Context, tx *db.Tx, simulated bool, zone *time.Location, asOf, known date.Day) ([]pulse.Standing, []pulse.Event, error) {
	return derive(ctx, tx, simulated, zone, asOf, known, texts)
}

// Standings is PulseKnown for who asks for no events: of what is claimed it reads the texts of those only that a state rests on.
func Standings(ctx context.Context, tx *db.Tx, simulated bool, zone *time.Location, asOf, known date.Day) ([]pulse.Standing, error) {
	standings, _, err := derive(ctx, tx, simulated, zone, asOf, known, states)
	if err != nil {
		return nil, err
	}
	for i := range standings {
		last := standings[i].Last
		if last == nil || last.Claimant == "" {
			continue
		}
		v := new(version)
		if _, err := tx.Row(ctx, `SELECT body FROM claim WHERE event = $1 AND known <= $2 ORDER BY version DESC LIMIT 1`,
			[]any{last.ID, endOf(known, zone)}, &v.body); err != nil {
			return nil, err
		}
		if last.What, last.Sources, err = v.texts(); err != nil {
			return nil, err
		}
	}
	return standings, nil
}

func derive(ctx context.Context, tx *db.Tx, simulated bool, zone *time.Location, asOf, known date.Day, deep depth) ([]pulse.Standing, []pulse.Event, error) {
	g, err := grounds(ctx, tx, simulated, zone, known, deep)
	if err != nil {
		return nil, nil, err
	}
	return pulse.Of(g.Clauses, g.Events, g.Actions, asOf), g.Events, nil
}

// Grounds are what states follow from: the clauses, what happened under them and what was done to their texts.
type Grounds struct {
	Clauses []pulse.Clause
	Events  []pulse.Event
	Actions []agreement.Action
}

// GroundsKnown are the grounds of this node's own pulse as they were known here at the end of a day; the unset day is now.
func GroundsKnown(ctx context.Context, tx *db.Tx, simulated bool, zone *time.Location, known date.Day) (*Grounds, error) {
	return grounds(ctx, tx, simulated, zone, known, texts)
}

func grounds(ctx context.Context, tx *db.Tx, simulated bool, zone *time.Location, known date.Day, deep depth) (g *Grounds, err error) {
	g = new(Grounds)
	if g.Clauses, err = clausesOf(ctx, tx, simulated); err != nil {
		return nil, err
	}
	if g.Events, err = eventsOf(ctx, tx, g.Clauses, zone, known, deep); err != nil {
		return nil, err
	}
	g.Actions, err = instrument.Actions(ctx, tx, zone)
	return g, err
}

// clausesOf are the clauses of the instruments kept here that are of a trial, or of those that are not.
func clausesOf(ctx context.Context, tx *db.Tx, simulated bool) ([]pulse.Clause, error) {
	kept, err := instrument.All(ctx, tx)
	if err != nil {
		return nil, err
	}
	var texts []*agreement.Instrument
	for _, k := range kept {
		if k.Simulated == simulated {
			texts = append(texts, k.Instrument)
		}
	}
	return pulse.Clauses(texts...), nil
}

// eventsOf are the events under clauses and those under none, as they were known at the end of a day, with what this city's
// people have judged.
func eventsOf(ctx context.Context, tx *db.Tx, clauses []pulse.Clause, zone *time.Location, known date.Day, deep depth) ([]pulse.Event, error) {
	events, err := delivered(ctx, tx, clauses, zone)
	if err != nil {
		return nil, err
	}
	sent, err := documents(ctx, tx, clauses, zone)
	if err != nil {
		return nil, err
	}
	events = append(events, sent...)
	if !known.IsZero() {
		events = pulse.KnownBy(events, known)
	}
	claims, err := claimed(ctx, tx, clauses, zone, known, deep)
	if err != nil {
		return nil, err
	}
	judged, err := rulings(ctx, tx, endOf(known, zone))
	if err != nil {
		return nil, err
	}
	all := append(claims, events...)
	for i := range all {
		about := judged[all[i].ID]
		if len(about) == 0 {
			continue
		}
		more := judge(all[i], about, zone)
		all[i], all = more[0], append(all, more[1:]...)
	}
	return all, nil
}

// claimed are the events that this city and others claim under clauses, and those of this city that stand under none.
func claimed(ctx context.Context, tx *db.Tx, clauses []pulse.Clause, zone *time.Location, known date.Day, deep depth) (out []pulse.Event, err error) {
	parties := map[place][]string{{}: nil}
	for _, c := range clauses {
		parties[place{c.Instrument.ID, c.ID}] = c.Instrument.Parties
	}
	all, err := threads(ctx, tx, "", endOf(known, zone), deep)
	if err != nil {
		return nil, err
	}
	out = make([]pulse.Event, 0, len(all)+len(all)/8) // room for what was delivered and linked
	for _, t := range all {
		v := t.newest()
		among, ok := parties[place{v.instrument, v.clause}]
		if !ok { // of an instrument that belongs to another pulse
			continue
		}
		e, ok := t.event(among)
		if !ok {
			continue
		}
		if deep >= texts {
			if e.What, e.Sources, err = v.texts(); err != nil {
				return nil, err
			}
		}
		e.KnownAt = date.Of(t.versions[0].known.In(zone))
		out = append(out, e)
	}
	return out, nil
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
	var all []link.Delivery
	for _, kind := range []exchange.Kind{exchange.KindRecords, exchange.KindObservations} {
		some, err := link.Deliveries(ctx, tx, kind)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	known := byPlace(clauses)
	var out []pulse.Event
	for _, d := range all {
		c, ok := known[[2]string{d.Instrument, d.Clause}]
		if !ok {
			continue
		}
		first, last := date.Of(d.First.In(zone)), date.Of(d.Last.In(zone))
		out = append(out, pulse.Event{
			ID: fmt.Sprintf("receipts-%s-%s-%s-%s-%s", d.Instrument, d.Clause, d.Subject, d.Writer, d.Month), Instrument: c.Instrument.ID, Clause: c.ID, Kind: "data", Level: c.Level,
			By: []string{d.Writer}, Start: date.OnDay(first), Until: date.OnDay(last), What: words(d),
			Word: pulse.Confirmed, KnownAt: date.Of(d.Known.In(zone)), Automatic: true,
		})
	}
	return out, nil
}

// byPlace finds clauses by their instrument and id.
func byPlace(clauses []pulse.Clause) map[[2]string]pulse.Clause {
	known := make(map[[2]string]pulse.Clause, len(clauses))
	for _, c := range clauses {
		known[[2]string{c.Instrument.ID, c.ID}] = c
	}
	return known
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
