// Package link keeps the relation of this node with its partners: their cards, what waits to leave, what has left, what has
// come, and the proofs of it. It reads and writes bundles as bytes and dials nobody; carriers do that. What an entry
// means is not known here: Read hands each new one to an Apply.
package link

import (
	"context"
	"crypto/ed25519"
	"database/sql"

	"filippo.io/age"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
)

// A Self is what this node signs and opens with on its links.
type Self struct {
	Party   string
	Log     ed25519.PrivateKey
	Mirror  ed25519.PrivateKey
	Sealing []age.Identity // the present key first; older ones still open what was in flight

	// Where the city has had several cards: the keys of each, and all that open. Without them the fields above are all there is.
	Signing func(card *exchange.Card) (log, mirror ed25519.PrivateKey, err error)
	Opening func() []age.Identity
}

func (s *Self) signing(card *exchange.Card) (log, mirror ed25519.PrivateKey, err error) {
	if s.Signing != nil {
		return s.Signing(card)
	}
	return s.Log, s.Mirror, nil
}

func (s *Self) opening() []age.Identity {
	if s.Opening != nil {
		return s.Opening()
	}
	return s.Sealing
}

// Links are this node's links. They hold no state: any number of them may work on one database.
type Links struct {
	db      *db.DB
	self    Self
	apply   Apply
	reapply Apply                             // of our own entries that a partner gives back; nil where nothing follows from them
	told    func(direction string, err error) // of every bundle; never nil
}

// Tell has f told of every bundle that is read ("in") or written ("out") from now on, and how it failed. It is called before
// anything else is done with the links.
func (l *Links) Tell(f func(direction string, err error)) { l.told = f }

// An Apply carries out one entry that came, inside the transaction that stores it. It returns why the entry is set
// aside, or nil when it was applied. An error, unlike a reason, undoes the whole bundle.
type Apply func(ctx context.Context, tx *db.Tx, came *Came) (aside *fault.Fault, err error)

// Came is an entry that came from a partner, with its place in the partner's log.
type Came struct {
	From    string // who wrote it
	Partner string // the other city of the link
	Log     int64
	Index   int64
	*exchange.Entry

	Subject string // set by Apply: what the entry is about, for lists; the dataset of records
	Rows    int    // set by Apply: how many records it carries
}

// New returns the links of self.
func New(d *db.DB, self Self, apply Apply) *Links {
	return &Links{db: d, self: self, apply: apply, told: func(string, error) {}}
}

// Reapply says what carries out again an entry of this node that a partner gives back after a restore.
func (l *Links) Reapply(again Apply) { l.reapply = again }

// Self is the party whose links these are.
func (l *Links) Self() string { return l.self.Party }

// A direction is one log of a link as stored.
type direction struct {
	id        int64
	origin    string
	writer    string
	partner   string
	size      int64
	delivered int64
	told      int64
	asked     sql.NullInt64 // from where the partner wants it again; null when it has all that is delivered
}

// from is the first entry that the partner does not have.
func (d *direction) from() int64 {
	if d.asked.Valid {
		return min(d.delivered, d.asked.Int64)
	}
	return d.delivered
}

// lock returns the log of writer on the link with partner, locked until the transaction ends, and makes it if absent.
// The lock is what gives entries their positions one after the other on every engine.
func lock(ctx context.Context, tx *db.Tx, writer, partner, origin string) (direction, error) {
	d := direction{origin: origin, writer: writer, partner: partner}
	for {
		found, err := tx.Row(ctx, `UPDATE log SET size = size WHERE origin = $1 RETURNING id, size, delivered, told, asked`,
			[]any{origin}, &d.id, &d.size, &d.delivered, &d.told, &d.asked)
		if err != nil || found {
			return d, err
		}
		id, err := tx.Next(ctx, "log", 1)
		if err != nil {
			return d, err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO log (id, origin, writer, partner, size, delivered, told) VALUES ($1, $2, $3, $4, 0, 0, 0)
			ON CONFLICT (origin) DO NOTHING`, id, origin, writer, partner); err != nil {
			return d, err
		}
	}
}

func (l *Links) lockOurs(ctx context.Context, tx *db.Tx, partner string) (direction, error) {
	return lock(ctx, tx, l.self.Party, partner, exchange.Origin(l.self.Party, partner))
}

func (l *Links) lockTheirs(ctx context.Context, tx *db.Tx, partner string) (direction, error) {
	return lock(ctx, tx, partner, partner, exchange.Origin(partner, l.self.Party))
}

// Pause keeps entries under an instrument from getting a position towards partner, from the moment the transaction
// commits: the log's row is locked, so that none is getting one now. Actions on the text still go.
func (l *Links) Pause(ctx context.Context, tx *db.Tx, partner, instrument string) error {
	if _, err := l.lockOurs(ctx, tx, partner); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO paused (partner, instrument) VALUES ($1, $2) ON CONFLICT (partner, instrument) DO NOTHING`, partner, instrument)
	return err
}

// Unpause lets them go on, from the next position.
func (l *Links) Unpause(ctx context.Context, tx *db.Tx, partner, instrument string) error {
	if _, err := l.lockOurs(ctx, tx, partner); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM paused WHERE partner = $1 AND instrument = $2`, partner, instrument)
	return err
}

// mayLeave is the condition on outbox rows that are neither paused nor, by the time that stands as its first argument,
// under what has ended. That a document was opened which came before the end may be said after it, for it carries nothing out;
// a pause holds it as all else.
const mayLeave = `(outbox.control = 1 OR NOT EXISTS (SELECT 1 FROM paused p WHERE p.partner = outbox.partner AND p.instrument = outbox.instrument)
	AND (outbox.of_party = '' OR NOT EXISTS (SELECT 1 FROM paused p WHERE p.partner = outbox.of_party AND p.instrument = outbox.of_instrument))
	AND (outbox.kind = 'opened' OR NOT ` + isClosed + `))`

// find returns a log without locking it; a log that does not exist yet is empty.
func find(ctx context.Context, tx *db.Tx, origin string) (direction, error) {
	d := direction{origin: origin}
	_, err := tx.Row(ctx, `SELECT id, writer, partner, size, delivered, told FROM log WHERE origin = $1`,
		[]any{origin}, &d.id, &d.writer, &d.partner, &d.size, &d.delivered, &d.told)
	return d, err
}

// Partners returns the other cities whose cards are known here.
func (l *Links) Partners(ctx context.Context) (parties []string, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		parties, err = partners(ctx, tx, l.self.Party)
		return err
	})
	return parties, err
}

func partners(ctx context.Context, tx *db.Tx, self string) (parties []string, err error) {
	err = tx.Rows(ctx, `SELECT DISTINCT party FROM card WHERE party <> $1 ORDER BY party`, []any{self}, func(r db.Scanner) error {
		var p string
		err := r.Scan(&p)
		parties = append(parties, p)
		return err
	})
	return parties, err
}

// Foreign says whether the database is another city's: it writes to us, or it was never given a card of ours.
func (l *Links) Foreign(ctx context.Context) (foreign bool, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		var one int
		foreign, err = tx.Row(ctx, `SELECT 1 WHERE EXISTS (SELECT 1 FROM log WHERE partner = $1)
			OR EXISTS (SELECT 1 FROM card) AND NOT EXISTS (SELECT 1 FROM card WHERE party = $1)`, []any{l.self.Party}, &one)
		return err
	})
	return foreign, err
}
