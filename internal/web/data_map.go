package web

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"

	"accord/internal/chart"
)

// Map draws the places of the parties side by side at one scale.
func (p *datasetPage) Map() template.HTML {
	any := false
	m := chart.Maps{
		Scale: func(m float64) string { return length(p.P, m) },
		Out:   func(n int) string { return p.P.T("data.map_outside", "n", n) }, None: p.P.T("data.map_none"),
		Many: func(n int) string { return p.P.T("data.map_many", "n", n) }, Key: []string{p.P.T("data.map_key")},
	}
	live := &liveMaps{Sources: p.mapSources(), Signs: []liveSign{{"spot", p.P.T("maps.sign.spot")}, {"many", p.P.T("maps.sign.many")}}}
	for i, s := range p.Spots {
		label, lang := partyLabel(p.P, s.Party)
		any = any || len(s.Spots) > 0 || len(s.Areas) > 0
		one := chart.Map{
			ID: "map-" + strconv.Itoa(i), Title: label, Lang: lang, Tone: toneOf(s.Own), Spots: s.Spots, Areas: s.Areas,
			Desc: p.P.T("data.map_desc", "what", p.Label, "n", len(s.Spots)+len(s.Areas)),
		}
		if !p.Shapes { // outlines need no others under them
			one.Grounds = chartGrounds(p.Grounds)
		}
		m.Maps = append(m.Maps, one)
		ask := p.Ask
		ask.Party, ask.Field = s.Party.ID, ""
		live.Sides = append(live.Sides, liveSide{Title: label, Lang: lang, Tone: toneOf(s.Own), Shapes: p.Shapes, Cluster: true,
			Data: p.Path + "/map?" + ask.values(p.P.Lang()).Encode(), Record: "/data/" + p.Name + "/record/" + url.PathEscape(s.Party.ID) + "/"})
	}
	if !any {
		return ""
	}
	if p.coarse() {
		live.Signs = append(live.Signs, liveSign{"cell", p.P.T("maps.sign.cell")})
	}
	if p.Shapes {
		live.Signs = []liveSign{{"shape", p.P.T("maps.sign.shape")}}
	}
	return mapBox(p.P, &m, live, p.Grounds)
}

func chartGrounds(all []MapGround) (out []chart.Ground) {
	for _, g := range all {
		out = append(out, g.Ground)
	}
	return out
}

// coarse says whether some places are known to a cell only.
func (p *datasetPage) coarse() bool {
	for _, s := range p.Spots {
		for _, spot := range s.Spots {
			if spot.Grid > 0 {
				return true
			}
		}
	}
	return false
}

// mapSources are whose records the maps show, and whose files they were read from. What was simulated came from no publisher.
func (p *datasetPage) mapSources() (out []MapSource) {
	published := false
	for _, h := range p.Held {
		label, _ := partyLabel(p.P, h.Party)
		if h.Simulated != "none" {
			label += " (" + p.P.T("data.simulated") + ")"
		}
		published = published || h.Simulated != "all"
		out = append(out, MapSource{Text: p.P.T("maps.of", "city", label)})
	}
	for _, s := range p.Sources {
		if published {
			out = append(out, MapSource{Text: s.Publisher + ", " + s.Licence, URL: plainURL(s.URL)})
		}
	}
	return out
}

// plainURL is an address with nothing written beside it; else empty.
func plainURL(s string) string {
	if strings.ContainsAny(s, " ,;") {
		return ""
	}
	return safeURL(s)
}

// MapMore says that a map shows the newest places only.
func (p *datasetPage) MapMore() bool {
	for _, s := range p.Spots {
		if s.More {
			return true
		}
	}
	return false
}
