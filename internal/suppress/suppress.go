// Package suppress chooses which cells of a table of counts stay blank, so that no small cell can be recomputed from what is
// shown together with all totals. It is pure arithmetic and knows no records.
//
// A cell is sensitive when it is above zero and below the smallest group; those are blank (primary). For each of them, someone
// who knows every cell that is shown, every total that is shown and that counts are not negative must be left with an interval
// of possible values at least as wide as the rule asks; where the blank cells do not give that, more cells are blanked
// (complementary). Totals are cells like others: they are shown wherever that is safe.
package suppress

import (
	"cmp"
	"fmt"
	"slices"
)

// MaxCells is the most cells, totals included, that a table may have.
const MaxCells = 100_000

// A Table is counts by one or more groupings with all their totals. In each direction the last position is the total over the
// others, so that a table of 3 by 4 groups has 4 by 5 cells. Cells are numbered with the last direction running fastest.
type Table struct {
	sides  []int   // groups per direction, the total not counted
	stride []int   // how far the next position of a direction is
	values []int64 // every cell
	least  []int64 // what is known of a cell in any case; nil is zero
}

// New makes a table from its inner cells and adds all totals.
func New(sides []int, inner []int64) (*Table, error) {
	t := &Table{sides: slices.Clone(sides), stride: make([]int, len(sides))}
	cells, groups := 1, 1
	for i := len(sides) - 1; i >= 0; i-- {
		if sides[i] < 1 || sides[i] > MaxCells {
			return nil, fmt.Errorf("a direction has %d groups", sides[i])
		}
		t.stride[i] = cells
		cells, groups = cells*(sides[i]+1), groups*sides[i]
		if cells > MaxCells {
			return nil, fmt.Errorf("the table has more than %d cells", MaxCells)
		}
	}
	if len(sides) == 0 || len(inner) != groups {
		return nil, fmt.Errorf("%d cells for %d groups", len(inner), groups)
	}
	t.values = make([]int64, cells)
	at := 0
	for c := range t.values {
		if t.IsTotal(c) {
			continue
		}
		if inner[at] < 0 || inner[at] > 1<<40 {
			return nil, fmt.Errorf("a cell holds %d", inner[at])
		}
		t.values[c] = inner[at]
		at++
	}
	for d := range sides {
		t.total(d)
	}
	return t, nil
}

// total fills the totals in one direction from what stands before them.
func (t *Table) total(d int) {
	for c := range t.values {
		if t.position(c, d) != t.sides[d] {
			continue
		}
		t.values[c] = 0
		for i := 1; i <= t.sides[d]; i++ {
			t.values[c] += t.values[c-i*t.stride[d]]
		}
	}
}

// position is where a cell stands in a direction.
func (t *Table) position(c, d int) int { return c / t.stride[d] % (t.sides[d] + 1) }

// Cells is how many cells there are, totals included.
func (t *Table) Cells() int { return len(t.values) }

// Value is what a cell holds.
func (t *Table) Value(c int) int64 { return t.values[c] }

// At is the number of the cell with these positions.
func (t *Table) At(position ...int) int {
	c := 0
	for d, p := range position {
		c += p * t.stride[d]
	}
	return c
}

// Positions are where a cell stands in each direction; a position equal to the direction's groups is the total.
func (t *Table) Positions(c int) []int {
	out := make([]int, len(t.sides))
	for d := range out {
		out[d] = t.position(c, d)
	}
	return out
}

// IsTotal says whether a cell is a total in any direction.
func (t *Table) IsTotal(c int) bool {
	for d := range t.sides {
		if t.position(c, d) == t.sides[d] {
			return true
		}
	}
	return false
}

// raise is +1 where a cell grows when its inner cells do on one side of every equation, and -1 on the other: in each line the
// cells with their signs add up to nothing.
func (t *Table) raise(c int) int {
	s := 1
	for d := range t.sides {
		if t.position(c, d) == t.sides[d] {
			s = -s
		}
	}
	return s
}

// spare is by how much a cell could be smaller for all that anybody knows.
func (t *Table) spare(c int) int64 {
	if t.least == nil {
		return t.values[c]
	}
	return t.values[c] - t.least[c]
}

// A Rule says which cells are small, and how wide the interval that remains of a small one must be.
type Rule struct {
	Least int64 // the smallest group that may be shown; zero may
	Width int64 // at least so wide; Least where unset
}

func (r Rule) width() int64 { return max(1, cmp.Or(r.Width, r.Least)) }

// small says whether a value must not be shown by itself.
func (r Rule) small(v int64) bool { return v > 0 && v < r.Least }

// Primary returns the cells that are small, the inner ones and, where totals is set, the totals.
func (t *Table) Primary(r Rule, totals bool) []bool {
	blank := make([]bool, len(t.values))
	for c, v := range t.values {
		blank[c] = r.small(v) && (totals || !t.IsTotal(c))
	}
	return blank
}

// A measure is one table of several that are blanked alike, such as counts of records and sums of persons over the same groups.
type measure struct {
	*Table
	need []int64 // by cell: how wide the interval that remains must be; zero where the cell is not sensitive
}

// Protect returns the cells that stay blank, the same in every table. The first holds counts, the others sums over what is counted
// there. A cell is sensitive in a sum where it is small there, and also where few were counted: then it must remain uncertain by
// as much as it holds. A sum above zero tells that somebody was counted, and counts are protected from who knows that.
func Protect(r Rule, tables ...*Table) []bool {
	counts := tables[0]
	s := &search{blank: make([]bool, counts.Cells())}
	for i, t := range tables {
		m := &measure{Table: t, need: make([]int64, len(s.blank))}
		for c, v := range t.values {
			if r.small(v) {
				m.need[c] = r.width()
			}
			if i > 0 && v > 0 && r.small(counts.values[c]) {
				m.need[c] = max(r.width(), v)
			}
			s.blank[c] = s.blank[c] || m.need[c] > 0
		}
		s.measures = append(s.measures, m)
	}
	if len(tables) > 1 {
		known := *counts
		known.least = make([]int64, len(known.values))
		for c, v := range known.values {
			known.least[c] = min(v, 1)
		}
		s.measures[0].Table = &known
	}
	s.protect()
	return s.blank
}

// order returns the sensitive cells, the largest first: they find company most easily, and it serves the rest.
func (m *measure) order() (out []int) {
	for c, need := range m.need {
		if need > 0 {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(m.values[b], m.values[a]) })
	return out
}

// Safe says whether a pattern leaves every small inner cell of the table, and every small total that is blank, uncertain enough.
func (t *Table) Safe(r Rule, blank []bool) bool {
	m := &measure{Table: t, need: make([]int64, len(t.values))}
	for c, v := range t.values {
		if !r.small(v) || t.IsTotal(c) && !blank[c] {
			continue
		}
		if !blank[c] {
			return false
		}
		m.need[c] = r.width()
	}
	return (&search{measures: []*measure{m}}).safe(blank)
}
