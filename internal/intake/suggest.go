package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"accord/internal/fault"
	"accord/internal/table"
	"accord/record"
)

// A Draft is a first recipe for a file that no recipe knows, with the dataset it needs. It is for a person to finish: it names
// no publisher, and every field is named after its column.
type Draft struct {
	Name    string          // of the recipe
	Recipe  string          // TOML
	Dataset *record.Dataset //
	Titles  []string        // of the dataset's fields, as the file names them
}

// Words are what names of columns say in the languages of publishers.
type Words struct {
	Totals    []string `toml:"totals"`
	Latitude  []string `toml:"latitude"`
	Longitude []string `toml:"longitude"`
}

// sampled is how many rows a draft is made from.
const sampled = 20_000

// Suggest drafts a recipe for a file. What is in nearly every cell of a column decides how it is read; the others will be
// rejected, so that they are seen.
func Suggest(doc *table.Document, words Words) (*Draft, error) {
	s := &sample{words: words}
	if err := s.read(doc); err != nil {
		return nil, err
	}
	s.findHeader()
	if len(s.rows) == 0 || len(s.header) == 0 {
		return nil, refuse("it has no rows below a header, so nothing can be said of its columns", "give a file with data in it")
	}
	for i := range s.header {
		s.columns = append(s.columns, s.look(i))
	}
	s.findPlace()
	s.findKey()
	return s.draft(draftName(doc.Name)), nil
}

// LoadDraft reads a recipe and the dataset beside it, as Suggest drafts them.
func LoadDraft(file string, recipe, dataset []byte, known []*Recipe) (*Recipe, *record.Dataset, error) {
	r, err := parseRecipe(file, string(recipe))
	if err != nil {
		return nil, nil, err
	}
	d := &record.Dataset{}
	if err := json.Unmarshal(dataset, d); err != nil {
		return nil, nil, fault.New(fault.Invalid, "dataset", "it is not JSON that a description can be: "+err.Error(), "correct it").At(file)
	}
	if err := d.Check(); err != nil {
		return nil, nil, err
	}
	if len(known) > 0 {
		r.systems, r.codes, r.totals = known[0].systems, known[0].codes, known[0].totals
	}
	return r, d, nil
}

// A sample is what of a file a draft is made from.
type sample struct {
	words    Words
	encoding string
	script   string
	within   int // rows before the header
	lines    int // of the header
	none     bool
	top      [][]string
	header   []string
	rows     [][]string
	objects  bool

	columns  []guess
	lat, lon int
	key      []int
}

// A guess is how a column may be read.
type guess struct {
	name     string // of the field
	kind     record.Type
	cell     Cell
	skip     string // why it is not read
	distinct bool
	full     bool // no cell is empty
	longest  int
}

func (s *sample) read(doc *table.Document) error {
	head := make([]byte, min(headSize, doc.Size))
	if _, err := doc.At.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return fault.New(fault.Unavailable, "file", "it cannot be read", "check the disk and try again").Because(err)
	}
	next, stop, err := s.source(doc, head)
	if err != nil {
		return err
	}
	defer stop()
	for len(s.top) < sampled {
		cells, _, err := next.next()
		if errors.Is(err, io.EOF) || err != nil && len(s.top) > 1 {
			break // a file that was cut says enough
		}
		if err != nil {
			return err
		}
		s.top = append(s.top, slices.Clone(cells))
	}
	return nil
}

// source opens the first table of a file that has rows.
func (s *sample) source(doc *table.Document, head []byte) (source, func(), error) {
	f := table.FormatOf(head, doc.Name)
	if f == table.Text {
		if err := checkHead(head); err != nil {
			return nil, nil, err
		}
		var ok bool
		if s.encoding, s.script, ok = guessEncoding(head); !ok {
			return nil, nil, errEncoding()
		}
		text := io.NewSectionReader(doc.At, 0, doc.Size)
		if strings.HasPrefix(string(head), string(bom)) {
			text = io.NewSectionReader(doc.At, int64(len(bom)), doc.Size-int64(len(bom)))
		}
		return &textSource{csv: newCSV(&guard{r: decode(s.encoding, text), strict: s.encoding != "utf-8"})}, func() {}, nil
	}
	tables, err := open(&Recipe{Encodings: []string{"utf-8", "cp949", "shift_jis"}}, f, doc)
	if err != nil {
		return nil, nil, err
	}
	s.encoding, s.objects = "utf-8", tables[0].Objects
	if tables[0].Encoding != "" {
		s.encoding = tables[0].Encoding
	}
	pull, stop := iter.Pull2(tables[0].Rows)
	return &tableSource{pull: pull}, stop, nil
}

