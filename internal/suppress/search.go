package suppress

import "math"

// A search blanks cells until every sensitive one is protected in every measure. Blanking more never makes a protected cell
// less so, and so one walk over the sensitive cells is enough.
type search struct {
	measures []*measure
	blank    []bool
}

// smallTable is up to how many cells a pattern is also made as small as possible.
const smallTable = 400

func (s *search) protect() {
	primary := append([]bool(nil), s.blank...)
	for _, m := range s.measures {
		n := newNetwork(m.Table, s.blank)
		for _, c := range m.order() {
			if m.protected(n, c) {
				continue
			}
			for _, corner := range s.box(c) {
				if !s.blank[corner] {
					s.blank[corner] = true
					n.add(corner)
				}
			}
		}
	}
	if len(s.blank) <= smallTable {
		s.thin(primary)
		s.shorten(primary)
	}
}

// safe says whether a pattern protects every sensitive cell in every measure.
func (s *search) safe(blank []bool) bool {
	for _, m := range s.measures {
		n := newNetwork(m.Table, blank)
		for c, need := range m.need {
			if need > 0 && !m.protected(n, c) {
				return false
			}
		}
	}
	return true
}

// thin shows again what need not be blank, totals first.
func (s *search) thin(primary []bool) {
	for _, totals := range []bool{true, false} {
		for c := range s.blank {
			if !s.blank[c] || primary[c] || s.measures[0].IsTotal(c) != totals {
				continue
			}
			if s.blank[c] = false; !s.safe(s.blank) {
				s.blank[c] = true
			}
		}
	}
}

// Costs of blanking a cell: few cells before small ones, inner ones before totals, and what is zero last, because somebody
// may know that it cannot be anything else.
const (
	costCell  = int64(1) << 42
	costTotal = costCell * 8
	costZero  = costCell * 512
)

func (s *search) cost(c int) int64 {
	m := s.measures[0]
	switch v := m.values[c]; {
	case s.blank[c]:
		return 0
	case v == 0:
		return costZero
	case m.IsTotal(c):
		return costTotal + min(v, costCell-1)
	default:
		return costCell + min(v, costCell-1)
	}
}

// box returns the cheapest box of cells around c that protects c in every measure in which it is sensitive. The corners of a
// box can grow and shrink in turn without any total changing. One that takes the totals of every direction always protects:
// all its corners may grow without end.
func (s *search) box(c int) []int {
	b := &boxes{search: s, from: c, best: math.MaxInt64}
	b.corners = append(make([]int, 0, 1<<len(s.measures[0].sides)), c)
	b.extend(0, s.cost(c))
	return b.found
}

type boxes struct {
	*search
	from    int
	corners []int // of the directions so far
	best    int64
	found   []int
}

// extend doubles the box in direction d, to every other position in turn.
func (b *boxes) extend(d int, cost int64) {
	if cost >= b.best {
		return
	}
	t := b.measures[0].Table
	if d == len(t.sides) {
		if b.wide() {
			b.best, b.found = cost, append([]int(nil), b.corners...)
		}
		return
	}
	n, here := len(b.corners), t.position(b.from, d)
	for p := 0; p <= t.sides[d]; p++ {
		if p == here {
			continue
		}
		more := cost
		for _, c := range b.corners[:n] {
			other := c + (p-here)*t.stride[d]
			b.corners = append(b.corners, other)
			more += b.cost(other)
		}
		b.extend(d+1, more)
		b.corners = b.corners[:n]
	}
}

// wide says whether the box leaves the cell uncertain enough wherever it is sensitive.
func (b *boxes) wide() bool {
	for _, m := range b.measures {
		if need := m.need[b.from]; need > 0 && m.swing(b.corners) < need {
			return false
		}
	}
	return true
}

// swing is the width of the interval of a box's first corner when its corners alone may change. The corners stand in the order in
// which extend doubles them: the number of ones in a corner's index is the number of directions it was moved in.
func (t *Table) swing(corners []int) int64 {
	up, down := int64(math.MaxInt64/2), int64(math.MaxInt64/2)
	first := t.raise(corners[0])
	for i, c := range corners {
		sign := t.raise(c) * first
		for bits := i; bits != 0; bits &= bits - 1 {
			sign = -sign
		}
		if sign > 0 { // it grows with the first corner
			down = min(down, t.spare(c))
		} else {
			up = min(up, t.spare(c))
		}
	}
	return up + down
}

// protected says whether the blank cells leave c uncertain enough in this measure. In two directions that is exact; otherwise it
// looks for one box, which is enough but not always needed.
func (m *measure) protected(n *network, c int) bool {
	if len(m.sides) == 2 {
		return n.reach(c, m.need[c]) >= m.need[c]
	}
	return m.boxed(c, n.blank, []int{c}, 0)
}

// boxed says whether there is a box of blank cells that protects c.
func (m *measure) boxed(from int, blank []bool, corners []int, d int) bool {
	if d == len(m.sides) {
		return m.swing(corners) >= m.need[from]
	}
	n, here := len(corners), m.position(from, d)
next:
	for p := 0; p <= m.sides[d]; p++ {
		if p == here {
			continue
		}
		corners = corners[:n]
		for _, c := range corners[:n] {
			other := c + (p-here)*m.stride[d]
			if !blank[other] {
				continue next
			}
			corners = append(corners, other)
		}
		if m.boxed(from, blank, corners, d+1) {
			return true
		}
	}
	return false
}
