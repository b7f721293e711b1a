package link

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/hashlog"
)

// maxBodies bounds the bodies of one bundle so that even incompressible ones fit when sealed.
const maxBodies = 6 << 20

// Waiting is something that is to be said to a partner. It has no position yet.
type Waiting struct {
	ID         string // entry id; NewID when empty
	Partner    string
	Kind       exchange.Kind
	Instrument string
	Clause     string
	Unit       string
	Subject    string // the dataset of records, for lists
	Rows       int    // how many records, for lists
	Body       []byte
	Of         Ground // of records that are passed on
}

// A Ground is the clause under which records of another party came that are passed on. They wait while it is suspended, and are
// taken back when it has ended, as if they stood under it too.
type Ground struct{ Party, Instrument, Clause string }

// Put places w in the outbox. It leaves with the next bundles, control entries first.
func (l *Links) Put(ctx context.Context, tx *db.Tx, w Waiting) error {
	if w.ID == "" {
		w.ID = exchange.NewID()
	}
	probe := exchange.Header{ID: w.ID, Kind: w.Kind, Instrument: w.Instrument, Clause: w.Clause, Unit: w.Unit, Time: tx.Now.Truncate(1e9), Size: len(w.Body)}
	if err := probe.Check(); err != nil {
		return err
	}
	control := 0
	if w.Kind.Control() {
		control = 1
	}
	seq, err := tx.Next(ctx, "outbox", 1)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO outbox (seq, id, partner, control, kind, instrument, clause, unit, subject, rows, body, since, of_party, of_instrument, of_clause)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		seq, w.ID, w.Partner, control, string(w.Kind), w.Instrument, w.Clause, w.Unit, w.Subject, w.Rows, w.Body, db.Micros(tx.Now), w.Of.Party, w.Of.Instrument, w.Of.Clause)
	return err
}

// A Written is a sealed bundle and what it holds.
type Written struct {
	Sealed     []byte
	Start, End int64 // the entries of our log it carries
	Cosigned   int64 // the size of the partner's log it cosigns
	Waiting    int64 // entries that may leave and did not fit, for a file: they go with the next, after the partner's answer
}

// A Load says which entries a bundle takes along.
type Load int

const (
	Everything Load = iota // what is not cosigned yet, and as much of the outbox as fits: for a file
	OneAtATime             // the same, but the outbox only when all before it is cosigned: for HTTPS
	WordOnly               // no entry, only checkpoint and cosignature: while a bundle of ours is under way
)

// Write makes a bundle for partner with our checkpoint, our cosignature on the partner's log, and entries as load says.
// Entries of the outbox that join it get their positions.
func (l *Links) Write(ctx context.Context, partner string, load Load) (_ *Written, err error) {
	defer func() { l.told("out", err) }()
	var b *exchange.Bundle
	var to *exchange.Card
	var key ed25519.PrivateKey
	var cosigned, waiting int64
	err = l.db.Update(ctx, func(tx *db.Tx) error {
		b = &exchange.Bundle{From: l.self.Party, To: partner}
		ours, err := l.ourCard(ctx, tx, partner)
		if err != nil {
			return err
		}
		if to, err = cardAt(ctx, tx, partner, tx.Now); err != nil {
			return err
		}
		b.Card = ours.Serial
		if key, _, err = l.self.signing(ours); err != nil {
			return err
		}
		d, err := l.lockOurs(ctx, tx, partner)
		if err != nil {
			return err
		}
		if b.Asks, err = question(ctx, tx, partner); err != nil {
			return err
		}
		if b.Asks != "" {
			b.Has = d.size // nothing gets a position before the partner's word has come
		} else if load == Everything || load == OneAtATime && d.size == d.delivered {
			if err := l.leave(ctx, tx, &d); err != nil {
				return err
			}
		}
		if err := l.fill(ctx, tx, b, d, load, key); err != nil {
			return err
		}
		if load == Everything {
			if _, err := tx.Row(ctx, `SELECT COUNT(*) FROM outbox WHERE partner = $2 AND `+mayLeave, []any{db.Micros(tx.Now), partner}, &waiting); err != nil {
				return err
			}
		}
		if cosigned, b.Cosigned, err = l.ourWord(ctx, tx, exchange.Origin(partner, l.self.Party)); err != nil {
			return err
		}
		return l.answer(ctx, tx, b, cosigned)
	})
	if err != nil {
		return nil, err
	}
	if err := b.Sign(key); err != nil {
		return nil, err
	}
	plain, err := b.Encode()
	if err != nil {
		return nil, err
	}
	sealed, err := exchange.Seal(plain, to)
	if err != nil {
		return nil, err
	}
	return &Written{Sealed: sealed, Start: b.Start, End: b.End, Cosigned: cosigned, Waiting: waiting}, nil
}

