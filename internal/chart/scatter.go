package chart

import "math"

// A Fit is a straight line through points by least squares.
type Fit struct {
	Slope, Intercept float64
	R2               float64 // the share of the variance that it explains
	N                int     // points it was made of
}

// Regression fits a line to points; false where fewer than three are numbers or all have one X.
func Regression(points []Point) (Fit, bool) {
	var n, mx, my float64
	for _, p := range points {
		if usable(p) {
			n++
			mx += (p.X - mx) / n
			my += (p.Y - my) / n
		}
	}
	var xx, xy, yy float64
	for _, p := range points {
		if usable(p) {
			xx += (p.X - mx) * (p.X - mx)
			xy += (p.X - mx) * (p.Y - my)
			yy += (p.Y - my) * (p.Y - my)
		}
	}
	if n < 3 || xx == 0 {
		return Fit{}, false
	}
	fit := Fit{Slope: xy / xx, N: int(n), R2: 1}
	fit.Intercept = my - fit.Slope*mx
	if yy > 0 {
		fit.R2 = xy * xy / (xx * yy)
	}
	return fit, true
}

func usable(p Point) bool {
	return !math.IsNaN(p.X) && !math.IsNaN(p.Y) && !math.IsInf(p.X, 0) && !math.IsInf(p.Y, 0)
}

// Scatter draws points, and the line that a fit gives over their span; nil draws none. MaxTable points of each series are in
// the table.
func Scatter(f Frame, series []Series, fit *Fit) string {
	c := &canvas{}
	c.begin(&f)
	lo, hi, ok := extent(series, func(p Point) float64 { return p.X })
	if ok {
		c.lo, c.hi = f.X.widen(lo, hi, true)
		y0, y1, _ := extent(series, func(p Point) float64 { return p.Y })
		c.y0, c.y1 = f.Y.widen(y0, y1, true)
		c.rules()
		c.foot(f.X.marks(c.lo, c.hi, 5))
		if l := f.X.Label; l != "" {
			c.printf(`<text class="unit" x="100%%" y="12" text-anchor="end">%s →</text>`, esc(l))
		}
		for _, s := range series {
			for _, p := range s.Points {
				if usable(p) {
					c.WriteString(shape(s.Tone, short(c.across(p.X))+"%", c.down(p.Y)))
				}
			}
		}
		if fit != nil {
			c.fitted(*fit, lo, hi)
		}
	}
	head := []string{"", f.X.Label, f.Y.Label}
	var rows [][]string
	for _, s := range series {
		for i, p := range s.Points {
			if i < MaxTable && usable(p) {
				rows = append(rows, []string{s.Label, f.X.full(p.X), f.Y.full(p.Y)})
			}
		}
	}
	return c.end(series, false, head, rows)
}

func (c *canvas) fitted(fit Fit, lo, hi float64) {
	ends := []Point{{lo, fit.Intercept + fit.Slope*lo}, {hi, fit.Intercept + fit.Slope*hi}}
	c.printf(`<svg x="0" y="0" width="100%%" height="%d" viewBox="0 0 %d %d" preserveAspectRatio="none"><path class="fit" vector-effect="non-scaling-stroke" d="%s"/></svg>`,
		c.frame.height(), Columns, c.frame.height(), c.path(ends))
}
