package link

import (
	"context"
	"time"

	"accord/exchange"
	"accord/internal/db"
)

// A Line is one entry as a list shows it: in the outbox, left, or come.
type Line struct {
	Writer     string
	Index      int64 // -1 while it waits
	ID         string
	Kind       string
	Instrument string
	Clause     string
	Subject    string
	Rows       int
	Time       time.Time // when it left; since when it waits
	Size       int64
	Delivered  bool   // cosigned by the mirror; then there is a receipt
	Aside      string // why it is set aside here; empty when it is applied
	Erased     bool   // its body is gone
	Held       string // why it does not leave with the next bundle, while it waits
}

// Direction is the state of one log of a link.
type Direction struct {
	Writer    string
	Size      int64
	Delivered int64
	Waiting   int64     // in our outbox; 0 for the partner's direction
	At        time.Time // of the newest cosignature; zero when there is none
	Lines     []Line    // newest first: what waits, then by position
}

// Overview returns both directions of the link with partner, ours first, with the newest entries of each.
func (l *Links) Overview(ctx context.Context, partner string, limit int) (out [2]Direction, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		for i, writer := range []string{l.self.Party, partner} {
			other := partner
			if i == 1 {
				other = l.self.Party
			}
			d, err := find(ctx, tx, exchange.Origin(writer, other))
			if err != nil {
				return err
			}
			out[i] = Direction{Writer: writer, Size: d.size, Delivered: d.delivered}
			if out[i].At, err = cosignedAt(ctx, tx, d); err != nil {
				return err
			}
			if i == 0 {
				if out[i].Lines, err = waiting(ctx, tx, writer, partner, limit); err != nil {
					return err
				}
			}
			left, err := lines(ctx, tx, d, writer, limit)
			if err != nil {
				return err
			}
			out[i].Lines = append(out[i].Lines, left...)
		}
		_, err := tx.Row(ctx, `SELECT COUNT(*) FROM outbox WHERE partner = $1`, []any{partner}, &out[0].Waiting)
		return err
	})
	return out, err
}

func cosignedAt(ctx context.Context, tx *db.Tx, d direction) (time.Time, error) {
	var at int64
	found, err := tx.Row(ctx, `SELECT at FROM cosigned WHERE log = $1 ORDER BY size DESC LIMIT 1`, []any{d.id}, &at)
	if err != nil || !found {
		return time.Time{}, err
	}
	return db.Time(at), nil
}

// waiting lists the outbox, what will leave last first.
func waiting(ctx context.Context, tx *db.Tx, writer, partner string, limit int) (out []Line, err error) {
	err = tx.Rows(ctx, `SELECT id, kind, instrument, clause, subject, rows, since, LENGTH(body) FROM outbox
		WHERE partner = $1 ORDER BY control, seq DESC LIMIT $2`, []any{partner, limit}, func(r db.Scanner) error {
		e := Line{Writer: writer, Index: -1}
		var since int64
		err := r.Scan(&e.ID, &e.Kind, &e.Instrument, &e.Clause, &e.Subject, &e.Rows, &since, &e.Size)
		e.Time = db.Time(since)
		out = append(out, e)
		return err
	})
	return out, err
}

func lines(ctx context.Context, tx *db.Tx, d direction, writer string, limit int) (out []Line, err error) {
	err = tx.Rows(ctx, `SELECT `+lineColumns+` FROM entry WHERE log = $1 ORDER BY idx DESC LIMIT $2`, []any{d.id, limit}, func(r db.Scanner) error {
		e, err := scanLine(r, d, writer)
		out = append(out, e)
		return err
	})
	return out, err
}

// A Delivery counts what was delivered of one dataset under one clause in one month, by one writer.
type Delivery struct {
	Instrument, Clause, Subject string
	Writer                      string
	Month                       string // YYYY-MM in UTC
	Entries                     int64
	First, Last                 time.Time
	Known                       time.Time // when the first of them was stored here
}

