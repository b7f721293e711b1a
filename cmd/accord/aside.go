package main

import (
	"fmt"
	"io"

	"accord/internal/db"
	"accord/internal/link"
	"accord/internal/node"
)

type asideCmd struct {
	List  asideListCmd  `cmd:"" help:"What came and could not be applied, with the reason."`
	Retry asideRetryCmd `cmd:"" help:"Apply it once more, after the reason was mended."`
}

type asideListCmd struct{}

func (c *asideListCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		list, err := n.Links.SetAsides(r.ctx)
		if err != nil {
			return err
		}
		if list == nil {
			list = []link.SetAside{}
		}
		return r.print(list, func(w io.Writer) {
			for _, a := range list {
				fmt.Fprintf(w, "%s %d  %s under %s %s: %s\n", a.Writer, a.Index, a.Kind, a.Instrument, a.Clause, a.Why)
			}
		})
	})
}

type asideRetryCmd struct {
	Instrument string `arg:"" optional:"" help:"Only what came under this instrument."`
}

func (c *asideRetryCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		var applied, aside int
		err := n.DB.Update(r.ctx, func(tx *db.Tx) (err error) {
			applied, aside, err = n.Links.Retry(r.ctx, tx, c.Instrument)
			return err
		})
		if err != nil {
			return err
		}
		return r.print(map[string]int{"applied": applied, "aside": aside}, func(w io.Writer) {
			fmt.Fprintf(w, "%d applied, %d still set aside\n", applied, aside)
		})
	})
}
