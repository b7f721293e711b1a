package link

import (
	"context"
	"time"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
)

// Carriers, as a status names them.
const (
	ByHTTPS = "https"
	ByFile  = "file"
)

// A Status says how the link with one partner stands.
type Status struct {
	Partner string `json:"partner"`
	Waits   bool   `json:"waits"` // for the partner's word after a restore: nothing gets a position

	Ours   Side `json:"ours"`   // what this city says
	Theirs Side `json:"theirs"` // what the partner says

	Aside int64 `json:"aside"` // entries of the partner that are not applied

	LastOK  *time.Time `json:"last_ok"` // when a bundle of the partner was last read
	Carrier string     `json:"carrier"` // by what it came
	Failure *Failure   `json:"failure"` // the last attempt to reach the partner, when it failed
	Sender  string     `json:"sender"`  // the process that sends to it

	Contradictions []Contradiction `json:"contradictions"`
}

// A Side is one direction of a link.
type Side struct {
	Size      int64 `json:"size"`
	Delivered int64 `json:"delivered"`
	Waiting   int64 `json:"waiting"` // in the outbox

	At *time.Time `json:"at"` // when the newest cosignature was given
}

// A Failure is an attempt that came to nothing.
type Failure struct {
	At    time.Time  `json:"at"`
	Kind  string     `json:"kind"`
	Why   string     `json:"why"`
	Tries int64      `json:"tries"` // since it last went well
	Next  *time.Time `json:"next"`  // when it is tried again
}

// A Contradiction is the proof that a city signed two histories: two of its checkpoints, or one of ours that our log never had.
type Contradiction struct {
	Found  time.Time `json:"found"`
	Why    string    `json:"why"`
	Before string    `json:"before"` // the cosigned checkpoint that holds here
	Signed string    `json:"signed"` // the one that contradicts it
}

// Status says how every link stands.
func (l *Links) Status(ctx context.Context) (out []Status, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		out = nil
		parties, err := partners(ctx, tx, l.self.Party)
		if err != nil {
			return err
		}
		for _, p := range parties {
			s, err := l.status(ctx, tx, p)
			if err != nil {
				return err
			}
			out = append(out, s)
		}
		return nil
	})
	return out, err
}

func (l *Links) status(ctx context.Context, tx *db.Tx, partner string) (s Status, err error) {
	s = Status{Partner: partner, Contradictions: []Contradiction{}}
	asks, err := question(ctx, tx, partner)
	if err != nil {
		return s, err
	}
	s.Waits = asks != ""
	for origin, side := range map[string]*Side{exchange.Origin(l.self.Party, partner): &s.Ours, exchange.Origin(partner, l.self.Party): &s.Theirs} {
		d, err := find(ctx, tx, origin)
		if err != nil {
			return s, err
		}
		side.Size, side.Delivered = d.size, d.delivered
		at, err := cosignedAt(ctx, tx, d)
		if err != nil {
			return s, err
		}
		if !at.IsZero() {
			side.At = &at
		}
	}
	if _, err := tx.Row(ctx, `SELECT COUNT(*) FROM outbox WHERE partner = $1`, []any{partner}, &s.Ours.Waiting); err != nil {
		return s, err
	}
	if _, err := tx.Row(ctx, `SELECT COUNT(*) FROM entry e JOIN log g ON g.id = e.log WHERE g.writer = $1 AND e.aside <> ''`, []any{partner}, &s.Aside); err != nil {
		return s, err
	}
	if _, err := tx.Row(ctx, `SELECT holder FROM lease WHERE name = $1`, []any{"send " + partner}, &s.Sender); err != nil {
		return s, err
	}
	if err := s.attempts(ctx, tx); err != nil {
		return s, err
	}
	return s, tx.Rows(ctx, `SELECT found, why, before, signed FROM contradiction WHERE partner = $1 ORDER BY found`, []any{partner}, func(r db.Scanner) error {
		var c Contradiction
		var at int64
		var before, signed []byte
		err := r.Scan(&at, &c.Why, &before, &signed)
		c.Found, c.Before, c.Signed = db.Time(at), string(before), string(signed)
		s.Contradictions = append(s.Contradictions, c)
		return err
	})
}

func (s *Status) attempts(ctx context.Context, tx *db.Tx) error {
	var ok, failed, next int64
	var f Failure
	if _, err := tx.Row(ctx, `SELECT ok, carrier, failed, kind, why, tries, next FROM attempt WHERE partner = $1`, []any{s.Partner},
		&ok, &s.Carrier, &failed, &f.Kind, &f.Why, &f.Tries, &next); err != nil {
		return err
	}
	moment := func(us int64) *time.Time {
		if us == 0 {
			return nil
		}
		t := db.Time(us)
		return &t
	}
	s.LastOK = moment(ok)
	if f.Tries > 0 {
		f.At, f.Next = db.Time(failed), moment(next)
		s.Failure = &f
	}
	return nil
}

// went notes that a bundle of a partner was read.
func went(ctx context.Context, tx *db.Tx, partner, carrier string) error {
	_, err := tx.Exec(ctx, `INSERT INTO attempt (partner, ok, carrier, failed, kind, why, tries, next) VALUES ($1, $2, $3, 0, '', '', 0, 0)
		ON CONFLICT (partner) DO UPDATE SET ok = excluded.ok, carrier = excluded.carrier`, partner, db.Micros(tx.Now), carrier)
	return err
}

// Reached notes that the partner was reached again after attempts that failed.
func (l *Links) Reached(ctx context.Context, partner string) error {
	return l.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE attempt SET tries = 0, next = 0 WHERE partner = $1 AND tries > 0`, partner)
		return err
	})
}

// Failed notes an attempt to reach the partner that failed, and after what pause it is tried again, so that whoever asks,
// here or after a restart, sees it.
func (l *Links) Failed(ctx context.Context, partner string, why error, pause time.Duration) error {
	return l.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO attempt (partner, ok, carrier, failed, kind, why, tries, next) VALUES ($1, 0, '', $2, $3, $4, 1, $5)
			ON CONFLICT (partner) DO UPDATE SET failed = excluded.failed, kind = excluded.kind, why = excluded.why, tries = attempt.tries + 1, next = excluded.next`,
			partner, db.Micros(tx.Now), string(fault.KindOf(why)), storable(clip(why.Error())), db.Micros(tx.Now.Add(pause)))
		return err
	})
}

// clip bounds what is kept of an error.
func clip(s string) string {
	if r := []rune(s); len(r) > 500 {
		return string(r[:500]) + "…"
	}
	return s
}
