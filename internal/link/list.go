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
