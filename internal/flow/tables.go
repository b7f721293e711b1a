package flow

import (
	"bytes"
	"context"
	"slices"

	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/gate"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/store"
	"accord/record"
)

// A turn of terms that let out groups only makes the table of every closed period anew whenever a record of the dataset has
// changed, and offers those that are not what was made before. A table that has left is final: one that differs follows it only
// when the difference tells of no small group, and only when a person has seen it.

// tabled is what is kept of one table.
type tabled struct {
	sum     []byte // of the table that was made last
	release int64  // the release in which that waits or waited; 0 for none
	body    []byte // of the table that left last; empty while none has
}

// out names the permission's tables: by what leaves, not by what is counted.
func (t *turn) out(more ...any) []any {
	return append([]any{t.partner, t.permission.Instrument.ID, t.permission.Clause.ID, t.gate.Dataset().Name}, more...)
}

const ofTable = ` WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4`

// unmade says whether a period is closed whose table was never made.
func (t *turn) unmade(ctx context.Context, tx *db.Tx) (bool, error) {
	var made int
	_, err := tx.Row(ctx, `SELECT COUNT(*) FROM tabled`+ofTable, t.out(), &made)
	return made < len(t.gate.Closed(now(tx))), err
}

// tables makes all tables in one transaction. The mark in flow is the lock.
func (t *turn) tables(ctx context.Context, tx *db.Tx) (offered int, err error) {
	seen, err := t.mark(ctx, tx)
	if err != nil {
		return 0, err
	}
	newest, err := store.Newest(ctx, tx)
	if err != nil {
		return 0, err
	}
	var one int
	changed, err := tx.Row(ctx, `SELECT 1 FROM record WHERE seq > $1 AND dataset = $2 AND origin = $3 LIMIT 1`, []any{seen, t.dataset.Name, t.flow.self}, &one)
	if err != nil {
		return 0, err
	}
	if unmade, err := t.unmade(ctx, tx); err != nil {
		return 0, err
	} else if changed || unmade || seen == 0 {
		if offered, err = t.makeAll(ctx, tx); err != nil {
			return 0, err
		}
	}
	_, err = tx.Exec(ctx, `UPDATE flow SET seen = $5 WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4`, t.key(newest)...)
	return offered, err
}

func (t *turn) makeAll(ctx context.Context, tx *db.Tx) (offered int, err error) {
	tally, err := t.tally(ctx, tx)
	if err != nil {
		return 0, err
	}
	for _, span := range t.gate.Closed(now(tx)) {
		n, err := t.offerTable(ctx, tx, tally, span)
		if err != nil {
			return 0, err
		}
		offered += n
	}
	return offered, nil
}

// tally counts all our current records of the dataset.
func (t *turn) tally(ctx context.Context, tx *db.Tx) (*gate.Tally, error) {
	tally := t.gate.Tally()
	var r record.Record
	err := store.EachCurrent(ctx, tx, t.dataset.Name, t.flow.self, func(s store.Stored) error {
		if s.Version != t.dataset.Version {
			return nil
		}
		if err := record.ParseRow(t.dataset, s.Row, &r); err != nil {
			t.flow.log.Error("a stored record cannot be read and is not counted", "seq", s.Seq, "dataset", t.dataset.Name)
			return nil
		}
		tally.Add(&r)
		return nil
	})
	return tally, err
}

// kept returns what is kept of the table of a period.
func (t *turn) kept(ctx context.Context, tx *db.Tx, span string) (k tabled, err error) {
	_, err = tx.Row(ctx, `SELECT sum, release, body FROM tabled`+ofTable+` AND span = $5`, t.out(span), &k.sum, &k.release, &k.body)
	return k, err
}

// compose makes the table of a period as it would leave now. why says what keeps it from leaving; then there is no body.
func (t *turn) compose(tally *gate.Tally, span gate.Span, left []byte) (body []byte, rows int, why string, err error) {
	var before []record.Record
	if len(left) > 0 {
		batch, err := record.DecodeBatch(left, t.flow.lookup)
		if err != nil {
			return nil, 0, "", err
		}
		before = batch.Records
	}
	after, err := tally.Table(span, before)
	if f, ok := err.(*fault.Fault); ok {
		return nil, 0, f.Error(), nil
	}
	if err != nil {
		return nil, 0, "", err
	}
	if before != nil {
		if why, ok := t.gate.Differs(before, after); !ok {
			return nil, 0, gate.Explain("en", why), nil
		}
	}
	if body, err = record.EncodeBatch(t.gate.Dataset(), after); err != nil {
		return nil, 0, err.Error(), nil
	}
	return body, len(after), "", nil
}

