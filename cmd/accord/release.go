package main

import (
	"fmt"
	"io"

	"accord/internal/flow"
	"accord/internal/node"
)

type releaseCmd struct {
	List releaseListCmd `cmd:"" help:"What waits for a person."`
	Show releaseShowCmd `cmd:"" help:"Exactly what would leave."`
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
				fmt.Fprintf(w, "%d  to %s under %s %s: %d rows of %s, waiting since %s\n", e.ID, e.Partner, e.Instrument, e.Clause, e.Rows, e.Dataset, e.Since.Format("2006-01-02 15:04"))
			}
		})
	})
}

type releaseShowCmd struct {
	ID int64 `arg:"" help:"The number in the list."`
}

func (c *releaseShowCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		body, err := n.Flow.ReleaseBody(r.ctx, c.ID)
		if err != nil {
			return err
		}
		return r.print(map[string]any{"id": c.ID, "body": string(body)}, func(w io.Writer) { w.Write(body) })
	})
}
