package demo

import (
	"context"
	"fmt"

	"accord/internal/account"
	"accord/internal/fault"
	"accord/internal/node"
	"accord/internal/who"
)

// Accounts gives each city one account per role, as people does.
func (d *Demo) Accounts(ctx context.Context) error {
	for _, c := range d.Cities {
		if err := people(ctx, c.Node, c.party.Languages[0]); err != nil {
			return err
		}
	}
	return nil
}

// people gives a city of the demo one account per role, with one password that its front page shows. A node that the demo
// did not make has none that nobody made.
func people(ctx context.Context, n *node.Node, lang string) error {
	by := who.Person{ID: "demo", Name: "demo", Role: who.Administrator}
	have, err := n.People.List(ctx)
	if err != nil {
		return err
	}
	if len(have) >= len(who.Roles()) {
		return nil
	}
	for _, role := range who.Roles() {
		_, err := n.People.Add(ctx, by, account.Wanted{ID: string(role), Name: fmt.Sprintf("Demo %s", role), Unit: "demo", Lang: lang, Role: role, Shown: true})
		if err != nil && fault.KindOf(err) != fault.Conflict {
			return err
		}
	}
	return nil
}
