package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/tlog"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/hashlog"
)

// Origin names a city's audit log. It is the origin of no log of a link.
func Origin(party string) string { return party + "/audit" }

// Head is the present head of the log, signed. Whoever keeps a head can show later that the log still begins with what it
// held then.
func Head(ctx context.Context, tx *db.Tx, party string, key ed25519.PrivateKey) ([]byte, error) {
	size, err := Size(ctx, tx)
	if err != nil {
		return nil, err
	}
	root, err := root(ctx, tx, size)
	if err != nil {
		return nil, err
	}
	return exchange.SignCheckpoint(exchange.Checkpoint{Origin: Origin(party), Size: size, Root: root}, key)
}

func root(ctx context.Context, tx *db.Tx, size int64) (tlog.Hash, error) {
	if size == 0 {
		return tlog.TreeHash(0, nil)
	}
	return hashlog.Open(ctx, tx, tree).Root(size)
}

// Grown says whether the log begins with what it held when the head was signed. chain are the city's own cards.
func Grown(ctx context.Context, tx *db.Tx, head []byte, chain exchange.Chain) (exchange.Checkpoint, error) {
	c, err := openHead(head, chain)
	if err != nil {
		return c, err
	}
	size, err := Size(ctx, tx)
	if err != nil {
		return c, err
	}
	if c.Size > size {
		return c, lost(fmt.Sprintf("the head tells of %d lines, the log has %d", c.Size, size))
	}
	now, err := root(ctx, tx, c.Size)
	if err == nil && now != c.Root {
		err = lost(fmt.Sprintf("its first %d lines are not those of the head", c.Size))
	}
	return c, err
}

func lost(why string) *fault.Fault {
	return fault.New(fault.Conflict, "audit log", why, "lines were changed or taken away after the head was signed: keep the database as it is, and ask who could write to it")
}

// openHead checks a head with any of the city's cards: a head has no time of its own.
func openHead(head []byte, chain exchange.Chain) (c exchange.Checkpoint, err error) {
	err = fault.New(fault.NotFound, "head of an audit log", "no card of the city is known", "name its card")
	for i := len(chain) - 1; i >= 0; i-- {
		if c, err = exchange.OpenOwnCheckpoint(head, Origin(chain[i].Party), ed25519.PublicKey(chain[i].Log)); err == nil {
			return c, nil
		}
	}
	return c, err
}

// MaxProof is the largest proof of one line in bytes.
const MaxProof = 8 << 10

// Prove is a text file that proves that one line is in the log: the line, its path and the signed head. It is checked with the
// city's card and nothing else.
func Prove(ctx context.Context, tx *db.Tx, party string, key ed25519.PrivateKey, index int64) ([]byte, error) {
	var text []byte
	found, err := tx.Row(ctx, `SELECT line FROM audit WHERE idx = $1`, []any{index}, &text)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.NotFound, "audit log", fmt.Sprintf("it has no line %d", index), "see accord audit list")
	}
	head, err := Head(ctx, tx, party, key)
	if err != nil {
		return nil, err
	}
	size, err := Size(ctx, tx)
	if err != nil {
		return nil, err
	}
	path, err := hashlog.Open(ctx, tx, tree).ProveLeaf(size, index)
	if err != nil {
		return nil, err
	}
	return exchange.WriteReceipt(text, index, path, head), nil
}

// OpenProof checks the proof of one line with the city's cards.
func OpenProof(data []byte, chain exchange.Chain) (*Kept, error) {
	bad := func(why string) error {
		return fault.New(fault.Invalid, "proof of a line", why, "ask the city that gave it to you for it again")
	}
	if len(data) > MaxProof {
		return nil, bad(fmt.Sprintf("larger than %d bytes", MaxProof))
	}
	var p proof.TLogProof
	if err := p.Unmarshal(data); err != nil || !bytes.Equal(p.Marshal(), data) {
		return nil, bad("not a proof, or not in its one form")
	}
	c, err := openHead(p.Checkpoint, chain)
	if err != nil {
		return nil, err
	}
	line, err := Parse(p.ExtraData)
	if err != nil {
		return nil, bad("its line: " + err.Error())
	}
	path := make(tlog.RecordProof, len(p.Hashes))
	for i, h := range p.Hashes {
		path[i] = h
	}
	if p.Index >= uint64(c.Size) || tlog.CheckRecord(path, c.Size, c.Root, int64(p.Index), leaf(p.ExtraData)) != nil {
		return nil, bad("it does not lead to the signed head")
	}
	return &Kept{Index: int64(p.Index), Line: *line}, nil
}
