package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/node"
)

type initCmd struct {
	Party    string   `required:"" help:"Id of the city, as seoul: lower-case letters, digits, hyphens."`
	Name     []string `help:"The city's name, as en=Seoul Metropolitan Government; without a language it is taken as English."`
	Lang     []string `help:"Languages the city reads, preferred first." default:"en"`
	Listen   string   `help:"Address of the pages, on this machine." default:"127.0.0.1:8401"`
	Exchange string   `help:"Address where partners connect; leave out to exchange files only."`
	Endpoint []string `help:"https address at which partners reach it; the exchange address when left out."`
	Zone     string   `help:"The city's time zone." default:"UTC"`
	Database string   `help:"URL of a PostgreSQL database, as postgres://USER@HOST/NAME; a file in the home when left out. @FILE reads it from a file, so that no password shows in a list of processes."`
}

func (c *initCmd) Run(r *run) error {
	if file, ok := strings.CutPrefix(c.Database, "@"); ok {
		url, err := readSmall(file, 4096, "URL of the database")
		if err != nil {
			return err
		}
		c.Database = strings.TrimSpace(string(url))
	}
	what := node.New{
		Config:    node.Config{Party: c.Party, Listen: c.Listen, Exchange: c.Exchange, Zone: c.Zone, Database: c.Database},
		Languages: c.Lang, Endpoints: c.Endpoint, Now: time.Now(),
	}
	if c.Exchange != "" && len(c.Endpoint) == 0 {
		what.Endpoints = []string{"https://" + c.Exchange}
	}
	for _, n := range c.Name {
		lang, text, ok := strings.Cut(n, "=")
		if !ok {
			lang, text = "en", n
		}
		what.Names = append(what.Names, exchange.Name{Lang: lang, Text: text})
	}
	if len(what.Names) == 0 {
		what.Names = []exchange.Name{{Lang: "en", Text: c.Party}}
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		return fault.New(fault.Invalid, "zone", fmt.Sprintf("%q is not known", c.Zone), "use an IANA name such as Europe/Paris")
	}
	n, err := node.Init(r.ctx, r.cli.Home, what, r.log)
	if err != nil {
		return err
	}
	defer n.Close()
	card, _, err := n.Card(r.ctx)
	if err != nil {
		return err
	}
	return r.print(map[string]any{"home": r.cli.Home, "party": card.Party, "fingerprint": card.Fingerprint()}, func(w io.Writer) {
		fmt.Fprintf(w, "node of %s made in %s\nfingerprint  %s\nnext: accord card show --out %s.card, and give it to your partner\n", card.Party, r.cli.Home, card.Fingerprint(), card.Party)
	})
}
