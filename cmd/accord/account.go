package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"accord/internal/account"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/node"
	"accord/internal/who"
)

type accountCmd struct {
	Add      accountAddCmd      `cmd:"" help:"Make an account. Its password is made and printed once, or read."`
	List     accountListCmd     `cmd:"" help:"Who there is: role, unit, since when."`
	Role     accountRoleCmd     `cmd:"" help:"Give a person another role."`
	Unit     accountUnitCmd     `cmd:"" help:"Have a person act for a unit from a day on."`
	Password accountPasswordCmd `cmd:"" help:"Give a person a new password."`
	Close    accountCloseCmd    `cmd:"" help:"End an account for good."`
	Signout  accountSignoutCmd  `cmd:"" help:"Sign a person out everywhere."`
}

// A person's time at a unit.
type period struct {
	From  string `help:"First day, as 2026-04-01; today when left out."`
	Until string `help:"Last day; no end when left out."`
}

func (p period) days() (from, until date.Day, err error) {
	for _, d := range []struct {
		name, text string
		into       *date.Day
	}{{"--from", p.From, &from}, {"--until", p.Until, &until}} {
		if d.text == "" {
			continue
		}
		if *d.into, err = date.ParseDay(d.text); err != nil {
			return from, until, fault.New(fault.Invalid, d.name, err.Error(), "write the day as 2026-04-01")
		}
	}
	return from, until, nil
}

// A secret is a password that is read from standard input, never from the command line, where others could see it.
type secret struct {
	Stdin bool `help:"Read the password, one line, from standard input instead of making one."`
}

func (s secret) read() (string, error) {
	if !s.Stdin {
		return "", nil
	}
	b, err := io.ReadAll(io.LimitReader(os.Stdin, 4096))
	if err != nil {
		return "", err
	}
	line, rest, _ := strings.Cut(string(b), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" || rest != "" {
		return "", fault.New(fault.Invalid, "password", "standard input does not hold one line with it", "write the password and a line break")
	}
	return line, nil
}

// manage calls f with the person at the machine, who is its administrator.
func (r *run) manage(f func(n *node.Node, by who.Person) error) error {
	return r.with(func(n *node.Node) error {
		by, err := administrator()
		if err != nil {
			return err
		}
		return f(n, by)
	})
}

type accountAddCmd struct {
	ID       string `arg:"" help:"Small letters, digits, dots, hyphens; never given again."`
	Name     string `help:"The person's name; the id when left out."`
	Role     string `required:"" help:"reader, staff, officer, releaser, auditor or administrator."`
	Unit     string `required:"" help:"The office the person acts for, as flood."`
	Language string `help:"Language of the person's pages: ko, ja or en." default:"en"`
	period
	secret
}

func (c *accountAddCmd) Run(r *run) error {
	from, until, err := c.days()
	if err != nil {
		return err
	}
	password, err := c.read()
	if err != nil {
		return err
	}
	return r.manage(func(n *node.Node, by who.Person) error {
		made, err := n.People.Add(r.ctx, by, account.Wanted{ID: c.ID, Name: c.Name, Role: who.Role(c.Role), Unit: c.Unit, Lang: c.Language, From: from, Until: until, Password: password})
		if err != nil {
			return err
		}
		return r.tellPassword(c.ID, made, !c.Stdin)
	})
}

// tellPassword prints a password that was made: the only time that anybody can read it.
func (r *run) tellPassword(id, password string, made bool) error {
	out := map[string]any{"id": id}
	if made {
		out["password"] = password
	}
	return r.print(out, func(w io.Writer) {
		if made {
			fmt.Fprintf(w, "%s signs in with the password  %s\nIt is not shown again. The person should change it.\n", id, password)
		} else {
			fmt.Fprintf(w, "%s signs in with the password that was read\n", id)
		}
	})
}

// listed is an account as list prints it.
type listed struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Role   who.Role `json:"role"`
	Unit   string   `json:"unit"` // today; empty when the person acts for none and so cannot sign in
	Lang   string   `json:"language"`
	Units  []post   `json:"units"`
	Since  string   `json:"since"`
	Closed string   `json:"closed,omitempty"`
	Demo   bool     `json:"demo,omitempty"` // made by the demo, its password is shown
}

