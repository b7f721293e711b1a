package suppress

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
	"pgregory.net/rapid"

	"accord/internal/vectortest"
)

func table(t interface{ Fatal(...any) }, counts [][]int64) *Table {
	var inner []int64
	for _, row := range counts {
		inner = append(inner, row...)
	}
	out, err := New([]int{len(counts), len(counts[0])}, inner)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// equations are the sums that everybody knows: in each line the cells with their signs add up to nothing. Written anew here, from
// what a total is, not from what the package does with it.
func equations(t *Table) (rows [][]float64) {
	for c := range t.values {
		for d := range t.sides {
			if t.position(c, d) != t.sides[d] {
				continue
			}
			row := make([]float64, len(t.values))
			row[c] = -1
			for p := range t.sides[d] {
				at := t.Positions(c)
				at[d] = p
				row[t.At(at...)] = 1
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// audit is the interval of a blank cell by linear programming over all cells: an attacker's view. hi is infinite where nothing
// bounds it.
func audit(tb interface{ Fatal(...any) }, t *Table, blank []bool, c int) (lo, hi float64) {
	var free []int
	for i, b := range blank {
		if b {
			free = append(free, i)
		}
	}
	var rows [][]float64
	for _, e := range equations(t) {
		row := make([]float64, len(free)+1)
		known := 0.0
		for i, v := range t.values {
			if !blank[i] {
				known -= e[i] * float64(v)
			}
		}
		some := false
		for k, i := range free {
			row[k] = e[i]
			some = some || e[i] != 0
		}
		row[len(free)] = known
		if some {
			rows = append(rows, row)
		}
	}
	rows = independent(rows)
	bound := func(sign float64) float64 {
		objective := make([]float64, len(free))
		for k, i := range free {
			if i == c {
				objective[k] = sign
			}
		}
		if len(rows) == 0 {
			if sign > 0 {
				return 0
			}
			return math.Inf(1)
		}
		a := mat.NewDense(len(rows), len(free), nil)
		b := make([]float64, len(rows))
		for i, row := range rows {
			a.SetRow(i, row[:len(free)])
			b[i] = row[len(free)]
		}
		if len(rows) == len(free) { // nothing is left open
			return sign * solve(tb, a, b, objective)
		}
		opt, _, err := lp.Simplex(objective, a, b, 1e-9, nil)
		if err == lp.ErrUnbounded {
			return math.Inf(1)
		}
		if err != nil {
			tb.Fatal(fmt.Errorf("%v: %v blank %v", err, t.values, blank))
		}
		return sign * opt
	}
	return bound(1), bound(-1)
}

func solve(tb interface{ Fatal(...any) }, a *mat.Dense, b, objective []float64) float64 {
	var x mat.VecDense
	if err := x.SolveVec(a, mat.NewVecDense(len(b), b)); err != nil {
		tb.Fatal(err)
	}
	return mat.Dot(mat.NewVecDense(len(objective), objective), &x)
}

// independent leaves out equations that follow from others, as the simplex method wants it.
func independent(rows [][]float64) (out [][]float64) {
	var reduced [][]float64
	for _, row := range rows {
		rest := append([]float64(nil), row...)
		for _, r := range reduced {
			p := 0
			for r[p] == 0 {
				p++
			}
			f := rest[p] / r[p]
			for i := range rest {
				if rest[i] -= f * r[i]; math.Abs(rest[i]) < 1e-9 {
					rest[i] = 0
				}
			}
		}
		for _, v := range rest[:len(rest)-1] {
			if v != 0 {
				out, reduced = append(out, row), append(reduced, rest)
				break
			}
		}
	}
	return out
}

// mustHold checks a pattern: what is small is blank, and every cell that must be uncertain is, by the audit.
func mustHold(tb interface{ Fatal(...any) }, r Rule, t *Table, blank []bool, totals bool) {
	for c, v := range t.values {
		if !r.small(v) || t.IsTotal(c) && !totals {
			continue
		}
		if !blank[c] {
			tb.Fatal("a small cell is shown", t.Positions(c))
		}
		if lo, hi := audit(tb, t, blank, c); hi-lo < float64(r.width())-1e-6 || lo > float64(v)+1e-6 || hi < float64(v)-1e-6 {
			tb.Fatal(fmt.Sprintf("cell %v with %d lies between %v and %v; values %v, blank %v", t.Positions(c), v, lo, hi, t.values, blank))
		}
	}
}

// A published table of the vectors.
type published struct {
	ID         string
	K          int64
	Protection int64
	Counts     [][]int64
	Primary    [][]int
	Safe       bool    `json:"primary_only_safe"`
	MinExtra   *int    `json:"min_extra"`
	Pattern    [][]int `json:"min_extra_then_min_count_pattern"`
}

func TestVectorsPatterns(t *testing.T) {
	for _, file := range vectortest.Files(t, "suppression", "*.json") {
		var all []published
		vectortest.JSON(t, file, &all)
		for _, p := range all {
			t.Run(p.ID, func(t *testing.T) { p.check(t) })
		}
	}
}

func (p published) check(t *testing.T) {
	tab := table(t, p.Counts)
	r := Rule{Least: p.K, Width: p.Protection}
	primary := tab.Primary(r, false)
	if want := pattern(tab, p.Primary); fmt.Sprint(primary) != fmt.Sprint(want) {
		t.Fatalf("primary cells %v, expected %v", primary, want)
	}
	if safe := tab.Safe(r, primary); safe != p.Safe {
		t.Errorf("the primary cells alone are safe: %v", safe)
	}
	if p.Pattern != nil && p.MinExtra != nil && !tab.Safe(r, pattern(tab, append(p.Pattern, p.Primary...))) {
		t.Error("the published pattern is not safe")
	}
	blank := Protect(r, tab)
	mustHold(t, r, tab, blank, true)
	extra, totals := 0, 0
	for c, b := range blank {
		switch {
		case b && tab.IsTotal(c):
			totals++
		case b && !primary[c]:
			extra++
		}
	}
	t.Logf("%d more cells and %d totals are blank", extra, totals)
	if p.MinExtra == nil {
		all := make([]bool, tab.Cells())
		for c := range all {
			all[c] = !tab.IsTotal(c)
		}
		if totals == 0 && !tab.Safe(r, all) {
			t.Error("no pattern of inner cells can protect it, and no total is blank")
		}
		return
	}
	if small := fmt.Sprint(tab.Primary(r, true)) != fmt.Sprint(primary); !small && (extra > *p.MinExtra || totals > 0) {
		t.Errorf("%d more cells and %d totals are blank; %d cells are enough", extra, totals, *p.MinExtra)
	}
}

func pattern(t *Table, cells [][]int) []bool {
	blank := make([]bool, t.Cells())
	for _, at := range cells {
		blank[t.At(at...)] = true
	}
	return blank
}

func TestVectorsIntervals(t *testing.T) {
	tables := map[string]*Table{}
	for _, file := range vectortest.Files(t, "suppression", "*.json") {
		var all []published
		vectortest.JSON(t, file, &all)
		for _, p := range all {
			tables[p.ID] = table(t, p.Counts)
		}
	}
	type line struct {
		table  string
		at     []int
		lo, hi int64
	}
	patterns := map[string][]line{}
	for _, file := range vectortest.Files(t, "suppression", "*.csv") {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			var n [4]int64
			for i, col := range []int{2, 3, 6, 7} {
				if n[i], err = strconv.ParseInt(row[col], 10, 64); err != nil {
					t.Fatal(file, err)
				}
			}
			name := row[0] + "/" + row[1]
			patterns[name] = append(patterns[name], line{row[0], []int{int(n[0]), int(n[1])}, n[2], n[3]})
		}
	}
	for name, lines := range patterns {
		t.Run(name, func(t *testing.T) {
			tab := tables[lines[0].table]
			if tab == nil {
				t.Fatal("there is no such table")
			}
			blank := make([]bool, tab.Cells())
			for _, l := range lines {
				blank[tab.At(l.at...)] = true
			}
			for _, l := range lines {
				lo, hi, top := tab.Interval(tab.At(l.at...), blank)
				if !top || lo != l.lo || hi != l.hi {
					t.Errorf("cell %v lies between %d and %d, expected %d and %d", l.at, lo, hi, l.lo, l.hi)
				}
				if a, b := audit(t, tab, blank, tab.At(l.at...)); math.Abs(a-float64(lo)) > 1e-6 || math.Abs(b-float64(hi)) > 1e-6 {
					t.Errorf("cell %v: the audit says %v to %v", l.at, a, b)
				}
			}
		})
	}
}

// drawTable draws a table with many small and empty cells.
func drawTable(t *rapid.T, sides ...int) *Table {
	n := 1
	for _, s := range sides {
		n *= s
	}
	inner := make([]int64, n)
	for i := range inner {
		inner[i] = rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 6), rapid.Int64Range(0, 40)).Draw(t, "cell")
	}
	out, err := New(sides, inner)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPatternsPassTheAudit: whatever the table, in one, two and three directions, no small cell can be told from the rest.
func TestPatternsPassTheAudit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sides := rapid.SampledFrom([][]int{{1}, {2}, {5}, {1, 1}, {1, 4}, {2, 2}, {3, 3}, {4, 5}, {2, 2, 2}, {2, 3, 2}, {1, 2, 3}}).Draw(t, "sides")
		tab := drawTable(t, sides...)
		r := Rule{Least: rapid.Int64Range(1, 8).Draw(t, "least")}
		if rapid.Bool().Draw(t, "wider") {
			r.Width = rapid.Int64Range(1, 12).Draw(t, "width")
		}
		mustHold(t, r, tab, Protect(r, tab), true)
	})
}

