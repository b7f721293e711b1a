package flow

import (
	"context"
	"fmt"

	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/instrument"
	"accord/internal/link"
)

// aboutDocument sets what a release of a document is about, and how many must approve it.
func (f *Flow) aboutDocument(ctx context.Context, tx *db.Tx, w *waiting) error {
	d, err := document.Announcement(w.body)
	if err != nil {
		return err
	}
	w.Title = d.Title
	in, err := instrument.Get(ctx, tx, w.Instrument)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if c := in.Clause(w.Clause); c != nil {
		_, w.Approvals = (instrument.Ground{Instrument: in, Clause: c}).Grade()
	}
	return nil
}

// approveDocument lets a document leave when as many have approved it as its clause asks for. What leaves is what was shown:
// the announcement is stored with the release, and it names every byte of the file by hash.
func (f *Flow) approveDocument(ctx context.Context, tx *db.Tx, w *waiting) (ReleaseState, error) {
	refuse := func(why string) error {
		return fault.New(fault.Refused, fmt.Sprintf("release %d", w.ID), why, "refuse it, with this as the reason")
	}
	k, err := document.Get(ctx, tx, w.Document)
	if err != nil {
		return "", err
	}
	if k.State != document.Waiting || string(k.Head) != string(w.body) {
		return "", refuse("the document is not the one that was shown")
	}
	if err := f.mayLeave(ctx, tx, k); err != nil {
		return "", err
	}
	if due, err := date.ParseDay(k.Due); k.Due != "" && err == nil && due.Before(date.Of(tx.Now)) {
		return "", refuse("the day by which it asks for an answer is over")
	}
	if w.approved() < w.Approvals {
		return Waiting, nil
	}
	if err := document.Move(ctx, tx, w.Document, document.Waiting, document.Leaving, ""); err != nil {
		return "", err
	}
	return Approved, f.announceDocument(ctx, tx, k)
}

// refuseDocument keeps a document from leaving for ever.
func (f *Flow) refuseDocument(ctx context.Context, tx *db.Tx, id, why string) error {
	if err := document.Clear(ctx, tx, id); err != nil {
		return err
	}
	return document.Move(ctx, tx, id, document.Waiting, document.Refused, why)
}

// withdrawRelease takes a document away from the persons it waits for.
func (f *Flow) withdrawRelease(ctx context.Context, tx *db.Tx, id, person, why string) error {
	var release int64
	found, err := tx.Row(ctx, `UPDATE release SET state = $1 WHERE document = $2 AND state = $3 RETURNING id`, []any{string(Recalled), id, string(Waiting)}, &release)
	if err != nil || !found {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO release_word (release, person, word, why, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (release, person) DO UPDATE SET word = excluded.word, why = excluded.why, at = excluded.at`,
		release, person, string(Recalled), why, db.Micros(tx.Now))
	return err
}

// documentsAgain notes what an entry of this node that belongs to a document did here, when a partner gives it back after a
// restore.
func (f *Flow) documentsAgain(ctx context.Context, tx *db.Tx, came *link.Came) error {
	h := &came.Header
	switch h.Kind {
	case exchange.KindPart:
		return document.PartAgain(ctx, tx, came.Partner, h.Instrument, h.Clause, h.ID, came.Body)
	case exchange.KindOpened:
		o, err := exchange.ParseOpened(came.Body)
		if err == nil {
			if _, err = document.Get(ctx, tx, o.Document); err == nil {
				_, err = document.Open(ctx, tx, o.Document, o.Unit, "", h.Time)
			}
		}
		return err
	}
	d, err := exchange.ParseDocument(came.Body)
	if err != nil {
		return err
	}
	came.Subject, came.Rows = d.Title, 1
	if _, err := tx.Exec(ctx, `UPDATE release SET state = $1 WHERE document = $2 AND state = $3`, string(Approved), d.Document, string(Waiting)); err != nil {
		return err
	}
	return document.Again(ctx, tx, &document.Kept{Document: *d, Head: came.Body, Sender: f.self, Partner: came.Partner,
		Instrument: h.Instrument, Clause: h.Clause, Entry: h.ID})
}

// ReleaseOf is the release that a document waits in; 0 when it waits in none.
func (f *Flow) ReleaseOf(ctx context.Context, document string) (id int64, err error) {
	err = f.db.View(ctx, func(tx *db.Tx) error {
		_, err := tx.Row(ctx, `SELECT id FROM release WHERE document = $1 AND state = 'waiting'`, []any{document}, &id)
		return err
	})
	return id, err
}
