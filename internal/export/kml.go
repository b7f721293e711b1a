package export

import (
	"bufio"
	"encoding/xml"
	"io"
	"strings"

	"github.com/twpayne/go-kml/v3"

	"accord/record"
)

// kmlFile writes KML 2.2: a placemark a row, with its values as extended data. Rows without a place are placemarks without a
// point.
type kmlFile struct {
	w    *bufio.Writer
	enc  *xml.Encoder
	head *Head
}

func newKML(w io.Writer, h *Head) (Writer, error) {
	f := &kmlFile{w: bufio.NewWriter(w), head: h}
	f.enc = xml.NewEncoder(f.w)
	_, _ = f.w.WriteString(xml.Header + `<kml xmlns="http://www.opengis.net/kml/2.2"><Document>`)
	for _, e := range []kml.Element{kml.Name(h.Title), kml.Description(strings.Join(h.Source, "\n"))} {
		if err := f.enc.Encode(e); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *kmlFile) Row(r *Row) error {
	data := kml.ExtendedData()
	for i, v := range r.Values {
		if !v.IsAbsent() {
			c := &f.head.Columns[i]
			data.Append(kml.Data(c.Name, kml.DisplayName(c.heading()), kml.Value(v.String())))
		}
	}
	if r.Place.Grid > 0 {
		data.Append(kml.Data("cell_m", kml.Value(record.IntegerOf(int64(r.Place.Grid)).String())))
	}
	mark := kml.Placemark(kml.Name(r.Name), data)
	if r.Place.Known {
		mark.Append(kml.Point(kml.Coordinates(kml.Coordinate{Lon: r.Place.Lon, Lat: r.Place.Lat})))
	}
	return f.enc.Encode(mark)
}

func (f *kmlFile) Close() error {
	_, _ = f.w.WriteString("</Document></kml>\n") // what fails stays in Flush
	return f.w.Flush()
}
