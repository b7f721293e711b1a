package node_test

import (
	"context"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/dbtest"
	"accord/internal/fault"
	"accord/internal/node"
)

var quiet = slog.New(slog.DiscardHandler)

func what(party, database string) node.New {
	return node.New{
		Config: node.Config{Party: party, Listen: "127.0.0.1:0", Database: database},
		Names:  []exchange.Name{{Lang: "en", Text: party}}, Languages: []string{"en"}, Now: time.Now(),
	}
}

func create(t *testing.T, dir, party, database string) *node.Node {
	t.Helper()
	n, err := node.Init(context.Background(), dir, what(party, database), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// openWith opens the node of a home after a change of its configuration.
func openWith(t *testing.T, dir string, change func(c *node.Config)) error {
	t.Helper()
	h, err := node.OpenHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	change(&h.Config)
	n, err := node.Open(t.Context(), h, quiet)
	if err == nil {
		err = n.Close()
	}
	return err
}

func refused(t *testing.T, err error, kind fault.Kind, words string) {
	t.Helper()
	if fault.KindOf(err) != kind || !strings.Contains(err.Error(), words) {
		t.Errorf("expected %s with %q, got %s: %v", kind, words, fault.KindOf(err), err)
	}
}

// TestPasswordIsKeptApart: a URL with a password goes into a file beside the keys, and stands nowhere else.
func TestPasswordIsKeptApart(t *testing.T) {
	at := dbtest.Server(t)
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	secret, ok := u.User.Password()
	if !ok {
		t.Skip("the server of these tests asks for no password")
	}
	dir := filepath.Join(t.TempDir(), "home")
	n := create(t, dir, "alpha", at)
	config, err := os.ReadFile(filepath.Join(dir, "accord.toml"))
	if err != nil || strings.Contains(string(config), secret) {
		t.Errorf("the configuration holds the password: %s %v", config, err)
	}
	files, err := n.Home.Secrets()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f, info.Mode(), err)
		}
		found = found || strings.HasSuffix(f, "database.url")
	}
	if !found {
		t.Errorf("the file with the URL is not among the secrets: %v", files)
	}
	if err := openWith(t, dir, func(*node.Config) {}); err != nil {
		t.Error(err)
	}
}

func TestDatabaseOfTheConfiguration(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "home")
	create(t, dir, "alpha", "")
	refused(t, openWith(t, dir, func(c *node.Config) { c.Database = "/var/lib/x.db" }), fault.Invalid, "not a URL")
	refused(t, openWith(t, dir, func(c *node.Config) { c.Database, c.DatabaseFile = "postgres://h/d", "x" }), fault.Invalid, "both set")
	refused(t, openWith(t, dir, func(c *node.Config) { c.DatabaseFile = "absent" }), fault.NotFound, "no such file")
	refused(t, openWith(t, dir, func(c *node.Config) { c.DatabaseFile = "accord.toml" }), fault.Invalid, "does not hold the URL")
	refused(t, openWith(t, dir, func(c *node.Config) { c.Database = "postgres://u:secret@127.0.0.1:1/d" }), fault.Unavailable, "cannot be reached")
}

// TestDatabaseOfAnotherNode: two nodes on one database would spoil it.
func TestDatabaseOfAnotherNode(t *testing.T) {
	at := dbtest.Server(t)
	dir := t.TempDir()
	alpha := create(t, filepath.Join(dir, "alpha"), "alpha", at)
	_, err := node.Init(t.Context(), filepath.Join(dir, "again"), what("alpha", at), quiet)
	refused(t, err, fault.Conflict, "copy its home instead")
	if _, err := os.Stat(filepath.Join(dir, "again")); err == nil {
		t.Error("a refused node has left a home behind")
	}
	_, err = node.Init(t.Context(), filepath.Join(dir, "away"), what("alpha", "postgres://u:secret@127.0.0.1:1/d"), quiet)
	refused(t, err, fault.Unavailable, "cannot be reached")

	beta := create(t, filepath.Join(dir, "beta"), "beta", "")
	refused(t, openWith(t, beta.Home.Dir, func(c *node.Config) { c.Database = at }), fault.Conflict, "another city")
	twin := create(t, filepath.Join(dir, "twin"), "alpha", "")
	refused(t, openWith(t, twin.Home.Dir, func(c *node.Config) { c.Database = at }), fault.Invalid, "restore the keys")
	refused(t, openWith(t, alpha.Home.Dir, func(c *node.Config) { c.Database, c.DatabaseFile = dbtest.Server(t), "" }), fault.NotFound, "it is empty")
	if _, _, err := alpha.Links.AddCard(t.Context(), cardOf(t, beta)); err != nil {
		t.Fatal(err)
	}
	if err := openWith(t, alpha.Home.Dir, func(*node.Config) {}); err != nil {
		t.Error(err)
	}
}

func cardOf(t *testing.T, n *node.Node) []byte {
	t.Helper()
	_, file, err := n.Card(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return file
}
