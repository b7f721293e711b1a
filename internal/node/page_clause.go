package node

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"accord/agreement"
	"accord/internal/db"
	"accord/internal/evidence"
	"accord/internal/fault"
	"accord/internal/flow"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/pulse"
	"accord/internal/text"
	"accord/internal/web"
	"accord/internal/who"
)

// shownUnder is how many entries a clause's page lists.
const shownUnder = 50

func (p *pages) clauses(ctx context.Context, by who.Person, asked web.Asked) ([]web.Clause, error) {
	g, _, err := p.grounds(ctx, by, asked)
	if err != nil {
		return nil, err
	}
	return p.laid(g, asked.AsOf).Clauses, nil
}

// clausePage is everything that is known of one clause, as far as a person may see it.
func (p *pages) clausePage(ctx context.Context, by who.Person, asked web.Asked, in, id string, lang text.Lang) (*web.Promise, error) {
	g, _, err := p.grounds(ctx, by, asked)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(g.Clauses, func(c pulse.Clause) bool { return c.ID == id && (in == "" || c.Instrument.ID == in) })
	if at < 0 {
		return nil, fault.New(fault.NotFound, fmt.Sprintf("clause %.60q", id), "no instrument kept here has it", "choose one in the list of clauses")
	}
	c := g.Clauses[at]
	if in == "" && slices.ContainsFunc(g.Clauses[at+1:], func(o pulse.Clause) bool { return o.ID == id }) {
		return nil, fault.New(fault.Invalid, "clause "+id, "several instruments have a clause of this id", "choose it on the page of its instrument")
	}
	own := &evidence.Grounds{Clauses: g.Clauses[at : at+1], Events: under(g.Events, c), Actions: g.Actions}
	standings := pulse.Of(own.Clauses, own.Events, own.Actions, asked.AsOf)
	v := &web.Promise{
		Clause:   web.NewPulse(p.sample, standings, own.Events, asked.AsOf).Clauses[0],
		Standing: string(c.Instrument.Standing), Simulated: c.Instrument.Simulated, Due: standings[0].Due, Withheld: !by.May(who.See),
		Owners: p.owners(ctx, c.Owners), Written: p.citations(c.Sources),
	}
	for _, f := range c.Flows {
		v.Gives = append(v.Gives, web.Gives{From: p.named(ctx, f.From), To: p.named(ctx, f.To), What: f.What, Sources: p.citations(f.Sources)})
	}
	for _, b := range c.PromisedBefore {
		v.Before = append(v.Before, web.Before{Date: b.Date, Source: p.citations([]string{b.Source})[0]})
	}
	if asked.Of == web.OfSample {
		v.Why = web.Why{Key: flow.WhyRegistered}
		return v, nil
	}
	return v, p.flowing(ctx, by, c, lang, v)
}

// under are the events that stand under a clause.
func under(events []pulse.Event, c pulse.Clause) (out []pulse.Event) {
	for _, e := range events {
		if e.Clause == c.ID && (e.Instrument == "" || e.Instrument == c.Instrument.ID) {
			out = append(out, e)
		}
	}
	return out
}

// flowing fills in what may leave under a clause of the node's own, what did, and why nothing does.
func (p *pages) flowing(ctx context.Context, by who.Person, c pulse.Clause, lang text.Lang, v *web.Promise) error {
	stand, err := p.node.Flow.Stand(ctx, c.Instrument.ID, c.ID, shownUnder)
	if err != nil {
		return err
	}
	v.Why = p.why(ctx, by, stand)
	doors, err := p.node.Flow.Explain(c.Clause, string(lang))
	if err != nil {
		return err
	}
	for _, d := range doors {
		door := web.Door{Dataset: datasetName(d.Terms.Dataset), Name: fmt.Sprintf("%s/%d", d.Terms.Dataset, d.Terms.Version), Purpose: d.Terms.Purpose, Retention: d.Terms.Retention, Words: d.Words}
		for _, party := range d.Terms.From {
			door.From = append(door.From, p.named(ctx, party))
		}
		v.Doors = append(v.Doors, door)
	}
	if !v.Withheld {
		for _, e := range stand.Traffic.Lines {
			v.Entries = append(v.Entries, p.crossed(ctx, e))
		}
	}
	v.Done, err = p.done(ctx, by, c.Instrument.ID, c.ID)
	return err
}

