package node

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"accord/exchange"
	"accord/internal/area"
	"accord/internal/db"
	"accord/internal/export"
	"accord/internal/fault"
	"accord/internal/link"
	"accord/internal/series"
	"accord/internal/shelf"
	"accord/internal/text"
	"accord/internal/web"
	"accord/internal/who"
	"accord/record"
)

// viewOf prepares to write what is of one dataset in a person's words.
func (p *pages) viewOf(ctx context.Context, by who.Person, name string, ask web.DataAsk, lang text.Lang) (*view, error) {
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
	return &view{pages: p, ctx: ctx, by: by, d: d, lang: lang, words: text.In(lang), filter: f, ask: ask, sight: sight, parties: map[string]web.Party{}, langs: map[string]string{}}, nil
}

// dataRecord is one record with its versions and the entries that carried it.
func (p *pages) dataRecord(ctx context.Context, by who.Person, name, origin, key string, lang text.Lang) (*web.DataRecord, error) {
	v, err := p.viewOf(ctx, by, name, web.DataAsk{}, lang)
	if err != nil {
		return nil, err
	}
	versions, err := p.shelf().Record(ctx, name, origin, key, v.sight)
	if err != nil {
		return nil, err
	}
	party, err := v.party(origin)
	if err != nil {
		return nil, err
	}
	own := origin == p.node.Home.Config.Party
	out := &web.DataRecord{Dataset: name, Label: v.d.label, Key: key, Party: party, Columns: v.d.columns(), Closed: own && !v.sight.Whole,
		Keeps: own && v.d.area.Register(v.d.Dataset) && by.May(who.Keep)}
	for i := range versions {
		shown, err := v.version(&versions[i])
		if err != nil {
			return nil, err
		}
		out.Versions = append(out.Versions, shown)
	}
	for i := range out.Versions {
		if i+1 < len(out.Versions) {
			out.Versions[i].Changed = differs(out.Versions[i], out.Versions[i+1])
		}
	}
	if own {
		out.Left, err = v.left(key, versions)
	}
	return out, err
}

func differs(now, before web.DataVersion) map[int]bool {
	out := map[int]bool{}
	if now.Gone != "" || before.Gone != "" || now.Hidden || before.Hidden {
		return out
	}
	for i := range now.Row.Cells {
		out[i] = i < len(before.Row.Cells) && now.Row.Cells[i].Text != before.Row.Cells[i].Text
	}
	return out
}

func (v *view) version(k *shelf.Version) (out web.DataVersion, err error) {
	if out.Row, err = v.row(&k.Row); err != nil {
		return out, err
	}
	out.Known, out.Source, out.Hidden = k.Known.In(v.pages.node.Home.Zone), k.Source, k.Hidden
	if k.Gone {
		out.Gone = map[bool]string{true: "withdrawn", false: "deleted"}[k.Withdrawn]
	}
	err = v.pages.node.DB.View(v.ctx, func(tx *db.Tx) error {
		out.Brought = nil
		for _, at := range k.Brought {
			place, found, err := link.PlaceOf(v.ctx, tx, at[0], at[1])
			if err != nil {
				return err
			}
			if found {
				out.Brought = append(out.Brought, v.entryAt(place))
			}
		}
		return nil
	})
	return out, v.named(err, out.Brought)
}

// entryAt is an entry as the page names it; named gives it its writer.
func (v *view) entryAt(p link.Place) web.DataEntryAt {
	return web.DataEntryAt{ID: p.Writer, Index: p.Index, Clause: p.Clause, Time: p.Time.In(v.pages.node.Home.Zone), Receipt: p.Delivered}
}

func (v *view) named(err error, entries []web.DataEntryAt) error {
	for i := range entries {
		if err == nil {
			entries[i].Writer, err = v.party(entries[i].ID)
		}
	}
	return err
}

// The entries of a clause in which a record is looked for: as many from the time on at which the version came here.
const searched = 200

