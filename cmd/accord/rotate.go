package main

import (
	"encoding/pem"
	"fmt"
	"io"
	"time"

	"accord/internal/fault"
	"accord/internal/file"
	"accord/internal/node"
)

// A nextCard is what rotate and revoke have in common.
type nextCard struct {
	ValidFrom time.Time     `help:"From when the new card is valid, as 2026-11-25T00:00:00Z." format:"2006-01-02T15:04:05Z07:00"`
	In        time.Duration `help:"In how long it is valid, as 30m or 24h."`
	Endpoint  []string      `help:"https address at which partners reach the node; those of the present card when left out."`
}

func (c *nextCard) rotation(in time.Duration) (node.Rotation, error) {
	out := node.Rotation{ValidFrom: c.ValidFrom, Endpoints: c.Endpoint}
	if !c.ValidFrom.IsZero() && c.In != 0 {
		return out, usage("--valid-from and --in say the same: name one")
	}
	if c.ValidFrom.IsZero() {
		if c.In != 0 {
			in = c.In
		}
		out.ValidFrom = time.Now().Add(in + time.Second).Truncate(time.Second)
	}
	return out, nil
}

func (c *nextCard) run(r *run, what node.Rotation) error {
	return r.with(func(n *node.Node) error {
		done, err := n.Rotate(r.ctx, what)
		if err != nil {
			return err
		}
		d := describe(done.Card)
		d["keys"], d["file"], d["revokes"] = done.Keys, done.File, done.Card.Revokes
		return r.print(d, func(w io.Writer) {
			fmt.Fprintf(w, "card %d of %s, valid from %s\nfingerprint  %s\n", done.Card.Serial, done.Card.Party, done.Card.ValidFrom.Format(time.RFC3339), done.Card.Fingerprint())
			fmt.Fprintf(w, "every partner gets it with the next bundle; one that gets none before then needs the file: %s\n", done.File)
			fmt.Fprintf(w, "every other process of this node needs the folder %s before then: without it it signs nothing\n", done.Keys)
			if what.Revokes {
				fmt.Fprintf(w, "call every partner: until they have this card, whoever has the keys can write in this city's name.\n"+
					"A stolen identity key cannot be revoked so: whoever has it can sign the next card, too. Then fingerprints are to be compared anew\n")
			}
		})
	})
}

type cardRotateCmd struct {
	nextCard
	Identity bool `name:"new-identity" help:"A new identity key, too. The present one signs the card as well, so that partners take it by themselves; its fingerprint is another."`
}

// Run makes the next card for tomorrow, so that partners that exchange files have it in time.
func (c *cardRotateCmd) Run(r *run) error {
	what, err := c.rotation(24 * time.Hour)
	if err != nil {
		return err
	}
	what.Identity = c.Identity
	return c.run(r, what)
}

type cardRevokeCmd struct{ nextCard }

// Run makes the next card for soon: what is signed with the keys before counts until then.
func (c *cardRevokeCmd) Run(r *run) error {
	what, err := c.rotation(10 * time.Minute)
	if err != nil {
		return err
	}
	what.Revokes = true
	return c.run(r, what)
}

type cardCertificateCmd struct {
	Serial int    `help:"Of which card; the one in force when left out."`
	Out    string `required:"" help:"The file to write." type:"path"`
}

// Run writes the certificate for a proxy that ends TLS in front of the node.
func (c *cardCertificateCmd) Run(r *run) error {
	return r.with(func(n *node.Node) error {
		card, err := n.CardInForce(r.ctx)
		if err != nil {
			return err
		}
		if c.Serial > 0 {
			chain, err := n.Links.Chain(r.ctx, n.Home.Config.Party)
			if err != nil {
				return err
			}
			if c.Serial > len(chain) {
				return fault.New(fault.NotFound, "card", fmt.Sprintf("this city has %d", len(chain)), "name one of them")
			}
			card = chain[c.Serial-1]
		}
		cert, err := n.Ring.Certificate(card)
		if err != nil {
			return err
		}
		if err := file.Write(c.Out, "certificate", 0o644, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})); err != nil {
			return err
		}
		return r.print(map[string]any{"serial": card.Serial, "file": c.Out}, func(w io.Writer) {
			fmt.Fprintf(w, "%s: the certificate of card %d; its key is tls.pem among the keys of that card\n", c.Out, card.Serial)
		})
	})
}
