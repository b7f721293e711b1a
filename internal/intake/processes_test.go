package intake

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/store"
)

// TestSameFileByManyAtOnce takes one file in by eight processes at once: each row is stored once, and each process says
// truthfully what it did.
func TestSameFileByManyAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const good, bad, processes = 40, 3, 8
		var b strings.Builder
		b.WriteString(header)
		for i := range good {
			b.WriteString(plain(fmt.Sprint(1000 + i)))
		}
		for i := range bad {
			b.WriteString(with(fmt.Sprint(2000+i), width, "3m"))
		}
		dir := t.TempDir()
		path := filepath.Join(dir, "file.csv")
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		accepted, unchanged := 0, 0
		for range processes {
			take := &Take{DB: dbtest.Beside(t, d), Origin: "here", Lookup: all.Lookup, Recipes: recipes(t), Recipe: "kr-subsidence-accident", Rejected: filepath.Join(dir, "rejected")}
			wg.Go(func() {
				got, err := take.File(t.Context(), path)
				if err != nil {
					t.Error(err)
					return
				}
				if got.Rows != good+bad || got.Rejected != bad || got.Rows != got.Accepted+got.Rejected+got.Unchanged || len(got.Problems) != bad {
					t.Errorf("%+v", got)
				}
				if rows, err := os.ReadFile(got.RejectedFile); err != nil || strings.Count(string(rows), "\n") != bad+1 {
					t.Errorf("rejected rows: %v\n%s", err, rows)
				}
				mu.Lock()
				defer mu.Unlock()
				accepted, unchanged = accepted+got.Accepted, unchanged+got.Unchanged
			})
		}
		wg.Wait()
		if accepted != good || unchanged != (processes-1)*good {
			t.Errorf("%d accepted, %d unchanged", accepted, unchanged)
		}
		if err := d.View(t.Context(), func(tx *db.Tx) error {
			totals, err := store.Totals(t.Context(), tx)
			if err == nil && (len(totals) != 1 || totals[0].Records != good) {
				t.Errorf("%+v", totals)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if files, err := os.ReadDir(filepath.Join(dir, "rejected")); err != nil || len(files) != processes {
			t.Errorf("%d files of rejected rows (%v)", len(files), err)
		}
	})
}
