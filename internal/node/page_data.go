package node

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"accord/agreement"
	"accord/content"
	"accord/exchange"
	"accord/internal/area"
	"accord/internal/area/all"
	"accord/internal/chart"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/gate"
	"accord/internal/instrument"
	"accord/internal/intake"
	"accord/internal/link"
	"accord/internal/shelf"
	"accord/internal/store"
	"accord/internal/text"
	"accord/internal/web"
	"accord/internal/who"
	"accord/record"
)

// data fills the pages of datasets.
func (p *pages) data() web.Data {
	return web.Data{List: p.dataList, Dataset: p.dataset, Record: p.dataRecord, File: p.dataFile, Entry: p.dataEntry, Keep: p.keepEntry, Drop: p.dropEntry}
}

// shelf is the datasets of this node.
func (p *pages) shelf() *shelf.Shelf {
	return &shelf.Shelf{DB: p.node.DB, Party: p.node.Home.Config.Party, Zone: p.node.Home.Zone, Lookup: all.Lookup, Memo: &p.counted}
}

// sight is how much of the city's own records a person sees.
func (p *pages) sight(ctx context.Context, by who.Person) (shelf.Sight, error) {
	partners, err := p.node.Links.Partners(ctx)
	return shelf.Sight{Whole: by.May(who.SeeOwn), Partners: partners}, err
}

// recipes are those that this program knows.
var recipes = sync.OnceValues(func() ([]*intake.Recipe, error) { return intake.Recipes(content.FS) })

// described is a dataset with its area and words.
type described struct {
	*record.Dataset
	area   area.Area
	words  area.Words
	label  string
	groups bool // of counts by group of the records of another
}

// describe finds a dataset by its name, the newest version of it.
func describe(name string, lang text.Lang) (*described, error) {
	base, groups := strings.CutSuffix(name, record.GroupsSuffix)
	for _, a := range all.Areas() {
		var d *record.Dataset
		for _, other := range a.Datasets {
			if other.Name == base && (d == nil || other.Version > d.Version) {
				d = other
			}
		}
		if d == nil {
			continue
		}
		words, err := a.Words(string(lang))
		if err != nil {
			return nil, err
		}
		out := &described{Dataset: d, area: a, words: words, label: words.Dataset(d), groups: groups}
		if groups {
			out.Dataset = d.Groups()
			out.label = text.In(lang).T("data.groups", "what", out.label)
		}
		return out, nil
	}
	return nil, fault.New(fault.NotFound, "dataset", "there is none of this name", "take one from the list of datasets")
}

// column is a field in the reader's words.
func (d *described) column(i int) web.DataColumn {
	f := d.Fields[i]
	label := d.words.Field(d.Dataset, f.Name)
	if d.groups && label == f.Name {
		base := *d.Dataset
		base.Name = strings.TrimSuffix(d.Name, record.GroupsSuffix)
		label = d.words.Field(&base, strings.TrimPrefix(f.Name, "sum_"))
	}
	return web.DataColumn{Name: f.Name, Label: label, Unit: f.Unit, Type: string(f.Type), Number: f.Type == record.Number || f.Type == record.Integer}
}

func (d *described) columns() (out []web.DataColumn) {
	for i := range d.Fields {
		out = append(out, d.column(i))
	}
	return out
}

func (p *pages) dataList(ctx context.Context, _ who.Person, lang text.Lang) (out []web.DataArea, err error) {
	grades, err := p.grades(ctx)
	if err != nil {
		return nil, err
	}
	parties := map[string]web.Party{}
	sh := p.shelf()
	for _, a := range all.Areas() {
		words, err := a.Words(string(lang))
		if err != nil {
			return nil, err
		}
		shown := web.DataArea{Name: a.Name, Label: words[a.Name]}
		seen := map[string]bool{}
		for _, d := range a.Datasets {
			if seen[d.Name] {
				continue
			}
			seen[d.Name] = true
			for _, name := range []string{d.Name, d.Name + record.GroupsSuffix} {
				line, err := p.dataLine(ctx, sh, name, lang, grades, parties)
				if err != nil {
					return nil, err
				}
				if name == d.Name || len(line.Held) > 0 {
					shown.Lines = append(shown.Lines, *line)
				}
			}
		}
		// What is here comes first.
		slices.SortStableFunc(shown.Lines, func(a, b web.DataLine) int { return min(len(b.Held), 1) - min(len(a.Held), 1) })
		out = append(out, shown)
	}
	return out, nil
}

