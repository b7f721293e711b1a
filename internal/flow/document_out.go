package flow

import (
	"context"
	"errors"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/link"
)

// partsAhead is how many parts of one instrument stand in the outbox towards a partner: enough to fill a bundle, so few that
// what else is to be said does not wait behind a large file.
const partsAhead = 6

// offerParts puts parts of documents that are leaving into the outbox, where there is room. It returns how many.
func (f *Flow) offerParts(ctx context.Context) (moved int, err error) {
	for {
		var next []string
		if err := f.db.View(ctx, func(tx *db.Tx) error {
			next, err = f.withRoom(ctx, tx)
			return err
		}); err != nil || len(next) == 0 {
			return moved, err
		}
		before := moved
		for _, id := range next {
			n := 0
			if err := f.db.Update(ctx, func(tx *db.Tx) error { n, err = f.moveParts(ctx, tx, id); return err }); err != nil {
				return moved, err
			}
			moved += n
		}
		if moved == before {
			return moved, nil
		}
	}
}

// withRoom returns the oldest leaving document of every partner and instrument that may send and has room.
func (f *Flow) withRoom(ctx context.Context, tx *db.Tx) (ids []string, err error) {
	leaving, err := document.In(ctx, tx, document.Leaving)
	if err != nil {
		return nil, err
	}
	seen := map[[2]string]bool{}
	for _, k := range leaving {
		key := [2]string{k.Partner, k.Instrument}
		if seen[key] {
			continue
		}
		switch room, err := f.room(ctx, tx, k); {
		case err != nil:
			return nil, err
		case room > 0:
			seen[key], ids = true, append(ids, k.Document.Document)
		}
	}
	return ids, nil
}

// room is how many parts of a document may go into the outbox now.
func (f *Flow) room(ctx context.Context, tx *db.Tx, k *document.Kept) (int, error) {
	if err := f.mayLeave(ctx, tx, k); err != nil {
		if why, ok := errors.AsType[*fault.Fault](err); ok && why.Kind != fault.Internal && why.Kind != fault.Unavailable {
			return 0, nil // suspended, or not in force any more: it waits
		}
		return 0, err
	}
	waits, err := f.links.Queued(ctx, tx, k.Partner, k.Instrument, exchange.KindPart)
	return partsAhead - waits, err
}

// moveParts puts the next parts of a document into the outbox. Each is what the document names, or nothing goes.
func (f *Flow) moveParts(ctx context.Context, tx *db.Tx, id string) (moved int, err error) {
	k, err := document.Get(ctx, tx, id)
	if err != nil || k.State != document.Leaving {
		return 0, err
	}
	room, err := f.room(ctx, tx, k)
	if err != nil || room <= 0 {
		return 0, err
	}
	parts, err := document.NextParts(ctx, tx, id, min(room, partsPerTurn))
	if err != nil {
		return 0, err
	}
	gone := map[string]bool{}
	for _, p := range parts {
		if gone[p.Hash] { // the same bytes again go once
			continue
		}
		if !p.Whole() {
			f.log.Error("a stored part of a document is damaged and does not leave", "document", id, "part", p.N)
			return moved, nil
		}
		missing, err := f.putPart(ctx, tx, k, p)
		if err != nil {
			return 0, err
		}
		gone[p.Hash], moved = true, moved+1
		if missing == 0 {
			return moved, document.Move(ctx, tx, id, document.Leaving, document.Left, "")
		}
	}
	return moved, nil
}

func (f *Flow) putPart(ctx context.Context, tx *db.Tx, k *document.Kept, p document.Part) (missing int, err error) {
	entry := exchange.NewID()
	if err := f.links.Put(ctx, tx, link.Waiting{ID: entry, Partner: k.Partner, Kind: exchange.KindPart, Instrument: k.Instrument, Clause: k.Clause,
		Unit: k.Unit, Subject: k.Title, Rows: 1, Body: p.Body}); err != nil {
		return 0, err
	}
	return document.Placed(ctx, tx, k.Document.Document, p.Hash, entry)
}