type post struct {
	Unit  string `json:"unit"`
	From  string `json:"from"`
	Until string `json:"until,omitempty"`
}

type accountListCmd struct{}

func (c *accountListCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		all, err := n.People.List(r.ctx)
		if err != nil {
			return err
		}
		out := []listed{}
		for _, k := range all {
			l := listed{ID: k.ID, Name: k.Name, Role: k.Role, Unit: k.Unit, Lang: k.Lang, Units: []post{}, Since: k.Since.Format(time.RFC3339), Demo: k.Shown != ""}
			if !k.Closed.IsZero() {
				l.Closed = k.Closed.Format(time.RFC3339)
			}
			for _, p := range k.Units {
				l.Units = append(l.Units, post{p.Unit, p.From.String(), day(p.Until)})
			}
			out = append(out, l)
		}
		return r.print(out, func(w io.Writer) {
			for _, l := range out {
				l.write(w)
			}
		})
	})
}

func day(d date.Day) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func (l *listed) write(w io.Writer) {
	unit := l.Unit
	switch {
	case l.Closed != "":
		unit = "closed " + l.Closed
	case unit == "":
		unit = "acts for no unit today"
	}
	fmt.Fprintf(w, "%-20s %-13s %s  %s\n", l.ID, l.Role, unit, l.Name)
}

type accountRoleCmd struct {
	ID   string `arg:"" help:"The account."`
	Role string `arg:"" help:"reader, staff, officer, releaser, auditor or administrator."`
}

func (c *accountRoleCmd) Run(r *run) error {
	return r.manage(func(n *node.Node, by who.Person) error {
		if err := n.People.SetRole(r.ctx, by, c.ID, who.Role(c.Role)); err != nil {
			return err
		}
		return r.print(map[string]any{"id": c.ID, "role": c.Role}, func(w io.Writer) { fmt.Fprintf(w, "%s is %s and has to sign in again\n", c.ID, c.Role) })
	})
}

type accountUnitCmd struct {
	ID   string `arg:"" help:"The account."`
	Unit string `arg:"" help:"The office."`
	period
}

func (c *accountUnitCmd) Run(r *run) error {
	from, until, err := c.days()
	if err != nil {
		return err
	}
	return r.manage(func(n *node.Node, by who.Person) error {
		if err := n.People.SetUnit(r.ctx, by, c.ID, c.Unit, from, until); err != nil {
			return err
		}
		k, err := n.People.Get(r.ctx, c.ID)
		if err != nil {
			return err
		}
		return r.print(map[string]any{"id": c.ID, "unit": k.Unit}, func(w io.Writer) { fmt.Fprintf(w, "%s acts today for %q\n", c.ID, k.Unit) })
	})
}

type accountPasswordCmd struct {
	ID string `arg:"" help:"The account."`
	secret
}

func (c *accountPasswordCmd) Run(r *run) error {
	password, err := c.read()
	if err != nil {
		return err
	}
	return r.manage(func(n *node.Node, by who.Person) error {
		made, err := n.People.SetPassword(r.ctx, by, c.ID, password)
		if err != nil {
			return err
		}
		return r.tellPassword(c.ID, made, !c.Stdin)
	})
}

type accountCloseCmd struct {
	ID string `arg:"" help:"The account."`
}

func (c *accountCloseCmd) Run(r *run) error {
	return r.manage(func(n *node.Node, by who.Person) error {
		if err := n.People.Close(r.ctx, by, c.ID); err != nil {
			return err
		}
		return r.print(map[string]any{"id": c.ID, "closed": true}, func(w io.Writer) { fmt.Fprintf(w, "%s is closed\n", c.ID) })
	})
}

type accountSignoutCmd struct {
	ID string `arg:"" help:"The account."`
}

func (c *accountSignoutCmd) Run(r *run) error {
	return r.manage(func(n *node.Node, by who.Person) error {
		if err := n.People.SignOutEverywhere(r.ctx, by, c.ID); err != nil {
			return err
		}
		return r.print(map[string]any{"id": c.ID, "signed_out": true}, func(w io.Writer) { fmt.Fprintf(w, "%s is signed out everywhere\n", c.ID) })
	})
}
