package main

import (
	"fmt"
	"io"

	"accord/internal/db"
	"accord/internal/flow"
	"accord/internal/instrument"
	"accord/internal/node"
	"accord/internal/who"
)

type releaseCmd struct {
	List    releaseListCmd    `cmd:"" help:"What waits for a person."`
	Show    releaseShowCmd    `cmd:"" help:"Exactly what would leave, beside the clause that allows it."`
	Approve releaseApproveCmd `cmd:"" help:"Let it leave, as it was shown."`
	Refuse  releaseRefuseCmd  `cmd:"" help:"Keep it from leaving, with a reason."`
}

type releaseListCmd struct{}

func (c *releaseListCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		waiting, err := n.Flow.Releases(r.ctx)
		if err != nil {
			return err
		}
		if waiting == nil {
			waiting = []flow.Release{}
		}
		return r.print(waiting, func(w io.Writer) {
			for _, e := range waiting {
				writeRelease(w, e)
			}
		})
	})
}

func writeRelease(w io.Writer, e flow.Release) {
	what := fmt.Sprintf("%d rows of %s", e.Rows, e.Dataset)
	if e.Document != "" {
		what = fmt.Sprintf("document %s (%s)", e.Document, e.Title)
	}
	fmt.Fprintf(w, "%d  %s: to %s under %s %s, %s, since %s; %d of %d approvals\n", e.ID, e.State, e.Partner, e.Instrument, e.Clause,
		what, e.Since.Format("2006-01-02 15:04"), approvals(e), e.Approvals)
	for _, said := range e.Words {
		fmt.Fprintf(w, "   %s by %s at %s %s\n", said.Word, said.Person, said.At.Format("2006-01-02 15:04"), said.Why)
	}
}

func approvals(e flow.Release) (n int) {
	for _, said := range e.Words {
		if said.Word == flow.Approved {
			n++
		}
	}
	return n
}

type releaseShowCmd struct {
	person
	ID  int64  `arg:"" help:"The number in the list."`
	Out string `help:"Write the file of a document here: exactly the bytes that would leave." type:"path"`
}

func (c *releaseShowCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		e, body, err := n.Flow.Show(r.ctx, c.ID)
		if err != nil {
			return err
		}
		var clause string
		err = n.DB.View(r.ctx, func(tx *db.Tx) error {
			k, err := instrument.Get(r.ctx, tx, e.Instrument)
			if err == nil {
				if c := k.Clause(e.Clause); c != nil && len(c.Texts) > 0 {
					clause = c.Texts[0].Text
				}
			}
			return err
		})
		if err != nil {
			return err
		}
		if c.Out != "" && e.Document != "" {
			by, err := c.acting(r, n, who.SeeContent)
			if err != nil {
				return err
			}
			if _, _, err := writeOut(r, n, e.Document, "", c.Out, by); err != nil {
				return err
			}
		}
		return r.print(map[string]any{"release": e, "clause": clause, "body": string(body)}, func(w io.Writer) {
			writeRelease(w, e)
			fmt.Fprintf(w, "   %s: %s\n\n", e.Clause, clause)
			w.Write(body)
		})
	})
}

type releaseApproveCmd struct {
	person
	ID int64 `arg:"" help:"The number in the list."`
}

func (c *releaseApproveCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		by, err := c.acting(r, n, who.Decide)
		if err != nil {
			return err
		}
		state, err := n.Flow.Approve(r.ctx, c.ID, by)
		if err != nil {
			return err
		}
		return r.print(map[string]any{"id": c.ID, "state": state, "person": by.ID}, func(w io.Writer) {
			switch state {
			case flow.Overtaken:
				fmt.Fprintln(w, "a record in it has changed since; nothing leaves, and what it held waits anew: accord release list")
			case flow.Waiting:
				fmt.Fprintf(w, "approved by %s; another person must approve too\n", by.ID)
			default:
				fmt.Fprintf(w, "approved by %s; it leaves as it was shown\n", by.ID)
			}
		})
	})
}

type releaseRefuseCmd struct {
	person
	ID  int64  `arg:"" help:"The number in the list."`
	Why string `required:"" help:"The reason."`
}

func (c *releaseRefuseCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		by, err := c.acting(r, n, who.Decide)
		if err != nil {
			return err
		}
		if err := n.Flow.Refuse(r.ctx, c.ID, by, c.Why); err != nil {
			return err
		}
		return r.print(map[string]any{"id": c.ID, "state": flow.Refused, "person": by.ID}, func(w io.Writer) {
			fmt.Fprintf(w, "refused by %s; it does not leave\n", by.ID)
		})
	})
}
