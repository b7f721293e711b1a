package export

import (
	"encoding/csv"
	"io"
	"strings"

	"accord/record"
)

// csvFile writes UTF-8 with the mark by which spreadsheets know it, RFC 4180 with CRLF. Latitude, longitude and the side of the
// cell are columns.
type csvFile struct {
	w    *csv.Writer
	head *Head
	line []string
}

func newCSV(w io.Writer, h *Head) (Writer, error) {
	if _, err := io.WriteString(w, "\xef\xbb\xbf"); err != nil {
		return nil, err
	}
	f := &csvFile{w: csv.NewWriter(w), head: h}
	f.w.UseCRLF = true
	for i := range h.Columns {
		f.line = append(f.line, tame(h.Columns[i].heading()))
	}
	if h.Plain {
		return f, f.w.Write(f.line)
	}
	return f, f.w.Write(append(f.line, "latitude", "longitude", "cell [m]"))
}

// tame keeps a spreadsheet from taking a text for a formula: such a text gets an apostrophe before it, as people write it
// themselves for that purpose. What is read by a program loses it by the same rule.
func tame(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}

func (f *csvFile) Row(r *Row) error {
	f.line = f.line[:0]
	for _, v := range r.Values {
		s := v.String()
		if v.Type != record.Number && v.Type != record.Integer {
			s = tame(s)
		}
		f.line = append(f.line, s)
	}
	if f.head.Plain {
		return f.w.Write(f.line)
	}
	lat, lon, cell := placeCells(r.Place)
	return f.w.Write(append(f.line, lat, lon, cell))
}

func placeCells(p record.Place) (lat, lon, cell string) {
	if !p.Known {
		return "", "", ""
	}
	if p.Grid > 0 {
		cell = record.IntegerOf(int64(p.Grid)).String()
	}
	return record.NumberOf(p.Lat).String(), record.NumberOf(p.Lon).String(), cell
}

// Close writes the lines about the source below the rows, one empty line between, so that the first line stays the header.
func (f *csvFile) Close() error {
	if len(f.head.Source) > 0 {
		_ = f.w.Write([]string{""})
	}
	for _, s := range f.head.Source {
		_ = f.w.Write([]string{tame(s)}) // what fails stays in Error
	}
	f.w.Flush()
	return f.w.Error()
}
