package link

import (
	"context"

	"accord/exchange"
	"accord/internal/db"
)

// Body returns the body of an entry by its id, wherever it is now: in the outbox, or in the log of that origin. found is
// false when there is no such entry; a body that was erased is nil.
func Body(ctx context.Context, tx *db.Tx, origin, id string) (body []byte, found bool, err error) {
	if found, err = tx.Row(ctx, `SELECT body FROM outbox WHERE id = $1`, []any{id}, &body); found || err != nil {
		return body, found, err
	}
	found, err = tx.Row(ctx, `SELECT e.body FROM entry e JOIN log g ON g.id = e.log WHERE g.origin = $1 AND e.id = $2`, []any{origin, id}, &body)
	return body, found, err
}

// Queued says how many entries of a kind wait in the outbox for a partner under an instrument.
func (l *Links) Queued(ctx context.Context, tx *db.Tx, partner, instrument string, kind exchange.Kind) (n int, err error) {
	_, err = tx.Row(ctx, `SELECT COUNT(*) FROM outbox WHERE partner = $1 AND instrument = $2 AND kind = $3`, []any{partner, instrument, string(kind)}, &n)
	return n, err
}

// Recall takes an entry out of the outbox again; false when it is not there: it has a position, and counts as having left.
func (l *Links) Recall(ctx context.Context, tx *db.Tx, id string) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM outbox WHERE id = $1`, id)
	return n > 0, err
}

// Position is where an entry stands in the log of that origin; found is false while it waits, or where there is none.
func Position(ctx context.Context, tx *db.Tx, origin, id string) (index int64, found bool, err error) {
	found, err = tx.Row(ctx, `SELECT e.idx FROM entry e JOIN log g ON g.id = e.log WHERE g.origin = $1 AND e.id = $2`, []any{origin, id}, &index)
	return index, found, err
}
