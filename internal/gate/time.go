package gate

import (
	"fmt"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/record"
)

var timeCondition = condition{label: "gate.time", compile: compileTime}

// when lets out when something happened no more precisely than agreed.
type when agreement.Precision

func compileTime(t *agreement.Terms, _ *record.Dataset) (check, error) {
	switch t.Time {
	case "":
		return nil, nil
	case agreement.ByInstant, agreement.ByHour, agreement.ByDay, agreement.ByMonth, agreement.ByYear:
		return when(t.Time), nil
	}
	return nil, unfit(t, fmt.Sprintf("time %.40q is none of exact, hour, day, month and year", string(t.Time)))
}

func (w when) narrow(r *record.Record, _ time.Time, _ *Verdict) { r.When = w.coarse(r.When) }

func (w when) admits(r *record.Record, _ time.Time) Reason {
	if w.coarse(r.When) != r.When {
		return w.reason("gate.time.finer.")
	}
	return Reason{}
}

func (w when) explain() Reason { return w.reason("gate.time.") }

func (w when) coarse(t record.Time) record.Time {
	switch agreement.Precision(w) {
	case agreement.ByHour:
		return t.Hour()
	case agreement.ByDay:
		return t.Coarser(date.ByDay)
	case agreement.ByMonth:
		return t.Coarser(date.ByMonth)
	case agreement.ByYear:
		return t.Coarser(date.ByYear)
	default:
		return t
	}
}

// reason has a message of its own for each precision: the word for it stands differently in every language.
func (w when) reason(prefix string) Reason { return Reason{Key: prefix + string(w)} }
