package evidence

import (
	"context"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/search"
)

// toFind has the search look at a claim again. One that was withdrawn is not found any more, at once.
func toFind(ctx context.Context, tx *db.Tx, event string, withdrawn bool) error {
	if !withdrawn {
		return search.Mark(ctx, tx, search.Claim, event)
	}
	_, err := search.Drop(ctx, tx, search.Claim, event)
	return err
}

// IDs lists every event that was ever claimed.
func IDs(ctx context.Context, tx *db.Tx) (out []string, err error) {
	err = tx.Rows(ctx, `SELECT DISTINCT event FROM claim`, nil, func(r db.Scanner) error {
		var id string
		err := r.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, err
}

// A Finding is a claim as it stands, with the reasons of everything that was said of it.
type Finding struct {
	Claim     *exchange.Claim
	Withdrawn bool
	Why       []string
}

// Said returns what was said of an event; a fault NotFound when it was never claimed.
func Said(ctx context.Context, tx *db.Tx, id string) (*Finding, error) {
	t, err := one(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if t.newest() == nil {
		return nil, fault.New(fault.NotFound, "event "+id, "no claim of it is known here", "see accord evidence list")
	}
	out := &Finding{Withdrawn: t.withdrawn()}
	if out.Claim, err = t.newest().claim(); err != nil {
		return nil, err
	}
	out.Why = append(out.Why, out.Claim.Why)
	for _, w := range t.words {
		out.Why = append(out.Why, w.why)
	}
	return out, nil
}
