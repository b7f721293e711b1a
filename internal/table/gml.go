package table

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"accord/record"
)

// GML is XML with geometries in it, whose corners would be thousands of cells. A document of GML is pruned before its rows are looked
// for: a geometry becomes one element of that name, solids and the finer models of a building go, and an attribute that its publisher
// named becomes an element of its own name.

// gmlSpace is how every namespace of GML begins.
const gmlSpace = "http://www.opengis.net/gml"

// figures are the elements of which a geometry is made that is read; bodies have volume, of which no record says anything.
var (
	figures = []string{"MultiSurface", "Surface", "CompositeSurface", "Polygon", "MultiCurve", "Curve", "LineString", "Point"}
	bodies  = []string{"Solid", "MultiSolid", "CompositeSolid", "Envelope", "TriangulatedSurface", "Tin"}
)

var (
	finer    = regexp.MustCompile(`^lod[1-9]`)
	epsgCode = regexp.MustCompile(`(?i)^epsg:([0-9]{4,6})$|epsg[^0-9].*?([0-9]{4,6})$`)
)

// A gml prunes one document.
type gml struct {
	system     string // EPSG:6697, of all of its geometries
	northFirst bool   // as an authority writes the axes of it
	dimension  int
	any        bool // a geometry was found
}

func isGML(attrs []xml.Attr) bool {
	return slices.ContainsFunc(attrs, func(a xml.Attr) bool { return strings.HasPrefix(a.Value, gmlSpace) })
}

// pruneGML returns the reference system of the document's geometries.
func pruneGML(root *node) (string, error) {
	g := &gml{dimension: 2}
	var bad error
	walk(root, "", func(n *node, _ string) {
		if err := g.note(n); err != nil && bad == nil {
			bad = err
		}
	})
	if bad != nil {
		return "", bad
	}
	if err := g.prune(root); err != nil {
		return "", err
	}
	if g.any && g.system == "" {
		return "", refuse("its geometries name no reference system", "ask the publisher for one with srsName, or save it as GeoJSON")
	}
	return g.system, nil
}

// note reads what an element says of reference systems. Several of them in one document are refused: a row has one outline, and nobody
// could say in which it is.
func (g *gml) note(n *node) error {
	for _, a := range n.attrs {
		switch a.Name.Local {
		case "srsDimension":
			if d, err := strconv.Atoi(a.Value); err == nil && (d == 2 || d == 3) {
				g.dimension = d
			}
		case "srsName":
			name, north := systemOf(a.Value)
			if g.system != "" && (name != g.system || north != g.northFirst) {
				return refuse("its geometries are of several reference systems", doSplit)
			}
			g.system, g.northFirst = name, north
		}
	}
	return nil
}

// systemOf is the id of a reference system, and whether its coordinates are written as its authority has them, which is north first
// in all that are described. The short form EPSG:4326 has always meant east first.
func systemOf(name string) (string, bool) {
	if strings.Contains(name, "CRS84") {
		return "EPSG:4326", false
	}
	m := epsgCode.FindStringSubmatch(strings.TrimSpace(name))
	switch {
	case m == nil:
		return name, false
	case m[1] != "":
		return "EPSG:" + m[1], false
	}
	return "EPSG:" + m[2], !strings.Contains(name, "epsg.xml#")
}

// prune changes what is below an element.
func (g *gml) prune(n *node) error {
	kept := n.nodes[:0]
	for _, c := range n.nodes {
		full := len(c.nodes) > 0
		switch {
		case finer.MatchString(c.name) || slices.Contains(bodies, c.name):
			continue
		case slices.Contains(figures, c.name):
			more, err := g.figure(c)
			if err != nil {
				return err
			}
			kept = append(kept, more...)
			continue
		}
		if named := ownName(c); named != "" {
			c.name += "/" + named
			if len(c.nodes) == 1 && c.nodes[0].name == "value" {
				c.text, c.nodes, full = c.nodes[0].text, nil, false
			}
			c.attrs = nil
		}
		if err := g.prune(c); err != nil {
			return err
		}
		if full && len(c.nodes) == 0 {
			continue // all that it had is gone
		}
		kept = append(kept, c)
	}
	n.nodes = kept
	return nil
}

