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
		var next int64
		return tx.Rows(ctx, `SELECT idx, id, header, salt, body FROM entry WHERE log = $1 ORDER BY idx`, []any{d.id}, func(r db.Scanner) error {
			var e exchange.Entry
			var index int64
			var id string
			if err := r.Scan(&index, &id, &e.Raw, &e.Salt, &e.Body); err != nil {
				return err
			}
			if index != next {
				return fmt.Errorf("entry %d is missing", next)
			}
			next++
			if why := checkStored(&e, id); why != "" {
				fault("entry %d: %s", index, why)
			}
			if e.Erased {
				c.Erased++
			}
			return yield(tlog.RecordHash(e.Raw))
		})
	})
	if err != nil {
		fault("%v", err)
		return c, nil
	}
	return c, l.verifyCosigned(ctx, tx, d, &c)
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
	err := tx.Rows(ctx, `SELECT size, file FROM cosigned WHERE log = $1 ORDER BY size`, []any{d.id}, func(r db.Scanner) error {
		var size int64
		var file []byte
		if err := r.Scan(&size, &file); err != nil {
			return err
		}
		c.Cosigned, largest = c.Cosigned+1, size
		if err := checkCosigned(tree, file, size, chains[d.writer], chains[mirror]); err != nil {
			c.Faults = append(c.Faults, fmt.Sprintf("cosigned checkpoint of size %d: %v", size, err))
		}
		return nil
	})
	if largest != d.delivered {
		c.Faults = append(c.Faults, fmt.Sprintf("the log counts %d entries as delivered, the largest cosigned checkpoint says %d", d.delivered, largest))
	}
	return err
}

func checkCosigned(tree *hashlog.Tree, file []byte, size int64, writer, mirror exchange.Chain) error {
	cp, _, err := exchange.OpenCosigned(file, writer, mirror)
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
