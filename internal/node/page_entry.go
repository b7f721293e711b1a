package node

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"accord/exchange"
	"accord/internal/area/all"
	"accord/internal/audit"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/flow"
	"accord/internal/link"
	"accord/internal/text"
	"accord/internal/web"
	"accord/internal/who"
	"accord/record"
)

// entry is one entry of a log with all that is kept of it.
func (p *pages) entry(ctx context.Context, by who.Person, at web.EntryAt, from int, lang text.Lang) (*web.EntryView, error) {
	partner, err := p.partnerOf(ctx, at)
	if err != nil {
		return nil, err
	}
	d, err := p.node.Links.Detail(ctx, at.Writer, partner, at.Index)
	if err != nil {
		return nil, err
	}
	h := &d.Entry.Header
	out := &web.EntryView{Index: d.Index, ID: h.ID, Kind: string(h.Kind), State: state(d.Line, at.Writer != partner), Instrument: h.Instrument, Clause: h.Clause, Unit: h.Unit,
		Hash: hex.EncodeToString(h.Hash[:]), Left: p.at(h.Time), Stored: p.at(d.Stored), Cosigned: p.at(d.Cosigned), Covers: d.Covers, Size: int64(h.Size),
		Header: string(d.Header), Erasure: d.Erasure, Closed: !seesBody(by, d)}
	if d.Aside != "" {
		out.Aside = new(reasonIn(lang, d.Aside))
	}
	if err := p.sides(ctx, at.Writer, partner, out); err != nil {
		return nil, err
	}
	if err := p.entryClause(ctx, d, lang, out); err != nil {
		return nil, err
	}
	if out.Proof, err = p.proof(ctx, partner, at.Writer, at.Index); err != nil {
		return nil, err
	}
	if !out.Closed && !d.Erased {
		layBody(d, from, lang, out)
	}
	return out, nil
}

// seesBody says whether a person may see what an entry says. What has crossed is for all people of the city; what is set
// aside nobody has let in, and it may be wider than its clause: that is for those who see what waits.
func seesBody(by who.Person, d *link.Detail) bool {
	if d.Aside != "" {
		return by.May(who.SeeContent)
	}
	return by.May(who.See)
}

func (p *pages) sides(ctx context.Context, writer, partner string, out *web.EntryView) (err error) {
	if out.Partner, err = p.party(ctx, partner); err != nil {
		return err
	}
	self, err := p.party(ctx, p.node.Home.Config.Party)
	if out.Writer, out.Reader = self, out.Partner; writer == partner {
		out.Writer, out.Reader = out.Partner, self
	}
	return err
}

// entryClause fills in the clause it stands under and what its gate does.
func (p *pages) entryClause(ctx context.Context, d *link.Detail, lang text.Lang, out *web.EntryView) error {
	h := &d.Entry.Header
	if h.Clause == "" {
		return nil
	}
	var r web.Release
	w := flow.Release{Instrument: h.Instrument, Clause: h.Clause, Dataset: d.Subject}
	if h.Kind == exchange.KindDocument || h.Kind == exchange.KindPart || h.Kind == exchange.KindOpened {
		w.Document, w.Dataset = "a document", ""
	}
	err := p.clause(ctx, w, lang, &r)
	out.From, out.ClauseText, out.Gate = r.From, r.ClauseText, r.Gate
	return err
}

// shownRaw is how many bytes of a body that is text a page shows; larger ones are fetched.
const shownRaw = 16 << 10

// layBody lays out what the entry says. A body that cannot be read as its kind, as one that is set aside, says why.
func layBody(d *link.Detail, from int, lang text.Lang, out *web.EntryView) {
	body := d.Entry.Body
	if d.Entry.Header.Kind != exchange.KindPart && len(body) <= shownRaw && readable(body) {
		out.Raw = strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	}
	lay, ok := layouts[d.Entry.Header.Kind]
	if !ok {
		return
	}
	if err := lay(body, from, lang, out); err != nil {
		out.Facts, out.Cells, out.Unread = nil, nil, fault.New(fault.Invalid, "body", "it cannot be read", "").Error()
		if f, ok := errors.AsType[*fault.Fault](err); ok {
			out.Unread = f.Why
		}
	}
}

// readable says whether b is text without control characters but line ends and tabs.
func readable(b []byte) bool {
	return utf8.Valid(b) && bytes.IndexFunc(b, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) < 0
}