// offerTable offers the table of a period if it is not the one that was made last. It counts as one record.
func (t *turn) offerTable(ctx context.Context, tx *db.Tx, tally *gate.Tally, span gate.Span) (offered int, err error) {
	k, err := t.kept(ctx, tx, span.Name)
	if err != nil {
		return 0, err
	}
	body, rows, why, err := t.compose(tally, span, k.body)
	if err != nil {
		return 0, err
	}
	sum := record.Sum(append(body, why...))
	if bytes.Equal(k.sum, sum[:]) {
		return 0, nil
	}
	k.sum = sum[:]
	if _, err := tx.Exec(ctx, `UPDATE release SET state = $1 WHERE id = $2 AND state = $3`, string(Overtaken), k.release, string(Waiting)); err != nil {
		return 0, err
	}
	if err := toFind(ctx, tx, k.release); err != nil {
		return 0, err
	}
	k.release = 0
	waits := t.gate.Decision()
	switch {
	case why != "":
		t.flow.log.Warn("a table does not leave", "dataset", t.gate.Dataset().Name, "period", span.Name, "why", why)
	case waits == gate.Stays:
	case waits == gate.Leaves && len(k.body) == 0 || bytes.Equal(body, k.body):
		offered = 1
		k.body = body
		err = t.leave(ctx, tx, body, rows)
	default:
		offered = 1
		k.release, err = t.waitFor(ctx, tx, body, rows)
	}
	if err != nil {
		return 0, err
	}
	return offered, t.keep(ctx, tx, span.Name, k)
}

func (t *turn) keep(ctx context.Context, tx *db.Tx, span string, k tabled) error {
	if k.body == nil {
		k.body = []byte{}
	}
	_, err := tx.Exec(ctx, `INSERT INTO tabled (partner, instrument, clause, dataset, span, sum, release, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (partner, instrument, clause, dataset, span) DO UPDATE SET sum = excluded.sum, release = excluded.release, body = excluded.body`, t.out(span, k.sum, k.release, k.body)...)
	return err
}

// stillSo says whether a table that waited is what would leave now. Where it is not, it is made anew.
func (t *turn) stillSo(ctx context.Context, tx *db.Tx, w *waiting) (bool, error) {
	span, err := t.spanOf(ctx, tx, w)
	if err != nil {
		return false, err
	}
	k, err := t.kept(ctx, tx, span.Name)
	if err != nil {
		return false, err
	}
	tally, err := t.tally(ctx, tx)
	if err != nil {
		return false, err
	}
	body, _, _, err := t.compose(tally, span, k.body)
	if err != nil || bytes.Equal(body, w.body) {
		return err == nil, err
	}
	k.sum, k.release = []byte{}, 0
	if err := t.keep(ctx, tx, span.Name, k); err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, `UPDATE flow SET seen = 0 WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4`, t.key()...)
	return false, err
}

// approved keeps the table of a release as the one that left.
func (t *turn) approved(ctx context.Context, tx *db.Tx, w *waiting) error {
	_, err := tx.Exec(ctx, `UPDATE tabled SET body = $5`+ofTable+` AND release = $6`, t.out(w.body, w.ID)...)
	return err
}

// spanOf is the period of a table that waits.
func (t *turn) spanOf(ctx context.Context, tx *db.Tx, w *waiting) (gate.Span, error) {
	var name string
	found, err := tx.Row(ctx, `SELECT span FROM tabled`+ofTable+` AND release = $5`, t.out(w.ID), &name)
	if err != nil {
		return gate.Span{}, err
	}
	closed := t.gate.Closed(now(tx))
	if i := slices.IndexFunc(closed, func(s gate.Span) bool { return found && s.Name == name }); i >= 0 {
		return closed[i], nil
	}
	return gate.Span{}, fault.New(fault.Conflict, "release of a table", "a newer table of its period was made", "look at what waits now: accord release list")
}

// unleft has a table that was taken out of the outbox count as not made, so that it is made and offered anew.
func (f *Flow) unleft(ctx context.Context, tx *db.Tx, s shelf, body []byte) error {
	_, err := tx.Exec(ctx, `UPDATE tabled SET sum = $5, body = $5`+ofTable+` AND body = $6`, s.key([]byte{}, body)...)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE flow SET seen = 0 WHERE partner = $1 AND instrument = $2 AND clause = $3`, s.partner, s.instrument, s.clause)
	return err
}

// leftBefore notes, after a restore, that a table has left.
func (f *Flow) leftBefore(ctx context.Context, tx *db.Tx, came *link.Came, batch *record.Batch) error {
	k, err := instrument.Get(ctx, tx, came.Header.Instrument)
	if err != nil {
		return err
	}
	c := k.Clause(came.Header.Clause)
	if c == nil {
		return nil
	}
	for n, terms := range c.Terms {
		if gate.Leaving(&terms) != batch.Dataset.Name || !slices.Contains(terms.From, f.self) {
			continue
		}
		p := instrument.Permission{Instrument: k, Clause: c, Terms: terms, Index: n}
		g, d, err := f.gate(p)
		if err != nil {
			return err
		}
		if span, ok := g.SpanOf(batch.Records); ok {
			t := &turn{flow: f, partner: came.Partner, permission: p, dataset: d, gate: g, origin: f.self}
			sum := record.Sum(came.Body)
			return t.keep(ctx, tx, span.Name, tabled{sum: sum[:], body: came.Body})
		}
	}
	return nil
}
