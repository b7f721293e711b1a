package finder

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/search"
	"accord/internal/text"
	"accord/internal/who"
	"accord/record"
)

// sampled begins the names of what the program itself brings: the registered history, units and datasets. What a node keeps begins
// otherwise.
const sampled = "sample/"

func texts(t agreement.Texts) (out []search.Text) {
	for _, s := range t {
		out = append(out, search.Text{Lang: s.Lang, Text: s.Text})
	}
	return out
}

func day(d date.Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return d.First().Time()
}

// static is what the program itself brings, with a stamp that changes with it.
func (f *Finder) static() (out []search.Doc, stamp string, err error) {
	for _, in := range f.sample.Instruments {
		out = append(out, f.ofInstrument(in, sampled)...)
	}
	for i := range f.sample.Events {
		e := &f.sample.Events[i]
		d := search.Doc{Kind: search.Event, Ref: sampled + e.ID, Needs: who.Public, At: day(e.Start), Date: e.Start.String(), Title: texts(e.What), Body: texts(e.Conflict)}
		for _, id := range e.By {
			if p := f.sample.Party(id); p != nil {
				d.Body = append(d.Body, texts(p.Names)...)
			}
		}
		for _, id := range e.Sources {
			if s := f.sample.Source(id); s != nil {
				d.Body = append(d.Body, search.Text{Lang: "en", Text: s.Title})
			}
		}
		d.Body = append(d.Body, search.Text{Text: e.Start.String()})
		out = append(out, d)
	}
	for i := range f.sample.Units {
		u := &f.sample.Units[i]
		out = append(out, search.Doc{Kind: search.Unit, Ref: sampled + u.ID, Needs: who.Public, At: day(u.From), Date: u.From.String(), Title: texts(u.Names), Body: append(texts(u.Notes), search.Text{Text: u.ID})})
	}
	datasets, err := f.datasets()
	out = append(out, datasets...)
	h := sha256.New()
	for i := range out {
		fmt.Fprintf(h, "%+v\n", out[i])
	}
	return out, fmt.Sprintf("%x", h.Sum(nil)[:16]), err
}

// ofInstrument is a text with its clauses. Where it is told stands before its id.
func (f *Finder) ofInstrument(in *agreement.Instrument, where string) (out []search.Doc) {
	d := search.Doc{Kind: search.Instrument, Ref: where + in.ID, Needs: who.Public, At: day(in.Date), Date: in.Date.String(), Title: texts(in.Names)}
	for _, t := range []agreement.Texts{in.Place, in.Originals, in.Notes} {
		d.Body = append(d.Body, texts(t)...)
	}
	for _, s := range in.Signatories {
		d.Body = append(append(d.Body, texts(s.Names)...), texts(s.Role)...)
	}
	for _, a := range in.Annexes {
		for _, l := range a.Lines {
			d.Body = append(d.Body, texts(l.Texts)...)
		}
	}
	for _, id := range in.Parties {
		if p := f.sample.Party(id); p != nil {
			d.Body = append(d.Body, texts(p.Names)...)
		}
	}
	d.Body = append(d.Body, search.Text{Text: in.ID + " " + in.Date.String()})
	out = append(out, d)
	for i := range in.Clauses {
		c := &in.Clauses[i]
		ref := where + c.ID
		if where != sampled { // here clauses have unique ids, elsewhere only within their text
			ref = where + in.ID + "/" + c.ID
		}
		d := search.Doc{Kind: search.Clause, Ref: ref, Needs: who.Public, At: day(in.Date), Date: in.Date.String(), Title: texts(c.Texts)}
		for _, t := range []agreement.Texts{c.AliveIf, c.Basis, in.Names} {
			d.Body = append(d.Body, texts(t)...)
		}
		for _, o := range c.Owners {
			if u := f.sample.Unit(o.Unit); u != nil {
				d.Body = append(d.Body, texts(u.Names)...)
			}
		}
		d.Body = append(d.Body, search.Text{Text: c.ID})
		out = append(out, d)
	}
	return out
}

// datasets are the described tables, each once, with the words of their fields and codes.
func (f *Finder) datasets() (out []search.Doc, err error) {
	for _, a := range f.areas {
		words := map[text.Lang]map[string]string{}
		for _, l := range text.Langs() {
			if words[l], err = a.Words(string(l)); err != nil {
				return nil, err
			}
		}
		var done []string
		for _, ds := range slices.Backward(a.Datasets) { // the newest description
			if slices.Contains(done, ds.Name) {
				continue
			}
			done = append(done, ds.Name)
			d := search.Doc{Kind: search.Dataset, Ref: sampled + ds.Name, Needs: who.Public}
			for _, l := range text.Langs() {
				d.Title = append(d.Title, search.Text{Lang: string(l), Text: words[l][ds.Name]})
				d.Body = append(d.Body, search.Text{Lang: string(l), Text: fieldWords(ds, words[l])})
			}
			d.Body = append(d.Body, search.Text{Text: ds.Name})
			out = append(out, d)
		}
	}
	return out, nil
}

func fieldWords(ds *record.Dataset, words map[string]string) string {
	s := ""
	for _, fd := range ds.Fields {
		s += words[ds.Name+"."+fd.Name] + ". "
		for _, c := range fd.Codes {
			s += words[ds.Name+"."+fd.Name+"."+c] + ", "
		}
	}
	return s
}
