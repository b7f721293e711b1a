package intake

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"accord/internal/fault"
	"accord/internal/table"
	"accord/record"
)

// A Status is what became of a row.
type Status string

const (
	Accepted  Status = "accepted"
	Rejected  Status = "rejected"
	Unchanged Status = "unchanged" // the same key and content stands earlier in the same file
)

// A Row is one data record of a file.
type Row struct {
	Line     int             // in the file, where the row begins; the header is line 1
	Status   Status          //
	Record   record.Record   // complete when accepted or unchanged; its memory is the receiver's
	More     []record.Record // of a wide row: the records it became; Record is then only what they share
	Problems []Problem       // why it was rejected
	Flags    []Problem       // what is not plausible about an accepted row
	Header   []string        // the file's own, the same slice for every row
	Cells    []string        // as they are in the file; valid only until the function returns
}

// A Problem is one thing about a row, in words that do not quote it.
type Problem struct {
	Where string // a column of the file, or a field of the dataset
	Why   string
}

func (p Problem) String() string { return p.Where + ": " + p.Why }

// A Summary counts the rows of a file: Rows = Accepted + Rejected + Unchanged, and Flagged is part of Accepted.
type Summary struct {
	Encoding                                     string
	Header                                       []string
	Unmapped                                     []string // columns that the recipe does not name
	Rows, Accepted, Rejected, Unchanged, Flagged int
}

// Read reads a file by a recipe and gives every row to emit, in order. A bad cell rejects its row; a fault refuses the
// whole file, and then what was emitted must not be kept: a cut file shows only at its end. An error of emit ends the
// reading and is returned as it is.
func Read(r *Recipe, d *record.Dataset, file io.Reader, emit func(Row) error) (Summary, error) {
	in := bufio.NewReaderSize(file, headSize)
	head, err := in.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return Summary{}, fault.New(fault.Unavailable, "file", "it cannot be read", "check the disk and try again").Because(err)
	}
	if f := table.FormatOf(head, ""); f != table.Text {
		b, err := io.ReadAll(io.LimitReader(in, table.MaxDocument+1))
		if err != nil {
			return Summary{}, fault.New(fault.Unavailable, "file", "it cannot be read to its end", "check the disk and try again").Because(err)
		}
		return ReadDocument(r, d, table.Bytes(b), emit)
	}
	return readLines(r, d, in, head, emit)
}

// ReadDocument is Read for a file of any format that can be read at any place of it.
func ReadDocument(r *Recipe, d *record.Dataset, doc *table.Document, emit func(Row) error) (Summary, error) {
	head := make([]byte, min(headSize, doc.Size))
	if _, err := doc.At.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return Summary{}, fault.New(fault.Unavailable, "file", "it cannot be read", "check the disk and try again").Because(err)
	}
	f := table.FormatOf(head, doc.Name)
	if f == table.Text {
		return readLines(r, d, bufio.NewReaderSize(io.NewSectionReader(doc.At, 0, doc.Size), headSize), head, emit)
	}
	tables, err := open(r, f, doc)
	if err != nil {
		return Summary{}, err
	}
	return readTables(r, d, tables, emit)
}

// readLines reads a text table.
func readLines(r *Recipe, d *record.Dataset, in *bufio.Reader, head []byte, emit func(Row) error) (Summary, error) {
	if err := checkHead(head); err != nil {
		return Summary{}, err
	}
	name, ok := chooseEncoding(r.Encodings, head, len(head) == headSize)
	if !ok {
		return Summary{}, errEncoding()
	}
	if bytes.HasPrefix(head, bom) {
		in.Discard(len(bom))
	}
	end := &ending{r: decode(name, in)}
	rd := newReader(r, emit)
	rd.source = &textSource{csv: newCSV(&guard{r: end, strict: name != "utf-8"})}
	rd.end, rd.cutAllowed, rd.summary.Encoding = end, r.CutAllowed, name
	if err := rd.header(r, d, ""); err != nil {
		return rd.summary, err
	}
	return rd.summary, rd.rows()
}

// A source gives the rows of a table, one after the other. io.EOF is the end of a whole one; every other error is a fault.
// Cells are valid until the next row.
type source interface {
	next() (cells []string, line int, err error)
}

// A reader is the reading of one file.
type reader struct {
	source     source
	plan       *plan
	emit       func(Row) error
	seen       map[string]first
	letters    letters
	summary    Summary
	row        []byte   // for canonical rows
	first      []string // of a file without a header
	ahead      []kept   // rows that were read while a header was looked for
	end        *ending
	cutAllowed bool
}

