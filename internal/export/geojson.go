package export

import (
	"bufio"
	"encoding/json"
	"io"

	"accord/record"
)

// geoFile writes a FeatureCollection of RFC 7946: WGS84, longitude first, no geometry where no place is known; a row with a
// geometry among its values is drawn as that, and not as its place. The collection has title and source as members of its own,
// and each feature the side of its cell where its place is the middle of one.
type geoFile struct {
	w     *bufio.Writer
	head  *Head
	rows  int
	names [][]byte
}

func newGeoJSON(w io.Writer, h *Head) (Writer, error) {
	f := &geoFile{w: bufio.NewWriter(w), head: h}
	for _, c := range h.Columns {
		name, err := json.Marshal(c.Name)
		if err != nil {
			return nil, err
		}
		f.names = append(f.names, name)
	}
	top, err := json.Marshal(struct {
		Title  string   `json:"title"`
		Source []string `json:"source"`
	}{h.Title, h.Source})
	if err != nil {
		return nil, err
	}
	_, _ = f.w.WriteString(`{"type":"FeatureCollection",`)
	_, _ = f.w.Write(top[1 : len(top)-1])
	_, err = f.w.WriteString(`,"features":[`)
	return f, err
}

func (f *geoFile) Row(r *Row) error {
	if f.rows++; f.rows > 1 {
		_ = f.w.WriteByte(',')
	}
	_, _ = f.w.WriteString("\n" + `{"type":"Feature","geometry":`)
	if shape := shapeOf(r); shape != nil {
		_, _ = f.w.Write(appendFigure(nil, shape))
	} else if r.Place.Known {
		_, _ = f.w.WriteString(`{"type":"Point","coordinates":[` + record.NumberOf(r.Place.Lon).String() + "," + record.NumberOf(r.Place.Lat).String() + `]}`)
	} else {
		_, _ = f.w.WriteString("null")
	}
	_, _ = f.w.WriteString(`,"properties":{`)
	n := 0
	for i, v := range r.Values {
		if v.IsAbsent() || v.Type == record.Geometry {
			continue
		}
		if n++; n > 1 {
			_ = f.w.WriteByte(',')
		}
		_, _ = f.w.Write(f.names[i])
		_ = f.w.WriteByte(':')
		if err := f.value(v); err != nil {
			return err
		}
	}
	if r.Place.Grid > 0 {
		if n > 0 {
			_ = f.w.WriteByte(',')
		}
		_, _ = f.w.WriteString(`"cell_m":` + record.IntegerOf(int64(r.Place.Grid)).String())
	}
	_, err := f.w.WriteString("}}")
	return err
}

func (f *geoFile) value(v record.Value) error {
	switch v.Type {
	case record.Number, record.Integer, record.Bool:
		_, err := f.w.WriteString(v.String())
		return err
	}
	text, err := json.Marshal(v.Text)
	if err == nil {
		_, err = f.w.Write(text)
	}
	return err
}

func (f *geoFile) Close() error {
	_, _ = f.w.WriteString("\n]}\n") // what fails stays in Flush
	return f.w.Flush()
}

// shapeOf is the first geometry among a row's values.
func shapeOf(r *Row) *record.Figure {
	for _, v := range r.Values {
		if v.Type != record.Geometry || v.IsAbsent() {
			continue
		}
		if f, err := record.ParseFigure(v.Text); err == nil {
			return &f
		}
	}
	return nil
}

// appendFigure writes a figure as the geometry that has its form in GeoJSON.
func appendFigure(b []byte, f *record.Figure) []byte {
	kind := map[record.Shape]string{record.Line: "LineString", record.Lines: "MultiLineString", record.Polygon: "Polygon", record.Polygons: "MultiPolygon"}[f.Shape]
	b = append(b, `{"type":"`+kind+`","coordinates":`...)
	many := f.Shape == record.Lines || f.Shape == record.Polygons
	if many {
		b = append(b, '[')
	}
	for i, part := range f.Parts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendPart(b, part, f.Shape == record.Polygon || f.Shape == record.Polygons)
	}
	if many {
		b = append(b, ']')
	}
	return append(b, '}')
}

// appendPart writes the one line of a part, or its rings as a list.
func appendPart(b []byte, rings [][]record.Vertex, list bool) []byte {
	if list {
		b = append(b, '[')
	}
	for i, ring := range rings {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		for j, v := range ring {
			if j > 0 {
				b = append(b, ',')
			}
			b = append(b, '[')
			b = append(b, record.NumberOf(v.Lon).String()...)
			b = append(b, ',')
			b = append(b, record.NumberOf(v.Lat).String()...)
			b = append(b, ']')
		}
		b = append(b, ']')
	}
	if list {
		b = append(b, ']')
	}
	return b
}
