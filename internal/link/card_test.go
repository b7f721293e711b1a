package link_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"filippo.io/age"

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

// TestCardsThatReachBack: a card that comes by an entry may not be valid from before what its city has signed with the card
// before, nor from long before it was sent: its city could undo its own signatures. A person may add it all the same.
func TestCardsThatReachBack(t *testing.T) {
	for name, c := range map[string]struct {
		exchanged, revokes, identity bool
		back                         time.Duration // valid from so long before now
		refused                      bool
	}{
		"to come":                           {exchanged: true, back: -time.Hour},
		"to come, a new identity":           {exchanged: true, identity: true, back: -time.Hour},
		"before a cosignature":              {exchanged: true, back: time.Minute, refused: true},
		"before a checkpoint, revoking":     {exchanged: true, revokes: true, back: time.Minute, refused: true},
		"late, nothing signed since":        {back: 20 * time.Minute},
		"late, a new identity":              {identity: true, back: 20 * time.Minute, refused: true},
		"a new identity at once":            {identity: true, back: 2 * time.Second},
		"long before it was sent":           {back: 25 * time.Hour, refused: true},
		"long before it was sent, revoking": {revokes: true, back: 25 * time.Hour, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			pair(t, func(t *testing.T, east, west *city) {
				party, identity := west.card, west.identity
				if !c.exchanged { // a city that has signed nothing yet
					public, key, err := ed25519.GenerateKey(nil)
					if err != nil {
						t.Fatal(err)
					}
					first := *west.card
					first.Party, first.Identity, first.ValidFrom = "south", exchange.Key(public), first.ValidFrom.Add(-48*time.Hour)
					file, err := exchange.SignCard(&first, key, nil)
					if err == nil {
						_, _, err = east.links.AddCard(t.Context(), file)
					}
					if err != nil {
						t.Fatal(err)
					}
					party, identity = &first, key
				} else {
					east.say(west, "a")
					west.say(east, "b")
					west.read(east.write(west))
					east.read(west.write(east))
					west.read(east.write(west))
				}
				next, key := *party, identity
				next.Serial, next.Previous, next.Revokes = 2, party.Hash(), c.revokes
				next.ValidFrom = time.Now().UTC().Add(-c.back).Truncate(time.Second)
				if c.identity {
					_, key, _ = ed25519.GenerateKey(nil)
					next.Identity = public(key)
				}
				if c.revokes {
					_, log, _ := ed25519.GenerateKey(nil)
					_, mirror, _ := ed25519.GenerateKey(nil)
					sealing, err := age.GenerateX25519Identity()
					if err != nil {
						t.Fatal(err)
					}
					next.Log, next.Mirror, next.Sealing, next.TLS = public(log), public(mirror), sealing.Recipient().String(), fmt.Sprintf("%x", sha256.Sum256([]byte("2")))
				}
				file, err := exchange.SignCard(&next, key, identity)
				if err != nil {
					t.Fatal(err)
				}
				take := func() error {
					return east.db.Update(t.Context(), func(tx *db.Tx) error {
						came := &link.Came{From: party.Party, Partner: party.Party, Entry: &exchange.Entry{Body: file}}
						came.Header.Time = time.Now().UTC().Truncate(time.Second)
						return east.links.TakeCard(t.Context(), tx, came)
					})
				}
				err = take()
				if !c.refused {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if fault.KindOf(err) != fault.Refused {
					t.Fatalf("taken: %v", err)
				}
				if _, _, err := east.links.AddCard(t.Context(), file); err != nil {
					t.Fatal(err)
				}
				if err := take(); err != nil {
					t.Errorf("after a person has added it: %v", err)
				}
			})
		})
	}
}
