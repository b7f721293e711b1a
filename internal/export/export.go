// Package export writes rows as the files that people and programs open: CSV, XLSX, GeoJSON and KML, a row at a time. Each file
// says where its rows come from. It decides nothing about what may be written: it is given just that.
package export

import (
	"io"

	"accord/internal/fault"
	"accord/record"
)

// A Head is what a file says before its rows.
type Head struct {
	Title   string
	Columns []Column
	Plain   bool     // the rows are no places: a table of figures
	Source  []string // lines that say whose rows these are, whence, under which licence, and what is not in them
}

// A Column has a name for programs, a label for people, and the unit of its numbers.
type Column struct{ Name, Label, Unit string }

// A Row is one record: a value a column, and where it is.
type Row struct {
	Name   string
	Values []record.Value
	Place  record.Place
}

// A Writer takes the rows of a file one after the other. Close ends the file; without it the file is not whole.
type Writer interface {
	Row(r *Row) error
	Close() error
}

// A Format is one kind of file.
type Format struct {
	Name  string // csv; also the ending of its files
	Media string
	Open  func(w io.Writer, h *Head) (Writer, error)
}

// Formats are all kinds of file, in the order in which pages offer them.
func Formats() []Format {
	return []Format{
		{"csv", "text/csv; charset=utf-8", newCSV},
		{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", newXLSX},
		{"geojson", "application/geo+json", newGeoJSON},
		{"kml", "application/vnd.google-earth.kml+xml", newKML},
	}
}

// Find returns the format of a name.
func Find(name string) (Format, error) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
	}
	return Format{}, fault.New(fault.NotFound, "format", "there is none of this name", "take csv, xlsx, geojson or kml")
}

// heading is a column's name as people read it.
func (c *Column) heading() string {
	if c.Unit == "" {
		return c.Label
	}
	return c.Label + " [" + c.Unit + "]"
}
