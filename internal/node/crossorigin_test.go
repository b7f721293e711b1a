package node

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"accord/internal/web"
	"accord/internal/who"
)

// TestNoPostFromElsewhere: whatever a route does, a request that another site has a reader's browser send does not reach it.
func TestNoPostFromElsewhere(t *testing.T) {
	n := made(t, "east")
	token := sessions(t, n)[who.Releaser]
	s := web.New(web.Source{Party: "east", Today: n.Today, Zone: n.Home.Zone, People: n.People}, slog.New(slog.DiscardHandler))
	h := s.Guard(probe(n))
	posts := 0
	for _, r := range (&pages{node: n}).routes(s) {
		method, path, _ := strings.Cut(r.pattern, " ")
		if method == http.MethodGet {
			continue
		}
		posts++
		path = strings.NewReplacer("{writer}", "east", "{index}", "0", "{id}", "1", "{name}", "x", "{party}", "west").Replace(path)
		for name, header := range map[string][2]string{"cross-site": {"Sec-Fetch-Site", "cross-site"}, "same-site": {"Sec-Fetch-Site", "same-site"}, "another origin": {"Origin", "https://evil.example"}, "no origin": {"Origin", "null"}} {
			req := httptest.NewRequest(method, "http://127.0.0.1"+path, nil)
			req.Header.Set(header[0], header[1])
			req.AddCookie(&http.Cookie{Name: "accord-east", Value: token})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, req)
			if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "through as") {
				t.Errorf("%s %s: %d %.100s", r.pattern, name, w.Code, w.Body)
			}
		}
	}
	if posts < 10 {
		t.Errorf("only %d routes that change something", posts)
	}
}