// guessEncoding finds an encoding in which a text makes sense, and its script.
func guessEncoding(head []byte) (encoding, script string, ok bool) {
	best := -1
	for _, name := range []string{"utf-8", "cp949", "shift_jis", "windows-1252"} {
		if encodings[name] == nil {
			continue
		}
		if _, fits := chooseEncoding([]string{name}, head, len(head) == headSize); !fits {
			continue
		}
		b, _ := io.ReadAll(io.LimitReader(decode(name, strings.NewReader(string(head))), headSize))
		hangul, kana := countLetters(string(b))
		if name != "utf-8" && 50*(hangul+kana) < len(b) { // some of any bytes are letters there by chance
			hangul, kana = 0, 0
		}
		score, of := hangul, "Hangul"
		if name == "windows-1252" {
			score, hangul, kana = 1, 0, 0
		}
		if kana > hangul {
			score, of = kana, "Japanese"
		}
		if name == "utf-8" {
			score += 1 << 30 // bytes are not UTF-8 by chance
		}
		if score > best {
			best, encoding, script, ok = score, name, of, true
			if hangul+kana == 0 {
				script = ""
			}
		}
	}
	return encoding, script, ok
}

// countLetters counts letters that only Korean has, and those that only Japanese has.
func countLetters(s string) (hangul, kana int) {
	for _, r := range s {
		switch {
		case r >= 0xac00 && r <= 0xd7a3:
			hangul++
		case r >= 0x3041 && r <= 0x30ff:
			kana++
		}
	}
	return hangul, kana
}

// findHeader takes the first row that looks like one: wide, its cells there and different, and hardly a number among them.
func (s *sample) findHeader() {
	width := 0
	for _, row := range s.top[:min(len(s.top), 200)] {
		width = max(width, filledCells(row))
	}
	for s.lines = 1; s.lines <= 6 && s.header == nil; s.lines++ {
		for i := range s.top[:max(0, min(len(s.top)-s.lines, topRows))] {
			if row := joined(s.top[i : i+s.lines]); s.objects || looksLikeHeader(row, width) {
				s.within, s.header, s.rows = i, row, s.top[i+s.lines:]
				break
			}
		}
	}
	s.lines-- // that of the last pass
	if s.header == nil && width > 0 {
		s.none, s.rows = true, s.top
		for i := range width {
			s.header = append(s.header, strconv.Itoa(i+1))
		}
	}
	s.rows = slices.DeleteFunc(slices.Clone(s.rows), func(row []string) bool {
		return empty(row) || filledCells(row)*4 < len(s.header) && filledCells(row) < 2 && len(s.header) > 3
	})
}

func looksLikeHeader(row []string, width int) bool {
	n, numbers := filledCells(row), 0
	seen := map[string]bool{}
	for _, c := range row {
		c = strings.TrimSpace(c)
		if c != "" && seen[c] {
			return false
		}
		seen[c] = true
		if _, why := parseNumber(c, ","); c != "" && why == "" && len(c) != 4 {
			numbers++
		}
	}
	return n > 0 && n*10 >= width*6 && numbers*4 <= n
}

