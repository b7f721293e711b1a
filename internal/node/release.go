package node

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"

	"accord/agreement"
	"accord/internal/area"
	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/flow"
	"accord/internal/gate"
	"accord/internal/instrument"
	"accord/internal/text"
	"accord/internal/web"
	"accord/internal/who"
	"accord/record"
)

func (p *pages) releases(ctx context.Context) (out []web.Waiting, err error) {
	waiting, err := p.node.Flow.Releases(ctx)
	for _, w := range waiting {
		if err != nil {
			return nil, err
		}
		var line web.Waiting
		line, err = p.waiting(ctx, w)
		out = append(out, line)
	}
	return out, err
}

func (p *pages) waiting(ctx context.Context, w flow.Release) (web.Waiting, error) {
	out := web.Waiting{ID: w.ID, Instrument: w.Instrument, Clause: w.Clause, Rows: w.Rows, Since: w.Since.In(p.node.Home.Zone), Needed: w.Approvals, Document: w.Document != ""}
	for _, said := range w.Words {
		if said.Word == flow.Approved {
			out.Approvals++
		}
	}
	if out.Document {
		out.What = agreement.Texts{{Text: w.Title}}
	} else {
		out.What = datasetName(w.Dataset)
	}
	var err error
	out.Partner, err = p.party(ctx, w.Partner)
	return out, err
}

// datasetName is the dataset's name in each language that its area has words in.
func datasetName(name string) (out agreement.Texts) {
	for _, l := range text.Langs() {
		for _, a := range all.Areas() {
			for _, d := range a.Datasets {
				if words, err := a.Words(string(l)); d.Name == name && err == nil {
					out = append(out, agreement.Text{Lang: string(l), Text: words.Dataset(d)})
					break
				}
			}
		}
	}
	if out == nil {
		out = agreement.Texts{{Text: name}}
	}
	return out
}

// release is everything that a person must see before deciding.
func (p *pages) release(ctx context.Context, id int64, from int, lang text.Lang) (*web.Release, error) {
	w, body, err := p.node.Flow.Show(ctx, id)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	out := &web.Release{State: string(w.State), Bytes: int64(len(body)), Sum: hex.EncodeToString(sum[:])}
	if out.Waiting, err = p.waiting(ctx, w); err != nil {
		return nil, err
	}
	for _, said := range w.Words {
		out.Words = append(out.Words, web.Said{Person: said.Person, Name: p.name(ctx, said.Person), Word: string(said.Word), Why: said.Why, At: said.At.In(p.node.Home.Zone)})
	}
	if err := p.clause(ctx, w, lang, out); err != nil {
		return nil, err
	}
	if w.Document != "" {
		return out, documentRows(body, out)
	}
	return out, batchRows(body, from, lang, out)
}

// name is a person's name, or the id where there is no account of it.
func (p *pages) name(ctx context.Context, id string) string {
	if k, err := p.node.People.Get(ctx, id); err == nil && k.Name != "" {
		return k.Name
	}
	return id
}

// clause fills in what allows the release, and what the gate does under it.
func (p *pages) clause(ctx context.Context, w flow.Release, lang text.Lang, out *web.Release) error {
	return p.node.DB.View(ctx, func(tx *db.Tx) error {
		k, err := instrument.Get(ctx, tx, w.Instrument)
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		out.From, out.Gate = k.Names, nil
		c := k.Clause(w.Clause)
		if c == nil {
			return nil
		}
		out.ClauseText = c.Texts
		for _, t := range c.Terms {
			d, ok := all.Lookup(t.Dataset, t.Version)
			if !ok || w.Document != "" || w.Dataset != t.Dataset && w.Dataset != d.Groups().Name {
				continue
			}
			g, err := gate.Compile(t, d)
			if err != nil {
				return err
			}
			words, err := datasetWords(d, lang)
			if err != nil {
				return err
			}
			for _, why := range g.Explain() {
				out.Gate = append(out.Gate, gate.Explain(string(lang), labelled(why, d, words)))
			}
		}
		return nil
	})
}

