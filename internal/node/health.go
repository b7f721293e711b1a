package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"accord/internal/db"
	"accord/internal/fault"
)

// Alive is what /healthz answers: this process runs. It asks nothing of the database, which may be busy.
type Alive struct {
	Status  string  `json:"status"` // alive
	Party   string  `json:"party"`
	Version string  `json:"version"`
	Seconds float64 `json:"seconds"` // since it began to serve
}

// Ready is what /readyz answers: whether this process can do its work now.
type Ready struct {
	Ready  bool        `json:"ready"`
	Checks []Readiness `json:"checks"`
}

// Readiness is one thing that is needed.
type Readiness struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Why  string `json:"why,omitempty"`
	Do   string `json:"do,omitempty"`
}

const (
	readyWithin = 3 * time.Second // how long a database may take to answer
	spaceNeeded = 256 << 20       // bytes; less than that and a bundle or an import may fail in the middle of a day
	clockSlack  = 5 * time.Minute // as much as partners allow each other
)

// health mounts /healthz and /readyz.
func (n *Node) health(mux *http.ServeMux) {
	begun := time.Now()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, http.StatusOK, Alive{"alive", n.Home.Config.Party, Version, time.Since(begun).Seconds()})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ready, status := n.Ready(r.Context()), http.StatusOK
		if !ready.Ready {
			status = http.StatusServiceUnavailable
		}
		answerJSON(w, status, ready)
	})
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a reader who has gone cannot be told more
}

// Ready looks at what the node needs: database, space, keys, clock. It changes nothing.
func (n *Node) Ready(ctx context.Context) Ready {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	out := Ready{Ready: true}
	for _, c := range []struct {
		what string
		ask  func(context.Context) error
	}{{"database", n.databaseAnswers}, {"disk", n.spaceLeft}, {"keys", n.checkKeys}, {"clock", n.clockSane}} {
		one := Readiness{What: c.what, OK: true}
		if err := c.ask(ctx); err != nil {
			one.OK, out.Ready = false, false
			one.Why, one.Do = "it cannot be asked", "see the log and accord check"
			if f, ok := errors.AsType[*fault.Fault](err); ok {
				one.Why, one.Do = f.Why, f.Do
			}
		}
		out.Checks = append(out.Checks, one)
	}
	return out
}

func (n *Node) databaseAnswers(ctx context.Context) error {
	_, err := n.Links.Partners(ctx)
	return err
}

func (n *Node) spaceLeft(context.Context) error { return diskSpace(n.Home.Dir) }

// clockSane compares the clock with what was stored here: a clock that was set back makes entries that come seem to be from
// the future.
func (n *Node) clockSane(ctx context.Context) error {
	var last *int64
	err := n.DB.View(ctx, func(tx *db.Tx) error {
		_, err := tx.Row(ctx, `SELECT MAX(at) FROM cosigned`, nil, &last)
		return err
	})
	if err != nil || last == nil {
		return err
	}
	if ahead := db.Time(*last).Sub(n.now()); ahead > clockSlack {
		return fault.New(fault.Unavailable, "clock", fmt.Sprintf("it is %s before the newest cosignature that is stored here", ahead.Round(time.Second)), "set it, and keep it with NTP")
	}
	return nil
}
