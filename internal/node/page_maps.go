package node

import (
	"context"
	"io"
	"math"
	"slices"
	"strings"

	"accord/internal/area/all"
	"accord/internal/chart"
	"accord/internal/export"
	"accord/internal/fault"
	"accord/internal/intake"
	"accord/internal/shelf"
	"accord/internal/text"
	"accord/internal/web"
	"accord/internal/who"
	"accord/record"
)

// maps fills what maps fetch and lie on.
func (p *pages) maps() web.Maps {
	return web.Maps{Grounds: p.mapGrounds, Places: p.mapPlaces, Outlines: p.mapOutlines}
}

// outlinesOf are the outlines of all areas that a person may see.
func (p *pages) outlinesOf(ctx context.Context, by who.Person) (out []shelf.Outline, recipesOf map[string]bool, err error) {
	sight, err := p.sight(ctx, by)
	if err != nil {
		return nil, nil, err
	}
	recipesOf = map[string]bool{}
	for _, a := range all.Areas() {
		if a.Ground == nil {
			continue
		}
		some, err := p.shelf().Outlines(ctx, a.Ground, sight)
		if err != nil {
			return nil, nil, err
		}
		recipesOf[a.Ground.Dataset.Name] = true
		out = append(out, some...)
	}
	return out, recipesOf, nil
}

