package link

import (
	"context"
	"slices"
	"time"

	"accord/internal/db"
)

// Traffic is what crosses under one clause, in both directions and on every link of this node.
type Traffic struct {
	Waiting     int64 // content in the outbox
	Since       time.Time
	Left        int64 // content of ours that has a position
	Delivered   int64 // and was cosigned
	LastLeft    time.Time
	LastSent    time.Time // when the last that was delivered had left
	Came        int64     // content of partners
	LastCame    time.Time
	Aside       int64 // of what came: not applied
	Lines       []Line
	Unconfirmed int64 // of ours: left and not cosigned
}

// content are the kinds of entries that carry what a clause lets out; the others speak about it.
const content = `('records', 'observations', 'document')`

// Under returns what crosses under a clause, with the newest entries of every kind.
func Under(ctx context.Context, tx *db.Tx, self, instrument, clause string, limit int) (t Traffic, err error) {
	var since int64
	if _, err := tx.Row(ctx, `SELECT COUNT(*), COALESCE(MIN(since), 0) FROM outbox WHERE instrument = $1 AND clause = $2 AND kind IN `+content,
		[]any{instrument, clause}, &t.Waiting, &since); err != nil {
		return t, err
	}
	if t.Waiting > 0 {
		t.Since = db.Time(since)
	}
	err = tx.Rows(ctx, `SELECT g.writer, CASE WHEN e.idx < g.delivered THEN 1 ELSE 0 END, COUNT(*), MAX(e.time), SUM(CASE WHEN e.aside = '' THEN 0 ELSE 1 END)
		FROM entry e JOIN log g ON g.id = e.log WHERE e.instrument = $1 AND e.clause = $2 AND e.kind IN `+content+` GROUP BY 1, 2`,
		[]any{instrument, clause}, func(r db.Scanner) error {
			var writer string
			var delivered int
			var n, last, aside int64
			err := r.Scan(&writer, &delivered, &n, &last, &aside)
			t.add(writer == self, delivered == 1, n, db.Time(last), aside)
			return err
		})
	if err != nil {
		return t, err
	}
	t.Lines, err = linesUnder(ctx, tx, self, instrument, clause, limit)
	return t, err
}

func (t *Traffic) add(ours, delivered bool, n int64, last time.Time, aside int64) {
	if !ours {
		t.Came, t.Aside, t.LastCame = t.Came+n, t.Aside+aside, later(t.LastCame, last)
		return
	}
	t.Left, t.LastLeft = t.Left+n, later(t.LastLeft, last)
	if delivered {
		t.Delivered, t.LastSent = t.Delivered+n, later(t.LastSent, last)
	} else {
		t.Unconfirmed += n
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// linesUnder are the newest entries: what waits first, then by the time at which they left.
func linesUnder(ctx context.Context, tx *db.Tx, self, instrument, clause string, limit int) (out []Line, err error) {
	err = tx.Rows(ctx, `SELECT id, kind, subject, rows, since, LENGTH(body) FROM outbox WHERE instrument = $1 AND clause = $2 AND kind <> 'part' ORDER BY control, seq DESC LIMIT $3`,
		[]any{instrument, clause, limit}, func(r db.Scanner) error {
			e := Line{Writer: self, Index: -1, Instrument: instrument, Clause: clause}
			var since int64
			err := r.Scan(&e.ID, &e.Kind, &e.Subject, &e.Rows, &since, &e.Size)
			e.Time = db.Time(since)
			out = append(out, e)
			return err
		})
	if err != nil {
		return nil, err
	}
	err = tx.Rows(ctx, `SELECT g.writer, e.idx, e.id, e.kind, e.subject, e.rows, e.time, COALESCE(LENGTH(e.body), 0), e.aside,
		CASE WHEN e.salt IS NULL THEN 1 ELSE 0 END, CASE WHEN e.idx < g.delivered THEN 1 ELSE 0 END
		FROM entry e JOIN log g ON g.id = e.log WHERE e.instrument = $1 AND e.clause = $2 AND e.kind <> 'part' ORDER BY e.time DESC, e.log, e.idx DESC LIMIT $3`,
		[]any{instrument, clause, limit}, func(r db.Scanner) error {
			e := Line{Instrument: instrument, Clause: clause}
			var at int64
			var erased, delivered int
			err := r.Scan(&e.Writer, &e.Index, &e.ID, &e.Kind, &e.Subject, &e.Rows, &at, &e.Size, &e.Aside, &erased, &delivered)
			e.Time, e.Erased, e.Delivered = db.Time(at), erased == 1, delivered == 1
			out = append(out, e)
			return err
		})
	return slices.Clip(out), err
}
