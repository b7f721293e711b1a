package node

import (
	"context"
	"io"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/flow"
	"accord/internal/instrument"
	"accord/internal/web"
	"accord/internal/who"
)

func (p *pages) documents() web.Documents {
	n := p.node
	return web.Documents{
		List: func(ctx context.Context, find document.Find) ([]flow.DocumentLine, document.Cursor, error) {
			return n.Flow.FindDocuments(ctx, n.Today(), find)
		},
		Show: p.document,
		Open: func(ctx context.Context, by who.Person, id string, write func(k *document.Kept, file io.WriterTo) error) error {
			k, err := n.Flow.OpenDocument(ctx, id, "", by, write)
			if err != nil || k.Ours() {
				return err
			}
			return n.Note(ctx, by, "document open", id, nil)
		},
		Withdraw: func(ctx context.Context, by who.Person, id, why string) error {
			if err := n.Flow.WithdrawDocument(ctx, id, by, why); err != nil {
				return err
			}
			return n.Note(ctx, by, "document withdraw", id, nil)
		},
		Send: func(ctx context.Context, d flow.Draft) (string, error) {
			k, err := n.Flow.SendDocument(ctx, d)
			if err != nil {
				return "", err
			}
			return k.Document.Document, n.Note(ctx, d.By, "document send", k.Document.Document, nil)
		},
		Grounds: p.letterGrounds,
		Names:   p.names,
		Clauses: func(ctx context.Context) ([]web.Place, error) { return p.places(ctx, false) },
	}
}

// document is one document with what it answers and what answers it, and what the person may do with it.
func (p *pages) document(ctx context.Context, by who.Person, id string) (*web.Document, error) {
	n := p.node
	line, err := n.Flow.Document(ctx, id, n.Today())
	if err != nil {
		return nil, err
	}
	out := &web.Document{DocumentLine: line}
	if line.Answers != "" {
		if q, err := n.Flow.Document(ctx, line.Answers, n.Today()); err == nil {
			out.Question = &q
		}
	}
	for _, a := range line.AnsweredBy {
		reply, err := n.Flow.Document(ctx, a, n.Today())
		if err != nil {
			return nil, err
		}
		out.Replies = append(out.Replies, reply)
	}
	if line.State == string(document.Waiting) && by.May(who.SeeWaiting) {
		if out.Release, err = n.Flow.ReleaseOf(ctx, id); err != nil {
			return nil, err
		}
	}
	if line.Person != "" {
		out.Person = p.name(ctx, line.Person)
	}
	out.Answers = line.Direction == "received" && line.State == "received" && by.May(who.Speak)
	out.Opens = by.May(who.See) && (line.State != string(document.Waiting) || by.May(who.SeeContent)) && opens[line.State]
	out.Takes = line.Direction == "sent" && (line.State == string(document.Waiting) || line.State == string(document.Leaving) || line.State == "sent") && line.Entry == nil && by.May(who.Speak)
	all, err := p.places(ctx, false)
	for i := range all {
		if all[i].Instrument == line.Instrument && all[i].Clause == line.Clause {
			out.Place = &all[i]
		}
	}
	return out, err
}

// opens are the states in which the bytes of a document are here.
var opens = map[string]bool{"waiting": true, "leaving": true, "sent": true, "delivered": true, "unchecked": true, "received": true}

// names are the names of this city and its partners.
func (p *pages) names(ctx context.Context) (map[string]agreement.Texts, error) {
	partners, err := p.node.Links.Partners(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]agreement.Texts{}
	for _, id := range append(partners, p.node.Home.Config.Party) {
		city, err := p.party(ctx, id)
		if err != nil {
			return nil, err
		}
		out[id] = city.Name
	}
	return out, nil
}

// places are the clauses kept here; with claimable, those under which this city may claim now.
func (p *pages) places(ctx context.Context, claimable bool) (out []web.Place, err error) {
	err = p.node.DB.View(ctx, func(tx *db.Tx) error {
		out = nil
		kept, err := instrument.All(ctx, tx)
		if err != nil {
			return err
		}
		for _, k := range kept {
			for i := range k.Clauses {
				if claimable {
					if ok, err := p.claimable(ctx, tx, k, k.Clauses[i].ID); err != nil || !ok {
						if err != nil {
							return err
						}
						continue
					}
				}
				out = append(out, clausePlace(k, &k.Clauses[i]))
			}
		}
		return nil
	})
	return out, err
}

func clausePlace(k *instrument.Kept, c *agreement.Clause) web.Place {
	kinds := c.Kinds
	if len(kinds) == 0 {
		kinds = agreement.EventKinds
	}
	return web.Place{Instrument: k.ID, Clause: c.ID, Text: c.Texts, From: k.Names, Kinds: kinds, Parties: k.Parties, Simulated: k.Simulated}
}

// claimable says whether this city may claim under a clause today: it is a party, and the clause is in force.
func (p *pages) claimable(ctx context.Context, tx *db.Tx, k *instrument.Kept, clause string) (bool, error) {
	party := false
	for _, id := range k.Parties {
		party = party || id == p.node.Home.Config.Party
	}
	if !party || !k.Date.IsZero() && date.Of(tx.Now.UTC()).Before(k.Date.First()) {
		return false, nil
	}
	over, err := instrument.Over(ctx, tx, k, clause, tx.Now)
	return !over, err
}

// letterGrounds are the clauses under which a document can be sent now.
func (p *pages) letterGrounds(ctx context.Context) (out []web.Ground, err error) {
	partners, err := p.node.Links.Partners(ctx)
	if err != nil {
		return nil, err
	}
	all, err := p.node.Flow.Grounds(ctx, partners)
	for _, g := range all {
		out = append(out, web.Ground{Place: clausePlace(g.Instrument, g.Clause), Partner: g.Partner, Grade: string(g.Grade), Unit: g.Unit})
	}
	return out, err
}
