package link

import (
	"context"
	"errors"

	"golang.org/x/mod/sumdb/tlog"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/hashlog"
)

// maxContradictions is how many proofs are kept of one partner; one is enough.
const maxContradictions = 10

// A fork is the cause of a refusal that proves something about who signed.
type fork struct {
	partner string
	origin  string // of the log that has two histories
	why     string
	signed  []byte
}

func (f *fork) Error() string { return f.why }

// keep stores the proof in a transaction of its own: the one in which it was found is undone.
func (l *Links) keep(ctx context.Context, err error) {
	f, ok := errors.AsType[*fork](err)
	if !ok {
		return
	}
	_ = l.db.Update(ctx, func(tx *db.Tx) error { // the refusal itself is what must not be lost
		var n int
		if _, err := tx.Row(ctx, `SELECT COUNT(*) FROM contradiction WHERE partner = $1`, []any{f.partner}, &n); err != nil || n >= maxContradictions {
			return err
		}
		_, before, err := lastCosigned(ctx, tx, f.origin)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO contradiction (partner, found, why, before, signed) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (partner, signed) DO NOTHING`,
			f.partner, db.Micros(tx.Now), f.why, before, f.signed)
		return err
	})
}

// contradicts says whether the checkpoint c, which the sender of b has signed, cannot grow from or into the log as it is here.
// That a bundle's entries do not fit its checkpoint proves nothing: anybody may have put others beside it.
func contradicts(tree *hashlog.Tree, b *exchange.Bundle, c exchange.Checkpoint, size int64) (bool, error) {
	if c.Size <= size {
		root, err := tree.Root(c.Size)
		return root != c.Root, err
	}
	over := &overlay{tree: tree, first: tlog.StoredHashCount(b.Start), more: map[int64]tlog.Hash{}}
	for i := range b.Entries {
		n := b.Start + int64(i)
		hashes, err := tlog.StoredHashesForRecordHash(n, tlog.RecordHash(b.Entries[i].Raw), over)
		if err != nil {
			return false, err
		}
		for k, h := range hashes {
			over.more[tlog.StoredHashIndex(0, n)+int64(k)] = h
		}
	}
	root, err := tlog.TreeHash(c.Size, over)
	return root == c.Root, err // so it was signed over these entries, not over the ones that are here
}

// An overlay is a log as it would be with other entries from some point on.
type overlay struct {
	tree  *hashlog.Tree
	first int64
	more  map[int64]tlog.Hash
}

// ReadHashes implements tlog.HashReader.
func (o *overlay) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	var below []int64
	var where []int
	for i, at := range indexes {
		if at >= o.first {
			out[i] = o.more[at]
			continue
		}
		below, where = append(below, at), append(where, i)
	}
	hashes, err := o.tree.ReadHashes(below)
	for k, i := range where {
		if err == nil {
			out[i] = hashes[k]
		}
	}
	return out, err
}

// forgedBy is forged with the proof, where there is one.
func forgedBy(tree *hashlog.Tree, b *exchange.Bundle, c exchange.Checkpoint, d direction, why string) error {
	proved, err := contradicts(tree, b, c, d.size)
	if err != nil {
		return err
	}
	f, _ := errors.AsType[*fault.Fault](forged(b.From, why))
	if proved {
		return f.Because(&fork{partner: b.From, origin: d.origin, why: why, signed: b.Checkpoint})
	}
	return f
}
