package table

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// maxNodes is how many elements a document of XML may have: it is kept whole while its rows are read.
const maxNodes = 1_000_000

// A node is one element. Names are without prefixes and namespaces.
type node struct {
	name   string
	text   string
	attrs  []xml.Attr
	up     *node
	nodes  []*node
	number int // of its place in the document
}

// openXML finds the rows of an XML file: the elements at the recipe's paths; else, of the elements whose children are all plain,
// those of the path that has most of them, the deepest of equals. A row has its own plain children by their names, what is in
// its other children by their path, its attributes as name@attribute, and what the elements that hold it say by their whole
// path: Report/Head/EventID. element is the name of the row's own element. A child that comes twice is one cell, a line for each.
func openXML(d *Document, h Hints) ([]Table, error) {
	b, err := whole(d)
	if err != nil {
		return nil, err
	}
	root, encoding, err := parseXML(b)
	if err != nil {
		return nil, err
	}
	system := ""
	if isGML(root.attrs) {
		if system, err = pruneGML(root); err != nil {
			return nil, err
		}
	}
	paths := h.Rows
	if len(paths) == 0 {
		p, ok := commonest(root)
		if !ok {
			return nil, refuse("it is XML without elements that could be rows", doExport)
		}
		paths = []string{p}
	}
	var rows []*node
	walk(root, root.name, func(n *node, path string) {
		for _, p := range paths {
			if p == path {
				rows = append(rows, n)
			}
		}
	})
	if len(rows) == 0 {
		return nil, refuse("it is XML without an element that is a row", doDownload)
	}
	t := Table{Encoding: encoding, Objects: true, System: system}
	t.Rows = func(yield func(Row, error) bool) { xmlRows(rows, newColumns(h.Same), yield) }
	return []Table{t}, nil
}

func parseXML(b []byte) (root *node, encoding string, err error) {
	encoding = "utf-8"
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = func(name string, in io.Reader) (io.Reader, error) {
		e, err := htmlindex.Get(name)
		if err != nil {
			return nil, fmt.Errorf("encoding %.40q is not known", name)
		}
		if encoding, _ = htmlindex.Name(e); encoding == "euc-kr" {
			encoding = "cp949"
		}
		return e.NewDecoder().Reader(in), nil
	}
	at, n, depth := (*node)(nil), 0, 0
	for {
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) && at == nil && root != nil {
			return root, encoding, nil
		}
		if err != nil {
			line, _ := d.InputPos()
			return nil, "", refuse("it is XML that is damaged or was cut: "+brief(err), doDownload).At(fmt.Sprintf("line %d", line)).Because(err)
		}
		switch x := tok.(type) {
		case xml.Directive:
			return nil, "", refuse("it is XML with a declaration of its own kind, which is not read", doExport)
		case xml.StartElement:
			if n++; n > maxNodes || depth == maxDepth || at == nil && root != nil {
				return nil, "", refuse("it is XML with more elements, deeper ones or more roots than are read", doSplit)
			}
			depth++
			next := &node{name: x.Name.Local, attrs: x.Attr, up: at, number: n}
			if at == nil {
				root = next
			} else {
				at.nodes = append(at.nodes, next)
			}
			at = next
		case xml.EndElement:
			if at == nil || at.name != x.Name.Local {
				return nil, "", refuse("it is XML whose elements do not end as they begin", doDownload)
			}
			depth--
			at.text = strings.TrimSpace(at.text)
			at = at.up
		case xml.CharData:
			if at != nil {
				at.text += string(x)
			}
		}
	}
}

func walk(n *node, path string, f func(*node, string)) {
	f(n, path)
	for _, c := range n.nodes {
		walk(c, path+"/"+c.name, f)
	}
}

// commonest is the path of the elements that look most like rows.
func commonest(root *node) (best string, ok bool) {
	count, order := map[string]int{}, []string{}
	walk(root, root.name, func(n *node, path string) {
		if len(n.nodes) == 0 {
			return
		}
		for _, c := range n.nodes {
			if len(c.nodes) > 0 {
				return
			}
		}
		if count[path] == 0 {
			order = append(order, path)
		}
		count[path]++
	})
	for _, p := range order {
		if best == "" || count[p] > count[best] || count[p] == count[best] && strings.Count(p, "/") > strings.Count(best, "/") {
			best = p
		}
	}
	return best, best != ""
}

