package main

import (
	"fmt"
	"log/slog"

	"accord/internal/node"
)

type serveCmd struct{}

func (c *serveCmd) Run(r *run) error {
	if r.cli.Log == "warn" { // a server says a little more by itself than a command
		r.log = slog.New(slog.NewTextHandler(r.err, &slog.HandlerOptions{Level: slog.LevelInfo}))
	}
	return r.with(func(n *node.Node) error {
		return n.Serve(r.ctx, func(pages string) {
			fmt.Fprintf(r.out, "%s is at http://%s/\n", n.Home.Config.Party, pages)
		})
	})
}
