package intake

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// A RejectedWriter writes rejected rows as CSV for the person who corrects them: the line in the file, the problems,
// then the cells as they were. The header is written with the first row, so a file without rejected rows stays empty.
type RejectedWriter struct {
	csv   *csv.Writer
	begun bool
}

// NewRejectedWriter writes to w.
func NewRejectedWriter(w io.Writer) *RejectedWriter {
	return &RejectedWriter{csv: csv.NewWriter(w)}
}

// Write writes one rejected row.
func (w *RejectedWriter) Write(row Row) error {
	if !w.begun {
		w.begun = true
		if err := w.csv.Write(append([]string{"line", "problems"}, row.Header...)); err != nil {
			return err
		}
	}
	var why []string
	for _, p := range row.Problems {
		why = append(why, p.String())
	}
	return w.csv.Write(append([]string{strconv.Itoa(row.Line), strings.Join(why, "; ")}, row.Cells...))
}

// Flush writes out what is buffered and returns the first error of writing.
func (w *RejectedWriter) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}
