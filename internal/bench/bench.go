// Package bench measures a node against the limits of the machine it runs on: each throughput stands beside what the bare
// engine does with the same rows in the same run, because an absolute number says little on another machine.
package bench

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"accord/internal/db"
)

// A Figure is one thing measured.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Limit float64 `json:"limit,omitempty"` // what the bare engine does in the same run
	Ratio float64 `json:"ratio,omitempty"` // Value / Limit
	Goal  string  `json:"goal,omitempty"`
	Met   *bool   `json:"met,omitempty"` // whether the goal was met; null without one
}

func atMost(name string, value float64, unit string, goal float64) Figure {
	met := value <= goal
	return Figure{Name: name, Value: value, Unit: unit, Goal: fmt.Sprintf("at most %g", goal), Met: &met}
}

func atLeast(name string, value float64, unit string, goal, limit float64) Figure {
	met := value >= goal
	return Figure{Name: name, Value: value, Unit: unit, Limit: limit, Ratio: value / limit, Goal: fmt.Sprintf("at least %g", goal), Met: &met}
}

// Write lists figures for people.
func Write(w io.Writer, figures []Figure) {
	for _, f := range figures {
		fmt.Fprintf(w, "%-46s %12.4g %-10s", f.Name, f.Value, f.Unit)
		if f.Limit > 0 {
			fmt.Fprintf(w, " %.2f of the engine's %.4g", f.Ratio, f.Limit)
		}
		if f.Met != nil {
			fmt.Fprintf(w, "  goal %s: %s", f.Goal, map[bool]string{true: "met", false: "NOT met"}[*f.Met])
		}
		fmt.Fprintln(w)
	}
}

// engineLimit is how many rows of a size the bare engine makes durable a second on two databases one after the other, in
// transactions of perTx rows: what an exchange of one row an entry cannot exceed.
func engineLimit(ctx context.Context, dir string, rows, size, perTx int) (float64, error) {
	begin := time.Now()
	for _, name := range []string{"sender.db", "receiver.db"} {
		d, err := db.Open(ctx, filepath.Join(dir, name), time.Now)
		if err != nil {
			return 0, err
		}
		defer d.Close()
		if err := d.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `CREATE TABLE bare (id BIGINT PRIMARY KEY, body BLOB NOT NULL)`)
			return err
		}); err != nil {
			return 0, err
		}
		body := make([]byte, size)
		for done := 0; done < rows; done += perTx {
			if err := d.Update(ctx, func(tx *db.Tx) error { return insertBare(ctx, tx, done, min(perTx, rows-done), body) }); err != nil {
				return 0, err
			}
		}
	}
	return float64(rows) / time.Since(begin).Seconds(), nil
}

func insertBare(ctx context.Context, tx *db.Tx, from, n int, body []byte) error {
	for i := range n {
		if _, err := tx.Exec(ctx, `INSERT INTO bare (id, body) VALUES ($1, $2)`, from+i, body); err != nil {
			return err
		}
	}
	return nil
}
