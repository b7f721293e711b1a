package dbtest

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"accord/internal/db"
)

// TestWhatATestLeaves: a database that was used is as new for the next test; one with another table or a setting is not used again.
func TestWhatATestLeaves(t *testing.T) {
	at := ServerCalm(t)
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	admin, err := sql.Open("pgx", os.Getenv("TEST_POSTGRES"))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	rows := func() (out []string) {
		d, err := db.Open(t.Context(), at, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := d.View(t.Context(), func(tx *db.Tx) error {
			tables, err := tx.Tables(t.Context())
			for _, table := range tables {
				if err := tx.EachRow(t.Context(), table, func(row []any) error { out = append(out, table.Name); return nil }); err != nil {
					return err
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	before := strings.Join(rows(), " ")
	d, err := db.Open(t.Context(), at, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Update(t.Context(), func(tx *db.Tx) error {
		for _, q := range []string{`INSERT INTO log (id, origin, writer, partner, size, delivered, told) VALUES (1, 'x', 'w', '', 1, 0, 0)`,
			`INSERT INTO cosigned (log, size, file, at) VALUES (1, 1, '', 0)`, `DELETE FROM audit_size`, `UPDATE counter SET n = 7`} {
			if _, err := tx.Exec(t.Context(), q); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if !emptied(admin, at, name) {
		t.Fatal("a database that was used is not used again")
	}
	if after := strings.Join(rows(), " "); after != before {
		t.Errorf("it has rows of %s, not of %s", after, before)
	}
	for _, change := range [][2]string{{`CREATE TABLE extra (n BIGINT)`, `DROP TABLE extra`}, {`ALTER DATABASE ` + name + ` SET work_mem = '4MB'`, `ALTER DATABASE ` + name + ` RESET ALL`}} {
		for i, want := range []bool{false, true} {
			if err := run(at, change[i]); err != nil {
				t.Fatal(err)
			}
			if got := emptied(admin, at, name); got != want {
				t.Errorf("after %s it is used again: %v", change[i], got)
			}
		}
	}
	open, err := sql.Open("pgx", at)
	if err == nil {
		err = open.PingContext(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if !emptied(admin, at, name) {
		t.Error("what is still connected is not cut off")
	}
}
