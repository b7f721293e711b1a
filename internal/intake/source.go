package intake

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"golang.org/x/text/transform"

	"accord/internal/fault"
	"accord/internal/table"
	"accord/record"
)

// A textSource reads a text table.
type textSource struct {
	csv  *csv.Reader
	line int // where the last row began
}

func (s *textSource) next() ([]string, int, error) {
	cells, err := s.csv.Read()
	if err != nil {
		line, err := s.refused(err)
		return cells, line, err
	}
	line, _ := s.csv.FieldPos(0)
	s.line = line
	if len(cells) > maxCells {
		return nil, 0, refuse(fmt.Sprintf("a record has more than %d cells", maxCells), doDownload).At(lineName(line))
	}
	for _, c := range cells {
		if len(c) > maxCell {
			return nil, 0, refuse(fmt.Sprintf("a cell is longer than %d bytes", maxCell), doDownload).At(lineName(line))
		}
	}
	return cells, line, nil
}

// refused says in our words why a file cannot be read on, and for a record that may have been cut where it begins.
func (s *textSource) refused(err error) (int, error) {
	if errors.Is(err, io.EOF) {
		return 0, io.EOF
	}
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return 0, f
	}
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		return p.StartLine, refuse("a quote stands where CSV has none, or is never closed: the file is damaged or was cut", doCut).
			At(lineName(p.StartLine)).Because(err)
	}
	return 0, fault.New(fault.Unavailable, "file", "it cannot be read to its end", "check the disk and try again").Because(err)
}

// doCut is what to do about a file that was cut.
const doCut = doDownload + "; if there is none, --cut takes what is whole in it"

func errCut() *fault.Fault {
	return refuse("its last record has fewer cells than its header, so it was cut", doCut)
}

// isCut says whether an error is that of a quote that is open at the end.
func isCut(err error) bool {
	p, ok := errors.AsType[*csv.ParseError](err)
	return ok && errors.Is(p.Err, csv.ErrQuote) && p.Line > 0
}

// A tableSource reads a table of another format. Its rows may be shorter than its header: what is empty at their end is not
// in the file.
type tableSource struct {
	pull  func() (table.Row, error, bool)
	width int // of the header, once it is known
	cells []string
}

func (s *tableSource) next() ([]string, int, error) {
	row, err, ok := s.pull()
	if !ok {
		return nil, 0, io.EOF
	}
	if err != nil {
		return nil, 0, err
	}
	if len(row.Cells) >= s.width {
		return row.Cells, row.Line, nil
	}
	s.cells = append(s.cells[:0], row.Cells...)
	for len(s.cells) < s.width {
		s.cells = append(s.cells, "")
	}
	return s.cells, row.Line, nil
}

// open returns the tables of a file that is no text table, as the recipe sees them.
func open(r *Recipe, f table.Format, doc *table.Document) ([]table.Table, error) {
	seen := *doc
	seen.Choose = func(text []byte) (string, error) {
		if name, ok := chooseEncoding(append([]string{"utf-8"}, r.Encodings...), text, false); ok {
			return name, nil
		}
		return "", errEncoding()
	}
	seen.Decode = func(name string, text []byte) (string, error) {
		out, _, err := transform.Bytes(encodings[name].NewDecoder(), text)
		if err != nil || strings.ContainsRune(string(out), '\ufffd') || name == "utf-8" && !validUTF8(text, false) {
			return "", errEncoding()
		}
		return string(out), nil
	}
	return table.Open(f, &seen, table.Hints{Rows: r.Rows, Same: r.Same})
}

// readTables reads every table of a file whose header is the recipe's. Of a workbook's sheets, those with another header are
// notes or other tables; if none has the recipe's, the file is refused.
func readTables(r *Recipe, d *record.Dataset, tables []table.Table, emit func(Row) error) (Summary, error) {
	rd := newReader(r, emit)
	read := 0
	nearest := miss{recipe: r}
	for i := range tables {
		m, err := rd.table(r, d, &tables[i])
		if err != nil {
			return rd.summary, err
		}
		if m.nearly() {
			read++
		} else if m.found >= nearest.found {
			nearest = m
		}
	}
	if read == 0 {
		return rd.summary, nearest.fault()
	}
	return rd.summary, rd.ended()
}

// table reads one table, or says how far it is from being the recipe's.
func (rd *reader) table(r *Recipe, d *record.Dataset, t *table.Table) (miss, error) {
	pull, stop := iter.Pull2(t.Rows)
	defer stop()
	src := &tableSource{pull: pull}
	rd.source, rd.ahead = src, nil
	m := miss{recipe: r}
	header, err := rd.findHeader(r)
	if errors.Is(err, io.EOF) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	header = append([]string(nil), header...)
	if m = r.missOf(header); !m.nearly() {
		return m, nil
	}
	src.width = len(header)
	if err := rd.compile(r, d, header, t.System); err != nil {
		return m, err
	}
	rd.summary.Encoding = t.Encoding
	return m, rd.rows()
}
