// Package store keeps records, ours and those that came, in every version they ever had. It knows datasets only by their
// description and rows only in canonical form.
package store

import (
	"bytes"
	"context"
	"errors"

	"accord/internal/db"
	"accord/record"
)

// A Source says where records come from.
type Source struct {
	Origin string // the party whose records they are
	Name   string // the file they were read from; empty for what came over a link
	Log    *int64 // the log and the entry that brought them, for what came over a link
	Index  *int64
}

// A Count says what storing did. A record that is here with the same bytes is unchanged.
type Count struct {
	Fresh     int `json:"fresh"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// A Writer stores records of one dataset from one source within a transaction.
type Writer struct {
	ctx     context.Context
	tx      *db.Tx
	dataset *record.Dataset
	source  Source
	block   int   // how many numbers are taken at a time
	next    int64 // the next of the numbers taken
	taken   int   // how many of them are left
	Count   Count
}

// NewWriter returns a writer for about expect records. Whoever reads in order of the numbers it gives cannot miss one: writing
// transactions come one after the other.
func NewWriter(ctx context.Context, tx *db.Tx, dataset *record.Dataset, source Source, expect int) *Writer {
	return &Writer{ctx: ctx, tx: tx, dataset: dataset, source: source, block: max(1, min(expect, maxBlock))}
}

// Put stores one record. row is its canonical form; it is not kept after Put returns.
func (w *Writer) Put(r *record.Record, row []byte) error {
	sum := record.Sum(row)
	done, err := w.put(r, row, sum[:])
	if err != nil || done {
		if done {
			w.Count.Fresh++
		}
		return err
	}
	var seq int64
	var old []byte
	if _, err := w.tx.Row(w.ctx, `SELECT seq, sum FROM record WHERE dataset = $1 AND origin = $2 AND key = $3 AND successor IS NULL`,
		[]any{w.dataset.Name, w.source.Origin, r.Key}, &seq, &old); err != nil {
		return err
	}
	if bytes.Equal(old, sum[:]) {
		w.Count.Unchanged++
		return nil
	}
	if _, err := w.tx.Exec(w.ctx, `UPDATE record SET successor = $1 WHERE seq = $2`, w.next, seq); err != nil {
		return err
	}
	if done, err = w.put(r, row, sum[:]); err == nil && !done {
		err = errors.New("the current version of a record could not be replaced")
	}
	w.Count.Changed++
	return err
}

// maxBlock bounds how many numbers a transaction that fails to use them leaves unused.
const maxBlock = 256

// put inserts a version; it is not done when a current version is in the way.
func (w *Writer) put(r *record.Record, row, sum []byte) (done bool, err error) {
	if w.taken == 0 {
		if w.next, err = w.tx.Next(w.ctx, "record", w.block); err != nil {
			return false, err
		}
		w.taken = w.block
	}
	n, err := w.tx.Exec(w.ctx, `INSERT INTO record (seq, dataset, version, origin, key, row, sum, first, known, source, log, idx, successor)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL)
		ON CONFLICT (dataset, origin, key) WHERE successor IS NULL DO NOTHING`, w.next, w.dataset.Name, w.dataset.Version, w.source.Origin, r.Key, row, sum,
		db.Micros(r.When.First()), db.Micros(w.tx.Now), w.source.Name, w.source.Log, w.source.Index)
	if err == nil && n == 1 {
		w.next++
		w.taken--
	}
	return n == 1, err
}

// A Stored is the current version of a record as stored.
type Stored struct {
	Seq     int64
	Version int
	Key     string
	Row     []byte
}

// Newest is the highest number a record was ever given.
func Newest(ctx context.Context, tx *db.Tx) (seq int64, err error) {
	_, err = tx.Row(ctx, `SELECT n FROM counter WHERE name = 'record'`, nil, &seq)
	return seq, err
}

// After looks at the next limit records after number seq, of whatever dataset and origin, and returns those that are
// current and of the given ones, in the order they were stored. upto is the number looked at last; seq when none was.
// What a call costs follows from limit alone.
func After(ctx context.Context, tx *db.Tx, dataset, origin string, seq int64, limit int) (out []Stored, upto int64, err error) {
	upto = seq
	err = tx.Rows(ctx, `SELECT seq, dataset = $1 AND origin = $2 AND successor IS NULL, version, key, row FROM record
		WHERE seq > $3 ORDER BY seq LIMIT $4`, []any{dataset, origin, seq, limit}, func(r db.Scanner) error {
		var s Stored
		var wanted bool
		if err := r.Scan(&s.Seq, &wanted, &s.Version, &s.Key, &s.Row); err != nil {
			return err
		}
		upto = s.Seq
		if wanted {
			out = append(out, s)
		}
		return nil
	})
	return out, upto, err
}

// At returns the record with number seq if it is still the current version; otherwise nothing.
func At(ctx context.Context, tx *db.Tx, seq int64) ([]Stored, error) {
	return list(ctx, tx, `SELECT seq, version, key, row FROM record WHERE seq = $1 AND successor IS NULL`, seq)
}

func list(ctx context.Context, tx *db.Tx, query string, args ...any) (out []Stored, err error) {
	err = tx.Rows(ctx, query, args, func(r db.Scanner) error {
		var s Stored
		err := r.Scan(&s.Seq, &s.Version, &s.Key, &s.Row)
		out = append(out, s)
		return err
	})
	return out, err
}

// A Total counts the current records of one dataset from one origin.
type Total struct {
	Dataset, Origin string
	Records         int64
}

// Totals counts what is here.
func Totals(ctx context.Context, tx *db.Tx) (out []Total, err error) {
	err = tx.Rows(ctx, `SELECT dataset, origin, COUNT(*) FROM record WHERE successor IS NULL GROUP BY dataset, origin ORDER BY dataset, origin`, nil,
		func(r db.Scanner) error {
			var t Total
			err := r.Scan(&t.Dataset, &t.Origin, &t.Records)
			out = append(out, t)
			return err
		})
	return out, err
}

// Each calls f with every stored version of every record, current or not, in the order they were stored.
func Each(ctx context.Context, tx *db.Tx, f func(seq int64, dataset string, version int, key string, row, sum []byte) error) error {
	return tx.Rows(ctx, `SELECT seq, dataset, version, key, row, sum FROM record ORDER BY seq`, nil, func(r db.Scanner) error {
		var seq int64
		var dataset, key string
		var version int
		var row, sum []byte
		if err := r.Scan(&seq, &dataset, &version, &key, &row, &sum); err != nil {
			return err
		}
		return f(seq, dataset, version, key, row, sum)
	})
}
