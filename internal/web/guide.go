package web

import (
	"net/http"
	"slices"

	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

// A guidePart answers one question of a new user. Its picture is made of the parts that the page itself is made of, so that it
// cannot grow old, and its link leads to the page as the reader sees it.
type guidePart struct {
	Key     string // of its words, guide_ask.KEY and guide_say.KEY
	Part    string // its place on the page
	path    string // the page it tells of
	Picture string // what is shown beside it: states, steps, receipt, promise, clause; empty for nothing
	Href    string // the page, where the reader may go there
}

// guide is what each kind of reader wants to know, in the order in which one comes to want it.
var guide = []struct {
	name  string
	parts []guidePart
}{
	{"reader", []guidePart{
		{Key: "overview", Part: "overview", path: "/", Picture: "states"},
		{Key: "promises", Part: "promises", path: "/clauses", Picture: "promise"},
		{Key: "flow", Part: "flow", path: "/clauses"},
		{Key: "search", Part: "search", path: "/search"},
		{Key: "account", Part: "account", path: "/account"},
	}},
	{"officer", []guidePart{
		{Key: "mine", Part: "mine", path: "/mine"},
		{Key: "release", Part: "release", path: "/release", Picture: "clause"},
		{Key: "documents", Part: "documents", path: "/documents"},
		{Key: "words", Part: "words", path: "/claims"},
		{Key: "bundles", Part: "bundles", path: "/bundles"},
	}},
	{"staff", []guidePart{
		{Key: "data", Part: "data", path: "/data"},
		{Key: "boards", Part: "boards", path: "/boards"},
		{Key: "waits", Part: "waits", path: "/release", Picture: "steps"},
	}},
	{"auditor", []guidePart{
		{Key: "receipts", Part: "receipts", path: "/link", Picture: "receipt"},
		{Key: "check", Part: "check", path: "/check"},
		{Key: "deeds", Part: "deeds", path: "/audit"},
	}},
	{"administrator", []guidePart{
		{Key: "accounts", Part: "accounts", path: "/accounts"},
		{Key: "carriers", Part: "carriers", path: "/link"},
	}},
}

type guidePage struct {
	chrome
	Parts    []guidePart
	Tabs     []tab
	Law      Clause
	Promises []clauseLine
	Steps    []string
	Slip     slip
}

// GuideStart leads to the page for the reader's role.
func (s *Site) GuideStart(w http.ResponseWriter, r *http.Request, by who.Person) error {
	page := "reader"
	switch by.Role {
	case who.Staff, who.Auditor, who.Administrator:
		page = string(by.Role)
	case who.Officer, who.Releaser:
		page = "officer"
	}
	return s.guide(w, r, by, page)
}

// Guide is the page for one kind of reader.
func (s *Site) Guide(w http.ResponseWriter, r *http.Request, by who.Person) error {
	return s.guide(w, r, by, r.PathValue("page"))
}

func (s *Site) guide(w http.ResponseWriter, r *http.Request, by who.Person, name string) error {
	p := text.In(reader(r, by))
	page := &guidePage{chrome: chrome{P: p, By: by, Path: "/guide/" + name, Purpose: p.T("guide.lead")}, Steps: steps}
	page.Promises = sampleClauses(s.source.Today(), page.To("/clauses"))
	page.Law = page.Promises[0].Clause
	page.Slip = slip{Writer: "east", Clause: "S-1", Href: page.To("/link"), Index: 128, Size: 1204, Bytes: 1740}
	for _, g := range guide {
		page.Tabs = append(page.Tabs, tab{p.Word("guide_for", g.name), page.To("/guide/" + g.name), g.name == name, -1})
		if g.name != name {
			continue
		}
		page.Title = p.T("guide.title", "who", p.Word("guide_for", name))
		for _, part := range g.parts {
			if _, mounted := s.rights[part.path]; !mounted { // of what this node does not have it says nothing
				continue
			}
			if s.open(part.path, by) {
				part.Href = page.To(part.path)
			}
			page.Parts = append(page.Parts, part)
		}
	}
	if page.Title == "" {
		return fault.New(fault.NotFound, "guide", "it has no page of this name", "choose one from the guide's first page")
	}
	return render(w, r, by, http.StatusOK, "guide", page)
}

// guided says whether the guide has a part, named as helpOf names it.
func guided(page, part string) bool {
	for _, g := range guide {
		if g.name == page && slices.ContainsFunc(g.parts, func(p guidePart) bool { return p.Part == part }) {
			return true
		}
	}
	return false
}
