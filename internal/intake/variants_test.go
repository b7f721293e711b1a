package intake

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"accord/internal/area/all"
	"accord/internal/fault"
	"accord/internal/table"
	"accord/record"
)

// sheetRows is how many rows of a real file its variants have.
const sheetRows = 100

// A sheet is the beginning of a real file as cells, of which a publisher's next file is made.
type sheet struct {
	recipe  *Recipe
	dataset *record.Dataset
	top     [][]string // what stands above the header
	header  [][]string // none where the file has none
	rows    [][]string
	file    string
}

// sheetOf takes a real file apart; ok is false for one that is no table of cells.
func sheetOf(t *testing.T, r *Recipe, doc *table.Document, name string) (s sheet, ok bool) {
	t.Helper()
	d, found := all.Lookup(r.Dataset, r.Version)
	if !found {
		t.Fatal("no such dataset")
	}
	s = sheet{recipe: r, dataset: d, file: name}
	rd := newReader(r, nil)
	head := make([]byte, min(headSize, doc.Size))
	doc.At.ReadAt(head, 0)
	if f := table.FormatOf(head, doc.Name); f != table.Text {
		tables, err := open(r, f, doc)
		if err != nil {
			t.Fatal(err)
		}
		for i := range tables {
			if s.top, s.header, s.rows = nil, nil, nil; s.fromTable(&tables[i]) {
				return s, true
			}
		}
		return s, false
	}
	encoding, fits := chooseEncoding(r.Encodings, head, len(head) == headSize)
	if !fits {
		t.Fatal("its encoding is not known")
	}
	rd.source = &textSource{csv: newCSV(decode(encoding, bytes.NewReader(bytes.TrimPrefix(head, bom))))}
	return s, s.take(func() ([]string, error) { cells, _, err := rd.next(); return cells, err })
}

func (s *sheet) fromTable(from *table.Table) bool {
	var rows [][]string
	for row, err := range from.Rows {
		if err != nil || len(rows) > sheetRows+topRows {
			break
		}
		rows = append(rows, slices.Clone(row.Cells))
	}
	return s.take(func() ([]string, error) {
		if len(rows) == 0 {
			return nil, errors.New("no more")
		}
		row := rows[0]
		rows = rows[1:]
		return row, nil
	})
}

func (s *sheet) take(next func() ([]string, error)) bool {
	var seen [][]string
	noting := func() ([]string, error) {
		cells, err := next()
		if err == nil {
			seen = append(seen, slices.Clone(cells))
		}
		return cells, err
	}
	header, after, err := s.recipe.findHeader(noting)
	if err != nil || after > 0 || len(s.recipe.missOf(header).missing) > 0 {
		return false
	}
	lines := max(1, s.recipe.Header.Lines)
	if s.recipe.Header.None != "" {
		s.rows = seen
	} else {
		s.top, s.header = seen[:len(seen)-lines], seen[len(seen)-lines:]
	}
	width := len(header)
	for len(s.rows) < sheetRows {
		cells, err := next()
		if err != nil {
			break
		}
		row := slices.Clone(cells)
		for len(row) < width {
			row = append(row, "")
		}
		s.rows = append(s.rows, row)
		if slices.ContainsFunc(row, func(c string) bool { return len(c) > maxCell }) {
			return false
		}
	}
	for i := range s.header {
		for len(s.header[i]) < width {
			s.header[i] = append(s.header[i], "")
		}
	}
	return true
}

// names is the header as one row.
func (s *sheet) names() []string { return joined(s.header) }

// clone is a copy whose cells may be changed.
func (s *sheet) clone() *sheet {
	c := *s
	deep := func(rows [][]string) (out [][]string) {
		for _, row := range rows {
			out = append(out, slices.Clone(row))
		}
		return out
	}
	c.top, c.header, c.rows = deep(s.top), deep(s.header), deep(s.rows)
	return &c
}

// each changes every row of the header and of the table.
func (s *sheet) each(f func(row []string, header bool) []string) *sheet {
	c := s.clone()
	for i := range c.header {
		c.header[i] = f(c.header[i], true)
	}
	for i := range c.rows {
		c.rows[i] = f(c.rows[i], false)
	}
	return c
}

// csv writes the sheet as text in UTF-8.
func (s *sheet) csv(crlf bool) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = crlf
	w.WriteAll(slices.Concat(s.top, s.header, s.rows))
	return b.Bytes()
}

