package link

import (
	"context"
	"time"

	"accord/exchange"
	"accord/internal/db"
)

// isClosed is the condition on outbox rows that stand under a text or a clause whose end is not after the first argument.
const isClosed = `(EXISTS (SELECT 1 FROM closed c WHERE c.partner = outbox.partner AND c.instrument = outbox.instrument
	AND (c.clause = '' OR c.clause = outbox.clause) AND c.since <= $1)
	OR outbox.of_party <> '' AND EXISTS (SELECT 1 FROM closed c WHERE c.partner = outbox.of_party AND c.instrument = outbox.of_instrument
	AND (c.clause = '' OR c.clause = outbox.of_clause) AND c.since <= $1))`

// Close says from when on nothing under a text, or one clause of it, gets a position towards partner; the zero time takes
// that back. What is said about the text itself still goes.
func Close(ctx context.Context, tx *db.Tx, partner, instrument, clause string, since time.Time) error {
	if since.IsZero() {
		_, err := tx.Exec(ctx, `DELETE FROM closed WHERE partner = $1 AND instrument = $2 AND clause = $3`, partner, instrument, clause)
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO closed (partner, instrument, clause, since) VALUES ($1, $2, $3, $4)
		ON CONFLICT (partner, instrument, clause) DO UPDATE SET since = excluded.since`, partner, instrument, clause, db.Micros(since))
	return err
}

// isTaken is the condition on outbox rows that are taken back because what they stand under has ended. What a city has said
// of an event is not: it waits, and leaves should the text be renewed, so that a version never goes without the one before. Word
// that a document was opened is not taken back either: it leaves.
const isTaken = `control = 0 AND kind NOT IN ('claim', 'word', 'opened') AND ` + isClosed

// Closed says whether something waits in the outbox that may not leave any more.
func Closed(ctx context.Context, tx *db.Tx) (bool, error) {
	var one int
	return tx.Row(ctx, `SELECT 1 FROM outbox WHERE `+isTaken+` LIMIT 1`, []any{db.Micros(tx.Now)}, &one)
}

// TakeClosed takes out of the outbox what may not leave any more, notes it as not sent, and returns it.
func TakeClosed(ctx context.Context, tx *db.Tx) ([]Waiting, error) {
	return takeBack(ctx, tx, "it has ended", isTaken, db.Micros(tx.Now))
}

// takeBack takes what a condition names out of the outbox and notes it as not sent.
func takeBack(ctx context.Context, tx *db.Tx, why, which string, args ...any) (out []Waiting, err error) {
	var since []int64
	err = tx.Rows(ctx, `SELECT id, partner, kind, instrument, clause, unit, subject, rows, body, since FROM outbox WHERE `+which+` ORDER BY seq`, args, func(r db.Scanner) error {
		var w Waiting
		var kind string
		var at int64
		err := r.Scan(&w.ID, &w.Partner, &kind, &w.Instrument, &w.Clause, &w.Unit, &w.Subject, &w.Rows, &w.Body, &at)
		w.Kind = exchange.Kind(kind)
		out, since = append(out, w), append(since, at)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, w := range out {
		if _, err := tx.Exec(ctx, `INSERT INTO unsent (id, partner, kind, instrument, clause, subject, rows, since, dropped, why)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, w.ID, w.Partner, string(w.Kind), w.Instrument, w.Clause, w.Subject, w.Rows, since[i], db.Micros(tx.Now), why); err != nil {
			return nil, err
		}
	}
	return out, dropWaiting(ctx, tx, out)
}

// An Unsent is something that waited to leave and was taken back.
type Unsent struct {
	ID         string    `json:"id"`
	Partner    string    `json:"partner"`
	Kind       string    `json:"kind"`
	Instrument string    `json:"instrument"`
	Clause     string    `json:"clause"`
	Subject    string    `json:"subject"`
	Rows       int       `json:"rows"`
	Since      time.Time `json:"since"`
	Dropped    time.Time `json:"dropped"`
	Why        string    `json:"why"`
}

// Unsents lists what was taken back under an instrument, the oldest first.
func Unsents(ctx context.Context, tx *db.Tx, instrument string) (out []Unsent, err error) {
	err = tx.Rows(ctx, `SELECT id, partner, kind, instrument, clause, subject, rows, since, dropped, why FROM unsent WHERE instrument = $1 ORDER BY dropped, since, id`, []any{instrument}, func(r db.Scanner) error {
		var u Unsent
		var since, dropped int64
		err := r.Scan(&u.ID, &u.Partner, &u.Kind, &u.Instrument, &u.Clause, &u.Subject, &u.Rows, &since, &dropped, &u.Why)
		u.Since, u.Dropped = db.Time(since), db.Time(dropped)
		out = append(out, u)
		return err
	})
	return out, err
}

