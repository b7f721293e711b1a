package flow

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/search"
)

// toFind has the search look at a release again: only what waits is found.
func toFind(ctx context.Context, tx *db.Tx, id int64) error {
	return search.Mark(ctx, tx, search.Release, strconv.FormatInt(id, 10))
}

// WaitingIDs lists the numbers of the batches that wait for a person.
func WaitingIDs(ctx context.Context, tx *db.Tx) (out []string, err error) {
	err = tx.Rows(ctx, `SELECT id FROM release WHERE state = $1 AND document = ''`, []any{string(Waiting)}, func(r db.Scanner) error {
		var id int64
		err := r.Scan(&id)
		out = append(out, strconv.FormatInt(id, 10))
		return err
	})
	return out, err
}

// A Waited is a batch that waits, as it is found.
type Waited struct {
	Clause, Dataset string
	Body            []byte
	Since           time.Time
}

// Batch returns a batch that waits for a person; a fault NotFound when none of this number does.
func Batch(ctx context.Context, tx *db.Tx, id int64) (*Waited, error) {
	w := new(Waited)
	var since int64
	found, err := tx.Row(ctx, `SELECT clause, dataset, body, since FROM release WHERE id = $1 AND state = $2 AND document = ''`, []any{id, string(Waiting)},
		&w.Clause, &w.Dataset, &w.Body, &since)
	if err == nil && !found {
		err = fault.New(fault.NotFound, fmt.Sprintf("release %d", id), "no batch of this number waits", "see accord release list")
	}
	w.Since = db.Time(since)
	return w, err
}
