package node

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/account"
	"accord/internal/db"
	"accord/internal/web"
	"accord/internal/who"
)

func made(t *testing.T, party string) *Node {
	t.Helper()
	n, err := Init(context.Background(), filepath.Join(t.TempDir(), party), New{Config: Config{Party: party, Listen: "127.0.0.1:0"},
		Names: []exchange.Name{{Lang: "en", Text: party}}, Languages: []string{"en"}, Now: time.Now()}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// sessions makes a person per role and signs each in.
func sessions(t *testing.T, n *Node) map[who.Role]string {
	t.Helper()
	const password = "correct horse battery"
	tokens := map[who.Role]string{}
	for _, role := range who.Roles() {
		by := who.Person{ID: "os:root", Role: who.Administrator}
		if _, err := n.People.Add(t.Context(), by, account.Wanted{ID: string(role), Role: role, Unit: "flood", Password: password}); err != nil {
			t.Fatal(err)
		}
		token, _, err := n.People.SignIn(t.Context(), string(role), password, "127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		tokens[role] = token
	}
	return tokens
}

// probe is the table's mux with answers that only say who came through: what a page would do is not this test's matter.
func probe(n *Node) http.Handler {
	p := &pages{node: n}
	s := web.New(web.Source{Party: n.Home.Config.Party, Today: n.Today, Zone: n.Home.Zone, People: n.People}, slog.New(slog.DiscardHandler))
	mux := http.NewServeMux()
	for _, r := range p.routes(s) {
		mux.Handle(r.pattern, s.Handle(r.right, func(w http.ResponseWriter, _ *http.Request, by who.Person) error {
			fmt.Fprintf(w, "through as %q", by.ID)
			return nil
		}))
	}
	return mux
}

func through(h http.Handler, pattern, party, token string) (bool, string) {
	method, path, _ := strings.Cut(pattern, " ")
	path = strings.NewReplacer("{$}", "", "{writer}", "east", "{index}", "0", "{id}", "1", "{name}", "x", "{party}", "east").Replace(path)
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, nil)
	if token != "" {
		r.AddCookie(&http.Cookie{Name: "accord-" + party, Value: token})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return strings.HasPrefix(w.Body.String(), "through as"), w.Body.String()
}

// TestEveryRouteAsEverybody walks the table as each role, as nobody, and with sessions that are none: forged, of another
// node, run out, signed out.
func TestEveryRouteAsEverybody(t *testing.T) {
	n, other := made(t, "east"), made(t, "west")
	tokens := sessions(t, n)
	bad := map[string]string{"": "", "forged": strings.Repeat("A", 43), "of another node": sessions(t, other)[who.Releaser], "hash": "x"}
	bad["run out"] = runOut(t, n)
	h := probe(n)
	for _, r := range (&pages{node: n}).routes(web.New(web.Source{}, slog.New(slog.DiscardHandler))) {
		for role, token := range tokens {
			want := who.Person{ID: "x", Role: role}.May(r.right)
			got, said := through(h, r.pattern, "east", token)
			if got != want || got && said != fmt.Sprintf("through as %q", role) {
				t.Errorf("%s as %s: %v, %.200s", r.pattern, role, got, said)
			}
		}
		for name, token := range bad {
			if got, said := through(h, r.pattern, "east", token); got != (r.right == who.Public) || got && said != `through as ""` {
				t.Errorf("%s with a session that is %s: %v, %.200s", r.pattern, name, got, said)
			}
		}
		if r.right == "" || r.answer == nil {
			t.Errorf("%s names no right or no answer", r.pattern)
		}
	}
	// A right that stands in no table lets nobody through.
	s := web.New(web.Source{Party: "east", People: n.People}, slog.New(slog.DiscardHandler))
	mux := http.NewServeMux()
	mux.Handle("GET /x", s.Handle("fly", func(w http.ResponseWriter, _ *http.Request, by who.Person) error {
		fmt.Fprint(w, "through as")
		return nil
	}))
	for role, token := range tokens {
		if got, _ := through(mux, "GET /x", "east", token); got {
			t.Errorf("a %s does what stands in no table", role)
		}
	}
}

// runOut signs a releaser in once more and ages that session.
func runOut(t *testing.T, n *Node) string {
	t.Helper()
	if _, err := n.People.Add(t.Context(), who.Person{ID: "os:root", Role: who.Administrator}, account.Wanted{ID: "old", Role: who.Releaser, Unit: "flood", Password: "correct horse battery"}); err != nil {
		t.Fatal(err)
	}
	token, _, err := n.People.SignIn(t.Context(), "old", "correct horse battery", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if err := n.DB.Update(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE session SET seen = $1 WHERE account = 'old'`, db.Micros(tx.Now.Add(-account.Idle)))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return token
}

// TestNoRouteBesideTheTable: a page is mounted in one place only, from the table. Health and metrics are mounted for the
// machine's own monitoring too, on an address of this machine alone.
func TestNoRouteBesideTheTable(t *testing.T) {
	mounts := regexp.MustCompile(`\b(mux|http)\.(Handle|HandleFunc)\(|\.(Handle|HandleFunc)\("`)
	may := map[string]int{"routes.go": 1, "health.go": 2, "serve.go": 1}
	for _, dir := range []string{".", "../web"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(mounts.FindAll(src, -1)); n != may[filepath.Base(f)] {
				t.Errorf("%s mounts %d routes itself", f, n)
			}
		}
	}
}
