package flow

import (
	"context"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/db"
	"accord/internal/gate"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/store"
	"accord/record"
)

// A turn takes some records of one dataset through the gate of one permission towards one partner.
type turn struct {
	flow       *Flow
	partner    string
	permission instrument.Permission
	dataset    *record.Dataset
	gate       *gate.Gate
	single     bool
	origin     string // whose records: our own city, or the partner whose records are passed on

	grounds map[string]ground           // of records that are passed on: by key, the clause they came under
	terms   map[ground]*agreement.Terms // and its terms; nil where it does not let them go on
	stopped map[ground]time.Time        // where only a suspension keeps them: when they are looked at again
}

// key names the permission in the tables of flow.
func (t *turn) key(more ...any) []any {
	return t.shelf().key(more...)
}

// now is the time by which a turn decides: the whole second that the entry's header will not be before. The receiver
// sees no finer one.
func now(tx *db.Tx) time.Time { return tx.Now.Truncate(time.Second) }

// pending says whether there are records the permission has not looked at, or whose delay is over.
func (t *turn) pending(ctx context.Context, tx *db.Tx) (bool, error) {
	if t.dataset.Kind == record.Series {
		return t.pendingSeries(ctx, tx)
	}
	var seen int64
	if _, err := tx.Row(ctx, `SELECT seen FROM flow WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4`, t.key(), &seen); err != nil {
		return false, err
	}
	if t.gate.Grouped() {
		if unmade, err := t.unmade(ctx, tx); err != nil || unmade {
			return unmade, err
		}
	}
	newest, err := store.Newest(ctx, tx)
	if err != nil {
		return false, err
	}
	if newest > seen {
		if _, upto, err := store.After(ctx, tx, t.dataset.Name, t.origin, seen, 1); err != nil || upto > seen {
			return upto > seen, err
		}
	}
	var one int
	return tx.Row(ctx, `SELECT 1 FROM held WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4 AND due <= $5 LIMIT 1`, t.key(db.Micros(now(tx))), &one)
}

// do looks at up to perTurn records in one transaction.
func (t *turn) do(ctx context.Context) (offered int, err error) {
	if t.dataset.Kind == record.Series {
		return t.doSeries(ctx)
	}
	err = t.flow.db.Update(ctx, func(tx *db.Tx) error {
		offered = 0
		if t.gate.Grouped() {
			var err error
			offered, err = t.tables(ctx, tx)
			return err
		}
		stored, err := t.take(ctx, tx)
		if err != nil || len(stored) == 0 {
			return err
		}
		leaves, waits, err := t.sift(ctx, tx, stored)
		if err != nil {
			return err
		}
		offered = len(leaves) + len(waits)
		if err := t.batch(leaves, func(body []byte, rows int) error { return t.leave(ctx, tx, body, rows) }); err != nil {
			return err
		}
		return t.batch(waits, func(body []byte, rows int) error { return t.wait(ctx, tx, body, rows) })
	})
	return offered, err
}

// take returns the next records to look at and moves the mark past them. The mark's row is the lock that keeps two
// processes from taking the same records.
func (t *turn) take(ctx context.Context, tx *db.Tx) ([]store.Stored, error) {
	seen, err := t.mark(ctx, tx)
	if err != nil {
		return nil, err
	}
	out, err := t.takeDue(ctx, tx)
	if err != nil {
		return nil, err
	}
	fresh, upto, err := store.After(ctx, tx, t.dataset.Name, t.origin, seen, perTurn)
	if err != nil || upto == seen {
		return out, err
	}
	return append(out, fresh...), t.moveMark(ctx, tx, upto)
}

// mark returns how far the permission has looked, its row locked until the transaction ends.
func (t *turn) mark(ctx context.Context, tx *db.Tx) (seen int64, err error) {
	if _, err := tx.Exec(ctx, `INSERT INTO flow (partner, instrument, clause, dataset, seen) VALUES ($1, $2, $3, $4, 0)
		ON CONFLICT (partner, instrument, clause, dataset) DO NOTHING`, t.key()...); err != nil {
		return 0, err
	}
	_, err = tx.Row(ctx, `UPDATE flow SET seen = seen WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4 RETURNING seen`, t.key(), &seen)
	return seen, err
}

func (t *turn) moveMark(ctx context.Context, tx *db.Tx, upto int64) error {
	_, err := tx.Exec(ctx, `UPDATE flow SET seen = $5 WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4`, t.key(upto)...)
	return err
}

// takeDue returns the held records whose delay is over.
func (t *turn) takeDue(ctx context.Context, tx *db.Tx) (out []store.Stored, err error) {
	var due []int64
	err = tx.Rows(ctx, `SELECT seq FROM held WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4 AND due <= $5 ORDER BY due, seq LIMIT $6`,
		t.key(db.Micros(now(tx)), perTurn), func(r db.Scanner) error {
			var seq int64
			err := r.Scan(&seq)
			due = append(due, seq)
			return err
		})
	for _, seq := range due {
		if err != nil {
			return nil, err
		}
		// A record that has a newer version by now is not found: the newer one is looked at for itself.
		var one []store.Stored
		if one, err = store.At(ctx, tx, seq); err == nil {
			out = append(out, one...)
			_, err = tx.Exec(ctx, `DELETE FROM held WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4 AND seq = $5`, t.key(seq)...)
		}
	}
	return out, err
}

