package node

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"accord/agreement"
	"accord/content"
	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/finder"
	"accord/internal/history"
	"accord/internal/search"
	"accord/internal/web"
	"accord/internal/who"
)

// Finder returns what keeps and knows what can be found on this node.
func (n *Node) Finder(sample *history.History) (*finder.Finder, error) {
	files, err := content.Search()
	if err != nil {
		return nil, err
	}
	words, err := search.ReadWords(files)
	if err != nil {
		return nil, err
	}
	return finder.New(finder.Parts{DB: n.DB, Self: n.Home.Config.Party, Areas: all.Areas(), Lookup: all.Lookup, Sample: sample, Words: words, Zone: n.Home.Zone, Log: n.log}), nil
}

// OwnFinder is Finder with the registered history that the program brings.
func (n *Node) OwnFinder() (*finder.Finder, error) {
	sample, err := history.Load(content.FS)
	if err != nil {
		return nil, err
	}
	return n.Finder(sample)
}

// Found answers a question for somebody with some rights. Where nothing is found, it says what would have found something.
func (n *Node) Found(ctx context.Context, f *finder.Finder, by func(who.Right) bool, w web.Wanted) (*web.Results, error) {
	q, err := f.Words.Parse(w.Text)
	if err != nil {
		return nil, err
	}
	out := new(web.Results)
	return out, n.DB.View(ctx, func(tx *db.Tx) error {
		found, err := search.Find(ctx, tx, search.Ask{Query: q, By: by, Kind: w.Kind, After: w.After, Limit: w.Limit})
		if err != nil {
			return err
		}
		*out = web.Results{Count: found.Count, Exact: found.Exact, Next: found.Next, Also: q.Also()}
		for i := range found.Hits {
			out.Hits = append(out.Hits, n.result(&found.Hits[i], q))
		}
		if len(found.Count) > 0 || w.After != "" {
			return nil
		}
		for _, other := range f.Words.Simpler(q) {
			q, err := f.Words.Parse(other)
			if err != nil {
				continue
			}
			found, err := search.Find(ctx, tx, search.Ask{Query: q, By: by, Limit: 1})
			if err != nil {
				return err
			}
			a := web.Advised{Text: other, Exact: found.Exact}
			for _, k := range found.Count {
				a.Found += k
			}
			if a.Found > 0 && len(found.Hits) > 0 {
				out.Advice = append(out.Advice, a)
			}
		}
		return nil
	})
}

// result is a hit with the address of its page.
func (n *Node) result(h *search.Hit, q *search.Query) web.Result {
	r := web.Result{Kind: h.Kind, Ref: h.Ref, Known: knownAs(h.Kind, h.Ref), Lang: h.Lang, Piece: h.Piece, Date: h.Date,
		Mark: func(s string) []search.Piece {
			if pieces, ok := q.Mark(s, 0, 0); ok {
				return pieces
			}
			return []search.Piece{{Text: s}}
		}}
	if h.Kind == search.Record {
		dataset, _, _ := strings.Cut(h.Ref, "|")
		r.Title = datasetName(dataset)
		for i := range r.Title {
			r.Title[i].Text += " · " + r.Known
		}
		return r
	}
	for _, t := range h.Title {
		r.Title = append(r.Title, agreement.Text{Lang: t.Lang, Text: t.Text})
	}
	return r
}

// knownAs is the id that people know a thing by.
func knownAs(kind search.Kind, ref string) string {
	switch kind {
	case search.Instrument, search.Clause, search.Event:
		return ref[strings.LastIndex(ref, "/")+1:]
	case search.Record:
		return ref[strings.LastIndex(ref, "|")+1:]
	case search.Release, search.Person:
		return ref
	}
	return ""
}

// A shownAt is where a kind of thing has its page: the route, and the address of one of them; empty where that one has none.
type shownAt struct {
	kind    search.Kind
	pattern string
	address func(p *pages, ref string) string
}

// places are the pages of what can be found.
var places = []shownAt{
	{search.Instrument, "GET /instruments/{id}", func(_ *pages, ref string) string { return "/instruments/" + last(ref) + "?of=" + of(ref) }},
	{search.Clause, "GET /clauses/{id}", func(_ *pages, ref string) string { return clauseAddress(ref) }},
	{search.Event, "GET /clauses/{id}", (*pages).eventAddress},
	{search.Claim, "GET /claims/{id}", func(_ *pages, ref string) string { return "/claims/" + url.PathEscape(ref) }},
	{search.Letter, "GET /documents/{id}", func(_ *pages, ref string) string { return "/documents/" + ref }},
	{search.Release, "GET /release/{id}", func(_ *pages, ref string) string { return "/release/" + ref }},
	{search.Record, "GET /data/{area}/{name}/record/{origin}/{key}", func(_ *pages, ref string) string { return recordAddress(ref) }},
	{search.Dataset, "GET /data/{area}/{name}", func(_ *pages, ref string) string { _, name, _ := strings.Cut(ref, "/"); return "/data/" + name }},
	{search.Person, "GET /accounts/{id}", func(_ *pages, ref string) string { return "/accounts/" + ref }},
}

func last(ref string) string { return url.PathEscape(ref[strings.LastIndex(ref, "/")+1:]) }

// of says whose text it is, as the pages of texts ask.
func of(ref string) string {
	if strings.HasPrefix(ref, "own/") {
		return web.OfOwn
	}
	return web.OfSample
}

// clauseAddress is that of a clause, with its text where ids are only of their text.
func clauseAddress(ref string) string {
	out := "/clauses/" + last(ref) + "?of=" + of(ref)
	if parts := strings.Split(ref, "/"); len(parts) == 3 {
		out += "&instrument=" + url.QueryEscape(parts[1])
	}
	return out
}

// eventAddress is the clause under which an event of the registered history stands.
func (p *pages) eventAddress(ref string) string {
	for i := range p.sample.Events {
		if e := &p.sample.Events[i]; "sample/"+e.ID == ref && e.Clause != "" {
			return clauseAddress("sample/" + e.Clause)
		}
	}
	return ""
}

func recordAddress(ref string) string {
	parts := strings.SplitN(ref, "|", 3)
	if len(parts) < 3 {
		return ""
	}
	return "/data/" + parts[0] + "/record/" + url.PathEscape(parts[1]) + "/" + url.PathEscape(parts[2])
}

// find is what the page of the search asks.
func (p *pages) find(f *finder.Finder) web.Search {
	return web.Search{Find: func(ctx context.Context, by who.Person, w web.Wanted) (*web.Results, error) {
		out, err := p.node.Found(ctx, f, by.May, w)
		if err != nil {
			return nil, err
		}
		for i := range out.Hits {
			out.Hits[i].Where = p.addressOf(by, out.Hits[i].Kind, out.Hits[i].Ref)
		}
		return out, nil
	}}
}

// addressOf is where a thing is shown to a person; empty where there is no page of it, or not for the person.
func (p *pages) addressOf(by who.Person, kind search.Kind, ref string) string {
	for _, at := range places {
		if at.kind == kind && slices.ContainsFunc(p.table, func(r route) bool { return r.pattern == at.pattern && by.May(r.right) }) {
			return at.address(p, ref)
		}
	}
	return ""
}

// spelled adds to a person's name how it is written in the languages in which the text does not say it.
func (p *pages) spelled(name agreement.Texts) agreement.Texts {
	out := slices.Clone(name)
	for _, t := range name {
		for _, s := range p.words.Spelled(t.Text) {
			if out.In(s.Lang) == "" {
				out = append(out, agreement.Text{Lang: s.Lang, Text: s.Text})
			}
		}
	}
	return out
}
