package link

import (
	"context"
	"fmt"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
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

// Content returns an entry of a partner that is set aside, with its body.
func (l *Links) Content(ctx context.Context, writer string, index int64) (e *Kept, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		d, err := find(ctx, tx, exchange.Origin(writer, l.self.Party))
		if err != nil {
			return err
		}
		kept, err := l.readKept(ctx, tx, d, index)
		if err == nil && (len(kept) == 0 || kept[0].Aside == "") {
			err = fault.New(fault.NotFound, "entry", fmt.Sprintf("entry %d of %s is not set aside here", index, writer), "see what is: accord aside list")
		}
		if err != nil {
			return err
		}
		e = &kept[0]
		e.Erased = e.Salt == nil
		return nil
	})
	return e, err
}

// Retry applies once more, in their order, the entries under an instrument that are set aside: after its text was
// registered, or a reason was mended. An empty instrument means all. What is set aside again has the new reason.
func (l *Links) Retry(ctx context.Context, tx *db.Tx, instrument string) (applied, aside int, err error) {
	return l.retrySome(ctx, tx, asides{instrument: instrument})
}

// retryLink applies once more what is set aside of both logs with a partner: after a restore an entry may have come before
// the one it speaks of was given back, or the other way round. One that is applied may be what another waits for.
func (l *Links) retryLink(ctx context.Context, tx *db.Tx, partner string) error {
	for {
		if applied, _, err := l.retrySome(ctx, tx, asides{partner: partner}); err != nil || applied == 0 {
			return err
		}
	}
}

// asides says which of the entries that are set aside are meant: all where nothing is named.
type asides struct{ instrument, partner string }

func (l *Links) retrySome(ctx context.Context, tx *db.Tx, which asides) (applied, aside int, err error) {
	var log, index int64 = 0, -1
	for {
		again, err := someAside(ctx, tx, which, log, index, perLook)
		if err != nil || len(again) == 0 {
			return applied, aside, err
		}
		for _, c := range again {
			log, index = c.Log, c.Index
			reason, err := l.retry(ctx, tx, c)
			if err != nil {
				return applied, aside, err
			}
			if reason == "" {
				applied++
			} else {
				aside++
			}
		}
	}
}

// someAside returns some entries that are set aside, those after one of them: bodies may be large.
func someAside(ctx context.Context, tx *db.Tx, which asides, log, index int64, limit int) (out []*Came, err error) {
	bytes := 0
	err = tx.Rows(ctx, `SELECT g.writer, g.partner, e.log, e.idx, e.header, e.salt, e.body FROM entry e JOIN log g ON g.id = e.log
		WHERE e.aside <> '' AND ($1 = '' OR e.instrument = $1) AND (e.log > $2 OR e.log = $2 AND e.idx > $3) AND ($5 = '' OR g.partner = $5)
		ORDER BY e.log, e.idx LIMIT $4`, []any{which.instrument, log, index, limit, which.partner}, func(r db.Scanner) error {
		c := &Came{Entry: new(exchange.Entry)}
		if err := r.Scan(&c.From, &c.Partner, &c.Log, &c.Index, &c.Raw, &c.Salt, &c.Body); err != nil {
			return err
		}
		h, err := exchange.ParseHeader(c.Raw)
		if err != nil {
			return fmt.Errorf("stored entry %d of %s: %w", c.Index, c.From, err)
		}
		c.Header, c.Erased = *h, c.Salt == nil
		out = append(out, c)
		if bytes += len(c.Body); bytes > bytesPerLook {
			return db.ErrStop
		}
		return nil
	})
	return out, err
}

// retry applies one entry and notes what came of it: the reason when it is set aside again.
func (l *Links) retry(ctx context.Context, tx *db.Tx, c *Came) (reason string, err error) {
	apply := l.apply
	if c.From == l.self.Party {
		apply = l.reapply
	}
	why, err := apply(ctx, tx, c)
	if err != nil {
		return "", err
	}
	if why != nil {
		reason = storable(why.Error())
	}
	_, err = tx.Exec(ctx, `UPDATE entry SET aside = $1, subject = $2, rows = $3 WHERE log = $4 AND idx = $5`, reason, c.Subject, c.Rows, c.Log, c.Index)
	return reason, err
}

// RetryEach applies once more everything that is set aside, each entry in a transaction of its own: after an update this
// program may know what the one before did not.
func (l *Links) RetryEach(ctx context.Context) (applied int, err error) {
	type place struct{ log, index int64 }
	var places []place
	err = l.db.View(ctx, func(tx *db.Tx) error {
		return tx.Rows(ctx, `SELECT log, idx FROM entry WHERE aside <> '' ORDER BY log, idx`, nil, func(r db.Scanner) error {
			var p place
			err := r.Scan(&p.log, &p.index)
			places = append(places, p)
			return err
		})
	})
	for _, p := range places {
		if err != nil {
			break
		}
		done := 0
		err = l.db.Update(ctx, func(tx *db.Tx) error {
			done = 0
			some, err := someAside(ctx, tx, asides{}, p.log, p.index-1, 1)
			if err != nil || len(some) == 0 || some[0].Log != p.log || some[0].Index != p.index {
				return err // another process has done it meanwhile
			}
			reason, err := l.retry(ctx, tx, some[0])
			if reason == "" {
				done = 1
			}
			return err
		})
		applied += done
	}
	return applied, err
}
