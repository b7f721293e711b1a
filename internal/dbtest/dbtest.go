// Package dbtest gives tests a real database, on every engine that this machine has.
package dbtest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"accord/internal/db"
)

// Each runs f once per engine, each time with a database of its own.
func Each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, Open(t)) })
}

// Like returns another fresh database on the engine of d.
func Like(t testing.TB, _ *db.DB) *db.DB {
	t.Helper()
	return Open(t)
}

// Open returns a fresh database on the embedded engine that is closed with the test.
func Open(t testing.TB) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), filepath.Join(t.TempDir(), "test.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}
