// Package gate is the only door out: the terms of a clause, compiled against the description of a dataset, become a pure
// function from a record to what of it may leave, or nothing, with the reason. A gate only narrows.
//
// The same gate stands at the receiver's side and names what a sender let out and should not have.
package gate

import (
	"fmt"
	"time"

	"accord/agreement"
	"accord/internal/fault"
	"accord/record"
)

// A Decision is what becomes of one record.
type Decision string

const (
	Leaves Decision = "leaves" // by itself
	Waits  Decision = "waits"  // for a named person, who sees exactly what would leave
	Later  Decision = "later"  // not yet; the verdict says when to come again
	Stays  Decision = "stays"  // never under these terms
)

// A Verdict is a decision and why.
type Verdict struct {
	Decision Decision
	Reason   Reason
	Due      time.Time // with Later: the first instant at which the record may leave
}

// A Gate is terms that fit a dataset. It is safe for concurrent use.
type Gate struct {
	dataset *record.Dataset // of what leaves
	checks  []check
	groups  *groups // where only groups leave
}

// A condition is one thing that terms can ask for. Each has its own file. compile says what of it the terms ask for, and
// refuses terms that do not fit the dataset; a condition that asks for nothing returns no check.
type condition struct {
	label   string // message key of its name
	compile func(t *agreement.Terms, d *record.Dataset) (check, error)
}

// conditions is the list, in the order in which they are asked. Those that can hold a record back for good come first,
// so that a reason to stay is found before a reason to wait. Time is made coarse before anything is judged by it: the receiver,
// who sees it no finer, comes to the same judgement, and when a record leaves does not give away what was cut. The row
// condition is asked before its fields are cut.
var conditions = []condition{
	gradeCondition,
	timeCondition,
	periodCondition,
	whereCondition,
	delayCondition,
	fieldsCondition,
	placeCondition,
	onwardCondition,
}

// A check is a compiled condition. All its methods are pure.
type check interface {
	// narrow cuts the record to what the condition allows, in place; the values are the gate's own copy. It changes the
	// verdict only to one that lets out less.
	narrow(r *record.Record, now time.Time, v *Verdict)
	// admits returns what of a received record, which left at the given time, is wider than the condition allows; the zero
	// Reason when nothing is.
	admits(r *record.Record, left time.Time) Reason
	// explain says in one sentence what the condition does.
	explain() Reason
}

// Compile fits terms to the description they name. Terms with a field, a version, a grade or a precision that is not
// known do not compile: there is no gate that would ignore a part of them.
func Compile(t agreement.Terms, d *record.Dataset) (*Gate, error) {
	if t.Dataset != d.Name || t.Version != d.Version {
		return nil, unfit(&t, fmt.Sprintf("they are for version %d of %q, not for version %d of %q", t.Version, t.Dataset, d.Version, d.Name))
	}
	if t.Groups != nil && d.Kind == record.Series {
		return nil, unfit(&t, "they let out groups of records, and "+d.Name+" holds series")
	}
	if t.Groups != nil {
		return compileGroups(&t, d)
	}
	g := &Gate{dataset: d}
	for _, c := range conditions {
		k, err := c.compile(&t, d)
		if err != nil {
			return nil, err
		}
		if k != nil {
			g.checks = append(g.checks, k)
		}
	}
	return g, nil
}

// Leaving is the name of the dataset that leaves under terms: of the records themselves, or of their groups.
func Leaving(t *agreement.Terms) string {
	if t.Groups != nil {
		return t.Dataset + record.GroupsSuffix
	}
	return t.Dataset
}

// Dataset describes what leaves: records as they are described, or their groups.
func (g *Gate) Dataset() *record.Dataset { return g.dataset }

// Apply returns what of r may leave at now. With Leaves and Waits the record is what would leave, exactly; with Later and
// Stays it is empty. r itself is not changed.
func (g *Gate) Apply(r record.Record, now time.Time) (record.Record, Verdict) {
	return g.ApplyTo(new(Scratch), r, now)
}

// A Scratch is memory for one record at a time, to be used again by whoever takes many through a gate. What ApplyTo returns
// lies in it.
type Scratch struct {
	values  []record.Value
	record  record.Record
	verdict Verdict
}

// ApplyTo does what Apply does and allocates nothing once s has grown.
func (g *Gate) ApplyTo(s *Scratch, r record.Record, now time.Time) (record.Record, Verdict) {
	if g.groups != nil {
		return record.Record{}, Verdict{Decision: Stays, Reason: g.groups.explain()}
	}
	if n := len(g.dataset.Fields); cap(s.values) < n {
		s.values = make([]record.Value, n)
	}
	s.values = s.values[:len(g.dataset.Fields)]
	clear(s.values[copy(s.values, r.Values):])
	s.record, s.verdict = r, Verdict{Decision: Leaves, Reason: Reason{Key: "gate.leaves"}}
	s.record.Values = s.values
	for _, k := range g.checks {
		k.narrow(&s.record, now, &s.verdict)
		if s.verdict.Decision == Stays {
			return record.Record{}, s.verdict
		}
	}
	if s.verdict.Decision == Later {
		return record.Record{}, s.verdict
	}
	return s.record, s.verdict
}

// Admits says whether a received record, which left its city at the given time, is within the terms. The fault names
// what is wider, so that the receiver can set it aside.
func (g *Gate) Admits(r record.Record, left time.Time) error {
	for _, k := range g.checks {
		if why := k.admits(&r, left); why.Key != "" {
			return fault.New(fault.Refused, "received record", Explain("en", why), "set it aside and tell the sender").At(why.Key)
		}
	}
	return nil
}

// Explain says what the gate does, one sentence per condition that the terms ask for.
func (g *Gate) Explain() []Reason {
	var all []Reason
	for _, k := range g.checks {
		all = append(all, k.explain())
	}
	return all
}

// hold makes the verdict one that lets out less; one that already does stays as it is.
func (v *Verdict) hold(d Decision, why Reason) {
	if rank[d] > rank[v.Decision] {
		v.Decision, v.Reason = d, why
	}
}

// rank orders decisions by how much they let out.
var rank = map[Decision]int{Leaves: 0, Waits: 1, Later: 2, Stays: 3}

func unfit(t *agreement.Terms, why string) *fault.Fault {
	return fault.New(fault.Invalid, "terms for "+t.Dataset, why, "correct the clause before it is signed")
}
