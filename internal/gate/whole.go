package gate

import (
	"slices"
	"time"

	"accord/internal/fault"
	"accord/internal/suppress"
	"accord/record"
)

// AdmitsAll says whether the records of one batch are within the terms, each by itself and, of groups, all together.
func (g *Gate) AdmitsAll(records []record.Record, left time.Time) error {
	for i := range records {
		if err := g.Admits(records[i], left); err != nil {
			return err
		}
	}
	if g.groups == nil {
		return nil
	}
	if why := g.groups.together(records); why.Key != "" {
		return fault.New(fault.Refused, "received table", Explain("en", why), "set it aside and tell the sender").At(why.Key)
	}
	return nil
}

// together wants one whole table: every cell once, totals that are right wherever all they add is shown, and no line in which
// one blank cell stands alone and so gives itself away.
func (g *groups) together(records []record.Record) Reason {
	broken := Reason{Key: "gate.groups.table"}
	directions := g.directions(&tally{}, records)
	sides, cells := make([]int, len(directions)), 1
	for d := range directions {
		sides[d] = len(directions[d])
		if cells *= sides[d] + 1; cells > len(records) {
			return broken
		}
	}
	if cells != len(records) {
		return broken
	}
	at := make(map[string]*record.Record, cells)
	for i := range records {
		if records[i].When != records[0].When {
			return broken
		}
		at[records[i].Key] = &records[i]
	}
	span, _ := g.spanOf(records[0].When)
	shape, err := suppress.New(sides, make([]int64, product(sides)))
	if err != nil {
		return broken
	}
	rows := make([]*record.Record, cells)
	for c := range rows {
		r := g.row(span, directions, shape.Positions(c))
		if rows[c] = at[r.Key]; rows[c] == nil {
			return broken
		}
	}
	for d := range sides {
		for c := range rows {
			if shape.Positions(c)[d] != sides[d] {
				continue
			}
			if why := g.line(rows, shape, c, d); why.Key != "" {
				return why
			}
		}
	}
	return Reason{}
}

// line looks at the cells that add up to cell c in direction d.
func (g *groups) line(rows []*record.Record, t *suppress.Table, c, d int) Reason {
	pos := t.Positions(c)
	line := []*record.Record{rows[c]}
	for p := range pos[d] {
		at := slices.Clone(pos)
		at[d] = p
		line = append(line, rows[t.At(at...)])
	}
	blanks := 0
	for _, r := range line {
		if r.Value(g.blank).Bool() {
			blanks++
		}
	}
	if blanks == 1 {
		return Reason{Key: "gate.groups.alone"}
	}
	for _, f := range append([]int{g.count}, g.sumsOut...) {
		sum := 0.0
		for _, r := range line[1:] {
			sum += r.Value(f).Num
		}
		total := line[0].Value(f)
		if blanks == 0 && sum != total.Num || !total.IsAbsent() && sum > total.Num {
			return Reason{Key: "gate.groups.table"}
		}
	}
	return Reason{}
}

func product(sides []int) int {
	n := 1
	for _, s := range sides {
		n *= s
	}
	return n
}
