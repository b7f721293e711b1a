package web

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"accord/content"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/history"
)

// fixture is a page as a node would fill it: the registered history, one clause of the node's own and a link.
func fixture(t testing.TB) Overview {
	t.Helper()
	data, err := os.ReadFile("testdata/overview.json")
	if err != nil {
		t.Fatal(err)
	}
	var v Overview
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	h, err := history.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	v.Sample, v.Quick = Sample(h, v.AsOf), QuickDates(h)
	return v
}

// serve is the whole site over one view; what it logs stands in the test.
func serve(t testing.TB, v Overview) http.Handler {
	site := New(Source{
		Today:    func() date.Day { return v.Today },
		Overview: func(_ context.Context, asOf date.Day) (Overview, error) { return asOfDay(t, v, asOf), nil },
		Receipt: func(_ context.Context, writer string, index int64) ([]byte, error) {
			if writer != "seoul" || index > 2 {
				return nil, fault.New(fault.NotFound, "receipt", "there is none", "wait")
			}
			return fmt.Appendf(nil, "receipt %s %d\n", writer, index), nil
		},
	}, slog.New(slog.NewTextHandler(t.Output(), nil)))
	mux := http.NewServeMux()
	site.Mount(mux)
	return site.Guard(nil, mux)
}

// asOfDay is the view on another day. The history is read anew only then, so that tests can change the view's own day.
func asOfDay(t testing.TB, v Overview, asOf date.Day) Overview {
	if asOf == v.AsOf {
		return v
	}
	h, err := history.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	v.AsOf, v.Sample = asOf, Sample(h, asOf)
	return v
}

// get asks the site for a path as a browser on this machine does.
func get(t testing.TB, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", "http://127.0.0.1"+path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestPreview serves the fixture for a while so that a person can look at it: ACCORD_PREVIEW=127.0.0.1:8900 go test -run Preview
func TestPreview(t *testing.T) {
	addr := os.Getenv("ACCORD_PREVIEW")
	if addr == "" {
		t.Skip("ACCORD_PREVIEW is not set")
	}
	s := &http.Server{Addr: addr, Handler: serve(t, fixture(t)), ReadHeaderTimeout: time.Second}
	time.AfterFunc(8*time.Minute, func() { s.Close() })
	t.Log(s.ListenAndServe())
}