// grades are those of the terms in force, by dataset, whoever sends.
func (p *pages) grades(ctx context.Context) (map[string][]string, error) {
	out := map[string][]string{}
	ways, err := p.permissions(ctx)
	for _, w := range ways {
		name := gate.Leaving(&w.Terms)
		if g := string(w.Terms.Grade); !slices.Contains(out[name], g) {
			out[name] = append(out[name], g)
		}
	}
	return out, err
}

// A permitted is a permission with the two parties.
type permitted struct {
	instrument.Permission
	from, to string
}

// permissions are all that are in force between this city and its partners, either way.
func (p *pages) permissions(ctx context.Context) (out []permitted, err error) {
	partners, err := p.node.Links.Partners(ctx)
	if err != nil {
		return nil, err
	}
	self := p.node.Home.Config.Party
	err = p.node.DB.View(ctx, func(tx *db.Tx) error {
		out = nil
		for _, partner := range partners {
			for _, way := range [][2]string{{self, partner}, {partner, self}} {
				some, err := instrument.Sending(ctx, tx, way[0], way[1])
				if err != nil {
					return err
				}
				for _, s := range some {
					out = append(out, permitted{s, way[0], way[1]})
				}
			}
		}
		return nil
	})
	return out, err
}

// known names a party, once.
func (p *pages) known(ctx context.Context, id string, parties map[string]web.Party) (web.Party, error) {
	if party, ok := parties[id]; ok {
		return party, nil
	}
	party, err := p.party(ctx, id)
	if len(party.Name) == 0 {
		party.Name = agreement.Texts{{Text: id}}
	}
	parties[id] = party
	return party, err
}

func (p *pages) dataLine(ctx context.Context, sh *shelf.Shelf, name string, lang text.Lang, grades map[string][]string, parties map[string]web.Party) (*web.DataLine, error) {
	d, err := describe(name, lang)
	if err != nil {
		return nil, err
	}
	line := &web.DataLine{Name: d.Name, Label: d.label, Series: d.Kind == record.Series, Register: d.area.Register(d.Dataset), Grades: grades[d.Name]}
	held, err := sh.Held(ctx, d.Dataset)
	if err != nil {
		return nil, err
	}
	for _, h := range held {
		party, err := p.known(ctx, h.Party, parties)
		if err != nil {
			return nil, err
		}
		to := web.DataHeld{Party: party, Own: h.Party == p.node.Home.Config.Party, N: h.Records, Series: h.Series, Simulated: share(h.Simulated)}
		if !h.Last.IsZero() {
			to.First, to.Last = date.Of(h.First.In(p.node.Home.Zone)), date.Of(h.Last.In(p.node.Home.Zone))
		}
		line.Held = append(line.Held, to)
	}
	slices.SortStableFunc(line.Held, func(a, b web.DataHeld) int { return order(a.Own) - order(b.Own) })
	return line, nil
}

// order puts what is the city's own before what came.
func order(own bool) int {
	if own {
		return 0
	}
	return 1
}

func share(s shelf.Share) string {
	switch {
	case s.None():
		return "none"
	case s.All():
		return "all"
	default:
		return "some"
	}
}

// filter reads what a page asks for.
func filter(ask web.DataAsk) (shelf.Filter, error) {
	f := shelf.Filter{Party: ask.Party, Text: ask.Text, From: ask.From, Until: ask.Until, At: ask.At}
	if ask.After == "" {
		return f, nil
	}
	first, seq, ok := strings.Cut(ask.After, "_")
	a, err1 := strconv.ParseInt(first, 10, 64)
	b, err2 := strconv.ParseInt(seq, 10, 64)
	if !ok || err1 != nil || err2 != nil || ask.At <= 0 {
		return f, fault.New(fault.Invalid, "page", "the row that it follows is not named as the pages name it", "take the link on the page").At("after")
	}
	f.After = &store.Mark{First: a, Seq: b}
	return f, nil
}

