package account

import (
	"context"
	"time"

	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/who"
)

// Seen returns up to which position of a partner's log a person has seen what came; 0 when nothing was marked.
func Seen(ctx context.Context, tx *db.Tx, id, partner string) (position int64, err error) {
	_, err = tx.Row(ctx, `SELECT position FROM account_seen WHERE account = $1 AND partner = $2`, []any{id, partner}, &position)
	return position, err
}

// MarkSeen notes that a person has seen what came from a partner up to a position. A mark never goes back: of two windows that
// mark at once, the later position stands.
func (a *Accounts) MarkSeen(ctx context.Context, by who.Person, partner string, position int64) error {
	if !by.May(who.Self) {
		return fault.New(fault.Refused, "notices", "nobody is signed in", "sign in first")
	}
	return a.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO account_seen (account, partner, position) VALUES ($1, $2, $3)
			ON CONFLICT (account, partner) DO UPDATE SET position = excluded.position WHERE account_seen.position < excluded.position`, by.ID, partner, position)
		return err
	})
}

// Since is since when there is an account of a person.
func Since(ctx context.Context, tx *db.Tx, id string) (time.Time, error) {
	var since int64
	_, err := tx.Row(ctx, `SELECT since FROM account WHERE id = $1`, []any{id}, &since)
	return db.Time(since), err
}
