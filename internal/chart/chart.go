// Package chart draws figures as SVG on the server: lines, bars, points with a straight fit, and maps. The same input gives
// the same bytes. A figure names its colours by class only, fits any width without shrinking its letters, says in title and
// description what it shows, and has a table of the same values beside it. It knows nothing of what the values mean.
package chart

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// A Frame is what every figure has around its values. Its texts are in the reader's language.
type Frame struct {
	ID     string // unique on its page, [a-z][a-z0-9-]*
	Title  string
	Desc   string // what is to be seen, for who does not see it
	Note   string // source and standing of the values, shown below; may be empty
	Height int    // of the drawing in pixels; 0 is 300
	X, Y   Axis
	Table  string // the word that opens the table of the values
}

// An Axis says how values along one side are written and where its marks stand.
type Axis struct {
	Label string
	Write func(float64) string                  // a value as people read it; nil writes it plainly
	Marks func(lo, hi float64, n int) []float64 // where marks stand; nil chooses round numbers
	Full  func(float64) string                  // a value in the table; nil is Write
	From  *float64                              // the lower end; nil follows the values
	Until *float64                              // the upper end
	Lines []Level                               // lines across, such as a threshold; only of the Y axis
}

// A Level is a line across the figure at a value.
type Level struct {
	At    float64
	Label string
}

// A Point is one value. A Y that is not a number breaks the line.
type Point struct{ X, Y float64 }

// A Series is one line or one cloud of points. Tone chooses among the looks, which differ by colour, dash and shape; series
// that mean the same in several figures should have the same tone.
type Series struct {
	Label  string
	Lang   string // of the label, where it is not the page's; else empty
	Tone   int    // 1 to Tones
	Points []Point
}

// Tones is how many looks there are.
const Tones = 6

// Columns is how many columns of a screen a line is drawn for; see Reduce.
const Columns = 1000

// MaxTable is how many rows the table beside a figure has at most; the whole is for a download.
const MaxTable = 400

func (f *Frame) height() int {
	if f.Height == 0 {
		return 300
	}
	return f.Height
}

func (a *Axis) write(v float64) string {
	if a.Write == nil {
		return plain(v)
	}
	return a.Write(v)
}

func (a *Axis) full(v float64) string {
	if a.Full == nil {
		return a.write(v)
	}
	return a.Full(v)
}

func (a *Axis) marks(lo, hi float64, n int) []float64 {
	if a.Marks == nil {
		return Round(lo, hi, n)
	}
	return a.Marks(lo, hi, n)
}

