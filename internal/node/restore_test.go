package node_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/demo"
	"accord/internal/fault"
	"accord/internal/node"
)

// TestRestoredNodeGoesOn: a node is restored from a backup that was taken in the middle of things, onto either engine,
// after its partner has seen more of it. It says nothing until the partner has spoken; then nothing is lost and nothing is there twice.
func TestRestoredNodeGoesOn(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	eachDemo(t, func(t *testing.T, d *demo.Demo) {
		for _, to := range []string{"sqlite", "postgres"} {
			t.Run("onto "+to, func(t *testing.T) {
				dir := t.TempDir()
				lost, partner := d.Cities[0], d.Cities[1]
				path, home := filepath.Join(dir, "backup"), filepath.Join(dir, "home")
				underLoad(t, d, func() {
					if _, err := lost.Backup(t.Context(), path, node.Backup{Recipients: []age.Recipient{identity.Recipient()}, Keys: true}); err != nil {
						t.Fatal(err)
					}
				})
				settled(t, lost.Node, partner.Node)
				how := node.Restore{Identities: []age.Identity{identity}}
				if to == "postgres" {
					how.Database = dbtest.ServerEmpty(t)
				}
				if _, err := node.RestoreHome(t.Context(), path, home, how, quiet); err != nil {
					t.Fatal(err)
				}
				back := reopen(t, home)
				if waits, err := back.Links.Waits(t.Context(), partner.Home.Config.Party); err != nil || !waits {
					t.Fatalf("it does not wait for its partner: %v", err)
				}
				if text := numbersOf(t, back); !strings.Contains(text, "accord_links_restored_waiting 1") {
					t.Error("the metrics do not show that it waits")
				}
				goesOn(t, back, partner.Node, lost.Node)
			})
		}
	})
}

