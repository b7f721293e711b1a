package main

import (
	"fmt"
	"io"

	"accord/exchange"
	"accord/internal/audit"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/file"
	"accord/internal/node"
)

type auditCmd struct {
	List   auditListCmd   `cmd:"" help:"The newest deeds, or those before a line."`
	Head   auditHeadCmd   `cmd:"" help:"Sign the present head. Kept elsewhere, it shows later that nothing before it was changed."`
	Proof  auditProofCmd  `cmd:"" help:"Write a proof that one line is in the log; a city's card is enough to check it."`
	Verify auditVerifyCmd `cmd:"" help:"Check the whole log, heads that were kept, or the proof of a line."`
}

type auditListCmd struct {
	Before int64 `help:"Only lines before this one." default:"-1"`
	Limit  int   `help:"How many." default:"50"`
}

func (c *auditListCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		lines := []audit.Kept{}
		err := n.DB.View(r.ctx, func(tx *db.Tx) error {
			all, err := audit.List(r.ctx, tx, c.Before, max(0, min(c.Limit, 10_000)))
			lines = append(lines[:0], all...)
			return err
		})
		if err != nil {
			return err
		}
		return r.print(lines, func(w io.Writer) {
			for _, l := range lines {
				writeDeed(w, &l)
			}
		})
	})
}

func writeDeed(w io.Writer, l *audit.Kept) {
	role := ""
	if l.Role != "" {
		role = " (" + string(l.Role) + ")"
	}
	why := ""
	if l.Why != "" {
		why = ": " + l.Why
	}
	fmt.Fprintf(w, "%d  %s  %s%s  %s %s  %s%s\n", l.Index, l.Time, l.Who, role, l.Deed, l.What, l.Result, why)
}

type auditHeadCmd struct {
	Out string `help:"Write it to this file." type:"path"`
}

func (c *auditHeadCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		var head []byte
		var size int64
		err := n.DB.View(r.ctx, func(tx *db.Tx) (err error) {
			if size, err = audit.Size(r.ctx, tx); err == nil {
				head, err = audit.Head(r.ctx, tx, n.Home.Config.Party, n.Keys.Log)
			}
			return err
		})
		if err == nil && c.Out != "" {
			err = file.Write(c.Out, "head of the audit log", 0o644, head)
		}
		if err != nil {
			return err
		}
		return r.print(map[string]any{"size": size, "head": string(head)}, func(w io.Writer) {
			if c.Out == "" {
				w.Write(head)
			} else {
				fmt.Fprintf(w, "head of %d lines written to %s\n", size, c.Out)
			}
		})
	})
}

type auditProofCmd struct {
	Line int64  `arg:"" help:"The number of the line."`
	Out  string `help:"Write it to this file." type:"path"`
}

func (c *auditProofCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		var proof []byte
		err := n.DB.View(r.ctx, func(tx *db.Tx) (err error) {
			proof, err = audit.Prove(r.ctx, tx, n.Home.Config.Party, n.Keys.Log, c.Line)
			return err
		})
		if err == nil && c.Out != "" {
			err = file.Write(c.Out, "proof of a line", 0o644, proof)
		}
		if err != nil {
			return err
		}
		return r.print(map[string]any{"line": c.Line, "proof": string(proof)}, func(w io.Writer) {
			if c.Out == "" {
				w.Write(proof)
			} else {
				fmt.Fprintf(w, "proof of line %d written to %s\n", c.Line, c.Out)
			}
		})
	})
}

type auditVerifyCmd struct {
	Head  []string `help:"A head that was kept: the log must still begin with what it held then." type:"path"`
	Proof string   `help:"The proof of a line; with --card it needs no home." type:"path"`
	Card  string   `help:"The card of the city whose log the proof is of." type:"path"`
}

func (c *auditVerifyCmd) Run(r *run) error {
	if c.Proof != "" {
		return c.proof(r)
	}
	return r.with(func(n *node.Node) error {
		chain, err := n.Links.Chain(r.ctx, n.Home.Config.Party)
		if err != nil {
			return err
		}
		var size int64
		var faults []string
		if err := n.DB.View(r.ctx, func(tx *db.Tx) (err error) {
			if size, faults, err = audit.Check(r.ctx, tx); err != nil {
				return err
			}
			for _, path := range c.Head {
				head, err := readSmall(path, exchange.MaxCheckpoint, "head of the audit log")
				if err != nil {
					return err
				}
				if _, err := audit.Grown(r.ctx, tx, head, chain); err != nil {
					faults = append(faults, at(err, path).Error())
				}
			}
			return nil
		}); err != nil {
			return err
		}
		if err := r.print(map[string]any{"lines": size, "clean": len(faults) == 0, "faults": append([]string{}, faults...)}, func(w io.Writer) {
			fmt.Fprintf(w, "%d lines\n", size)
			for _, f := range faults {
				fmt.Fprintf(w, "  does not hold: %s\n", f)
			}
		}); err != nil {
			return err
		}
		if len(faults) > 0 {
			return fault.New(fault.Conflict, "audit log", "it does not hold", "keep the database as it is; the list above names each place")
		}
		return nil
	})
}

func (c *auditVerifyCmd) proof(r *run) error {
	text, err := readSmall(c.Proof, audit.MaxProof, "proof of a line")
	if err != nil {
		return err
	}
	check := func(chain exchange.Chain) error {
		k, err := audit.OpenProof(text, chain)
		if err != nil {
			return at(err, c.Proof)
		}
		return r.print(k, func(w io.Writer) { writeDeed(w, k) })
	}
	if c.Card != "" {
		file, err := readSmall(c.Card, exchange.MaxCard, "card")
		if err != nil {
			return err
		}
		card, err := exchange.ReadCard(file)
		if err != nil {
			return at(err, c.Card)
		}
		return check(exchange.Chain{card})
	}
	return r.with(func(n *node.Node) error {
		chain, err := n.Links.Chain(r.ctx, n.Home.Config.Party)
		if err != nil {
			return err
		}
		return check(chain)
	})
}
