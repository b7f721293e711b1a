package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"accord/internal/fault"
	"accord/internal/node"
)

type checkCmd struct{}

// A finding is one thing that check looked at.
type finding struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Why  string `json:"why,omitempty"`
}

// Run looks at what most often keeps a node from working. Opening the node has checked configuration, keys, database and
// its tables already.
func (c *checkCmd) Run(r *run) error {
	findings := []finding{}
	add := func(what string, err error) {
		f := finding{What: what, OK: err == nil}
		if err != nil {
			f.Why = oneLine(err)
		}
		findings = append(findings, f)
	}
	n, err := r.open()
	add("configuration, keys and database", err)
	if err == nil {
		defer n.Close()
		add("keys and passwords are readable by their owner only", private(n.Home))
		add("address of the pages "+n.Home.Config.Listen, free(n.Home.Config.Listen))
		if n.Home.Config.Exchange != "" {
			add("address for partners "+n.Home.Config.Exchange, free(n.Home.Config.Exchange))
		}
		partners, err := n.Links.Partners(r.ctx)
		if err == nil && len(partners) == 0 {
			err = fault.New(fault.NotFound, "partners", "no partner's card is known", "exchange cards: accord card show --out FILE, accord card add FILE")
		}
		add("partners", err)
		for _, p := range partners {
			chain, err := n.Links.Chain(r.ctx, p)
			if err == nil {
				_, err = chain.At(time.Now())
			}
			add("card of "+p, err)
		}
	}
	bad := 0
	for _, f := range findings {
		if !f.OK {
			bad++
		}
	}
	if err := r.print(findings, func(w io.Writer) {
		for _, f := range findings {
			if f.OK {
				fmt.Fprintf(w, "good   %s\n", f.What)
			} else {
				fmt.Fprintf(w, "wrong  %s\n       %s\n", f.What, f.Why)
			}
		}
	}); err != nil {
		return err
	}
	if bad > 0 {
		return fault.New(fault.Invalid, "check", fmt.Sprintf("%d of %d things are wrong", bad, len(findings)), "mend what is listed, then check again")
	}
	return nil
}

func private(h *node.Home) error {
	files, err := h.Secrets()
	if err != nil {
		return err
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			return fault.New(fault.Refused, "secret "+filepath.Base(f), fmt.Sprintf("others can read it (%s)", info.Mode().Perm()), "chmod 600 "+f)
		}
	}
	return nil
}

// free says whether the address can be listened on, or this node is being served there already.
func free(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l.Close()
	}
	if c, dial := net.DialTimeout("tcp", addr, time.Second); dial == nil {
		c.Close()
		return nil // something answers: most likely this node, which is being served
	}
	return fault.New(fault.Unavailable, "address "+addr, err.Error(), "name another in accord.toml").Because(err)
}
