package account

import (
	"context"
	"fmt"
	"time"

	"accord/internal/db"
	"accord/internal/fault"
)

// A Named is an account as it is found.
type Named struct {
	Name  string
	Since time.Time
}

// Find returns the name of an account; a fault NotFound when there is none of this id.
func Find(ctx context.Context, tx *db.Tx, id string) (*Named, error) {
	n := new(Named)
	var since int64
	found, err := tx.Row(ctx, `SELECT name, since FROM account WHERE id = $1`, []any{id}, &n.Name, &since)
	if err == nil && !found {
		err = fault.New(fault.NotFound, fmt.Sprintf("account %.60q", id), "there is none of this id", "see accord account list")
	}
	n.Since = db.Time(since)
	return n, err
}

// IDs lists every account.
func IDs(ctx context.Context, tx *db.Tx) (out []string, err error) {
	err = tx.Rows(ctx, `SELECT id FROM account`, nil, func(r db.Scanner) error {
		var id string
		err := r.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, err
}
