package web

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strconv"

	"accord/internal/area"
	"accord/internal/chart"
)

// HasMap says whether a figure of the board is a map with something on it.
func (p *boardPage) HasMap() bool {
	for i := range p.Figures {
		if p.Figures[i].Shape == area.Map && len(p.Figures[i].Layers) > 0 {
			return true
		}
	}
	return false
}

// mapOf draws a figure that is a map.
func (p *boardPage) mapOf(f *area.Figure) template.HTML {
	m := chart.Maps{
		Scale: func(metres float64) string { return length(p.P, metres) }, Out: func(n int) string { return p.P.T("boards.outside", "n", n) },
		None: p.P.T("boards.no_place"), Many: func(n int) string { return p.P.T("boards.places", "n", n) }, Key: []string{p.P.T("boards.map_key")},
	}
	live := &liveMaps{Signs: []liveSign{{"spot", p.P.T("maps.sign.record")}}}
	shaded, grouped := false, false
	for _, l := range f.Layers {
		side := p.Sides[l.Side-1]
		one := chart.Map{ID: fmt.Sprintf("figure-%s-%d", f.ID, l.Side), Title: p.name(side), Tone: l.Side, Grounds: chartGrounds(p.Grounds),
			Desc: p.P.T("boards.map_of", "what", p.Say(f.ID), "n", len(l.Points))}
		for _, c := range l.Cells {
			shaded = true
			one.Areas = append(one.Areas, chart.Area{Name: p.P.T("boards.density", "value", p.P.Decimal(c.Value, 2)), Level: c.Level,
				Rings: [][]chart.Place{{{Lon: c.West, Lat: c.South}, {Lon: c.East, Lat: c.South}, {Lon: c.East, Lat: c.North}, {Lon: c.West, Lat: c.North}}}})
		}
		for _, pt := range l.Points {
			grouped = grouped || pt.Group > 0
			one.Spots = append(one.Spots, chart.Spot{Place: chart.Place{Lon: pt.Lon, Lat: pt.Lat}})
		}
		m.Maps = append(m.Maps, one)
		record := ""
		if l.Dataset != "" {
			record = recordPath(l.Dataset, side.ID, "")
		}
		live.Sides = append(live.Sides, liveSide{Title: p.name(side), Tone: l.Side, Shapes: len(l.Cells) > 0,
			Data: p.File(f.ID, "geojson") + "&side=" + strconv.Itoa(l.Side), Record: record})
		name := p.name(side)
		if p.Simulated[l.Side-1] {
			name += " (" + p.P.T("boards.simulated") + ")"
		}
		live.Sources = append(live.Sources, MapSource{Text: p.P.T("maps.of", "city", name)})
	}
	if len(m.Maps) == 0 {
		return ""
	}
	if grouped {
		live.Signs = append(live.Signs, liveSign{"cluster", p.P.T("maps.sign.cluster")})
	}
	if shaded {
		m.Key = append(m.Key, p.P.T("boards.density_key"))
		live.Signs = append(live.Signs, liveSign{"density", p.P.T("boards.density_key")})
	}
	return mapBox(p.P, &m, live, p.Grounds)
}

// layerFile is what a map shows of one side, or of both where none is named, as GeoJSON: points with their keys and the number of
// their cluster, 0 for none, and the cells of a density.
func (p *boardPage) layerFile(f *area.Figure, side string) *DataFile {
	return &DataFile{Media: "application/geo+json", Write: func(w io.Writer) error {
		features := []any{}
		for _, l := range f.Layers {
			if side != "" && side != strconv.Itoa(l.Side) {
				continue
			}
			for _, c := range l.Cells {
				ring := [][2]float64{{c.West, c.South}, {c.East, c.South}, {c.East, c.North}, {c.West, c.North}, {c.West, c.South}}
				features = append(features, feature("Polygon", [][][2]float64{ring}, map[string]any{"side": l.Side, "area": true, "level": c.Level, "value": c.Value}))
			}
			for _, pt := range l.Points {
				features = append(features, feature("Point", [2]float64{pt.Lon, pt.Lat}, map[string]any{"side": l.Side, "key": pt.Key, "group": pt.Group}))
			}
		}
		return json.NewEncoder(w).Encode(map[string]any{"type": "FeatureCollection", "title": p.Say(f.ID), "source": p.sourceLines(f), "features": features})
	}}
}

// feature is one of a FeatureCollection of RFC 7946.
func feature(kind string, coordinates any, properties map[string]any) map[string]any {
	return map[string]any{"type": "Feature", "geometry": map[string]any{"type": kind, "coordinates": coordinates}, "properties": properties}
}