// Deliveries counts delivered entries of a kind by clause, dataset, writer and month.
func Deliveries(ctx context.Context, tx *db.Tx, kind exchange.Kind) ([]Delivery, error) {
	byMonth := map[[5]string]*Delivery{}
	var order []*Delivery
	err := tx.Rows(ctx, `SELECT g.writer, e.instrument, e.clause, e.subject, e.time / 86400000000, COUNT(*), MIN(e.time), MAX(e.time), MIN(e.stored)
		FROM entry e JOIN log g ON g.id = e.log
		WHERE e.kind = $1 AND e.idx < g.delivered AND e.aside = '' GROUP BY g.writer, e.instrument, e.clause, e.subject, e.time / 86400000000
		ORDER BY 5, 1, 2, 3, 4`, []any{string(kind)}, func(r db.Scanner) error {
		var d Delivery
		var day, first, last, known int64
		if err := r.Scan(&d.Writer, &d.Instrument, &d.Clause, &d.Subject, &day, &d.Entries, &first, &last, &known); err != nil {
			return err
		}
		d.First, d.Last, d.Known = db.Time(first), db.Time(last), db.Time(known)
		d.Month = d.First.Format("2006-01")
		key := [5]string{d.Writer, d.Instrument, d.Clause, d.Subject, d.Month}
		if old := byMonth[key]; old != nil {
			old.Entries, old.Last = old.Entries+d.Entries, d.Last
			return nil
		}
		byMonth[key] = &d
		order = append(order, &d)
		return nil
	})
	out := make([]Delivery, len(order))
	for i, d := range order {
		out[i] = *d
	}
	return out, err
}

// A Crossed says how much of one subject has crossed under a clause.
type Crossed struct {
	Writer    string
	Entries   int64
	Rows      int64
	Delivered int64 // of the entries, how many the reader has cosigned
	Last      time.Time
}

// Carried counts the entries of a kind of subject under a clause, a line for each writer that has sent any.
func Carried(ctx context.Context, tx *db.Tx, instrument, clause string, kind exchange.Kind, subject string) (out []Crossed, err error) {
	err = tx.Rows(ctx, `SELECT g.writer, COUNT(*), SUM(e.rows), SUM(CASE WHEN e.idx < g.delivered THEN 1 ELSE 0 END), MAX(e.time)
		FROM entry e JOIN log g ON g.id = e.log WHERE e.instrument = $1 AND e.clause = $2 AND e.kind = $3 AND e.subject = $4 GROUP BY g.writer ORDER BY g.writer`,
		[]any{instrument, clause, string(kind), subject}, func(r db.Scanner) error {
			var l Crossed
			var last int64
			err := r.Scan(&l.Writer, &l.Entries, &l.Rows, &l.Delivered, &last)
			l.Last = db.Time(last)
			out = append(out, l)
			return err
		})
	return out, err
}

// A Place is where an entry is: whose log, at which position, and whether there is a receipt for it.
type Place struct {
	Writer    string
	Index     int64
	Clause    string
	Time      time.Time
	Delivered bool
}

// PlaceOf finds the entry at a position of a log by its number; false when it is not there.
func PlaceOf(ctx context.Context, tx *db.Tx, log, index int64) (p Place, found bool, err error) {
	var at int64
	var delivered int
	found, err = tx.Row(ctx, `SELECT g.writer, e.idx, e.instrument || ' ' || e.clause, e.time, CASE WHEN e.idx < g.delivered THEN 1 ELSE 0 END
		FROM entry e JOIN log g ON g.id = e.log WHERE e.log = $1 AND e.idx = $2`, []any{log, index}, &p.Writer, &p.Index, &p.Clause, &at, &delivered)
	p.Time, p.Delivered = db.Time(at), delivered > 0
	return p, found, err
}

// LeftSince calls f with the body of the first entries of a writer that were made for a subject since a time, the oldest first, at
// most limit.
func LeftSince(ctx context.Context, tx *db.Tx, writer string, kind exchange.Kind, subject, instrument, clause string, since time.Time, limit int, f func(p Place, body []byte) error) error {
	return tx.Rows(ctx, `SELECT e.idx, e.time, CASE WHEN e.idx < g.delivered THEN 1 ELSE 0 END, e.body FROM entry e JOIN log g ON g.id = e.log
		WHERE e.instrument = $1 AND e.clause = $2 AND e.kind = $3 AND e.time >= $4 AND e.subject = $5 AND g.writer = $6 AND e.body IS NOT NULL ORDER BY e.time, e.idx LIMIT $7`,
		[]any{instrument, clause, string(kind), db.Micros(since), subject, writer, limit}, func(r db.Scanner) error {
			p := Place{Writer: writer, Clause: instrument + " " + clause}
			var at int64
			var delivered int
			var body []byte
			if err := r.Scan(&p.Index, &at, &delivered, &body); err != nil {
				return err
			}
			p.Time, p.Delivered = db.Time(at), delivered > 0
			return f(p, body)
		})
}
