package audit

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/hashlog"
)

// tree is the number of this log among the hashes.
const tree = hashlog.Deeds

// Append adds a line in the transaction of the deed itself: neither is ever there without the other.
func Append(ctx context.Context, tx *db.Tx, l Line) error {
	l.Accord, l.Time = format, tx.Now.Format(timeLayout)
	if err := l.check(); err != nil {
		return fmt.Errorf("line of the audit log: %w", err)
	}
	text, err := l.Text()
	if err != nil {
		return err
	}
	var size int64
	found, err := tx.Row(ctx, `UPDATE audit_size SET size = size + 1 RETURNING size`, nil, &size)
	if err == nil && !found {
		err = fmt.Errorf("the audit log has no size")
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO audit (idx, line) VALUES ($1, $2)`, size-1, text); err != nil {
		return err
	}
	return hashlog.Open(ctx, tx, tree).Append(size-1, []tlog.Hash{leaf(text)})
}

// Size is how many lines there are.
func Size(ctx context.Context, tx *db.Tx) (size int64, err error) {
	_, err = tx.Row(ctx, `SELECT size FROM audit_size`, nil, &size)
	return size, err
}

// A Kept is a line with its place in the log.
type Kept struct {
	Index int64 `json:"index"`
	Line
}

// List returns at most n lines before a position, the newest first; a negative position is the end of the log.
func List(ctx context.Context, tx *db.Tx, before int64, n int) (out []Kept, err error) {
	size, err := Size(ctx, tx)
	if err != nil {
		return nil, err
	}
	if before < 0 || before > size {
		before = size
	}
	err = tx.Rows(ctx, `SELECT idx, line FROM audit WHERE idx < $1 AND idx >= $2 ORDER BY idx DESC`, []any{before, before - int64(n)}, func(r db.Scanner) error {
		var k Kept
		var text []byte
		if err := r.Scan(&k.Index, &text); err != nil {
			return err
		}
		l, err := Parse(text)
		if err != nil {
			return broken(k.Index, err)
		}
		k.Line = *l
		out = append(out, k)
		return nil
	})
	return out, err
}

func broken(index int64, err error) error {
	return fault.New(fault.Conflict, "audit log", fmt.Sprintf("line %d cannot be read: %v", index, err), "keep the database as it is and see accord audit verify").Because(err)
}

// Check recomputes the whole log from its lines and says what does not hold.
func Check(ctx context.Context, tx *db.Tx) (size int64, faults []string, err error) {
	if size, err = Size(ctx, tx); err != nil {
		return 0, nil, err
	}
	stored := hashlog.Open(ctx, tx, tree)
	check := stored.Check(size, func(leaves func(tlog.Hash) error) error {
		return eachLine(ctx, tx, size, func(index int64, text []byte) error {
			if _, err := Parse(text); err != nil {
				faults = append(faults, fmt.Sprintf("line %d: %v", index, err))
			}
			return leaves(leaf(text))
		})
	})
	if check != nil {
		faults = append(faults, check.Error())
	}
	return size, faults, nil
}

// eachLine reads in pieces: what f asks of the database must not come while rows are read.
func eachLine(ctx context.Context, tx *db.Tx, size int64, f func(index int64, text []byte) error) error {
	const piece = 500
	for from := int64(0); from < size; from += piece {
		var texts [][]byte
		next := from
		err := tx.Rows(ctx, `SELECT idx, line FROM audit WHERE idx >= $1 AND idx < $2 ORDER BY idx`, []any{from, from + piece}, func(r db.Scanner) error {
			var index int64
			var text []byte
			if err := r.Scan(&index, &text); err != nil {
				return err
			}
			if index != next {
				return fmt.Errorf("line %d is missing", next)
			}
			next++
			texts = append(texts, text)
			return nil
		})
		if err != nil {
			return err
		}
		for i, text := range texts {
			if err := f(from+int64(i), text); err != nil {
				return err
			}
		}
	}
	return nil
}