// leave moves entries from the outbox into the log, as many as one bundle holds beside those already under way.
func (l *Links) leave(ctx context.Context, tx *db.Tx, d *direction) error {
	room, bytes, err := roomLeft(ctx, tx, d)
	if err != nil || room <= 0 {
		return err
	}
	waiting, err := takeWaiting(ctx, tx, d.partner, room, bytes)
	if err != nil || len(waiting) == 0 {
		return err
	}
	at, err := leavingTime(ctx, tx, d)
	if err != nil {
		return err
	}
	entries := make([]exchange.Entry, len(waiting))
	notes := make([]note, len(waiting))
	leaves := make([]tlog.Hash, len(waiting))
	for i, w := range waiting {
		entries[i], err = exchange.NewEntry(exchange.Header{ID: w.ID, Kind: w.Kind, Instrument: w.Instrument, Clause: w.Clause,
			Unit: w.Unit, Time: at}, w.Body)
		if err != nil {
			return err
		}
		notes[i], leaves[i] = note{subject: w.Subject, rows: w.Rows}, tlog.RecordHash(entries[i].Raw)
	}
	if err := hashlog.Open(ctx, tx, d.id).Append(d.size, leaves); err != nil {
		return err
	}
	if err := insertEntries(ctx, tx, d, entries, notes); err != nil {
		return err
	}
	return dropWaiting(ctx, tx, waiting)
}

// leavingTime is the time of entries that leave now. It never lies before the last one that left: where our clock was set
// back, time in the log stands still until it is past that again.
func leavingTime(ctx context.Context, tx *db.Tx, d *direction) (time.Time, error) {
	var last int64
	_, err := tx.Row(ctx, `SELECT time FROM entry WHERE log = $1 AND idx = $2`, []any{d.id, d.size - 1}, &last)
	now := tx.Now.Truncate(time.Second)
	if before := db.Time(last); before.After(now) {
		return before, err
	}
	return now, err
}

// roomLeft says how many entries and bytes still fit beside what is not cosigned yet.
func roomLeft(ctx context.Context, tx *db.Tx, d *direction) (entries, bytes int64, err error) {
	var used int64
	_, err = tx.Row(ctx, `SELECT COALESCE(SUM(LENGTH(body)), 0) FROM entry WHERE log = $1 AND idx >= $2`, []any{d.id, d.delivered}, &used)
	return exchange.MaxEntries - (d.size - d.delivered), maxBodies - used, err
}

func takeWaiting(ctx context.Context, tx *db.Tx, partner string, room, bytes int64) (out []Waiting, err error) {
	err = tx.Rows(ctx, `SELECT id, kind, instrument, clause, unit, subject, rows, body FROM outbox
		WHERE partner = $2 AND `+mayLeave+` ORDER BY control DESC, seq LIMIT $3`, []any{db.Micros(tx.Now), partner, min(room, maxTaken)}, func(r db.Scanner) error {
		var w Waiting
		var kind string
		if err := r.Scan(&w.ID, &kind, &w.Instrument, &w.Clause, &w.Unit, &w.Subject, &w.Rows, &w.Body); err != nil {
			return err
		}
		if bytes -= int64(len(w.Body)); bytes < 0 {
			return db.ErrStop
		}
		w.Kind, w.Partner = exchange.Kind(kind), partner
		out = append(out, w)
		return nil
	})
	return out, err
}

// maxTaken keeps the transaction that gives positions, and with it the partner's, short.
const maxTaken = 2000

func dropWaiting(ctx context.Context, tx *db.Tx, waiting []Waiting) error {
	for _, w := range waiting {
		if _, err := tx.Exec(ctx, `DELETE FROM outbox WHERE id = $1`, w.ID); err != nil {
			return err
		}
	}
	return nil
}

// A note is what this node keeps of an entry beside it: for lists, and why it was set aside.
type note struct {
	subject string
	rows    int
	aside   string
}

// insertEntries stores entries at the end of a log whose hashes are already appended, and moves its size.
func insertEntries(ctx context.Context, tx *db.Tx, d *direction, entries []exchange.Entry, notes []note) error {
	now := db.Micros(tx.Now)
	for i := range entries {
		h := &entries[i].Header
		if _, err := tx.Exec(ctx, `INSERT INTO entry (log, idx, id, kind, instrument, clause, subject, rows, time, header, salt, body, stored, aside)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`, d.id, d.size+int64(i), h.ID, string(h.Kind), h.Instrument, h.Clause, notes[i].subject, notes[i].rows,
			db.Micros(h.Time), entries[i].Raw, entries[i].Salt, entries[i].Body, now, notes[i].aside); err != nil {
			return err
		}
	}
	d.size += int64(len(entries))
	_, err := tx.Exec(ctx, `UPDATE log SET size = $1 WHERE id = $2`, d.size, d.id)
	return err
}

