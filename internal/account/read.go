package account

import (
	"context"
	"fmt"

	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/who"
)

// Get returns one account.
func (a *Accounts) Get(ctx context.Context, id string) (k *Account, err error) {
	err = a.db.View(ctx, func(tx *db.Tx) error {
		k, err = a.get(ctx, tx, id)
		return err
	})
	return k, err
}

func (a *Accounts) get(ctx context.Context, tx *db.Tx, id string) (*Account, error) {
	all, err := a.find(ctx, tx, ` WHERE id = $1`, id)
	if err == nil && len(all) == 0 {
		err = fault.New(fault.NotFound, fmt.Sprintf("account %.60q", id), "there is none of this id", "see accord account list")
	}
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

// List returns every account, also closed ones, by id.
func (a *Accounts) List(ctx context.Context) (all []Account, err error) {
	err = a.db.View(ctx, func(tx *db.Tx) error {
		all, err = a.find(ctx, tx, "")
		return err
	})
	return all, err
}

func (a *Accounts) find(ctx context.Context, tx *db.Tx, where string, args ...any) (all []Account, err error) {
	err = tx.Rows(ctx, `SELECT id, name, role, lang, shown, since, COALESCE(closed, 0) FROM account`+where+` ORDER BY id`, args, func(r db.Scanner) error {
		var k Account
		var role string
		var since, closed int64
		err := r.Scan(&k.ID, &k.Name, &role, &k.Lang, &k.Shown, &since, &closed)
		k.Role, k.Since = who.Role(role), db.Time(since)
		if closed != 0 {
			k.Closed = db.Time(closed)
		}
		all = append(all, k)
		return err
	})
	for i := range all {
		if err != nil {
			return nil, err
		}
		if all[i].Units, err = posts(ctx, tx, all[i].ID); err == nil {
			all[i].Unit = unitOn(all[i].Units, a.today(tx))
		}
	}
	return all, err
}

func posts(ctx context.Context, tx *db.Tx, id string) (out []Post, err error) {
	err = tx.Rows(ctx, `SELECT unit, since, until FROM account_unit WHERE account = $1 ORDER BY since`, []any{id}, func(r db.Scanner) error {
		var p Post
		var from, until string
		err := r.Scan(&p.Unit, &from, &until)
		if err == nil {
			p.From, err = date.ParseDay(from)
		}
		if err == nil && until != "" {
			p.Until, err = date.ParseDay(until)
		}
		out = append(out, p)
		return err
	})
	return out, err
}

// unitOn is the unit of a day; none when the person acts for nobody then.
func unitOn(posts []Post, day date.Day) string {
	for _, p := range posts {
		if p.on(day) {
			return p.Unit
		}
	}
	return ""
}

// acts says whether the person may act today: the account is open and the person acts for a unit.
func (k *Account) acts() bool { return k.Closed.IsZero() && k.Unit != "" }

// Any says whether the city has an account.
func (a *Accounts) Any(ctx context.Context) (any bool, err error) {
	err = a.db.View(ctx, func(tx *db.Tx) error {
		var one int
		any, err = tx.Row(ctx, `SELECT 1 FROM account LIMIT 1`, nil, &one)
		return err
	})
	return any, err
}

// Acting returns the person of an id who acts for a unit today and has a right.
func (a *Accounts) Acting(ctx context.Context, id string, right who.Right) (who.Person, error) {
	k, err := a.Get(ctx, id)
	if err != nil {
		return who.Person{}, err
	}
	switch {
	case !k.Closed.IsZero():
		err = fault.New(fault.Refused, "person "+id, "the account is closed", "name another person")
	case k.Unit == "":
		err = fault.New(fault.Refused, "person "+id, "the person acts for no unit today", "give the person one: accord account unit")
	case !k.May(right):
		err = fault.New(fault.Refused, "person "+id, fmt.Sprintf("a person of the role %s may not do this", k.Role), fmt.Sprintf("name one with the role %s", roles(right)))
	}
	return k.Person, err
}

func roles(right who.Right) (s string) {
	for i, r := range who.Holders(right) {
		if i > 0 {
			s += " or "
		}
		s += string(r)
	}
	return s
}
