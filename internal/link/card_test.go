package link_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/link"
)

// TestCardsInFlood: a partner that sends card after card is taken at its word a few times a day. Every look at a chain reads
// all of it, so that a bundle full of cards would cost this node, and with it every other partner, hours.
func TestCardsInFlood(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		public, identity, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		first := *east.card
		first.Party, first.Identity = "south", exchange.Key(public)
		file, err := exchange.SignCard(&first, identity, nil)
		if err == nil {
			_, _, err = west.links.AddCard(t.Context(), file)
		}
		if err != nil {
			t.Fatal(err)
		}
		last, refused := &first, 0
		for range 40 {
			next := *last
			next.Serial, next.Previous, next.ValidFrom = last.Serial+1, last.Hash(), last.ValidFrom.Add(time.Second)
			file, err := exchange.SignCard(&next, identity, nil)
			if err != nil {
				t.Fatal(err)
			}
			last = &next
			err = west.db.Update(t.Context(), func(tx *db.Tx) error {
				return west.links.TakeCard(t.Context(), tx, &link.Came{From: "south", Partner: "south", Entry: &exchange.Entry{Body: file}})
			})
			if err == nil {
				continue
			}
			if fault.KindOf(err) != fault.Refused && fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
			refused++
		}
		chain, err := west.links.Chain(t.Context(), "south")
		if err != nil || len(chain) > 9 || refused < 30 {
			t.Errorf("%d cards are kept, %d were refused, %v", len(chain), refused, err)
		}
	})
}