func after(m *store.Mark) string {
	if m == nil {
		return ""
	}
	return strconv.FormatInt(m.First, 10) + "_" + strconv.FormatInt(m.Seq, 10)
}

func (p *pages) dataset(ctx context.Context, by who.Person, name string, ask web.DataAsk, lang text.Lang) (*web.Dataset, error) {
	d, err := describe(name, lang)
	if err != nil {
		return nil, err
	}
	f, err := filter(ask)
	if err != nil {
		return nil, err
	}
	sight, err := p.sight(ctx, by)
	if err != nil {
		return nil, err
	}
	grades, err := p.grades(ctx)
	if err != nil {
		return nil, err
	}
	v := &view{pages: p, ctx: ctx, by: by, d: d, lang: lang, words: text.In(lang), filter: f, ask: ask, sight: sight, parties: map[string]web.Party{}, langs: map[string]string{}}
	line, err := p.dataLine(ctx, p.shelf(), name, lang, grades, v.parties)
	if err != nil {
		return nil, err
	}
	v.out = &web.Dataset{DataLine: *line, Area: d.words[d.area.Name], About: d.words.Note(d.Dataset, area.About), Compare: d.words.Note(d.Dataset, area.Compare),
		Version: d.Version, Closed: !sight.Whole, Keeps: line.Register && by.May(who.Keep), Columns: d.columns()}
	for _, h := range line.Held {
		v.out.Parties = append(v.out.Parties, h.Party)
	}
	steps := []func() error{v.rows, v.months, v.spots, v.given, v.sources, v.ways}
	if line.Series {
		steps = []func() error{v.stations, v.sources, v.ways}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return v.out, nil
}

// A view is the page of one dataset being filled.
type view struct {
	pages   *pages
	ctx     context.Context
	by      who.Person
	d       *described
	lang    text.Lang
	words   *text.Printer
	filter  shelf.Filter
	ask     web.DataAsk
	sight   shelf.Sight
	parties map[string]web.Party
	langs   map[string]string // the language that a party writes in
	out     *web.Dataset
}

func (v *view) party(id string) (web.Party, error) { return v.pages.known(v.ctx, id, v.parties) }

func (v *view) rows() error {
	page, err := v.pages.shelf().Page(v.ctx, v.d.Name, v.filter, v.sight)
	if err != nil {
		return err
	}
	v.out.At, v.out.After, v.out.Looked = page.At, after(page.After), page.Looked
	for i := range page.Rows {
		row, err := v.row(&page.Rows[i])
		if err != nil {
			return err
		}
		v.out.Rows = append(v.out.Rows, row)
	}
	return nil
}

// row writes a record in the reader's words.
func (v *view) row(r *shelf.Row) (web.DataRow, error) {
	party, err := v.party(r.Origin)
	if err != nil {
		return web.DataRow{}, err
	}
	out := web.DataRow{Party: party, Origin: r.Origin, Key: r.Key, Seq: r.Seq, When: v.when(r.Record.When), Place: placeText(r.Record.Place), Simulated: r.Record.Simulated}
	for i := range v.d.Fields {
		cell := web.DataCell{}
		if r.Dataset != nil {
			cell = v.cell(i, r.Record.Value(r.Dataset.Index(v.d.Fields[i].Name)), r.Origin)
		}
		out.Cells = append(out.Cells, cell)
	}
	return out, nil
}

func (v *view) when(t record.Time) string {
	if at, ok := t.Instant(); ok {
		return v.words.Time(at)
	}
	return v.words.Date(t.Date())
}

// cell writes a value of a field in the reader's words. A text is as its city wrote it.
func (v *view) cell(i int, x record.Value, origin string) web.DataCell {
	f := &v.d.Fields[i]
	switch x.Type {
	case record.Number, record.Integer:
		return web.DataCell{Text: v.words.Decimal(x.Num, 6), Number: true}
	case record.Bool:
		return web.DataCell{Text: v.words.T(map[bool]string{true: "data.yes", false: "data.no"}[x.Bool()])}
	case record.Date:
		day, _ := x.Date()
		return web.DataCell{Text: v.words.Date(day)}
	case record.Code:
		base := *v.d.Dataset
		base.Name = strings.TrimSuffix(base.Name, record.GroupsSuffix)
		return web.DataCell{Text: v.d.words.Code(&base, f.Name, x.Text)}
	case record.Geometry:
		shape, _, _ := strings.Cut(x.Text, "(")
		return web.DataCell{Text: strings.ToLower(shape)}
	}
	return web.DataCell{Text: x.Text, Lang: v.langOf(origin)}
}

// langOf is the language that a party writes in; empty where it is the reader's.
func (v *view) langOf(party string) string {
	lang, ok := v.langs[party]
	if !ok {
		if chain, err := v.pages.node.Links.Chain(v.ctx, party); err == nil && len(chain) > 0 && len(chain.Last().Languages) > 0 {
			lang = chain.Last().Languages[0]
		}
		v.langs[party] = lang
	}
	if lang == string(v.lang) {
		return ""
	}
	return lang
}

// shownMonths is how many months a figure shows where the reader asks for no days.
const shownMonths = 36

// months counts the records a month up to the newest.
func (v *view) months() error {
	from, until := v.filter.From, v.filter.Until
	for _, h := range v.out.Held {
		if until.IsZero() || v.filter.Until.IsZero() && h.Last.After(until) {
			until = h.Last
		}
	}
	if until.IsZero() {
		return nil
	}
	if today := v.pages.node.Today(); until.After(today) && v.filter.Until.IsZero() {
		until = today
	}
	if from.IsZero() || from.Before(until.AddMonths(-600)) {
		from = until.AddMonths(1 - shownMonths)
		from = date.NewDay(from.Year(), from.Month(), 1)
	}
	counts, err := v.pages.shelf().Months(v.ctx, v.d.Name, from, until)
	if err != nil {
		return err
	}
	for _, h := range v.out.Held {
		if v.filter.Party != "" && v.filter.Party != h.Party.ID {
			continue
		}
		s := web.DataSeries{Party: h.Party, Own: h.Own, Simulated: h.Simulated != "none"}
		for month, n := range counts[h.Party.ID] {
			s.Points = append(s.Points, chart.Point{X: chart.Seconds(month.Time()), Y: float64(n)})
		}
		slices.SortFunc(s.Points, func(a, b chart.Point) int { return int(a.X/86400) - int(b.X/86400) })
		v.out.Months = append(v.out.Months, s)
	}
	return nil
}

// shownSpots is how many places of a party a map shows.
const shownSpots = 600

func (v *view) spots() error {
	title, shape := v.d.naming()
	v.out.Shapes = shape != ""
	for _, h := range v.out.Held {
		f := v.filter
		if f.Party != "" && f.Party != h.Party.ID {
			continue
		}
		f.Party, f.After = h.Party.ID, nil
		rows, more, err := v.pages.shelf().Spots(v.ctx, v.d.Name, f, v.sight, shownSpots)
		if err != nil {
			return err
		}
		s := web.DataSpots{Party: h.Party, Own: h.Own, More: more}
		for i := range rows {
			if at := rows[i].Record.Place; at.Known {
				s.Spots = append(s.Spots, chart.Spot{Place: chart.Place{Lon: at.Lon, Lat: at.Lat}, Grid: at.Grid})
			}
			s.Areas = append(s.Areas, shapesOf(&rows[i], title, shape)...)
		}
		v.out.Spots = append(v.out.Spots, s)
	}
	var err error
	v.out.Grounds, err = v.pages.mapGrounds(v.ctx, v.by, v.lang)
	return err
}

// shapesOf are the polygons of a record's outline.
func shapesOf(r *shelf.Row, title, shape string) []chart.Area {
	outline := r.Record.Value(r.Dataset.Index(shape))
	if f, err := record.ParseFigure(outline.Text); err == nil {
		return areasOf(r.Record.Value(r.Dataset.Index(title)).Text, &f)
	}
	return nil
}

// given says which party gives which field, so that nobody compares what one keeps at home.
func (v *view) given() error {
	all, err := v.pages.shelf().Given(v.ctx, v.d.Dataset, v.sight)
	if err != nil || len(all) == 0 {
		return err
	}
	row := func(c web.DataColumn, n func(g *shelf.Given) int) web.DataGiven {
		out := web.DataGiven{Column: c}
		have := 0
		for _, h := range v.out.Held {
			i := slices.IndexFunc(all, func(g shelf.Given) bool { return g.Party == h.Party.ID })
			if i < 0 || all[i].Of == 0 {
				out.Share = append(out.Share, -1)
				continue
			}
			if k := n(&all[i]); k > 0 {
				have++
				out.Share = append(out.Share, max(1, k*100/all[i].Of))
			} else {
				out.Share = append(out.Share, 0)
			}
		}
		out.Word = []string{"none", "one", "both"}[min(have, 2)]
		return out
	}
	v.out.Given = append(v.out.Given, row(web.DataColumn{Label: v.words.T("record.when"), Type: "when"}, func(g *shelf.Given) int { return g.When }))
	place := row(web.DataColumn{Label: v.words.T("record.place"), Type: "place"}, func(g *shelf.Given) int { return g.Place })
	exact := 0
	for i := range all {
		if all[i].Exact > 0 {
			exact++
		}
	}
	if place.Word == "both" && exact == 1 {
		place.Word = "coarse"
	}
	v.out.Given = append(v.out.Given, place)
	for i, c := range v.out.Columns {
		v.out.Given = append(v.out.Given, row(c, func(g *shelf.Given) int { return g.Fields[i] }))
	}
	return nil
}

// sources are the publishers whose files the known recipes read.
func (v *view) sources() error {
	all, err := recipes()
	for _, r := range all {
		if r.Dataset == v.d.Name {
			title := r.Title[string(v.lang)]
			v.out.Sources = append(v.out.Sources, web.DataSource{Title: title, Publisher: r.Publisher, URL: r.Source, Licence: r.Licence, Recipe: r.Name})
		}
	}
	return err
}

// ways are the clauses under which the dataset may leave, and what has.
func (v *view) ways() error {
	all, err := v.pages.permissions(v.ctx)
	if err != nil {
		return err
	}
	for _, w := range all {
		if w.Terms.Dataset != v.d.Name && gate.Leaving(&w.Terms) != v.d.Name {
			continue
		}
		way, err := v.way(w)
		if err != nil {
			return err
		}
		v.out.Ways = append(v.out.Ways, way)
	}
	return nil
}

func (v *view) way(w permitted) (out web.DataWay, err error) {
	out = web.DataWay{Own: w.from == v.pages.node.Home.Config.Party, Instrument: w.Instrument.ID, Name: w.Instrument.Names, Clause: w.Clause.ID, Grade: string(w.Terms.Grade)}
	if out.From, err = v.party(w.from); err != nil {
		return out, err
	}
	if out.To, err = v.party(w.to); err != nil {
		return out, err
	}
	d, ok := allLookup(w.Terms)
	if !ok {
		return out, nil
	}
	g, err := gate.Compile(w.Terms, d)
	if err != nil {
		return out, err
	}
	for _, why := range g.Explain() {
		out.Gate = append(out.Gate, gate.Explain(string(v.lang), why))
	}
	err = v.pages.node.DB.View(v.ctx, func(tx *db.Tx) error {
		crossed, err := link.Carried(v.ctx, tx, w.Instrument.ID, w.Clause.ID, kindOf(d), gate.Leaving(&w.Terms))
		for _, c := range crossed {
			if c.Writer == w.from {
				out.Entries, out.Rows, out.Delivered, out.Last = c.Entries, c.Rows, c.Delivered, c.Last.In(v.pages.node.Home.Zone)
			}
		}
		return err
	})
	return out, err
}

// kindOf is the kind of entry that carries a dataset.
func kindOf(d *record.Dataset) exchange.Kind {
	if d.Kind == record.Series {
		return exchange.KindObservations
	}
	return exchange.KindRecords
}

func allLookup(t agreement.Terms) (*record.Dataset, bool) { return all.Lookup(t.Dataset, t.Version) }
