package main

import (
	"fmt"
	"io"

	"accord/internal/node"
)

type recordCmd struct {
	Delete recordDeleteCmd `cmd:"" help:"Delete a record of this city; what partners have of it is withdrawn."`
}

type recordDeleteCmd struct {
	Dataset string `required:"" help:"The dataset, as safety/subsidence."`
	Key     string `arg:"" help:"The record's key."`
	Why     string `required:"" help:"The reason; it stays here."`
}

func (c *recordDeleteCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		if err := n.Flow.Delete(r.ctx, c.Dataset, c.Key, c.Why); err != nil {
			return err
		}
		return r.print(map[string]any{"dataset": c.Dataset, "key": c.Key, "deleted": true}, func(w io.Writer) {
			fmt.Fprintf(w, "%s of %s is deleted; where it had left, a withdrawal follows\n", c.Key, c.Dataset)
		})
	})
}
