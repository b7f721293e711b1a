package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/node"
)

type verifyCmd struct {
	opening
	Backup  string   `help:"Check this backup, of any node: every byte, and all that the node had stored." type:"path"`
	Card    []string `help:"A city's card file; name both cities' cards to check a receipt. Later cards of one city may follow." type:"path"`
	Receipt []string `arg:"" optional:"" help:"Receipt files. Without any, everything this node has stored is checked." type:"path"`
}

func (c *verifyCmd) Run(r *run) error {
	if c.Backup != "" {
		return c.backup(r)
	}
	if len(c.Receipt) > 0 {
		return c.receipts(r)
	}
	if len(c.Card) > 0 {
		return usage("verify: cards are named but no receipt; name the receipt files")
	}
	return r.with(func(n *node.Node) error {
		v, err := n.Verify(r.ctx)
		if err != nil {
			return err
		}
		if err := r.print(v, v.Write); err != nil {
			return err
		}
		if !v.Clean {
			return fault.New(fault.Conflict, "node of "+n.Home.Config.Party, "what it has stored does not hold", "keep the database as it is and restore a backup beside it; the list above names each place")
		}
		return nil
	})
}

// A proven is what a receipt says.
type proven struct {
	File      string `json:"file"`
	Writer    string `json:"writer"`
	Mirror    string `json:"mirror"`
	Index     int64  `json:"index"`
	Size      int64  `json:"size"`
	Kind      string `json:"kind"`
	Clause    string `json:"clause"`
	Unit      string `json:"unit"`
	Left      string `json:"left"`
	Delivered string `json:"delivered"`

	WriterFingerprint string `json:"writer_fingerprint"` // by whose keys: of the cards in force
	MirrorFingerprint string `json:"mirror_fingerprint"`
}

// chains orders the cards of each city by their serial numbers. Where the one before a card is named too, the card must
// follow it; the first that is named is vouched for by whoever names it.
func (c *verifyCmd) chains() (map[string]exchange.Chain, error) {
	type named struct {
		path string
		file []byte
		card *exchange.Card
	}
	cities := map[string][]named{}
	for _, path := range c.Card {
		text, err := readSmall(path, exchange.MaxCard, "card")
		if err != nil {
			return nil, err
		}
		card, err := exchange.ReadCard(text)
		if err != nil {
			return nil, at(err, path)
		}
		cities[card.Party] = append(cities[card.Party], named{path, text, card})
	}
	chains := map[string]exchange.Chain{}
	for party, cards := range cities {
		slices.SortFunc(cards, func(a, b named) int { return a.card.Serial - b.card.Serial })
		for i, n := range cards {
			if i > 0 {
				before := cards[i-1].card
				if n.card.Serial != before.Serial+1 {
					return nil, fault.New(fault.Invalid, "cards of "+party, fmt.Sprintf("after card %d comes card %d", before.Serial, n.card.Serial), "name each card once and every one in between").At(n.path)
				}
				if _, err := exchange.OpenCard(n.file, before); err != nil {
					return nil, at(err, n.path)
				}
			}
			chains[party] = append(chains[party], n.card)
		}
	}
	return chains, nil
}

func at(err error, path string) error {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f.At(path)
	}
	return err
}

func (c *verifyCmd) receipts(r *run) error {
	chains, err := c.chains()
	if err != nil {
		return err
	}
	lookup := func(party string) (exchange.Chain, error) {
		if len(chains[party]) == 0 {
			return nil, fault.New(fault.NotFound, "receipt", "it needs the card of "+party, "name it with --card")
		}
		return chains[party], nil
	}
	all := []proven{}
	for _, path := range c.Receipt {
		text, err := readSmall(path, exchange.MaxReceipt, "receipt")
		if err != nil {
			return err
		}
		p, err := exchange.OpenReceipt(text, lookup)
		if err != nil {
			return at(err, path)
		}
		writer, err := chains[p.Writer].At(p.Header.Time)
		if err != nil {
			return at(err, path)
		}
		mirror, err := chains[p.Mirror].At(p.Delivered)
		if err != nil {
			return at(err, path)
		}
		all = append(all, proven{File: path, Writer: p.Writer, Mirror: p.Mirror, Index: p.Index, Size: p.Size, Kind: string(p.Header.Kind), Clause: p.Header.Clause,
			Unit: p.Header.Unit, Left: p.Header.Time.Format(time.RFC3339), Delivered: p.Delivered.Format(time.RFC3339),
			WriterFingerprint: writer.Fingerprint(), MirrorFingerprint: mirror.Fingerprint()})
	}
	return r.print(all, func(w io.Writer) {
		for _, p := range all {
			fmt.Fprintf(w, "%s: proved. %s sent entry %d (%s, clause %s) at %s; %s had stored it and all before it at %s.\n",
				p.File, p.Writer, p.Index, p.Kind, p.Clause, p.Left, p.Mirror, p.Delivered)
			fmt.Fprintf(w, "  by the keys of %s, fingerprint %s\n  and of %s, fingerprint %s\n", p.Writer, p.WriterFingerprint, p.Mirror, p.MirrorFingerprint)
		}
	})
}
