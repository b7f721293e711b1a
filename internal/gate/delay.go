package gate

import (
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/record"
)

var delayCondition = condition{label: "gate.delay", compile: compileDelay}

// delay lets out a record only when it is at least so old. It runs from the last instant the record's time can mean, so
// that a coarse time never shortens it; a record of unknown time would never be old enough.
type delay struct {
	by date.Interval
}

func compileDelay(t *agreement.Terms, _ *record.Dataset) (check, error) {
	if t.Delay.IsZero() {
		return nil, nil
	}
	return delay{t.Delay}, nil
}

func (d delay) narrow(r *record.Record, now time.Time, v *Verdict) {
	if r.When.IsZero() {
		v.hold(Stays, Reason{Key: "gate.delay.unknown"})
		return
	}
	if due := d.due(r.When); now.Before(due) {
		v.Due = due
		v.hold(Later, d.reason("gate.delay.later", due))
	}
}

func (d delay) admits(r *record.Record, left time.Time) Reason {
	if r.When.IsZero() {
		return Reason{Key: "gate.delay.unknown"}
	}
	if due := d.due(r.When); left.Before(due) {
		return d.reason("gate.delay.later", due)
	}
	return Reason{}
}

// due is calendar arithmetic on the day, in UTC; the time of day stays.
func (d delay) due(when record.Time) time.Time {
	last := when.Last().UTC()
	day := date.Of(last)
	return d.by.From(day).Time().Add(last.Sub(day.Time()))
}

func (d delay) explain() Reason {
	return Reason{Key: "gate.delay.after", Args: []string{"delay", d.by.String()}}
}

func (d delay) reason(key string, due time.Time) Reason {
	return Reason{Key: key, Args: []string{"due", due.Format(time.RFC3339), "delay", d.by.String()}}
}
