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
	dbtest.EachAt(t, func(t *testing.T, at string) {
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				d, err := db.Open(t.Context(), at, time.Now)
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
		d, err := db.Open(t.Context(), at, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if n := next(t, d); n != 201 {
			t.Errorf("number %d after 200", n)
		}
	})
}

// TestNumbersAppearInOrder: whoever reads up to the highest number it can see must never be shown a lower one later.
func TestNumbersAppearInOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `CREATE TABLE numbered (n BIGINT PRIMARY KEY)`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		const writers, each = 6, 25
		var writing sync.WaitGroup
		for range writers {
			d := dbtest.Beside(t, d)
			writing.Go(func() {
				for range each {
					if err := d.Update(t.Context(), func(tx *db.Tx) error {
						n, err := tx.Next(t.Context(), "record", 3)
						for i := range int64(3) {
							time.Sleep(time.Duration(n%5) * 100 * time.Microsecond)
							if err == nil {
								_, err = tx.Exec(t.Context(), `INSERT INTO numbered (n) VALUES ($1)`, n+i)
							}
						}
						return err
					}); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { writing.Wait(); close(done) }()
		reader := dbtest.Beside(t, d)
		seen := int64(0)
		for last := false; ; {
			select {
			case <-done:
				last = true
			default:
			}
			if err := reader.View(t.Context(), func(tx *db.Tx) error {
				return tx.Rows(t.Context(), `SELECT n FROM numbered WHERE n > $1 ORDER BY n`, []any{seen}, func(r db.Scanner) error {
					var n int64
					err := r.Scan(&n)
					if n != seen+1 {
						t.Errorf("%d follows %d", n, seen)
					}
					seen = n
					return err
				})
			}); err != nil {
				t.Fatal(err)
			}
			if last {
				break
			}
		}
		if seen != writers*each*3 {
			t.Errorf("%d numbers seen", seen)
		}
	})
}

// TestWritersAreAlone: what a writing transaction has read is still so when it commits, in whatever order the writers take
// their rows.
func TestWritersAreAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `CREATE TABLE purse (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)`)
			for id := range 2 {
				if err == nil {
					_, err = tx.Exec(t.Context(), `INSERT INTO purse (id, n) VALUES ($1, 1000)`, id)
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for w := range 8 {
			d := dbtest.Beside(t, d)
			wg.Go(func() {
				for range 20 {
					if err := d.Update(t.Context(), func(tx *db.Tx) error {
						for _, id := range []int{w % 2, 1 - w%2} {
							var n int64
							if _, err := tx.Row(t.Context(), `SELECT n FROM purse WHERE id = $1`, []any{id}, &n); err != nil {
								return err
							}
							if _, err := tx.Exec(t.Context(), `UPDATE purse SET n = $1 WHERE id = $2`, n+1, id); err != nil {
								return err
							}
						}
						return nil
					}); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		for id := range 2 {
			var n int64
			if err := d.View(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Row(t.Context(), `SELECT n FROM purse WHERE id = $1`, []any{id}, &n)
				return err
			}); err != nil || n != 1160 {
				t.Errorf("purse %d holds %d, not 1160 (%v)", id, n, err)
			}
		}
	})
}

// TestNoQueryWhileRowsAreRead: a server cannot do it, so the embedded engine must not let it pass either.
func TestNoQueryWhileRowsAreRead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.View(t.Context(), func(tx *db.Tx) error {
			return tx.Rows(t.Context(), `SELECT n FROM counter`, nil, func(db.Scanner) error {
				var n int64
				_, err := tx.Row(t.Context(), `SELECT n FROM counter WHERE name = 'log'`, nil, &n)
				return err
			})
		})
		if err == nil {
			t.Error("it passed")
		}
	})
}

// TestViewDoesNotChange reads twice in one view while another process writes between.
func TestViewDoesNotChange(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		other := dbtest.Beside(t, d)
		var before, after int64
		if err := d.View(t.Context(), func(tx *db.Tx) error {
			read := func(into *int64) error {
				_, err := tx.Row(t.Context(), `SELECT n FROM counter WHERE name = 'record'`, nil, into)
				return err
			}
			if err := read(&before); err != nil {
				return err
			}
			next(t, other)
			return read(&after)
		}); err != nil || before != after {
			t.Errorf("%d, then %d (%v)", before, after, err)
		}
	})
}

func TestWatchSeesOtherProcesses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, a *db.DB) {
		b := dbtest.Beside(t, a)
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
	})
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