// mapGrounds are the outlines by level, with whose files they were read from.
func (p *pages) mapGrounds(ctx context.Context, by who.Person, lang text.Lang) (out []web.MapGround, err error) {
	outlines, datasets, err := p.outlinesOf(ctx, by)
	if err != nil || len(outlines) == 0 {
		return nil, err
	}
	known, err := recipes()
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i := range outlines {
		o := &outlines[i]
		n, ok := at[o.Level]
		if !ok {
			n = len(out)
			at[o.Level] = n
			out = append(out, web.MapGround{Ground: chart.Ground{ID: o.Level}})
		}
		g := &out[n]
		g.Areas = append(g.Areas, areasOf(o.Name, &o.Figure)...)
		for _, r := range known {
			if datasets[r.Dataset] && r.Key.Prefix != "" && strings.HasPrefix(o.Key, r.Key.Prefix) {
				g.From = withSource(g.From, r, lang)
			}
		}
	}
	slices.SortFunc(out, func(a, b web.MapGround) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// withSource adds a publisher once.
func withSource(from []web.MapSource, r *intake.Recipe, lang text.Lang) []web.MapSource {
	s := web.MapSource{Text: text.In(lang).T("maps.outlines", "publisher", r.Publisher, "licence", r.Licence)}
	if slices.ContainsFunc(from, func(have web.MapSource) bool { return have.Text == s.Text }) {
		return from
	}
	return append(from, s)
}

// areasOf are the polygons of a figure as a map draws them: each part by itself. Lines enclose nothing and are not drawn.
func areasOf(name string, f *record.Figure) (out []chart.Area) {
	if f.Shape != record.Polygon && f.Shape != record.Polygons {
		return nil
	}
	for _, part := range f.Parts {
		a := chart.Area{Name: name}
		for _, ring := range part {
			places := make([]chart.Place, len(ring))
			for i, v := range ring {
				places[i] = chart.Place{Lon: v.Lon, Lat: v.Lat}
			}
			a.Rings = append(a.Rings, places)
		}
		out = append(out, a)
	}
	return out
}

// mapOutlines are those of one level.
func (p *pages) mapOutlines(ctx context.Context, by who.Person, level string) (*web.DataFile, error) {
	all, _, err := p.outlinesOf(ctx, by)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(o shelf.Outline) bool { return o.Level != level })
	if len(all) == 0 {
		return nil, fault.New(fault.NotFound, "outlines", "none of this name are here, or you may not see them", "import a file of outlines, or open a map again")
	}
	head := &export.Head{Title: level, Columns: []export.Column{{Name: "name"}, {Name: "outline"}}}
	return geoJSON(head, func(w export.Writer) error {
		for i := range all {
			o := &all[i]
			if err := w.Row(&export.Row{Name: o.Key, Values: []record.Value{record.TextOf(o.Name), record.GeometryOf(thinned(&o.Figure))}}); err != nil {
				return err
			}
		}
		return nil
	})
}

// A corner of an outline that lies under a map is written to the fourth decimal of a degree, ten metres, and left out where it lies
// this close to the one before, in degrees: some forty metres. The dataset itself keeps every corner.
const (
	decimals = 1e4
	apart    = 0.0004
)

// thinned is a figure with fewer corners. A ring that would be left with too few to be one is left out, unless it is the outer one
// of its part: that stays as it is.
func thinned(f *record.Figure) record.Figure {
	out := record.Figure{Shape: f.Shape}
	for _, part := range f.Parts {
		var rings [][]record.Vertex
		for i, ring := range part {
			thin := thinRing(ring)
			if len(thin) < 4 && i == 0 {
				thin = ring
			}
			if len(thin) >= 4 || i == 0 {
				rings = append(rings, thin)
			}
		}
		out.Parts = append(out.Parts, rings)
	}
	return out
}

func thinRing(ring []record.Vertex) (out []record.Vertex) {
	for i, v := range ring {
		v = record.Vertex{Lon: math.Round(v.Lon*decimals) / decimals, Lat: math.Round(v.Lat*decimals) / decimals}
		if last := len(out) - 1; i > 0 && i < len(ring)-1 && math.Abs(v.Lon-out[last].Lon) < apart && math.Abs(v.Lat-out[last].Lat) < apart {
			continue
		}
		out = append(out, v)
	}
	return out
}

// geoJSON is a file of features.
func geoJSON(head *export.Head, rows func(export.Writer) error) (*web.DataFile, error) {
	f, err := export.Find("geojson")
	if err != nil {
		return nil, err
	}
	return &web.DataFile{Media: f.Media, Write: func(to io.Writer) error {
		w, err := f.Open(to, head)
		if err == nil {
			err = rows(w)
		}
		if err == nil {
			err = w.Close()
		}
		return err
	}}, nil
}

// mapPlaces are the newest records of one party that a map can show: key, time, what they are called, and where they are.
func (p *pages) mapPlaces(ctx context.Context, by who.Person, name string, ask web.DataAsk, lang text.Lang) (*web.DataFile, error) {
	v, err := p.viewOf(ctx, by, name, ask, lang)
	if err != nil {
		return nil, err
	}
	if v.d.Kind == record.Series {
		return nil, fault.New(fault.Invalid, "map", "values of series are no places", "take the chart of the dataset")
	}
	title, shape := v.d.naming()
	head := &export.Head{Title: v.d.label, Columns: []export.Column{{Name: "key"}, {Name: "when"}, {Name: "name"}, {Name: "simulated"}, {Name: "area"}, {Name: "shape"}}}
	f := v.filter
	f.At, f.After = 0, nil
	return geoJSON(head, func(w export.Writer) error {
		n := 0
		return v.pages.shelf().Some(ctx, name, f, v.sight, func(r *shelf.Row) (bool, error) {
			value := func(field string) record.Value { return r.Record.Value(r.Dataset.Index(field)) }
			outline := value(shape)
			if !r.Record.Place.Known && outline.IsAbsent() {
				return false, nil
			}
			row := export.Row{Place: r.Record.Place, Values: []record.Value{record.TextOf(r.Key), record.TextOf(v.when(r.Record.When)), value(title), yes(r.Record.Simulated), yes(!outline.IsAbsent()), outline}}
			n++
			return n == web.MostPlaces, w.Row(&row)
		})
	})
}

// yes is a value where something is so, and none where it is not.
func yes(is bool) (v record.Value) {
	if is {
		v = record.BoolOf(true)
	}
	return v
}

// naming are the field that says what a record is called, the first text of its dataset, and the first geometry; empty where there
// is none.
func (d *described) naming() (title, shape string) {
	for _, f := range d.Fields {
		if f.Type == record.Text && title == "" {
			title = f.Name
		}
		if f.Type == record.Geometry && shape == "" {
			shape = f.Name
		}
	}
	return title, shape
}
