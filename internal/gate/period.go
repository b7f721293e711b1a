package gate

import (
	"fmt"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/record"
)

var periodCondition = condition{label: "gate.period", compile: compilePeriod}

// period lets out what happened from since to until, both days included, in the calendar of the place. A coarse time must
// lie wholly inside; an unknown time lies in no period.
type period struct {
	since, until date.Day
}

func compilePeriod(t *agreement.Terms, _ *record.Dataset) (check, error) {
	if t.Since.IsZero() && t.Until.IsZero() {
		return nil, nil
	}
	if !t.Since.IsZero() && !t.Until.IsZero() && t.Until.Before(t.Since) {
		return nil, unfit(t, fmt.Sprintf("their period ends on %s, before it begins on %s", t.Until, t.Since))
	}
	if !t.Time.Fits(t.Since, t.Until) {
		return nil, unfit(t, fmt.Sprintf("their period begins or ends within a %s, and time leaves as the %s only", t.Time, t.Time))
	}
	return period{t.Since, t.Until}, nil
}

func (p period) narrow(r *record.Record, _ time.Time, v *Verdict) {
	if why := p.outside(r); why.Key != "" {
		v.hold(Stays, why)
	}
}

func (p period) admits(r *record.Record, _ time.Time) Reason { return p.outside(r) }

func (p period) outside(r *record.Record) Reason {
	if r.When.IsZero() {
		return Reason{Key: "gate.period.unknown"}
	}
	d := r.When.Date()
	if !p.since.IsZero() && d.First().Before(p.since) || !p.until.IsZero() && d.Last().After(p.until) {
		return p.reason("gate.period.outside")
	}
	return Reason{}
}

func (p period) explain() Reason { return p.reason("gate.period.only") }

func (p period) reason(key string) Reason {
	return Reason{Key: key, Args: []string{"since", orDots(p.since), "until", orDots(p.until)}}
}

func orDots(d date.Day) string {
	if d.IsZero() {
		return "…"
	}
	return d.String()
}
