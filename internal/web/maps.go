package web

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strings"

	"accord/internal/chart"
	"accord/internal/text"
	"accord/internal/who"
)

// Maps is what maps fetch and lie on. A page draws its maps on the server; where the program was built with MapLibre and the
// reader's browser can draw with it, map.js puts maps over them that can be moved.
type Maps struct {
	// Grounds are the outlines that may lie under a map, as far as the person may see them.
	Grounds func(ctx context.Context, by who.Person, lang text.Lang) ([]MapGround, error)
	// Places are the newest records of one party of a dataset, MostPlaces at most, as GeoJSON.
	Places func(ctx context.Context, by who.Person, name string, ask DataAsk, lang text.Lang) (*DataFile, error)
	// Outlines are those of one ground, as GeoJSON.
	Outlines func(ctx context.Context, by who.Person, ground string) (*DataFile, error)
}

// MostPlaces is how many places of a party an interactive map shows.
const MostPlaces = 100_000

// MapGround is a ground with whom its outlines are from.
type MapGround struct {
	chart.Ground
	From []MapSource
}

// MapSource is whom something on a map is from.
type MapSource struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
}

// What MapLibre comes as; scripts/maps fetches it before the program is built.
const (
	mapScript  = "maplibre-gl-csp.js"
	mapWorker  = "maplibre-gl-csp-worker.js"
	mapStyle   = "maplibre-gl.css"
	mapLicence = "maplibre-licence.txt"
)

// mapsMove says whether the program was built with what draws maps that can be moved.
var mapsMove = func() bool {
	for _, name := range []string{mapScript, mapWorker, mapStyle, mapLicence} {
		if assetNames[name] == "" {
			return false
		}
	}
	return true
}()

// liveMaps is what map.js needs to know of the maps of one figure.
type liveMaps struct {
	Script  string            `json:"script"`
	Worker  string            `json:"worker"`
	Styles  []string          `json:"styles"`
	Layers  string            `json:"layers"`
	Lang    text.Lang         `json:"lang"`
	Sides   []liveSide        `json:"sides"`
	Sources []MapSource       `json:"sources"`
	Signs   []liveSign        `json:"signs"`
	Words   map[string]string `json:"words"`
}

// liveSide is one map.
type liveSide struct {
	Title   string  `json:"title"`
	Lang    string  `json:"lang,omitempty"`
	Tone    int     `json:"tone"`
	Lon     float64 `json:"lon"`
	Lat     float64 `json:"lat"`
	Span    float64 `json:"span"` // metres from side to side
	Data    string  `json:"data"` // address of its places
	Record  string  `json:"record,omitempty"`
	Shapes  bool    `json:"shapes"`           // there are polygons among them
	Cluster bool    `json:"cluster"`          // places close together are one sign
	Ground  string  `json:"ground,omitempty"` // address of the outlines under it
}

// liveSign is a line of the key: what a sign is, and what it means.
type liveSign struct {
	Sign string `json:"sign"`
	Text string `json:"text"`
}

// mapBox wraps the maps of a figure, with what map.js needs to draw them again.
func mapBox(p *text.Printer, m *chart.Maps, live *liveMaps, grounds []MapGround) template.HTML {
	svg, views := m.SVG(), m.Views()
	used := usedGrounds(views, grounds)
	note := sourceNote(p, live.Sources, used)
	if !mapsMove {
		return template.HTML(`<div class="map-box">` + svg + note + `</div>`)
	}
	for i, v := range views {
		side := &live.Sides[i]
		side.Lon, side.Lat, side.Span = v.Middle.Lon, v.Middle.Lat, v.Span
		if v.Ground != "" {
			side.Ground = "/outlines/" + url.PathEscape(v.Ground)
		}
	}
	for _, g := range used {
		live.Sources = append(live.Sources, g.From...)
	}
	if len(used) > 0 {
		live.Signs = append(live.Signs, liveSign{"outline", p.T("maps.sign.outline")})
	}
	live.tools(p)
	told, err := json.Marshal(live)
	if err != nil { // it has nothing that JSON cannot write
		panic(err)
	}
	return template.HTML(fmt.Sprintf(`<div class="map-box" data-live="%s">%s%s</div>`, template.HTMLEscapeString(string(told)), svg, note))
}

