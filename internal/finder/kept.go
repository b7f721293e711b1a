package finder

import (
	"context"
	"strconv"
	"strings"
	"time"

	"accord/exchange"
	"accord/internal/account"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/evidence"
	"accord/internal/fault"
	"accord/internal/flow"
	"accord/internal/instrument"
	"accord/internal/search"
	"accord/internal/store"
	"accord/internal/text"
	"accord/internal/who"
	"accord/record"
)

// own begins the names of the texts that a node keeps.
const own = "own/"

// day is the day of a moment at the city's place.
func (f *Finder) day(t time.Time) string { return date.Of(t.In(f.zone)).String() }

// found is a thing, or nothing where a keeper says that there is none.
func found[T any](v *T, err error) (*T, error) {
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	return v, err
}

// markAll marks everything that the keepers hold.
func (f *Finder) markAll(ctx context.Context, tx *db.Tx) error {
	mark := func(kind search.Kind, refs []string, err error) error {
		for _, ref := range refs {
			if err == nil {
				err = search.Mark(ctx, tx, kind, ref)
			}
		}
		return err
	}
	all := map[search.Kind]func(context.Context, *db.Tx) ([]string, error){
		search.Letter: document.IDs, search.Claim: evidence.IDs, search.Instrument: instrument.IDs, search.Release: flow.WaitingIDs, search.Person: account.IDs,
	}
	for kind, list := range all {
		refs, err := list(ctx, tx)
		if err := mark(kind, refs, err); err != nil {
			return err
		}
	}
	return nil
}

// instrument is a text that is kept here, and its clauses.
func (f *Finder) instrument(ctx context.Context, tx *db.Tx, id string) ([]search.Doc, bool, error) {
	k, err := found(instrument.Get(ctx, tx, id))
	if err != nil || k == nil {
		return nil, false, err
	}
	return f.ofInstrument(k.Instrument, own), true, nil
}

// letter is a document. What waits for a person, or was kept from leaving, is for those who see such content.
func (f *Finder) letter(ctx context.Context, tx *db.Tx, id string, seen *document.Kept, text string) ([]search.Doc, bool, error) {
	k, err := found(document.Get(ctx, tx, id))
	if err != nil || k == nil || k.State == document.Loading || k.Title == "" {
		return nil, false, err
	}
	d := search.Doc{Kind: search.Letter, Ref: id, Needs: who.See, At: k.Since, Date: f.day(k.Since), Title: []search.Text{{Lang: k.Language, Text: k.Title}}}
	if k.State == document.Waiting || k.State == document.Refused || k.State == document.Withdrawn {
		d.Needs = who.SeeContent
	}
	for _, a := range k.Abstract {
		d.Body = append(d.Body, search.Text{Lang: a.Lang, Text: a.Text})
	}
	if seen != nil && seen.State == k.State && seen.Hash == k.Hash {
		d.Body = append(d.Body, search.Text{Lang: k.Language, Text: text})
	}
	d.Body = append(d.Body, search.Text{Text: k.Name})
	return []search.Doc{d}, true, nil
}

// readable says whether a document is whole here and of a type whose text is read.
func readable(k *document.Kept) bool {
	whole := k.State == document.Here || k.State == document.Waiting || k.State == document.Leaving || k.State == document.Left
	return whole && (exchange.Ending(k.Name) == "txt" || exchange.Ending(k.Name) == "csv")
}

// text is the beginning of a document's file; nothing where it cannot be read as text.
func (f *Finder) text(ctx context.Context, k *document.Kept) string {
	b := make([]byte, min(k.Size, search.MaxBody))
	if _, err := document.Read(ctx, f.db, k, f.self).ReadAt(b, 0); err != nil {
		f.log.Warn("the text of a document cannot be read, it is found by what announces it", "document", k.Document.Document, "error", err)
		return ""
	}
	return plainText(b)
}

// claim is what a city says happened, with everything that was said of it.
func (f *Finder) claim(ctx context.Context, tx *db.Tx, id string) ([]search.Doc, bool, error) {
	c, err := found(evidence.Said(ctx, tx, id))
	if err != nil || c == nil || c.Withdrawn {
		return nil, false, err
	}
	d := search.Doc{Kind: search.Claim, Ref: id, Needs: who.See, At: day(c.Claim.Start), Date: c.Claim.Start.String()}
	for _, t := range c.Claim.What {
		d.Title = append(d.Title, search.Text{Lang: t.Lang, Text: t.Text})
	}
	for _, w := range c.Why {
		d.Body = append(d.Body, search.Text{Text: w})
	}
	for _, s := range c.Claim.Sources {
		d.Body = append(d.Body, search.Text{Text: s.Title})
	}
	d.Body = append(d.Body, search.Text{Text: c.Claim.Clause + " " + c.Claim.Start.String()})
	return []search.Doc{d}, true, nil
}

