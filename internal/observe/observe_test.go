package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"accord/internal/fault"
	"accord/internal/observe"
)

// site is a handler with its numbers, and what it has logged.
func site(t *testing.T) (http.Handler, *observe.Numbers, *bytes.Buffer, func() string) {
	t.Helper()
	registry := prometheus.NewRegistry()
	n, err := observe.NewNumbers(registry)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	log := observe.NewLog(&out, "json", slog.LevelDebug)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /things/{id}", func(w http.ResponseWriter, r *http.Request) {
		log.WarnContext(r.Context(), "looked")
		w.Write([]byte("thing"))
	})
	mux.HandleFunc("POST /bad", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusConflict) })
	mux.HandleFunc("GET /broken", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	h := n.Requests("pages", log, observe.Routes(mux))
	return h, n, &out, func() string {
		w := httptest.NewRecorder()
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		return w.Body.String()
	}
}

// TestRequestsByPattern: what is counted and logged is the pattern, never the path or the query.
func TestRequestsByPattern(t *testing.T) {
	h, _, out, metrics := site(t)
	for _, r := range []*http.Request{httptest.NewRequest("GET", "/things/secret-1?token=secret-2", nil), httptest.NewRequest("GET", "/things/secret-3", nil),
		httptest.NewRequest("POST", "/bad", strings.NewReader("secret-4")), httptest.NewRequest("GET", "/secret-5", nil), httptest.NewRequest("SECRET-6", "/bad", nil)} {
		r.Header.Set("Cookie", "session=secret-7")
		r.Header.Set("Authorization", "Bearer secret-8")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	text := metrics()
	for _, want := range []string{`accord_http_requests_total{listener="pages",route="GET /things/{id}",status="200"} 2`,
		`accord_http_requests_total{listener="pages",route="POST /bad",status="409"} 1`, `accord_http_request_seconds_count{listener="pages",route="GET /things/{id}"} 2`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing from %s", want, text)
		}
	}
	for _, where := range []string{text, out.String()} {
		if strings.Contains(strings.ToLower(where), "secret-") {
			t.Errorf("a secret: %s", where)
		}
	}
}

// TestHandlerThatPanics: who got no answer is not counted as one who did.
func TestHandlerThatPanics(t *testing.T) {
	h, _, out, metrics := site(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic went no further")
			}
		}()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/broken", nil))
	}()
	if text := metrics(); !strings.Contains(text, `listener="pages",route="none",status="500"} 1`) {
		t.Errorf("%s", text)
	}
	if !strings.Contains(out.String(), `"status":500`) {
		t.Error(out.String())
	}
}

// TestRequestID: an id that is brought and well formed goes through; another is replaced. Every line of a request bears it.
func TestRequestID(t *testing.T) {
	for given, kept := range map[string]bool{"abcdefgh-1_2": true, "": false, "short": false, strings.Repeat("a", 65): false, "with space and more": false,
		"line\nbreak-line": false, `quote"quote"quote`: false, "서울서울서울서울": false} {
		h, _, out, _ := site(t)
		r := httptest.NewRequest("GET", "/things/1", nil)
		r.Header[observe.Header] = []string{given}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		id := w.Header().Get(observe.Header)
		if (id == given) != kept || len(id) < 8 || len(id) > 64 {
			t.Errorf("%q became %q", given, id)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 2 {
			t.Fatalf("%q", lines)
		}
		for _, line := range lines {
			var v struct{ Request string }
			if err := json.Unmarshal([]byte(line), &v); err != nil || v.Request != id {
				t.Errorf("%v: %s", err, line)
			}
		}
	}
}

// TestOutcomes: bundles and transactions are counted by how they ended.
func TestOutcomes(t *testing.T) {
	_, n, _, metrics := site(t)
	n.Bundle("in", nil)
	n.Bundle("in", fault.New(fault.Conflict, "bundle", "x", "y"))
	n.Bundle("out", errors.New("x"))
	n.Transaction(true, 0, nil)
	n.Transaction(false, 0, errors.New("x"))
	text := metrics()
	for _, want := range []string{`accord_bundles_total{direction="in",outcome="ok"} 1`, `accord_bundles_total{direction="in",outcome="conflict"} 1`,
		`accord_bundles_total{direction="in",outcome="refused"} 0`, `accord_bundles_total{direction="out",outcome="internal"} 1`,
		`accord_transaction_seconds_count{kind="write",outcome="ok"} 1`, `accord_transaction_seconds_count{kind="read",outcome="failed"} 1`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing from %s", want, text)
		}
	}
}

// TestStateThatCannotBeRead: an old number is never shown as a present one.
func TestStateThatCannotBeRead(t *testing.T) {
	registry := prometheus.NewRegistry()
	g := &observe.Gauge{Name: "x_y", Help: "x", Labels: []string{"partner"}}
	fail := false
	if err := observe.State(registry, []*observe.Gauge{g}, func(context.Context) ([]observe.Value, error) {
		if fail {
			return nil, errors.New("away")
		}
		return []observe.Value{{Gauge: g, Value: 3, Labels: []string{"west"}}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	look := func() string {
		w := httptest.NewRecorder()
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		return w.Body.String()
	}
	if text := look(); !strings.Contains(text, `x_y{partner="west"} 3`) || !strings.Contains(text, "accord_state_ok 1") {
		t.Error(text)
	}
	fail = true
	if text := look(); strings.Contains(text, "x_y") || !strings.Contains(text, "accord_state_ok 0") {
		t.Error(text)
	}
}
