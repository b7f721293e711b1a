package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/who"
)

func TestSecurityHeaders(t *testing.T) {
	h := serve(t, fixture(t))
	for _, path := range []string{"/", "/nothing", "/assets/" + assetNames["style.css"], "/receipts/seoul/0"} {
		w := get(t, h, path)
		csp := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: sniffing is allowed", path)
		}
	}
}

func TestHostAllowed(t *testing.T) {
	names := []string{"accord.example.org"}
	for host, want := range map[string]bool{
		"localhost": true, "localhost:8443": true, "LOCALHOST:1": true, "127.0.0.1:80": true, "127.9.9.9": true, "[::1]:80": true, "[::1]": true,
		"accord.example.org:443": true, "Accord.Example.org": true,
		"evil.example": false, "127.0.0.1.evil.example": false, "localhost.evil.example:80": false, "10.0.0.1": false, "0.0.0.0": false, "": false, "[::]": false,
	} {
		if got := HostAllowed(host, names); got != want {
			t.Errorf("HostAllowed(%q) = %v", host, got)
		}
	}
}

func TestRebindingIsRefused(t *testing.T) {
	r := httptest.NewRequest("GET", "http://evil.example/", nil)
	w := httptest.NewRecorder()
	serve(t, fixture(t)).ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("status %d", w.Code)
	}
	if strings.Contains(w.Body.String(), "Seoul") {
		t.Error("the page got out")
	}
}

func TestStatuses(t *testing.T) {
	h := serve(t, fixture(t))
	for path, want := range map[string]int{
		"/":                                 200,
		"/?as_of=2015-02-03":                200,
		"/?as_of=2015-02":                   400,
		"/?as_of=<script>":                  400,
		"/?lang=xx":                         200,
		"/nothing":                          404,
		"/receipts/seoul/1":                 200,
		"/receipts/seoul/99":                404,
		"/receipts/seoul/-1":                400,
		"/receipts/seoul/one":               400,
		"/assets/../web.go":                 307,
		"/assets/style.css":                 404,
		"/assets/" + assetNames["icon.svg"]: 200,
	} {
		if w := get(t, h, path); w.Code != want {
			t.Errorf("%s: status %d, want %d", path, w.Code, want)
		}
	}
	r := httptest.NewRequest("POST", "http://localhost/", nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", w.Code)
	}
}

func TestAssetIsKept(t *testing.T) {
	h := serve(t, fixture(t))
	path := "/assets/" + assetNames["style.css"]
	w := get(t, h, path)
	if !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
		t.Errorf("headers %v", w.Header())
	}
	if w := get(t, h, path, "If-None-Match", w.Header().Get("ETag")); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("status %d with %d bytes", w.Code, w.Body.Len())
	}
	for accept, packed := range map[string]bool{"": false, "gzip": true, "br, gzip;q=0.5": true, "gzip;q=0, br": false, "gzip; q=0.000": false, "x-gzip": false} {
		w := get(t, h, path, "Accept-Encoding", accept)
		body := io.Reader(w.Body)
		if packed {
			z, err := gzip.NewReader(body)
			if err != nil {
				t.Fatalf("%q: %v", accept, err)
			}
			body = z
		}
		got, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(got, assets[assetNames["style.css"]].data) || (w.Header().Get("Content-Encoding") == "gzip") != packed || w.Header().Get("Vary") == "" {
			t.Errorf("%q: %d bytes, %v %v", accept, len(got), w.Header(), err)
		}
	}
	for from, packed := range map[string]bool{"": false, "cross-site": false, "same-site": false, "same-origin": true, "none": true} {
		w := get(t, h, "/", "Accept-Encoding", "gzip", "Sec-Fetch-Site", from)
		if (w.Header().Get("Content-Encoding") == "gzip") != packed {
			t.Errorf("asked for from %q: packed %v; what a reader asks for stands in a page beside what is secret", from, !packed)
		}
	}
}

func TestReceiptDownload(t *testing.T) {
	w := get(t, serve(t, fixture(t)), "/receipts/seoul/2")
	if got := w.Body.String(); got != "receipt seoul 2\n" {
		t.Errorf("got %q", got)
	}
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename=seoul-2.receipt` {
		t.Errorf("disposition %q", got)
	}
	if got := receiptName("../é\"", 1); strings.ContainsAny(got, "/\"") {
		t.Errorf("name %q", got)
	}
}

// A defect of the program is logged in full and shown without its text; a fault shows its sentences.
func TestFail(t *testing.T) {
	var logged strings.Builder
	s := New(Source{}, slog.New(slog.NewTextHandler(&logged, nil)))
	h := s.Handle(who.Public, func(http.ResponseWriter, *http.Request, who.Person) error { return errors.New("password is hunter2") })
	w := get(t, h, "/")
	if w.Code != 500 || strings.Contains(w.Body.String(), "hunter2") || !strings.Contains(logged.String(), "hunter2") {
		t.Errorf("status %d, log %q, body %s", w.Code, &logged, w.Body)
	}
	h = s.Handle(who.Public, func(http.ResponseWriter, *http.Request, who.Person) error {
		return fault.New(fault.Unavailable, "partner", "it did <b>not</b> answer", "try again")
	})
	w = get(t, h, "/?lang=ja")
	if w.Code != 503 || !strings.Contains(w.Body.String(), "did &lt;b&gt;not&lt;/b&gt; answer") || !strings.Contains(w.Body.String(), "try again") {
		t.Errorf("status %d, body %s", w.Code, w.Body)
	}
}

func TestProblemJSON(t *testing.T) {
	s := New(Source{
		Today:    func() date.Day { return date.NewDay(2026, 1, 1) },
		Overview: func(context.Context, who.Person, Asked) (Overview, error) { return Overview{}, errors.New("secret") },
	}, slog.New(slog.DiscardHandler))
	w := get(t, s.Handle(who.Public, s.Overview), "/", "Accept", "application/json")
	var p struct {
		Status       int
		Kind, Detail string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if p.Status != 500 || p.Kind != "internal" || strings.Contains(p.Detail, "secret") {
		t.Errorf("problem %+v", p)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("type %q", got)
	}
}