var errEnough = errors.New("enough was read")

// read reads bytes as the sheet's recipe does: what became of every row, and its records in canonical form.
func (s *sheet) read(data []byte, without string) (rows []string, err error) {
	r := *s.recipe
	r.CutAllowed = true
	at := s.dataset.Index(without)
	_, err = ReadDocument(&r, s.dataset, table.Bytes(data), func(row Row) error {
		records := row.More
		if records == nil {
			records = []record.Record{row.Record}
		}
		var said []string
		for i := range records {
			if at >= 0 && at < len(records[i].Values) {
				records[i].Values[at] = record.Value{}
			}
			if row.Status != Rejected {
				said = append(said, string(record.AppendRow(nil, s.dataset, &records[i])))
			}
		}
		slices.Sort(said)
		if rows = append(rows, string(row.Status)+" "+strings.Join(said, "\n")); len(rows) == sheetRows {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return rows, err
}

// A variant is what a publisher's next file differs in. make returns nothing where a file cannot differ in it; without is a field
// that the file then does not have.
type variant struct {
	name string
	make func(s *sheet) (data []byte, without string)

	named bool // its header is the file's, by which it is recognised
}

// simple is a variant that leaves every value as it is.
func simple(name string, make func(s *sheet) []byte) variant {
	return variant{name: name, make: func(s *sheet) ([]byte, string) { return make(s), "" }}
}

// cells is a variant whose header is the file's.
func cells(name string, make func(s *sheet) []byte) variant {
	v := simple(name, make)
	v.named = true
	return v
}

func (s *sheet) placed() bool {
	named := func(c string) bool { return strings.HasPrefix(c, "#") }
	for _, c := range s.recipe.columns() {
		if named(c.Column) {
			return true
		}
	}
	return s.recipe.Header.None != ""
}

func encoded(name string) variant {
	return simple(name, func(s *sheet) []byte {
		if !slices.Contains(s.recipe.Encodings, name) {
			return nil
		}
		b, err := encodings[name].NewEncoder().Bytes(s.csv(true))
		if err != nil || bytes.Equal(b, s.csv(true)) {
			return nil
		}
		return b
	})
}

// renamed changes the names of columns, where there is a header.
func renamed(name string, f func(string) string) variant {
	return simple(name, func(s *sheet) []byte {
		if s.header == nil {
			return nil
		}
		return s.each(func(row []string, header bool) []string {
			for i := range row {
				if header && row[i] != "" {
					row[i] = f(row[i])
				}
			}
			return row
		}).csv(false)
	})
}

// capitals is not for names that are themselves part of a key.
var capitals = variant{name: "names in capitals", make: func(s *sheet) ([]byte, string) {
	if len(s.recipe.Across) > 0 {
		return nil, ""
	}
	return renamed("", strings.ToUpper).make(s)
}}

// wide16 writes the letters of ASCII in their full width.
func wide16(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r + 0xfee0
		}
		return r
	}, s)
}

var otherBrackets = strings.NewReplacer("(", "［", ")", "］", "[", "（", "]", "）", "（", "[", "）", "]")

// withoutColumns leaves columns out.
func withoutColumns(s *sheet, out func(i int) bool) []byte {
	return s.each(func(row []string, _ bool) (kept []string) {
		for i := range row {
			if !out(i) {
				kept = append(kept, row[i])
			}
		}
		return kept
	}).csv(false)
}

// added is a cell of a column that no recipe knows; an empty row stays empty.
func added(row []string, header bool) string {
	switch {
	case header:
		return "새 항목 新しい列"
	case empty(row):
		return ""
	}
	return "x"
}