func newReader(r *Recipe, emit func(Row) error) *reader {
	return &reader{emit: emit, seen: map[string]first{}, letters: letters{script: scripts[r.Script]}}
}

// An ending remembers how a text ends.
type ending struct {
	r    io.Reader
	last byte
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if n > 0 {
		e.last = p[n-1]
	}
	return n, err
}

// first is the first accepted row of a key.
type first struct {
	line int
	sum  [32]byte
}

func (rd *reader) header(r *Recipe, d *record.Dataset, system string) error {
	cells, err := rd.findHeader(r)
	if errors.Is(err, io.EOF) {
		return refuse("it has no header", doDownload)
	}
	if err != nil {
		return err
	}
	return rd.compile(r, d, append([]string(nil), cells...), system)
}

// findHeader finds the header. Rows that were read beyond it are kept: they are read once more, as rows.
func (rd *reader) findHeader(r *Recipe) ([]string, error) {
	var read []kept
	header, after, err := r.findHeader(func() ([]string, error) {
		cells, line, err := rd.top(r)
		if err == nil {
			read = append(read, kept{slices.Clone(cells), line})
		}
		return cells, err
	})
	rd.ahead = read[len(read)-min(after, len(read)):]
	return header, err
}

// kept is a row that was read ahead.
type kept struct {
	cells []string
	line  int
}

// top reads a row in which the header may be. Where there is none, the row is kept: it is the first.
func (rd *reader) top(r *Recipe) ([]string, int, error) {
	cells, line, err := rd.next()
	if r.Header.None != "" {
		rd.first = slices.Clone(cells)
	}
	return cells, line, err
}

// compile makes the plan for a header; of a file of several tables, each has its own.
func (rd *reader) compile(r *Recipe, d *record.Dataset, header []string, system string) (err error) {
	rd.summary.Header = header
	if rd.plan, err = compile(r, d, header, system); err == nil {
		rd.summary.Unmapped = rd.plan.unmapped
	}
	return err
}

func (rd *reader) next() ([]string, int, error) {
	if len(rd.ahead) > 0 {
		row := rd.ahead[0]
		rd.ahead = rd.ahead[1:]
		if _, ok := rd.source.(*tableSource); ok && rd.plan != nil {
			for len(row.cells) < rd.plan.width {
				row.cells = append(row.cells, "")
			}
		}
		return row.cells, row.line, nil
	}
	cells, line, err := rd.source.next()
	for _, c := range cells {
		rd.letters.see(c)
	}
	return cells, line, err
}

// rows reads every row after the header. Rows without anything in them are none. Where the recipe has no header, the first
// row was looked at as one and is read here. A row with too few cells is held back until another follows it: as the last one,
// in a file that does not end with a line end, it means that the file was cut.
func (rd *reader) rows() error {
	if rd.plan.recipe.Header.None != "" {
		if err := rd.take(rd.first, 1); err != nil {
			return err
		}
	}
	var last []string
	cut := 0
	for {
		cells, line, err := rd.next()
		if rd.cutAllowed && isCut(err) && line > 0 {
			return rd.takeCut(cells, line)
		}
		if errors.Is(err, io.EOF) && cut > 0 && rd.end != nil && rd.end.last != '\n' {
			if rd.cutAllowed {
				return rd.takeCut(last, cut)
			}
			return errCut().At(lineName(cut))
		}
		if cut > 0 && (err == nil || errors.Is(err, io.EOF)) {
			if err := rd.take(last, cut); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) && rd.summary.Rows == 0 && rd.plan.unread && rd.end != nil && rd.end.last != '\n' {
			return refuse("it ends within its header, so it was cut", doDownload)
		}
		if errors.Is(err, io.EOF) {
			return rd.ended()
		}
		if err != nil {
			return err
		}
		if cut = 0; empty(cells) {
			continue
		}
		if len(cells) < rd.plan.width {
			cut, last = line, slices.Clone(cells)
			continue
		}
		for len(cells) > rd.plan.width && strings.TrimSpace(cells[len(cells)-1]) == "" {
			cells = cells[:len(cells)-1]
		}
		if err := rd.take(cells, line); err != nil {
			return err
		}
	}
}

func (rd *reader) ended() error {
	if rd.letters.mojibake() {
		return errEncoding()
	}
	return nil
}

