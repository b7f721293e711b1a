package flow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/gate"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/store"
	"accord/record"
)

// Records of one party that another passed on are kept under an origin that names both, as east/west: east's by way of west.
// They never stand in the place of what east gave itself, and nobody passes them on any further.

// by is the origin under which records are kept that come from a partner.
func by(origin, partner string) string {
	if origin == "" || origin == partner {
		return partner
	}
	return origin + "/" + partner
}

// A ground is the clause under which a record came that is to be passed on.
type ground struct{ instrument, clause string }

// foreign says whether the turn passes on what came from a partner.
func (t *turn) foreign() bool { return t.origin != t.flow.self }

// shelf is where the tables of flow keep what belongs to the turn.
func (t *turn) shelf() shelf {
	name := t.dataset.Name
	if t.foreign() {
		name += "@" + t.origin
	}
	return shelf{t.partner, t.permission.Instrument.ID, t.permission.Clause.ID, name}
}

// kept splits a shelf's dataset into its name and the origin of the records.
func (s shelf) kept(self string) (dataset, origin string) {
	if name, origin, ok := strings.Cut(s.dataset, "@"); ok {
		return name, origin
	}
	return s.dataset, self
}

// shelfOf is the shelf of a batch that waited.
func shelfOf(partner, in, clause string, b *record.Batch) shelf {
	name := b.Dataset.Name
	if b.Origin != nil {
		name += "@" + b.Origin.Party
	}
	return shelf{partner, in, clause, name}
}

// ground finds the clause under which a stored record came from its own city.
func (t *turn) ground(ctx context.Context, tx *db.Tx, seq int64) (g ground, found bool, err error) {
	found, err = tx.Row(ctx, `SELECT e.instrument, e.clause FROM record r JOIN entry e ON e.log = r.log AND e.idx = r.idx JOIN log g ON g.id = e.log
		WHERE r.seq = $1 AND g.writer = r.origin`, []any{seq}, &g.instrument, &g.clause)
	return g, found, err
}

// passes says whether the clause under which a record came lets it go on to a party: it is in force, and it says so. Without
// a clause in force nothing flows, and nothing flows on.
func (f *Flow) passes(ctx context.Context, tx *db.Tx, origin, to string, d *record.Dataset, g ground) (*agreement.Terms, gate.Reason, error) {
	permissions, err := instrument.Sending(ctx, tx, origin, f.self)
	if err != nil {
		return nil, gate.Reason{}, err
	}
	terms, why := allows(permissions, origin, to, d, g)
	return terms, why, nil
}

// granted says the same of a clause that may be suspended: what came under it waits, and goes on after the resumption.
func (f *Flow) granted(ctx context.Context, tx *db.Tx, origin, to string, d *record.Dataset, g ground) (*agreement.Terms, gate.Reason, error) {
	permissions, err := instrument.Granted(ctx, tx, origin, f.self, tx.Now)
	if err != nil {
		return nil, gate.Reason{}, err
	}
	terms, why := allows(permissions, origin, to, d, g)
	return terms, why, nil
}

// allows finds the ground among permissions and says whether it lets records go on to a party.
func allows(permissions []instrument.Permission, origin, to string, d *record.Dataset, g ground) (*agreement.Terms, gate.Reason) {
	why := gate.Reason{Key: "gate.onward.stays", Args: []string{"from", origin, "to", to}}
	for _, p := range permissions {
		if p.Instrument.ID != g.instrument || p.Clause.ID != g.clause || gate.Leaving(&p.Terms) != d.Name || p.Terms.Version != d.Version {
			continue
		}
		no, ok := gate.MayPass(&p.Terms, origin, to)
		if ok {
			return &p.Terms, gate.Reason{}
		}
		why = no
	}
	return nil, why
}

// passable says whether the record of that number may be passed on by this turn, and remembers the clause it came under.
func (t *turn) passable(ctx context.Context, tx *db.Tx, seq int64, key string) (bool, error) {
	if !t.foreign() {
		return true, nil
	}
	g, found, err := t.ground(ctx, tx, seq)
	if err != nil || !found {
		return false, err
	}
	if _, asked := t.terms[g]; !asked {
		terms, _, err := t.flow.passes(ctx, tx, t.origin, t.partner, t.dataset, g)
		if err != nil {
			return false, err
		}
		if t.terms == nil {
			t.terms = map[ground]*agreement.Terms{}
		}
		t.terms[g] = terms
		if terms == nil {
			if err := t.stop(ctx, tx, g); err != nil {
				return false, err
			}
		}
	}
	if t.grounds == nil {
		t.grounds = map[string]ground{}
	}
	t.grounds[key] = g
	return t.terms[g] != nil, nil
}

