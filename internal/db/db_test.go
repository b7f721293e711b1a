package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/fault"
)

// TestPlaceholdersBindByNumber: one SQL text serves every engine only where $1 means the first argument wherever it
// stands. Another driver for the embedded engine binds by first appearance, without an error.
func TestPlaceholdersBindByNumber(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var got string
		err := d.View(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row(t.Context(), `SELECT $2 || $1 || $2`, []any{"a", "b"}, &got)
			return err
		})
		if err != nil || got != "bab" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// TestLibcIsTheDriversOwn: the embedded engine is C translated for exactly one version of its library.
func TestLibcIsTheDriversOwn(t *testing.T) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		t.Skip("no build information")
	}
	for _, m := range info.Deps {
		if m.Path == "modernc.org/sqlite" && m.Version != "v1.62.0" || m.Path == "modernc.org/libc" && m.Version != "v1.80.1" {
			t.Errorf("%s %s: when the engine is updated, take the libc that its go.mod names and change both here", m.Path, m.Version)
		}
	}
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		boom := errors.New("boom")
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Next(t.Context(), "record", 5); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		first := next(t, d)
		if first != 1 {
			t.Errorf("a rolled back transaction used up numbers: %d", first)
		}
	})
}

func next(t *testing.T, d *db.DB) (n int64) {
	t.Helper()
	if err := d.Update(t.Context(), func(tx *db.Tx) (err error) { n, err = tx.Next(t.Context(), "record", 1); return err }); err != nil {
		t.Error(err)
	}
	return n
}

func TestCounterGivesEachNumberOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var mu sync.Mutex
		seen := map[int64]bool{}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 50 {
					n := next(t, d)
					mu.Lock()
					if seen[n] {
						t.Errorf("%d was given twice", n)
					}
					seen[n] = true
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if len(seen) != 400 {
			t.Errorf("%d numbers", len(seen))
		}
	})
}

func TestViewCannotWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.View(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), `DELETE FROM counter`); return err }); err == nil {
			t.Error("a view wrote")
		}
	})
}

// TestTwoProcesses has two openings of one file write at once, as a command beside a serving node does.
func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shared.db")
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			d, err := db.Open(t.Context(), path, time.Now)
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			for range 100 {
				next(t, d)
			}
		})
	}
	wg.Wait()
	d, err := db.Open(t.Context(), path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if n := next(t, d); n != 201 {
		t.Errorf("number %d after 200", n)
	}
}

func TestWatchSeesOtherProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "watched.db")
	a, err := db.Open(t.Context(), path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := db.Open(t.Context(), path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, cancel := context.WithCancel(t.Context())
	changed := make(chan struct{}, 100)
	done := make(chan error, 1)
	go func() { done <- a.Watch(ctx, time.Millisecond, func() { changed <- struct{}{} }) }()
	<-changed // the first look
	for range 3 {
		next(t, b)
		select {
		case <-changed:
		case <-time.After(5 * time.Second):
			t.Fatal("a commit of another process was not noticed")
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "not.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, filepath.Join(dir, "no", "such", "folder.db")} {
		d, err := db.Open(t.Context(), p, time.Now)
		if err == nil {
			d.Close()
		}
		if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), p) {
			t.Errorf("%s: %v", p, err)
		}
	}
}
