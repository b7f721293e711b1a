package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"

	"accord/internal/db"
	"accord/internal/file"
	"accord/internal/link"
	"accord/internal/node"
)

type asideCmd struct {
	List  asideListCmd  `cmd:"" help:"What came and could not be applied, with the reason."`
	Show  asideShowCmd  `cmd:"" help:"What it says, byte for byte."`
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

type asideShowCmd struct {
	Writer string `arg:"" help:"The city that wrote it."`
	Index  int64  `arg:"" help:"Its position."`
	Out    string `help:"Write its body to this file, whatever is in it." type:"path"`
}

// Run shows text as it is; what is not text only leaves for a file, so that a foreign byte never reaches a terminal.
func (c *asideShowCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		e, err := n.Links.Content(r.ctx, c.Writer, c.Index)
		if err != nil {
			return err
		}
		if c.Out != "" {
			if err := file.Write(c.Out, "body", 0o600, e.Body); err != nil {
				return err
			}
		}
		v := map[string]any{"writer": c.Writer, "index": c.Index, "header": json.RawMessage(e.Raw), "why": e.Aside, "body": e.Body, "erased": e.Erased}
		return r.print(v, func(w io.Writer) {
			fmt.Fprintf(w, "%s\nset aside: %s\n", e.Raw, e.Aside)
			switch {
			case c.Out != "":
				fmt.Fprintf(w, "%d bytes in %s\n", len(e.Body), c.Out)
			case e.Erased:
				fmt.Fprintln(w, "its body is erased")
			case !readable(e.Body):
				fmt.Fprintf(w, "%d bytes that are no text: write them to a file with --out\n", len(e.Body))
			default:
				fmt.Fprintf(w, "%s\n", e.Body)
			}
		})
	})
}

// readable says whether b is text without control characters but line ends and tabs.
func readable(b []byte) bool {
	return utf8.Valid(b) && bytes.IndexFunc(b, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) < 0
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
