package db_test

import (
	"strings"
	"syscall"
	"testing"

	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/fault"
)

// TestDiskFullInTheMiddle: a transaction that finds no more room says so, and leaves nothing of itself behind.
func TestDiskFullInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("NOT TESTED: no disk can be mounted here, which takes root: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	d := dbtest.OpenAt(t, dir+"/test.db")
	err := d.Update(t.Context(), func(tx *db.Tx) error {
		for i := range 100 {
			if _, err := tx.Exec(t.Context(), `INSERT INTO counter (name, n) VALUES ($1, 0)`, strings.Repeat("x", 1<<20)+string(rune('a'+i))); err != nil {
				return err
			}
		}
		return nil
	})
	if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "make room on its disk") {
		t.Errorf("%v", err)
	}
	if next(t, d) != 1 {
		t.Error("the database does not go on")
	}
}
