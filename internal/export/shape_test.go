package export

import (
	"bytes"
	"encoding/json"
	"testing"

	"accord/record"
)

// A record's outline is the geometry of its feature, in the form RFC 7946 gives each shape, and no text among its properties.
func TestGeoJSONOfShapes(t *testing.T) {
	ring := []record.Vertex{{Lon: 126, Lat: 37}, {Lon: 127.25, Lat: 37}, {Lon: 127, Lat: 38}, {Lon: 126, Lat: 37}}
	const written = `[[126,37],[127.25,37],[127,38],[126,37]]`
	for shape, c := range map[record.Shape]struct {
		parts [][][]record.Vertex
		want  string
	}{
		record.Line:     {[][][]record.Vertex{{ring}}, `{"type":"LineString","coordinates":` + written + `}`},
		record.Lines:    {[][][]record.Vertex{{ring}, {ring}}, `{"type":"MultiLineString","coordinates":[` + written + `,` + written + `]}`},
		record.Polygon:  {[][][]record.Vertex{{ring, ring}}, `{"type":"Polygon","coordinates":[` + written + `,` + written + `]}`},
		record.Polygons: {[][][]record.Vertex{{ring}, {ring, ring}}, `{"type":"MultiPolygon","coordinates":[[` + written + `],[` + written + `,` + written + `]]}`},
	} {
		var b bytes.Buffer
		w, err := newGeoJSON(&b, &Head{Columns: []Column{{Name: "name"}, {Name: "outline"}}})
		if err != nil {
			t.Fatal(err)
		}
		figure := record.GeometryOf(record.Figure{Shape: shape, Parts: c.parts})
		row := Row{Place: record.Place{Known: true, Lon: 1, Lat: 2}, Values: []record.Value{record.TextOf("ward"), figure}}
		if err := w.Row(&row); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Features []struct {
				Geometry   json.RawMessage
				Properties map[string]any
			}
		}
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v in %s", shape, err, b.Bytes())
		}
		if f := got.Features[0]; string(f.Geometry) != c.want || len(f.Properties) != 1 || f.Properties["name"] != "ward" {
			t.Errorf("%s: %s %v", shape, f.Geometry, f.Properties)
		}
	}
}
