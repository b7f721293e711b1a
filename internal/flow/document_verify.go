package flow

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/instrument"
)

// A WaitingDocument is something of a document that waits to leave, or for a person.
type WaitingDocument struct {
	Partner, Instrument, Clause string

	Kind     exchange.Kind // of the entry; document for what waits for a person
	Entry    string        // the entry in the outbox; empty for what waits for a person
	Document string        // what waits for a person; empty for an entry
	Body     []byte
}

// DocumentMayLeave says whether what waits belongs to a document of ours that its sender let go, is the bytes that this one
// names, and stands under a clause that lets documents of its grade leave so.
func (f *Flow) DocumentMayLeave(ctx context.Context, tx *db.Tx, w WaitingDocument) error {
	refuse := func(why string) error {
		return fault.New(fault.Refused, "document", why, "it must not leave; see accord document list")
	}
	all, err := f.waitingDocuments(ctx, tx, w)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(k *document.Kept) bool {
		return k.Partner == w.Partner && k.Instrument == w.Instrument && k.Clause == w.Clause && (w.Kind == exchange.KindPart || bytes.Equal(k.Head, w.Body))
	})
	if i < 0 {
		return refuse("no document that may leave here has it like this")
	}
	k := all[i]
	if w.Kind == exchange.KindPart {
		if whole, err := document.PartIn(ctx, tx, k.Document.Document, w.Entry, w.Body); err != nil || !whole {
			return fault.New(fault.Refused, "document "+k.Document.Document, fmt.Sprintf("a part that waits is not the one it names (%v)", err), "it must not leave")
		}
	}
	in, err := instrument.Get(ctx, tx, k.Instrument)
	if err != nil {
		return err
	}
	c := in.Clause(k.Clause)
	if c == nil || !slices.Contains(in.Parties, f.self) || !slices.Contains(in.Parties, k.Partner) {
		return refuse("its clause is none between the two cities")
	}
	if least, _ := (instrument.Ground{Instrument: in, Clause: c}).Grade(); least == agreement.Supervised && k.Grade == string(agreement.Open) {
		return refuse("clause " + k.Clause + " grades what leaves under it S")
	}
	return nil
}

// waitingDocuments are the documents of ours that what waits can belong to.
func (f *Flow) waitingDocuments(ctx context.Context, tx *db.Tx, w WaitingDocument) (out []*document.Kept, err error) {
	states := []document.State{document.Leaving, document.Left}
	if w.Document != "" {
		states = []document.State{document.Waiting}
	}
	for _, s := range states {
		some, err := document.In(ctx, tx, s)
		if err != nil {
			return nil, err
		}
		for _, k := range some {
			holds := k.Document.Document == w.Document || w.Kind == exchange.KindDocument && w.Entry != "" && k.Entry == w.Entry
			if w.Kind == exchange.KindPart {
				entries, err := document.PartEntries(ctx, tx, k.Document.Document)
				if err != nil {
					return nil, err
				}
				holds = slices.Contains(entries, w.Entry)
			}
			if holds && k.Ours() {
				out = append(out, k)
			}
		}
	}
	return out, nil
}
