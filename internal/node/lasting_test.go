package node_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/demo"
	"accord/internal/flow"
	"accord/internal/instrument"
	"accord/internal/node"
	"accord/internal/who"
)

// shown is the pin of the key that answers at an address where partners call.
func shown(t *testing.T, at string) string {
	t.Helper()
	c, err := tls.Dial("tcp", at, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sum := sha256.Sum256(c.ConnectionState().PeerCertificates[0].RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// TestServedNodeShowsItsNewCard: a city makes its next card while both nodes are served. From the moment it is in force the
// running node shows the new key, without a restart, and what is said goes on both ways.
func TestServedNodeShowsItsNewCard(t *testing.T) {
	eachDemo(t, func(t *testing.T, d *demo.Demo) {
		serveBoth(t, d, quiet)
		city, other := d.Cities[0], d.Cities[1]
		eventually(t, "rest", func() bool { return atRest(t, d) })
		at := city.Home.Config.Exchange
		before, err := city.CardInForce(t.Context())
		if err != nil || shown(t, at) != before.TLS {
			t.Fatalf("it does not show the key on its card, %v", err)
		}
		made, err := city.Rotate(t.Context(), node.Rotation{ValidFrom: time.Now().Add(4 * time.Second), Revokes: true})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the partner has the card", func() bool {
			chain, err := other.Links.Chain(t.Context(), city.Home.Config.Party)
			return err == nil && len(chain) == 2
		})
		if now := time.Now(); now.Before(made.Card.ValidFrom.Add(-time.Second)) && shown(t, at) != before.TLS {
			t.Error("it shows the new key before its time")
		}
		eventually(t, "the new key", func() bool { return shown(t, at) == made.Card.TLS })
		if time.Now().Before(made.Card.ValidFrom) {
			t.Error("it showed the new key before its time")
		}
		for _, c := range d.Cities {
			if _, err := c.Simulate(t.Context(), 77, 10); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "rest after it", func() bool { return atRest(t, d) })
		agree(t, d)
	})
}

// TestSetAsideIsTriedAtStart: what a node of before did not know how to apply is applied when a newer one starts.
func TestSetAsideIsTriedAtStart(t *testing.T) {
	eachDemo(t, func(t *testing.T, d *demo.Demo) {
		a, b := d.Cities[0].Node, d.Cities[1].Node
		for range 2 {
			if err := carry(t.Context(), a, b); err != nil {
				t.Fatal(err)
			}
			if err := carry(t.Context(), b, a); err != nil {
				t.Fatal(err)
			}
		}
		before, _ := list(t, b)
		if err := b.DB.Update(t.Context(), func(tx *db.Tx) error { // as if nothing of it had been understood
			for _, q := range []string{`UPDATE entry SET aside = 'this version does not know it' WHERE kind = 'records' AND log IN (SELECT id FROM log WHERE writer = partner)`,
				`DELETE FROM record WHERE origin = '` + a.Home.Config.Party + `'`} {
				if _, err := tx.Exec(t.Context(), q); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if rows, set := list(t, b); set == 0 || rows == before {
			t.Fatalf("%d rows, %d set aside", rows, set)
		}
		t.Run("served", func(t *testing.T) {
			serveBoth(t, d, quiet)
			eventually(t, "it is applied", func() bool { rows, set := list(t, b); return set == 0 && rows == before })
		})
		agree(t, d)
	})
}

// list counts the records of a node and what it has set aside.
func list(t *testing.T, n *node.Node) (rows int64, set int) {
	t.Helper()
	all, err := n.Links.SetAsides(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return records(t, n), len(all)
}

// TestMixedStory: two cities exchange records and a large letter half by HTTPS, the line is cut in the middle of the letter, then
// by files, then by mail, then by HTTPS again; a suspension and its end cross on the way. Both logs agree, verify clean, and
// the receipts of every entry verify with the cards alone.
func TestMixedStory(t *testing.T) {
	eachDemo(t, func(t *testing.T, d *demo.Demo) {
		a, b := d.Cities[0], d.Cities[1]
		o, posts := openOffice(t, d, "0s")
		feed := func(seed uint64) {
			t.Helper()
			for _, c := range d.Cities {
				if _, err := c.Simulate(t.Context(), seed, 20); err != nil {
					t.Fatal(err)
				}
			}
		}
		feed(21)
		text := strings.Repeat("a line of a letter that takes many parts\n", 14<<20/41)
		k, err := a.Flow.SendDocument(t.Context(), flow.Draft{To: b.Home.Config.Party, Clause: "D1", Kind: exchange.Letter, Title: "A letter", Language: "en", Standing: "official",
			Grade: agreement.Open, Unit: a.Home.Config.Party + "/office", Name: "letter.txt", File: strings.NewReader(text), Size: int64(len(text)), By: who.Person{ID: "clerk", Role: who.Releaser}})
		if err != nil {
			t.Fatal(err)
		}
		id := k.Document.Document
		letter := func() flow.DocumentLine {
			l, err := b.Flow.Document(t.Context(), id, date.Of(time.Now()))
			if err != nil {
				return flow.DocumentLine{}
			}
			return l
		}
		t.Run("https", func(t *testing.T) {
			serveBoth(t, d, quiet)
			eventually(t, "a part of the letter", func() bool { return letter().Have > 0 })
		})
		if l := letter(); l.Have == l.Parts {
			t.Logf("all %d parts came before the cut", l.Parts)
		}

		feed(22) // by files: the first city suspends, which leaves before everything else
		in, err := suspendable(t, a.Node)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Flow.Suspend(t.Context(), in, "a flood"); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := carry(t.Context(), a.Node, b.Node); err != nil {
				t.Fatal(err)
			}
			if err := carry(t.Context(), b.Node, a.Node); err != nil {
				t.Fatal(err)
			}
		}
		held := letter().Have
		if held == letter().Parts {
			t.Log("the letter was there before the suspension")
		}
		size := ownSize(t, a.Node, b.Node)
		if err := carry(t.Context(), a.Node, b.Node); err != nil {
			t.Fatal(err)
		}
		if n := ownSize(t, a.Node, b.Node); n != size || letter().Have != held {
			t.Errorf("%d entries, then %d, while it is suspended", size, n)
		}

		if _, err := a.Flow.Resume(t.Context(), in, ""); err != nil { // by mail
			t.Fatal(err)
		}
		feed(23)
		round(t, o, posts)
		feed(24) // and by HTTPS again
		t.Run("https again", func(t *testing.T) {
			serveBoth(t, d, quiet)
			eventuallyWithin(t, time.Minute, "rest", func() bool { return atRest(t, d) })
		})
		agree(t, d)
		if _, err := b.Flow.Settle(t.Context()); err != nil { // the nodes may have stopped before they looked into it
			t.Fatal(err)
		}
		if l := letter(); l.State != "received" || l.Have != l.Parts {
			t.Errorf("%+v", l)
		}
		receiptsHold(t, a.Node, b.Node)
	})
}

// suspendable is the text under which the cities of a demo exchange.
func suspendable(t *testing.T, n *node.Node) (id string, err error) {
	t.Helper()
	err = n.DB.View(t.Context(), func(tx *db.Tx) error {
		all, err := instrument.All(t.Context(), tx)
		for _, k := range all {
			if k.Clause("D1") != nil {
				id = k.ID
			}
		}
		return err
	})
	return id, err
}

func ownSize(t *testing.T, n, partner *node.Node) int64 {
	t.Helper()
	v, err := n.Links.Overview(t.Context(), partner.Home.Config.Party, 0)
	if err != nil {
		t.Fatal(err)
	}
	return v[0].Size
}

// receiptsHold wants every entry of both logs to have a receipt at both cities that verifies with the two cards.
func receiptsHold(t *testing.T, a, b *node.Node) {
	t.Helper()
	cards := map[string]exchange.Chain{}
	for _, n := range []*node.Node{a, b} {
		card, _, err := n.Card(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cards[card.Party] = exchange.Chain{card}
	}
	known := func(party string) (exchange.Chain, error) { return cards[party], nil }
	kinds := map[exchange.Kind]int{}
	for _, n := range [][2]*node.Node{{a, b}, {b, a}} {
		writer, partner := n[0].Home.Config.Party, n[1].Home.Config.Party
		for i := range ownSize(t, n[0], n[1]) {
			var texts [][]byte
			for _, at := range n {
				text, err := at.Links.Receipt(t.Context(), writer, partner, i)
				if err != nil {
					t.Fatal(err)
				}
				texts = append(texts, text)
			}
			proved, err := exchange.OpenReceipt(texts[0], known)
			if err != nil || proved.Writer != writer || proved.Index != i {
				t.Fatalf("%+v, %v", proved, err)
			}
			if _, err := exchange.OpenReceipt(texts[1], known); err != nil {
				t.Fatal(err)
			}
			kinds[proved.Header.Kind]++
		}
	}
	for _, k := range []exchange.Kind{exchange.KindRecords, exchange.KindDocument, exchange.KindPart, exchange.KindAction} {
		if kinds[k] == 0 {
			t.Errorf("no receipt of the kind %s: %v", k, kinds)
		}
	}
}
