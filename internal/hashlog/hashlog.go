// Package hashlog keeps the hashes of append-only Merkle logs in the database and answers with roots and proofs. It knows
// nothing of what the leaves mean or who signs the roots.
package hashlog

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"accord/internal/db"
)

// perChunk is how many hashes share a row. A single append rewrites one row of at most 8 KiB; a batch of a thousand
// leaves writes eight rows instead of two thousand.
const perChunk = 256

// Deeds is the number of the one log that belongs to no link: the city's log of deeds. Logs of links begin with 1.
const Deeds = 0

// A Tree is one log as seen in one transaction. It may be read and appended to by one goroutine.
type Tree struct {
	ctx    context.Context // of the transaction: tlog.HashReader has no place for one
	tx     *db.Tx
	log    int64
	chunks map[int64][]byte // read or written in this transaction
	dirty  map[int64]bool
}

// Open returns the tree of a log.
func Open(ctx context.Context, tx *db.Tx, log int64) *Tree {
	return &Tree{ctx: ctx, tx: tx, log: log, chunks: map[int64][]byte{}, dirty: map[int64]bool{}}
}

// Append adds leaves after the first size ones and stores what the tree needs of them. The caller holds the row lock
// that guards size.
func (t *Tree) Append(size int64, leaves []tlog.Hash) error {
	for i, leaf := range leaves {
		n := size + int64(i)
		hashes, err := tlog.StoredHashesForRecordHash(n, leaf, t)
		if err != nil {
			return err
		}
		if err := t.put(tlog.StoredHashIndex(0, n), hashes); err != nil {
			return err
		}
	}
	return t.flush()
}

func (t *Tree) put(at int64, hashes []tlog.Hash) error {
	for i, h := range hashes {
		c, offset := (at+int64(i))/perChunk, (at+int64(i))%perChunk
		chunk, err := t.chunk(c)
		if err != nil {
			return err
		}
		if int64(len(chunk)) != offset*tlog.HashSize {
			return fmt.Errorf("log %d holds %d bytes of chunk %d where %d were expected", t.log, len(chunk), c, offset*tlog.HashSize)
		}
		t.chunks[c] = append(chunk, h[:]...)
		t.dirty[c] = true
	}
	return nil
}

func (t *Tree) flush() error {
	for c := range t.dirty {
		if _, err := t.tx.Exec(t.ctx, `INSERT INTO hash_chunk (log, chunk, hashes) VALUES ($1, $2, $3)
			ON CONFLICT (log, chunk) DO UPDATE SET hashes = excluded.hashes`, t.log, c, t.chunks[c]); err != nil {
			return err
		}
	}
	clear(t.dirty)
	return nil
}

func (t *Tree) chunk(c int64) ([]byte, error) {
	if b, ok := t.chunks[c]; ok {
		return b, nil
	}
	var b []byte
	if _, err := t.tx.Row(t.ctx, `SELECT hashes FROM hash_chunk WHERE log = $1 AND chunk = $2`, []any{t.log, c}, &b); err != nil {
		return nil, err
	}
	t.chunks[c] = b
	return b, nil
}

// ReadHashes implements tlog.HashReader. What no chunk read before holds is asked for by one question, and only the hashes
// themselves are: a proof needs two dozen of them, on a server each question is a journey, and chunks are large.
func (t *Tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	var missing []int
	for i, at := range indexes {
		chunk, have := t.chunks[at/perChunk]
		if !have && len(indexes) == 1 { // who asks for one asks for its neighbours next
			var err error
			if chunk, err = t.chunk(at / perChunk); err != nil {
				return nil, err
			}
			have = true
		}
		if !have {
			missing = append(missing, i)
			continue
		}
		from := (at % perChunk) * tlog.HashSize
		if from+tlog.HashSize > int64(len(chunk)) {
			return nil, t.lacks(at)
		}
		copy(out[i][:], chunk[from:])
	}
	for len(missing) > 0 {
		n := min(len(missing), maxAsked)
		if err := t.fetch(indexes, missing[:n], out); err != nil {
			return nil, err
		}
		missing = missing[n:]
	}
	return out, nil
}

// maxAsked bounds one question; no proof needs as many hashes.
const maxAsked = 128

func (t *Tree) lacks(at int64) error { return fmt.Errorf("log %d has no stored hash %d", t.log, at) }

