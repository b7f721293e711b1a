package node

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/file"
	"accord/internal/peer"
)

// A Rotation says what a city's next card is to be. It has new log, mirror, sealing and TLS keys in any case.
type Rotation struct {
	ValidFrom time.Time // not before now
	Endpoints []string  // where partners reach it; nil: as on the card before
	Identity  bool      // a new identity key, too; the one before signs the card as well
	Revokes   bool      // the keys before are lost or stolen
}

// A Rotated is the new card, and where its keys are.
type Rotated struct {
	Card *exchange.Card
	Keys string // the folder that every other process of the node needs
	File string // the card, to hand over where no bundle comes in time
}

// Rotate makes new keys and a card for them, and says the card to every partner. Nothing is signed with the keys before the
// card is valid. A rotation that was interrupted is completed by another one: its keys are used.
func (n *Node) Rotate(ctx context.Context, what Rotation) (*Rotated, error) {
	chain, err := n.Links.Chain(ctx, n.Home.Config.Party)
	if err != nil {
		return nil, err
	}
	last := chain.Last()
	before, err := n.Ring.Of(last)
	if err != nil {
		return nil, err
	}
	if before.Identity == nil {
		return nil, fault.New(fault.NotFound, "identity key", "it is not in this home, and only it can sign a card", "put "+identityFile+" back into the folder keys for this command").At(n.Ring.dir)
	}
	next := *last
	next.Serial, next.Previous, next.ValidFrom, next.Revokes = last.Serial+1, last.Hash(), what.ValidFrom.UTC().Truncate(time.Second), what.Revokes
	if what.Endpoints != nil {
		next.Endpoints = what.Endpoints
	}
	if now := n.now().Truncate(time.Second); next.ValidFrom.Before(now) {
		return nil, fault.New(fault.Invalid, "valid from", next.ValidFrom.Format(time.RFC3339)+" is over", "name a time that comes: partners are to have the card before it is valid")
	}
	dir := filepath.Join(n.Ring.dir, strconv.Itoa(next.Serial))
	k, err := nextKeys(dir, before, what.Identity)
	if err != nil {
		return nil, err
	}
	if err := k.onCard(&next); err != nil {
		return nil, err
	}
	text, err := exchange.SignCard(&next, k.Identity, before.Identity)
	if err != nil {
		return nil, err
	}
	if _, err := exchange.OpenCard(text, last); err != nil {
		return nil, err
	}
	out := &Rotated{Keys: dir, File: filepath.Join(n.Home.Dir, fmt.Sprintf("%s-%d.card", next.Party, next.Serial))}
	if err := file.Write(out.File, "card file", 0o644, text); err != nil {
		return nil, err
	}
	err = n.DB.Update(ctx, func(tx *db.Tx) (err error) {
		out.Card, err = n.Links.Announce(ctx, tx, text)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// nextKeys makes and writes the keys of the next card, or takes those that an interrupted rotation has written. They are
// durable before the card is.
func nextKeys(dir string, before *Keys, identity bool) (*Keys, error) {
	if _, err := os.Stat(filepath.Join(dir, sealingFile)); err == nil {
		k, err := readKeys(dir)
		if err == nil && k.Identity == nil {
			k.Identity = before.Identity
		}
		return k, err
	}
	k, err := newKeys()
	if err != nil {
		return nil, err
	}
	written := *k
	if !identity {
		k.Identity, written.Identity = before.Identity, nil
	}
	return k, writeKeys(dir, &written)
}

// own is what shows partners that this node is at the other end: the certificate of the card that is in force towards one of
// them, or at large.
func (n *Node) own() peer.Own {
	return peer.Own{
		Certificate: n.Ring.Certificate,
		Log: func(card *exchange.Card) (ed25519.PrivateKey, error) {
			k, err := n.Ring.Of(card)
			if err != nil {
				return nil, err
			}
			return k.Log, nil
		},
	}
}