// goesOn exchanges until nothing is left to say, and compares what both cities then hold with what the lost node held.
func goesOn(t *testing.T, back, partner, lost *node.Node) {
	t.Helper()
	self := back.Home.Config.Party
	size := func(n *node.Node, writer string) (size int64) {
		t.Helper()
		if err := n.DB.View(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row(t.Context(), `SELECT size FROM log WHERE writer = $1`, []any{writer}, &size)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return size
	}
	before := size(back, self)
	if _, err := back.Send(t.Context(), partner.Home.Config.Party); err != nil {
		t.Fatal(err)
	}
	if now := size(back, self); now != before {
		t.Errorf("it has appended %d entries before its partner spoke", now-before)
	}
	settled(t, back, partner)
	if text := numbersOf(t, back); !strings.Contains(text, "accord_links_restored_waiting 0") {
		t.Error("the metrics show that it waits still")
	}
	for _, writer := range []string{self, partner.Home.Config.Party} {
		if a, b := size(back, writer), size(partner, writer); a != b {
			t.Errorf("the log of %s: %d entries here, %d there", writer, a, b)
		}
	}
	if now := size(back, self); now < size(lost, self) {
		t.Errorf("it has %d entries, the lost node had %d", now, size(lost, self))
	}
	for _, n := range []*node.Node{back, partner} {
		v, err := n.Verify(t.Context())
		if err != nil || !v.Clean {
			t.Errorf("%s does not verify: %+v %v", n.Home.Config.Party, v, err)
		}
		rowsTwice(t, n)
	}
}

// numbersOf is what a node's metrics show.
func numbersOf(t *testing.T, n *node.Node) string {
	t.Helper()
	_, shown, err := n.Metrics()
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	shown.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

// settled carries bundles until neither has anything to say.
func settled(t *testing.T, a, b *node.Node) {
	t.Helper()
	for range 60 {
		for _, pair := range [][2]*node.Node{{a, b}, {b, a}} {
			if err := carry(context.Background(), pair[0], pair[1]); err != nil {
				t.Fatal(err)
			}
		}
		dueA, err := a.Links.Due(t.Context(), b.Home.Config.Party)
		if err != nil {
			t.Fatal(err)
		}
		dueB, err := b.Links.Due(t.Context(), a.Home.Config.Party)
		if err != nil {
			t.Fatal(err)
		}
		if !dueA && !dueB {
			return
		}
	}
	t.Fatal("they do not come to rest")
}

// rowsTwice looks for an entry whose id, and for a record whose version, stands in one log twice.
func rowsTwice(t *testing.T, n *node.Node) {
	t.Helper()
	if err := n.DB.View(t.Context(), func(tx *db.Tx) error {
		return tx.Rows(t.Context(), `SELECT origin, dataset, key, sum, COUNT(*) FROM record GROUP BY origin, dataset, key, sum HAVING COUNT(*) > 1`, nil, func(r db.Scanner) error {
			var origin, dataset, key string
			var sum []byte
			var count int
			err := r.Scan(&origin, &dataset, &key, &sum, &count)
			t.Errorf("%s of %s is there %d times", key, origin, count)
			return err
		})
	}); err != nil {
		t.Fatal(err)
	}
}

// TestRestoreLeavesNothingHalf: what is refused leaves no home, no folder and no table behind.
func TestRestoreLeavesNothingHalf(t *testing.T) {
	d := exchanged(t)
	c := d.Cities[0].Node
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	if _, err := c.Backup(t.Context(), good, node.Backup{Keys: true}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, "bad")
	for i := 0; i < len(whole); i += len(whole)/40 + 1 {
		flipped := append([]byte{}, whole...)
		flipped[i] ^= 0x10
		for how, b := range map[string][]byte{"flipped": flipped, "cut": whole[:i]} {
			if err := os.WriteFile(bad, b, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := node.RestoreHome(t.Context(), bad, filepath.Join(dir, "home"), node.Restore{}, quiet)
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s at %d: %v", how, i, err)
			}
			nothingBeside(t, dir, "good", "bad")
		}
	}
	without := filepath.Join(dir, "without")
	if _, err := c.Backup(t.Context(), without, node.Backup{}); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "home")
	_, err = node.RestoreHome(t.Context(), without, home, node.Restore{}, quiet)
	refused(t, err, fault.Refused, "without them")
	_, err = node.RestoreHome(t.Context(), without, home, node.Restore{Keys: filepath.Join(d.Cities[1].Home.Dir, "keys")}, quiet)
	refused(t, err, fault.Invalid, "not the one on card")
	_, err = node.RestoreHome(t.Context(), good, c.Home.Dir, node.Restore{}, quiet)
	refused(t, err, fault.Conflict, "there is such a folder already")
	nothingBeside(t, dir, "good", "bad", "without")
	if _, err := node.RestoreHome(t.Context(), without, home, node.Restore{Keys: filepath.Join(c.Home.Dir, "keys")}, quiet); err != nil {
		t.Error(err)
	}
	nothingBeside(t, dir, "good", "bad", "without", "home")
}

func nothingBeside(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(names) {
		t.Errorf("not %v: %v %v", names, entries, err)
	}
}

// TestRestoreIntoADatabaseInUse: another node's tables are left as they are.
func TestRestoreIntoADatabaseInUse(t *testing.T) {
	d := exchanged(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "backup")
	if _, err := d.Cities[0].Backup(t.Context(), path, node.Backup{Keys: true}); err != nil {
		t.Fatal(err)
	}
	at := dbtest.ServerCalm(t)
	other := create(t, filepath.Join(dir, "other"), "alpha", at)
	before := fmt.Sprint(records(t, other))
	_, err := node.RestoreHome(t.Context(), path, filepath.Join(dir, "home"), node.Restore{Database: at}, quiet)
	refused(t, err, fault.Conflict, "already")
	if !strings.Contains(err.Error(), "drop it and make it anew") {
		t.Errorf("it does not say what to do after a restore that was broken off: %v", err)
	}
	if after := fmt.Sprint(records(t, other)); after != before {
		t.Error("the other node was changed")
	}
	nothingBeside(t, dir, "backup", "other")
}
