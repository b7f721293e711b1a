package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"hash/maphash"
	"slices"
	"strings"

	"accord/internal/db"
	"accord/internal/geo"
	"accord/record"
)

// A Count says what storing did. A record that is here with the same bytes is unchanged.
type Count struct {
	Fresh     int `json:"fresh"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// A Writer stores records of one dataset from one source within a transaction. It asks for many at a time and inserts many
// at a time: on a server every statement is a journey. What was put is stored when Close returns.
type Writer struct {
	Unchanged func(key string) // called for each record that is here with the same bytes; may be nil

	ctx     context.Context
	tx      *db.Tx
	dataset *record.Dataset
	source  Source
	waiting []version
	keys    map[string]bool // of those waiting
	rows    []byte          // of those waiting
	first   *first          // nil unless the records are the first of their dataset and origin
	asked   bool            // whether they are was asked
	count   Count
}

// A first remembers the keys that were stored where there was nothing, by hashes of them: what else is new need not be looked for.
type first struct {
	seed maphash.Seed
	keys map[uint64]struct{}
}

// remembered is how many keys a first remembers, 16 bytes each or so. Those that come later are looked for.
const remembered = 4 << 20

// A version is one record that waits to be stored.
type version struct {
	seq      int64
	key      string
	row      []byte
	sum      [sha256.Size]byte
	first    int64
	cell     any   // where it is; nil where it says no place
	replaces int64 // the number of the version it takes the place of; 0 for a record that is new
	stays    any   // the number of the version that stays current, where it came before that one and is stored after; else nil
}

// perFlush is how many records are stored at once.
const perFlush = 8192

// NewWriter returns a writer. Whoever reads in order of the numbers it gives cannot miss one: writing transactions come one
// after the other.
func NewWriter(ctx context.Context, tx *db.Tx, dataset *record.Dataset, source Source) *Writer {
	source.Name = strings.ToValidUTF8(source.Name, "\uFFFD") // a file may be called anything
	return &Writer{ctx: ctx, tx: tx, dataset: dataset, source: source, keys: make(map[string]bool, perFlush)}
}

// Put takes one record to be stored. row is its canonical form; it is not kept after Put returns.
func (w *Writer) Put(r *record.Record, row []byte) error {
	if len(w.waiting) == perFlush || w.keys[r.Key] {
		if err := w.flush(); err != nil {
			return err
		}
	}
	at := len(w.rows)
	w.rows = append(w.rows, row...)
	v := version{key: r.Key, row: w.rows[at:len(w.rows):len(w.rows)], sum: record.Sum(row), first: db.Micros(r.When.First())}
	if cell, ok := geo.CellOf(w.dataset, r); ok {
		v.cell = cell
	}
	w.waiting = append(w.waiting, v)
	w.keys[r.Key] = true
	return nil
}

// Close stores what waits and says what was done with all that was put.
func (w *Writer) Close() (Count, error) {
	err := w.flush()
	return w.count, err
}

func (w *Writer) flush() error {
	if len(w.waiting) == 0 {
		return nil
	}
	versions, err := w.sift()
	if err != nil {
		return err
	}
	if len(versions) > 0 {
		if err := w.number(versions); err != nil {
			return err
		}
		if err := w.insert(versions); err != nil {
			return err
		}
		w.remember(versions)
	}
	w.waiting, w.rows = w.waiting[:0], w.rows[:0]
	clear(w.keys)
	return nil
}

// sift leaves out what is here already, and finds what the others replace.
func (w *Writer) sift() ([]version, error) {
	have, err := w.present()
	if err != nil {
		return nil, err
	}
	var again []int64 // versions that an earlier entry has brought
	out := w.waiting[:0]
	for _, v := range w.waiting {
		c, ok := have[v.key]
		switch {
		case !ok:
			w.count.Fresh++
		case !bytes.Equal(c.sum, v.sum[:]) && w.source.before(c.log, c.idx):
			w.count.Unchanged++
			v.stays = c.seq
		case !bytes.Equal(c.sum, v.sum[:]):
			if c.gone > 0 {
				w.count.Fresh++
			} else {
				w.count.Changed++
			}
			v.replaces = c.seq
		default:
			w.count.Unchanged++
			if w.Unchanged != nil {
				w.Unchanged(v.key)
			}
			if w.source.Log != nil {
				again = append(again, c.seq)
			}
			continue
		}
		out = append(out, v)
	}
	return out, w.also(again)
}

// also notes that this entry has brought, too, what an earlier one had. Each may have to be erased without the other.
func (w *Writer) also(versions []int64) error {
	for _, seq := range versions {
		if _, err := w.tx.Exec(w.ctx, `INSERT INTO record_also (seq, log, idx) SELECT seq, $2, $3 FROM record WHERE seq = $1 AND NOT (log = $2 AND idx = $3)
			ON CONFLICT (log, idx, seq) DO NOTHING`, seq, *w.source.Log, *w.source.Index); err != nil {
			return err
		}
	}
	return nil
}

// A current is the version of a key that is current now.
type current struct {
	seq      int64
	sum      []byte
	log, idx sql.NullInt64
	gone     int
}

// present finds what is current of the keys that wait.
func (w *Writer) present() (map[string]current, error) {
	have := map[string]current{}
	perhaps, err := w.perhaps()
	if err != nil {
		return nil, err
	}
	for keys := range slices.Chunk(perhaps, w.tx.Many()) {
		among, args := db.Among(w.tx, 3, keys)
		if err := w.tx.Rows(w.ctx, `SELECT key, seq, sum, log, idx, gone FROM record WHERE dataset = $1 AND origin = $2 AND successor IS NULL AND key`+among,
			append([]any{w.dataset.Name, w.source.Origin}, args...), func(r db.Scanner) error {
				var c current
				var key string
				err := r.Scan(&key, &c.seq, &c.sum, &c.log, &c.idx, &c.gone)
				have[key] = c
				return err
			}); err != nil {
			return nil, err
		}
	}
	return have, nil
}

// perhaps are the keys among those waiting that may be here. A whole file of a dataset that a city has nothing of is not looked
// for, key by key, in vain.
func (w *Writer) perhaps() ([]string, error) {
	if !w.asked && len(w.waiting) == perFlush {
		w.asked = true
		var one int
		have, err := w.tx.Row(w.ctx, `SELECT 1 WHERE EXISTS (SELECT 1 FROM record WHERE dataset = $1 AND origin = $2 AND successor IS NULL AND gone = 0)
			OR EXISTS (SELECT 1 FROM record WHERE dataset = $1 AND origin = $2 AND successor IS NULL AND gone > 0)`, []any{w.dataset.Name, w.source.Origin}, &one)
		if err != nil {
			return nil, err
		}
		if !have {
			w.first = &first{maphash.MakeSeed(), map[uint64]struct{}{}}
		}
	}
	keys := make([]string, 0, len(w.waiting))
	for i := range w.waiting {
		if w.first == nil || w.first.has(w.waiting[i].key) {
			keys = append(keys, w.waiting[i].key)
		}
	}
	return keys, nil
}

func (f *first) has(key string) bool {
	_, ok := f.keys[maphash.String(f.seed, key)]
	return ok
}

func (w *Writer) remember(versions []version) {
	if w.first == nil {
		return
	}
	for i := range versions {
		w.first.keys[maphash.String(w.first.seed, versions[i].key)] = struct{}{}
	}
	if len(w.first.keys) > remembered {
		w.first = nil
	}
}

// before says whether what comes now came, by its place in the partner's log, before a version that is here: an entry that
// was set aside is applied late, and what a later one said stays current.
func (s *Source) before(log, idx sql.NullInt64) bool {
	return s.Log != nil && log.Valid && log.Int64 == *s.Log && idx.Int64 > *s.Index
}

// number gives the versions their numbers and ends those they replace.
func (w *Writer) number(versions []version) error {
	first, err := w.tx.Next(w.ctx, "record", len(versions))
	if err != nil {
		return err
	}
	for i := range versions {
		v := &versions[i]
		v.seq = first + int64(i)
		if v.replaces == 0 {
			continue
		}
		if _, err := w.tx.Exec(w.ctx, `UPDATE record SET successor = $1 WHERE seq = $2`, v.seq, v.replaces); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) insert(versions []version) error {
	row := make([]any, len(columns))
	return w.tx.Bulk(w.ctx, "record", columns, len(versions), func(i int) []any {
		v := &versions[i]
		row = append(row[:0], v.seq, w.dataset.Name, w.dataset.Version, w.source.Origin, v.key, v.row, v.sum[:], v.first,
			db.Micros(w.tx.Now), w.source.Name, w.source.Log, w.source.Index, v.stays, v.cell)
		return row
	})
}

var columns = []string{"seq", "dataset", "version", "origin", "key", "row", "sum", "first", "known", "source", "log", "idx", "successor", "cell"}
