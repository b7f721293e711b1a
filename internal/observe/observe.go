// Package observe is what a node tells its administrator while it runs: numbers for Prometheus, an id for each request
// that goes through every line of the log, and the log's form. It knows no noun of the cities. Nothing in it holds what a
// person wrote: labels are party ids, kinds and patterns of routes.
package observe

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"accord/internal/fault"
)

// Numbers are what a node counts while it runs. They are of one process; what is in the database is asked for when
// somebody looks.
type Numbers struct {
	requests     *prometheus.CounterVec
	request      *prometheus.HistogramVec
	bundles      *prometheus.CounterVec
	transactions *prometheus.HistogramVec
}

// NewNumbers registers the numbers.
func NewNumbers(in prometheus.Registerer) (*Numbers, error) {
	n := &Numbers{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "accord_http_requests_total",
			Help: "Requests answered, by listener (pages, partners, metrics), pattern of the route and status."}, []string{"listener", "route", "status"}),
		request: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "accord_http_request_seconds",
			Help: "How long requests took, by listener and pattern of the route.", Buckets: []float64{.001, .005, .02, .1, .5, 2, 10, 60}}, []string{"listener", "route"}),
		bundles: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "accord_bundles_total",
			Help: "Bundles of this process, by direction (in, out) and outcome: ok, or the kind of the refusal."}, []string{"direction", "outcome"}),
		transactions: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "accord_transaction_seconds",
			Help: "How long transactions took, the wait for other writers included, by kind (write, read) and outcome (ok, failed).", Buckets: []float64{.0005, .002, .01, .05, .25, 1, 5, 20}}, []string{"kind", "outcome"}),
	}
	for _, c := range []prometheus.Collector{n.requests, n.request, n.bundles, n.transactions} {
		if err := in.Register(c); err != nil {
			return nil, err
		}
	}
	for _, outcome := range []string{"ok", string(fault.Invalid), string(fault.Refused), string(fault.Conflict)} { // so that a first refusal is a rise from 0
		n.bundles.WithLabelValues("in", outcome)
	}
	return n, nil
}

// Bundle counts one bundle that came in or went out.
func (n *Numbers) Bundle(direction string, err error) {
	outcome := "ok"
	if err != nil {
		outcome = string(fault.KindOf(err))
	}
	n.bundles.WithLabelValues(direction, outcome).Inc()
}

// Transaction counts one transaction.
func (n *Numbers) Transaction(writing bool, took time.Duration, err error) {
	kind, outcome := "read", "ok"
	if writing {
		kind = "write"
	}
	if err != nil {
		outcome = "failed"
	}
	n.transactions.WithLabelValues(kind, outcome).Observe(took.Seconds())
}

func (n *Numbers) answered(listener, route string, status int, took time.Duration) {
	n.requests.WithLabelValues(listener, route, strconv.Itoa(status)).Inc()
	n.request.WithLabelValues(listener, route).Observe(took.Seconds())
}

// key is of values that a request carries.
type key int

const (
	idKey key = iota
	routeKey
)

// A route is where the mux leaves the pattern that it has chosen.
type route struct{ pattern string }

// Routes has the pattern that next chooses counted instead of the path, which may hold anything.
func Routes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if at, ok := r.Context().Value(routeKey).(*route); ok {
			at.pattern = r.Pattern
		}
	})
}

func withRoute(ctx context.Context) (context.Context, *route) {
	at := &route{pattern: "none"}
	return context.WithValue(ctx, routeKey, at), at
}
