package observe

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Header carries the id of a request, also from one node to the other: both logs then name the same exchange.
const Header = "X-Request-Id"

const maxID = 64

// NewID is a fresh id of a request.
func NewID() string { return strings.ToLower(rand.Text()[:16]) }

// ID is the id of the request that ctx belongs to; empty outside of one.
func ID(ctx context.Context) string {
	id, _ := ctx.Value(idKey).(string)
	return id
}

// WithID has everything that is done with the context logged under an id.
func WithID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, idKey, id)
}

// wellFormed says whether a foreign id may stand in the log: short, and nothing that could look like another line.
func wellFormed(id string) bool {
	if len(id) < 8 || len(id) > maxID {
		return false
	}
	return strings.IndexFunc(id, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
	}) < 0
}

// Requests gives every request an id, its own or the one it brings, counts it, and logs how it was answered: method, pattern,
// status and time, and never its path, its query, its headers or its body.
func (n *Numbers) Requests(listener string, log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		id := r.Header.Get(Header)
		if !wellFormed(id) {
			id = NewID()
		}
		w.Header().Set(Header, id)
		ctx, at := withRoute(WithID(r.Context(), id))
		counted := &answer{ResponseWriter: w, status: http.StatusOK}
		whole := false
		defer func() {
			took := time.Since(begun)
			if !whole && !counted.begun { // the handler panicked, and the connection is closed without an answer
				counted.status = http.StatusInternalServerError
			}
			n.answered(listener, at.pattern, counted.status, took)
			log.Log(ctx, levelOf(counted.status), "answered", "listener", listener, "method", method(r.Method), "route", at.pattern, "status", counted.status,
				"bytes", counted.bytes, "ms", took.Milliseconds())
		}()
		next.ServeHTTP(counted, r.WithContext(ctx))
		whole = true
	})
}

// method is the method as it is logged: one that is known, because a foreign one may be anything.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

func levelOf(status int) slog.Level {
	switch {
	case status >= 500:
		return slog.LevelWarn
	case status >= 400:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// An answer notes how a request is answered.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
	begun  bool
}

func (a *answer) WriteHeader(status int) {
	if !a.begun && status >= 200 {
		a.status, a.begun = status, true
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	a.begun = true
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// NewLog returns a log in one of the two forms, text or json, in which every line of a request bears its id.
func NewLog(w io.Writer, form string, level slog.Level) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if form == "json" {
		return slog.New(identified{slog.NewJSONHandler(w, o)})
	}
	return slog.New(identified{slog.NewTextHandler(w, o)})
}

// identified adds the id of the request to what is logged.
type identified struct{ slog.Handler }

func (h identified) Handle(ctx context.Context, r slog.Record) error {
	if id := ID(ctx); id != "" {
		r.AddAttrs(slog.String("request", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h identified) WithAttrs(a []slog.Attr) slog.Handler { return identified{h.Handler.WithAttrs(a)} }

func (h identified) WithGroup(name string) slog.Handler { return identified{h.Handler.WithGroup(name)} }