// never is when a record is looked at again whose clause is suspended: lookAgain sets another time when that is over.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// stop notes until when records that came under a clause wait, where nothing but a suspension keeps them from going on.
func (t *turn) stop(ctx context.Context, tx *db.Tx, g ground) error {
	terms, _, err := t.flow.granted(ctx, tx, t.origin, t.partner, t.dataset, g)
	if err != nil || terms == nil {
		return err
	}
	lasting, err := instrument.Lasting(ctx, tx, g.instrument)
	if err != nil {
		return err
	}
	if t.stopped == nil {
		t.stopped = map[ground]time.Time{}
	}
	t.stopped[g] = never
	if !lasting { // it has ended this moment, or ends soon by a clock that is before ours
		t.stopped[g] = now(tx).Add(time.Second)
	}
	return nil
}

// lookAgain has the records that came under an instrument looked at that waited for its resumption.
func lookAgain(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE held SET due = $1 WHERE due = $2 AND seq IN (SELECT r.seq FROM record r JOIN entry e ON e.log = r.log AND e.idx = r.idx WHERE e.instrument = $3)`,
		db.Micros(now(tx)), db.Micros(never), id)
	return err
}

// encode writes the body of a batch of the turn: of our own records, or of others' with where they come from.
func (t *turn) encode(records []record.Record) ([]byte, error) {
	if !t.foreign() {
		return record.EncodeBatch(t.dataset, records)
	}
	g := t.grounds[records[0].Key]
	o := &record.Origin{Party: t.origin, Instrument: g.instrument, Clause: g.clause, Purpose: []record.Purpose{}}
	for _, p := range t.terms[g].Purpose {
		o.Purpose = append(o.Purpose, record.Purpose{Lang: p.Lang, Text: p.Text})
	}
	return record.EncodeOnward(t.dataset, records, o)
}

// alike returns how many of the first records came under the same clause.
func (t *turn) alike(records []record.Record) int {
	n := 1
	for t.foreign() && n < len(records) && t.grounds[records[n].Key] == t.grounds[records[0].Key] {
		n++
	}
	if !t.foreign() {
		return len(records)
	}
	return n
}

// mayPassOn says whether a batch that is not our own may leave for partner under the terms; or, when it waits to, may wait while
// the clause under which it came is suspended.
func (f *Flow) mayPassOn(ctx context.Context, tx *db.Tx, under *agreement.Terms, partner string, d *record.Dataset, o *record.Origin, waits bool) error {
	if o == nil {
		return nil
	}
	what := "records of " + o.Party
	if !slices.Contains(under.Of, o.Party) {
		return fault.New(fault.Refused, what, "the clause lets out no records of this party", "nothing may leave under it")
	}
	ask := f.passes
	if waits {
		ask = f.granted
	}
	terms, why, err := ask(ctx, tx, o.Party, partner, d, ground{o.Instrument, o.Clause})
	if err == nil && terms == nil {
		err = fault.New(fault.Refused, what, gate.Explain("en", why), "nothing of them may leave").At(why.Key)
	}
	return err
}

// takesOn says whether a batch that came may hold another party's records.
func (f *Flow) takesOn(under *agreement.Terms, came *link.Came, b *record.Batch) error {
	switch {
	case b.Origin == nil:
		return nil
	case b.Origin.Party == f.self || b.Origin.Party == came.From:
		return fault.New(fault.Refused, "received records", fmt.Sprintf("they are said to be %s's, and are passed on to or by that city itself", b.Origin.Party), "ask the partner what it means")
	case !slices.Contains(under.Of, b.Origin.Party):
		return fault.New(fault.Refused, "received records", fmt.Sprintf("the clause does not let %s pass on records of %s", came.From, b.Origin.Party), "set it aside and tell the sender")
	}
	return nil
}

// broughtKeys returns, by dataset, the keys of the records that entries brought.
func broughtKeys(ctx context.Context, tx *db.Tx, bodies []link.Holding) (map[string]map[string]bool, error) {
	keys := map[string]map[string]bool{}
	for _, b := range bodies {
		if b.Erased || b.Kind != exchange.KindRecords {
			continue
		}
		if err := store.Keys(ctx, tx, b.Log, b.Index, func(dataset, key string) {
			if keys[dataset] == nil {
				keys[dataset] = map[string]bool{}
			}
			keys[dataset][key] = true
		}); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// keepBack takes batches out of the outbox that would pass on what a partner's erased entries brought, and has what else they
// hold looked at anew. What was passed on already is out of reach.
func (f *Flow) keepBack(ctx context.Context, tx *db.Tx, origin, in string, erased map[string]map[string]bool) error {
	if waits, err := link.PassesOn(ctx, tx, origin, in); err != nil || !waits || len(erased) == 0 {
		return err
	}
	taken, err := link.TakeBack(ctx, tx, "a record in it was erased", func(w *link.Waiting) bool {
		if w.Partner == origin || w.Kind != exchange.KindRecords {
			return false
		}
		batch, err := record.DecodeBatch(w.Body, f.lookup)
		if err != nil || batch.Origin == nil || batch.Origin.Party != origin || batch.Origin.Instrument != in {
			return false
		}
		return slices.ContainsFunc(batch.Records, func(r record.Record) bool { return erased[batch.Dataset.Name][r.Key] })
	})
	for _, w := range taken {
		if err == nil {
			err = f.forget(ctx, tx, w)
		}
	}
	return err
}
