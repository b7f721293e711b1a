package main

import (
	"fmt"
	"io"
	"time"

	"accord/internal/link"
	"accord/internal/node"
)

type linkCmd struct {
	Status linkStatusCmd `cmd:"" help:"How the link with every partner stands."`
}

type linkStatusCmd struct{}

func (c *linkStatusCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		list, err := n.Links.Status(r.ctx)
		if err != nil {
			return err
		}
		if list == nil {
			list = []link.Status{}
		}
		return r.print(list, func(w io.Writer) {
			for i := range list {
				writeStatus(w, n.Home.Config.Party, &list[i])
			}
		})
	})
}

func writeStatus(w io.Writer, self string, s *link.Status) {
	fmt.Fprintf(w, "%s\n  %s to %s: %d entries, %d delivered, %d wait\n  %s to %s: %d entries, %d set aside\n",
		s.Partner, self, s.Partner, s.Ours.Size, s.Ours.Delivered, s.Ours.Waiting, s.Partner, self, s.Theirs.Size, s.Aside)
	if s.Waits {
		fmt.Fprintf(w, "  restored from a backup: nothing is written to it before its word has come\n")
	}
	if s.LastOK != nil {
		fmt.Fprintf(w, "  last heard of %s by %s\n", s.LastOK.Format(time.RFC3339), s.Carrier)
	}
	if f := s.Failure; f != nil {
		fmt.Fprintf(w, "  not reached, %d times since; at %s: %s\n", f.Tries, f.At.Format(time.RFC3339), f.Why)
		if f.Next != nil {
			fmt.Fprintf(w, "  tried again at %s\n", f.Next.Format(time.RFC3339))
		}
	}
	for _, c := range s.Contradictions {
		fmt.Fprintf(w, "  CONTRADICTION found %s: %s. The checkpoints that prove it are in the output of --json\n", c.Found.Format(time.RFC3339), c.Why)
	}
}
