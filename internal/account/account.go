// Package account keeps the people of the city: who they are, for which unit they act from when until when, their one role,
// how they sign in, and where they are signed in now. Every change stands in the audit log, in the same transaction.
package account

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"accord/internal/audit"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/search"
	"accord/internal/who"
)

// Accounts are the accounts of a city. They hold no state: any number of processes may work on one database.
type Accounts struct {
	db    *db.DB
	party string
	zone  *time.Location
}

// New returns the accounts of a party. zone says which day is today there.
func New(d *db.DB, party string, zone *time.Location) *Accounts {
	return &Accounts{db: d, party: party, zone: zone}
}

// An Account is one person's.
type Account struct {
	who.Person
	Units  []Post
	Since  time.Time
	Closed time.Time // zero while it is open
	Shown  string    // the password of an account that the demo made; empty on every other
}

// A Post says for which unit a person acts, and when. Until is the last day, zero while there is no end.
type Post struct {
	Unit        string
	From, Until date.Day
}

func (p Post) on(day date.Day) bool {
	return !day.Before(p.From) && (p.Until.IsZero() || !day.After(p.Until))
}

var (
	idForm   = regexp.MustCompile(`^[a-z][a-z0-9._-]{1,39}$`)
	unitForm = regexp.MustCompile(`^[a-z0-9][a-z0-9./-]{0,47}$`)
)

// A Wanted says what a new account is to be. Without a password one is made.
type Wanted struct {
	ID, Name, Unit, Lang string
	Role                 who.Role
	From, Until          date.Day // of the unit; from today on when From is left out
	Password             string
	Shown                bool // by the demo: the password is kept to be shown
}

// Languages that pages have.
var langs = []string{"ko", "ja", "en"}

func (a *Accounts) check(n *Wanted) error {
	bad := func(field, why, do string) *fault.Fault {
		return fault.New(fault.Invalid, "account", why, do).At(field)
	}
	n.Name = strings.TrimSpace(n.Name)
	if n.Name == "" {
		n.Name = n.ID
	}
	if n.Lang == "" {
		n.Lang = "en"
	}
	switch {
	case !idForm.MatchString(n.ID):
		return bad("id", "its id is not one", "write 2 to 40 small letters, digits, dots or hyphens, a letter first").Says("fault.person_form")
	case len(n.Name) > 120 || strings.ContainsFunc(n.Name, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }):
		return bad("name", "its name is too long or not text", "write the person's name in at most 120 bytes").Says("fault.person_name")
	case !slices.Contains(langs, n.Lang):
		return bad("lang", "its language is none that the pages have", "take ko, ja or en").Says("fault.person_lang")
	}
	if _, err := who.ParseRole(string(n.Role)); err != nil {
		return err
	}
	return checkPassword(n.ID, n.Password)
}

// post completes and checks what is said about a unit.
func (a *Accounts) post(unit string, from, until, today date.Day) (Post, error) {
	bad := func(field, why, do string) *fault.Fault { return fault.New(fault.Invalid, "unit", why, do).At(field) }
	if unit != "" && !strings.Contains(unit, "/") {
		unit = a.party + "/" + unit
	}
	if from.IsZero() {
		from = today
	}
	switch {
	case !unitForm.MatchString(unit) || !strings.HasPrefix(unit, a.party+"/") || unit == a.party+"/":
		return Post{}, bad("unit", "it is not a unit of this city", "write it as "+a.party+"/name, in small letters").Says("fault.unit_form", "city", a.party)
	case !until.IsZero() && until.Before(from):
		return Post{}, bad("until", "it ends before it begins", "name a later last day, or none").Says("fault.unit_period")
	}
	return Post{unit, from, until}, nil
}

func manages(by who.Person, id string) error {
	if !by.May(who.Manage) {
		return fault.New(fault.Refused, "account "+id, "only an administrator keeps accounts", "ask one")
	}
	return nil
}

