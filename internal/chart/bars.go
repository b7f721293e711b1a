package chart

import "math"

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
		every := (len(groups) + 5) / 6
		for i := 0; i < len(groups); i += every {
			c.tag(c.across(float64(i)+0.5), groups[i])
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