// release is a batch that waits for a person, with the texts in it. A document that waits is found as such.
func (f *Finder) release(ctx context.Context, tx *db.Tx, ref string) ([]search.Doc, bool, error) {
	id, err := strconv.ParseInt(ref, 10, 64)
	if err != nil {
		return nil, false, nil
	}
	w, err := found(flow.Batch(ctx, tx, id))
	if err != nil || w == nil {
		return nil, false, err
	}
	d := search.Doc{Kind: search.Release, Ref: ref, Needs: who.SeeContent, At: w.Since, Date: f.day(w.Since)}
	for _, a := range f.areas {
		for _, l := range text.Langs() {
			words, err := a.Words(string(l))
			if err != nil {
				return nil, false, err
			}
			if name := words[w.Dataset]; name != "" {
				d.Title = append(d.Title, search.Text{Lang: string(l), Text: name})
			}
		}
	}
	d.Title = append(d.Title, search.Text{Text: w.Clause + " " + w.Dataset})
	if b, err := record.DecodeBatch(w.Body, f.lookup); err == nil {
		d.Body = append(d.Body, search.Text{Text: batchText(b)})
	}
	return []search.Doc{d}, true, nil
}

func batchText(b *record.Batch) string {
	var s strings.Builder
	for i := range b.Records {
		if s.Len() > search.MaxBody {
			break
		}
		s.WriteString(b.Records[i].Key)
		s.WriteString("\n")
		for _, t := range fieldTexts(b.Dataset, &b.Records[i]) {
			s.WriteString(t)
			s.WriteString("\n")
		}
	}
	return s.String()
}

// person is somebody who works here.
func (f *Finder) person(ctx context.Context, tx *db.Tx, id string) ([]search.Doc, bool, error) {
	p, err := found(account.Find(ctx, tx, id))
	if err != nil || p == nil {
		return nil, false, err
	}
	return []search.Doc{{Kind: search.Person, Ref: id, Needs: who.SeeAccounts, At: p.Since, Title: []search.Text{{Text: p.Name}}, Body: []search.Text{{Text: id}}}}, true, nil
}

func fieldTexts(ds *record.Dataset, r *record.Record) (out []string) {
	for i := range ds.Fields {
		if ds.Fields[i].Type == record.Text {
			if v := r.Value(i); !v.IsAbsent() {
				out = append(out, v.String())
			}
		}
	}
	return out
}

// records looks at some of the records that were stored since the last time.
func (f *Finder) records(ctx context.Context) (n int, err error) {
	var names []string
	for name := range f.wordy {
		names = append(names, name)
	}
	var seen, next, newest int64
	if err := f.db.View(ctx, func(tx *db.Tx) error {
		if seen, _, err = search.Seen(ctx, tx, "record"); err != nil {
			return err
		}
		if newest, err = store.Newest(ctx, tx); err == nil && newest > seen {
			next, err = store.NextOf(ctx, tx, names, seen)
		}
		return err
	}); err != nil {
		return 0, err
	}
	if next == 0 { // nothing to be found among them; it is written down when it saves looking at many again
		if newest-seen < 10_000 {
			return 0, nil
		}
		return 0, f.db.Update(ctx, func(tx *db.Tx) error { return search.SetSeen(ctx, tx, "record", newest, "") })
	}
	return n, f.db.Update(ctx, func(tx *db.Tx) error { n, err = f.some(ctx, tx, names); return err })
}

// some looks at the next records. Erasing and looking come one after the other: what is erased later is taken out then.
func (f *Finder) some(ctx context.Context, tx *db.Tx, names []string) (int, error) {
	seen, _, err := search.Seen(ctx, tx, "record")
	if err != nil {
		return 0, err
	}
	rows, err := store.Since(ctx, tx, names, seen, perTurn)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	var docs []search.Doc
	for i := range rows {
		r := &rows[i]
		if d, ok := f.record(r); ok {
			docs = append(docs, d)
			continue
		}
		if _, err := search.Drop(ctx, tx, search.Record, store.Name(r.Dataset, r.Origin, r.Key)); err != nil {
			return 0, err
		}
	}
	if err := search.Put(ctx, tx, docs); err != nil {
		return 0, err
	}
	return len(rows), search.SetSeen(ctx, tx, "record", rows[len(rows)-1].Seq, "")
}

// record is a row of a dataset that says something in words: what came is for everybody of the city, what is its own for those
// who see its own whole, whatever of it may have left: what a clause lets out changes with the day.
func (f *Finder) record(r *store.Row) (search.Doc, bool) {
	ds, ok := f.lookup(r.Dataset, r.Version)
	if r.Gone || !ok {
		return search.Doc{}, false
	}
	var rec record.Record
	if err := record.ParseRow(ds, r.Row, &rec); err != nil {
		return search.Doc{}, false
	}
	said := fieldTexts(ds, &rec)
	if len(said) == 0 {
		return search.Doc{}, false
	}
	d := search.Doc{Kind: search.Record, Ref: store.Name(r.Dataset, r.Origin, r.Key), Needs: who.See, Version: r.Seq, At: rec.When.First(), Date: rec.When.Date().String()}
	if rec.When.IsZero() {
		d.At, d.Date = time.Time{}, ""
	}
	if r.Origin == f.self {
		d.Needs = who.SeeOwn
	}
	d.Title = []search.Text{{Text: r.Key}}
	d.Body = []search.Text{{Text: strings.Join(said, "\n")}}
	return d, true
}