var alike = []variant{
	cells("LF", func(s *sheet) []byte { return s.csv(false) }),
	simple("CRLF", func(s *sheet) []byte { return s.csv(true) }),
	simple("mark", func(s *sheet) []byte { return slices.Concat(bom, s.csv(true)) }),
	encoded("cp949"), encoded("shift_jis"),
	simple("empty lines", func(s *sheet) []byte { return slices.Concat(s.csv(false), []byte("\n\n,,,\n\n")) }),
	simple("columns turned round", func(s *sheet) []byte {
		if s.placed() {
			return nil
		}
		return s.each(func(row []string, _ bool) []string { slices.Reverse(row); return row }).csv(false)
	}),
	simple("one more column behind", func(s *sheet) []byte {
		if s.header == nil {
			return nil
		}
		return s.each(func(row []string, header bool) []string { return append(row, added(row, header)) }).csv(false)
	}),
	simple("one more column before", func(s *sheet) []byte {
		if s.placed() {
			return nil
		}
		return s.each(func(row []string, header bool) []string { return append([]string{added(row, header)}, row...) }).csv(false)
	}),
	simple("title above", func(s *sheet) []byte {
		if s.header == nil {
			return nil
		}
		c := s.clone()
		c.top = append([][]string{{"제목 表題"}, {"2025-01-31 기준 現在", ""}, {""}}, c.top...)
		return c.csv(false)
	}),
	simple("without what is ignored", func(s *sheet) []byte {
		if s.placed() || len(s.recipe.Ignored) == 0 {
			return nil
		}
		names := s.names()
		return withoutColumns(s, func(i int) bool {
			for c := range s.recipe.Ignored {
				if columnIndex(names, c) == i {
					return true
				}
			}
			return false
		})
	}),
	renamed("names of full width", wide16),
	renamed("names in other brackets", otherBrackets.Replace),
	renamed("spaces in names", func(n string) string { return "  " + strings.ReplaceAll(n, "(", " \n(") + "\u00a0" }),
	capitals,
	simple("workbook", workbookOf), simple("JSON", jsonOf),
	cells("thousands", func(s *sheet) []byte { return s.changed(numbersOf, thousandsIn4) }),
	cells("digits of full width", func(s *sheet) []byte { return s.changed(numbersOf, wide16) }),
	dated("2006-01-02", "2006-01-02 15:04:05"), dated("2006/1/2", "2006/1/2 15:04:05"), dated("20060102", "20060102150405"),
	dated("2006.1.2", "2006.01.02 15:04:05"), dated("2006. 1. 2.", "2006. 1. 2. 15:04:05"), dated("2006年1月2日", "2006年1月2日15時04分05秒"),
	dated("2006년 1월 2일", "2006년 1월 2일 오후 03시 04분 05초"), dated("era", "era 15:04:05"), dated("R", "R 15:04:05"), dated("serial", "serial"), dated("2006-01-02 00:00:00", "2006-01-02T15:04:05Z07:00"),
}

