package main

import (
	"fmt"
	"io"

	"accord/internal/courier"
	"accord/internal/file"
	"accord/internal/link"
	"accord/internal/node"
)

type bundleCmd struct {
	Write bundleWriteCmd `cmd:"" help:"Write what waits for a partner into a file."`
	Read  bundleReadCmd  `cmd:"" help:"Read a partner's file."`
}

type bundleWriteCmd struct {
	To   string `required:"" help:"The partner."`
	File string `arg:"" help:"The file to write." type:"path"`
}

func (c *bundleWriteCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		w, err := n.Send(r.ctx, c.To)
		if err != nil {
			return err
		}
		if err := file.Write(c.File, "bundle file", 0o644, w.Sealed); err != nil {
			return err
		}
		v := map[string]any{"to": c.To, "file": c.File, "start": w.Start, "end": w.End, "entries": w.End - w.Start, "cosigned": w.Cosigned, "bytes": len(w.Sealed), "waiting": w.Waiting}
		return r.print(v, func(out io.Writer) {
			fmt.Fprintf(out, "%s: %d entries for %s, and our word on %d of theirs\n", c.File, w.End-w.Start, c.To, w.Cosigned)
			if w.Waiting > 0 {
				fmt.Fprintf(out, "%d more wait: read %s's answer, then write the next\n", w.Waiting, c.To)
			}
		})
	})
}

type bundleReadCmd struct {
	File string `arg:"" help:"The file to read." type:"path"`
}

func (c *bundleReadCmd) Run(r *run) error {
	sealed, err := courier.ReadFile(c.File)
	if err != nil {
		return err
	}
	return r.with(func(n *node.Node) error {
		report, err := n.Links.Read(r.ctx, sealed, link.ByHand)
		if err != nil {
			return err
		}
		if _, err := n.Flow.Settle(r.ctx); err != nil {
			return err
		}
		return r.print(report, func(w io.Writer) {
			fmt.Fprintf(w, "from %s: %d applied, %d known, %d set aside; %d of ours delivered\n", report.From, report.Applied, report.Known, report.Aside, report.Delivered)
			if report.Returned > 0 {
				fmt.Fprintf(w, "  %d of ours given back: this node had lost them\n", report.Returned)
			}
			if report.Waits {
				fmt.Fprintf(w, "  nothing is written to %s before its word has come: give it a bundle of this node, and read its answer\n", report.From)
			}
			for _, a := range report.Asides {
				fmt.Fprintf(w, "  entry %d set aside: %s\n", a.Index, a.Why)
			}
		})
	})
}
