package node_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/node"
	"accord/internal/store"
	"accord/record"
)

// mapped is a node with places of its own and of its partner, and with outlines under both.
func mapped(t *testing.T) (n *node.Node, partner string) {
	t.Helper()
	n, other := city(t)
	partner = other.Home.Config.Party
	var places []record.Record
	for i := range 40 {
		places = append(places, record.Record{Key: fmt.Sprintf("theirs-%02d", i), Simulated: true,
			Place: record.Place{Known: true, Lon: 139.6 + float64(i%8)*.03, Lat: 35.6 + float64(i/8)*.03, Grid: 250}})
	}
	storeRows(t, n, "safety/subsidence", partner, places)
	storeRows(t, n, "places/boundary", n.Home.Config.Party, append(wardsAt("kr_legal:11", 126.8, 37.4), wardsAt("jp_local:13", 139.55, 35.55)...))
	return n, partner
}

// wardsAt are four squares over a city.
func wardsAt(key string, lon, lat float64) (out []record.Record) {
	const side = .2
	for i := range 4 {
		w, s := lon+side*float64(i%2), lat+side*float64(i/2)
		f := record.Figure{Shape: record.Polygon, Parts: [][][]record.Vertex{{{{Lon: w, Lat: s}, {Lon: w + side, Lat: s}, {Lon: w + side, Lat: s + side}, {Lon: w, Lat: s + side}, {Lon: w, Lat: s}}}}}
		r := record.Record{Key: fmt.Sprintf("%s%d10", key, i), Simulated: true, Values: make([]record.Value, 7)}
		r.Values[0], r.Values[6] = record.TextOf(fmt.Sprintf("Ward <b>%d</b>", i)), record.GeometryOf(f)
		out = append(out, r)
	}
	return out
}

