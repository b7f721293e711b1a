package intake

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"accord/internal/fault"
	"accord/internal/table"
)

// HeadSize is how much of a file Detect wants to see; less is fine when the file is shorter.
const HeadSize = headSize

// Detect recognises a text table by the first bytes of it, by its encoding and header, never by its name, and a file of
// another format by all of it. A file that no recipe fits is refused, and so is one that two fit, with both named.
func Detect(recipes []*Recipe, head []byte) (*Recipe, error) {
	if table.FormatOf(head, "") != table.Text {
		return DetectDocument(recipes, table.Bytes(head))
	}
	if err := checkHead(head); err != nil {
		return nil, err
	}
	type chosen struct {
		name string
		ok   bool
	}
	known := map[string]chosen{} // by the encodings of a recipe: many have the same
	return choose(recipes, func(r *Recipe) miss {
		c, seen := known[names(r.Encodings)]
		if !seen {
			c.name, c.ok = chooseEncoding(r.Encodings, head, len(head) >= headSize)
			known[names(r.Encodings)] = c
		}
		return r.match(head, c.name, c.ok)
	})
}

// DetectDocument is Detect for a file that can be read at any place of it. Parts of a shapefile are looked for beside it.
func DetectDocument(recipes []*Recipe, doc *table.Document) (*Recipe, error) {
	head := make([]byte, min(headSize, doc.Size))
	if _, err := doc.At.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Unavailable, "file", "it cannot be read", "check the disk and try again").Because(err)
	}
	f := table.FormatOf(head, doc.Name)
	if f == table.Text {
		return Detect(recipes, head)
	}
	known := map[string][][]string{} // the first rows of its tables, by the hints of a recipe
	var failed error
	found, err := choose(recipes, func(r *Recipe) miss {
		hints := fmt.Sprint(r.Rows, r.Same)
		if f == table.Workbook || f == table.Shape {
			hints = ""
		}
		tables, ok := known[hints]
		if !ok {
			var err error
			if tables, err = tops(r, f, doc); err != nil && len(r.Rows) == 0 {
				failed = err
			}
			known[hints] = tables
		}
		return r.matchTables(tables)
	})
	if err != nil && failed != nil && fault.KindOf(err) != fault.Conflict {
		return nil, failed // the file itself is at fault
	}
	return found, err
}

// topRows is how many rows of a table may stand before its header and be it.
const topRows = 40

// tops reads the first rows of every table of a file; an empty row stands between two tables.
func tops(r *Recipe, f table.Format, doc *table.Document) (all [][]string, err error) {
	tables, err := open(r, f, doc)
	if err != nil {
		return nil, err
	}
	for i := range tables {
		n := 0
		for row, err := range tables[i].Rows {
			if err != nil {
				return nil, err
			}
			if n++; n > topRows || tables[i].Objects && n > 1 {
				break
			}
			all = append(all, slices.Clone(row.Cells))
		}
		all = append(all, nil)
	}
	return all, nil
}

// matchTables is how far the recipe is from the nearest of a file's tables.
func (r *Recipe) matchTables(tops [][]string) (best miss) {
	best = miss{recipe: r}
	for len(tops) > 0 {
		end := slices.IndexFunc(tops, func(row []string) bool { return row == nil })
		rows := tops[:end]
		tops = tops[end+1:]
		header, err := r.findHeader(func() ([]string, error) {
			if len(rows) == 0 {
				return nil, io.EOF
			}
			row := rows[0]
			rows = rows[1:]
			return row, nil
		})
		if err != nil {
			continue
		}
		m := miss{recipe: r}
		if m.found, m.missing = r.among(header); m.fits() {
			return m
		}
		if m.found > best.found {
			best = m
		}
	}
	return best
}

// choose finds the one recipe that fits.
func choose(recipes []*Recipe, match func(*Recipe) miss) (*Recipe, error) {
	var fit []*Recipe
	best := miss{}
	for _, r := range recipes {
		m := match(r)
		if m.fits() {
			fit = append(fit, r)
		} else if m.found > best.found {
			best = m
		}
	}
	switch len(fit) {
	case 1:
		return fit[0], nil
	case 0:
		return nil, best.fault()
	}
	var all []string
	for _, r := range fit {
		all = append(all, r.Name)
	}
	return nil, fault.New(fault.Conflict, "file", "more than one recipe fits it: "+names(all), "name one with --recipe")
}

// A miss is how far a recipe is from fitting a file.
type miss struct {
	recipe  *Recipe
	found   int      // columns that are there
	missing []string // columns that are not
	unread  bool     // the bytes are of no encoding of the recipe
}

func (m miss) fits() bool { return m.found > 0 && len(m.missing) == 0 && !m.unread }

func (m miss) fault() error {
	const do = "list the known ones with: accord recipe list"
	switch {
	case m.recipe == nil:
		return fault.New(fault.Invalid, "file", "no recipe knows its header", do)
	case m.unread:
		return errEncoding()
	default:
		return fault.New(fault.Invalid, "file", fmt.Sprintf("no recipe fits its header; %s is nearest and misses %s",
			m.recipe.Name, names(m.missing)), do)
	}
}