// batchRows lays out the rows from a number on, as a table and as bytes.
func batchRows(body []byte, from int, lang text.Lang, out *web.Release) error {
	batch, err := record.DecodeBatch(body, record.WithGroups(all.Lookup))
	if err != nil {
		return err
	}
	from = min(from, len(batch.Rows)/web.ShownRows*web.ShownRows)
	until := min(from+web.ShownRows, len(batch.Rows))
	shown := shownFields(batch)
	words := area.Words{}
	if a, ok := all.Of(batch.Dataset); ok {
		if words, err = a.Words(string(lang)); err != nil {
			return err
		}
	}
	p := text.In(lang)
	out.First = from
	out.Columns = []string{p.T("record.key"), p.T("record.when"), p.T("record.place")}
	for _, i := range shown {
		f := batch.Dataset.Fields[i]
		label := words.Field(batch.Dataset, f.Name)
		if f.Unit != "" {
			label += " (" + f.Unit + ")"
		}
		out.Columns = append(out.Columns, label)
	}
	simulated := slices.ContainsFunc(batch.Records, func(r record.Record) bool { return r.Simulated })
	if simulated {
		out.Columns = append(out.Columns, p.T("record.simulated"))
	}
	head, _, _ := bytes.Cut(body, []byte{'\n'})
	out.Raw = append(out.Raw, head)
	for i := from; i < until; i++ {
		r := &batch.Records[i]
		cells := []string{r.Key, r.When.String(), placeText(r.Place)}
		for _, at := range shown {
			v, f := r.Value(at), batch.Dataset.Fields[at]
			cell := v.String()
			if f.Type == record.Code && cell != "" {
				cell = words.Code(batch.Dataset, f.Name, cell)
			}
			cells = append(cells, cell)
		}
		if simulated {
			cells = append(cells, map[bool]string{true: p.T("record.yes"), false: ""}[r.Simulated])
		}
		out.Cells = append(out.Cells, cells)
		out.Raw = append(out.Raw, batch.Rows[i])
	}
	return nil
}

// shownFields are the fields that any row of the batch has: exactly those that would leave.
func shownFields(b *record.Batch) (shown []int) {
	for i := range b.Dataset.Fields {
		if slices.ContainsFunc(b.Records, func(r record.Record) bool { return !r.Value(i).IsAbsent() }) {
			shown = append(shown, i)
		}
	}
	return shown
}

func placeText(p record.Place) string {
	if !p.Known {
		return ""
	}
	s := strconv.FormatFloat(p.Lat, 'f', -1, 64) + ", " + strconv.FormatFloat(p.Lon, 'f', -1, 64)
	if p.Grid > 0 {
		s += fmt.Sprintf(" (%d m)", p.Grid)
	}
	return s
}

// documentRows lays out what announces a document; the file itself is fetched.
func documentRows(body []byte, out *web.Release) error {
	d, err := document.Announcement(body)
	if err != nil {
		return err
	}
	out.Raw = [][]byte{body}
	out.File = d.Name
	out.FileBytes = d.Size
	out.What = agreement.Texts{{Lang: d.Language, Standing: agreement.TextStanding(d.Standing), Text: d.Title}}
	for _, f := range []web.Fact{
		{Key: "kind", Text: string(d.Kind)}, {Key: "unit", Text: d.Unit}, {Key: "due", Text: d.Due}, {Key: "answers", Text: d.Answers},
		{Key: "name", Text: d.Name}, {Key: "media", Text: d.Media}, {Key: "hash", Text: d.Hash},
	} {
		if f.Text != "" {
			out.Facts = append(out.Facts, f)
		}
	}
	for _, a := range d.Abstract {
		out.Facts = append(out.Facts, web.Fact{Key: "abstract", Lang: a.Lang, Text: a.Text})
	}
	return nil
}

// file is the file of a document that waits, exactly as it would leave.
func (p *pages) file(ctx context.Context, id int64) (name string, size int64, write func(io.Writer) error, err error) {
	w, _, err := p.node.Flow.Show(ctx, id)
	if err != nil {
		return "", 0, nil, err
	}
	if w.Document == "" {
		return "", 0, nil, fault.New(fault.NotFound, fmt.Sprintf("release %d", id), "it is of records, which have no file", "take its bytes instead")
	}
	var k *document.Kept
	if err = p.node.DB.View(ctx, func(tx *db.Tx) error { k, err = document.Get(ctx, tx, w.Document); return err }); err != nil {
		return "", 0, nil, err
	}
	file := document.Read(ctx, p.node.DB, k, p.node.Home.Config.Party)
	return k.Name, k.Size, func(to io.Writer) error { _, err := file.WriteTo(to); return err }, nil
}

func (p *pages) body(ctx context.Context, id int64) ([]byte, error) {
	_, body, err := p.node.Flow.Show(ctx, id)
	return body, err
}

func (p *pages) approve(ctx context.Context, by who.Person, id int64) error {
	_, err := p.node.Flow.Approve(ctx, id, by)
	return err
}

func (p *pages) refuse(ctx context.Context, by who.Person, id int64, why string) error {
	return p.node.Flow.Refuse(ctx, id, by, why)
}
