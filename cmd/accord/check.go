package main

import (
	"fmt"
	"io"

	"accord/internal/fault"
	"accord/internal/node"
)

type checkCmd struct {
	Here bool `help:"Say that this home was moved here and is the only one."`
}

// Run looks at everything that keeps a node from working; it needs no node that can be opened.
func (c *checkCmd) Run(r *run) error {
	if c.Here {
		h, err := node.OpenHome(r.cli.Home)
		if err != nil {
			return err
		}
		if err := h.MarkPlace(); err != nil {
			return err
		}
	}
	findings := node.Check(r.ctx, r.cli.Home, r.log)
	bad := 0
	for _, f := range findings {
		if !f.OK {
			bad++
		}
	}
	if err := r.print(findings, func(w io.Writer) {
		for _, f := range findings {
			word := "good "
			switch {
			case !f.OK:
				word = "wrong"
			case f.Warning:
				word = "look "
			}
			fmt.Fprintf(w, "%s  %s\n", word, f.What)
			if f.Why != "" {
				fmt.Fprintf(w, "       %s\n       %s\n", f.Why, f.Do)
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
