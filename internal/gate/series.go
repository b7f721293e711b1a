package gate

import (
	"time"

	"accord/record"
)

// Run takes every point of a run through the gate and gives each what came of it: the point as it may leave and where it was
// measured, and the verdict. Each is judged as the record it would be, by the same conditions; a quantity that the terms do
// not name, or whose value or time would not leave as it is, stays.
func (g *Gate) Run(r *record.Run, now time.Time, each func(p record.Point, at record.Place, v Verdict)) {
	values := make([]record.Value, len(g.dataset.Fields))
	for _, p := range r.Points {
		one := r.Record(g.dataset, p, values)
		when := one.When
		v := Verdict{Decision: Leaves, Reason: Reason{Key: "gate.leaves"}}
		for _, k := range g.checks {
			if k.narrow(&one, now, &v); v.Decision == Stays {
				break
			}
		}
		if v.Decision != Stays && (one.Value(r.Field) != record.NumberOf(p.Value) || one.When != when) {
			v.hold(Stays, Reason{Key: "gate.series.stays"})
		}
		if one.Value(len(g.dataset.Fields) - 1).IsAbsent() {
			p.Quality = 0
		}
		each(p, one.Place, v)
	}
}

// AdmitsRuns is Admits for observations that left at the given time.
func (g *Gate) AdmitsRuns(runs []record.Run, left time.Time) error {
	values := make([]record.Value, len(g.dataset.Fields))
	for i := range runs {
		for _, p := range runs[i].Points {
			if err := g.Admits(runs[i].Record(g.dataset, p, values), left); err != nil {
				return err
			}
		}
	}
	return nil
}
