package chart

import (
	"math"
	"strconv"
)

// Bars draws groups of bars, one bar a series in each group. Points of a series have the number of the group, from 0, as X.
func Bars(f Frame, groups []string, series []Series) string {
	c := &canvas{}
	c.begin(&f)
	_, hi, ok := extent(series, func(p Point) float64 { return p.Y })
	lo, _, _ := extent(series, func(p Point) float64 { return p.Y })
	if ok && len(groups) > 0 {
		c.lo, c.hi = 0, float64(len(groups))
		c.y0, c.y1 = f.Y.widen(min(lo, 0), max(hi, 0), false)
		if f.Y.Until == nil && c.y1 > c.y0 {
			c.y1 += (c.y1 - c.y0) * 0.06
		}
		c.rules()
		for n, s := range series {
			c.bars(s, n, len(series))
		}
		c.foot(nil)
		every := (len(groups) + mostTags - 1) / mostTags
		class := crowded(groups, every)
		for i := 0; i < len(groups); i += every {
			c.tag(c.across(float64(i)+0.5), groups[i], class(i/every))
		}
	}
	f.X.Write = func(v float64) string {
		if i := int(v); i >= 0 && i < len(groups) {
			return groups[i]
		}
		return ""
	}
	f.X.Full = nil
	head, rows := columns(&f, series)
	return c.end(series, false, head, rows)
}

// mostTags is how many groups are named under the bars at most. narrow is how many pixels a figure is wide on a small screen, where
// so many names may not stand in one line.
const (
	mostTags = 6
	narrow   = 300.0
)

// crowded says which class the n-th name has, so that names do not run into each other on a small screen: where only some groups
// are named, as in a row of months, further names are left out there; where each has its name, they stand in lines below each other.
func crowded(groups []string, every int) func(n int) string {
	widest := 0.0
	for i := 0; i < len(groups); i += every {
		widest = max(widest, breadth(groups[i]))
	}
	lines := int(math.Ceil(float64((len(groups)+every-1)/every) * widest / narrow))
	return func(n int) string {
		switch {
		case n%max(lines, 1) == 0:
			return ""
		case every > 1:
			return " wide-only"
		default:
			return " low-" + strconv.Itoa(min(n%lines, 3))
		}
	}
}

// breadth is about how many pixels a name takes, with the room after it.
func breadth(name string) float64 {
	w := 8.0
	for _, r := range name {
		if r > 0x1100 {
			w += 11
		} else {
			w += 6.2
		}
	}
	return w
}

// bars draws the bars of the n-th of so many series.
func (c *canvas) bars(s Series, n, of int) {
	const gap = 0.16 // of a group, at both its sides
	width := (1 - 2*gap) / float64(of)
	zero := c.down(0)
	for _, p := range s.Points {
		if math.IsNaN(p.Y) || p.X < 0 || p.X >= c.hi {
			continue
		}
		y := c.down(p.Y)
		c.printf(`<rect class="bar-fill t%d" x="%s%%" width="%s%%" y="%s" height="%s"><title>%s %s: %s</title></rect>`, tone(s.Tone),
			short(c.across(p.X+gap+float64(n)*width)), short(width/c.hi*100*0.92), short(min(y, zero)), short(max(math.Abs(zero-y), 0.5)),
			esc(s.Label), esc(c.frame.X.write(p.X)), esc(c.frame.Y.write(p.Y)))
	}
}
