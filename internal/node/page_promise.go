package node

import (
	"context"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/evidence"
	"accord/internal/pulse"
	"accord/internal/text"
	"accord/internal/web"
	"accord/internal/who"
)

func (p *pages) promises() web.Promises {
	return web.Promises{Facts: p.facts, Clauses: p.clauses, Clause: p.clausePage, Instruments: p.instruments, Instrument: p.instrument}
}

// grounds are the clauses and evidence of the pulse that is asked for, as far as a person may read them, and whether all of it
// is a trial.
func (p *pages) grounds(ctx context.Context, by who.Person, asked web.Asked) (g *evidence.Grounds, simulated bool, err error) {
	if asked.Of == web.OfSample {
		return &evidence.Grounds{Clauses: p.sample.Clauses(), Events: p.sample.Events}, false, nil
	}
	err = p.node.DB.View(ctx, func(tx *db.Tx) error {
		if simulated, err = evidence.Simulated(ctx, tx); err != nil {
			return err
		}
		g, err = evidence.GroundsKnown(ctx, tx, simulated, p.node.Home.Zone, asked.Known)
		return err
	})
	if err == nil && !by.May(who.See) {
		conceal(g.Events)
	}
	return g, simulated, err
}

// conceal takes out of events what only the city's own people read: what was claimed, in whose words and where it is written,
// the titles of letters, and who has judged. That something happened, when, of what kind and by whom is public; so are the
// words about receipts, which the node makes itself.
func conceal(events []pulse.Event) {
	for i := range events {
		e := &events[i]
		if !e.Automatic || e.Kind != "data" {
			e.What, e.Sources, e.Conflict = nil, nil, nil
		}
		if e.Judgement != nil {
			e.Judgement = &pulse.Judgement{Counts: e.Judgement.Counts, On: e.Judgement.On}
		}
	}
}

// laid is a pulse on a day for the page.
func (p *pages) laid(g *evidence.Grounds, asOf date.Day) web.Pulse {
	return web.NewPulse(p.sample, pulse.Of(g.Clauses, g.Events, g.Actions, asOf), g.Events, asOf)
}

func (p *pages) overview(ctx context.Context, by who.Person, asked web.Asked) (v web.Overview, err error) {
	n := p.node
	v = web.Overview{Today: n.Today(), Asked: asked, Quick: web.QuickDates(p.sample), Version: Version, Sample: web.Sample(p.sample, asked.AsOf)}
	if v.Node, err = p.party(ctx, n.Home.Config.Party); err != nil {
		return v, err
	}
	own := asked
	own.Of = web.OfOwn
	g, simulated, err := p.grounds(ctx, by, own)
	if err != nil {
		return v, err
	}
	v.Own, v.Simulated = p.laid(g, asked.AsOf), simulated
	if v.Then, err = p.then(ctx, by, asked, g); err != nil {
		return v, err
	}
	if by.Nobody() {
		if v.Accounts, err = p.shown(ctx); err != nil {
			return v, err
		}
	}
	partners, err := n.Links.Partners(ctx)
	if err != nil || len(partners) == 0 {
		return v, err
	}
	if v.Partner, err = p.party(ctx, partners[0]); err != nil {
		return v, err
	}
	v.Link, err = p.link(ctx, v.Node, v.Partner, by.May(who.See))
	return v, err
}

// then is what followed on the earlier day for the clauses of the pulse that is asked for.
func (p *pages) then(ctx context.Context, by who.Person, asked web.Asked, own *evidence.Grounds) (out []web.Then, err error) {
	g := own
	if asked.Of == web.OfSample {
		if g, _, err = p.grounds(ctx, by, asked); err != nil {
			return nil, err
		}
	}
	for _, s := range pulse.Of(g.Clauses, g.Events, g.Actions, asked.Since) {
		out = append(out, web.Then{Key: s.Clause.Instrument.ID + "/" + s.Clause.ID, State: string(s.State)})
	}
	return out, nil
}

// facts are the grounds as the page's script reads them.
func (p *pages) facts(ctx context.Context, by who.Person, asked web.Asked, lang text.Lang) (pulse.Facts, error) {
	g, _, err := p.grounds(ctx, by, asked)
	if err != nil {
		return pulse.Facts{}, err
	}
	f := pulse.NewFacts(g.Clauses, g.Events, g.Actions, func(t agreement.Texts) (string, string) { return web.Say(lang, t) })
	f.Today, f.Known = p.node.Today(), asked.Known
	return f, nil
}
