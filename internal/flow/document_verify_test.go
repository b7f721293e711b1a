package flow_test

import (
	"bytes"
	"context"
	"testing"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/flow"
)

// waitingDocuments reads what waits of documents in the outbox, as accord verify does.
func (c *city) waitingDocuments() (out []flow.WaitingDocument) {
	c.Helper()
	c.update(func(tx *db.Tx) error {
		out = nil
		return tx.Rows(context.Background(), `SELECT partner, instrument, clause, kind, id, body FROM outbox WHERE kind IN ('document', 'part') ORDER BY seq`, nil, func(r db.Scanner) error {
			var w flow.WaitingDocument
			err := r.Scan(&w.Partner, &w.Instrument, &w.Clause, (*string)(&w.Kind), &w.Entry, &w.Body)
			out = append(out, w)
			return err
		})
	})
	return out
}

// TestWaitingDocumentsAreChecked: what waits of a document is what was sent and shown, under its own clause; anything else is
// noticed, whatever put it there.
func TestWaitingDocumentsAreChecked(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		id := east.send(draft(long(2 << 20)))
		if _, err := east.flow.Offer(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		check := func(w flow.WaitingDocument) (err error) {
			east.update(func(tx *db.Tx) error { err = east.flow.DocumentMayLeave(t.Context(), tx, w); return nil })
			return err
		}
		waiting := east.waitingDocuments()
		if len(waiting) != 3 || waiting[0].Kind != exchange.KindDocument {
			t.Fatalf("%d wait", len(waiting))
		}
		for _, w := range waiting {
			if err := check(w); err != nil {
				t.Errorf("untouched: %v", err)
			}
			for name, change := range map[string]func(w *flow.WaitingDocument){
				"another partner":     func(w *flow.WaitingDocument) { w.Partner = "north" },
				"another clause":      func(w *flow.WaitingDocument) { w.Clause = "C9" },
				"another instrument":  func(w *flow.WaitingDocument) { w.Instrument = "T9" },
				"an entry of nobody":  func(w *flow.WaitingDocument) { w.Entry = exchange.NewID() },
				"other bytes":         func(w *flow.WaitingDocument) { w.Body = bytes.Replace(w.Body, []byte("e"), []byte("x"), 1) },
				"waits for no person": func(w *flow.WaitingDocument) { w.Kind, w.Document, w.Entry = exchange.KindDocument, id, "" },
				"a part as the head":  func(w *flow.WaitingDocument) { w.Kind, w.Entry = exchange.KindDocument, waiting[1].Entry },
				"the head in a part":  func(w *flow.WaitingDocument) { w.Kind, w.Entry = exchange.KindPart, waiting[0].Entry },
				"another part in this": func(w *flow.WaitingDocument) {
					w.Kind, w.Entry, w.Body = exchange.KindPart, waiting[1].Entry, waiting[2].Body
				},
				"another document here": func(w *flow.WaitingDocument) {
					w.Kind, w.Document, w.Entry = exchange.KindDocument, exchange.NewID(), ""
				},
			} {
				w := w
				change(&w)
				if err := check(w); err == nil {
					t.Errorf("%s is not noticed (%s)", name, w.Kind)
				}
			}
		}
		if err := east.flow.Suspend(t.Context(), "T1", ""); err != nil { // it waits, and may
			t.Fatal(err)
		}
		if err := check(waiting[0]); err != nil {
			t.Error(err)
		}
		if err := east.flow.WithdrawDocument(t.Context(), id, writer, "a mistake"); err != nil {
			t.Fatal(err)
		}
		refused(t, check(waiting[0]), fault.Refused, "no document that may leave")
	})
}
