// Package store keeps records, ours and those that came, in every version they ever had. It knows datasets only by their
// description and rows only in canonical form.
package store

import (
	"context"
	"crypto/sha256"

	"accord/internal/db"
)

// A Source says where records come from.
type Source struct {
	Origin string // the party whose records they are
	Name   string // the file they were read from; empty for what came over a link
	Log    *int64 // the log and the entry that brought them, for what came over a link
	Index  *int64
}

// A Stored is the current version of a record as stored.
type Stored struct {
	Seq     int64
	Version int
	Key     string
	Row     []byte
	Gone    bool // the record is no more: it was deleted here or withdrawn by its owner, and has no row
}

// Name is how the search names a record.
func Name(dataset, origin, key string) string { return dataset + "|" + origin + "|" + key }

// A Row is a version of a record, of whatever dataset and origin.
type Row struct {
	Stored
	Dataset, Origin string
}

// NextOf is the number of the first record of some datasets after number seq; 0 when there is none.
func NextOf(ctx context.Context, tx *db.Tx, datasets []string, seq int64) (next int64, err error) {
	among, args := db.Among(tx, 2, datasets)
	_, err = tx.Row(ctx, `SELECT seq FROM record WHERE seq > $1 AND dataset`+among+` ORDER BY seq LIMIT 1`, append([]any{seq}, args...), &next)
	return next, err
}

// Since returns the next records of some datasets after number seq that are current, in the order they were stored.
func Since(ctx context.Context, tx *db.Tx, datasets []string, seq int64, limit int) (out []Row, err error) {
	among, args := db.Among(tx, 3, datasets)
	err = tx.Rows(ctx, `SELECT seq, dataset, origin, version, key, row, gone > 0 FROM record WHERE seq > $1 AND dataset`+among+` AND successor IS NULL ORDER BY seq LIMIT $2`,
		append([]any{seq, limit}, args...), func(r db.Scanner) error {
			var w Row
			err := r.Scan(&w.Seq, &w.Dataset, &w.Origin, &w.Version, &w.Key, &w.Row, &w.Gone)
			out = append(out, w)
			return err
		})
	return out, err
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
	err = tx.Rows(ctx, `SELECT seq, dataset = $1 AND origin = $2 AND successor IS NULL, version, key, row, gone > 0 FROM record
		WHERE seq > $3 ORDER BY seq LIMIT $4`, []any{dataset, origin, seq, limit}, func(r db.Scanner) error {
		var s Stored
		var wanted bool
		if err := r.Scan(&s.Seq, &wanted, &s.Version, &s.Key, &s.Row, &s.Gone); err != nil {
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
	return list(ctx, tx, `SELECT seq, version, key, row FROM record WHERE seq = $1 AND successor IS NULL AND gone = 0`, seq)
}

// Current returns the current version of a record; nothing when there is none.
func Current(ctx context.Context, tx *db.Tx, dataset, origin, key string) ([]Stored, error) {
	return list(ctx, tx, `SELECT seq, version, key, row FROM record WHERE dataset = $1 AND origin = $2 AND key = $3 AND successor IS NULL AND gone = 0`, dataset, origin, key)
}

// EachCurrent calls f with the current version of every record of a dataset and origin that is there, in no order. f may not keep the row.
func EachCurrent(ctx context.Context, tx *db.Tx, dataset, origin string, f func(Stored) error) error {
	return tx.Rows(ctx, `SELECT seq, version, key, row FROM record WHERE dataset = $1 AND origin = $2 AND successor IS NULL AND gone = 0`, []any{dataset, origin}, func(r db.Scanner) error {
		var s Stored
		if err := r.Scan(&s.Seq, &s.Version, &s.Key, &s.Row); err != nil {
			return err
		}
		return f(s)
	})
}

// A Came says by which entry a version of a record came first. The sum is over the row, which holds its key.
type Came struct {
	Origin, Dataset string
	Version         int
	Sum             [sha256.Size]byte
}

// Brought returns the first entry that brought each version that came over a link, as log and index. It holds some hundred
// bytes a version in memory.
func Brought(ctx context.Context, tx *db.Tx) (map[Came][2]int64, error) {
	out := map[Came][2]int64{}
	err := tx.Rows(ctx, `SELECT origin, dataset, version, sum, log, idx FROM record WHERE log IS NOT NULL AND gone = 0 ORDER BY seq DESC`, nil, func(r db.Scanner) error {
		var c Came
		var sum []byte
		var at [2]int64
		if err := r.Scan(&c.Origin, &c.Dataset, &c.Version, &sum, &at[0], &at[1]); err != nil {
			return err
		}
		copy(c.Sum[:], sum)
		out[c] = at
		return nil
	})
	return out, err
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

// Any says whether there is any record of a dataset of an origin.
func Any(ctx context.Context, tx *db.Tx, dataset, origin string) (bool, error) {
	var one int
	return tx.Row(ctx, `SELECT 1 FROM record WHERE dataset = $1 AND origin = $2 AND successor IS NULL AND gone = 0 LIMIT 1`, []any{dataset, origin}, &one)
}

// Totals counts what is here.
func Totals(ctx context.Context, tx *db.Tx) (out []Total, err error) {
	err = tx.Rows(ctx, `SELECT dataset, origin, COUNT(*) FROM record WHERE successor IS NULL AND gone = 0 GROUP BY dataset, origin ORDER BY dataset, origin`, nil,
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
	return tx.Rows(ctx, `SELECT seq, dataset, version, key, row, sum FROM record WHERE gone = 0 ORDER BY seq`, nil, func(r db.Scanner) error {
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
