package main

import (
	"fmt"
	"io"

	"accord/internal/fault"
	"accord/internal/file"
	"accord/internal/node"
)

type receiptCmd struct {
	Partner string `required:"" help:"The partner of the link."`
	Writer  string `help:"Whose entry: this city when left out."`
	Index   int64  `arg:"" help:"The entry's position in the writer's log."`
	Out     string `help:"Write the receipt to this file." type:"path"`
}

func (c *receiptCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		text, err := n.Receipt(r.ctx, c.Partner, c.Writer, c.Index)
		if err != nil {
			return err
		}
		if c.Out == "" {
			if r.cli.JSON {
				return fault.New(fault.Invalid, "receipt", "a receipt is a text, not JSON", "leave out --json, or name a file with --out")
			}
			_, err := r.out.Write(text)
			return err
		}
		if err := file.Write(c.Out, "receipt file", 0o644, text); err != nil {
			return err
		}
		return r.print(map[string]any{"file": c.Out, "index": c.Index, "bytes": len(text)}, func(w io.Writer) {
			fmt.Fprintf(w, "%s: receipt of entry %d\n", c.Out, c.Index)
		})
	})
}
