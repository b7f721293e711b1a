package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/file"
	"accord/internal/node"
)

type cardCmd struct {
	Show    cardShowCmd    `cmd:"" help:"Show this city's card, or write it to a file for a partner."`
	Add     cardAddCmd     `cmd:"" help:"Add a partner's card. Compare its fingerprint over the telephone first."`
	History cardHistoryCmd `cmd:"" help:"List every card known here."`

	Rotate      cardRotateCmd      `cmd:"" help:"Make the next card with new keys; partners take it by themselves."`
	Revoke      cardRevokeCmd      `cmd:"" help:"Make the next card because keys are lost or stolen: nothing that the ones before sign counts after it begins."`
	Certificate cardCertificateCmd `cmd:"" help:"Write the TLS certificate of this node, for a proxy in front of it."`
}

type cardShowCmd struct {
	Out string `help:"Write the card to this file." type:"path"`
}

func (c *cardShowCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		card, text, err := n.Card(r.ctx)
		if err != nil {
			return err
		}
		if c.Out != "" {
			if err := file.Write(c.Out, "card file", 0o644, text); err != nil {
				return err
			}
		}
		return r.print(describe(card), func(w io.Writer) {
			if c.Out == "" {
				w.Write(text)
				fmt.Fprintln(w)
			}
			fmt.Fprintf(w, "fingerprint  %s\n", card.Fingerprint())
		})
	})
}

type cardAddCmd struct {
	File        string `arg:"" help:"The card file." type:"path"`
	Fingerprint string `help:"The fingerprint the partner read to you; the card is refused when it differs."`
}

func (c *cardAddCmd) Run(r *run) error {
	file, err := readSmall(c.File, exchange.MaxCard, "card")
	if err != nil {
		return err
	}
	return r.with(func(n *node.Node) error {
		if c.Fingerprint != "" {
			card, err := exchange.ReadCard(file)
			if err != nil {
				return err
			}
			if squeeze(card.Fingerprint()) != squeeze(c.Fingerprint) {
				return fault.New(fault.Refused, "card of "+card.Party, "its fingerprint is "+card.Fingerprint()+", not the one given",
					"do not use it; ask the partner to read the fingerprint again")
			}
		}
		card, known, err := n.Links.AddCard(r.ctx, file)
		if err != nil {
			return err
		}
		d := describe(card)
		d["known"] = known
		return r.print(d, func(w io.Writer) {
			word := "added"
			if known {
				word = "already known"
			}
			fmt.Fprintf(w, "card %d of %s %s\nfingerprint  %s\n", card.Serial, card.Party, word, card.Fingerprint())
			if !known && c.Fingerprint == "" {
				fmt.Fprintf(w, "compare this fingerprint with %s over the telephone before you rely on it\n", card.Party)
			}
		})
	})
}

type cardHistoryCmd struct{}

func (c *cardHistoryCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		partners, err := n.Links.Partners(r.ctx)
		if err != nil {
			return err
		}
		all := []map[string]any{}
		for _, p := range append([]string{n.Home.Config.Party}, partners...) {
			chain, err := n.Links.Chain(r.ctx, p)
			if err != nil {
				return err
			}
			for _, card := range chain {
				all = append(all, describe(card))
			}
		}
		return r.print(all, func(w io.Writer) {
			for _, d := range all {
				fmt.Fprintf(w, "%-16v %3v  from %v  %v\n", d["party"], d["serial"], d["valid_from"], d["fingerprint"])
			}
		})
	})
}

func describe(c *exchange.Card) map[string]any {
	return map[string]any{"party": c.Party, "serial": c.Serial, "valid_from": c.ValidFrom.Format("2006-01-02T15:04:05Z"),
		"fingerprint": c.Fingerprint(), "languages": c.Languages, "endpoints": c.Endpoints}
}

func squeeze(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }

// readSmall reads a file that is to be at most limit bytes.
func readSmall(path string, limit int64, what string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		kind := fault.Unavailable
		if errors.Is(err, os.ErrNotExist) {
			kind = fault.NotFound
		}
		return nil, fault.New(kind, what, "the file cannot be opened", "check the name and permissions").At(path).Because(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fault.New(fault.Unavailable, what, "the file cannot be read", "copy it again").At(path).Because(err)
	}
	if int64(len(b)) > limit {
		return nil, fault.New(fault.Invalid, what, fmt.Sprintf("the file is larger than %d bytes", limit), "name the right file").At(path)
	}
	return b, nil
}
