package node_test

import (
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // changes settings of databases

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/demo"
	"accord/internal/node"
)

// A spoilt is one thing that is wrong with a home and what Check has to say of it.
type spoilt struct {
	name    string
	spoil   func(t *testing.T, dir string)
	what    string // of the finding
	why     string
	warning bool
}

// edit changes a line of a home's configuration, or adds one.
func edit(t *testing.T, dir, key, value string) {
	t.Helper()
	path := filepath.Join(dir, "accord.toml")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text, line := string(b), fmt.Sprintf("%s = %q", key, value)
	if re := regexp.MustCompile(`(?m)^` + key + ` *= .*$`); re.MatchString(text) {
		text = re.ReplaceAllLiteralString(text, line)
	} else {
		text = line + "\n" + text
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// change runs SQL on a home's database.
func change(statement string, args ...any) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		n := reopen(t, dir)
		if err := n.DB.Update(t.Context(), func(tx *db.Tx) error {
			changed, err := tx.Exec(t.Context(), statement, args...)
			if err == nil && changed == 0 {
				t.Error("nothing was changed")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func set(key, value string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) { edit(t, dir, key, value) }
}

// occupied has another program listen at an address.
func occupied(key string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &http.Server{Handler: http.NotFoundHandler()}
		go s.Serve(l)
		t.Cleanup(func() { s.Close() })
		edit(t, dir, key, l.Addr().String())
	}
}

func spoils(other *node.Node) []spoilt {
	remove := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	long := time.Now().Add(-9 * 24 * time.Hour).UnixMicro()
	return []spoilt{
		{"no home", remove("accord.toml"), "configuration", "there is no node in", false},
		{"unknown key", set("listne", "x"), "configuration", `unknown key "listne"`, false},
		{"not TOML", func(t *testing.T, dir string) {
			os.WriteFile(filepath.Join(dir, "accord.toml"), []byte("party"), 0o600)
		}, "configuration", "", false},
		{"unknown zone", set("zone", "Mars/Olympus"), "configuration", "is not known", false},
		{"party that is none", set("party", "No City"), "configuration", "", false},
		{"key that others read", func(t *testing.T, dir string) { os.Chmod(filepath.Join(dir, "keys", "log.pem"), 0o640) }, "keys and passwords", "others can read it", false},
		{"folder that others read", func(t *testing.T, dir string) { os.Chmod(filepath.Join(dir, "keys"), 0o755) }, "keys and passwords", "others can read it", false},
		{"key missing", remove("keys/mirror.pem"), "keys", "cannot be read", false},
		{"all keys missing", remove("keys"), "keys and passwords", "cannot be read", false},
		{"key spoilt", func(t *testing.T, dir string) {
			os.WriteFile(filepath.Join(dir, "keys", "tls.pem"), []byte("x"), 0o600)
		}, "keys", "not a PEM file", false},
		{"key of another city", func(t *testing.T, dir string) {
			b, err := os.ReadFile(filepath.Join(other.Home.Dir, "keys", "log.pem"))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, "keys", "log.pem"), b, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, "keys are those on the card", "not the one on card", false},
		{"database missing", remove("accord.db"), "database", "missing from the home", false},
		{"database spoilt", func(t *testing.T, dir string) {
			os.WriteFile(filepath.Join(dir, "accord.db"), []byte(strings.Repeat("not a database ", 500)), 0o600)
		}, "database", "", false},
		{"database that is no URL", set("database", "here"), "database", "not a URL", false},
		{"database file missing", set("database_file", "no.url"), "database", "no such file", false},
		{"server down", set("database", "postgres://u:hidden@127.0.0.1:1/d"), "database", "cannot be reached", false},
		{"pages on every address", set("listen", "0.0.0.0:8401"), "address of the pages", "not an address of this machine alone", false},
		{"pages nowhere", set("listen", "8401"), "address of the pages", "is not an address", false},
		{"pages where another program is", occupied("listen"), "address of the pages", "not this node", false},
		{"metrics on every address", set("metrics", "0.0.0.0:9401"), "address of the metrics", "not an address of this machine alone", false},
		{"metrics where another program is", occupied("metrics"), "address of the metrics", "not this node", false},
		{"partners where another program is", occupied("exchange"), "address for partners", "not this node", false},
		{"partners nowhere", set("exchange", "8441"), "address for partners", "is not an address", false},
		{"clock before what is stored", change(`UPDATE cosigned SET at = at + $1`, time.Hour.Microseconds()), "clock", "before the newest cosignature", false},
		{"no partner", change(`DELETE FROM card WHERE party = $1`, other.Home.Config.Party), "partners", "no partner's card", true},
		{"partner away", func(*testing.T, string) {}, "node of " + other.Home.Config.Party, "nothing listens there", true},
		{"outbox stuck", change(`UPDATE outbox SET since = $1`, long), "what waits for", "since 9 days", true},
		{"set aside", change(`UPDATE entry SET aside = 'no clause' WHERE idx = 0 AND log IN (SELECT id FROM log WHERE writer = $1)`, other.Home.Config.Party), "what came from", "1 are set aside", true},
		{"restored", change(`INSERT INTO restored (partner, asks, since) VALUES ('', 'x', 0)`), "what waits for", "was restored", true},
		{"never a backup", func(*testing.T, string) {}, "backups", "none was ever written", true},
		{"old backup", change(`INSERT INTO backup (at, rows, bytes, keys) VALUES ($1, 0, 0, 0)`, long), "backups", "9 days old", true},
		{"mail without a maildir", mailSection("server = \"127.0.0.1:1\"\nfrom = \"a@b.example\"\nmaildir = \"/no/such/folder\""), "maildir", "cannot be opened", false},
		{"mail server away", mailSection("server = \"127.0.0.1:1\"\nfrom = \"a@b.example\""), "mail server", "cannot be reached", true},
		{"mail that cannot work", mailSection("server = \"nowhere\"\nfrom = \"a@b.example\""), "configuration", "it is not an address", false},
		{"moved", func(t *testing.T, dir string) {
			os.WriteFile(filepath.Join(dir, "place.json"), []byte(`{"machine":"elsewhere","folder":1}`), 0o600)
		}, "this home is where it was made", "copied or moved here, from elsewhere", true},
	}
}

// mailSection adds [mail] to a configuration.
func mailSection(text string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		f, err := os.OpenFile(filepath.Join(dir, "accord.toml"), os.O_APPEND|os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString("\n[mail]\n" + text + "\n")
		}
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
}

// TestCheckFindsWhatIsWrong spoils one thing at a time: Check names it, says why and what to do, and finds nothing else wrong.
func TestCheckFindsWhatIsWrong(t *testing.T) {
	d := exchanged(t)
	for _, s := range spoils(d.Cities[1].Node) {
		t.Run(s.name, func(t *testing.T) {
			dir := checkable(t, d.Cities[0].Home.Dir)
			s.spoil(t, dir)
			found := false
			for _, f := range node.Check(t.Context(), dir, quiet) {
				if strings.Contains(f.Why+f.Do, "hidden") {
					t.Errorf("a password: %+v", f)
				}
				if (!f.OK || f.Warning) && (f.Why == "" || f.Do == "") {
					t.Errorf("without a reason or advice: %+v", f)
				}
				if strings.HasPrefix(f.What, s.what) && (!f.OK || f.Warning) && strings.Contains(f.Why, s.why) {
					found = true
					if f.Warning != s.warning {
						t.Errorf("%+v", f)
					}
				}
			}
			if !found {
				t.Errorf("not found: %+v", node.Check(t.Context(), dir, quiet))
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		for _, f := range node.Check(t.Context(), checkable(t, d.Cities[0].Home.Dir), quiet) {
			if !f.OK {
				t.Errorf("%+v", f)
			}
		}
	})
}

// checkable is a copy of a home at addresses of its own, that lies where it was made.
func checkable(t *testing.T, from string) string {
	t.Helper()
	dir := copyHome(t, from)
	for _, key := range []string{"listen", "exchange"} {
		edit(t, dir, key, freeAddress(t))
	}
	h, err := node.OpenHome(dir)
	if err == nil {
		err = h.MarkPlace()
	}
	if err == nil {
		err = os.Chmod(filepath.Join(dir, "keys"), 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestCheckOfServers: a database that would lose what it has acknowledged, keeps text otherwise or lets nobody in.
func TestCheckOfServers(t *testing.T) {
	at := dbtest.ServerCalm(t)
	home := filepath.Join(t.TempDir(), "home")
	if err := create(t, home, "alpha", at).DB.Close(); err != nil {
		t.Fatal(err)
	}
	admin, err := sql.Open("pgx", at)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	database := strings.TrimPrefix(u.Path, "/")
	for why, statement := range map[string]string{
		"synchronous_commit or fsync is off": `ALTER DATABASE ` + database + ` SET synchronous_commit = off`,
		"it can only be read":                `ALTER DATABASE ` + database + ` SET default_transaction_read_only = on`,
	} {
		if _, err := admin.Exec(statement); err != nil {
			t.Fatal(err)
		}
		wrong(t, home, "database", why)
		if _, err := admin.Exec(`SET default_transaction_read_only = off; ALTER DATABASE ` + database + ` RESET ALL`); err != nil {
			t.Fatal(err)
		}
	}
	nobody := *u
	nobody.User = url.UserPassword("nobody_here", "hidden")
	if err := os.WriteFile(filepath.Join(home, "wrong.url"), []byte(nobody.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	edit(t, home, "database_file", "wrong.url")
	if text, err := os.ReadFile(filepath.Join(home, "accord.toml")); err == nil { // where the server asks for no password, the URL stands in it
		os.WriteFile(filepath.Join(home, "accord.toml"), regexp.MustCompile(`(?m)^database *= .*\n`).ReplaceAll(text, nil), 0o600)
	}
	wrong(t, home, "database", "")
}

func wrong(t *testing.T, home, what, why string) {
	t.Helper()
	findings := node.Check(t.Context(), home, quiet)
	for _, f := range findings {
		if f.What == what && !f.OK && strings.Contains(f.Why, why) && f.Do != "" && !strings.Contains(f.Why, "hidden") {
			return
		}
	}
	t.Errorf("%s with %q is not found: %+v", what, why, findings)
}

// TestCheckOfPartners dials what answers at a partner's address: its node, another key, something else, a clock that is off.
func TestCheckOfPartners(t *testing.T) {
	d := exchanged(t)
	self, other := d.Cities[0], d.Cities[1]
	card, _, err := other.Card(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	serveBoth(t, &demo.Demo{Cities: d.Cities[1:]}, quiet)
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	foreign := httptest.NewTLSServer(http.NotFoundHandler())
	defer foreign.Close()
	for why, endpoint := range map[string]string{"": card.Endpoints[0], "another key answers": foreign.URL, "something else than a node": "https://" + strings.TrimPrefix(plain.URL, "http://"),
		"is not known here": "https://nowhere.invalid:8441", "nothing listens": "https://" + freeAddress(t)} {
		t.Run(why, func(t *testing.T) {
			dir := checkable(t, self.Home.Dir)
			changed := *card
			changed.Endpoints = []string{endpoint}
			file, err := exchange.SignCard(&changed, other.Keys.Identity, nil)
			if err != nil {
				t.Fatal(err)
			}
			change(`UPDATE card SET file = $1 WHERE party = $2`, file, other.Home.Config.Party)(t, dir)
			for _, f := range node.Check(t.Context(), dir, quiet) {
				if !strings.HasPrefix(f.What, "node of "+other.Home.Config.Party) {
					continue
				}
				if why == "" && f.Why != "" || !strings.Contains(f.Why, why) {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}

// TestServedNodeIsNoStranger: its own addresses are taken by the node itself.
func TestServedNodeIsNoStranger(t *testing.T) {
	d := exchanged(t)
	dir := checkable(t, d.Cities[0].Home.Dir)
	h, err := node.OpenHome(dir)
	if err != nil {
		t.Fatal(err)
	}
	h.Config.Metrics = freeAddress(t)
	if err := h.Save(); err != nil {
		t.Fatal(err)
	}
	serveHome(t, dir)
	for _, f := range node.Check(t.Context(), dir, quiet) {
		if !f.OK {
			t.Errorf("%+v", f)
		}
	}
}