// left finds the entries that carried a record of ours out. It looks into their bodies, since what has left is nowhere else
// written down by record.
func (v *view) left(key string, versions []shelf.Version) (out []web.DataEntryAt, err error) {
	ways, err := v.pages.permissions(v.ctx)
	if err != nil || len(versions) == 0 {
		return nil, err
	}
	needle := append([]byte(nil), record.AppendRow(nil, &record.Dataset{}, &record.Record{Key: key})...)
	needle = needle[:len(needle)-len(`,"values":{}}`)]
	first := versions[len(versions)-1].Known
	self := v.pages.node.Home.Config.Party
	err = v.pages.node.DB.View(v.ctx, func(tx *db.Tx) error {
		out = nil
		for _, w := range ways {
			if w.from != self || w.Terms.Dataset != v.d.Name {
				continue
			}
			err := link.LeftSince(v.ctx, tx, self, exchange.KindRecords, v.d.Name, w.Instrument.ID, w.Clause.ID, first, searched, func(p link.Place, body []byte) error {
				if strings.Contains(string(body), string(needle)) {
					out = append(out, v.entryAt(p))
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out, v.named(err, out)
}

// dataFile is a download of what the page shows, all of it.
func (p *pages) dataFile(ctx context.Context, by who.Person, name, format string, ask web.DataAsk, lang text.Lang) (*web.DataFile, error) {
	v, err := p.viewOf(ctx, by, name, ask, lang)
	if err != nil {
		return nil, err
	}
	f, err := export.Find(format)
	if err != nil {
		return nil, err
	}
	head, err := v.head()
	if err != nil {
		return nil, err
	}
	write := v.writeRecords
	if v.d.Kind == record.Series {
		if format == "geojson" || format == "kml" {
			return nil, fault.New(fault.Invalid, "format", "values of series are no places", "take csv or xlsx")
		}
		write = v.writeValues
	}
	stem := strings.ReplaceAll(name, "/", "-") + "-" + p.node.Today().String()
	return &web.DataFile{Name: stem + "." + f.Name, Media: f.Media, Write: func(to io.Writer) error {
		w, err := f.Open(to, head)
		if err != nil {
			return err
		}
		return errors.Join(write(w), w.Close())
	}}, nil
}

// head names the columns and says whence the rows come, what was chosen and what is not among them.
func (v *view) head() (*export.Head, error) {
	h := &export.Head{Title: v.d.label}
	add := func(name, label string) { h.Columns = append(h.Columns, export.Column{Name: name, Label: label}) }
	add("key", v.words.T("record.key"))
	add("party", v.words.T("data.party"))
	add("when", v.words.T("record.when"))
	for _, c := range v.d.columns() {
		h.Columns = append(h.Columns, export.Column{Name: c.Name, Label: c.Label, Unit: c.Unit})
	}
	add("simulated", v.words.T("record.simulated"))
	source := func(key string, args ...any) { h.Source = append(h.Source, v.words.T(key, args...)) }
	self, err := v.party(v.pages.node.Home.Config.Party)
	if err != nil {
		return nil, err
	}
	source("data_source.taken", "party", v.said(self), "day", v.pages.node.Today())
	held, err := v.pages.shelf().Held(v.ctx, v.d.Dataset)
	if err != nil {
		return nil, err
	}
	simulated := false
	for _, x := range held {
		party, err := v.party(x.Party)
		if err != nil {
			return nil, err
		}
		simulated = simulated || !x.Simulated.None()
		if v.filter.Party == "" || v.filter.Party == x.Party {
			source("data_source.of", "party", v.said(party))
		}
	}
	if simulated {
		source("data_source.simulated")
	}
	if !v.sight.Whole {
		source("data_source.narrow")
	}
	if chosen := v.chosen(); chosen != "" {
		source("data_source.filter", "filter", chosen)
	}
	all, err := recipes()
	for _, r := range all {
		if r.Dataset == v.d.Name {
			source("data_source.publisher", "publisher", r.Publisher, "url", r.Source, "licence", r.Licence)
		}
	}
	return h, err
}

// said is a party's name in the reader's language, as a text without marks.
func (v *view) said(party web.Party) string {
	have := make([]string, len(party.Name))
	for i, s := range party.Name {
		have[i] = s.Lang
	}
	if i := text.Choose(v.lang, have); i >= 0 {
		return party.Name[i].Text
	}
	return party.ID
}

// chosen is the filter in words.
func (v *view) chosen() string {
	var parts []string
	for _, c := range []struct{ label, value string }{
		{"data.party", v.filter.Party}, {"data.text", v.filter.Text}, {"data.from", v.filter.From.String()}, {"data.to", v.filter.Until.String()},
	} {
		if c.value != "" {
			parts = append(parts, v.words.T(c.label)+" "+c.value)
		}
	}
	return strings.Join(parts, ", ")
}

func (v *view) writeRecords(w export.Writer) error {
	f := v.filter
	f.At, f.After = 0, nil
	return v.pages.shelf().Each(v.ctx, v.d.Name, f, v.sight, func(r *shelf.Row) error {
		row := export.Row{Name: r.Key, Place: r.Record.Place, Values: []record.Value{record.TextOf(r.Key), record.TextOf(r.Origin), record.TextOf(r.Record.When.String())}}
		for i := range v.d.Fields {
			row.Values = append(row.Values, r.Record.Value(r.Dataset.Index(v.d.Fields[i].Name)))
		}
		row.Values = append(row.Values, record.BoolOf(r.Record.Simulated))
		return w.Row(&row)
	})
}

// writeValues writes the values of every series that the filter names, a row each.
func (v *view) writeValues(w export.Writer) error {
	all, err := v.pages.shelf().Series(v.ctx, v.d.Dataset, v.filter, v.sight)
	if err != nil {
		return err
	}
	for _, e := range all {
		if i := v.d.Index(v.ask.Field); i >= 0 && e.Field != i {
			continue
		}
		if err := v.writeSeries(w, &e); err != nil {
			return err
		}
	}
	return nil
}

// spanOfValues is how much of a series is read at once.
const spanOfValues = 31 * 24 * time.Hour

func (v *view) writeSeries(w export.Writer, e *series.Extent) error {
	from, until := e.First, e.Last
	if !v.filter.From.IsZero() {
		from = max(from, v.filter.From.Time().UnixMicro())
	}
	if !v.filter.Until.IsZero() {
		until = min(until, v.filter.Until.AddDays(1).Time().UnixMicro()-1)
	}
	values := make([]record.Value, len(v.d.Fields))
	for at := from; at <= until; at += spanOfValues.Microseconds() {
		k, points, err := v.pages.shelf().Points(v.ctx, v.d.Dataset, e.ID, at, min(until, at+spanOfValues.Microseconds()-1), v.sight)
		if err != nil {
			return err
		}
		for _, p := range points {
			r := k.Record(v.d.Dataset, p, values)
			row := export.Row{Name: r.Key, Place: r.Place, Values: slices.Concat([]record.Value{record.TextOf(r.Key), record.TextOf(k.Origin), record.TextOf(r.When.String())}, r.Values, []record.Value{record.BoolOf(r.Simulated)})}
			if err := w.Row(&row); err != nil {
				return err
			}
		}
	}
	return nil
}

// registered finds a list that people keep by hand.
func registered(name string, lang text.Lang) (*described, error) {
	d, err := describe(name, lang)
	if err == nil && !d.area.Register(d.Dataset) {
		return nil, fault.New(fault.Refused, "dataset "+name, "its records come from files and links, nobody writes them by hand", "correct them where they come from and import them again")
	}
	return d, err
}

// dataEntry is the form of an entry.
func (p *pages) dataEntry(ctx context.Context, by who.Person, name, key string, lang text.Lang) (*web.DataEntry, error) {
	d, err := registered(name, lang)
	if err != nil {
		return nil, err
	}
	words := text.In(lang)
	out := &web.DataEntry{Dataset: name, Label: d.label, About: d.words.Note(d.Dataset, area.About), Key: key}
	var now record.Record
	if key != "" {
		sight, err := p.sight(ctx, by)
		if err != nil {
			return nil, err
		}
		versions, err := p.shelf().Record(ctx, name, p.node.Home.Config.Party, key, sight)
		if err != nil {
			return nil, err
		}
		if now = versions[0].Record; versions[0].Gone {
			return nil, fault.New(fault.NotFound, "entry", "it was deleted", "add it anew if it is needed again")
		}
		out.Shown = versions[0].Seq
	}
	for i := range d.Fields {
		out.Fields = append(out.Fields, d.formField(words, i, now.Value(i)))
	}
	out.Fields = append(out.Fields,
		web.DataField{Name: shelf.WhenField, Label: words.T("record.when"), Kind: "when", Value: now.When.String(), Hint: words.T("data.hint_when")},
		web.DataField{Name: shelf.PlaceField, Label: words.T("record.place"), Kind: "place", Value: placeText(now.Place), Hint: words.T("data.hint_place")})
	return out, nil
}

// longText is from how many bytes on a text gets a larger field.
const longText = 80

func (d *described) formField(words *text.Printer, i int, now record.Value) web.DataField {
	f := d.Fields[i]
	c := d.column(i)
	out := web.DataField{Name: f.Name, Label: c.Label, Unit: c.Unit, Kind: string(f.Type), Required: f.Required, Value: now.String()}
	switch f.Type {
	case record.Integer:
		out.Kind = "number"
	case record.Text:
		if strings.HasSuffix(f.Name, "note") || strings.HasSuffix(f.Name, "notes") || len(out.Value) > longText {
			out.Kind = "long"
		}
	case record.Bool:
		out.Kind = "code"
		out.Choices = []web.DataChoice{{Value: "true", Label: words.T("data.yes")}, {Value: "false", Label: words.T("data.no")}}
	case record.Code:
		for _, code := range f.Codes {
			out.Choices = append(out.Choices, web.DataChoice{Value: code, Label: d.words.Code(d.Dataset, f.Name, code)})
		}
	case record.Date:
		out.Hint = words.T("data.hint_when")
	}
	return out
}

// keepEntry stores what a person wrote, or says what is wrong with it, by field.
func (p *pages) keepEntry(ctx context.Context, by who.Person, name, key string, shown int64, written map[string]string, lang text.Lang) (string, map[string]string, error) {
	d, err := registered(name, lang)
	if err != nil {
		return "", nil, err
	}
	r, wrong := shelf.Read(d.Dataset, written)
	if len(wrong) > 0 {
		out := map[string]string{}
		for _, w := range wrong {
			out[w.Field] = sentence(text.In(lang), w)
		}
		return "", out, nil
	}
	r.Key = key
	kept, err := p.shelf().Put(ctx, by, d.Dataset, r, shown)
	return kept, nil, err
}

func sentence(words *text.Printer, w shelf.Wrong) string {
	if w.Bound != "" {
		return words.T("data_wrong."+w.Why, "bound", w.Bound)
	}
	return words.T("data_wrong." + w.Why)
}

func (p *pages) dropEntry(ctx context.Context, by who.Person, name, key string, shown int64) error {
	d, err := registered(name, text.English)
	if err != nil {
		return err
	}
	return p.shelf().Drop(ctx, by, d.Dataset, key, shown)
}