// A Said is an entry about a text, with its place in a log.
type Said struct {
	Writer  string
	Partner string // the other city, whoever writes
	Index   int64  // -1 while it waits
	ID      string
	Kind    exchange.Kind
	Clause  string
	Time    time.Time // when it left; since when it waits
	Proved  bool      // the mirror has cosigned it, so that there is a receipt
	Aside   string    // why it is not applied here
	Body    []byte
}

// SaidOf returns every entry of the control kinds under an instrument, in the order of time; what waits comes last.
func SaidOf(ctx context.Context, tx *db.Tx, self, instrument string) (out []Said, err error) {
	err = tx.Rows(ctx, `SELECT g.writer, g.partner, e.idx, e.id, e.kind, e.clause, e.time, e.idx < g.delivered, e.aside, e.body FROM entry e JOIN log g ON g.id = e.log
		WHERE e.instrument = $1 AND e.kind IN ('action', 'purge', 'purged') ORDER BY e.time, g.writer, e.idx`, []any{instrument}, func(r db.Scanner) error {
		var s Said
		var kind string
		var at int64
		err := r.Scan(&s.Writer, &s.Partner, &s.Index, &s.ID, &kind, &s.Clause, &at, &s.Proved, &s.Aside, &s.Body)
		s.Kind, s.Time = exchange.Kind(kind), db.Time(at)
		out = append(out, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = tx.Rows(ctx, `SELECT partner, id, kind, clause, since, body FROM outbox WHERE instrument = $1 AND kind IN ('action', 'purge', 'purged') ORDER BY seq`, []any{instrument}, func(r db.Scanner) error {
		s := Said{Writer: self, Index: -1}
		var kind string
		var at int64
		err := r.Scan(&s.Partner, &s.ID, &kind, &s.Clause, &at, &s.Body)
		s.Kind, s.Time = exchange.Kind(kind), db.Time(at)
		out = append(out, s)
		return err
	})
	return out, err
}

// PassesOn says whether something waits in the outbox that passes on records of a party which came under an instrument.
func PassesOn(ctx context.Context, tx *db.Tx, party, instrument string) (bool, error) {
	var one int
	return tx.Row(ctx, `SELECT 1 FROM outbox WHERE of_party = $1 AND of_instrument = $2 LIMIT 1`, []any{party, instrument}, &one)
}

// TakeBack takes out of the outbox what which says yes to, and notes it as not sent.
func TakeBack(ctx context.Context, tx *db.Tx, why string, which func(*Waiting) bool) (out []Waiting, err error) {
	var ids []string
	err = tx.Rows(ctx, `SELECT id, partner, kind, instrument, clause, subject, body FROM outbox ORDER BY seq`, nil, func(r db.Scanner) error {
		var w Waiting
		var kind string
		err := r.Scan(&w.ID, &w.Partner, &kind, &w.Instrument, &w.Clause, &w.Subject, &w.Body)
		if w.Kind = exchange.Kind(kind); err == nil && which(&w) {
			ids = append(ids, w.ID)
		}
		return err
	})
	for _, id := range ids {
		if err != nil {
			return nil, err
		}
		var one []Waiting
		one, err = takeBack(ctx, tx, why, `id = $1`, id)
		out = append(out, one...)
	}
	return out, err
}

// EachBody calls f with the bodies of entries of one kind about one subject under a clause that are not erased, the newest
// first, until it returns db.ErrStop.
func EachBody(ctx context.Context, tx *db.Tx, origin, instrument, clause string, kind exchange.Kind, subject string, f func(body []byte) error) error {
	return tx.Rows(ctx, `SELECT e.body FROM entry e JOIN log g ON g.id = e.log WHERE g.origin = $1 AND e.instrument = $2 AND e.clause = $3 AND e.kind = $4 AND e.subject = $5
		AND e.body IS NOT NULL ORDER BY e.time DESC, e.idx DESC`, []any{origin, instrument, clause, string(kind), subject}, func(r db.Scanner) error {
		var body []byte
		if err := r.Scan(&body); err != nil {
			return err
		}
		return f(body)
	})
}
