package node

import (
	"context"
	"fmt"
	"slices"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/db"
	"accord/internal/evidence"
	"accord/internal/fault"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/web"
	"accord/internal/who"
)

// texts are the instruments of a pulse, the oldest first.
func (p *pages) texts(ctx context.Context, asked web.Asked) (out []*agreement.Instrument, err error) {
	if asked.Of == web.OfSample {
		return p.sample.Instruments, nil
	}
	err = p.node.DB.View(ctx, func(tx *db.Tx) error {
		out = nil
		simulated, err := evidence.Simulated(ctx, tx)
		if err != nil {
			return err
		}
		kept, err := instrument.All(ctx, tx)
		for _, k := range kept {
			if k.Simulated == simulated {
				out = append(out, k.Instrument)
			}
		}
		return err
	})
	slices.SortStableFunc(out, func(a, b *agreement.Instrument) int { return a.Date.First().Compare(b.Date.First()) })
	return out, err
}

func (p *pages) instruments(ctx context.Context, by who.Person, asked web.Asked) (out []web.TextLine, err error) {
	all, err := p.texts(ctx, asked)
	if err != nil {
		return nil, err
	}
	promises, err := p.clauses(ctx, by, asked)
	if err != nil {
		return nil, err
	}
	return p.textLines(ctx, all, promises)
}

// textLines are instruments as a list shows them, with what follows for their clauses.
func (p *pages) textLines(ctx context.Context, all []*agreement.Instrument, promises []web.Clause) (out []web.TextLine, err error) {
	err = p.node.DB.View(ctx, func(tx *db.Tx) error {
		out = nil
		for _, in := range all {
			l := web.TextLine{ID: in.ID, Kind: string(in.Kind), Standing: string(in.Standing), Simulated: in.Simulated, Names: in.Names, Date: in.Date,
				Force: string(instrument.Elsewhere), Clauses: len(in.Clauses), BuildsOn: in.BuildsOn, Implements: in.Implements, Supersedes: in.Supersedes}
			if in.Standing == agreement.SignedHere {
				m, err := instrument.At(ctx, tx, p.node.Home.Config.Party, in.ID, tx.Now)
				if err != nil {
					return err
				}
				l.Force = string(m.State)
			}
			l.Silent = web.Silent(promises, in.ID)
			out = append(out, l)
		}
		return nil
	})
	return out, err
}

func (p *pages) instrument(ctx context.Context, by who.Person, asked web.Asked, id string) (*web.TextView, error) {
	all, err := p.texts(ctx, asked)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(in *agreement.Instrument) bool { return in.ID == id })
	if at < 0 {
		return nil, fault.New(fault.NotFound, fmt.Sprintf("instrument %.60q", id), "it is not kept on this node", "choose one in the list of instruments")
	}
	promises, err := p.clauses(ctx, by, asked)
	if err != nil {
		return nil, err
	}
	lines, err := p.textLines(ctx, all, promises)
	if err != nil {
		return nil, err
	}
	v := p.textView(ctx, all[at])
	v.TextLine, v.Chain = lines[at], lines
	for _, c := range promises {
		if c.Instrument == id {
			v.Promises = append(v.Promises, c)
		}
	}
	if all[at].Standing != agreement.SignedHere {
		return v, nil
	}
	if v.Done, err = p.done(ctx, by, id, ""); err != nil {
		return nil, err
	}
	return v, p.signatures(ctx, id, v)
}

// textView is what the text itself says.
func (p *pages) textView(ctx context.Context, in *agreement.Instrument) *web.TextView {
	v := &web.TextView{Until: in.Until, Notice: in.Notice, Place: in.Place, Authentic: in.Authentic, Originals: in.Originals, Notes: in.Notes, Written: p.citations(in.Sources)}
	for _, id := range in.Parties {
		v.Parties = append(v.Parties, web.Party{ID: id, Name: p.named(ctx, id)})
	}
	for _, u := range in.Units {
		v.Units = append(v.Units, p.owners(ctx, []agreement.Owner{{Party: u.Party, Unit: u.Unit}})...)
	}
	for _, s := range in.Signatories {
		v.Signatories = append(v.Signatories, web.Signatory{Party: p.named(ctx, s.Party), Name: p.spelled(s.Names), Role: s.Role})
	}
	for _, c := range in.Conflicts {
		v.Conflicts = append(v.Conflicts, web.Conflict{Source: p.citations([]string{c.Source})[0], Says: c.Says, Taken: c.Taken})
	}
	for _, a := range in.Annexes {
		w := web.Annex{Version: a.Version, Renewal: a.Renewal, Written: p.citations(a.Sources)}
		for _, l := range a.Lines {
			w.Lines = append(w.Lines, web.AnnexLine{ID: l.ID, Area: string(l.Area), Clause: l.Clause, Text: l.Texts})
		}
		v.Annexes = append(v.Annexes, w)
	}
	return v
}

// signatures looks at the signatures anew, against the cards known here, and at who has suspended the text.
func (p *pages) signatures(ctx context.Context, id string, v *web.TextView) error {
	var suspended []string
	var cards []*exchange.Card
	err := p.node.DB.View(ctx, func(tx *db.Tx) error {
		suspended, cards, v.Unsigned = nil, nil, ""
		k, err := instrument.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		lasting, err := instrument.Suspensions(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, s := range lasting {
			suspended = append(suspended, s.Party)
		}
		v.Hash = agreement.Hash(k.File)
		cards, v.Unsigned, err = signers(ctx, tx, k)
		return err
	})
	for _, party := range suspended {
		v.SuspendedBy = append(v.SuspendedBy, p.named(ctx, party))
	}
	for _, c := range cards {
		v.Signatures = append(v.Signatures, web.Signature{Party: p.named(ctx, c.Party), Serial: int64(c.Serial), Since: c.ValidFrom.In(p.node.Home.Zone), Key: c.Hash()})
	}
	return err
}

// signers are the cards whose keys have signed a text, or why its signatures do not hold.
func signers(ctx context.Context, tx *db.Tx, k *instrument.Kept) (cards []*exchange.Card, why string, err error) {
	signed, err := agreement.Verify(k.File, instrument.Keys(ctx, tx))
	if err != nil {
		return nil, err.Error(), nil
	}
	for _, party := range signed.Signers {
		chain, err := link.Chain(ctx, tx, party)
		if err != nil {
			return nil, "", err
		}
		card, err := chain.On(k.Date.First())
		if err != nil {
			return nil, "", err
		}
		cards = append(cards, card)
	}
	return cards, "", nil
}
