package suppress

// nodesMost bounds the search for a smaller pattern: what it does not find in so many steps, it leaves.
const nodesMost = 20_000

// shorten looks for a pattern of fewer complementary cells, inner ones only, in a table of two directions. In a smallest pattern no
// line has one blank cell alone: its neighbours would give it away, and it would protect nobody.
func (s *search) shorten(primary []bool) {
	t := s.measures[0].Table
	have := 0
	for c, b := range s.blank {
		if b && !primary[c] {
			have++
		}
		if primary[c] && t.IsTotal(c) {
			return
		}
	}
	if len(t.sides) != 2 || have == 0 {
		return
	}
	x := &shorter{search: s, seen: map[string]bool{}, cols: t.sides[1] + 1}
	most := have
	totals := s.usesTotals(primary)
	if totals { // a total says more than a cell: a few more cells are worth it
		most += 4
	}
	for n := 1; n <= most && x.nodes < nodesMost; n++ {
		x.found, x.least = nil, 0
		clear(x.seen)
		x.try(append([]bool(nil), primary...), n, 0)
		if x.found != nil {
			if n < have || totals {
				copy(s.blank, x.found)
			}
			return
		}
	}
}

// usesTotals says whether a total is blank that is not small itself.
func (s *search) usesTotals(primary []bool) bool {
	for c, b := range s.blank {
		if b && !primary[c] && s.measures[0].IsTotal(c) {
			return true
		}
	}
	return false
}

type shorter struct {
	*search
	cols  int
	nodes int
	seen  map[string]bool
	found []bool
	least int64 // what the cells of found cost
}

// try adds n more cells in every way that can be of use.
func (x *shorter) try(blank []bool, n int, cost int64) {
	x.nodes++
	if x.nodes > nodesMost || x.found != nil && cost >= x.least || !x.first(blank) {
		return
	}
	alone := x.alone(blank)
	if n == 0 {
		if alone == nil && x.safe(blank) {
			x.found, x.least = append([]bool(nil), blank...), cost
		}
		return
	}
	if alone == nil {
		alone = x.inner()
	}
	for _, c := range alone {
		if !blank[c] {
			blank[c] = true
			x.try(blank, n-1, cost+1+x.measures[0].values[c])
			blank[c] = false
		}
	}
}

// first says whether this pattern is met for the first time.
func (x *shorter) first(blank []bool) bool {
	key := make([]byte, (len(blank)+7)/8)
	for c, b := range blank {
		if b {
			key[c/8] |= 1 << (c % 8)
		}
	}
	if x.seen[string(key)] {
		return false
	}
	x.seen[string(key)] = true
	return true
}

// alone returns the inner cells of the first line that has one blank cell; nil where no line has.
func (x *shorter) alone(blank []bool) []int {
	t := x.measures[0].Table
	for d, other := range [2]int{1, 0} {
		for i := range t.sides[d] {
			var line []int
			count := 0
			for j := range t.sides[other] {
				c := i*t.stride[d] + j*t.stride[other]
				line = append(line, c)
				if blank[c] {
					count++
				}
			}
			if count == 1 {
				return line
			}
		}
	}
	return nil
}

func (x *shorter) inner() (all []int) {
	t := x.measures[0].Table
	for c := range t.values {
		if !t.IsTotal(c) {
			all = append(all, c)
		}
	}
	return all
}