// fill puts the entries that are not delivered, the checkpoint and the proof into the bundle.
func (l *Links) fill(ctx context.Context, tx *db.Tx, b *exchange.Bundle, d direction, load Load, key ed25519.PrivateKey) error {
	b.Start = d.from()
	b.End = b.Start
	limit := exchange.MaxEntries
	if load == WordOnly {
		b.Start, b.End, limit = d.delivered, d.delivered, 0
	}
	var err error
	if b.Entries, err = readEntries(ctx, tx, d.id, b.Start, int64(limit), maxBodies); err != nil {
		return err
	}
	b.End += int64(len(b.Entries))
	if b.End == 0 {
		return nil
	}
	tree := hashlog.Open(ctx, tx, d.id)
	root, err := tree.Root(b.End)
	if err != nil {
		return err
	}
	if b.Proof, err = tree.ProveGrowth(b.End, b.Start); err != nil {
		return err
	}
	b.Checkpoint, err = exchange.SignCheckpoint(exchange.Checkpoint{Origin: d.origin, Size: b.End, Root: root}, key)
	return err
}

// readEntries returns entries of a log from an index on, at most limit and with at most room bytes of bodies, but one.
func readEntries(ctx context.Context, tx *db.Tx, log, from, limit, room int64) (out []exchange.Entry, err error) {
	err = tx.Rows(ctx, `SELECT header, salt, body FROM entry WHERE log = $1 AND idx >= $2 ORDER BY idx LIMIT $3`,
		[]any{log, from, limit}, func(r db.Scanner) error {
			var e exchange.Entry
			if err := r.Scan(&e.Raw, &e.Salt, &e.Body); err != nil {
				return err
			}
			e.Erased = e.Salt == nil
			if room -= int64(len(e.Body)); room < 0 && len(out) > 0 {
				return db.ErrStop
			}
			out = append(out, e)
			return nil
		})
	return out, err
}

// lastCosigned returns the largest cosigned checkpoint of a log, or nothing.
func lastCosigned(ctx context.Context, tx *db.Tx, origin string) (size int64, file []byte, err error) {
	_, err = tx.Row(ctx, `SELECT c.size, c.file FROM cosigned c JOIN log g ON g.id = c.log WHERE g.origin = $1 ORDER BY c.size DESC LIMIT 1`,
		[]any{origin}, &size, &file)
	return size, file, err
}

// ourWord is our largest cosignature on a partner's log. One that was made while our clock was ahead, of a time that has not
// come, is made anew: the partner would not take it, nor anything beside it.
func (l *Links) ourWord(ctx context.Context, tx *db.Tx, origin string) (size int64, file []byte, err error) {
	if size, file, err = lastCosigned(ctx, tx, origin); err != nil || size == 0 {
		return size, file, err
	}
	at, err := exchange.CosignedAt(file, l.self.Party)
	if err != nil || !at.After(tx.Now.Add(ahead)) {
		return size, file, err
	}
	card, err := cardAt(ctx, tx, l.self.Party, tx.Now)
	if err != nil {
		return 0, nil, err
	}
	_, mirror, err := l.self.signing(card)
	if err != nil {
		return 0, nil, err
	}
	before := bytes.LastIndexByte(file[:len(file)-1], '\n') + 1 // ours is the last line
	if file, err = exchange.Cosign(file[:before], l.self.Party, mirror, tx.Now); err != nil {
		return 0, nil, err
	}
	_, err = tx.Exec(ctx, `UPDATE cosigned SET file = $1, at = $2 WHERE size = $3 AND log = (SELECT id FROM log WHERE origin = $4)`, file, db.Micros(tx.Now), size, origin)
	return size, file, err
}

// Told notes that partner has our cosignature of its log up to size.
func (l *Links) Told(ctx context.Context, partner string, size int64) error {
	return l.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE log SET told = $1 WHERE origin = $2 AND told < $1`, size, exchange.Origin(partner, l.self.Party))
		return err
	})
}

// Due says whether there is reason to send to partner: something waits, something is not cosigned, a cosignature or an
// answer is owed, or this node asks after a restore. Two idle nodes have none.
func (l *Links) Due(ctx context.Context, partner string) (bool, error) { return l.due(ctx, partner, 1) }

// DueBesideWord says so of everything but a cosignature that is owed: an answer under way carries it.
func (l *Links) DueBesideWord(ctx context.Context, partner string) (bool, error) {
	return l.due(ctx, partner, 0)
}

func (l *Links) due(ctx context.Context, partner string, word int64) (due bool, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		asks, err := question(ctx, tx, partner)
		if due = asks != ""; due || err != nil {
			return err
		}
		var one int
		due, err = tx.Row(ctx, `SELECT 1 WHERE EXISTS (SELECT 1 FROM outbox WHERE partner = $2 AND `+mayLeave+`)
			OR EXISTS (SELECT 1 FROM log WHERE origin = $3 AND (size > delivered OR asked IS NOT NULL))
			OR EXISTS (SELECT 1 FROM log WHERE origin = $4 AND (size > told AND $5 = 1 OR asks IS NOT NULL))`,
			[]any{db.Micros(tx.Now), partner, exchange.Origin(l.self.Party, partner), exchange.Origin(partner, l.self.Party), word}, &one)
		return err
	})
	return due, err
}
