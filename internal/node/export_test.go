package node

import (
	"log/slog"

	"accord/internal/web"
)

// Gauges are what docs/operate.md has to name.
var Gauges = gauges

// Patterns are the addresses of the pages, as the table of routes has them.
func (n *Node) Patterns() (out []string) {
	for _, r := range (&pages{node: n}).routes(web.New(web.Source{}, slog.New(slog.DiscardHandler))) {
		out = append(out, r.pattern)
	}
	return out
}
