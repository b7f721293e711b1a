package intake

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"accord/internal/fault"
)

// HeadSize is how much of a file Detect wants to see; less is fine when the file is shorter.
const HeadSize = headSize

// Detect recognises a file by its encoding and header, never by its name. A file that no recipe fits is refused, and so
// is one that two fit, with both named.
func Detect(recipes []*Recipe, head []byte) (*Recipe, error) {
	if err := checkHead(head); err != nil {
		return nil, err
	}
	var fit []*Recipe
	best := miss{}
	for _, r := range recipes {
		m := r.match(head)
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
func (r *Recipe) match(head []byte) miss {
	m := miss{recipe: r}
	name, ok := chooseEncoding(r.Encodings, head, len(head) >= headSize)
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
		if len(a.columns(header)) > 0 {
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
	return found, missing
}

// findHeader reads up to the end of a file's header: the first records that have the recipe's columns, or, where none have,
// those that have most of them.
func (r *Recipe) findHeader(next func() ([]string, error)) (best []string, err error) {
	lines := max(1, r.Header.Lines)
	var window [][]string
	most := -1
	for range r.Header.Within + lines {
		cells, err := next()
		if errors.Is(err, io.EOF) && best != nil {
			return best, nil
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

func columnIndex(header []string, name string) int {
	for i, h := range header {
		if strings.TrimSpace(h) == name {
			return i
		}
	}
	return -1
}
