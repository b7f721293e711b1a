package node

import (
	"context"

	"accord/internal/evidence"
	"accord/internal/web"
	"accord/internal/who"
)

func (p *pages) claims() web.Claims {
	n := p.node
	noted := func(ctx context.Context, by who.Person, deed, event string, err error) error {
		if err != nil {
			return err
		}
		return n.Note(ctx, by, deed, event, nil)
	}
	return web.Claims{
		List:   n.Book.Find,
		Show:   p.claim,
		Places: func(ctx context.Context) ([]web.Place, error) { return p.places(ctx, true) },
		Claim: func(ctx context.Context, by who.Person, t evidence.Told) (string, error) {
			events, err := n.Book.Claim(ctx, evidence.Author{Person: by.ID, Unit: p.unit(by)}, t)
			if err != nil {
				return "", err
			}
			return events[0].ID, n.Note(ctx, by, "evidence claim", events[0].ID, nil)
		},
		Correct: func(ctx context.Context, by who.Person, d evidence.Deed, t evidence.Told) error {
			d.Unit = p.unit(by)
			_, err := n.Book.Correct(ctx, d, t)
			return noted(ctx, by, "evidence correct", d.Event, err)
		},
		Withdraw: func(ctx context.Context, by who.Person, d evidence.Deed) error {
			d.Unit = p.unit(by)
			_, err := n.Book.Withdraw(ctx, d)
			return noted(ctx, by, "evidence withdraw", d.Event, err)
		},
		Say: func(ctx context.Context, by who.Person, d evidence.Deed, word string, change bool) error {
			d.Unit = p.unit(by)
			_, err := n.Book.Say(ctx, d, word, change)
			return noted(ctx, by, "evidence "+word, d.Event, err)
		},
		Judge: func(ctx context.Context, by who.Person, d evidence.Deed, judgement string, change bool) error {
			_, err := n.Book.Judge(ctx, d, judgement, "", "", change)
			return noted(ctx, by, "evidence judge", d.Event, err)
		},
	}
}

// unit is the office a person speaks for, where it is one of this city's.
func (p *pages) unit(by who.Person) string { return by.Unit }

// claim is one event with the others' words on the version that stands, and the names of the city's people who spoke.
func (p *pages) claim(ctx context.Context, by who.Person, id string) (*web.Claim, error) {
	e, err := p.node.Book.Show(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &web.Claim{Event: *e, Ours: e.Claimant == p.node.Home.Config.Party, Person: map[string]string{}}
	all, err := p.places(ctx, false)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Instrument == e.Instrument && all[i].Clause == e.Clause {
			out.Place = &all[i]
		}
	}
	for _, s := range e.History {
		if s.Person != "" {
			out.Person[s.Person] = p.name(ctx, s.Person)
		}
	}
	for _, c := range e.Clauses {
		if c.Person != "" {
			out.Person[c.Person] = p.name(ctx, c.Person)
		}
	}
	if out.Place == nil {
		return out, nil
	}
	for _, party := range out.Place.Parties {
		if party != e.Claimant && e.Claimant != "" {
			out.Others = append(out.Others, web.Word{Party: party, Saying: standing(e, party)})
		}
	}
	return out, nil
}

// standing is what a party last said on the version that stands; nil when it has not, or took it back.
func standing(e *evidence.Event, party string) (last *evidence.Saying) {
	for i := range e.History {
		s := e.History[i]
		if s.Party != party || s.Version != e.Version || s.Clause != "" {
			continue
		}
		if last = &s; s.What == evidence.TakenBack {
			last = nil
		}
	}
	return last
}
