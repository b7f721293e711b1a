package node_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"accord/internal/text"
	"accord/internal/who"
)

// heaviest is what a page may weigh, its style included; scripts are kept by the browser.
const heaviest = 150_000

// perRoute is how many addresses of one route each reader goes to.
const perRoute = 3

// notPages are routes that answer with something else than a page, or with a page that is told apart by its status.
var notPages = []string{"/pulse.json", "/pulse/facts.json", "/healthz", "/readyz", "/assets/{name}", "/"}

var (
	hrefs   = regexp.MustCompile(`href="([^"#]+)[^"]*"`)
	purpose = regexp.MustCompile(`(?s)<h1[^>]*>.*?</h1>.*?<p class="lead"[^>]*>[^<]{15,}`)
	titled  = regexp.MustCompile(`<title>[^<]*[^< ][^<]* — Accord</title>`)
)

// TestEveryPageInEveryLanguage goes through a node of the demo as each role and as nobody, in each language, from link to link:
// no page fails, lacks a message, its title or its purpose, shows another language than it says, or is too heavy.
func TestEveryPageInEveryLanguage(t *testing.T) {
	if testing.Short() {
		t.Skip("many pages")
	}
	n, _ := city(t)
	mux := http.NewServeMux()
	for _, p := range n.Patterns() {
		mux.HandleFunc(p, func(http.ResponseWriter, *http.Request) {})
	}
	reached := map[string]bool{}
	for _, role := range append([]who.Role{""}, who.Roles()...) {
		b := &browser{t: t, pages: pagesOf(t, n)}
		if role != "" {
			b = signedIn(t, n, string(role))
		}
		for _, lang := range text.Langs() {
			w := &tour{t: t, b: b, mux: mux, role: string(role), lang: lang, seen: map[string]bool{}, times: map[string]int{}}
			w.from(n.Patterns())
			for route := range w.times {
				reached[route] = true
			}
		}
	}
	for _, p := range n.Patterns() {
		if method, path, _ := strings.Cut(p, " "); method == http.MethodGet && !slices.Contains(notPages, path) && !reached[p] {
			t.Logf("no link of the demo leads to %s", p)
		}
	}
}

// tour is one reader's way in one language.
type tour struct {
	t     *testing.T
	b     *browser
	mux   *http.ServeMux
	role  string
	lang  text.Lang
	seen  map[string]bool
	times map[string]int // visits of each route
}

func (w *tour) from(patterns []string) {
	var todo []string
	for _, p := range patterns {
		if method, path, _ := strings.Cut(p, " "); method == http.MethodGet && (!strings.Contains(path, "{") || path == "/{$}") {
			todo = append(todo, strings.TrimSuffix(path, "{$}"))
		}
	}
	for len(todo) > 0 {
		at := todo[0]
		todo = append(todo[1:], w.visit(at)...)
	}
}

// visit looks at one address and says where its links lead.
func (w *tour) visit(at string) (links []string) {
	u, err := url.Parse(at)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") {
		return nil
	}
	q := u.Query()
	q.Set("lang", string(w.lang))
	u.RawQuery = q.Encode()
	_, pattern := w.mux.Handler(httptest.NewRequest(http.MethodGet, u.String(), nil))
	_, path, _ := strings.Cut(pattern, " ")
	if w.seen[u.String()] || slices.Contains(notPages, path) || w.times[pattern] >= perRoute {
		return nil
	}
	w.seen[u.String()], w.times[pattern] = true, w.times[pattern]+1
	got := w.b.do(http.MethodGet, u.String(), nil)
	if got.Code == http.StatusForbidden || got.Code == http.StatusSeeOther { // TestEveryRouteAsEverybody knows who may not
		return nil
	}
	if got.Code != http.StatusOK {
		w.t.Errorf("%s as %q: status %d", u, w.role, got.Code)
		return nil
	}
	if !strings.HasPrefix(got.Header().Get("Content-Type"), "text/html") {
		return nil
	}
	page := got.Body.String()
	w.check(u.String(), page)
	for _, m := range hrefs.FindAllStringSubmatch(page, -1) {
		links = append(links, html.UnescapeString(m[1]))
	}
	return links
}

func (w *tour) check(at, page string) {
	w.t.Helper()
	if i := strings.Index(page, "⟦"); i >= 0 {
		w.t.Errorf("%s as %q: a message is missing: %.60s", at, w.role, page[i:])
	}
	if !strings.Contains(page, `<html lang="`+string(w.lang)+`">`) {
		w.t.Errorf("%s as %q: the page is in another language", at, w.role)
	}
	if !titled.MatchString(page) || strings.Count(page, "<h1") != 1 {
		w.t.Errorf("%s as %q: the page has no title or no heading of its own", at, w.role)
	}
	if !purpose.MatchString(page) {
		w.t.Errorf("%s as %q: the page does not say what it is for", at, w.role)
	}
	style := w.b.do(http.MethodGet, regexp.MustCompile(`/assets/style\.[0-9a-f]+\.css`).FindString(page), nil).Body.Len()
	if len(page)+style > heaviest {
		w.t.Errorf("%s as %q: the page and its style weigh %d bytes", at, w.role, len(page)+style)
	}
}
