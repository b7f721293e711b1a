package gate

import (
	"fmt"
	"slices"
	"strings"

	"accord/internal/fault"
	"accord/internal/suppress"
	"accord/record"
)

// A Tally counts records by group, for every span at once.
type Tally struct {
	gate  *groups
	spans map[string]*tally
}

type tally struct {
	cells     map[string]*cell
	simulated bool // one of the records was: the table is
}

type cell struct {
	groups []record.Value // one per field of by; absent is not known
	counts []int64        // of records, then the sums
}

// Tally begins to count.
func (g *Gate) Tally() *Tally { return &Tally{g.groups, map[string]*tally{}} }

// Add counts a record if the terms do: it meets their conditions and its time lies in one span.
func (t *Tally) Add(r *record.Record) {
	g := t.gate
	for i := range g.where.all {
		if c := &g.where.all[i]; !c.holds(r.Value(c.field)) {
			return
		}
	}
	d := r.When.Date()
	if r.When.IsZero() || !g.within(d) {
		return
	}
	name := g.span(d).Name
	s := t.spans[name]
	if s == nil {
		s = &tally{cells: map[string]*cell{}}
		t.spans[name] = s
	}
	s.simulated = s.simulated || r.Simulated
	values := make([]record.Value, len(g.by))
	for k, i := range g.by {
		values[k] = r.Value(i)
	}
	c := s.at(values, len(g.sums))
	c.counts[0]++
	for k, i := range g.sums {
		c.counts[1+k] += int64(r.Value(i).Num) // an absent value adds nothing
	}
}

func (s *tally) at(groups []record.Value, sums int) *cell {
	var key strings.Builder
	for _, v := range groups {
		fmt.Fprintf(&key, "%s\x00%s\x00", v.Type, v.String())
	}
	c := s.cells[key.String()]
	if c == nil {
		c = &cell{groups, make([]int64, 1+sums)}
		s.cells[key.String()] = c
	}
	return c
}

// Table makes the cells of a span's table as they may leave. before is the table of the same span that has left, where one
// has: what was blank in it stays blank, and its groups stay in the table.
func (t *Tally) Table(span Span, before []record.Record) ([]record.Record, error) {
	s := t.spans[span.Name]
	if s == nil {
		s = &tally{cells: map[string]*cell{}}
	}
	g := t.gate
	directions := g.directions(s, before)
	sides, cells := make([]int, len(directions)), 1
	for d := range directions {
		sides[d] = len(directions[d])
		cells *= sides[d] + 1
		if cells > record.MaxRows {
			return nil, fault.New(fault.Refused, "table of "+g.source.Name, fmt.Sprintf("it would have more than %d cells", record.MaxRows), "agree on fewer or coarser groups")
		}
	}
	tables, err := g.tables(s, directions, sides)
	if err != nil {
		return nil, fault.New(fault.Refused, "table of "+g.source.Name, err.Error(), "correct the records")
	}
	blank := suppress.Protect(suppress.Rule{Least: int64(g.terms.Groups.Least)}, tables...)
	was := map[string]bool{}
	for i := range before {
		was[before[i].Key] = before[i].Value(g.blank).Bool()
		s.simulated = s.simulated || before[i].Simulated
	}
	rows := make([]record.Record, tables[0].Cells())
	for c := range rows {
		rows[c] = g.row(span, directions, tables[0].Positions(c))
		rows[c].Simulated = s.simulated
		if blank[c] || was[rows[c].Key] {
			rows[c].Values[g.blank] = record.BoolOf(true)
			continue
		}
		rows[c].Values[g.count] = record.IntegerOf(tables[0].Value(c))
		for k, i := range g.sumsOut {
			rows[c].Values[i] = record.IntegerOf(tables[1+k].Value(c))
		}
	}
	return rows, nil
}

// directions are the values of each grouping field that occur, in the order of the field's codes or of their bytes, what is not
// known last. A field of which nothing is known at all has that one group.
func (g *groups) directions(s *tally, before []record.Record) [][]record.Value {
	out := make([][]record.Value, len(g.by))
	seen := map[record.Value]bool{}
	for k := range g.by {
		clear(seen)
		for _, c := range s.cells {
			seen[c.groups[k]] = true
		}
		for i := range before {
			if v := before[i].Value(g.out[k]); !v.IsAbsent() {
				seen[v] = true
			} else if !slices.Contains(strings.Fields(before[i].Value(g.totals).Text), g.source.Fields[g.by[k]].Name) {
				seen[v] = true
			}
		}
		if len(seen) == 0 {
			seen[record.Value{}] = true
		}
		f := &g.source.Fields[g.by[k]]
		for v := range seen {
			out[k] = append(out[k], v)
		}
		slices.SortFunc(out[k], func(a, b record.Value) int { return compareGroups(f, a, b) })
	}
	return out
}

func compareGroups(f *record.Field, a, b record.Value) int {
	switch {
	case a.IsAbsent() || b.IsAbsent():
		if a.IsAbsent() == b.IsAbsent() {
			return 0
		} else if a.IsAbsent() {
			return 1
		}
		return -1
	case f.Type == record.Code:
		return slices.Index(f.Codes, a.Text) - slices.Index(f.Codes, b.Text)
	default:
		return strings.Compare(a.String(), b.String())
	}
}

// tables are the counts and each of the sums, with all their totals.
func (g *groups) tables(s *tally, directions [][]record.Value, sides []int) ([]*suppress.Table, error) {
	inner := 1
	for _, n := range sides {
		inner *= n
	}
	values := make([][]int64, 1+len(g.sums))
	for m := range values {
		values[m] = make([]int64, inner)
	}
	for _, c := range s.cells {
		at := 0
		for d, v := range c.groups {
			at = at*sides[d] + slices.Index(directions[d], v)
		}
		for m := range values {
			values[m][at] = c.counts[m]
		}
	}
	out := make([]*suppress.Table, len(values))
	for m := range values {
		var err error
		if out[m], err = suppress.New(sides, values[m]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// row is the cell at these positions, without what it holds.
func (g *groups) row(span Span, directions [][]record.Value, at []int) record.Record {
	r := record.Record{When: span.When, Values: make([]record.Value, len(g.dataset.Fields))}
	var totals []string
	for d, p := range at {
		if p == len(directions[d]) {
			totals = append(totals, g.source.Fields[g.by[d]].Name)
			continue
		}
		r.Values[g.out[d]] = directions[d][p]
	}
	r.Values[g.totals] = record.TextOf(strings.Join(totals, " "))
	r.Key = g.key(span.Name, &r)
	return r
}

// Differs says whether a later table of a span may follow one that has left, as far as the gate can say: every cell that both
// show, or that is new, must be the same or differ by at least a smallest group. Otherwise the difference would tell of the few
// records by which the two differ.
func (g *Gate) Differs(before, after []record.Record) (Reason, bool) {
	k := g.groups
	was := map[string]*record.Record{}
	for i := range before {
		was[before[i].Key] = &before[i]
	}
	for i := range after {
		for _, f := range append([]int{k.count}, k.sumsOut...) {
			if after[i].Value(k.blank).Bool() {
				continue
			}
			old := record.Value{}
			if b := was[after[i].Key]; b != nil {
				old = b.Value(f)
			}
			if d := after[i].Value(f).Num - old.Num; d != 0 && d < float64(k.terms.Groups.Least) && -d < float64(k.terms.Groups.Least) {
				return Reason{Key: "gate.groups.difference", Args: []string{"least", fmt.Sprint(k.terms.Groups.Least)}}, false
			}
		}
	}
	return Reason{}, true
}
