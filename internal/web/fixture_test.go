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

	"accord/agreement"
	"accord/content"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/history"
	"accord/internal/pulse"
	"accord/internal/text"
	"accord/internal/who"
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
		Today: func() date.Day { return v.Today },
		Zone:  time.UTC,
		Overview: func(_ context.Context, _ who.Person, asked Asked) (Overview, error) {
			return asOfDay(t, v, asked), nil
		},
		Promises: Promises{Facts: func(_ context.Context, _ who.Person, asked Asked, lang text.Lang) (pulse.Facts, error) {
			h, err := history.Load(content.FS)
			if err != nil {
				return pulse.Facts{}, err
			}
			f := pulse.NewFacts(h.Clauses(), h.Events, nil, func(w agreement.Texts) (string, string) { return Say(lang, w) })
			f.Today = v.Today
			return f, nil
		}},
		Receipt: func(_ context.Context, at EntryAt) ([]byte, error) {
			if at.Writer != "seoul" || at.Index > 2 {
				return nil, fault.New(fault.NotFound, "receipt", "there is none", "wait")
			}
			return fmt.Appendf(nil, "receipt %s %d\n", at.Writer, at.Index), nil
		},
	}, slog.New(slog.NewTextHandler(t.Output(), nil)))
	return site.Guard(mount(site))
}

// mount has the routes of these tests; which right each needs in a node stands in the node's own table.
func mount(site *Site) http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]Handler{
		"GET /{$}": site.Overview, "GET /pulse/facts.json": site.Facts, "GET /receipts/{writer}/{index}": site.Receipt, "GET /assets/{name}": site.Asset, "GET /": site.Missing,
		"GET /styles": site.Styles, "GET /guide": site.GuideStart, "GET /guide/{page}": site.Guide, "GET /sign-in": site.SignInPage, "POST /sign-in": site.SignIn,
	} {
		site.Mount(pattern, who.Public)
		mux.Handle(pattern, site.Handle(who.Public, h))
	}
	for pattern, h := range map[string]Handler{
		"POST /sign-out": site.SignOut, "GET /account": site.MyAccount, "POST /account/password": site.ChangePassword,
		"POST /account/sign-out-everywhere": site.SignOutEverywhere, "GET /release": site.Releases, "GET /release/{id}": site.Release,
		"GET /release/{id}/body": site.Body, "POST /release/{id}/approve": site.Approve, "POST /release/{id}/refuse": site.Refuse,
		"GET /accounts": site.People, "POST /accounts": site.AddPerson, "GET /accounts/{id}": site.Person, "GET /audit": site.Deeds,
		"POST /accounts/{id}/role": site.SetRole, "POST /accounts/{id}/unit": site.SetUnit, "POST /accounts/{id}/password": site.NewPassword,
		"POST /accounts/{id}/sign-out": site.SignOutPerson, "POST /accounts/{id}/close": site.Close,
	} {
		site.Mount(pattern, who.Self)
		mux.Handle(pattern, site.Handle(who.Self, h))
	}
	return mux
}

// asOfDay is the view on another day. The history is read anew only then, so that tests can change the view's own day.
func asOfDay(t testing.TB, v Overview, asked Asked) Overview {
	if asked.AsOf == v.AsOf {
		asked.Of = OfSample
		v.Asked = asked
		return v
	}
	h, err := history.Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	v.Asked, v.Sample = asked, Sample(h, asked.AsOf)
	for _, s := range h.Pulse(asked.Since) {
		v.Then = append(v.Then, Then{s.Clause.Instrument.ID + "/" + s.Clause.ID, string(s.State)})
	}
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
