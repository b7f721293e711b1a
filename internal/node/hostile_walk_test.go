package node_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"accord/internal/dbtest"
	"accord/internal/node"
	"accord/internal/who"
)

// TestHostileTexts fills a node with hostile texts by every way there is and walks all its pages as every role: nothing of it
// becomes an element, an attribute, an address that runs, or a formula; every answer has its policy.
func TestHostileTexts(t *testing.T) {
	if testing.Short() {
		t.Skip("a node is filled and every page of it read")
	}
	w := newHostileWorld(t)
	for _, way := range []string{"names of people", "records", "documents", "claims", "words", "entries", "failures", "suspensions"} {
		if w.taken[way] == 0 {
			t.Errorf("no hostile text came in as %s: %v", way, w.taken)
		}
	}
	walked := newWalk(t, w.east)
	for _, role := range append([]who.Role{""}, who.Roles()...) {
		walked.as(role)
	}
	for _, path := range []string{"/", "/link", "/link/west/came", "/link/west/aside", "/link/west/left", "/entries/west/", "/entries/east/", "/release", "/accounts", "/audit"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(walked.seen)), func(p string) bool { return strings.HasPrefix(p, path) && walked.seen[p] > 0 }) {
			t.Errorf("no hostile text was met under %s", path)
		}
	}
	t.Logf("%d answers, of which %d pages with hostile texts; taken in: %v", walked.answers, len(walked.seen), w.taken)
}

// A walk follows every link of the pages.
type walk struct {
	t       *testing.T
	node    *node.Node
	seen    map[string]int // pages with hostile texts, and how many
	answers int
	langs   []string
}

func newWalk(t *testing.T, n *node.Node) *walk {
	return &walk{t: t, node: n, seen: map[string]int{}, langs: []string{"en", "ko"}}
}

// perShape is how many addresses of one shape are looked at, as /entries/east/N: what makes a page is the same for all.
var perShape = dbtest.Times(6, 30)

func (w *walk) as(role who.Role) {
	b := &browser{t: w.t, pages: pagesOf(w.t, w.node)}
	if role != "" {
		b = signedIn(w.t, w.node, string(role))
	}
	done, shapes := map[string]bool{}, map[string]int{}
	todo := []string{"/", "/check", "/link", "/bundles", "/release", "/accounts", "/audit", "/account", "/sign-in", "/nothing/" + url.PathEscape(hostile[0]), "/entries/west/x?with=" + url.QueryEscape(hostile[1]),
		"/link/west/came?under=" + url.QueryEscape(hostile[0]), "/?as_of=" + url.QueryEscape(hostile[0]), "/sign-in?to=" + url.QueryEscape(hostile[4]), "/accounts/" + url.PathEscape(hostile[0])}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		u, err := url.Parse(path)
		if err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") || done[path] || u.Path == "/accounts/"+string(role) {
			continue
		}
		done[path] = true
		if shape := shapeOf(u.Path); shapes[shape] > perShape {
			continue
		} else {
			shapes[shape]++
		}
		lang := w.langs[len(done)%len(w.langs)]
		q := u.Query()
		q.Set("lang", lang)
		u.RawQuery = q.Encode()
		todo = append(todo, w.look(fmt.Sprintf("%s as %q", u, role), u.Path, b.do("GET", u.String(), nil))...)
	}
}

// shapeOf is a path with its numbers and last parts left out.
func shapeOf(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if i > 1 && (strings.ContainsAny(p, "0123456789%") || len(p) > 20) {
			parts[i] = "N"
		}
	}
	return strings.Join(parts, "/")
}

// look checks one answer and returns the addresses it leads to.
func (w *walk) look(name, path string, a *httptest.ResponseRecorder) (next []string) {
	w.answers++
	h := a.Header()
	if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" {
		w.t.Errorf("%s: policy %q, sniffing %q", name, csp, h.Get("X-Content-Type-Options"))
	}
	if a.Code >= 500 {
		w.t.Errorf("%s: status %d", name, a.Code)
	}
	switch kind := h.Get("Content-Type"); {
	case strings.HasPrefix(kind, "text/html"):
		return w.page(name, path, a.Body.String())
	case a.Code >= 300 && a.Code < 400:
		if to := h.Get("Location"); !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
			w.t.Errorf("%s: leads to %q", name, to)
		}
	case strings.HasPrefix(kind, "text/csv"):
		w.formulas(name, a.Body.String())
	}
	w.attached(name, path, a)
	return nil
}

