package web

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"accord/internal/area"
	"accord/internal/chart"
)

// Draw is the picture of a figure; none for a table, and for what has nothing to show.
func (p *boardPage) Draw(f *area.Figure) template.HTML {
	if len(f.Rows) == 0 && len(f.Layers) == 0 {
		return ""
	}
	switch f.Shape {
	case area.Lines:
		return template.HTML(chart.Lines(p.frame(f), p.boardSeries(f)))
	case area.Bars:
		return template.HTML(chart.Bars(p.frame(f), p.groups(f), p.boardSeries(f)))
	case area.Map:
		return p.mapOf(f)
	}
	return ""
}

func (p *boardPage) frame(f *area.Figure) chart.Frame {
	decimals := 0
	for _, row := range f.Rows {
		for _, c := range row[1:] {
			decimals = max(decimals, c.Digits)
		}
	}
	y := ""
	if len(f.Columns) > 1 {
		y = p.unit(f.Columns[1].Unit)
	}
	x := p.Say(f.Columns[0].Word)
	if u := f.Columns[0].Unit; u != "" {
		x += " (" + p.unit(u) + ")"
	}
	frame := chart.Frame{ID: "figure-" + f.ID, Title: p.Say(f.ID), Desc: p.Say(f.ID + ".about"), Table: p.P.T("boards.as_table"), Height: 280,
		X: chart.Axis{Label: x, Write: func(v float64) string { return p.P.Decimal(v, 2) }},
		Y: chart.Axis{Label: y, Write: func(v float64) string { return p.P.Decimal(v, decimals) }}}
	for _, simulated := range p.Simulated {
		if simulated {
			frame.Note = p.P.T("boards.simulated_note")
		}
	}
	return frame
}

// groups are the first column as names of groups of bars.
func (p *boardPage) groups(f *area.Figure) (out []string) {
	for _, row := range f.Rows {
		out = append(out, p.cellText(row[0]))
	}
	return out
}

// boardSeries are the columns after the first.
func (p *boardPage) boardSeries(f *area.Figure) (out []chart.Series) {
	for i, c := range f.Columns[1:] {
		s := chart.Series{Label: p.Heading(c), Tone: c.Side}
		if i > 0 && f.Columns[i].Side == c.Side { // the second of one side
			s.Tone = c.Side + 2
		}
		for n, row := range f.Rows {
			x := float64(n)
			if f.Shape == area.Lines {
				x = row[0].Number
			}
			if row[i+1].Kind == area.IsNumber {
				s.Points = append(s.Points, chart.Point{X: x, Y: row[i+1].Number})
			}
		}
		out = append(out, s)
	}
	return out
}

// writePicture writes a figure's picture as a file of its own: the drawing with the style that its classes name.
func (p *boardPage) writePicture(w http.ResponseWriter, f *area.Figure) error {
	html := string(p.Draw(f))
	w.Header().Set("Content-Type", "image/svg+xml")
	height := 320
	pictures := cutPictures(html)
	if f.Shape == area.Map {
		height = 675
	}
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="%d" lang="%s"><style>%s</style><rect width="100%%" height="100%%" fill="#fff"/>`,
		height*len(pictures)+30, p.P.Lang(), pictureStyle)
	for i, picture := range pictures {
		if err == nil {
			_, err = fmt.Fprintf(w, `<svg y="%d" height="%d" width="900">%s</svg>`, i*height+10, height, picture)
		}
	}
	if err == nil {
		_, err = fmt.Fprintf(w, `<text x="10" y="%d" font-size="11">%s</text></svg>`, height*len(pictures)+22, template.HTMLEscapeString(p.Title+" – "+p.Say(f.ID)+""))
	}
	return err
}

// cutPictures takes the drawings out of figures: what stands between <svg class=… and its end, with what is nested in it.
func cutPictures(html string) (out []string) {
	for {
		start := strings.Index(html, `<svg class="plot"`)
		if other := strings.Index(html, `<svg class="mapped"`); start < 0 || other >= 0 && other < start {
			start = other
		}
		if start < 0 {
			return out
		}
		depth, at := 0, start
		for {
			open, end := strings.Index(html[at:], "<svg"), strings.Index(html[at:], "</svg>")
			if end < 0 {
				return out
			}
			if open >= 0 && open < end {
				depth, at = depth+1, at+open+4
				continue
			}
			if depth, at = depth-1, at+end+6; depth == 0 {
				break
			}
		}
		out = append(out, html[start:at])
		html = html[at:]
	}
}

// pictureStyle is the light look of figures, for a picture that stands alone.
var pictureStyle = func() string {
	css := string(assets[assetNames["style.css"]].data)
	start := strings.Index(css, "/* Figures and maps")
	end := strings.Index(css[start:], "@media screen")
	vars := ":root{--paper:#fff;--ink:#1b1d20;--soft:#565b62;--line:#d9d5cb;--rule:#1b1d20;--cold:#8c2f1f;--accent:#16466b}svg{font-family:system-ui,'Noto Sans CJK KR','Noto Sans CJK JP',sans-serif}"
	body := css[start : start+end]
	if dark := strings.Index(body, "@media (prefers-color-scheme"); dark >= 0 { // a file has one look
		if after := strings.Index(body[dark:], "}\n}"); after >= 0 {
			body = body[:dark] + body[dark+after+3:]
		}
	}
	return vars + body
}()