// layouts are how bodies of each kind are laid out. Kinds that are not here are shown as bytes only.
var layouts = map[exchange.Kind]func(body []byte, from int, lang text.Lang, out *web.EntryView) error{
	exchange.KindRecords: layRecords, exchange.KindObservations: layObservations, exchange.KindAction: layAction, exchange.KindClaim: layClaim,
	exchange.KindWord: layWord, exchange.KindCard: layCard, exchange.KindWithdrawal: layWithdrawal, exchange.KindPurge: layPurge,
	exchange.KindPurged: layPurge, exchange.KindDocument: layDocument, exchange.KindOpened: layOpened,
}

// facts appends what is said, leaving out what is empty: names and values in turn.
func facts(out *web.EntryView, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out.Facts = append(out.Facts, web.Fact{Key: pairs[i], Text: pairs[i+1]})
		}
	}
}

func layRecords(body []byte, from int, lang text.Lang, out *web.EntryView) error {
	var r web.Release
	if err := batchRows(body, from, lang, &r); err != nil {
		return err
	}
	out.Columns, out.Cells, out.First = r.Columns, r.Cells, r.First
	batch, err := record.DecodeBatch(body, record.WithGroups(all.Lookup))
	if err != nil {
		return err
	}
	out.Rows, out.Raw = len(batch.Rows), nil
	for _, line := range r.Raw {
		out.Raw = append(out.Raw, string(line))
	}
	facts(out, "dataset", batch.Dataset.Name, "version", strconv.Itoa(batch.Dataset.Version))
	if batch.Origin != nil {
		facts(out, "of", batch.Origin.Party)
	}
	return nil
}

// layObservations shows one line for each series: a batch has many values.
func layObservations(body []byte, from int, lang text.Lang, out *web.EntryView) error {
	o, err := record.DecodeObservations(body, all.Lookup)
	if err != nil {
		return err
	}
	p := text.In(lang)
	words, err := datasetWords(o.Dataset, lang)
	if err != nil {
		return err
	}
	facts(out, "dataset", o.Dataset.Name, "version", strconv.Itoa(o.Dataset.Version), "values", p.Number(int64(o.Count)))
	out.Columns = []string{p.T("record.key"), p.T("leaf.quantity"), p.T("leaf.values"), p.T("leaf.first"), p.T("leaf.last"), p.T("record.place")}
	out.Rows = len(o.Runs)
	out.First = min(from, max(0, len(o.Runs)-1)/web.ShownRows*web.ShownRows)
	for i := out.First; i < min(out.First+web.ShownRows, len(o.Runs)); i++ {
		r := &o.Runs[i]
		f := o.Dataset.Fields[r.Field]
		label := words.Field(o.Dataset, f.Name)
		if f.Unit != "" {
			label += " (" + f.Unit + ")"
		}
		first, last := r.Points[0], r.Points[len(r.Points)-1]
		out.Cells = append(out.Cells, []string{r.Key, label, p.Number(int64(len(r.Points))), first.Time(r.Step).String(), last.Time(r.Step).String(), placeText(r.Place)})
	}
	out.Raw = nil // its numbers are packed
	return nil
}

func layAction(body []byte, _ int, _ text.Lang, out *web.EntryView) error {
	a, err := exchange.ParseAction(body)
	if err != nil {
		return err
	}
	facts(out, "action", a.Action, "instrument", a.Instrument, "date", a.Date.String(), "hash", a.Hash, "by", a.By, "until", a.Until.String(), "why", a.Why)
	if !a.At.IsZero() {
		facts(out, "at", a.At.UTC().Format("2006-01-02T15:04:05Z"))
	}
	if a.File != "" {
		out.Raw = strings.Split(strings.TrimSuffix(a.File, "\n"), "\n")
	}
	return nil
}

func layClaim(body []byte, _ int, _ text.Lang, out *web.EntryView) error {
	c, err := exchange.ParseClaim(body)
	if err != nil {
		return err
	}
	facts(out, "event", c.Event, "claim_action", c.Action, "version", strconv.Itoa(c.Version), "event_kind", c.Kind, "level", c.Level,
		"by", strings.Join(c.By, ", "), "start", c.Start.String(), "until", c.Until.String())
	for _, w := range c.What {
		out.Facts = append(out.Facts, web.Fact{Key: "what", Lang: w.Lang, Text: w.Text})
	}
	for _, s := range c.Sources {
		facts(out, "source", strings.TrimSpace(s.Title+" "+s.URL))
	}
	facts(out, "why", c.Why)
	return nil
}

func layWord(body []byte, _ int, _ text.Lang, out *web.EntryView) error {
	w, err := exchange.ParseWord(body)
	if err != nil {
		return err
	}
	facts(out, "event", w.Event, "word", w.Word, "number", strconv.Itoa(w.Number), "claim", w.Claim, "why", w.Why)
	return nil
}

