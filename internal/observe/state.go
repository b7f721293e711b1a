package observe

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A Gauge is one number that is asked for when somebody looks.
type Gauge struct {
	Name   string
	Help   string
	Labels []string
}

// A Value is a gauge's value under its labels.
type Value struct {
	Gauge  *Gauge
	Value  float64
	Labels []string
}

// patience is how long an answer of the database is waited for before a look shows only what this process counts.
const patience = 5 * time.Second

// State registers gauges that ask gives all values of at once. When ask fails, accord_state_ok is 0 and the gauges are
// absent: an old number would look like a present one.
func State(in prometheus.Registerer, gauges []*Gauge, ask func(context.Context) ([]Value, error)) error {
	s := &state{ask: ask, descs: map[*Gauge]*prometheus.Desc{},
		ok: prometheus.NewDesc("accord_state_ok", "1 when the numbers of the database could be read; 0 when they could not, and are absent.", nil, nil)}
	for _, g := range gauges {
		s.descs[g] = prometheus.NewDesc(g.Name, g.Help, g.Labels, nil)
	}
	return in.Register(s)
}

type state struct {
	ask   func(context.Context) ([]Value, error)
	descs map[*Gauge]*prometheus.Desc
	ok    *prometheus.Desc
}

func (s *state) Describe(out chan<- *prometheus.Desc) {
	out <- s.ok
	for _, d := range s.descs {
		out <- d
	}
}

func (s *state) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	values, err := s.ask(ctx)
	if err != nil {
		out <- prometheus.MustNewConstMetric(s.ok, prometheus.GaugeValue, 0)
		return
	}
	out <- prometheus.MustNewConstMetric(s.ok, prometheus.GaugeValue, 1)
	for _, v := range values {
		out <- prometheus.MustNewConstMetric(s.descs[v.Gauge], prometheus.GaugeValue, v.Value, v.Labels...)
	}
}