// ownName is the name that a publisher gave to an attribute of a kind of its own.
func ownName(n *node) string {
	if !strings.HasSuffix(n.name, "Attribute") && n.name != "genericAttributeSet" {
		return ""
	}
	for _, a := range n.attrs {
		if a.Name.Local == "name" {
			return a.Value
		}
	}
	return ""
}

// figure makes an element of a geometry into the cells that it has.
func (g *gml) figure(n *node) ([]*node, error) {
	g.any = true
	leaf := func(name, text string) *node { return &node{name: name, text: text, up: n.up, number: n.number} }
	if n.name == "Point" {
		v, err := g.corners(n)
		if err != nil || len(v) != 1 {
			return nil, errGeometry(n, err)
		}
		cells := pointCells(v[0].Lon, v[0].Lat)
		return []*node{leaf(Longitude, cells[1]), leaf(Latitude, cells[2])}, nil
	}
	f := record.Figure{}
	var bad error
	walk(n, "", func(p *node, _ string) {
		var part [][]record.Vertex
		var err error
		switch p.name {
		case "Polygon", "PolygonPatch":
			f.Shape = record.Polygon
			part, err = g.rings(p)
		case "LineString", "LineStringSegment":
			f.Shape = record.Line
			var line []record.Vertex
			line, err = g.corners(p)
			part = [][]record.Vertex{line}
		default:
			return
		}
		if f.Parts = append(f.Parts, part); err != nil && bad == nil {
			bad = err
		}
	})
	switch {
	case bad != nil:
		return nil, errGeometry(n, bad)
	case len(f.Parts) == 0:
		return nil, nil
	case len(f.Parts) > 1 && f.Shape == record.Polygon:
		f.Shape = record.Polygons
	case len(f.Parts) > 1:
		f.Shape = record.Lines
	}
	return []*node{leaf(Geometry, f.String())}, nil
}

// rings are the lines around a polygon: the outer first.
func (g *gml) rings(n *node) (rings [][]record.Vertex, err error) {
	for _, side := range []string{"exterior", "interior"} {
		for _, c := range n.nodes {
			if c.name != side {
				continue
			}
			line, err := g.corners(c)
			if err != nil {
				return nil, err
			}
			rings = append(rings, line)
		}
	}
	if len(rings) == 0 {
		return nil, fmt.Errorf("a polygon of it has no line around it")
	}
	return rings, nil
}

// corners reads all coordinates within an element, east first. Heights are left out.
func (g *gml) corners(n *node) (all []record.Vertex, err error) {
	walk(n, "", func(p *node, _ string) {
		if p.name != "posList" && p.name != "pos" || err != nil {
			return
		}
		words, by := strings.Fields(p.text), g.dimension
		for _, a := range p.attrs {
			if a.Name.Local == "srsDimension" && (a.Value == "2" || a.Value == "3") {
				by = int(a.Value[0] - '0')
			}
		}
		if len(words) == 0 || len(words)%by != 0 {
			err = fmt.Errorf("it has %d coordinates, which makes no corners of %d", len(words), by)
			return
		}
		for i := 0; i < len(words); i += by {
			a, errA := strconv.ParseFloat(words[i], 64)
			b, errB := strconv.ParseFloat(words[i+1], 64)
			if errA != nil || errB != nil {
				err = fmt.Errorf("a coordinate of it is no number")
				return
			}
			if g.northFirst {
				a, b = b, a
			}
			all = append(all, record.Vertex{Lon: a, Lat: b})
		}
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("it has no coordinates")
	}
	return all, err
}

func errGeometry(n *node, err error) error {
	why := "it has not one corner"
	if err != nil {
		why = err.Error()
	}
	return refuse("a geometry of it cannot be read: "+why, doDownload).At(fmt.Sprintf("element %d, %.40s", n.number, n.name))
}