// plain writes a number for machines: attributes and paths.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// short writes a coordinate with two decimals at most.
func short(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

// esc makes text safe in content and in attributes.
func esc(s string) string { return html.EscapeString(s) }

// A canvas is a figure being written. Across is in percent of the width, which nobody knows here; down is in pixels.
type canvas struct {
	strings.Builder
	frame          *Frame
	lo, hi, y0, y1 float64 // the values at the ends of both axes
	top, bottom    float64 // of the plot, in pixels
}

// printf writes; every text among the arguments must be escaped already.
func (c *canvas) printf(format string, args ...any) { fmt.Fprintf(c, format, args...) }

// begin opens the drawing.
func (c *canvas) begin(f *Frame) {
	c.frame = f
	c.top, c.bottom = 28, float64(f.height())-26
	c.printf(`<figure class="chart" id="%[1]s"><figcaption>%[2]s</figcaption><svg class="plot" role="img" aria-labelledby="%[1]s-t %[1]s-d" width="100%%" height="%[4]d"><title id="%[1]s-t">%[2]s</title><desc id="%[1]s-d">%[3]s</desc>`,
		esc(f.ID), esc(f.Title), esc(f.Desc), f.height())
}

func (c *canvas) across(x float64) float64 {
	if c.hi == c.lo {
		return 50
	}
	return (x - c.lo) / (c.hi - c.lo) * 100
}

func (c *canvas) down(y float64) float64 {
	if c.y1 == c.y0 {
		return c.bottom
	}
	return c.bottom - (y-c.y0)/(c.y1-c.y0)*(c.bottom-c.top)
}

// rules draws the marks of the Y axis, each with its value on top of its line, and the lines across.
func (c *canvas) rules() {
	if l := c.frame.Y.Label; l != "" {
		c.printf(`<text class="unit" x="0" y="12">%s</text>`, esc(l))
	}
	for _, v := range c.frame.Y.marks(c.y0, c.y1, 5) {
		y := short(c.down(v))
		c.printf(`<line class="grid-line" x1="0" x2="100%%" y1="%[1]s" y2="%[1]s"/><text class="mark-y" x="0" y="%[1]s" dy="-3">%[2]s</text>`, y, esc(c.frame.Y.write(v)))
	}
	for _, l := range c.frame.Y.Lines {
		if l.At < c.y0 || l.At > c.y1 {
			continue
		}
		c.printf(`<line class="level" x1="0" x2="100%%" y1="%[1]s" y2="%[1]s"/><text class="level-name" x="100%%" y="%[1]s" dy="-4" text-anchor="end">%[2]s</text>`, short(c.down(l.At)), esc(l.Label))
	}
}

// foot draws the marks of the X axis.
func (c *canvas) foot(marks []float64) {
	c.printf(`<line class="axis-line" x1="0" x2="100%%" y1="%[1]s" y2="%[1]s"/>`, short(c.bottom))
	for _, v := range marks {
		x := c.across(v)
		c.printf(`<line class="axis-line" x1="%[1]s%%" x2="%[1]s%%" y1="%[2]s" y2="%[3]s"/>`, short(x), short(c.bottom), short(c.bottom+4))
		c.tag(x, c.frame.X.write(v), "")
	}
}

// tag writes a word under the plot, kept from running out of it. class begins with a space, or is empty.
func (c *canvas) tag(x float64, word, class string) {
	anchor := "middle"
	switch {
	case x < 6:
		anchor = "start"
	case x > 94:
		anchor = "end"
	}
	c.printf(`<text class="mark-x%s" x="%s%%" y="%s" text-anchor="%s">%s</text>`, class, short(x), short(c.bottom+19), anchor, esc(word))
}

// end closes the drawing and writes legend, note and table.
func (c *canvas) end(legend []Series, line bool, head []string, rows [][]string) string {
	c.WriteString(`</svg>`)
	if len(legend) > 0 {
		c.WriteString(`<ul class="chart-key">`)
		for _, s := range legend {
			c.printf(`<li><svg width="28" height="14" aria-hidden="true">`)
			if line {
				c.printf(`<line class="trace t%d" x1="0" x2="28" y1="7" y2="7"/>`, tone(s.Tone))
			}
			c.printf(`%s</svg> <span%s>%s</span></li>`, shape(s.Tone, "14", 7), lang(s.Lang), esc(s.Label))
		}
		c.WriteString(`</ul>`)
	}
	if c.frame.Note != "" {
		c.printf(`<p class="chart-note">%s</p>`, esc(c.frame.Note))
	}
	c.table(head, rows)
	c.WriteString(`</figure>`)
	return c.String()
}

func lang(s string) string {
	if s == "" {
		return ""
	}
	return ` lang="` + esc(s) + `"`
}

// table writes the values as a table that is shut at first.
func (c *canvas) table(head []string, rows [][]string) {
	if len(rows) == 0 || c.frame.Table == "" {
		return
	}
	c.printf(`<details class="chart-table"><summary>%s</summary><div class="scroll" tabindex="0" role="group" aria-label="%s"><table class="data"><thead><tr>`, esc(c.frame.Table), esc(c.frame.Title))
	for _, h := range head {
		c.printf(`<th scope="col">%s</th>`, esc(h))
	}
	c.WriteString(`</tr></thead><tbody>`)
	for _, row := range rows {
		for i, cell := range row {
			if i == 0 {
				c.printf(`<tr><th scope="row">%s</th>`, esc(cell))
			} else {
				c.printf(`<td>%s</td>`, esc(cell))
			}
		}
		c.WriteString(`</tr>`)
	}
	c.WriteString(`</tbody></table></div></details>`)
}

func tone(n int) int { return (max(n, 1)-1)%Tones + 1 }

// shape is the mark of a tone around a point: shapes differ, so that who sees no colours can tell them apart. x may be a
// percentage, which only circles and rectangles and nested drawings can have.
func shape(t int, x string, y float64) string {
	at := fmt.Sprintf(`<svg class="mark t%d" x="%s" y="%s" width="1" height="1" overflow="visible">`, tone(t), x, short(y))
	switch tone(t) {
	case 1:
		return at + `<circle r="4"/></svg>`
	case 2:
		return at + `<rect x="-3.5" y="-3.5" width="7" height="7"/></svg>`
	case 3:
		return at + `<path d="M0-5 5 4H-5Z"/></svg>`
	case 4:
		return at + `<path d="M0-5 5 0 0 5-5 0Z"/></svg>`
	case 5:
		return at + `<path d="M0 5 5-4H-5Z"/></svg>`
	default:
		return at + `<path d="M-4-4 4 4M-4 4 4-4"/></svg>`
	}
}

// Round chooses at most about n round numbers from lo to hi.
func Round(lo, hi float64, n int) (out []float64) {
	if !(hi > lo) || n < 1 || math.IsInf(hi-lo, 0) {
		return []float64{lo}
	}
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/float64(n))))
	for _, k := range []float64{1, 2, 2.5, 5, 10} {
		if (hi-lo)/(step*k) <= float64(n) {
			step *= k
			break
		}
	}
	for i := math.Ceil(lo/step - 1e-9); i*step <= hi+step*1e-9 && len(out) < 100; i++ {
		v, _ := strconv.ParseFloat(strconv.FormatFloat(i*step, 'g', 12, 64), 64) // 0.6, not 0.6000000000000001
		out = append(out, v+0)                                                   // no minus before zero
	}
	return out
}

// extent is the span of values that are numbers; false when there are none.
func extent(series []Series, of func(Point) float64) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, s := range series {
		for _, p := range s.Points {
			if v := of(p); !math.IsNaN(v) && !math.IsInf(v, 0) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	return lo, hi, lo <= hi
}

// widen gives an axis its ends: those that are asked for, else the values' own with some room.
func (a *Axis) widen(lo, hi float64, room bool) (float64, float64) {
	if room && hi > lo {
		edge := (hi - lo) * 0.06
		if lo < 0 || lo-edge > 0 && lo > (hi-lo)*0.5 {
			lo -= edge
		} else {
			lo = 0
		}
		hi += edge
	} else if hi == lo {
		lo, hi = lo-1, hi+1
	}
	if a.From != nil {
		lo = *a.From
	}
	if a.Until != nil {
		hi = *a.Until
	}
	return lo, hi
}
