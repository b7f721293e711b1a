package node_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"accord/internal/courier"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/demo"
	"accord/internal/fault"
	"accord/internal/link"
	"accord/internal/node"
)

// eachDemo runs f with two linked cities on each engine.
func eachDemo(t *testing.T, f func(t *testing.T, d *demo.Demo)) {
	t.Helper()
	spec, _, err := demo.Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			o := demo.Options{Listen: map[string]string{}}
			for _, p := range spec.Parties {
				o.Listen[p.ID] = "127.0.0.1:0"
				if engine == "postgres" {
					if o.Databases == nil {
						o.Databases = map[string]string{}
					}
					o.Databases[p.ID] = dbtest.ServerCalm(t)
				}
			}
			d, err := demo.SetupWith(t.Context(), t.TempDir(), o, quiet)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { d.Close() })
			f(t, d)
		})
	}
}

// carry has one city write a bundle that the other reads.
func carry(ctx context.Context, from, to *node.Node) error {
	w, err := from.Send(ctx, to.Home.Config.Party)
	if err == nil {
		_, err = to.Links.Read(ctx, w.Sealed, link.ByHand)
	}
	return err
}

// underLoad runs f while both cities take in records and exchange them.
func underLoad(t *testing.T, d *demo.Demo, f func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer func() { cancel(); wg.Wait() }() // also where f gives up: nothing may go on when the cities are closed
	for i, c := range d.Cities {
		wg.Go(func() {
			for seed := uint64(1000); ctx.Err() == nil; seed++ {
				if _, err := c.Simulate(context.Background(), seed, 1+int(seed%7)); err != nil {
					t.Error(err)
					return
				}
			}
		})
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := carry(context.Background(), c.Node, d.Cities[1-i].Node); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	f()
}

// untilDelivered waits until a partner has cosigned something of a node: a machine may be slow, and what is to be under load
// must have begun.
func untilDelivered(t *testing.T, n *node.Node) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(20 * time.Millisecond) {
		var one int
		var found bool
		if err := n.DB.View(t.Context(), func(tx *db.Tx) (err error) {
			found, err = tx.Row(t.Context(), `SELECT 1 FROM log WHERE writer <> partner AND delivered > 0`, nil, &one)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if found {
			return
		}
	}
	t.Fatal("nothing was exchanged in a minute")
}

func records(t *testing.T, n *node.Node) (count int64) {
	t.Helper()
	if err := n.DB.View(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Row(t.Context(), `SELECT COUNT(*) FROM record`, nil, &count)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return count
}

// TestBackupUnderLoad: a backup that is taken while records come and bundles go is of one moment, on both engines: logs,
// checkpoints, records and what each brought agree.
func TestBackupUnderLoad(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	eachDemo(t, func(t *testing.T, d *demo.Demo) {
		dir, c := t.TempDir(), d.Cities[0].Node
		underLoad(t, d, func() {
			untilDelivered(t, c)
			for i, name := range []string{"a", "b", "c", "d"} {
				how := node.Backup{}
				if i%2 == 1 {
					how = node.Backup{Recipients: []age.Recipient{identity.Recipient()}, Keys: true}
				}
				before := records(t, c)
				done, err := c.Backup(t.Context(), filepath.Join(dir, name), how)
				if err != nil {
					t.Fatal(err)
				}
				after := records(t, c)
				checked, err := node.CheckBackup(t.Context(), filepath.Join(dir, name), node.Restore{Identities: []age.Identity{identity}}, quiet)
				if err != nil {
					t.Fatal(err)
				}
				if !checked.Clean || checked.Backed != *done || checked.Records < before || checked.Records > after || checked.Records == 0 {
					t.Errorf("%s: %+v of %d to %d records: %+v", name, checked.Backed, before, after, checked.Verification)
				}
				if !slices.ContainsFunc(checked.Logs, func(l link.Check) bool { return l.Delivered > 0 }) {
					t.Errorf("%s: nothing of the exchange is in it: %+v", name, checked.Logs)
				}
			}
		})
		if at, ever, err := c.LastBackup(t.Context()); err != nil || !ever || at.IsZero() {
			t.Errorf("%v %v %v", at, ever, err)
		}
		if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	})
}

// TestKeysStayAtHome: without being told, no backup holds a key, a password or another secret.
func TestKeysStayAtHome(t *testing.T) {
	d := exchanged(t)
	c := d.Cities[0].Node
	if err := os.WriteFile(filepath.Join(c.Home.Dir, "keys", "database.url"), []byte("postgres://u:marked-secret@h/d"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mail.password", "other.url"} {
		if err := os.WriteFile(filepath.Join(c.Home.Dir, name), []byte("marked-secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.Home.Config.Mail = &courier.Mail{Maildir: "/x", PasswordFile: "mail.password"}
	c.Home.Config.DatabaseFile = "other.url"
	for name, keys := range map[string]bool{"without": false, "with": true} {
		path := filepath.Join(t.TempDir(), name)
		if _, err := c.Backup(t.Context(), path, node.Backup{Keys: keys}); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info.Mode(), err)
		}
		names := partsOf(t, path)
		if got := strings.Contains(names, "keys/log.pem"); got != keys {
			t.Errorf("%s: %s", name, names)
		}
		if got := strings.Contains(names, "mail.password"); got != keys {
			t.Errorf("%s: %s", name, names)
		}
		if strings.Contains(names, "other.url") || strings.Contains(names, "database.url") || strings.Contains(names, "accord.db") || !strings.Contains(names, "accord.toml") || !strings.Contains(names, "table entry") {
			t.Errorf("%s: %s", name, names)
		}
	}
}

// TestSecretsBesideTheHome: a home is mostly named from where the command is given, and its secrets may be named from the root.
func TestSecretsBesideTheHome(t *testing.T) {
	d := exchanged(t)
	c := d.Cities[0].Node
	full, dir := c.Home.Dir, t.TempDir()
	t.Chdir(filepath.Dir(full))
	c.Home.Dir = "./" + filepath.Base(full)
	for _, path := range []string{filepath.Join(full, "tls.key"), filepath.Join(dir, "tls.key")} {
		if err := os.WriteFile(path, []byte("marked-secret"), 0o600); err != nil {
			t.Fatal(err)
		}
		c.Home.Config.TLSKey = path
		at := filepath.Join(dir, "backup-"+filepath.Base(filepath.Dir(path)))
		if _, err := c.Backup(t.Context(), at, node.Backup{}); err != nil {
			t.Fatal(err)
		}
		if names := partsOf(t, at); path == filepath.Join(full, "tls.key") && strings.Contains(names, "tls.key") {
			t.Error(names)
		}
	}
}

// TestBackupRefuses what would be lost or would not be one.
func TestBackupRefuses(t *testing.T) {
	d := exchanged(t)
	c, other := d.Cities[0].Node, d.Cities[1].Node
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if _, err := c.Backup(t.Context(), path, node.Backup{}); err != nil {
		t.Fatal(err)
	}
	_, err := c.Backup(t.Context(), path, node.Backup{})
	refused(t, err, fault.Conflict, "there is such a file already")
	_, err = c.Backup(t.Context(), filepath.Join(c.Home.Dir, "a"), node.Backup{})
	refused(t, err, fault.Refused, "in the home that it is of")
	_, err = c.Backup(t.Context(), filepath.Join(dir, "no", "folder"), node.Backup{})
	refused(t, err, fault.Unavailable, "cannot be written")
	for name, wrong := range map[string]*node.Node{"own": c, "foreign": other} {
		card, _, err := wrong.Card(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = node.CheckBackup(t.Context(), path, node.Restore{Cards: cards(card)}, quiet)
		if name == "own" && err != nil {
			t.Error(err)
		} else if name == "foreign" {
			refused(t, err, fault.Refused, "the card that was named is not in it")
		}
	}
}

// TestSpoiltNodeInABackup: a backup can be whole and what the node had stored can still not hold.
func TestSpoiltNodeInABackup(t *testing.T) {
	c := exchanged(t).Cities[0].Node
	if err := c.DB.Update(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE entry SET rows = rows + 1 WHERE kind = 'records'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a")
	if _, err := c.Backup(t.Context(), path, node.Backup{}); err != nil {
		t.Fatal(err)
	}
	checked, err := node.CheckBackup(t.Context(), path, node.Restore{}, quiet)
	if err != nil || checked.Clean {
		t.Errorf("%+v %v", checked, err)
	}
}
