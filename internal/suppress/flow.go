package suppress

import "math"

// Interval returns the least and the most that a blank cell of a table in two directions can be, for someone who knows all that
// is not blank. top is false where nothing bounds it from above. A cell that is shown is itself.
func (t *Table) Interval(c int, blank []bool) (lo, hi int64, top bool) {
	v := t.values[c]
	if !blank[c] {
		return v, v, true
	}
	n := newNetwork(t, blank)
	down := n.push(c, -1, t.spare(c))
	n.reset()
	up := n.push(c, +1, math.MaxInt64)
	if up == math.MaxInt64 {
		return v - down, 0, false
	}
	return v - down, v + up, true
}

// A network is the blank cells of a table in two directions as roads between its rows and its columns. With their signs the
// cells of every line add up to the same whatever the blank ones hold; what changes in one cell must therefore come back on
// another way, and how much can is a maximal flow. It is whole numbers throughout, and exact.
type network struct {
	table *Table
	blank []bool
	flow  map[int]int64 // by cell: what has been pushed from its row to its column
	rows  int           // rows with their total; columns are numbered after them
	cols  int
	lines [][]int // blank cells of each row and column
	came  []int   // by node: the cell by which the search came, -1 where it was not
	queue []int
}

func newNetwork(t *Table, blank []bool) *network {
	n := &network{table: t, blank: blank, flow: map[int]int64{}}
	if len(t.sides) != 2 {
		return n
	}
	n.rows, n.cols = t.sides[0]+1, t.sides[1]+1
	n.lines = make([][]int, n.rows+n.cols)
	n.came = make([]int, n.rows+n.cols)
	for c, b := range blank {
		if b {
			n.add(c)
		}
	}
	return n
}

// add takes one more blank cell in.
func (n *network) add(c int) {
	if n.lines != nil {
		row, col := c/n.cols, n.rows+c%n.cols
		n.lines[row] = append(n.lines[row], c)
		n.lines[col] = append(n.lines[col], c)
	}
}

func (n *network) reset() { clear(n.flow) }

// reach is the width of a blank cell's interval; it stops looking when enough is found.
func (n *network) reach(c int, enough int64) int64 {
	n.reset()
	down := n.push(c, -1, min(enough, n.table.spare(c)))
	if down >= enough {
		return down
	}
	n.reset()
	return down + n.push(c, +1, enough-down)
}

// room is how much more may pass through a cell from its row to its column (forth), or the other way.
func (n *network) room(c int, forth bool) int64 {
	f, grows := n.flow[c], n.table.raise(c) > 0
	if forth != grows { // the cell would shrink
		if !forth {
			f = -f
		}
		return n.table.spare(c) - f
	}
	return math.MaxInt64
}

// push returns by how much cell c can grow (sign +1) or shrink (-1), up to most.
func (n *network) push(c, sign int, most int64) (pushed int64) {
	from, to := n.rows+c%n.cols, c/n.cols // what c carries forth comes back from its column to its row
	if sign*n.table.raise(c) < 0 {
		from, to = to, from
	}
	for pushed < most {
		room := n.path(from, to, c)
		if room == 0 {
			break
		}
		if room = min(room, most-pushed); room == math.MaxInt64 {
			return room
		}
		for at := to; at != from; {
			via := n.came[at]
			row, col := via/n.cols, n.rows+via%n.cols
			if at == col {
				n.flow[via] += room
				at = row
			} else {
				n.flow[via] -= room
				at = col
			}
		}
		pushed += room
	}
	return pushed
}

// path finds a shortest way without cell c and returns the room on it; none is zero.
func (n *network) path(from, to, without int) int64 {
	for i := range n.came {
		n.came[i] = -1
	}
	n.came[from] = without
	n.queue = append(n.queue[:0], from)
	for i := 0; i < len(n.queue) && n.came[to] < 0; i++ {
		at := n.queue[i]
		for _, c := range n.lines[at] {
			next, forth := n.rows+c%n.cols, true
			if next == at {
				next, forth = c/n.cols, false
			}
			if c != without && n.came[next] < 0 && n.room(c, forth) > 0 {
				n.came[next] = c
				n.queue = append(n.queue, next)
			}
		}
	}
	if n.came[to] < 0 {
		return 0
	}
	room := int64(math.MaxInt64)
	for at := to; at != from; {
		c := n.came[at]
		row, col := c/n.cols, n.rows+c%n.cols
		room = min(room, n.room(c, at == col))
		if at == col {
			at = row
		} else {
			at = col
		}
	}
	return room
}
