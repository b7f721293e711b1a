package flow

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/media"
)

// A document is looked into for lookFor at most; one that could not be is tried again after lookLater.
const (
	lookFor   = 2 * time.Minute
	lookLater = time.Minute
)

// Settle looks into the files that have come whole since: whether each is what it says, and harmless. Only then it may be
// opened. It returns how many were looked into. One that cannot be stays as it is, is logged, and keeps no other waiting.
func (f *Flow) Settle(ctx context.Context) (n int, err error) {
	return f.settle(ctx, map[string]time.Time{})
}

// settle does so but for those that have failed a short while ago.
func (f *Flow) settle(ctx context.Context, failed map[string]time.Time) (n int, err error) {
	var unchecked []*document.Kept
	if err := f.db.View(ctx, func(tx *db.Tx) error { unchecked, err = document.In(ctx, tx, document.Unchecked); return err }); err != nil {
		return 0, err
	}
	for _, k := range unchecked {
		id := k.Document.Document
		if at, ok := failed[id]; ok && time.Since(at) < lookLater {
			continue
		}
		delete(failed, id)
		if err := f.lookInto(ctx, k); err != nil {
			if ctx.Err() != nil {
				return n, ctx.Err()
			}
			failed[id] = time.Now()
			f.log.Error("a document that came cannot be looked into", "document", id, "from", k.Sender, "error", err)
			continue
		}
		n++
	}
	return n, nil
}

// lookInto looks into one document and notes what it found.
func (f *Flow) lookInto(ctx context.Context, k *document.Kept) error {
	look, done := context.WithTimeout(ctx, lookFor)
	defer done()
	found, why := document.Here, ""
	err := document.Read(look, f.db, k, f.self).Check(func(file io.ReaderAt, size int64, name string) error { return media.Check(file, size, name) })
	if look.Err() != nil { // whatever it seemed to be, it was not read to its end
		return look.Err()
	}
	if err != nil {
		bad, ok := errors.AsType[*fault.Fault](err)
		if !ok || !slices.Contains([]fault.Kind{fault.Invalid, fault.Refused}, bad.Kind) {
			return err
		}
		found, why = document.Unsafe, bad.Error()
	}
	err = f.db.Update(ctx, func(tx *db.Tx) error {
		return document.Move(ctx, tx, k.Document.Document, document.Unchecked, found, why)
	})
	if fault.KindOf(err) == fault.Conflict { // another process has looked into it too
		return nil
	}
	return err
}

// KeepSettled looks into what has come, one document after the other, until ctx ends. wake makes it look at once.
func (f *Flow) KeepSettled(ctx context.Context, wake <-chan struct{}, poll time.Duration) {
	failed := map[string]time.Time{}
	for ctx.Err() == nil {
		if _, err := f.settle(ctx, failed); err != nil && ctx.Err() == nil {
			f.log.Error("documents that came cannot be looked into", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(poll):
		}
	}
}
