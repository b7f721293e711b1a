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

// pagesOf is the address of the page of each kind of thing. A page that this node does not have is not named.
var pagesOf = []struct {
	kind    search.Kind
	pattern string
	address func(ref string) string
}{
	{search.Instrument, "GET /instruments/{id}", func(ref string) string { return "/instruments/" + last(ref) }},
	{search.Clause, "GET /clauses/{id}", func(ref string) string { return "/clauses/" + last(ref) }},
	{search.Release, "GET /release/{id}", func(ref string) string { return "/release/" + ref }},
	{search.Person, "GET /accounts/{id}", func(ref string) string { return "/accounts/" + ref }},
	{search.Letter, "GET /documents/{id}", func(ref string) string { return "/documents/" + ref }},
}

func last(ref string) string { return url.PathEscape(ref[strings.LastIndex(ref, "/")+1:]) }

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

// address is where a thing is shown to a person; empty where there is no page of it, or not for the person.
func (p *pages) addressOf(by who.Person, kind search.Kind, ref string) string {
	for _, page := range pagesOf {
		if page.kind == kind && slices.ContainsFunc(p.table, func(r route) bool { return r.pattern == page.pattern && by.May(r.right) }) {
			return page.address(ref)
		}
	}
	return ""
}
