package gate

import (
	"fmt"
	"time"

	"accord/agreement"
	"accord/record"
)

var gradeCondition = condition{label: "gate.grade", compile: compileGrade}

// grade decides who has to agree: nobody (O), a named person (S), or that nothing leaves at all (C).
type grade agreement.Grade

func compileGrade(t *agreement.Terms, _ *record.Dataset) (check, error) {
	switch t.Grade {
	case agreement.Open, agreement.Supervised, agreement.Closed:
		return grade(t.Grade), nil
	}
	return nil, unfit(t, fmt.Sprintf("grade %q is none of O, S and C", t.Grade))
}

func (g grade) narrow(_ *record.Record, _ time.Time, v *Verdict) {
	switch agreement.Grade(g) {
	case agreement.Open:
	case agreement.Supervised:
		v.hold(Waits, Reason{Key: "gate.grade.waits"})
	default:
		v.hold(Stays, Reason{Key: "gate.grade.stays"})
	}
}

func (g grade) admits(*record.Record, time.Time) Reason {
	if agreement.Grade(g) == agreement.Closed {
		return Reason{Key: "gate.grade.stays"}
	}
	return Reason{}
}

func (g grade) explain() Reason {
	switch agreement.Grade(g) {
	case agreement.Open:
		return Reason{Key: "gate.grade.open"}
	case agreement.Supervised:
		return Reason{Key: "gate.grade.waits"}
	default:
		return Reason{Key: "gate.grade.stays"}
	}
}

// Decision is what becomes of a table that may leave under the terms, by their grade.
func (g *Gate) Decision() Decision {
	v := Verdict{Decision: Leaves}
	g.checks[0].narrow(nil, time.Time{}, &v)
	return v.Decision
}
