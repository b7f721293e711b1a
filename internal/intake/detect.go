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
		header, _, err := r.findHeader(func() ([]string, error) {
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
		if m = r.missOf(header); m.fits() {
			return m
		}
		if m.found > best.found || m.found == best.found && len(m.missing) < len(best.missing) {
			best = m
		}
	}
	return best
}

// doRenamed is what to do where columns are missing and others are new.
const doRenamed = "if a column has another name now, add it under also of that column in the recipe; else draft a recipe with: accord recipe suggest"

// choose finds the one recipe that fits; where none does, the one of which nothing is missing but columns that it does not read.
func choose(recipes []*Recipe, match func(*Recipe) miss) (*Recipe, error) {
	var fit, near []*Recipe
	best := miss{}
	for _, r := range recipes {
		m := match(r)
		switch {
		case m.fits():
			fit = append(fit, r)
		case m.nearly():
			near = append(near, r)
		case m.found > best.found:
			best = m
		}
	}
	if len(fit) == 0 {
		fit = near
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
	missing []string // columns that are not, and are read
	unread  []string // columns that are not, and would be ignored
	unknown []string // columns that the recipe does not name
	garbled bool     // the bytes are of no encoding of the recipe
}

func (m miss) fits() bool   { return m.nearly() && len(m.unread) == 0 }
func (m miss) nearly() bool { return m.found > 0 && len(m.missing) == 0 && !m.garbled }

func (m miss) fault() error {
	const do = "list the known ones with: accord recipe list"
	switch {
	case m.recipe == nil:
		return fault.New(fault.Invalid, "file", "no recipe knows its header", do)
	case m.garbled:
		return errEncoding()
	case len(m.unknown) > 0:
		return fault.New(fault.Invalid, "file", fmt.Sprintf("no recipe fits its header; %s is nearest and misses %s; the recipe does not know %s",
			m.recipe.Name, names(m.missing), names(Foreign(m.unknown))), doRenamed)
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
		m.garbled, name = true, r.Encodings[0]
	}
	var text io.Reader = bytes.NewReader(bytes.TrimPrefix(head, bom))
	if !m.garbled {
		text = decode(name, text)
	}
	header, _, err := r.findHeader(newCSV(text).Read)
	if err != nil {
		return m
	}
	garbled := m.garbled
	m = r.missOf(header)
	m.garbled = garbled
	return m
}

// missOf is how far the recipe is from a header.
func (r *Recipe) missOf(header []string) miss {
	m := miss{recipe: r}
	m.found, m.missing, m.unread = r.among(header)
	if m.found > 0 && len(m.missing) > 0 {
		m.unknown = r.unknown(header)
	}
	return m
}

// among counts the recipe's columns in a header and names those that are missing, or there and should not be: those that are read,
// and those that would be ignored.
func (r *Recipe) among(header []string) (found int, missing, unread []string) {
	for _, c := range r.columns() {
		switch {
		case c.in(header) >= 0:
			found++
		case c.ignored:
			unread = append(unread, c.Column)
		case !c.optional:
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
	return found, slices.Compact(missing), unread
}

// unknown are the columns of a header that the recipe does not name.
func (r *Recipe) unknown(header []string) (all []string) {
	known := map[int]bool{}
	for _, c := range r.columns() {
		known[c.in(header)] = true
	}
	for _, a := range r.Across {
		for _, c := range a.columns(header, r) {
			known[c.index] = true
		}
	}
	for i, h := range header {
		if h = strings.TrimSpace(h); h != "" && !known[i] {
			all = append(all, h)
		}
	}
	return all
}

// findHeader reads up to the end of a file's header: the first records that have all of the recipe's columns, or, where none have,
// those that have most of them. after is how many records were read beyond it.
func (r *Recipe) findHeader(next func() ([]string, error)) (best []string, after int, err error) {
	if r.Header.None != "" {
		best, err = r.withoutHeader(next)
		return best, 0, err
	}
	lines := max(1, r.Header.Lines)
	var window [][]string
	most := -1
	for range max(r.Header.Within, looseRows) + lines {
		cells, err := next()
		if err != nil && best != nil && (errors.Is(err, io.EOF) || len(window) > r.Header.Within+lines) {
			return best, after, nil // it is no header that is looked for here, and rows are read once more
		}
		if err != nil {
			return nil, 0, err
		}
		if window = append(window, slices.Clone(cells)); len(window) < lines {
			continue
		}
		header := joined(window[len(window)-lines:])
		found, missing, unread := r.among(header)
		whole := 0 // with a name twice it may be a part of a header of several lines
		if !twice(header) {
			whole = 1
		}
		if missing == nil && unread == nil && whole == 1 {
			return header, 0, nil
		}
		if after++; 2*found+whole > most {
			best, most, after = header, 2*found+whole, 0
		}
	}
	return best, after, nil
}

// twice says whether a name stands twice in a header.
func twice(header []string) bool {
	seen := make(map[string]bool, len(header))
	for _, h := range header {
		if h = strings.TrimSpace(h); h != "" && seen[h] {
			return true
		}
		seen[h] = true
	}
	return false
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
