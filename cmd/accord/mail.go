package main

import (
	"fmt"
	"io"

	"accord/internal/courier"
	"accord/internal/fault"
	"accord/internal/node"
)

type mailCmd struct {
	Send mailSendCmd `cmd:"" help:"Send a bundle to every partner with a mail address to whom there is something to say."`
	Read mailReadCmd `cmd:"" help:"Read every new mail in the maildir."`
}

// postOf is the node's post, if mail is set up.
func postOf(n *node.Node) (*courier.Post, error) {
	p := n.Post(func() {})
	if p == nil {
		return nil, fault.New(fault.NotFound, "mail", "it is not set up", "write [mail] into accord.toml, as docs/accord.toml.example shows")
	}
	return p, nil
}

type mailSendCmd struct{}

func (c *mailSendCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		p, err := postOf(n)
		if err != nil {
			return err
		}
		if p.Mail.Server == "" {
			return fault.New(fault.NotFound, "mail", "no server is named", "write server into [mail] of accord.toml")
		}
		all, err := p.Send(r.ctx, true)
		if err != nil {
			return err
		}
		return r.print(all, func(w io.Writer) {
			for _, s := range all {
				if s.Sent {
					fmt.Fprintf(w, "%s: sent, with %d entries\n", s.Partner, s.Entries)
				} else {
					fmt.Fprintf(w, "%s: not sent: %s\n", s.Partner, s.Why)
				}
			}
		})
	})
}

type mailReadCmd struct{}

func (c *mailReadCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		p, err := postOf(n)
		if err != nil {
			return err
		}
		if p.Mail.Maildir == "" {
			return fault.New(fault.NotFound, "mail", "no maildir is named", "write maildir into [mail] of accord.toml")
		}
		all, err := p.Read(r.ctx)
		if err != nil {
			return err
		}
		return r.print(all, func(w io.Writer) {
			for _, g := range all {
				switch {
				case g.Report != nil:
					fmt.Fprintf(w, "from %s: %d applied, %d known, %d set aside; %d of ours delivered\n", g.Report.From, g.Report.Applied, g.Report.Known, g.Report.Aside, g.Report.Delivered)
				case g.What == "other":
					fmt.Fprintf(w, "%s: no bundle is in it; moved aside\n", g.Mail)
				default:
					fmt.Fprintf(w, "%s: %s: %s\n", g.Mail, g.What, g.Why)
				}
			}
		})
	})
}