// takeCut takes the broken last row of a file that a person wants for all that is whole in it.
func (rd *reader) takeCut(cells []string, line int) error {
	rd.summary.Rows++
	rd.summary.Rejected++
	row := Row{Line: line, Header: rd.summary.Header, Cells: cells, Status: Rejected,
		Problems: []Problem{{"row", "the file ends in the middle of it: what followed is not here"}}}
	if err := rd.emit(row); err != nil {
		return err
	}
	return rd.ended()
}

func empty(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// take counts one row and emits it.
func (rd *reader) take(cells []string, line int) error {
	row := Row{Line: line, Header: rd.summary.Header, Cells: cells}
	row.Record, row.Problems = rd.plan.record(cells)
	if rd.plan.groups != nil && row.Problems == nil {
		row.More, row.Problems = rd.plan.unfold(cells, &row.Record)
	}
	if row.Problems == nil {
		rd.compare(&row)
	} else {
		row.Status = Rejected
	}
	rd.summary.Rows++
	switch row.Status {
	case Rejected:
		rd.summary.Rejected++
	case Unchanged:
		rd.summary.Unchanged++
	default:
		rd.summary.Accepted++
		row.Flags = rd.plan.flag(&row.Record)
		row.Flags = append(row.Flags, rd.plan.doubtful(cells)...)
		for i := range row.More {
			row.Flags = append(row.Flags, rd.plan.flag(&row.More[i])...)
		}
		if row.Flags != nil {
			rd.summary.Flagged++
		}
	}
	return rd.emit(row)
}

// compare finds out whether the row's key stands earlier in the file.
func (rd *reader) compare(row *Row) {
	rd.row = record.AppendRow(rd.row[:0], rd.plan.dataset, &row.Record)
	for i := range row.More {
		rd.row = record.AppendRow(rd.row, rd.plan.dataset, &row.More[i])
	}
	sum := record.Sum(rd.row)
	key := rd.plan.rowKey(&row.Record, row.Cells)
	earlier, twice := rd.seen[key]
	if rd.plan.recipe.Key.Repeats && row.More == nil {
		for n := 2; twice && earlier.sum != sum; n++ {
			row.Record.Key = fmt.Sprintf("%s|%d", key, n)
			earlier, twice = rd.seen[row.Record.Key]
		}
		key = row.Record.Key
	}
	switch {
	case !twice:
		rd.seen[strings.Clone(key)] = first{row.Line, sum}
		row.Status = Accepted
	case earlier.sum == sum:
		row.Status = Unchanged
	default:
		row.Status = Rejected
		row.Problems = []Problem{{rd.plan.key.name, fmt.Sprintf(
			"lines %d and %d have the same key and different content", earlier.line, row.Line)}}
	}
}

// record reads the cells of a row; every problem is found, not only the first.
func (p *plan) record(cells []string) (record.Record, []Problem) {
	if len(cells) != p.width {
		return record.Record{}, []Problem{{"row", fmt.Sprintf("it has %d cells, the header has %d", len(cells), p.width)}}
	}
	var problems []Problem
	if p.isTotal(cells) {
		return record.Record{}, []Problem{{p.key.name, "it is a sum of other rows, not a row like them"}}
	}
	read := func(c column) record.Value {
		v, why := c.read(cells[c.index])
		if why != "" {
			problems = append(problems, Problem{c.name, why})
		}
		return v
	}
	r := record.Record{Key: p.keyOf(cells), Values: make([]record.Value, len(p.dataset.Fields))}
	if p.at != nil {
		at, why := p.at(cells[p.when.index])
		if r.When = at; why != "" {
			problems = append(problems, Problem{p.when.name, why})
		}
	} else if p.when.index >= 0 {
		if d, ok := read(p.when).Date(); ok {
			r.When = record.OnDate(d)
		}
	}
	at, why := p.place(cells)
	r.Place, problems = at, append(problems, why...)
	for _, c := range p.fields {
		r.Values[c.field] = read(c)
		if c.mark != nil {
			c.mark(cells[c.index], &r)
		}
	}
	if p.quantity.index >= 0 {
		problems = append(problems, p.readLong(cells, &r)...)
	}
	if problems == nil {
		for _, x := range p.dataset.Validate(&r) {
			problems = append(problems, Problem{x.Field, x.Why})
		}
	}
	return r, problems
}

// flag returns everything that is not plausible about a record.
func (p *plan) flag(r *record.Record) (flags []Problem) {
	for _, f := range p.flags {
		if x, out := f(r); out {
			flags = append(flags, x)
		}
	}
	return flags
}
