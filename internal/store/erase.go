package store

import (
	"context"
	"crypto/sha256"

	"accord/internal/db"
	"accord/internal/search"
	"accord/record"
)

// What a version without a row says.
const (
	deleted   = 1 // its city has deleted the record
	withdrawn = 2 // its city has taken it back
)

// Erase removes every version that an entry brought, with its row. A version that a later entry has brought too stays, as
// that one's. It returns how many are gone.
func Erase(ctx context.Context, tx *db.Tx, log, index int64) (gone int64, err error) {
	if _, err := tx.Exec(ctx, `DELETE FROM record_also WHERE log = $1 AND idx = $2`, log, index); err != nil {
		return 0, err
	}
	type other struct{ seq, index int64 }
	var others []other
	if err := tx.Rows(ctx, `SELECT r.seq, MIN(a.idx) FROM record r JOIN record_also a ON a.seq = r.seq WHERE r.log = $1 AND r.idx = $2 GROUP BY r.seq`, []any{log, index}, func(r db.Scanner) error {
		var o other
		err := r.Scan(&o.seq, &o.index)
		others = append(others, o)
		return err
	}); err != nil {
		return 0, err
	}
	for _, o := range others {
		if _, err := tx.Exec(ctx, `UPDATE record SET idx = $1 WHERE seq = $2`, o.index, o.seq); err != nil {
			return 0, err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM record_also WHERE log = $1 AND idx = $2 AND seq = $3`, log, o.index, o.seq); err != nil {
			return 0, err
		}
	}
	var versions []int64
	if err := tx.Rows(ctx, `SELECT seq FROM record WHERE log = $1 AND idx = $2`, []any{log, index}, func(r db.Scanner) error {
		var seq int64
		err := r.Scan(&seq)
		versions = append(versions, seq)
		return err
	}); err != nil {
		return 0, err
	}
	if err := search.DropVersions(ctx, tx, versions); err != nil {
		return 0, err
	}
	return tx.Exec(ctx, `DELETE FROM record WHERE log = $1 AND idx = $2`, log, index)
}

// Keys calls f with the dataset and the key of every version that an entry brought.
func Keys(ctx context.Context, tx *db.Tx, log, index int64, f func(dataset, key string)) error {
	return tx.Rows(ctx, `SELECT dataset, key FROM record WHERE log = $1 AND idx = $2`, []any{log, index}, func(r db.Scanner) error {
		var dataset, key string
		err := r.Scan(&dataset, &key)
		f(dataset, key)
		return err
	})
}

// BroughtBy says whether anything is kept that an entry brought.
func BroughtBy(ctx context.Context, tx *db.Tx, log, index int64) (bool, error) {
	var one int
	return tx.Row(ctx, `SELECT 1 WHERE EXISTS (SELECT 1 FROM record WHERE log = $1 AND idx = $2) OR EXISTS (SELECT 1 FROM record_also WHERE log = $1 AND idx = $2)`,
		[]any{log, index}, &one)
}

// Delete notes that a record of ours is no more. Its earlier versions stay, as every version does. It says whether there
// was one.
func Delete(ctx context.Context, tx *db.Tx, dataset, origin, key, why string) (bool, error) {
	now, err := Current(ctx, tx, dataset, origin, key)
	if err != nil || len(now) == 0 {
		return false, err
	}
	return true, end(ctx, tx, now[0], dataset, key, deleted, Source{Origin: origin, Name: why})
}

// Withdraw notes that the city whose record it is has taken it back, by an entry. What a later entry brought stays; one of
// which nothing is here is noted all the same, because an earlier entry may still be applied.
func Withdraw(ctx context.Context, tx *db.Tx, d *record.Dataset, key string, source Source) error {
	var now Stored
	var log, idx int64
	var gone int
	found, err := tx.Row(ctx, `SELECT seq, version, log, idx, gone FROM record WHERE dataset = $1 AND origin = $2 AND key = $3 AND successor IS NULL`,
		[]any{d.Name, source.Origin, key}, &now.Seq, &now.Version, &log, &idx, &gone)
	if err != nil || found && (gone > 0 || idx > *source.Index) {
		return err
	}
	now.Version = d.Version
	return end(ctx, tx, now, d.Name, key, withdrawn, source)
}

// end puts a version without a row in the place of the current one.
func end(ctx context.Context, tx *db.Tx, now Stored, dataset, key string, how int, s Source) error {
	seq, err := tx.Next(ctx, "record", 1)
	if err != nil {
		return err
	}
	if now.Seq > 0 {
		if _, err := tx.Exec(ctx, `UPDATE record SET successor = $1 WHERE seq = $2`, seq, now.Seq); err != nil {
			return err
		}
	}
	if _, err := search.Drop(ctx, tx, search.Record, Name(dataset, s.Origin, key)); err != nil {
		return err
	}
	none := sha256.Sum256(nil)
	_, err = tx.Exec(ctx, `INSERT INTO record (seq, dataset, version, origin, key, row, sum, first, known, source, log, idx, successor, gone)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, $11, NULL, $12)`, seq, dataset, now.Version, s.Origin, key, []byte{}, none[:], db.Micros(tx.Now), s.Name, s.Log, s.Index, how)
	return err
}