// sift takes records through the gate: what leaves by itself, what waits for a person. What comes later is held; what
// is the same as was offered before is left out; what was offered and is let out no longer is withdrawn.
func (t *turn) sift(ctx context.Context, tx *db.Tx, stored []store.Stored) (leaves, waits []record.Record, err error) {
	var row []byte
	var back []string // what may have been offered and is let out no longer
	for i := range stored {
		var r record.Record
		if stored[i].Gone || stored[i].Version != t.dataset.Version {
			back = append(back, stored[i].Key)
			continue
		}
		if err := record.ParseRow(t.dataset, stored[i].Row, &r); err != nil {
			// Our own store is damaged there. It stays home, and does not keep the others; accord verify names it.
			t.flow.log.Error("a stored record cannot be read and is left out", "seq", stored[i].Seq, "dataset", t.dataset.Name)
			continue
		}
		out, v := t.gate.Apply(r, now(tx))
		if v.Decision == gate.Later {
			if err := t.hold(ctx, tx, stored[i].Seq, v.Due); err != nil {
				return nil, nil, err
			}
		}
		passes, err := t.passable(ctx, tx, stored[i].Seq, stored[i].Key)
		if err != nil {
			return nil, nil, err
		}
		if due, stopped := t.stopped[t.grounds[stored[i].Key]]; stopped && !passes && (v.Decision == gate.Leaves || v.Decision == gate.Waits) {
			if err := t.hold(ctx, tx, stored[i].Seq, due); err != nil {
				return nil, nil, err
			}
			continue
		}
		if !passes || v.Decision != gate.Leaves && v.Decision != gate.Waits {
			back = append(back, stored[i].Key)
			continue
		}
		row = record.AppendRow(row[:0], t.dataset, &out)
		sum := record.Sum(row)
		n, err := tx.Exec(ctx, `INSERT INTO offered (partner, instrument, clause, dataset, key, sum) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (partner, instrument, clause, dataset, key) DO UPDATE SET sum = excluded.sum WHERE offered.sum <> excluded.sum`, t.key(r.Key, sum[:])...)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case n == 0:
		case v.Decision == gate.Leaves:
			leaves = append(leaves, out)
		default:
			waits = append(waits, out)
		}
	}
	return leaves, waits, t.withdraw(ctx, tx, back)
}

// hold has a record looked at again when it is due.
func (t *turn) hold(ctx context.Context, tx *db.Tx, seq int64, due time.Time) error {
	return hold(ctx, tx, t.shelf(), seq, due)
}

func hold(ctx context.Context, tx *db.Tx, s shelf, seq int64, due time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO held (partner, instrument, clause, dataset, seq, due) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (partner, instrument, clause, dataset, seq) DO NOTHING`, s.key(seq, db.Micros(due))...)
	return err
}

// batch calls f with the bodies that hold the records. Where so many are too long for one body, it takes half as many.
func (t *turn) batch(records []record.Record, f func(body []byte, rows int) error) error {
	size := perEntry
	if t.single {
		size = 1
	}
	for len(records) > 0 {
		n := min(size, t.alike(records))
		body, err := t.encode(records[:n])
		for err != nil && n > 1 {
			n = (n + 1) / 2
			body, err = t.encode(records[:n])
		}
		if err == nil {
			err = f(body, n)
		}
		if err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}

// leave puts a batch into the outbox.
func (t *turn) leave(ctx context.Context, tx *db.Tx, body []byte, rows int) error {
	kind := exchange.KindRecords
	if t.dataset.Kind == record.Series {
		kind = exchange.KindObservations
	}
	var of link.Ground
	if t.foreign() {
		batch, err := record.DecodeBatch(body, t.flow.lookup)
		if err != nil {
			return err
		}
		if o := batch.Origin; o != nil {
			of = link.Ground{Party: o.Party, Instrument: o.Instrument, Clause: o.Clause}
		}
	}
	return t.flow.links.Put(ctx, tx, link.Waiting{
		Of: of, Partner: t.partner, Kind: kind, Instrument: t.permission.Instrument.ID, Clause: t.permission.Clause.ID,
		Unit: t.permission.Unit(t.flow.self, tx.Now), Subject: t.gate.Dataset().Name, Rows: rows, Body: body,
	})
}

// wait puts a batch before a person. It has no way into the outbox from here.
func (t *turn) wait(ctx context.Context, tx *db.Tx, body []byte, rows int) error {
	_, err := t.waitFor(ctx, tx, body, rows)
	return err
}

// waitFor does so and returns the number of the release.
func (t *turn) waitFor(ctx context.Context, tx *db.Tx, body []byte, rows int) (id int64, err error) {
	if id, err = tx.Next(ctx, "release", 1); err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO release (id, partner, instrument, clause, unit, dataset, body, rows, state, since)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9)`,
		id, t.partner, t.permission.Instrument.ID, t.permission.Clause.ID, t.permission.Unit(t.flow.self, tx.Now), t.gate.Dataset().Name, body, rows, db.Micros(tx.Now))
	if err != nil {
		return 0, err
	}
	return id, toFind(ctx, tx, id)
}
