package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/search"
	"accord/internal/text"
	"accord/internal/who"
)

// Search is what the page of that name shows.
type Search struct {
	// Find looks for what the person may see; lang is the language of the page.
	Find func(ctx context.Context, by who.Person, w Wanted) (*Results, error)
}

// Wanted is what a reader asks for.
type Wanted struct {
	Text  string
	Kind  search.Kind // empty for every kind
	After string      // where the page begins, as the one before it says
	Limit int
}

// Results are one page of what was found.
type Results struct {
	Hits   []Result
	Count  map[search.Kind]int
	Exact  bool
	Next   string
	Also   []string  // other ways to write it that were looked for too
	Advice []Advised // where nothing was found: what would have found something
}

// Result is one thing that was found.
type Result struct {
	Kind  search.Kind
	Ref   string // which one of its kind
	Title agreement.Texts
	Where string // address of its page, without the language; empty when it has none
	Date  string // the day or year it is of; empty when it has none
	Known string // an id that people know it by, as A14; may be empty
	Lang  string // of the pieces
	Piece []search.Piece
	Mark  func(string) []search.Piece // marks what was looked for in a text
}

// Advised is another question that finds something.
type Advised struct {
	Text  string
	Found int
	Exact bool
}

// perSearch is how many results one page has.
const perSearch = 20

type searchPage struct {
	chrome
	*Results
	Wanted
	Total   int
	Kinds   []kindLink
	Shown   []shownResult
	Problem string
}

type kindLink struct {
	Kind    search.Kind
	N       int
	Href    string
	Current bool
}

// shownResult is a result in the reader's language.
type shownResult struct {
	Kind    search.Kind
	Date    string
	Known   string
	Href    string
	Lang    string // of the title, where it is not the page's
	Title   []search.Piece
	Snippet []search.Piece
	Of      string // language of the snippet, where it is not the page's
}

// Search shows the form, and what was found.
func (s *Site) Search(w http.ResponseWriter, r *http.Request, by who.Person) error {
	q := r.URL.Query()
	lang := reader(r, by)
	p := text.In(lang)
	page := &searchPage{Wanted: Wanted{Text: strings.TrimSpace(q.Get("q")), Kind: search.Kind(q.Get("kind")), After: q.Get("after"), Limit: perSearch}, Results: new(Results)}
	page.chrome = chrome{P: p, By: by, Title: p.T("search.title"), Path: "/search"}
	status := http.StatusOK
	if page.Text != "" {
		page.Title = p.T("search.title_of", "text", page.Text)
		found, err := s.source.Search.Find(r.Context(), by, page.Wanted)
		if f, ok := errors.AsType[*fault.Fault](err); ok && f.Kind == fault.Invalid {
			page.Problem, status = p.T("search.problem."+problemOf(f)), Status(f.Kind)
		} else if err != nil {
			return err
		} else {
			page.fill(found, lang)
		}
	}
	return render(w, r, by, status, "search", page)
}

// problemOf is the key of what is wrong with a question.
func problemOf(f *fault.Fault) string {
	if f.Where == "after" {
		return "page"
	}
	return "text"
}

func (p *searchPage) fill(found *Results, lang text.Lang) {
	p.Results = found
	for _, k := range search.Kinds() {
		if n := found.Count[k]; n > 0 {
			p.Total += n
			p.Kinds = append(p.Kinds, kindLink{k, n, p.at(k, ""), k == p.Kind})
		}
	}
	for i := range found.Hits {
		p.Shown = append(p.Shown, p.show(&found.Hits[i], lang))
	}
}

func (p *searchPage) show(r *Result, lang text.Lang) shownResult {
	title := choose(lang, r.Title)
	out := shownResult{Kind: r.Kind, Date: dateIn(p.P, r.Date), Known: r.Known, Title: r.Mark(title.Text)}
	if title.Foreign {
		out.Lang = title.Lang
	}
	if path, query, more := strings.Cut(r.Where, "?"); path != "" {
		if out.Href = p.To(path); more {
			out.Href += "&" + query
		}
	}
	if plain(r.Piece) != plain(out.Title) {
		out.Snippet = r.Piece
		if r.Lang != string(lang) {
			out.Of = r.Lang
		}
	}
	return out
}

// dateIn writes a date in the reader's language, as precisely as it is known.
func dateIn(p *text.Printer, s string) string {
	d, err := date.Parse(s)
	if err != nil || d.IsZero() {
		return s
	}
	return p.Date(d)
}

func plain(pieces []search.Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.Text)
	}
	return b.String()
}

// at is the address of results of a kind, from a place on.
func (p *searchPage) at(kind search.Kind, after string) string {
	v := url.Values{"q": {p.Text}, "lang": {string(p.P.Lang())}}
	if kind != "" {
		v.Set("kind", string(kind))
	}
	if after != "" {
		v.Set("after", after)
	}
	return p.Path + "?" + v.Encode()
}

// All is the address of all results; Ask that of another question.
func (p *searchPage) All() string { return p.at("", "") }

func (p *searchPage) Ask(text string) string {
	other := *p
	other.Text = text
	return other.at("", "")
}

// Older is the address of the next page; empty on the last.
func (p *searchPage) Older() string {
	if p.Next == "" {
		return ""
	}
	return p.at(p.Kind, p.Next)
}

// Langs is the language switch, which keeps the question.
func (p *searchPage) Langs() []langLink {
	out := p.chrome.Langs()
	for i := range out {
		v := url.Values{"lang": {string(out[i].Lang)}}
		if p.Text != "" {
			v.Set("q", p.Text)
		}
		if p.Kind != "" {
			v.Set("kind", string(p.Kind))
		}
		out[i].Href = p.Path + "?" + v.Encode()
	}
	return out
}
