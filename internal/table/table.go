// Package table reads files that are no text tables (workbooks, JSON, XML, shapefiles) as what a recipe can read: rows of
// cells, the first of which may be a header. It knows no recipe and no dataset, and gives every value as its publisher wrote it.
//
// Whatever a file says of its own size is not believed: nothing is inflated, nested or widened beyond the bounds here.
package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"accord/internal/fault"
)

// The bounds of what a file can make a reader hold.
const (
	MaxDocument = 64 << 20  // bytes of a document that is read whole: JSON, XML, what a workbook says beside its rows
	maxInflated = 512 << 20 // bytes of a workbook's rows
	maxColumns  = 1024
	maxCell     = 2 << 20 // bytes of one cell; a geometry is the longest
	maxDepth    = 64
)

// A Format is how the bytes of a file are laid out.
type Format string

const (
	Text     Format = "text" // CSV and what is like it; package intake reads it
	Workbook Format = "xlsx"
	JSON     Format = "json" // also GeoJSON and one object a line
	XML      Format = "xml"
	Shape    Format = "shapefile" // the parts beside each other, or together in a ZIP file
)

// A Document is a file that can be read at any place of it.
type Document struct {
	At     io.ReaderAt
	Size   int64
	Name   string                            // its name without folders
	Beside func(ending string) *Document     // the file of the same name with another ending, as .dbf; nil where there is none
	Choose func(text []byte) (string, error) // the name of the encoding of text that does not say it
	Decode func(name string, text []byte) (string, error)
}

// Bytes makes a document of what is in memory.
func Bytes(b []byte) *Document { return &Document{At: bytes.NewReader(b), Size: int64(len(b))} }

// A Table is one table of a file.
type Table struct {
	Name     string // of a sheet or a layer
	Encoding string // of its text
	System   string // the reference system of its geometries where the file names one: EPSG:5186, or the name that it has there
	Objects  bool   // its first row is a header made of the names of values; no header has to be looked for

	Rows iter.Seq2[Row, error] // in the order of the file, one pass at a time; an error is the last
}

// A Row is one row of a table. Its cells are valid until the next is asked for.
type Row struct {
	Line  int // in the file, or the number of the row
	Cells []string
}

// Hints are what a recipe says of where the rows are.
type Hints struct {
	Rows []string          // paths of the values that are rows: response.body.items, or Report/Body/Pref/Area
	Same map[string]string // names of values that are to be read as another: Int as MaxInt
}

// FormatOf says what a file is by its first bytes and its ending.
func FormatOf(head []byte, name string) Format {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		if bytes.Contains(head[:min(len(head), 4096)], []byte(".shp")) || bytes.Contains(head[:min(len(head), 4096)], []byte(".dbf")) {
			return Shape
		}
		return Workbook
	case isShape(head, name):
		return Shape
	case len(text) > 0 && (text[0] == '{' || text[0] == '[') && beginsJSON(text):
		return JSON
	case bytes.HasPrefix(text, []byte("<?xml")) || len(text) > 1 && text[0] == '<' && (text[1]|0x20 >= 'a' && text[1]|0x20 <= 'z') && !isPage(text):
		return XML
	}
	return Text
}

// beginsJSON says whether a bracket is followed by what can follow it in JSON with rows; names of columns begin with one too: [A]구분.
func beginsJSON(text []byte) bool {
	next := bytes.TrimLeft(text[1:], " \t\r\n")
	if len(next) == 0 {
		return true
	}
	return next[0] < 0x80 && (next[0]|0x20 < 'a' || next[0]|0x20 > 'z') || bytes.HasPrefix(next, []byte("true")) || bytes.HasPrefix(next, []byte("false")) || bytes.HasPrefix(next, []byte("null"))
}

// isPage says whether text is a web page, which is what a portal answers with when a link is old.
func isPage(text []byte) bool {
	start := bytes.ToLower(text[:min(len(text), 512)])
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.Contains(start, []byte("<html"))
}

// Open returns the tables of a file that is of a format other than text.
func Open(f Format, d *Document, h Hints) ([]Table, error) {
	switch f {
	case Workbook:
		return openWorkbook(d)
	case JSON:
		return openJSON(d, h)
	case XML:
		return openXML(d, h)
	case Shape:
		return openShape(d)
	}
	return nil, refuse("it is of no format that has tables", doExport)
}

const (
	doDownload = "get the file from its publisher again"
	doExport   = "save it as CSV in UTF-8 and import that"
	doSplit    = "ask the publisher for it in parts, or split it"
)

func refuse(why, do string) *fault.Fault { return fault.New(fault.Invalid, "file", why, do) }

// whole reads a document into memory.
func whole(d *Document) ([]byte, error) {
	if d.Size > MaxDocument {
		return nil, refuse(fmt.Sprintf("it has %d bytes; one of its kind is read up to %d", d.Size, MaxDocument), doSplit)
	}
	b := make([]byte, d.Size)
	if n, err := d.At.ReadAt(b, 0); n < len(b) && err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Unavailable, "file", "it cannot be read: "+err.Error(), "copy it again").Because(err)
	}
	return b, nil
}

// columns gives every name its place, in the order in which they are first seen.
type columns struct {
	at    map[string]int
	names []string
	same  map[string]string
}

func newColumns(same map[string]string) *columns { return &columns{at: map[string]int{}, same: same} }

// of is the place of a name, -1 where there are too many.
func (c *columns) of(name string) int {
	if other, ok := c.same[name]; ok {
		name = other
	}
	at, ok := c.at[name]
	if !ok {
		if len(c.names) == maxColumns {
			return -1
		}
		at = len(c.names)
		c.at[name], c.names = at, append(c.names, name)
	}
	return at
}

func errColumns() error {
	return refuse(fmt.Sprintf("its rows have more than %d values of different names", maxColumns), doExport)
}

func errCell(line int) error {
	return refuse(fmt.Sprintf("a value is longer than %d bytes", maxCell), doDownload).At(fmt.Sprintf("row %d", line))
}
