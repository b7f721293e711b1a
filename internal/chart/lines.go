package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Lines draws series over a common axis, which is of numbers or of times (see Times). Long series are drawn by those of
// their points that a screen can tell apart.
func Lines(f Frame, series []Series) string {
	c := &canvas{}
	c.begin(&f)
	var ok bool
	if c.lo, c.hi, ok = extent(series, func(p Point) float64 { return p.X }); ok {
		c.lo, c.hi = f.X.widen(c.lo, c.hi, false)
		y0, y1, _ := extent(series, func(p Point) float64 { return p.Y })
		for _, l := range f.Y.Lines {
			y1 = max(y1, l.At)
		}
		c.y0, c.y1 = f.Y.widen(y0, y1, true)
		c.rules()
		c.foot(f.X.marks(c.lo, c.hi, 5))
		for _, s := range series {
			c.line(s)
		}
	}
	head, rows := columns(&f, series)
	return c.end(series, true, head, rows)
}

// dots is up to how many points of a series are marked one by one.
const dots = 60

// line draws one series in a drawing of its own, which is stretched to the width while its stroke is not.
func (c *canvas) line(s Series) {
	points := Reduce(s.Points, c.lo, c.hi, Columns)
	c.printf(`<svg x="0" y="0" width="100%%" height="%d" viewBox="0 0 %d %d" preserveAspectRatio="none"><path class="trace t%d" vector-effect="non-scaling-stroke" d="%s"/></svg>`,
		c.frame.height(), Columns, c.frame.height(), tone(s.Tone), c.path(points))
	if len(points) > dots {
		return
	}
	for _, p := range points {
		if !math.IsNaN(p.Y) {
			c.WriteString(shape(s.Tone, short(c.across(p.X))+"%", c.down(p.Y)))
		}
	}
}

// path joins the points, in thousandths of the width and in pixels.
func (c *canvas) path(points []Point) string {
	var b strings.Builder
	draw := false
	for _, p := range points {
		if math.IsNaN(p.Y) || math.IsInf(p.Y, 0) {
			draw = false
			continue
		}
		step := "M"
		if draw {
			step = "L"
		}
		fmt.Fprintf(&b, "%s%s %s", step, short(c.across(p.X)*Columns/100), short(c.down(p.Y)))
		draw = true
	}
	return b.String()
}

// Reduce keeps of points, which are in the order of X, those between lo and hi that a drawing with so many columns needs: of
// each column the first, the last, the lowest and the highest, and every break. A line through them covers the same pixels.
func Reduce(points []Point, lo, hi float64, columns int) []Point {
	if !(hi > lo) || columns < 1 {
		return points
	}
	var out []Point
	for from := 0; from < len(points); {
		col := column(points[from].X, lo, hi, columns)
		until := from + 1
		for until < len(points) && column(points[until].X, lo, hi, columns) == col {
			until++
		}
		if col >= 0 && col <= columns {
			out = appendColumn(out, points[from:until])
		}
		from = until
	}
	return out
}

func column(x, lo, hi float64, columns int) int {
	return int(math.Floor((x - lo) / (hi - lo) * float64(columns)))
}

// appendColumn keeps what a column of pixels shows of its points.
func appendColumn(out, points []Point) []Point {
	if len(points) <= 4 {
		return append(out, points...)
	}
	keep := []int{0, len(points) - 1, -1, -1}
	gap := -1
	for i, p := range points {
		if math.IsNaN(p.Y) {
			gap = i
			continue
		}
		if keep[2] < 0 || p.Y < points[keep[2]].Y {
			keep[2] = i
		}
		if keep[3] < 0 || p.Y > points[keep[3]].Y {
			keep[3] = i
		}
	}
	keep = append(keep, gap)
	slices.Sort(keep)
	for n, i := range keep {
		if i >= 0 && (n == 0 || keep[n-1] != i) {
			out = append(out, points[i])
		}
	}
	return out
}

// columns lays series beside each other, a row for each X. Where there are too many, it keeps every so manieth.
func columns(f *Frame, series []Series) (head []string, rows [][]string) {
	head = []string{f.X.Label}
	at := map[float64]int{}
	var xs []float64
	for _, s := range series {
		head = append(head, s.Label)
		for _, p := range s.Points {
			if _, ok := at[p.X]; !ok {
				at[p.X] = 0
				xs = append(xs, p.X)
			}
		}
	}
	slices.SortFunc(xs, cmp.Compare[float64])
	every := (len(xs) + MaxTable - 1) / MaxTable
	for i, x := range xs {
		if i%max(every, 1) == 0 {
			at[x] = len(rows) + 1
			rows = append(rows, append([]string{f.X.full(x)}, make([]string, len(series))...))
		}
	}
	for n, s := range series {
		for _, p := range s.Points {
			if row := at[p.X]; row > 0 && !math.IsNaN(p.Y) {
				rows[row-1][n+1] = f.Y.full(p.Y)
			}
		}
	}
	return head, rows
}