func filledCells(row []string) (n int) {
	for _, c := range row {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

func (s *sample) cell(row []string, i int) string {
	if i < len(row) {
		return strings.TrimSpace(row[i])
	}
	return ""
}

// ways are how cells are tried to be read, what says most first.
var ways = []struct {
	kind   record.Type
	layout string
}{
	{record.Date, "yyyymmdd"}, {record.Date, "yyyy-mm-dd"}, {record.Date, "yyyy.m.d"}, {record.Date, "yyyy/m/d"}, {record.Date, "yyyy.mm"}, {record.Date, "yyyy-mm"},
	{record.Date, "yyyy年m月d日"}, {record.Date, "yyyy년 m월 d일"}, {record.Date, "era"}, {record.Date, "yyyy.m.d h:mm"}, {record.Date, "yyyy-mm-dd hh:mm:ss"},
	{record.Integer, ""}, {record.Number, ""},
}

// look guesses how a column is read, by what reads 98 of 100 cells that say something.
func (s *sample) look(i int) guess {
	g := guess{name: s.fieldName(i), kind: record.Text, distinct: true, full: true}
	said := map[string]int{}
	n := 0
	for _, row := range s.rows {
		c := s.cell(row, i)
		g.longest = max(g.longest, len(c))
		if c == "" {
			g.full = false
			continue
		}
		n++
		if said[c]++; said[c] > 1 {
			g.distinct = false
		}
	}
	g.cell = Cell{Name: g.name, Column: s.columnName(i)}
	for _, nothing := range []string{"-", "...", "NA", "N/A", "*", "…"} {
		if said[nothing] > 0 {
			n -= said[nothing]
			delete(said, nothing)
			g.cell.Absent = append(g.cell.Absent, nothing)
		}
	}
	switch {
	case len(said) == 0:
		g.skip = "empty in the file that was looked at"
		return g
	case g.longest > record.MaxText && g.cell.Column != table.Geometry:
		g.skip = "longer than a text may be"
		return g
	case g.cell.Column == table.Geometry:
		g.kind = record.Geometry
		return g
	}
	return s.typed(g, said, n)
}

func (s *sample) typed(g guess, said map[string]int, n int) guess {
	for _, w := range ways {
		c := g.cell
		c.Layout, c.asWritten = w.layout, true
		if w.kind != record.Date {
			c.Thousands = thousandsIn(said)
			c.Point = true
			c.Layout = ""
		}
		read, err := c.read(w.kind, nil)
		if err != nil {
			continue
		}
		good := 0
		for text, times := range said {
			v, why := read(text)
			if why == "" && (w.kind != record.Integer || v.Num == float64(int64(v.Num)) && v.Num > -1<<53 && v.Num < 1<<53) && !loses(text, w.kind) {
				good += times
			}
		}
		if good*100 >= n*98 {
			g.kind, g.cell = w.kind, c
			g.cell.Point = g.cell.Point && w.kind == record.Number && startsWithPoint(said)
			return g
		}
	}
	return g
}

// loses says whether reading a text as a number would lose something: zeros in front are part of a code.
func loses(text string, kind record.Type) bool {
	return kind != record.Date && len(text) > 1 && text[0] == '0' && text[1] != '.' && text[1] != ','
}

func thousandsIn(said map[string]int) string {
	for text := range said {
		if strings.Contains(text, ",") {
			return ","
		}
	}
	return ""
}

func startsWithPoint(said map[string]int) bool {
	for text := range said {
		if strings.HasPrefix(strings.TrimPrefix(text, "-"), ".") {
			return true
		}
	}
	return false
}

// columnName is how a recipe names a column: by its place, where its name is empty or another's too.
func (s *sample) columnName(i int) string {
	name := strings.TrimSpace(s.header[i])
	if name == "" || columnIndex(s.header, name) != i {
		return "#" + strconv.Itoa(i+1)
	}
	return name
}

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

// fieldName makes a name for a field of a column's, where it is written in Latin and no other's yet; else of its place.
func (s *sample) fieldName(i int) string {
	var b strings.Builder
	column := strings.TrimSpace(s.header[i])
	for k, r := range column {
		if k > 0 && r >= 'A' && r <= 'Z' && b.Len() > 0 && b.String()[b.Len()-1] >= 'a' {
			b.WriteByte('_')
		}
		b.WriteString(strings.ToLower(string(r)))
	}
	name := strings.Trim(notWord.ReplaceAllString(b.String(), "_"), "_")
	taken := slices.ContainsFunc(s.columns, func(g guess) bool { return g.name == name })
	if len(name) < 2 || name[0] < 'a' || len(name) > 60 || taken || strings.ContainsFunc(column, func(r rune) bool { return r > 0x7f }) {
		return fmt.Sprintf("c%02d", i+1)
	}
	return name
}

// findPlace looks for two columns of degrees, by their names and by what can be degrees.
func (s *sample) findPlace() {
	s.lat, s.lon = -1, -1
	for i := range s.header {
		name := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(s.header[i]), " ", ""))
		if s.columns[i].kind != record.Number && s.columns[i].kind != record.Integer {
			continue
		}
		if s.lat < 0 && slices.Contains(s.words.Latitude, name) && s.within90(i) {
			s.lat = i
		} else if s.lon < 0 && slices.Contains(s.words.Longitude, name) {
			s.lon = i
		}
	}
	if s.lat < 0 || s.lon < 0 {
		s.lat, s.lon = -1, -1
	}
}

func (s *sample) within90(i int) bool {
	for _, row := range s.rows {
		if f, why := parseNumber(s.cell(row, i), ""); why == "" && (f > 90 || f < -90) {
			return false
		}
	}
	return true
}

// findKey takes the first column that names every row, else the fewest columns from the left that do.
func (s *sample) findKey() {
	usable := func(i int) bool {
		g := s.columns[i]
		return g.skip == "" && g.kind != record.Geometry && g.longest <= 60 && i != s.lat && i != s.lon
	}
	for i := range s.header {
		if usable(i) && s.columns[i].distinct && s.columns[i].full && s.columns[i].longest <= record.MaxKey {
			s.key = []int{i}
			return
		}
	}
	length := 0
	for i := range s.header {
		if !usable(i) || s.columns[i].kind == record.Number || length+s.columns[i].longest+1 > record.MaxKey {
			continue
		}
		s.key = append(s.key, i)
		length += s.columns[i].longest + 1
		seen := map[string]bool{}
		for _, row := range s.rows {
			seen[s.keyOf(row)] = true
		}
		if len(seen) == len(s.rows) {
			return
		}
	}
}

func (s *sample) keyOf(row []string) string {
	var parts []string
	for _, i := range s.key {
		parts = append(parts, s.cell(row, i))
	}
	return strings.Join(parts, "|")
}

// draftName makes a name of a file's.
func draftName(file string) string {
	name := strings.Trim(notWord.ReplaceAllString(strings.ToLower(strings.TrimSuffix(file, filepath.Ext(file))), "-"), "-")
	if name == "" || name[0] < 'a' {
		name = strings.TrimSuffix("draft-"+name, "-")
	}
	return name[:min(len(name), 60)]
}