// attached wants what is not a page to be one of the program's own files, or JSON, or a file to be kept that no browser runs.
func (w *walk) attached(name, path string, a *httptest.ResponseRecorder) {
	h := a.Header()
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	own := strings.HasPrefix(path, "/assets/") || path == "/healthz" || path == "/readyz" || kind == "application/json" || kind == "application/problem+json"
	if a.Code != http.StatusOK || own {
		return
	}
	if !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		w.t.Errorf("%s: a file of type %s is sent as %q with the policy %q", name, kind, h.Get("Content-Disposition"), h.Get("Content-Security-Policy"))
	}
	if strings.ContainsAny(h.Get("Content-Disposition"), "\r\n/\\<>") {
		w.t.Errorf("%s: its name is %q", name, h.Get("Content-Disposition"))
	}
}

// formulas wants no cell that a spreadsheet would compute.
func (w *walk) formulas(name, body string) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff")))
	r.FieldsPerRecord = -1 // the lines about the source stand below the rows
	rows, err := r.ReadAll()
	if err != nil {
		w.t.Errorf("%s: no CSV: %v", name, err)
	}
	for _, cell := range slices.Concat(rows...) {
		if strings.Contains(cell, marked) && strings.ContainsAny(cell[:1], "=+-@\t\r") {
			w.t.Errorf("%s: the cell %q is a formula", name, cell)
		}
	}
}

// page parses a page as browsers do and looks at every element that came of it.
func (w *walk) page(name, path, body string) (next []string) {
	if strings.Contains(body, "⟦") {
		w.t.Errorf("%s: a message is missing", name)
	}
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		w.t.Errorf("%s: %v", name, err)
		return nil
	}
	for n := range doc.Descendants() {
		switch n.Type {
		case html.TextNode:
			w.seen[path] += strings.Count(n.Data, marked)
		case html.CommentNode:
			w.t.Errorf("%s: a comment: %.100s", name, n.Data)
		case html.ElementNode:
			w.element(name, n)
			if n.Data == "a" {
				next = append(next, attribute(n, "href"))
			}
		}
	}
	if w.seen[path] == 0 {
		delete(w.seen, path)
	}
	return next
}

// addresses are the attributes that hold one.
var addresses = []string{"href", "src", "action", "formaction", "data", "poster", "srcset", "background", "cite"}

func (w *walk) element(name string, n *html.Node) {
	if strings.Contains(n.Data, marked) || slices.Contains([]string{"iframe", "object", "embed", "base", "frame", "applet", "style"}, n.Data) {
		w.t.Errorf("%s: an element <%s>", name, n.Data)
	}
	if n.Data == "script" && (!strings.HasPrefix(attribute(n, "src"), "/assets/") || n.FirstChild != nil) {
		w.t.Errorf("%s: a script that is not the program's own: %v", name, n.Attr)
	}
	if n.Data == "meta" && attribute(n, "http-equiv") != "" {
		w.t.Errorf("%s: %v", name, n.Attr)
	}
	for _, a := range n.Attr {
		if strings.Contains(a.Key, marked) || strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" || a.Key == "autofocus" {
			w.t.Errorf("%s: <%s> has the attribute %s=%.60q", name, n.Data, a.Key, a.Val)
		}
		if slices.Contains(addresses, a.Key) {
			u, err := url.Parse(strings.TrimSpace(a.Val))
			if err != nil || !slices.Contains([]string{"", "http", "https"}, u.Scheme) && !(n.Data == "img" && u.Scheme == "data") {
				w.t.Errorf("%s: <%s> has the address %.80q", name, n.Data, a.Val)
			}
		}
	}
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
