package intake

import (
	"bytes"
	"encoding/csv"
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
	header, err := newCSV(text).Read()
	if err != nil {
		return m
	}
	for _, c := range r.columns() {
		if columnIndex(header, c) >= 0 {
			m.found++
		} else {
			m.missing = append(m.missing, c)
		}
	}
	slices.Sort(m.missing)
	return m
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
