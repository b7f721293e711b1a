package node

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"accord/agreement"
	"accord/content"
	"accord/internal/audit"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/evidence"
	"accord/internal/history"
	"accord/internal/link"
	"accord/internal/observe"
	"accord/internal/pulse"
	"accord/internal/search"
	"accord/internal/shelf"
	"accord/internal/web"
	"accord/internal/who"
)

// shownEntries is how many entries of each direction the overview lists; the page of the link has all.
const shownEntries = 3

// Version names the program and its protocol on pages.
const Version = "accord/1"

// Pages is everything this node shows to people.
func (n *Node) Pages() (http.Handler, error) {
	sample, err := history.Load(content.FS)
	if err != nil {
		return nil, err
	}
	finder, err := n.Finder(sample)
	if err != nil {
		return nil, err
	}
	p := &pages{node: n, sample: sample, words: finder.Words}
	boards, err := newBoards(p)
	if err != nil {
		return nil, err
	}
	site := web.New(web.Source{
		Data:  p.data(),
		Party: n.Home.Config.Party, Secure: n.Home.Config.secure(), Proxied: n.Home.Config.BehindProxy, Hosts: n.Home.Config.Names,
		Today: n.Today, Zone: n.Home.Zone, Office: p.office, Overview: p.overview, Receipt: p.receipt, People: n.People, Note: n.Note, Deeds: p.deeds, Promises: p.promises(),
		Releases: p.releases, Release: p.release, Body: p.body, File: p.file, Approve: p.approve, Refuse: p.refuse,
		Links:     p.linkPages(),
		Search:    p.find(finder),
		Boards:    boards,
		Maps:      p.maps(),
		Documents: p.documents(), Claims: p.claims(), Mine: p.mine(),
	}, n.log)
	self, err := p.party(context.Background(), n.Home.Config.Party)
	if err != nil {
		return nil, err
	}
	site.Call(self.Name)
	return site.Guard(observe.Routes(p.mount(site))), nil
}

// shownDeeds is how many lines of the log of deeds a page lists.
const shownDeeds = 100

func (p *pages) deeds(ctx context.Context, before int64) (lines []audit.Kept, err error) {
	err = p.node.DB.View(ctx, func(tx *db.Tx) error {
		lines, err = audit.List(ctx, tx, before, shownDeeds)
		return err
	})
	return lines, err
}

// shown are the accounts that the demo made, with their passwords.
func (p *pages) shown(ctx context.Context) (out []web.Shown, err error) {
	all, err := p.node.People.List(ctx)
	for _, k := range all {
		if k.Shown != "" {
			out = append(out, web.Shown{ID: k.ID, Role: k.Role, Password: k.Shown})
		}
	}
	slices.SortFunc(out, func(a, b web.Shown) int { return slices.Index(who.Roles(), a.Role) - slices.Index(who.Roles(), b.Role) })
	return out, err
}

// pages turns what the keepers hold into what the face shows.
type pages struct {
	node   *Node
	sample *history.History
	table  []route // every address there is, once it is mounted

	counted shelf.Memo // of the datasets
	words   *search.Words
}

// party names a city as its own card does.
func (p *pages) party(ctx context.Context, id string) (web.Party, error) {
	chain, err := p.node.Links.Chain(ctx, id)
	out := web.Party{ID: id}
	if err == nil && len(chain) > 0 {
		for _, name := range chain.Last().Names {
			out.Name = append(out.Name, agreement.Text{Lang: name.Lang, Text: name.Text})
		}
	}
	return out, err
}

// link is what has crossed: all of it, or to the public only how much.
func (p *pages) link(ctx context.Context, self, partner web.Party, open bool) (v web.Link, err error) {
	v.Closed = !open
	both, err := p.node.Links.Overview(ctx, partner.ID, shownEntries)
	if err != nil {
		return v, err
	}
	for i, d := range both {
		w := web.Direction{Writer: self, Reader: partner, Size: d.Size, Cosigned: d.Delivered, At: d.At.In(p.node.Home.Zone)}
		if i == 1 {
			w.Writer, w.Reader = partner, self
		}
		if w.Closed = !open; w.Closed {
			d.Lines = nil
		}
		for _, e := range d.Lines {
			w.Entries = append(w.Entries, p.entryLine(e, i == 0))
		}
		v.Directions = append(v.Directions, w)
	}
	return v, nil
}

// state says where an entry is, in the words of the page. Delivered is the partner's word on ours; applied is ours on
// theirs.
func state(e link.Line, ours bool) string {
	switch {
	case e.Index < 0:
		return "waiting"
	case e.Aside != "":
		return "aside"
	case e.Erased:
		return "erased"
	case !ours:
		return "applied"
	case e.Delivered:
		return "delivered"
	default:
		return "left"
	}
}

func (p *pages) receipt(ctx context.Context, at web.EntryAt) ([]byte, error) {
	partner, err := p.partnerOf(ctx, at)
	if err != nil {
		return nil, err
	}
	return p.node.Receipt(ctx, partner, at.Writer, at.Index)
}

// pulse is the twin of the page for programs: the sample with ?sample=1, else the node's own.
func (p *pages) pulse(w http.ResponseWriter, r *http.Request, _ who.Person) error {
	asOf, err := web.AsOf(r, p.node.Today())
	if err != nil {
		return err
	}
	standings := p.sample.Pulse(asOf)
	if r.URL.Query().Get("sample") == "" {
		if standings, err = p.node.Pulse(r.Context(), asOf); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(pulse.NewReport(standings, asOf))
}

// Pulse is what follows for the clauses of this node's own instruments on a day.
func (n *Node) Pulse(ctx context.Context, asOf date.Day) (standings []pulse.Standing, err error) {
	return n.PulseKnown(ctx, asOf, date.Day{})
}

// PulseKnown is Pulse with what was known here at the end of a day only.
func (n *Node) PulseKnown(ctx context.Context, asOf, known date.Day) (standings []pulse.Standing, err error) {
	err = n.DB.View(ctx, func(tx *db.Tx) error {
		simulated, err := evidence.Simulated(ctx, tx)
		if err == nil {
			standings, err = evidence.Standings(ctx, tx, simulated, n.Home.Zone, asOf, known)
		}
		return err
	})
	return standings, err
}
