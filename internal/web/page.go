package web

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/evidence"
	"accord/internal/text"
	"accord/internal/who"
)

//go:embed pages/*.html
var pageFiles embed.FS

// templates holds one set per language, so that a page asks for words without naming its language.
var templates = mustParse()

func mustParse() map[text.Lang]*template.Template {
	all := map[text.Lang]*template.Template{}
	for _, l := range text.Langs() {
		all[l] = template.Must(template.New("").Funcs(funcs(text.In(l))).Funcs(components(text.In(l))).ParseFS(pageFiles, "pages/*.html"))
	}
	return all
}

func funcs(p *text.Printer) template.FuncMap {
	return template.FuncMap{
		"t":        p.T,
		"word":     func(family string, value any) string { return p.Word(family, fmt.Sprint(value)) },
		"date":     p.Date,
		"dates":    p.Dates,
		"day":      p.Day,
		"time":     p.Time,
		"num":      func(n int) string { return p.Number(int64(n)) },
		"num64":    p.Number,
		"bytes":    p.Bytes,
		"interval": p.Interval,
		"span":     p.Span,
		"asset":    func(name string) string { return "/assets/" + assetNames[name] },
		"moving":   func() bool { return mapsMove },
		"days": func(n int, about bool) string {
			if about {
				return p.T("age.about", "n", n)
			}
			return p.T("age", "n", n)
		},
		"stateid": stateID,
		"states":  func() []string { return stateOrder },
		"say":     func(t agreement.Texts) said { return choose(p.Lang(), t) },
		"chip":    func(state string) chip { return chip{state, stateID(state)} },
		"safe":    safeURL,
		"may":     func(by who.Person, right string) bool { return by.May(who.Right(right)) },
		"roles":   func(all []who.Role, now who.Role) roleChoice { return roleChoice{all, now} },
		"instant": instant(p),
		"known":   known,
		"code":    func(key string) bool { return codeFacts[key] },
		"cards": func(page *linksPage, lists ...[]CardLine) cardList {
			return cardList{page.chrome, slices.Concat(lists...)}
		},
		"pair":      func(a, b any) pair { return pair{a, b} },
		"other":     otherParty,
		"dayof":     func(s string) string { return dayOf(p, s) },
		"what":      func(e evidence.Event) agreement.Texts { return what(&e) },
		"reason":    func(page *claimPage, deed, label string) reason { return newReason(p, page, deed, label) },
		"endings":   endings,
		"grades":    func() []string { return []string{string(agreement.Open), string(agreement.Supervised)} },
		"wrong":     wrongs(p),
		"elsewhere": elsewhere(p),
		"text":      func(lang, s string) agreement.Texts { return agreement.Texts{{Lang: lang, Text: s}} },
		"field":     newField,
	}
}

// instant writes the time of a line of the log of deeds, which is in UTC there.
func instant(p *text.Printer) func(string) string {
	return func(s string) string {
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return s
		}
		return p.Time(t)
	}
}

type roleChoice struct {
	All []who.Role
	Now who.Role
}

type chip struct{ State, ID string }

// said is a text as it is shown; Foreign says that it is not in the page's own language, so that its lang must be told.
type said struct {
	Lang     string
	Standing agreement.TextStanding
	Text     string
	Foreign  bool
}

func choose(reader text.Lang, w agreement.Texts) said {
	have := make([]string, len(w))
	for i, s := range w {
		have[i] = s.Lang
	}
	i := text.Choose(reader, have)
	if i < 0 {
		return said{}
	}
	return said{w[i].Lang, w[i].Standing, w[i].Text, w[i].Lang != string(reader)}
}

// safeURL passes web addresses only; html/template would let mailto through as well.
func safeURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return s
}

// chrome is what every page has around its content.
type chrome struct {
	shell
	Purpose string // what the page is for, in one sentence
	Up      *up    // the page above it

	P     *text.Printer
	By    who.Person // who reads it
	Title string
	Path  string
	Day   date.Day   // kept when the language changes; unset where the page has no date
	More  url.Values // what else the address asks for; kept too

	Self      string // the city whose node this is, where the page asks for it
	TitleLang string // of a title that somebody else has written; empty where it is the page's
	News      int    // how many things came that the reader has not marked as seen
	MoreNews  bool   // and more than were counted
}

