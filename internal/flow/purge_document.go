package flow

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/link"
)

// eraseDocuments erases what is kept of documents whose announcements or parts stand in entries of a sender's log that are
// about to be erased: their titles, abstracts, names and bytes, wherever they stand.
func (f *Flow) eraseDocuments(ctx context.Context, tx *db.Tx, sender, partner string, bodies []link.Holding) error {
	gone, err := document.Erase(ctx, tx, sender, partner, bodies)
	if err != nil {
		return err
	}
	for _, g := range gone {
		if !g.Announced {
			continue
		}
		if err := link.ForgetTitle(ctx, tx, g.Partner, g.Instrument, g.Clause, g.Title); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE release SET body = $1 WHERE document = $2`, g.Remains, g.Document.Document); err != nil {
			return err
		}
	}
	return nil
}

// wholeDocuments wants every entry of a document of ours to be named that one of them belongs to, and keeps what of it has
// not left from leaving: nobody is to be left with a file without a name, or half of one.
func (f *Flow) wholeDocuments(ctx context.Context, tx *db.Tx, partner string, p *exchange.Purge, bodies []link.Holding, why string) error {
	named, err := document.Of(ctx, tx, f.self, partner, bodies)
	if err != nil {
		return err
	}
	for _, k := range named {
		indexes, err := f.entriesOf(ctx, tx, k)
		if err != nil {
			return err
		}
		for _, i := range indexes {
			if !p.Holds(i) {
				return fault.New(fault.Refused, "purge", fmt.Sprintf("entry %d belongs to document %s too", i, k.Document.Document), "ask for the whole document: --document "+k.Document.Document)
			}
		}
		if k.State != document.Leaving && k.State != document.Left {
			continue
		}
		parts, err := document.PartEntries(ctx, tx, k.Document.Document)
		if err != nil {
			return err
		}
		recalled := false
		for _, entry := range parts {
			was, err := f.links.Recall(ctx, tx, entry)
			if err != nil {
				return err
			}
			recalled = recalled || was
		}
		if k.State == document.Left && !recalled {
			continue
		}
		if err := document.Clear(ctx, tx, k.Document.Document); err != nil {
			return err
		}
		if err := document.Move(ctx, tx, k.Document.Document, k.State, document.Withdrawn, strings.TrimSpace("its erasure was asked for before it had left whole: "+why)); err != nil {
			return err
		}
	}
	return nil
}

// entriesOf are the positions of the entries of a document of ours.
func (f *Flow) entriesOf(ctx context.Context, tx *db.Tx, k *document.Kept) (out []int64, err error) {
	err = tx.Rows(ctx, `SELECT e.idx FROM entry e JOIN log g ON g.id = e.log WHERE g.origin = $1 AND (e.id = $2 OR e.id IN
		(SELECT entry FROM document_part WHERE document = $3)) ORDER BY e.idx`, []any{k.Origin(f.self), k.Entry, k.Document.Document}, func(r db.Scanner) error {
		var i int64
		err := r.Scan(&i)
		out = append(out, i)
		return err
	})
	return out, err
}

// AskPurgeOfDocument asks a partner to erase a document of ours, all of it, and returns which entries that are.
func (f *Flow) AskPurgeOfDocument(ctx context.Context, id, why string) (k *document.Kept, entries []exchange.Span, err error) {
	err = f.db.View(ctx, func(tx *db.Tx) error {
		if k, err = document.Get(ctx, tx, id); err != nil {
			return err
		}
		if !k.Ours() {
			return fault.New(fault.Refused, "document "+id, "it is "+k.Sender+"'s", "only who has sent it asks for its erasure")
		}
		indexes, err := f.entriesOf(ctx, tx, k)
		if err == nil && len(indexes) == 0 {
			err = fault.New(fault.Conflict, "document "+id, "nothing of it has left", "withdraw it: accord document withdraw")
		}
		entries = exchange.Spans(indexes)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return k, entries, f.AskPurge(ctx, k.Partner, k.Instrument, entries, why)
}

// erasedUnder says which entry explains that a document is erased. at is where it was announced.
func (f *Flow) erasedUnder(ctx context.Context, tx *db.Tx, k *document.Kept, at int64) (string, error) {
	indexes, err := f.entriesOf(ctx, tx, k)
	if err != nil {
		return "", err
	}
	for _, i := range append([]int64{at}, indexes...) {
		if why, err := f.links.Explained(ctx, tx, k.Partner, k.Origin(f.self), i); err != nil || why != "" {
			return why, err
		}
	}
	return "erased; entry " + strconv.FormatInt(at, 10) + " announced it", nil
}
