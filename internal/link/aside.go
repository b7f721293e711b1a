package link

import (
	"context"
	"fmt"

	"accord/exchange"
	"accord/internal/db"
)

// A SetAside is an entry that was delivered and is not applied, with the reason.
type SetAside struct {
	Writer     string `json:"writer"`
	Index      int64  `json:"index"`
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	Instrument string `json:"instrument"`
	Clause     string `json:"clause"`
	Why        string `json:"why"`
}

// SetAsides lists what is set aside, the oldest first.
func (l *Links) SetAsides(ctx context.Context) (out []SetAside, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		return tx.Rows(ctx, `SELECT g.writer, e.idx, e.id, e.kind, e.instrument, e.clause, e.aside FROM entry e JOIN log g ON g.id = e.log
			WHERE e.aside <> '' ORDER BY g.writer, e.idx`, nil, func(r db.Scanner) error {
			var a SetAside
			err := r.Scan(&a.Writer, &a.Index, &a.ID, &a.Kind, &a.Instrument, &a.Clause, &a.Why)
			out = append(out, a)
			return err
		})
	})
	return out, err
}

// Retry applies once more, in their order, the entries under an instrument that are set aside: after its text was
// registered, or a reason was mended. An empty instrument means all. What is set aside again has the new reason.
func (l *Links) Retry(ctx context.Context, tx *db.Tx, instrument string) (applied, aside int, err error) {
	var again []*Came
	err = tx.Rows(ctx, `SELECT g.writer, g.partner, e.log, e.idx, e.header, e.salt, e.body FROM entry e JOIN log g ON g.id = e.log
		WHERE e.aside <> '' AND ($1 = '' OR e.instrument = $1) ORDER BY e.log, e.idx`, []any{instrument}, func(r db.Scanner) error {
		c := &Came{Entry: new(exchange.Entry)}
		if err := r.Scan(&c.From, &c.Partner, &c.Log, &c.Index, &c.Raw, &c.Salt, &c.Body); err != nil {
			return err
		}
		h, err := exchange.ParseHeader(c.Raw)
		if err != nil {
			return fmt.Errorf("stored entry %d of %s: %w", c.Index, c.From, err)
		}
		c.Header, c.Erased = *h, c.Salt == nil
		again = append(again, c)
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	for _, c := range again {
		apply := l.apply
		if c.From == l.self.Party {
			apply = l.reapply
		}
		why, err := apply(ctx, tx, c)
		if err != nil {
			return applied, aside, err
		}
		reason := ""
		if why != nil {
			reason = storable(why.Error())
			aside++
		} else {
			applied++
		}
		if _, err := tx.Exec(ctx, `UPDATE entry SET aside = $1, subject = $2, rows = $3 WHERE log = $4 AND idx = $5`, reason, c.Subject, c.Rows, c.Log, c.Index); err != nil {
			return applied, aside, err
		}
	}
	return applied, aside, nil
}