// TestIntervalsAreThoseOfTheAudit: the flows find exactly what linear programming finds, for any pattern.
func TestIntervalsAreThoseOfTheAudit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tab := drawTable(t, rapid.IntRange(1, 3).Draw(t, "rows"), rapid.IntRange(1, 4).Draw(t, "columns"))
		blank := make([]bool, tab.Cells())
		for c := range blank {
			blank[c] = rapid.IntRange(0, 2).Draw(t, "blank") > 0
		}
		for c, b := range blank {
			if !b {
				continue
			}
			lo, hi, top := tab.Interval(c, blank)
			a, z := audit(t, tab, blank, c)
			if math.Abs(a-float64(lo)) > 1e-6 || top && math.Abs(z-float64(hi)) > 1e-6 || top == math.IsInf(z, 1) {
				t.Fatalf("cell %v lies between %d and %d (%v), by the audit %v and %v", tab.Positions(c), lo, hi, top, a, z)
			}
		}
	})
}

// TestSumsAreProtectedToo: what is blank is blank in every table, few people's sum stays as uncertain as it is large, and a count
// is protected from who knows that a sum above zero needs somebody.
func TestSumsAreProtectedToo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := drawTable(t, 3, 3)
		sums := make([]int64, 0, 9)
		for c := range counts.values {
			if !counts.IsTotal(c) {
				sums = append(sums, counts.values[c]*rapid.Int64Range(0, 9).Draw(t, "each"))
			}
		}
		sum, err := New([]int{3, 3}, sums)
		if err != nil {
			t.Fatal(err)
		}
		r := Rule{Least: 5}
		blank := Protect(r, counts, sum)
		mustHold(t, r, counts, blank, true)
		mustHold(t, r, sum, blank, true)
		for c, v := range counts.values {
			if !r.small(v) || sum.values[c] == 0 {
				continue
			}
			if lo, hi := audit(t, sum, blank, c); hi-lo < float64(max(5, sum.values[c]))-1e-6 {
				t.Fatalf("a sum of %d over %d lies between %v and %v", sum.values[c], v, lo, hi)
			}
		}
	})
}

