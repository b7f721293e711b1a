// Package dbtest gives tests a real database, on both engines.
//
// A test on PostgreSQL needs a server on which databases may be made: its URL in TEST_POSTGRES. scripts/with-postgres
// starts one for the command it is given. There every seventh commit is refused as a collision, so that each test also
// shows that what it tests may run twice.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"accord/internal/db"
)

// Each runs f once per engine, each time with a database of its own.
func Each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	EachAt(t, func(t *testing.T, at string) { f(t, OpenAt(t, at)) })
}

// EachAt is Each for tests that open the database themselves: f gets what db.Open takes, a path or a URL.
func EachAt(t *testing.T, f func(t *testing.T, at string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, file(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Server(t)) })
}

// places remembers where a database is, for Like and Beside.
var places sync.Map // of *db.DB to string

func place(d *db.DB) string {
	at, _ := places.Load(d)
	return at.(string)
}

// Like returns another fresh database on the engine of d.
func Like(t testing.TB, d *db.DB) *db.DB {
	t.Helper()
	if db.IsURL(place(d)) {
		return OpenAt(t, Server(t))
	}
	return Open(t)
}

// Beside returns another handle on the database of d, as another process has it.
func Beside(t testing.TB, d *db.DB) *db.DB {
	t.Helper()
	return OpenAt(t, place(d))
}

// Open returns a fresh database on the embedded engine that is closed with the test.
func Open(t testing.TB) *db.DB {
	t.Helper()
	return OpenAt(t, file(t))
}

func file(t testing.TB) string { return filepath.Join(t.TempDir(), "test.db") }

// OpenAt opens a database where it is, as one more process does, and closes it with the test.
func OpenAt(t testing.TB, at string) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), at, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	places.Store(d, at)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// On returns another handle on the database of d, which goes by another clock.
func On(t testing.TB, d *db.DB, now func() time.Time) *db.DB {
	t.Helper()
	other, err := db.Open(context.Background(), place(d), now)
	if err != nil {
		t.Fatal(err)
	}
	places.Store(other, place(d))
	t.Cleanup(func() {
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	})
	return other
}

// Files are the contents of the embedded engine's files of d, with its write-ahead log; none on a server.
func Files(t testing.TB, d *db.DB) (out [][]byte) {
	t.Helper()
	if db.IsURL(place(d)) {
		return nil
	}
	names, err := filepath.Glob(place(d) + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}
