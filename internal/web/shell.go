package web

import (
	"context"
	"net/http"
	"strings"

	"accord/agreement"
	"accord/internal/who"
)

// A place is an entry of the main navigation.
type place struct {
	key  string   // of its word, nav.KEY
	path string   // where it leads
	also []string // the beginnings of other addresses that belong to it
	help string   // the part of the guide that tells of it
}

// places is the main navigation, in its order. An entry shows only where the table of routes has its path and the reader its
// right: a group of pages adds one line here and nothing else.
var places = []place{
	{key: "overview", path: "/", help: "reader/overview"},
	{key: "clauses", path: "/clauses", help: "reader/promises"},
	{key: "instruments", path: "/instruments", help: "reader/promises"},
	{key: "data", path: "/data", help: "staff/data"},
	{key: "boards", path: "/boards", also: []string{"/methods"}, help: "staff/boards"},
	{key: "documents", path: "/documents", also: []string{"/questions"}, help: "officer/documents"},
	{key: "claims", path: "/claims", also: []string{"/events"}, help: "officer/words"},
	{key: "release", path: "/release", help: "officer/release"},
	{key: "link", path: "/link", also: []string{"/entries", "/cards", "/bundles", "/check"}, help: "auditor/receipts"},
	{key: "people", path: "/accounts", help: "administrator/accounts"},
	{key: "deeds", path: "/audit", help: "auditor/deeds"},
	{key: "search", path: "/search", help: "reader/search"},
	{key: "guide", path: "/guide"},
}

// Mount tells the site the right that an address needs, from the table of routes: the site links to nothing else.
func (s *Site) Mount(pattern string, right who.Right) {
	method, path, _ := strings.Cut(pattern, " ")
	if method == http.MethodGet {
		s.rights[strings.TrimSuffix(path, "{$}")] = right
	}
}

// Call tells the site the names of the city whose node it is, for the head of every page.
func (s *Site) Call(names agreement.Texts) { s.names = names }

// open says whether a person may go to an address without parameters.
func (s *Site) open(path string, by who.Person) bool {
	right, ok := s.rights[path]
	return ok && by.May(right)
}

// siteKey is where a request's context has the site, for render: what is mounted, never who asks.
type siteKey struct{}

func (s *Site) in(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), siteKey{}, s))
}

// shell is what the site puts around a page.
type shell struct {
	City   agreement.Texts // whose node this is
	Nav    []navLink       // main navigation, as far as the reader may go
	Mine   bool            // there is a page of what waits for the reader
	Feet   []navLink       // at the foot of every page
	Help   string          // the part of the guide that tells of this page; empty for none
	office func(id string) agreement.Texts
	Seek   bool // the reader may search, and the page has no search of its own
}

// Office is what an office is called; its id where nobody has named it.
func (s shell) Office(id string) agreement.Texts {
	if s.office != nil {
		if names := s.office(id); len(names) > 0 {
			return names
		}
	}
	return agreement.Texts{{Text: id}}
}

type navLink struct {
	Key, Href string
	Current   bool
}

// around fills the shell of a page that a request asks for.
func (c *chrome) around(r *http.Request) {
	s, _ := r.Context().Value(siteKey{}).(*Site)
	if s == nil { // the request was refused before it came to the site
		return
	}
	c.City, c.Mine = s.names, s.open("/mine", c.By)
	c.office = s.source.Office
	c.Seek = s.open("/search", c.By) && c.Path != "/search"
	here := placeOf(c.Path)
	for _, p := range places {
		if s.open(p.path, c.By) {
			c.Nav = append(c.Nav, navLink{p.key, c.To(p.path), here != nil && p.path == here.path})
		}
	}
	for _, f := range []struct{ key, path string }{{"check", "/check"}, {"styles", "/styles"}} {
		if s.open(f.path, c.By) {
			c.Feet = append(c.Feet, navLink{f.key, c.To(f.path), f.path == c.Path})
		}
	}
	if help := helpOf(c.Path, here); help != "" && s.open("/guide", c.By) {
		c.Help = help
	}
}

// placeOf is the entry that an address stands under.
func placeOf(path string) *place {
	for i, p := range places {
		for _, start := range append([]string{p.path}, p.also...) {
			if path == start || start != "/" && strings.HasPrefix(path, start+"/") {
				return &places[i]
			}
		}
	}
	return nil
}

func helpOf(path string, here *place) string {
	switch {
	case path == "/account" || path == "/sign-in":
		return "reader/account"
	case path == "/mine":
		return "officer/mine"
	case here != nil:
		return here.help
	default:
		return ""
	}
}