// usedGrounds are those that lie under one of the maps.
func usedGrounds(views []chart.View, all []MapGround) (out []MapGround) {
	under := map[string]bool{}
	for _, v := range views {
		under[v.Ground] = true
	}
	for _, g := range all {
		if under[g.ID] {
			out = append(out, g)
		}
	}
	return out
}

// sourceNote says below the maps of the server whom what they show is from.
func sourceNote(p *text.Printer, sources []MapSource, used []MapGround) string {
	for _, g := range used {
		sources = append(sources[:len(sources):len(sources)], g.From...)
	}
	if len(sources) == 0 {
		return ""
	}
	var parts []string
	for _, s := range sources {
		parts = append(parts, template.HTMLEscapeString(s.Text))
	}
	return `<p class="chart-note">` + template.HTMLEscapeString(p.T("maps.sources")) + " " + strings.Join(parts, " · ") + `</p>`
}

// tools are the addresses of what draws, and the words of its controls.
func (l *liveMaps) tools(p *text.Printer) {
	at := func(name string) string { return "/assets/" + assetNames[name] }
	l.Script, l.Worker, l.Styles, l.Layers, l.Lang = at(mapScript), at(mapWorker), []string{at(mapStyle), at("map.css")}, at("map-layers.js"), p.Lang()
	l.Sources = append(l.Sources, MapSource{Text: p.T("maps.drawn"), URL: at(mapLicence)})
	l.Words = map[string]string{
		"in": p.T("maps.in"), "out": p.T("maps.out"), "whole": p.T("maps.whole"), "together": p.T("maps.together"), "tools": p.T("maps.tools"),
		"map": p.T("maps.map", "city", "{city}"), "keys": p.T("maps.keys"), "hint": p.T("maps.hint"), "ctrl": p.T("maps.ctrl"), "command": p.T("maps.command"), "fingers": p.T("maps.fingers"),
		"here": p.T("maps.here", "n", "{n}"), "none": p.T("maps.none"), "rest": p.T("maps.rest", "n", "{n}"), "cell": p.T("maps.cell", "n", "{n}"),
		"simulated": p.T("data.simulated"), "cluster": p.T("maps.cluster", "n", "{n}"), "density": p.T("maps.density", "n", "{n}"),
		"sources": p.T("maps.sources"), "key": p.T("maps.key"), "scale": p.T("maps.scale", "length", "{length}"), "shut": p.T("maps.shut"),
	}
}

// Places is what a map of a dataset shows of one city.
func (s *Site) Places(w http.ResponseWriter, r *http.Request, by who.Person) error {
	ask, err := dataAsk(r)
	if err != nil {
		return err
	}
	f, err := s.source.Maps.Places(r.Context(), by, datasetName(r), ask, reader(r, by))
	if err != nil {
		return err
	}
	return s.layer(w, r, f)
}

// Outlines are those that lie under maps.
func (s *Site) Outlines(w http.ResponseWriter, r *http.Request, by who.Person) error {
	f, err := s.source.Maps.Outlines(r.Context(), by, r.PathValue("ground"))
	if err != nil {
		return err
	}
	return s.layer(w, r, f)
}

// layer writes what a map fetches, packed where the browser can unpack it. What cannot be written to its end is cut off.
func (s *Site) layer(w http.ResponseWriter, r *http.Request, f *DataFile) error {
	h := w.Header()
	h.Set("Content-Type", f.Media)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", "attachment")
	h.Set("Content-Security-Policy", sandbox)
	h.Set("Vary", "Accept-Encoding")
	var to io.Writer = w
	end := func() error { return nil }
	if takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		zip, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		to, end = zip, zip.Close
	}
	err := f.Write(to)
	if err == nil {
		err = end()
	}
	if err != nil {
		s.log.ErrorContext(r.Context(), "a layer of a map could not be written", "layer", r.URL.Path, "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}
