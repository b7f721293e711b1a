package web

import (
	"html/template"
	"strconv"
	"time"

	"accord/internal/chart"
	"accord/internal/date"
	"accord/internal/text"
)

// ownTone and partnerTone are the looks of the two cities in every figure.
const (
	ownTone     = 1
	partnerTone = 2
)

func toneOf(own bool) int {
	if own {
		return ownTone
	}
	return partnerTone
}

func (p *datasetPage) series(all []DataSeries) (out []chart.Series) {
	tone := partnerTone
	for _, s := range all {
		label, lang := partyLabel(p.P, s.Party)
		if s.Label != "" {
			label += ": " + s.Label
		}
		if s.Simulated {
			label += " (" + p.P.T("data.simulated") + ")"
		}
		c := chart.Series{Label: label, Lang: lang, Tone: ownTone, Points: s.Points}
		if !s.Own {
			c.Tone = tone
			tone++
		}
		out = append(out, c)
	}
	return out
}

// months draws how many records there are a month.
func (p *datasetPage) months() template.HTML {
	any := false
	for _, s := range p.Months {
		any = any || len(s.Points) > 0
	}
	if !any {
		return ""
	}
	var groups []string
	var lo, hi date.Day
	for _, s := range p.Months {
		for _, pt := range s.Points {
			day := date.Of(chart.When(pt.X))
			if lo.IsZero() || day.Before(lo) {
				lo = day
			}
			if day.After(hi) {
				hi = day
			}
		}
	}
	at := map[date.Day]int{}
	for m := lo; !m.After(hi) && len(groups) < 600; m = m.AddMonths(1) {
		at[m] = len(groups)
		groups = append(groups, p.P.Date(date.OnDay(m).Coarser(date.ByMonth)))
	}
	all := p.series(p.Months)
	for i := range all {
		for n := range all[i].Points {
			all[i].Points[n].X = float64(at[date.Of(chart.When(all[i].Points[n].X))])
		}
	}
	return template.HTML(chart.Bars(chart.Frame{
		ID: "months", Title: p.P.T("data.months", "what", p.Label), Desc: p.P.T("data.months_desc", "from", groups[0], "until", groups[len(groups)-1]),
		Note: p.note(p.Months), Table: p.P.T("data.as_table"), Height: 240,
		X: chart.Axis{Label: p.P.T("data.month")}, Y: chart.Axis{Label: p.P.T("data.count"), Write: func(v float64) string { return p.P.Decimal(v, 1) }},
	}, groups, all))
}

// note says what of the figure is simulated.
func (p *datasetPage) note(all []DataSeries) string {
	for _, s := range all {
		if s.Simulated {
			return p.P.T("data.simulated_note")
		}
	}
	return ""
}

// lines draws the values of one quantity.
func (p *datasetPage) lines() template.HTML {
	any := false
	for _, s := range p.Lines {
		any = any || len(s.Points) > 0
	}
	if !any {
		return ""
	}
	x := chart.Times(time.UTC, func(t time.Time, apart time.Duration) string { return timeMark(p.P, t, apart) })
	x.Label = p.P.T("data.when")
	x.Full = func(v float64) string { return fullTime(p.P, chart.When(v)) }
	return template.HTML(chart.Lines(chart.Frame{
		ID: "values", Title: p.P.T("data.values", "what", p.Label, "field", p.Field), Desc: p.P.T("data.values_desc", "field", p.Field),
		Note: p.note(p.Lines), Table: p.P.T("data.as_table"), X: x,
		Y: chart.Axis{Label: p.Unit, Write: func(v float64) string { return p.P.Decimal(v, 6) }},
	}, p.series(p.Lines)))
}

// timeMark writes a mark of an axis of times as short as its neighbours allow.
func timeMark(p *text.Printer, t time.Time, apart time.Duration) string {
	day := date.OnDay(date.Of(t))
	switch {
	case apart >= 300*24*time.Hour:
		return strconv.Itoa(t.Year())
	case apart >= 28*24*time.Hour:
		return p.Date(day.Coarser(date.ByMonth))
	case apart >= 24*time.Hour:
		return p.Date(day)
	default:
		return t.Format("01-02 15:04")
	}
}

func fullTime(p *text.Printer, t time.Time) string {
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		return p.Day(date.Of(t))
	}
	return p.Day(date.Of(t)) + " " + t.Format("15:04")
}

// length writes metres as a scale bar does.
func length(p *text.Printer, m float64) string {
	if m >= 1000 {
		return p.Decimal(m/1000, 1) + " km"
	}
	return p.Decimal(m, 0) + " m"
}