// up is the page above a page.
type up struct{ Path, Name string }

// Guide is the address of the part of the guide that tells of this page.
func (c chrome) Guide() string {
	page, part, _ := strings.Cut(c.Help, "/")
	return c.To("/guide/"+page) + "#" + part
}

// chrome is what a page has around its content, with its title and address.
func (s *Site) chrome(r *http.Request, by who.Person, title, path string) chrome {
	return chrome{P: text.In(reader(r, by)), By: by, Title: title, Path: path}
}

// ForeignTitle is the language of the title where it is not the page's; empty where it is.
func (c chrome) ForeignTitle() string {
	if c.TitleLang == string(c.P.Lang()) {
		return ""
	}
	return c.TitleLang
}

// tellNews notes how much came; every page shows it.
func (c *chrome) tellNews(n int, more bool) { c.News, c.MoreNews = n, more }

// Langs is the language switch.
func (c chrome) Langs() []langLink {
	var out []langLink
	for _, l := range text.Langs() {
		out = append(out, langLink{l, l.Name(), c.address(c.Day, l), l == c.P.Lang()})
	}
	return out
}

type langLink struct {
	Lang    text.Lang
	Name    string
	Href    string
	Current bool
}

func (c chrome) address(day date.Day, l text.Lang) string {
	q := url.Values{}
	maps.Copy(q, c.More)
	if !day.IsZero() {
		q.Set("as_of", day.String())
	}
	q.Set("lang", string(l))
	return c.Path + "?" + q.Encode()
}

// To is the address of a page of this site in the language of this one.
func (c chrome) To(path string) string {
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	return path + join + url.Values{"lang": {string(c.P.Lang())}}.Encode()
}

// render writes a page whole or returns an error before anything is written.
func render(w http.ResponseWriter, r *http.Request, by who.Person, status int, name string, data any) error {
	lang := reader(r, by)
	if page, ok := data.(interface{ around(*http.Request) }); ok {
		page.around(r)
	}
	if page, ok := data.(interface{ tellNews(n int, more bool) }); ok {
		page.tellNews(newsOf(r))
	}
	var b bytes.Buffer
	if err := templates[lang].ExecuteTemplate(&b, name, data); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(lang))
	h.Add("Vary", "Accept-Language")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	page := tidy(b.Bytes())
	h.Add("Vary", "Accept-Encoding, Sec-Fetch-Site")
	if takesGzip(r) && asksItself(r) {
		h.Set("Content-Encoding", "gzip")
		page = pack(page, gzip.BestSpeed)
	}
	w.WriteHeader(status)
	_, _ = w.Write(page)
	return nil
}

// asksItself says whether a reader came from a page of this site, or on their own: only then is a page packed. Another site that
// makes a browser ask for pages, and sees how long the packed answers are, could guess from what it put into the address what else
// stands on them.
func asksItself(r *http.Request) bool {
	from := r.Header.Get("Sec-Fetch-Site")
	return from == "same-origin" || from == "none"
}

// tidy drops the indentation that templates leave behind; it is a good part of a long page. What stands in pre is left as it is.
func tidy(page []byte) []byte {
	var b strings.Builder
	b.Grow(len(page))
	kept := false
	for line := range strings.Lines(string(page)) {
		if kept {
			b.WriteString(line)
		} else if trimmed := strings.TrimSpace(line); strings.Contains(trimmed, "<pre") {
			b.WriteString(strings.TrimLeft(line, " \t"))
		} else if trimmed != "" {
			b.WriteString(trimmed + "\n")
		}
		if open, shut := strings.LastIndex(line, "<pre"), strings.LastIndex(line, "</pre>"); open >= 0 || shut >= 0 {
			kept = open > shut
		}
	}
	return []byte(b.String())
}

func inZone(t time.Time, zone *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(zone)
}