// Add makes an account and returns its password, which nobody can read again.
func (a *Accounts) Add(ctx context.Context, by who.Person, n Wanted) (password string, err error) {
	if err := manages(by, n.ID); err != nil {
		return "", err
	}
	if n.Password == "" {
		n.Password = MakePassword()
	}
	if err := a.check(&n); err != nil {
		return "", err
	}
	hash, err := hashPassword(ctx, n.Password)
	if err != nil {
		return "", err
	}
	err = a.db.Update(ctx, func(tx *db.Tx) error {
		post, err := a.post(n.Unit, n.From, n.Until, a.today(tx))
		if err != nil {
			return err
		}
		shown := ""
		if n.Shown {
			shown = n.Password
		}
		added, err := tx.Exec(ctx, `INSERT INTO account (id, name, role, lang, password, shown, since) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
			n.ID, n.Name, string(n.Role), n.Lang, hash, shown, db.Micros(tx.Now))
		if err == nil && added == 0 {
			err = fault.New(fault.Conflict, "account "+n.ID, "there is one of this id already, or there was", "take another id: what was done under one stays with its person").At("id").Says("fault.person_taken")
		}
		if err == nil {
			err = addPost(ctx, tx, n.ID, post)
		}
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.By(by, "add account", fmt.Sprintf("%s %s %s", n.ID, n.Role, post.Unit)))
	})
	return n.Password, err
}

func addPost(ctx context.Context, tx *db.Tx, id string, p Post) error {
	if err := search.Mark(ctx, tx, search.Person, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO account_unit (account, unit, since, until) VALUES ($1, $2, $3, $4)`, id, p.Unit, p.From.String(), dayText(p.Until))
	return err
}

func dayText(d date.Day) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func (a *Accounts) today(tx *db.Tx) date.Day { return date.Of(tx.Now.In(a.zone)) }

// change alters one open account and notes the deed.
func (a *Accounts) change(ctx context.Context, by who.Person, id, deed, what string, f func(tx *db.Tx, k *Account) error) error {
	return a.db.Update(ctx, func(tx *db.Tx) error {
		if err := search.Mark(ctx, tx, search.Person, id); err != nil {
			return err
		}
		k, err := a.get(ctx, tx, id)
		if err != nil {
			return err
		}
		if !k.Closed.IsZero() {
			return fault.New(fault.Conflict, "account "+id, "it is closed", "make a new one under another id")
		}
		if err := f(tx, k); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.By(by, deed, strings.TrimSpace(id+" "+what)))
	})
}

// SetRole gives a person another role. The person has to sign in again.
func (a *Accounts) SetRole(ctx context.Context, by who.Person, id string, role who.Role) error {
	if err := notOneself(by, id); err != nil {
		return err
	}
	if _, err := who.ParseRole(string(role)); err != nil {
		return err
	}
	return a.change(ctx, by, id, "change role", string(role), func(tx *db.Tx, k *Account) error {
		if k.Role == role {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE account SET role = $1 WHERE id = $2`, string(role), id); err != nil {
			return err
		}
		return signOutAll(ctx, tx, id)
	})
}

// notOneself keeps a city from losing its only administrator by a slip, and anybody from choosing their own role.
func notOneself(by who.Person, id string) error {
	if err := manages(by, id); err != nil {
		return err
	}
	if by.ID == id {
		return fault.New(fault.Refused, "account "+id, "it is your own", "another administrator must do it, or somebody at the machine: accord account").Says("fault.own_account")
	}
	return nil
}

// SetUnit has a person act for a unit from a day on. What the person acted for before ends the day before; the past stays.
func (a *Accounts) SetUnit(ctx context.Context, by who.Person, id, unit string, from, until date.Day) error {
	if err := manages(by, id); err != nil {
		return err
	}
	return a.change(ctx, by, id, "change unit", unit, func(tx *db.Tx, _ *Account) error {
		p, err := a.post(unit, from, until, a.today(tx))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM account_unit WHERE account = $1 AND since >= $2`, id, p.From.String()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE account_unit SET until = $1 WHERE account = $2 AND (until = '' OR until >= $3)`, p.From.AddDays(-1).String(), id, p.From.String()); err != nil {
			return err
		}
		return addPost(ctx, tx, id, p)
	})
}

// SetPassword gives a person a new password, a made one when it is empty, and signs the person out everywhere.
func (a *Accounts) SetPassword(ctx context.Context, by who.Person, id, password string) (string, error) {
	if err := manages(by, id); err != nil {
		return "", err
	}
	if password == "" {
		password = MakePassword()
	}
	return password, a.setPassword(ctx, by, id, password)
}

func (a *Accounts) setPassword(ctx context.Context, by who.Person, id, password string) error {
	if err := checkPassword(id, password); err != nil {
		return err
	}
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return err
	}
	return a.change(ctx, by, id, "change password", "", func(tx *db.Tx, _ *Account) error {
		if _, err := tx.Exec(ctx, `UPDATE account SET password = $1, shown = '' WHERE id = $2`, hash, id); err != nil {
			return err
		}
		if err := forget(ctx, tx, accountKey(id)); err != nil {
			return err
		}
		return signOutAll(ctx, tx, id)
	})
}

// Close ends an account for good. Its id is not given again.
func (a *Accounts) Close(ctx context.Context, by who.Person, id string) error {
	if err := notOneself(by, id); err != nil {
		return err
	}
	return a.change(ctx, by, id, "close account", "", func(tx *db.Tx, _ *Account) error {
		if _, err := tx.Exec(ctx, `UPDATE account SET closed = $1, shown = '' WHERE id = $2`, db.Micros(tx.Now), id); err != nil {
			return err
		}
		return signOutAll(ctx, tx, id)
	})
}