// Element is the column that says the name of a row's own element.
const Element = "element"

// An xmlReader reads the rows of one document.
type xmlReader struct {
	cols  *columns
	once  map[*node]bool // elements that come once, as do all that hold them
	said  []*node        // plain ones of those: they are said of every row
	isRow map[*node]bool
	cells []string // nil while names are learnt
	line  int
}

func xmlRows(rows []*node, cols *columns, yield func(Row, error) bool) {
	x := &xmlReader{cols: cols, once: map[*node]bool{}, isRow: map[*node]bool{}}
	for _, n := range rows {
		x.isRow[n] = true
	}
	root := rows[0]
	for root.up != nil {
		root = root.up
	}
	x.comesOnce(root)
	for _, n := range rows { // once to learn the names
		if err := x.row(n); err != nil {
			yield(Row{Line: n.number}, err)
			return
		}
	}
	if !yield(Row{1, cols.names}, nil) {
		return
	}
	x.cells = make([]string, len(cols.names))
	for i, n := range rows {
		clear(x.cells)
		x.line = i + 2
		if err := x.row(n); !yield(Row{i + 2, x.cells}, err) || err != nil {
			return
		}
	}
}

func (x *xmlReader) comesOnce(n *node) {
	if x.isRow[n] {
		return
	}
	x.once[n] = true
	seen := map[string]int{}
	for _, c := range n.nodes {
		seen[c.name]++
	}
	for _, c := range n.nodes {
		switch {
		case seen[c.name] > 1:
		case len(c.nodes) == 0 && !x.isRow[c]:
			x.said = append(x.said, c)
		default:
			x.comesOnce(c)
		}
	}
}

func (x *xmlReader) set(name, text string) error {
	at := x.cols.of(name)
	switch {
	case at < 0:
		return errColumns()
	case x.cells == nil:
	case len(x.cells[at])+len(text) > maxCell:
		return errCell(x.line)
	case x.cells[at] != "" && text != "":
		x.cells[at] += "\n" + text
	case text != "":
		x.cells[at] = text
	}
	return nil
}

func (x *xmlReader) row(n *node) error {
	if err := x.set(Element, n.name); err != nil {
		return err
	}
	if len(n.nodes) == 0 {
		if err := x.set("text", n.text); err != nil {
			return err
		}
	}
	for _, c := range x.said {
		if err := x.leaf(c, pathOf(c)); err != nil {
			return err
		}
	}
	for up := n.up; up != nil && !x.once[up]; up = up.up {
		for _, c := range up.nodes {
			if len(c.nodes) > 0 || c.name == n.name {
				continue
			}
			if err := x.leaf(c, pathOf(c)); err != nil {
				return err
			}
		}
	}
	for _, a := range n.attrs {
		if err := x.set("@"+a.Name.Local, a.Value); err != nil {
			return err
		}
	}
	return x.leaves(n, "")
}

func pathOf(n *node) string {
	if n.up == nil {
		return n.name
	}
	return pathOf(n.up) + "/" + n.name
}

func (x *xmlReader) leaf(n *node, name string) error {
	if err := x.set(name, n.text); err != nil {
		return err
	}
	for _, a := range n.attrs {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
			continue
		}
		if err := x.set(name+"@"+a.Name.Local, a.Value); err != nil {
			return err
		}
	}
	return nil
}

// leaves gives what is within a row.
func (x *xmlReader) leaves(n *node, path string) error {
	for _, c := range n.nodes {
		if x.isRow[c] {
			continue // it says so itself
		}
		name := c.name
		if path != "" {
			name = path + "/" + name
		}
		step := x.leaf
		if len(c.nodes) > 0 {
			step = x.leaves
		}
		if err := step(c, name); err != nil {
			return err
		}
	}
	return nil
}
