package main

import (
	"fmt"
	"io"
	"strings"

	"accord/internal/node"
)

type restoreCmd struct {
	opening
	File     string   `arg:"" help:"The backup." type:"path"`
	Card     []string `help:"A card of the city, to be sure whose backup it is." type:"path"`
	KeysFrom string   `help:"Folder with the private keys, for a backup that is without them." type:"path"`
	Database string   `help:"URL of an empty PostgreSQL database for the tables; a file in the home when left out. @FILE reads it from a file."`
}

func (c *restoreCmd) Run(r *run) error {
	how := node.Restore{Keys: c.KeysFrom, Database: c.Database}
	var err error
	if how.Identities, err = c.identities(); err != nil {
		return err
	}
	if how.Cards, err = readCards(c.Card); err != nil {
		return err
	}
	if file, ok := strings.CutPrefix(c.Database, "@"); ok {
		url, err := readSmall(file, 4096, "URL of the database")
		if err != nil {
			return err
		}
		how.Database = strings.TrimSpace(string(url))
	}
	done, err := node.RestoreHome(r.ctx, c.File, r.cli.Home, how, r.log)
	if err != nil {
		return err
	}
	if err := r.with(func(*node.Node) error { return nil }); err != nil { // the first line of the restored audit log
		return err
	}
	return r.print(done, func(w io.Writer) {
		fmt.Fprintf(w, "node of %s restored to %s, as it was at %s: %d rows; everything holds\nfingerprint  %s\n", done.Party, r.cli.Home, done.Time, done.Backed.Rows, done.Fingerprint)
		fmt.Fprintln(w, "next: stop the old node for ever, then accord check and accord serve; it says nothing new on a link until the partner's next bundle has come")
	})
}
