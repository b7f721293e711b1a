package export

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"accord/internal/fault"
	"accord/record"
)

// xlsxFile writes a workbook with a sheet of rows and one about their source. Texts are texts and never formulas.
type xlsxFile struct {
	to   io.Writer
	file *excelize.File
	w    *excelize.StreamWriter
	head *Head
	rows int
}

// A sheet has no more rows than this, the header among them.
const maxSheet = 1_048_576

const rowsSheet, sourceSheet = "Data", "Source"

func newXLSX(w io.Writer, h *Head) (Writer, error) {
	f := &xlsxFile{to: w, file: excelize.NewFile(), head: h}
	if err := f.open(); err != nil {
		_ = f.file.Close()
		return nil, err
	}
	return f, nil
}

func (f *xlsxFile) open() (err error) {
	if err = f.file.SetSheetName("Sheet1", rowsSheet); err != nil {
		return err
	}
	bold, err := f.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return err
	}
	if f.w, err = f.file.NewStreamWriter(rowsSheet); err != nil {
		return err
	}
	if err = f.w.SetColWidth(1, len(f.head.Columns)+3, 16); err != nil {
		return err
	}
	if err = f.w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	var line []any
	for i := range f.head.Columns {
		line = append(line, excelize.Cell{StyleID: bold, Value: clean(f.head.Columns[i].heading())})
	}
	places := []string{"latitude", "longitude", "cell [m]"}
	if f.head.Plain {
		places = nil
	}
	for _, s := range places {
		line = append(line, excelize.Cell{StyleID: bold, Value: s})
	}
	return f.write(line)
}

func (f *xlsxFile) write(line []any) error {
	f.rows++
	if f.rows > maxSheet {
		return fault.New(fault.Invalid, "workbook", fmt.Sprintf("a sheet has at most %d rows", maxSheet), "choose fewer days, or take the CSV file")
	}
	return f.w.SetRow(fmt.Sprintf("A%d", f.rows), line)
}

func (f *xlsxFile) Row(r *Row) error {
	line := make([]any, 0, len(r.Values)+3)
	for _, v := range r.Values {
		switch v.Type {
		case "":
			line = append(line, nil)
		case record.Number, record.Integer:
			line = append(line, v.Num)
		case record.Bool:
			line = append(line, v.Num != 0)
		default:
			line = append(line, clean(v.Text))
		}
	}
	if r.Place.Known {
		line = append(line, r.Place.Lat, r.Place.Lon)
		if r.Place.Grid > 0 {
			line = append(line, r.Place.Grid)
		}
	}
	return f.write(line)
}

// clean leaves of a text what a cell can hold: no control characters, and as many letters as a cell has.
func clean(s string) string {
	s = strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' && c != '\t' || c == utf8.RuneError || c == 0xfffe || c == 0xffff {
			return -1
		}
		return c
	}, s)
	if utf8.RuneCountInString(s) > excelize.TotalCellChars/2 {
		s = string([]rune(s)[:excelize.TotalCellChars/2])
	}
	return s
}

func (f *xlsxFile) Close() error {
	defer f.file.Close()
	if err := f.w.Flush(); err != nil {
		return err
	}
	if _, err := f.file.NewSheet(sourceSheet); err != nil {
		return err
	}
	for i, s := range append([]string{f.head.Title}, f.head.Source...) {
		if err := f.file.SetCellStr(sourceSheet, fmt.Sprintf("A%d", i+1), clean(s)); err != nil {
			return err
		}
	}
	if err := f.file.SetColWidth(sourceSheet, "A", "A", 100); err != nil {
		return err
	}
	_, err := f.file.WriteTo(f.to)
	return err
}