// fetch reads single hashes of chunks that were not read before into out.
func (t *Tree) fetch(indexes []int64, missing []int, out []tlog.Hash) error {
	var want strings.Builder
	args := []any{t.log}
	for n, i := range missing {
		fmt.Fprintf(&want, `, (CAST($%d AS BIGINT), CAST($%d AS BIGINT), CAST($%d AS INTEGER))`, len(args)+1, len(args)+2, len(args)+3)
		args = append(args, n, indexes[i]/perChunk, indexes[i]%perChunk*tlog.HashSize+1)
	}
	found := make([]bool, len(missing))
	err := t.tx.Rows(t.ctx, `WITH want (n, chunk, at) AS (VALUES `+want.String()[2:]+`)
		SELECT want.n, SUBSTR(h.hashes, want.at, 32) FROM want JOIN hash_chunk h ON h.log = $1 AND h.chunk = want.chunk`, args, func(r db.Scanner) error {
		var n int
		var h []byte
		if err := r.Scan(&n, &h); err != nil {
			return err
		}
		found[n] = copy(out[missing[n]][:], h) == tlog.HashSize
		return nil
	})
	for n, i := range missing {
		if err == nil && !found[n] {
			err = t.lacks(indexes[i])
		}
	}
	return err
}

// Root is the root of the first size leaves.
func (t *Tree) Root(size int64) (tlog.Hash, error) { return tlog.TreeHash(size, t) }

// Leaf is the hash of one leaf.
func (t *Tree) Leaf(n int64) (tlog.Hash, error) {
	h, err := t.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
	if err != nil {
		return tlog.Hash{}, err
	}
	return h[0], nil
}

// ProveLeaf proves that leaf n is in the tree of size.
func (t *Tree) ProveLeaf(size, n int64) (tlog.RecordProof, error) {
	return tlog.ProveRecord(size, n, t)
}

// ProveGrowth proves that the tree of size begins with the tree of before.
func (t *Tree) ProveGrowth(size, before int64) (tlog.TreeProof, error) {
	if before == 0 || before == size {
		return nil, nil
	}
	return tlog.ProveTree(size, before, t)
}

// Check recomputes every stored hash from the leaves that each yields in order, and says where the first differs.
func (t *Tree) Check(size int64, each func(func(leaf tlog.Hash) error) error) error {
	var n int64
	edge := &edge{}
	err := each(func(leaf tlog.Hash) error {
		hashes, err := tlog.StoredHashesForRecordHash(n, leaf, edge)
		if err != nil {
			return err
		}
		at := tlog.StoredHashIndex(0, n)
		for i, h := range hashes {
			got, err := t.ReadHashes([]int64{at + int64(i)})
			if err != nil {
				return err
			}
			if got[0] != h {
				return fmt.Errorf("the stored hash of entry %d is not that of its header", n)
			}
			edge.keep(at+int64(i), h)
		}
		// A chunk behind the edge is not needed again: the tree may be larger than memory.
		delete(t.chunks, at/perChunk-2)
		n++
		return nil
	})
	if err == nil && n != size {
		err = fmt.Errorf("%d entries are stored where the log says %d", n, size)
	}
	if err != nil {
		return err
	}
	var stored int64
	if _, err := t.tx.Row(t.ctx, `SELECT COALESCE(SUM(LENGTH(hashes)), 0) FROM hash_chunk WHERE log = $1`, []any{t.log}, &stored); err != nil {
		return err
	}
	if want := tlog.StoredHashCount(size) * tlog.HashSize; stored != want {
		return fmt.Errorf("%d bytes of hashes are stored where %d entries have %d", stored, size, want)
	}
	return nil
}

// edge holds recomputed hashes so that Check never trusts a stored one. Only the right edge is read back; it stays small
// because older hashes are dropped as the tree grows.
type edge struct{ kept map[int64]tlog.Hash }

func (e *edge) keep(at int64, h tlog.Hash) {
	if e.kept == nil {
		e.kept = map[int64]tlog.Hash{}
	}
	e.kept[at] = h
}

func (e *edge) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		h, ok := e.kept[at]
		if !ok {
			return nil, sql.ErrNoRows
		}
		out[i] = h
		delete(e.kept, at) // each left sibling is read once, when its parent is made
	}
	return out, nil
}
