package main

import (
	"fmt"
	"io"
	"time"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/node"
)

type verifyCmd struct {
	Card    []string `help:"A city's card file; name both cities' cards to check a receipt. Later cards of one city may follow." type:"path"`
	Receipt []string `arg:"" optional:"" help:"Receipt files. Without any, everything this node has stored is checked." type:"path"`
}

func (c *verifyCmd) Run(r *run) error {
	if len(c.Receipt) > 0 {
		return c.receipts(r)
	}
	if len(c.Card) > 0 {
		return fault.New(fault.Invalid, "verify", "cards are named but no receipt", "name the receipt files")
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
}

func (c *verifyCmd) receipts(r *run) error {
	chains := map[string]exchange.Chain{}
	for _, path := range c.Card {
		file, err := readSmall(path, exchange.MaxCard, "card")
		if err != nil {
			return err
		}
		card, err := exchange.ReadCard(file)
		if err != nil {
			return err
		}
		chains[card.Party] = append(chains[card.Party], card)
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
			if f, ok := err.(*fault.Fault); ok {
				return f.At(path)
			}
			return err
		}
		all = append(all, proven{File: path, Writer: p.Writer, Mirror: p.Mirror, Index: p.Index, Size: p.Size, Kind: string(p.Header.Kind), Clause: p.Header.Clause,
			Unit: p.Header.Unit, Left: p.Header.Time.Format(time.RFC3339), Delivered: p.Delivered.Format(time.RFC3339)})
	}
	return r.print(all, func(w io.Writer) {
		for _, p := range all {
			fmt.Fprintf(w, "%s: proved. %s sent entry %d (%s, clause %s) at %s; %s had stored it and all before it at %s.\n",
				p.File, p.Writer, p.Index, p.Kind, p.Clause, p.Left, p.Mirror, p.Delivered)
		}
	})
}
