package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

// Status is the HTTP status of a kind of fault.
func Status(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Refused:
		return http.StatusForbidden
	case fault.Conflict:
		return http.StatusConflict
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

func (s *Site) fail(w http.ResponseWriter, r *http.Request, by who.Person, err error) {
	status := Status(fault.KindOf(err))
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok || f.Kind == fault.Internal {
		s.log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "err", err)
		// The text of a defect may hold anything; only the log gets it.
		f = &fault.Fault{Kind: fault.Internal}
	}
	w.Header().Set("Cache-Control", "no-store")
	if wantsJSON(r) {
		writeProblem(w, status, f)
		return
	}
	page := newErrorPage(status, f, reader(r, by), by)
	if err := render(w, r, by, status, "error", page); err != nil {
		s.log.ErrorContext(r.Context(), "error page failed", "err", err)
		http.Error(w, http.StatusText(status), status)
	}
}

func wantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.HasSuffix(r.URL.Path, ".json") || strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}

func writeProblem(w http.ResponseWriter, status int, f *fault.Fault) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	detail := f.Why
	if f.Do != "" {
		detail += "; " + f.Do
	}
	// The status line is out; a reader who has gone cannot be told more.
	_ = json.NewEncoder(w).Encode(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail,omitempty"`
		What   string `json:"what,omitempty"`
		Where  string `json:"where,omitempty"`
		Kind   string `json:"kind"`
	}{"about:blank", http.StatusText(status), status, detail, f.What, f.Where, string(f.Kind)})
}

type errorPage struct {
	chrome
	Status int
	Kind   string
	Fault  *fault.Fault
	Told   string // the fault in the language of the page, where there are words for it
}

func newErrorPage(status int, f *fault.Fault, lang text.Lang, by who.Person) *errorPage {
	p := text.In(lang)
	kind := "error." + strings.ReplaceAll(string(f.Kind), " ", "_")
	return &errorPage{chrome: chrome{P: p, By: by, Title: p.T(kind), Path: "/"}, Status: status, Kind: kind, Fault: f, Told: inWords(p, f)}
}