// workbookOf writes the sheet as a workbook whose cells are all text.
func workbookOf(s *sheet) []byte {
	if s.header == nil {
		return nil // its first row says how wide it is, and a workbook has no empty cells behind
	}
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range slices.Concat(s.top, s.header, s.rows) {
		at, _ := excelize.CoordinatesToCellName(1, i+1)
		if slices.ContainsFunc(row, func(c string) bool { return len(c) > 32_000 }) {
			return nil
		}
		if err := f.SetSheetRow("Sheet1", at, &row); err != nil {
			return nil
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		return nil
	}
	return b.Bytes()
}

// jsonOf writes the sheet as an array of objects, as an interface gives rows out.
func jsonOf(s *sheet) []byte {
	names := s.names()
	if len(s.header) != 1 || s.placed() || len(s.rows) == 0 || slices.Contains(names, "") || slices.Contains(names, "#1") {
		return nil
	}
	var objects []map[string]string
	for _, row := range s.rows {
		o := map[string]string{}
		for i, n := range names {
			o[strings.TrimSpace(n)] = row[i]
		}
		objects = append(objects, o)
	}
	b, err := json.Marshal(map[string]any{"response": map[string]any{"code": "00", "items": objects}})
	if err != nil {
		return nil
	}
	return b
}

// changed rewrites the cells of some columns; nil where nothing changes.
func (s *sheet) changed(which func(*sheet) []int, f func(string) string) []byte {
	at, before := which(s), s.csv(false)
	after := s.each(func(row []string, header bool) []string {
		for _, i := range at {
			if !header && i < len(row) {
				row[i] = f(row[i])
			}
		}
		return row
	}).csv(false)
	if bytes.Equal(before, after) {
		return nil
	}
	return after
}

// numbersOf are the columns that are read as numbers and by no key.
func numbersOf(s *sheet) (at []int) {
	names := s.headerOrPlaces()
	cells := s.recipe.Fields
	for _, a := range s.recipe.Across {
		for _, c := range a.columns(names, s.recipe) {
			at = append(at, c.index)
		}
	}
	if s.recipe.Long != nil {
		cells = append(slices.Clone(cells), s.recipe.Long.Value)
	}
	for _, c := range cells {
		i := s.dataset.Index(c.Name)
		number := i < 0 || s.dataset.Fields[i].Type == record.Number || s.dataset.Fields[i].Type == record.Integer
		if k := c.in(names); number && k >= 0 && c.Layout == "" && c.Always == "" && !slices.Contains(s.keys(names), k) {
			at = append(at, k)
		}
	}
	return at
}

func (s *sheet) keys(names []string) (at []int) {
	for _, c := range s.recipe.Key.Columns {
		at = append(at, columnIndex(names, c))
	}
	return append(at, columnIndex(names, s.recipe.Key.Column))
}

func (s *sheet) headerOrPlaces() []string {
	if s.header != nil {
		return s.names()
	}
	var names []string
	for i := range s.rows[0] {
		names = append(names, strconv.Itoa(i+1))
	}
	return names
}

// thousandsIn4 writes a separator into a whole number of four digits and more.
func thousandsIn4(cell string) string {
	whole, rest, point := strings.Cut(strings.TrimSpace(cell), ".")
	digits := strings.TrimPrefix(whole, "-")
	if !isDigits(digits) || len(digits) < 4 || len(digits) > 12 {
		return cell
	}
	out := ""
	for len(digits) > 3 {
		out = "," + digits[len(digits)-3:] + out
		digits = digits[:len(digits)-3]
	}
	out = strings.Repeat("-", len(whole)-len(strings.TrimPrefix(whole, "-"))) + digits + out
	if point {
		out += "." + rest
	}
	return out
}

// dated writes every day in another way and every instant too. What is known to a month or a year only stays as it is.
func dated(day, instant string) variant {
	return cells("dates as "+day, func(s *sheet) []byte {
		names := s.headerOrPlaces()
		after := s.clone()
		changed := false
		rewrite := func(c *Cell, clock bool) {
			at := c.in(names)
			if c.Column == "" || at < 0 {
				return
			}
			for _, row := range after.rows {
				if text, ok := rewritten(c, row[at], day, instant, clock); ok {
					row[at], changed = text, true
				}
			}
		}
		if w := s.recipe.When; w.Column != "" {
			rewrite(&w, w.Offset != "" || w.Zone != "")
		}
		for i := range s.recipe.Fields {
			c := &s.recipe.Fields[i]
			if s.dataset.Fields[s.dataset.Index(c.Name)].Type == record.Date {
				rewrite(c, false)
			}
		}
		if !changed {
			return nil
		}
		return after.csv(false)
	})
}

func rewritten(c *Cell, cell, day, instant string, clock bool) (string, bool) {
	if clock {
		zone, _ := c.clock()
		read, err := c.instant()
		if err != nil {
			return "", false
		}
		at, why := read(cell)
		t, ok := at.Instant()
		if why != "" || !ok || t.Nanosecond() > 0 && instant != "serial" {
			return "", false
		}
		return inForm(t.In(zone), instant)
	}
	read, err := c.read(record.Date, nil)
	if err != nil {
		return "", false
	}
	v, why := read(cell)
	d, ok := v.Date()
	if why != "" || !ok || d.First() != d.Last() {
		return "", false
	}
	return inForm(d.First().Time(), day)
}

// inForm writes a time, in an era of Japan and as a spreadsheet's number too, where that can say it.
func inForm(t time.Time, form string) (string, bool) {
	name, rest, _ := strings.Cut(form, " ")
	switch name {
	case "serial":
		days := t.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, t.Location())).Hours() / 24
		if days < 25569 || days > 73050 {
			return "", false
		}
		if days == float64(int(days)) && strings.Contains(form, "serial") && t.Hour()+t.Minute()+t.Second() == 0 {
			return fmt.Sprintf("%d.0", int(days)), true
		}
		return strconv.FormatFloat(days, 'f', 8, 64), true
	case "era", "R":
		if t.Year() < 2020 {
			return "", false
		}
		text := fmt.Sprintf("令和%d年%d月%d日", t.Year()-2018, t.Month(), t.Day())
		if name == "R" {
			text = fmt.Sprintf("R%d.%d.%d", t.Year()-2018, t.Month(), t.Day())
		}
		if rest != "" {
			text += " " + t.Format(rest)
		}
		return text, true
	}
	text := t.Format(form)
	if strings.Contains(form, "오후") && t.Hour() < 12 {
		text = strings.Replace(text, "오후", "오전", 1)
	}
	return text, true
}