func storeRows(t *testing.T, n *node.Node, dataset, origin string, records []record.Record) {
	t.Helper()
	d, ok := all.Lookup(dataset, 1)
	if !ok {
		t.Fatalf("no dataset %s", dataset)
	}
	err := n.DB.Update(t.Context(), func(tx *db.Tx) error {
		w := store.NewWriter(t.Context(), tx, d, store.Source{Origin: origin, Name: "test"})
		for i := range records {
			if err := w.Put(&records[i], record.AppendRow(nil, d, &records[i])); err != nil {
				return err
			}
		}
		_, err := w.Close()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// fetched says whether the program was built with what draws maps that can be moved.
func fetched() bool {
	_, err := os.Stat(filepath.Join("..", "web", "assets", "fetched", "maplibre-gl-csp.js"))
	return err == nil
}

// TestMapsOfADataset: both maps lie over the outlines that are here, say whose they are, and offer what moves only where it was built in.
func TestMapsOfADataset(t *testing.T) {
	n, partner := mapped(t)
	officer, reader, nobody := signedIn(t, n, "officer"), signedIn(t, n, "reader"), &browser{t: t, pages: pagesOf(t, n)}
	const path = "/data/safety/subsidence"
	page := officer.do("GET", path+"?lang=ko", nil).Body.String()
	if live := strings.Contains(page, "data-live="); live != fetched() || strings.Contains(page, "/map.") != live || strings.Contains(page, "MapLibre") != live {
		t.Errorf("built with maps that move: %v, the page offers them: %v", fetched(), live)
	}
	if strings.Count(page, `<path class="ward"`) != 8 || strings.Contains(page, "Ward <b>") || !strings.Contains(page, "국토") && !strings.Contains(page, "国土数値情報") {
		t.Errorf("%d outlines lie under the maps", strings.Count(page, `<path class="ward"`))
	}
	own, theirs := features(t, officer, path+"/map?party="+n.Home.Config.Party), features(t, officer, path+"/map?party="+partner)
	_, rows, _ := table(t, officer, path+"/file/csv?party="+n.Home.Config.Party)
	if len(own) != len(rows) || len(theirs) != 40 || theirs[0].Properties["cell_m"] != 250.0 || theirs[0].Properties["simulated"] != true {
		t.Errorf("%d of %d, %d, %v", len(own), len(rows), len(theirs), theirs[0].Properties)
	}
	for _, f := range features(t, reader, path+"/map?party="+n.Home.Config.Party) {
		if f.Properties["cell_m"] != 250.0 {
			t.Fatalf("a reader gets the exact place of %v", f.Properties)
		}
	}
	if got := features(t, officer, "/outlines/kr-legal-5"); len(got) != 4 || got[0].Geometry.Type != "Polygon" || !strings.HasPrefix(got[0].Properties["name"].(string), "Ward <b>") {
		t.Errorf("%+v", got)
	}
	if got := features(t, officer, "/data/places/boundary/map?party="+n.Home.Config.Party); len(got) != 8 || got[0].Properties["area"] != true {
		t.Errorf("%d outlines on the map of outlines", len(got))
	}
	for _, c := range []struct {
		b    *browser
		path string
		want int
	}{
		{reader, "/outlines/kr-legal-5", 404}, {officer, "/outlines/none", 404}, {nobody, "/outlines/kr-legal-5", 303}, {nobody, path + "/map", 303},
		{officer, "/data/safety/river/map", 400}, {officer, "/data/safety/nothing/map", 404}, {officer, path + "/map?from=yesterday", 400},
	} {
		if w := c.b.do("GET", c.path, nil); w.Code != c.want {
			t.Errorf("%s: %d, want %d", c.path, w.Code, c.want)
		}
	}
}

// TestMapOfABoard: the layers of the board's map as a file, of one side or of both, packed where the reader can unpack it.
func TestMapOfABoard(t *testing.T) {
	n, _ := mapped(t)
	officer := signedIn(t, n, "officer")
	const path = "/boards/safety/sinkholes/places/geojson"
	both, first := features(t, officer, path), features(t, officer, path+"?side=1")
	kinds := map[string]int{}
	for _, f := range first {
		kinds[f.Geometry.Type]++
		if f.Properties["side"] != 1.0 || f.Geometry.Type == "Point" && f.Properties["key"] == "" {
			t.Fatalf("%+v", f)
		}
	}
	if kinds["Point"] < 20 || kinds["Polygon"] < 20 || len(both) < len(first) {
		t.Errorf("%v of %d", kinds, len(both))
	}
	if w := officer.do("GET", "/boards/safety/sinkholes/counts/geojson", nil); w.Code != http.StatusNotFound {
		t.Errorf("a table as places: %d", w.Code)
	}
	if page := officer.do("GET", "/boards/safety/sinkholes?lang=en", nil).Body.String(); strings.Contains(page, "data-live=") != fetched() || !strings.Contains(page, `<path class="ward"`) {
		t.Error("the board's map lacks the outlines, or what moves it")
	}
}

type feature struct {
	Geometry   struct{ Type string }
	Properties map[string]any
}

// features reads a layer, once plain and once packed: both say the same.
func features(t *testing.T, b *browser, path string) []feature {
	t.Helper()
	read := func(from io.Reader) (out struct{ Features []feature }) {
		if err := json.NewDecoder(from).Decode(&out); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return out
	}
	plain := b.do("GET", path, nil)
	if plain.Code != http.StatusOK || plain.Header().Get("Content-Type") != "application/geo+json" || plain.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%s: %d %v", path, plain.Code, plain.Header())
	}
	all := read(plain.Body).Features
	server := b.do("GET", path, nil, "Accept-Encoding", "gzip")
	zip, err := gzip.NewReader(server.Body)
	if err != nil || server.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("%s: %v %v", path, err, server.Header())
	}
	if packed := read(zip).Features; len(packed) != len(all) {
		t.Errorf("%s: %d features, packed %d", path, len(all), len(packed))
	}
	return all
}

// TestBrowserMaps moves the maps in a real browser; web-tests/maps.mjs says how.
func TestBrowserMaps(t *testing.T) {
	needBrowser(t)
	if !fetched() {
		if os.Getenv("CI") != "" {
			t.Fatal("what draws the maps was not fetched; run scripts/maps")
		}
		t.Skip("NOT LOOKED AT: what draws the maps was not fetched; run scripts/maps")
	}
	n, _ := mapped(t)
	look(t, pagesOf(t, n), "maps.mjs")
}
