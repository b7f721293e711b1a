package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"accord/internal/node"
	"accord/internal/observe"
)

type serveCmd struct{}

func (c *serveCmd) Run(r *run) error {
	if r.cli.Log == "warn" { // a server says a little more by itself than a command
		r.log = observe.NewLog(r.err, r.cli.Form, slog.LevelInfo)
	}
	return r.with(func(n *node.Node) error {
		var printed error
		err := n.Serve(r.ctx, func(pages string) {
			address := n.PagesURL(pages)
			printed = r.print(map[string]any{"party": n.Home.Config.Party, "pages": address}, func(w io.Writer) {
				fmt.Fprintf(w, "%s is at %s\n", n.Home.Config.Party, address)
			})
		})
		return errors.Join(err, printed)
	})
}