// absences are variants without one of the columns that a recipe calls optional.
func absences(s *sheet) (all []variant) {
	if s.header == nil || s.placed() {
		return nil
	}
	names := s.names()
	for _, c := range s.recipe.Fields {
		at := c.in(names)
		if !c.Optional || at < 0 || c.Required || slices.Contains(s.keys(names), at) {
			continue
		}
		all = append(all, variant{name: "without " + c.Column, make: func(s *sheet) ([]byte, string) {
			return withoutColumns(s, func(i int) bool { return i == at }), c.Name
		}})
	}
	return all
}

// TestRecipesVariants: what a publisher's next file may differ in does not change what is read of the beginning of a real one:
// its encoding, line ends, order and names of columns, what stands above and below, another way to write days and numbers, another
// format of files.
func TestRecipesVariants(t *testing.T) {
	known := recipes(t)
	for _, file := range dataFiles(t) {
		doc, f, err := OpenDocument(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r, err := DetectDocument(known, doc)
		if err != nil {
			continue
		}
		if r, err = r.ForFile(filepath.Base(file)); err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			s, ok := sheetOf(t, r, doc, filepath.Base(file))
			if !ok {
				t.Skip("it has no cells that CSV could hold")
			}
			want := s.original(t, doc)
			near := slices.DeleteFunc(slices.Clone(known), func(o *Recipe) bool { // a recipe without a column of it cannot fit a variant
				return s.header != nil && o.Header.None == "" && o.missOf(s.names()).found == 0
			})
			for _, v := range append(absences(&s), alike...) {
				data, without := v.make(&s)
				if data == nil {
					continue
				}
				if !v.named {
					s.recognised(t, v.name, near, data)
				}
				s.compare(t, v.name, data, without, want)
			}
		})
	}
}

// original is what the recipe reads of the file as it is, as far as the sheet goes.
func (s *sheet) original(t *testing.T, doc *table.Document) []string {
	t.Helper()
	want, err := s.read(s.csv(false), "")
	if err != nil {
		t.Fatal(err)
	}
	whole := make([]byte, doc.Size)
	doc.At.ReadAt(whole, 0)
	real, err := s.read(whole, "")
	if err != nil && table.FormatOf(whole, s.file) == table.Text {
		t.Fatal(err)
	}
	if err == nil && (len(real) < len(want) || !slices.Equal(real[:len(want)], want)) {
		t.Errorf("the beginning of the file reads otherwise than the file: %s", differ(real, want))
	}
	return want
}

func (s *sheet) recognised(t *testing.T, name string, known []*Recipe, data []byte) {
	t.Helper()
	if found, err := DetectDocument(known, table.Bytes(data)); err != nil || found.Name != s.recipe.Name {
		t.Errorf("%s: it is not recognised: %v", name, err)
	}
}

func (s *sheet) compare(t *testing.T, name string, data []byte, without string, want []string) {
	t.Helper()
	got, err := s.read(data, without)
	if without != "" && err == nil {
		want, err = s.read(s.csv(false), without)
	}
	if err != nil {
		t.Errorf("%s: %v", name, err)
	} else if !slices.Equal(got, want) {
		t.Errorf("%s: %s", name, differ(got, want))
	}
}

// differ says where two readings begin to differ.
func differ(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("row %d\n got %.600s\nwant %.600s", i+1, got[i], want[i])
		}
	}
	return fmt.Sprintf("%d rows, want %d", len(got), len(want))
}

func countsOf(t *testing.T, r *Recipe, data []byte) Summary {
	t.Helper()
	d, ok := all.Lookup(r.Dataset, r.Version)
	if !ok {
		t.Fatal("no such dataset")
	}
	sum, err := ReadDocument(r, d, table.Bytes(data), func(Row) error { return nil })
	if err != nil && fault.KindOf(err) != fault.Invalid || err != nil {
		t.Errorf("%v", err)
	}
	return sum
}

// TestSumsAreNoRows: a row whose name is a word for a sum is rejected, whatever the width of its spaces.
func TestSumsAreNoRows(t *testing.T) {
	r, err := Find(recipes(t), "jp-kosen-floor")
	if err != nil {
		t.Fatal(err)
	}
	got := countsOf(t, r, []byte("事業所名,校舎(㎡),寄宿舎(㎡)\n東京,1,\"2,000\"\n合　計,1,2\n※ 注,,\n"))
	if got.Rows != 3 || got.Accepted != 2 || got.Rejected != 1 {
		t.Errorf("%+v", got)
	}
}
