package table

import (
	"encoding/json"
	"errors"
	"strconv"

	"accord/record"
)

// The names of the columns that geometries are in: lines and polygons as well-known text, points as two numbers. They are in
// the file's own reference system.
const (
	Geometry  = "geometry"
	Longitude = "longitude"
	Latitude  = "latitude"
)

// geoJSON reads a geometry into the three cells that it has. A third coordinate, which is a height, is left out.
func geoJSON(b []byte) (cells [3]string, err error) {
	var g struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	if err := json.Unmarshal(b, &g); err != nil {
		return cells, errors.New("a geometry is none")
	}
	f := record.Figure{}
	var one [][]float64
	var two [][][]float64
	var three [][][][]float64
	switch g.Type {
	case "Point":
		var p []float64
		if err := json.Unmarshal(g.Coordinates, &p); err != nil || len(p) < 2 {
			return cells, errors.New("a point is none")
		}
		return pointCells(p[0], p[1]), nil
	case "LineString":
		f.Shape, err = record.Line, json.Unmarshal(g.Coordinates, &one)
		three = [][][][]float64{{one}}
	case "MultiLineString":
		f.Shape, err = record.Lines, json.Unmarshal(g.Coordinates, &two)
		for _, line := range two {
			three = append(three, [][][]float64{line})
		}
	case "Polygon":
		f.Shape, err = record.Polygon, json.Unmarshal(g.Coordinates, &two)
		three = [][][][]float64{two}
	case "MultiPolygon":
		f.Shape, err = record.Polygons, json.Unmarshal(g.Coordinates, &three)
	default:
		return cells, errors.New("a geometry is of a kind that is not read: " + strconv.Quote(g.Type[:min(len(g.Type), 40)]))
	}
	if err != nil {
		return cells, errors.New("a geometry has coordinates that are none")
	}
	for _, part := range three {
		var rings [][]record.Vertex
		for _, ring := range part {
			var line []record.Vertex
			for _, p := range ring {
				if len(p) < 2 {
					return cells, errors.New("a corner of a geometry is none")
				}
				line = append(line, record.Vertex{Lon: p[0], Lat: p[1]})
			}
			rings = append(rings, line)
		}
		f.Parts = append(f.Parts, rings)
	}
	if len(f.Parts) == 0 {
		return cells, nil
	}
	for _, p := range f.Parts {
		if len(p) == 0 {
			return cells, errors.New("a part of a geometry is empty")
		}
	}
	cells[0] = f.String()
	return cells, nil
}

func pointCells(lon, lat float64) [3]string {
	return [3]string{"", strconv.FormatFloat(lon, 'f', -1, 64), strconv.FormatFloat(lat, 'f', -1, 64)}
}
