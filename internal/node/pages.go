package node

import (
	"context"
	"encoding/json"
	"net/http"

	"accord/agreement"
	"accord/content"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/evidence"
	"accord/internal/fault"
	"accord/internal/history"
	"accord/internal/link"
	"accord/internal/observe"
	"accord/internal/pulse"
	"accord/internal/web"
)

// shownEntries is how many entries of each direction the page lists.
const shownEntries = 20

// Version names the program and its protocol on pages.
const Version = "accord/1"

// Pages is everything this node shows to people.
func (n *Node) Pages() (http.Handler, error) {
	sample, err := history.Load(content.FS)
	if err != nil {
		return nil, err
	}
	p := &pages{node: n, sample: sample}
	site := web.New(web.Source{Today: n.Today, Overview: p.overview, Receipt: p.receipt}, n.log)
	mux := http.NewServeMux()
	site.Mount(mux)
	mux.Handle("GET /pulse.json", site.Handle(p.pulse))
	n.health(mux)
	return site.Guard(nil, observe.Routes(mux)), nil
}

// pages turns what the keepers hold into what the face shows.
type pages struct {
	node   *Node
	sample *history.History
}

func (p *pages) overview(ctx context.Context, asOf date.Day) (v web.Overview, err error) {
	n := p.node
	v = web.Overview{Today: n.Today(), AsOf: asOf, Quick: web.QuickDates(p.sample), Version: Version, Sample: web.Sample(p.sample, asOf)}
	if v.Node, err = p.party(ctx, n.Home.Config.Party); err != nil {
		return v, err
	}
	if v.Own, v.Simulated, err = p.own(ctx, asOf); err != nil {
		return v, err
	}
	partners, err := n.Links.Partners(ctx)
	if err != nil || len(partners) == 0 {
		return v, err
	}
	if v.Partner, err = p.party(ctx, partners[0]); err != nil {
		return v, err
	}
	v.Link, err = p.link(ctx, v.Node, v.Partner)
	return v, err
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

// own is the pulse of this node's own instruments, and whether they are a trial.
func (p *pages) own(ctx context.Context, asOf date.Day) (v web.Pulse, simulated bool, err error) {
	err = p.node.DB.View(ctx, func(tx *db.Tx) error {
		if simulated, err = evidence.Simulated(ctx, tx); err != nil {
			return err
		}
		standings, events, err := evidence.Pulse(ctx, tx, simulated, p.node.Home.Zone, asOf)
		v = web.NewPulse(p.sample, standings, events, asOf)
		return err
	})
	return v, simulated, err
}

func (p *pages) link(ctx context.Context, self, partner web.Party) (v web.Link, err error) {
	both, err := p.node.Links.Overview(ctx, partner.ID, shownEntries)
	if err != nil {
		return v, err
	}
	for i, d := range both {
		w := web.Direction{Writer: self, Reader: partner, Size: d.Size, Cosigned: d.Delivered, At: d.At.In(p.node.Home.Zone)}
		if i == 1 {
			w.Writer, w.Reader = partner, self
		}
		for _, e := range d.Lines {
			w.Entries = append(w.Entries, web.Entry{Index: e.Index, Time: e.Time.In(p.node.Home.Zone), Kind: e.Kind, Clause: e.Clause, Dataset: e.Subject,
				Rows: e.Rows, Size: e.Size, State: state(e, i == 0), Reason: e.Aside, Receipt: e.Delivered})
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
	case !ours:
		return "applied"
	case e.Delivered:
		return "delivered"
	default:
		return "left"
	}
}

func (p *pages) receipt(ctx context.Context, writer string, index int64) ([]byte, error) {
	partners, err := p.node.Links.Partners(ctx)
	if err != nil {
		return nil, err
	}
	if len(partners) == 0 {
		return nil, fault.New(fault.NotFound, "receipt", "this node has no partner yet", "exchange cards first")
	}
	return p.node.Receipt(ctx, partners[0], writer, index)
}

// pulse is the twin of the page for programs: the sample with ?sample=1, else the node's own.
func (p *pages) pulse(w http.ResponseWriter, r *http.Request) error {
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
