package intake

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"accord/internal/fault"
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
	rd := &reader{
		csv:  newCSV(&guard{r: decode(name, in), strict: name != "utf-8"}),
		emit: emit, seen: map[string]first{}, letters: letters{script: scripts[r.Script]},
		summary: Summary{Encoding: name},
	}
	if err := rd.header(r, d); err != nil {
		return rd.summary, err
	}
	return rd.summary, rd.rows()
}

// A reader is the reading of one file.
type reader struct {
	csv     *csv.Reader
	plan    *plan
	emit    func(Row) error
	seen    map[string]first
	letters letters
	summary Summary
	row     []byte // for canonical rows
}

// first is the first accepted row of a key.
type first struct {
	line int
	sum  [32]byte
}

func (rd *reader) header(r *Recipe, d *record.Dataset) error {
	cells, err := r.findHeader(func() ([]string, error) {
		cells, _, err := rd.next()
		return cells, err
	})
	if errors.Is(err, io.EOF) {
		return refuse("it has no header", doDownload)
	}
	if err != nil {
		return err
	}
	rd.summary.Header = append([]string(nil), cells...)
	rd.plan, err = compile(r, d, rd.summary.Header)
	if err == nil {
		rd.summary.Unmapped = rd.plan.unmapped
	}
	return err
}

// next reads one record. io.EOF is the end of a whole file; every other error is a fault.
func (rd *reader) next() ([]string, int, error) {
	cells, err := rd.csv.Read()
	if err != nil {
		return nil, 0, rd.refused(err)
	}
	line, _ := rd.csv.FieldPos(0)
	if len(cells) > maxCells {
		return nil, 0, refuse(fmt.Sprintf("a record has more than %d cells", maxCells), doDownload).At(lineName(line))
	}
	for _, c := range cells {
		if len(c) > maxCell {
			return nil, 0, refuse(fmt.Sprintf("a cell is longer than %d bytes", maxCell), doDownload).At(lineName(line))
		}
		rd.letters.see(c)
	}
	return cells, line, nil
}

// refused says in our words why a file cannot be read on.
func (rd *reader) refused(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f
	}
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		return refuse("a quote stands where CSV has none, or is never closed: the file is damaged or was cut", doDownload).
			At(lineName(p.StartLine)).Because(err)
	}
	return fault.New(fault.Unavailable, "file", "it cannot be read to its end", "check the disk and try again").Because(err)
}

// rows reads every row after the header. A row with too few cells is held back until another follows it: as the last
// one it means that the file was cut.
func (rd *reader) rows() error {
	cut := 0
	for {
		cells, line, err := rd.next()
		if errors.Is(err, io.EOF) {
			return rd.end(cut)
		}
		if err != nil {
			return err
		}
		cut = 0
		if len(cells) < rd.plan.width {
			cut = line
		}
		if err := rd.take(cells, line); err != nil {
			return err
		}
	}
}

func (rd *reader) end(cut int) error {
	switch {
	case cut > 0:
		return refuse("its last record has fewer cells than its header, so it was cut", doDownload).At(lineName(cut))
	case rd.letters.mojibake():
		return errEncoding()
	}
	return nil
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
	if p.lat.index >= 0 {
		lat, lon := read(p.lat), read(p.lon)
		if lat.IsAbsent() != lon.IsAbsent() {
			problems = append(problems, Problem{p.lat.name, "one coordinate is there and the other is not"})
		}
		r.Place = record.Place{Known: !lat.IsAbsent() && !lon.IsAbsent(), Lat: lat.Num, Lon: lon.Num}
		if p.convert != nil && r.Place.Known {
			problems = append(problems, p.toWGS84(&r.Place)...)
		}
	}
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
