package table

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// openWorkbook returns the sheets of an XLSX file. Numbers are those that are stored, not as a cell's format shows them, so that
// a date is the serial number of its day; the reading of a text leaves out the furigana above it.
func openWorkbook(d *Document) ([]Table, error) {
	if err := checkZip(d); err != nil {
		return nil, err
	}
	book, err := excelize.OpenReader(io.NewSectionReader(d.At, 0, d.Size), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxInflated, UnzipXMLSizeLimit: 16 << 20,
	})
	if err != nil {
		return nil, refuse("it is no workbook that can be read: "+brief(err), doExport).Because(err)
	}
	base := 0 // days by which its serial numbers are behind those that count from 1900
	if p, err := book.GetWorkbookProps(); err == nil && p.Date1904 != nil && *p.Date1904 {
		base = 1462
	}
	if base != 0 {
		return nil, refuse("its dates count from 1904", "save it as CSV, or with dates that count from 1900")
	}
	var all []Table
	for _, name := range book.GetSheetList() {
		all = append(all, Table{Name: name, Encoding: "utf-8", Rows: func(yield func(Row, error) bool) { sheet(book, name, yield) }})
	}
	if len(all) == 0 {
		return nil, refuse("it is a workbook without a sheet", doExport)
	}
	return all, nil
}

func sheet(book *excelize.File, name string, yield func(Row, error) bool) {
	rows, err := book.Rows(name)
	if err != nil {
		yield(Row{}, refuse("a sheet of it cannot be read: "+brief(err), doExport).Because(err))
		return
	}
	defer rows.Close()
	for line := 1; rows.Next(); line++ {
		cells, err := rows.Columns()
		switch {
		case err != nil:
			err = refuse("a row of it cannot be read: "+brief(err), doExport).At(fmt.Sprintf("%s, row %d", name, line)).Because(err)
		case len(cells) > 1<<14:
			err = errColumns()
		}
		for i := range cells {
			if len(cells[i]) > maxCell {
				err = errCell(line)
			}
		}
		if !yield(Row{line, cells}, err) || err != nil {
			return
		}
	}
	if err := rows.Error(); err != nil {
		yield(Row{}, refuse("a sheet of it ends in the middle: "+brief(err), doDownload).Because(err))
	}
}

// brief is an error of a library as one short line.
func brief(err error) string {
	s := strings.ToValidUTF8(strings.Join(strings.Fields(err.Error()), " "), "")
	if len(s) > 160 {
		s = s[:160]
	}
	return strings.ToValidUTF8(s, "")
}

// checkZip refuses an archive that says more of itself than it may: many files, much in them, or a size that is not its own.
func checkZip(d *Document) error {
	z, err := zip.NewReader(d.At, d.Size)
	if err != nil {
		return refuse("it is a damaged archive or one that was cut: "+brief(err), doDownload).Because(err)
	}
	if len(z.File) > 2000 {
		return refuse("it is an archive of more than 2000 files", doExport)
	}
	total := uint64(0)
	for _, f := range z.File {
		if f.Flags&1 != 0 {
			return refuse("it is locked with a password", "save it without one")
		}
		if total += f.UncompressedSize64; total > maxInflated {
			return refuse(fmt.Sprintf("it would have more than %d bytes when inflated", maxInflated), doSplit)
		}
		if f.UncompressedSize64 > 1<<20 && f.UncompressedSize64/200 > f.CompressedSize64 {
			return refuse("it is packed two hundred times smaller than it is, which no table of anybody is", doDownload)
		}
	}
	return nil
}

// inflate reads one file of an archive; a file that is longer than it says is refused.
func inflate(f *zip.File, most int64) ([]byte, error) {
	if f.UncompressedSize64 > uint64(most) {
		return nil, refuse(fmt.Sprintf("%.80q in it is longer than %d bytes", f.Name, most), doSplit)
	}
	r, err := f.Open()
	if err != nil {
		return nil, refuse("it is a damaged archive: "+brief(err), doDownload).Because(err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, refuse("it is a damaged archive: "+brief(err), doDownload).Because(err)
	}
	if int64(len(b)) > most {
		return nil, refuse(fmt.Sprintf("%.80q in it is longer than it says", f.Name), doDownload)
	}
	return b, nil
}
