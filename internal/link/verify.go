package link

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/hashlog"
)

// A Check is the outcome of checking one log: what was checked, and each thing that does not hold.
type Check struct {
	Log       string   `json:"log"`
	Entries   int64    `json:"entries"`
	Delivered int64    `json:"delivered"` // below this the mirror has cosigned; compare it with the partner's
	Cosigned  int      `json:"cosigned"`  // cosigned checkpoints checked
	Erased    []string `json:"erased"`    // whose bodies are erased, and by which entry
	Faults    []string `json:"faults"`
}

// Verify checks every log of this node from its leaves: header, body, what is kept beside them, every stored hash, and
// every cosigned checkpoint with both signatures. It trusts nothing that is stored but the cards. each is given every
// entry, for what only others know of its content.
func (l *Links) Verify(ctx context.Context, each func(tx *db.Tx, e *Kept) []string) (out []Check, err error) {
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
			c, err = l.verifyLog(ctx, tx, d, each)
			out = append(out, c)
		}
		if err != nil {
			return err
		}
		return orphans(ctx, tx, &out)
	})
	return out, err
}

// A Kept is a stored entry with what this node keeps beside it.
type Kept struct {
	exchange.Entry
	Writer string
	Log    int64
	Index  int64
	Ours   bool   // this node wrote it
	Aside  string // why it is not applied; empty when it is
	Rows   int
	About  string // what lists call its subject

	beside exchange.Header // what is kept of its header
}

// perLook is how many entries, and bytesPerLook how many bytes of bodies, are read before anything else is asked: no query
// may run while rows are being read.
const (
	perLook      = 500
	bytesPerLook = 16 << 20
)

// readKept returns some entries of a log from an index on; none at its end.
func (l *Links) readKept(ctx context.Context, tx *db.Tx, d direction, from int64) (out []Kept, err error) {
	bytes := 0
	err = tx.Rows(ctx, `SELECT idx, id, kind, instrument, clause, subject, rows, time, header, salt, body, aside FROM entry
		WHERE log = $1 AND idx >= $2 ORDER BY idx LIMIT $3`, []any{d.id, from, perLook}, func(r db.Scanner) error {
		e := Kept{Writer: d.writer, Log: d.id, Ours: d.writer == l.self.Party}
		var at int64
		if err := r.Scan(&e.Index, &e.beside.ID, (*string)(&e.beside.Kind), &e.beside.Instrument, &e.beside.Clause, &e.About, &e.Rows, &at,
			&e.Raw, &e.Salt, &e.Body, &e.Aside); err != nil {
			return err
		}
		if next := from + int64(len(out)); e.Index != next {
			return fmt.Errorf("entry %d is missing", next)
		}
		e.beside.Time = db.Time(at)
		out = append(out, e)
		if bytes += len(e.Body); bytes > bytesPerLook {
			return db.ErrStop
		}
		return nil
	})
	return out, err
}

// orphans looks for rows that belong to no log of a link.
func orphans(ctx context.Context, tx *db.Tx, out *[]Check) error {
	for _, table := range []string{"entry", "cosigned", "hash_chunk"} {
		var n int64
		if _, err := tx.Row(ctx, `SELECT COUNT(*) FROM `+table+` WHERE log <> $1 AND log NOT IN (SELECT id FROM log)`, []any{hashlog.Deeds}, &n); err != nil {
			return err
		}
		if n > 0 {
			*out = append(*out, Check{Log: "none", Entries: n, Faults: []string{fmt.Sprintf("%d rows of %s belong to no log", n, table)}})
		}
	}
	return nil
}

func (l *Links) verifyLog(ctx context.Context, tx *db.Tx, d direction, each func(*db.Tx, *Kept) []string) (Check, error) {
	c := Check{Log: d.origin, Entries: d.size, Delivered: d.delivered, Erased: []string{}}
	known, err := l.reasons(ctx, tx, d.partner)
	if err != nil {
		return c, err
	}
	erased := map[string][]int64{}
	if other := map[bool]string{true: d.partner, false: l.self.Party}[d.writer == l.self.Party]; d.origin != exchange.Origin(d.writer, other) {
		c.Faults = append(c.Faults, "its writer and partner are not those of its origin")
	}
	fault := func(format string, args ...any) { c.Faults = append(c.Faults, fmt.Sprintf(format, args...)) }
	tree := hashlog.Open(ctx, tx, d.id)
	err = tree.Check(d.size, func(yield func(tlog.Hash) error) error {
		for next := int64(0); ; {
			entries, err := l.readKept(ctx, tx, d, next)
			if err != nil || len(entries) == 0 {
				return err
			}
			for i := range entries {
				e := &entries[i]
				why := checkStored(&e.Entry, &e.beside)
				if len(why) == 0 && e.Erased {
					if r := explains(known, d.origin, e.Index, &e.Header); r != nil {
						erased[r.String()] = append(erased[r.String()], e.Index)
					} else {
						why = []string{"its body is erased, and nothing has let it be erased"}
					}
				}
				if len(why) == 0 && each != nil {
					why = each(tx, e)
				}
				for _, w := range why {
					fault("entry %d: %s", e.Index, w)
				}
				if err := yield(tlog.RecordHash(e.Raw)); err != nil {
					return err
				}
			}
			next += int64(len(entries))
		}
	})
	if err != nil {
		fault("%v", err)
		return c, nil
	}
	for _, by := range slices.Sorted(maps.Keys(erased)) {
		c.Erased = append(c.Erased, fmt.Sprintf("%s: erased under %s", spans(erased[by]), by))
	}
	return c, l.verifyCosigned(ctx, tx, d, &c)
}

// spans names entries in words.
func spans(indexes []int64) string {
	var out []string
	for _, s := range exchange.Spans(indexes) {
		if s[1]-s[0] == 1 {
			out = append(out, fmt.Sprintf("entry %d", s[0]))
		} else {
			out = append(out, fmt.Sprintf("entries %d to %d", s[0], s[1]-1))
		}
	}
	return strings.Join(out, ", ")
}

// checkStored says what is wrong with a stored entry: its header, its body, and what is kept of the header beside it.
func checkStored(e *exchange.Entry, beside *exchange.Header) []string {
	h, err := exchange.ParseHeader(e.Raw)
	if err != nil {
		return []string{err.Error()}
	}
	e.Header, e.Erased = *h, e.Salt == nil
	if h.ID != beside.ID || h.Kind != beside.Kind || h.Instrument != beside.Instrument || h.Clause != beside.Clause || !h.Time.Equal(beside.Time) {
		return []string{"what is kept beside it is not what its header says"}
	}
	if err := e.CheckBody(); err != nil {
		return []string{err.Error()}
	}
	return nil
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
		if err := checkCosigned(tree, f.file, f.size, chains[d.writer], chains[mirror]); err != nil {
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
