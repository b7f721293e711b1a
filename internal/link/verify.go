package link

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/hashlog"
)

// A Check is the outcome of checking one log: what was checked, and each thing that does not hold.
type Check struct {
	Log      string   `json:"log"`
	Entries  int64    `json:"entries"`
	Cosigned int      `json:"cosigned"` // cosigned checkpoints checked
	Erased   int64    `json:"erased"`   // bodies that are erased
	Faults   []string `json:"faults"`
}

// Verify checks every log of this node from its leaves: header, body, every stored hash, and every cosigned checkpoint
// with both signatures. It trusts nothing that is stored but the cards.
func (l *Links) Verify(ctx context.Context) (out []Check, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		var logs []direction
		err := tx.Rows(ctx, `SELECT id, origin, writer, partner, size, delivered FROM log ORDER BY origin`, nil, func(r db.Scanner) error {
			var d direction
			err := r.Scan(&d.id, &d.origin, &d.writer, &d.partner, &d.size, &d.delivered)
			logs = append(logs, d)
			return err
		})
		for _, d := range logs {
			if err != nil {
				return err
			}
			var c Check
			c, err = l.verifyLog(ctx, tx, d)
			out = append(out, c)
		}
		return err
	})
	return out, err
}

func (l *Links) verifyLog(ctx context.Context, tx *db.Tx, d direction) (Check, error) {
	c := Check{Log: d.origin, Entries: d.size}
	fault := func(format string, args ...any) { c.Faults = append(c.Faults, fmt.Sprintf(format, args...)) }
	tree := hashlog.Open(ctx, tx, d.id)
	err := tree.Check(d.size, func(yield func(tlog.Hash) error) error {
		for next := int64(0); ; {
			leaves, err := readLeaves(ctx, tx, d.id, next, func(index int64, id string, e *exchange.Entry) {
				if why := checkStored(e, id); why != "" {
					fault("entry %d: %s", index, why)
				}
				if e.Erased {
					c.Erased++
				}
			})
			if err != nil || len(leaves) == 0 {
				return err
			}
			for _, leaf := range leaves {
				if err := yield(leaf); err != nil {
					return err
				}
			}
			next += int64(len(leaves))
		}
	})
	if err != nil {
		fault("%v", err)
		return c, nil
	}
	return c, l.verifyCosigned(ctx, tx, d, &c)
}

// perLook is how many entries are read before their hashes are: no query may run while rows are being read.
const perLook = 500

// readLeaves calls look with the entries from index on, up to perLook of them, and returns the hashes of their headers.
func readLeaves(ctx context.Context, tx *db.Tx, log, from int64, look func(index int64, id string, e *exchange.Entry)) (leaves []tlog.Hash, err error) {
	err = tx.Rows(ctx, `SELECT idx, id, header, salt, body FROM entry WHERE log = $1 AND idx >= $2 ORDER BY idx LIMIT $3`, []any{log, from, perLook}, func(r db.Scanner) error {
		var e exchange.Entry
		var index int64
		var id string
		if err := r.Scan(&index, &id, &e.Raw, &e.Salt, &e.Body); err != nil {
			return err
		}
		if next := from + int64(len(leaves)); index != next {
			return fmt.Errorf("entry %d is missing", next)
		}
		look(index, id, &e)
		leaves = append(leaves, tlog.RecordHash(e.Raw))
		return nil
	})
	return leaves, err
}

// checkStored says what is wrong with a stored entry.
func checkStored(e *exchange.Entry, id string) string {
	h, err := exchange.ParseHeader(e.Raw)
	if err != nil {
		return err.Error()
	}
	e.Header, e.Erased = *h, e.Salt == nil
	if h.ID != id {
		return "its header has another id"
	}
	if err := e.CheckBody(); err != nil {
		return err.Error()
	}
	return ""
}

func (l *Links) verifyCosigned(ctx context.Context, tx *db.Tx, d direction, c *Check) error {
	mirror := d.partner
	if d.writer == d.partner {
		mirror = l.self.Party
	}
	var largest int64
	tree := hashlog.Open(ctx, tx, d.id)
	chains := map[string]exchange.Chain{}
	for _, p := range []string{d.writer, mirror} {
		chain, err := Chain(ctx, tx, p)
		if err != nil {
			return err
		}
		chains[p] = chain
	}
	var files []cosigned
	err := tx.Rows(ctx, `SELECT size, file FROM cosigned WHERE log = $1 ORDER BY size`, []any{d.id}, func(r db.Scanner) error {
		var f cosigned
		err := r.Scan(&f.size, &f.file)
		files = append(files, f)
		return err
	})
	for _, f := range files {
		c.Cosigned, largest = c.Cosigned+1, f.size
		if err := checkCosigned(tree, f.file, f.size, chains[d.writer], chains[mirror], mirror); err != nil {
			c.Faults = append(c.Faults, fmt.Sprintf("cosigned checkpoint of size %d: %v", f.size, err))
		}
	}
	if largest != d.delivered {
		c.Faults = append(c.Faults, fmt.Sprintf("the log counts %d entries as delivered, the largest cosigned checkpoint says %d", d.delivered, largest))
	}
	return err
}

// cosigned is a checkpoint that the mirror has cosigned, as stored.
type cosigned struct {
	size int64
	file []byte
}

func checkCosigned(tree *hashlog.Tree, file []byte, size int64, writer, mirror exchange.Chain, name string) error {
	at, err := exchange.CosignedAt(file, name)
	if err != nil {
		return err
	}
	wc, err := writer.At(at)
	if err != nil {
		return err
	}
	mc, err := mirror.At(at)
	if err != nil {
		return err
	}
	cp, _, err := exchange.OpenCosigned(file, wc, mc)
	if err != nil {
		return err
	}
	if cp.Size != size {
		return fmt.Errorf("it says %d", cp.Size)
	}
	root, err := tree.Root(size)
	if err == nil && root != cp.Root {
		err = fmt.Errorf("its root is not that of the stored entries")
	}
	return err
}
