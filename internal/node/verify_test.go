package node_test

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"accord/internal/db"
	"accord/internal/demo"
	"accord/internal/fault"
	"accord/internal/link"
	"accord/internal/node"
)

// exchanged is a demo whose cities have exchanged their records by hand.
func exchanged(t *testing.T) *demo.Demo {
	t.Helper()
	spec, _, err := demo.Read()
	if err != nil {
		t.Fatal(err)
	}
	listen := map[string]string{}
	for _, p := range spec.Parties {
		listen[p.ID] = "127.0.0.1:0"
	}
	d, err := demo.Setup(t.Context(), t.TempDir(), listen, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	for i := range 4 {
		from, to := d.Cities[i%2], d.Cities[1-i%2]
		w, err := from.Send(t.Context(), to.Home.Config.Party)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Links.Read(t.Context(), w.Sealed, link.ByHand); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Cities[0].Simulate(t.Context(), 7, 3); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Cities[0].Flow.Offer(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestVerifyNoticesTampering changes one stored thing at a time behind the node's back.
func TestVerifyNoticesTampering(t *testing.T) {
	d := exchanged(t)
	c, other := d.Cities[0], d.Cities[1].Home.Config.Party
	if v, err := c.Verify(t.Context()); err != nil || !v.Clean || v.Waiting != 1 {
		t.Fatalf("untouched: %+v, %v", v, err)
	}
	for name, change := range map[string]string{
		"records taken away":         `DELETE FROM record WHERE log IS NOT NULL`,
		"one record taken away":      `DELETE FROM record WHERE seq = (SELECT MIN(seq) FROM record WHERE log IS NOT NULL)`,
		"theirs called ours":         `UPDATE record SET origin = 'x' || origin WHERE log IS NOT NULL`,
		"theirs without their entry": `UPDATE record SET log = NULL, idx = NULL WHERE origin = '` + other + `'`,
		"ours called theirs":         `UPDATE record SET log = 1, idx = 1 WHERE log IS NULL`,
		"a row":                      `UPDATE record SET row = CAST(REPLACE(CAST(row AS TEXT), '"depth":1', '"depth":2') AS BLOB)`,
		"a key":                      `UPDATE record SET key = key || 'x' WHERE seq = (SELECT MIN(seq) FROM record)`,
		"a clause of an entry":       `UPDATE entry SET clause = 'D2'`,
		"a time of an entry":         `UPDATE entry SET time = time - 86400000000`,
		"how many rows":              `UPDATE entry SET rows = rows + 1 WHERE kind = 'records'`,
		"a dataset of an entry":      `UPDATE entry SET subject = 'x' WHERE kind = 'records'`,
		"bodies erased":              `UPDATE entry SET salt = NULL, body = NULL`,
		"an instrument's id":         `UPDATE entry SET instrument = 'X'`,
		"an instrument":              `UPDATE instrument SET file = CAST(REPLACE(CAST(file AS TEXT), 'grid 250', 'grid 251') AS BLOB)`,
		"what waits":                 `UPDATE outbox SET body = CAST(REPLACE(CAST(body AS TEXT), '"width"', '"depth"') AS BLOB)`,
		"under what it waits":        `UPDATE outbox SET clause = 'D9'`,
	} {
		t.Run(name, func(t *testing.T) {
			copied := copyHome(t, c.Home.Dir)
			n := reopen(t, copied)
			if err := n.DB.Update(t.Context(), func(tx *db.Tx) error {
				changed, err := tx.Exec(t.Context(), change)
				if err == nil && changed == 0 {
					t.Error("nothing was changed")
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			v, err := n.Verify(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if v.Clean {
				t.Error("not noticed")
			}
		})
	}
}

// copyHome copies a home whose database nobody writes to.
func copyHome(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func reopen(t *testing.T, dir string) *node.Node {
	t.Helper()
	h, err := node.OpenHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(t.Context(), h, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// TestMissingDatabaseIsNotMadeAnew: a node that began its logs anew would contradict what it has signed.
func TestMissingDatabaseIsNotMadeAnew(t *testing.T) {
	d := exchanged(t)
	dir := copyHome(t, d.Cities[0].Home.Dir)
	h, err := node.OpenHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	at, err := h.Database()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(at); err != nil {
		t.Fatal(err)
	}
	if _, err := node.Open(t.Context(), h, slog.New(slog.DiscardHandler)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%v", err)
	}
}

// TestForeignKeysAreRefused: a node whose log key is not on its card would sign what no partner can check.
func TestForeignKeysAreRefused(t *testing.T) {
	d := exchanged(t)
	dir := copyHome(t, d.Cities[0].Home.Dir)
	for _, key := range []string{"log.pem", "tls.pem", "identity.pem", "mirror.pem"} {
		b, err := os.ReadFile(filepath.Join(d.Cities[1].Home.Dir, "keys", key))
		if err != nil {
			t.Fatal(err)
		}
		own, err := os.ReadFile(filepath.Join(dir, "keys", key))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "keys", key), b, 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := node.OpenHome(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := node.Open(t.Context(), h, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s of another city was accepted", key)
		}
		if err := os.WriteFile(filepath.Join(dir, "keys", key), own, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