func layCard(body []byte, _ int, _ text.Lang, out *web.EntryView) error {
	c, err := exchange.ReadCard(body)
	if err != nil {
		return err
	}
	facts(out, "party", c.Party, "serial", strconv.Itoa(c.Serial), "from", c.ValidFrom.Format("2006-01-02T15:04:05Z"), "fingerprint", c.Fingerprint(), "endpoints", strings.Join(c.Endpoints, ", "))
	return nil
}

func layWithdrawal(body []byte, from int, lang text.Lang, out *web.EntryView) error {
	w, err := exchange.ParseWithdrawal(body)
	if err != nil {
		return err
	}
	facts(out, "dataset", w.Dataset, "version", strconv.Itoa(w.Version), "of", w.Origin)
	out.Columns, out.Rows = []string{text.In(lang).T("record.key")}, len(w.Keys)
	out.First = min(from, max(0, len(w.Keys)-1)/web.ShownRows*web.ShownRows)
	for _, k := range w.Keys[out.First:min(out.First+web.ShownRows, len(w.Keys))] {
		out.Cells = append(out.Cells, []string{k})
	}
	return nil
}

func layPurge(body []byte, _ int, _ text.Lang, out *web.EntryView) error {
	w, err := exchange.ParsePurge(body)
	if err != nil {
		return err
	}
	spans := make([]string, len(w.Entries))
	for i, s := range w.Entries {
		spans[i] = fmt.Sprintf("%d–%d", s[0], s[1]-1)
		if s[1]-s[0] == 1 {
			spans[i] = strconv.FormatInt(s[0], 10)
		}
	}
	facts(out, "log", w.Log, "entries", strings.Join(spans, ", "), "basis", w.Basis, "why", w.Why)
	return nil
}

func layDocument(body []byte, _ int, _ text.Lang, out *web.EntryView) error {
	d, err := document.Announcement(body)
	if err != nil {
		return err
	}
	out.Facts = append(out.Facts, web.Fact{Key: "title", Lang: d.Language, Text: d.Title})
	facts(out, "document_kind", string(d.Kind), "document", d.Document, "unit", d.Unit, "due", d.Due, "answers", d.Answers, "name", d.Name, "media", d.Media, "hash", d.Hash)
	for _, a := range d.Abstract {
		out.Facts = append(out.Facts, web.Fact{Key: "abstract", Lang: a.Lang, Text: a.Text})
	}
	return nil
}

func layOpened(body []byte, _ int, _ text.Lang, out *web.EntryView) error {
	o, err := exchange.ParseOpened(body)
	if err != nil {
		return err
	}
	facts(out, "document", o.Document, "unit", o.Unit, "hash", o.Hash)
	return nil
}

// entryBody is what an entry says, byte for byte.
func (p *pages) entryBody(ctx context.Context, by who.Person, at web.EntryAt) ([]byte, error) {
	partner, err := p.partnerOf(ctx, at)
	if err != nil {
		return nil, err
	}
	d, err := p.node.Links.Detail(ctx, at.Writer, partner, at.Index)
	if err != nil {
		return nil, err
	}
	switch {
	case !seesBody(by, d) || d.Entry.Header.Kind == exchange.KindPart:
		return nil, fault.New(fault.Refused, "body", "it is not fetched here", "a part of a document is opened with its document")
	case d.Erased:
		return nil, fault.New(fault.NotFound, "body", "it is erased", "the entry's page names what explains it")
	}
	return d.Entry.Body, nil
}

// retryEntry applies an entry once more that is set aside, and notes who has asked for it.
func (p *pages) retryEntry(ctx context.Context, by who.Person, at web.EntryAt) (why string, err error) {
	partner, err := p.partnerOf(ctx, at)
	if err != nil {
		return "", err
	}
	if partner != at.Writer {
		return "", fault.New(fault.Invalid, "entry", "this city wrote it itself", "only what came is applied")
	}
	err = p.node.DB.Update(ctx, func(tx *db.Tx) error {
		if why, err = p.node.Links.RetryOne(ctx, tx, at.Writer, at.Index); err != nil {
			return err
		}
		line := audit.By(by, "entry retried", fmt.Sprintf("%s %d", at.Writer, at.Index))
		if why != "" {
			line = line.Refused("set aside again")
		}
		return audit.Append(ctx, tx, line)
	})
	if err == nil && why == "" {
		_, err = p.node.Flow.Settle(ctx)
	}
	return why, err
}
