package main

import (
	"fmt"
	"io"
	"time"

	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/node"
)

// aDay reads a day given on the command line; an empty one is unset.
func aDay(flag, s string) (date.Day, error) {
	if s == "" {
		return date.Day{}, nil
	}
	d, err := date.ParseDay(s)
	if err != nil {
		return d, fault.New(fault.Invalid, flag, err.Error(), "write the day as 2026-12-31")
	}
	return d, nil
}

type agreeEndCmd struct {
	ID     string `arg:"" help:"The instrument."`
	Clause string `help:"Only this clause of it."`
	Last   string `help:"The last day on which it is in force, as 2026-12-31; at once, or as soon as its notice allows, when left out."`
	Why    string `help:"The reason; the partner reads it."`
}

func (c *agreeEndCmd) Run(r *run) error {
	return concludes(r, c.ID, c.Clause, "--last", c.Last, func(n *node.Node, last date.Day) (time.Time, error) {
		return n.Flow.End(r.ctx, c.ID, c.Clause, last, c.Why)
	}, "it ends at %s: from then on nothing leaves under it\n")
}

type agreeSupersedeCmd struct {
	ID   string `arg:"" help:"The instrument whose place is taken."`
	By   string `required:"" help:"The instrument that takes its place; it says so itself."`
	Last string `help:"The last day on which the old one is in force; at once when left out."`
	Why  string `help:"A remark; the partner reads it."`
}

func (c *agreeSupersedeCmd) Run(r *run) error {
	return concludes(r, c.ID, "", "--last", c.Last, func(n *node.Node, last date.Day) (time.Time, error) {
		return n.Flow.Supersede(r.ctx, c.ID, c.By, last, c.Why)
	}, "its place is taken at %s: from then on nothing leaves under it\n")
}

type agreeRenewCmd struct {
	ID     string `arg:"" help:"The instrument."`
	Clause string `help:"Only this clause of it."`
	Until  string `required:"" help:"The last day on which it is in force from now on."`
	Why    string `help:"A remark; the partner reads it."`
}

func (c *agreeRenewCmd) Run(r *run) error {
	return concludes(r, c.ID, c.Clause, "--until", c.Until, func(n *node.Node, until date.Day) (time.Time, error) {
		return n.Flow.Renew(r.ctx, c.ID, c.Clause, until, c.Why)
	}, "it is to end at %s; the renewal holds once every party has said the same\n")
}

func concludes(r *run, id, clause, flag, day string, do func(*node.Node, date.Day) (time.Time, error), words string) error {
	d, err := aDay(flag, day)
	if err != nil {
		return err
	}
	return r.with(func(n *node.Node) error {
		at, err := do(n, d)
		if err != nil {
			return err
		}
		return r.print(map[string]any{"id": id, "clause": clause, "at": at}, func(w io.Writer) {
			fmt.Fprintf(w, "%s %s: "+words, id, clause, at.Format(time.RFC3339))
		})
	})
}

type agreeHistoryCmd struct {
	ID string `arg:"" help:"The instrument."`
}

func (c *agreeHistoryCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		out := struct {
			ID      string            `json:"id"`
			Entries []instrument.Line `json:"entries"`
			Unsent  []link.Unsent     `json:"unsent"`
		}{ID: c.ID, Unsent: []link.Unsent{}}
		err := n.DB.View(r.ctx, func(tx *db.Tx) (err error) {
			if out.Entries, err = instrument.History(r.ctx, tx, n.Home.Config.Party, c.ID); err != nil {
				return err
			}
			unsent, err := link.Unsents(r.ctx, tx, c.ID)
			out.Unsent = append(out.Unsent, unsent...)
			return err
		})
		if err != nil {
			return err
		}
		return r.print(out, func(w io.Writer) {
			for _, l := range out.Entries {
				writeLine(w, l)
			}
			for _, u := range out.Unsent {
				fmt.Fprintf(w, "not sent: %s to %s under %s, %d rows of %s, waiting since %s, taken back at %s: %s\n", u.Kind, u.Partner, u.Clause, u.Rows, u.Subject,
					u.Since.Format(time.RFC3339), u.Dropped.Format(time.RFC3339), u.Why)
			}
		})
	})
}

func writeLine(w io.Writer, l instrument.Line) {
	where := fmt.Sprintf("%s entry %d", l.Writer, l.Index)
	if l.Index < 0 {
		where = l.Writer + ", waiting"
	}
	fmt.Fprintf(w, "%s  %s: %s %s %s %s\n", l.Time.Format(time.RFC3339), where, l.What, l.Clause, l.Detail, l.Why)
	if l.Aside != "" {
		fmt.Fprintf(w, "   set aside: %s\n", l.Aside)
	}
	if l.Proof != "" {
		fmt.Fprintf(w, "   %s\n", l.Proof)
	}
}

type agreeAtCmd struct {
	ID string `arg:"" help:"The instrument."`
	At string `arg:"" help:"The time, as 2026-11-24T14:03:00Z, or a day: then its end."`
}

func (c *agreeAtCmd) Run(r *run) error {
	at, err := time.Parse(time.RFC3339, c.At)
	if err != nil {
		day, err := aDay("the time", c.At)
		if err != nil {
			return err
		}
		at = day.AddDays(1).Time().Add(-time.Microsecond)
	}
	return r.with(func(n *node.Node) error {
		var m *instrument.Moment
		err := n.DB.View(r.ctx, func(tx *db.Tx) (err error) {
			m, err = instrument.At(r.ctx, tx, n.Home.Config.Party, c.ID, at.UTC())
			return err
		})
		if err != nil {
			return err
		}
		return r.print(m, func(w io.Writer) {
			fmt.Fprintf(w, "%s at %s: %s\n", m.Instrument, m.At.Format(time.RFC3339), m.State)
			for _, p := range m.By {
				fmt.Fprintf(w, "  suspended by %s\n", p)
			}
			for _, cl := range m.Clauses {
				fmt.Fprintf(w, "  %s: %s\n", cl.ID, cl.State)
			}
			for _, l := range m.Proof {
				writeLine(w, l)
			}
		})
	})
}
