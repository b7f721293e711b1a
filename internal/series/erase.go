package series

import (
	"context"

	"accord/internal/db"
	"accord/record"
)

// Clear removes every value of the series that the runs are of, and the series themselves. Chunks do not know any more which
// entry brought what: to erase what some entries brought, the caller clears their series and puts the other entries'
// observations again.
func (w *Writer) Clear(ctx context.Context, tx *db.Tx, runs []record.Run) error {
	have, err := w.known(ctx, tx, runs)
	if err != nil {
		return err
	}
	for i := range runs {
		k, ok := have[identity{runs[i].Name, runs[i].Simulated}]
		if !ok {
			continue
		}
		for _, q := range []string{`DELETE FROM replaced WHERE series = $1`, `DELETE FROM chunk WHERE series = $1`, `DELETE FROM tail WHERE series = $1`, `DELETE FROM series WHERE id = $1`} {
			if _, err := tx.Exec(ctx, q, k.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