// TestFewestCells: what the search for a small pattern finds has as few more cells as any pattern that is safe.
func TestFewestCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tab := drawTable(t, 3, 3)
		r := Rule{Least: 5}
		primary := tab.Primary(r, true)
		if fmt.Sprint(primary) != fmt.Sprint(tab.Primary(r, false)) {
			t.Skip("a total is small")
		}
		least := -1
		var inner []int
		for c := range primary {
			if !tab.IsTotal(c) && !primary[c] {
				inner = append(inner, c)
			}
		}
		for set := range 1 << len(inner) {
			blank, n := append([]bool(nil), primary...), 0
			for i, c := range inner {
				if set>>i&1 == 1 {
					blank[c] = true
					n++
				}
			}
			if (least < 0 || n < least) && tab.Safe(r, blank) {
				least = n
			}
		}
		extra, totals := 0, 0
		for c, b := range Protect(r, tab) {
			if b && !primary[c] {
				extra++
				if tab.IsTotal(c) {
					totals++
				}
			}
		}
		if least >= 0 && (extra != least || totals > 0) {
			t.Fatalf("%d more cells, %d of them totals; %d are enough: %v", extra, totals, least, tab.values)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		sides []int
		inner []int64
	}{
		"nothing": {nil, nil}, "no group": {[]int{0}, nil}, "too few": {[]int{2}, []int64{1}}, "negative": {[]int{1}, []int64{-1}},
		"too large": {[]int{1}, []int64{1 << 50}}, "too many": {[]int{1000, 1000}, nil}, "far too many": {[]int{1 << 40, 1 << 40}, nil},
	} {
		if _, err := New(c.sides, c.inner); err == nil {
			t.Errorf("%s is a table", name)
		}
	}
}

func BenchmarkProtect(b *testing.B) {
	for _, sides := range [][]int{{99, 99}, {20, 20, 21}, {9_999}} {
		b.Run(fmt.Sprint(sides), func(b *testing.B) {
			n := 1
			for _, s := range sides {
				n *= s
			}
			inner := make([]int64, n)
			x := uint64(1)
			for i := range inner {
				x = x*6364136223846793005 + 1442695040888963407
				inner[i] = int64(x >> 33 % 40)
			}
			t, err := New(sides, inner)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				Protect(Rule{Least: 5}, t)
			}
		})
	}
}