// match compares the header of a file with the columns of a recipe. Columns besides those are no hindrance: publishers add
// some now and then, and the summary names them.
func (r *Recipe) match(head []byte, name string, ok bool) miss {
	m := miss{recipe: r}
	if !ok {
		// Names of columns are mostly ASCII, so the header often tells which recipe was meant.
		m.unread, name = true, r.Encodings[0]
	}
	var text io.Reader = bytes.NewReader(bytes.TrimPrefix(head, bom))
	if !m.unread {
		text = decode(name, text)
	}
	header, err := r.findHeader(newCSV(text).Read)
	if err != nil {
		return m
	}
	m.found, m.missing = r.among(header)
	return m
}

// among counts the recipe's columns in a header and names those that are missing, or there and should not be.
func (r *Recipe) among(header []string) (found int, missing []string) {
	for _, c := range r.columns() {
		if c.in(header) >= 0 {
			found++
		} else if !c.optional {
			missing = append(missing, c.Column)
		}
	}
	for _, a := range r.Across {
		if len(a.columns(header, r)) >= max(1, a.Least) {
			found++
		} else {
			missing = append(missing, a.Pattern)
		}
	}
	for _, c := range r.Without {
		if columnIndex(header, c) >= 0 {
			missing = append(missing, "no column "+c)
		}
	}
	slices.Sort(missing)
	return found, slices.Compact(missing)
}

// findHeader reads up to the end of a file's header: the first records that have the recipe's columns, or, where none have,
// those that have most of them.
func (r *Recipe) findHeader(next func() ([]string, error)) (best []string, err error) {
	if r.Header.None != "" {
		return r.withoutHeader(next)
	}
	lines := max(1, r.Header.Lines)
	var window [][]string
	most := -1
	for range max(r.Header.Within, looseRows) + lines {
		cells, err := next()
		if errors.Is(err, io.EOF) && best != nil {
			return best, nil
		}
		if err != nil && best != nil && len(window) > r.Header.Within+lines {
			return best, nil // it is no header that is looked for here, and rows are read once more
		}
		if err != nil {
			return nil, err
		}
		if window = append(window, slices.Clone(cells)); len(window) < lines {
			continue
		}
		header := joined(window[len(window)-lines:])
		found, missing := r.among(header)
		if missing == nil {
			return header, nil
		}
		if found > most {
			best, most = header, found
		}
	}
	return best, nil
}

// looseRows is how many rows may stand before a header of which the recipe says nothing: publishers put a title there now and then.
const looseRows = 8

// withoutHeader names the columns of a file that has no header, if its first cell looks like one of the recipe.
func (r *Recipe) withoutHeader(next func() ([]string, error)) ([]string, error) {
	cells, err := next()
	if err != nil {
		return nil, err
	}
	if len(cells) == 0 || !regexp.MustCompile(r.Header.None).MatchString(strings.TrimSpace(cells[0])) {
		return []string{}, nil
	}
	header := make([]string, len(cells))
	for i := range header {
		header[i] = strconv.Itoa(i + 1)
	}
	return header, nil
}

// joined makes one header of several: what stands below each other, without spaces around and without what is empty.
func joined(window [][]string) []string {
	if len(window) == 1 {
		return window[0]
	}
	var header []string
	for _, cells := range window {
		for i, c := range cells {
			if i == len(header) {
				header = append(header, "")
			}
			header[i] = strings.TrimSpace(header[i] + " " + strings.TrimSpace(c))
		}
	}
	return header
}

func newCSV(r io.Reader) *csv.Reader {
	c := csv.NewReader(r)
	c.FieldsPerRecord = -1 // counted by us, so that one short row does not end the file
	c.ReuseRecord = true
	return c
}

// columnIndex is where a column stands in a header, -1 where it does not. A name as #3 is the third column, whatever it is called:
// some columns have no name.
func columnIndex(header []string, name string) int {
	if at, ok := strings.CutPrefix(name, "#"); ok {
		if n, err := strconv.Atoi(at); err == nil && n > 0 && n <= len(header) {
			return n - 1
		}
	}
	for i, h := range header {
		if strings.TrimSpace(h) == name {
			return i
		}
	}
	for i, h := range header {
		if sameName(h, name) {
			return i
		}
	}
	return -1
}

// sameName says whether two names differ only in spaces and in the width of their letters.
func sameName(a, b string) bool {
	for {
		x, restA := plainRune(a)
		y, restB := plainRune(b)
		if x != y {
			return false
		}
		if x == 0 {
			return true
		}
		a, b = restA, restB
	}
}

// plainRune is the first letter of a name that is no space, in its plain width; 0 at its end.
func plainRune(s string) (rune, string) {
	for i, r := range s {
		switch {
		case unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff':
			continue
		case r >= 0xff01 && r <= 0xff5e:
			r -= 0xfee0
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		return r, s[i+n:]
	}
	return 0, ""
}
