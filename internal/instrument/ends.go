package instrument

import (
	"context"
	"time"

	"accord/agreement"
	"accord/internal/db"
)

// A Closing is the end of a text, or of one clause of it, as it stands at a moment.
type Closing struct {
	Clause string    `json:"clause"` // empty for the whole text
	At     time.Time `json:"at"`     // the first moment at which it is not in force any more
	Ended  bool      `json:"ended"`  // whether that moment is over
}

// Closings are the ends that are known of a text signed here, and of its clauses, where they have one: the text's first. What
// became of a paper elsewhere is not known here.
func Closings(ctx context.Context, tx *db.Tx, k *Kept, now time.Time) (out []Closing, err error) {
	if k.Standing != agreement.SignedHere {
		return nil, nil
	}
	said, err := endings(ctx, tx, k.ID)
	if err != nil {
		return nil, err
	}
	clauses := []string{""}
	for i := range k.Clauses {
		clauses = append(clauses, k.Clauses[i].ID)
	}
	for _, c := range clauses {
		if end := endAt(k.steps(said[k.ID], c), now); !end.IsZero() {
			out = append(out, Closing{Clause: c, At: end, Ended: !now.Before(end)})
		}
	}
	return out, nil
}