func (p *pages) crossed(ctx context.Context, e link.Line) web.LinkEntry {
	self := p.node.Home.Config.Party
	return web.LinkEntry{
		Writer: web.Party{ID: e.Writer, Name: p.named(ctx, e.Writer)},
		Entry: web.Entry{Index: e.Index, Time: e.Time.In(p.node.Home.Zone), Kind: e.Kind, Clause: e.Clause, Dataset: e.Subject, Rows: e.Rows, Size: e.Size,
			State: state(e, e.Writer == self), Reason: e.Aside, Receipt: e.Delivered},
	}
}

// inward are reasons that tell how this city works inside; the public hears only what was delivered.
var inward = []string{flow.WhyRestored, flow.WhyUnreachable, flow.WhyRelease, flow.WhyOutbox, flow.WhyUnconfirmed, flow.WhyHeld, flow.WhyGate, flow.WhyNoRecords}

// why is the reason as far as a person may hear it.
func (p *pages) why(ctx context.Context, by who.Person, s *flow.Stand) web.Why {
	r := s.Why()
	switch {
	case !by.May(who.See) && slices.Contains(inward, r.Key) && s.Traffic.Delivered > 0:
		r = flow.Reason{Key: flow.WhyFlows, N: s.Traffic.Delivered, At: s.Traffic.LastSent}
	case !by.May(who.See) && slices.Contains(inward, r.Key):
		r = flow.Reason{Key: "why.public"}
	case r.Key == flow.WhyRelease && !by.May(who.SeeWaiting):
		r = flow.Reason{Key: "why.inside"}
	case r.Key == flow.WhyUnreachable && r.At.IsZero():
		r.Key = "why.unreached"
	}
	out := web.Why{Key: r.Key, N: r.N, At: r.At.In(p.node.Home.Zone), Day: r.Day}
	for _, party := range r.Parties {
		out.Who = append(out.Who, p.named(ctx, party))
	}
	return out
}

// done is what was done to a text, or to it and one of its clauses, in the order of time.
func (p *pages) done(ctx context.Context, by who.Person, id, clause string) (out []web.Done, err error) {
	var lines []instrument.Line
	err = p.node.DB.View(ctx, func(tx *db.Tx) error {
		lines, err = instrument.History(ctx, tx, p.node.Home.Config.Party, id)
		return err
	})
	for _, l := range lines {
		if clause != "" && l.Clause != "" && l.Clause != clause {
			continue
		}
		d := web.Done{At: l.Time.In(p.node.Home.Zone), Who: p.named(ctx, l.Writer), What: l.What, Clause: l.Clause, Until: l.Until, From: l.From, By: l.By,
			Writer: l.Writer, Index: l.Index, Receipt: l.Proof != "", Waits: l.Index < 0}
		if !d.From.IsZero() {
			d.From = d.From.In(p.node.Home.Zone)
		}
		if by.May(who.See) {
			d.Why, d.Aside = l.Why, l.Aside
		}
		out = append(out, d)
	}
	return out, err
}

// named is a city's name: as its card has it, else as the history does, else its id.
func (p *pages) named(ctx context.Context, id string) agreement.Texts {
	if party, err := p.party(ctx, id); err == nil && len(party.Name) > 0 {
		return party.Name
	}
	if known := p.sample.Party(id); known != nil {
		return known.Names
	}
	return agreement.Texts{{Text: id}}
}

func (p *pages) owners(ctx context.Context, all []agreement.Owner) (out []web.Owner) {
	for _, o := range all {
		w := web.Owner{Party: p.named(ctx, o.Party), ID: o.Unit, From: o.From, Until: o.Until, Mark: string(o.Mark)}
		w.Unit = p.office(o.Unit)
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b web.Owner) int { return cmp.Compare(a.Party[0].Text, b.Party[0].Text) })
	return out
}

// office is what an office is called: as the city's configuration has it, or the registered history; none where neither knows it.
func (p *pages) office(id string) (out agreement.Texts) {
	names := p.node.Home.Config.Offices[id]
	for _, lang := range slices.Sorted(maps.Keys(names)) {
		out = append(out, agreement.Text{Lang: lang, Text: names[lang]})
	}
	if u := p.sample.Unit(id); out == nil && u != nil {
		return u.Names
	}
	return out
}

func (p *pages) citations(ids []string) (out []web.Citation) {
	for _, id := range ids {
		c := web.Citation{ID: id}
		if s := p.sample.Source(id); s != nil {
			c.Title, c.URL = s.Title, s.URL
		}
		out = append(out, c)
	}
	return out
}
