package link

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
	"sync"
	"time"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
)

// AddCard stores a card that a person vouches for, after checking it against the cards of the same city that are already
// here. A card that is here is known and changes nothing.
func (l *Links) AddCard(ctx context.Context, file []byte) (card *exchange.Card, known bool, err error) {
	err = l.db.Update(ctx, func(tx *db.Tx) error {
		card, known, err = addCard(ctx, tx, file)
		return err
	})
	return card, known, err
}

func addCard(ctx context.Context, tx *db.Tx, file []byte) (card *exchange.Card, known bool, err error) {
	if card, err = exchange.ReadCard(file); err != nil {
		return nil, false, err
	}
	chain, err := Chain(ctx, tx, card.Party)
	if err != nil {
		return nil, false, err
	}
	var last *exchange.Card
	for _, last = range chain {
		if last.Hash() == card.Hash() {
			return card, true, nil
		}
	}
	if _, err = exchange.OpenCard(file, last); err != nil {
		return nil, false, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO card (party, serial, file, added) VALUES ($1, $2, $3, $4)`, card.Party, card.Serial, file, db.Micros(tx.Now))
	return card, false, err
}

// Announce stores the city's own next card and says it to every partner. It leaves before anything else, and before it is
// valid, signed with the keys that the partners know.
func (l *Links) Announce(ctx context.Context, tx *db.Tx, file []byte) (*exchange.Card, error) {
	card, _, err := addCard(ctx, tx, file)
	if err != nil {
		return nil, err
	}
	if card.Party != l.self.Party {
		return nil, fault.New(fault.Invalid, "card", "it is "+card.Party+"'s, not this city's", "add a partner's card with accord card add FILE")
	}
	partners, err := partners(ctx, tx, l.self.Party)
	if err != nil {
		return nil, err
	}
	for _, p := range partners {
		if err := l.Put(ctx, tx, Waiting{Partner: p, Kind: exchange.KindCard, Subject: strconv.Itoa(card.Serial), Body: file}); err != nil {
			return nil, err
		}
	}
	return card, nil
}

// TakeCard takes a card that came by an entry of its city. The identity key that was trusted before has signed it, or it is
// refused: then only a person can vouch for it.
func (l *Links) TakeCard(ctx context.Context, tx *db.Tx, came *Came) error {
	card, err := exchange.ReadCard(came.Body)
	if err != nil {
		return err
	}
	if card.Party != came.From {
		return fault.New(fault.Refused, "card", "it is "+card.Party+"'s, and it came from "+came.From, "ask "+came.From+" why it was sent")
	}
	came.Subject = strconv.Itoa(card.Serial)
	chain, err := Chain(ctx, tx, card.Party)
	if err != nil {
		return err
	}
	if came.From != l.self.Party && card.Serial > len(chain) {
		if err := l.mayFollow(ctx, tx, chain, card, came.Header.Time); err != nil {
			return err
		}
	}
	_, _, err = addCard(ctx, tx, came.Body)
	return err
}

// mayFollow says whether a partner's card that is new here may be taken without a person. Its keys count from its valid_from on
// instead of those before: it may not reach back to what was signed with these and is stored here as proof, nor into the time
// before it was sent. A partner may be late by as long as it may sign with the card before, but not with a new identity key.
func (l *Links) mayFollow(ctx context.Context, tx *db.Tx, chain exchange.Chain, card *exchange.Card, left time.Time) error {
	refuse := func(why string) error {
		return fault.New(fault.Refused, "card", why, "call "+card.Party+", then apply it again or add it by hand: accord card add FILE")
	}
	var lately, cosigned, countersigned int64
	if _, err := tx.Row(ctx, `SELECT COUNT(*) FROM card WHERE party = $1 AND added > $2`, []any{card.Party, db.Micros(tx.Now.Add(-24 * time.Hour))}, &lately); err != nil {
		return err
	}
	if lately >= cardsPerDay {
		return refuse(fmt.Sprintf("%s has sent %d cards within a day already", card.Party, lately))
	}
	const last = `SELECT COALESCE(MAX(c.at), 0) FROM cosigned c JOIN log g ON g.id = c.log WHERE g.origin = $1`
	if _, err := tx.Row(ctx, last, []any{exchange.Origin(l.self.Party, card.Party)}, &cosigned); err != nil {
		return err
	}
	if card.Revokes { // then the partner's own checkpoints count no more, either
		if _, err := tx.Row(ctx, last, []any{exchange.Origin(card.Party, l.self.Party)}, &countersigned); err != nil {
			return err
		}
	}
	if at := max(cosigned, countersigned); at > 0 && !card.ValidFrom.After(db.Time(at)) {
		return refuse(fmt.Sprintf("it is valid from %s, and would undo what was signed until %s", card.ValidFrom.Format(time.RFC3339), db.Time(at).UTC().Format(time.RFC3339)))
	}
	late := grace
	if len(chain) > 0 && !bytes.Equal(card.Identity, chain.Last().Identity) {
		late = ahead
	}
	if card.ValidFrom.Before(left.Add(-late)) {
		return refuse(fmt.Sprintf("it is valid from %s, long before it was sent at %s", card.ValidFrom.Format(time.RFC3339), left.UTC().Format(time.RFC3339)))
	}
	return nil
}

// cardsPerDay is how many cards of a city are taken within a day without a person: every look at its chain reads all of them.
const cardsPerDay = 8

// waitingCard is how long the card before is still used towards a partner that has not got the next one yet.
const waitingCard = grace - time.Hour

// ourCard returns our card to sign with towards partner. While the entry with the next one has not been delivered, the one
// before it is good for some hours: the partner could not check the other. One whose keys were revoked never is.
func (l *Links) ourCard(ctx context.Context, tx *db.Tx, partner string) (*exchange.Card, error) {
	chain, err := Chain(ctx, tx, l.self.Party)
	if err != nil {
		return nil, err
	}
	card, err := chain.At(tx.Now)
	if err != nil || card.Serial == 1 {
		return card, err
	}
	var unknown int // the first card that the partner does not have
	found, err := tx.Row(ctx, `SELECT serial FROM (
			SELECT CAST(subject AS BIGINT) AS serial FROM outbox WHERE partner = $1 AND kind = $2
			UNION SELECT CAST(e.subject AS BIGINT) FROM entry e JOIN log g ON g.id = e.log WHERE g.origin = $3 AND e.idx >= g.delivered AND e.kind = $2
		) c ORDER BY serial LIMIT 1`, []any{partner, string(exchange.KindCard), exchange.Origin(l.self.Party, partner)}, &unknown)
	if err != nil || !found || unknown < 2 || unknown > card.Serial {
		return card, err
	}
	next := chain[unknown-1]
	if next.Revokes || tx.Now.After(next.ValidFrom.Add(waitingCard)) {
		return card, nil
	}
	return chain[unknown-2], nil
}

// OurCard is the card of this city that partner knows and that is in force: whose keys it expects at the other end.
func (l *Links) OurCard(ctx context.Context, partner string) (card *exchange.Card, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		card, err = l.ourCard(ctx, tx, partner)
		return err
	})
	return card, err
}

// opened keeps chains by the hash of their files. The same files always open the same and nobody changes a card, so that
// this only saves checking the signatures for every bundle.
var opened sync.Map

// Chain returns the cards of a party that are known here, the first one first; none is an empty chain.
func Chain(ctx context.Context, tx *db.Tx, party string) (exchange.Chain, error) {
	files, err := cardFiles(ctx, tx, party)
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(bytes.Join(files, []byte{0}))
	if have, ok := opened.Load(key); ok {
		return have.(exchange.Chain), nil
	}
	var chain exchange.Chain
	for i, f := range files {
		var previous *exchange.Card
		if i > 0 {
			previous = chain[i-1]
		}
		c, err := exchange.OpenCard(f, previous)
		if err != nil {
			return nil, fmt.Errorf("stored card %d of %s: %w", i+1, party, err)
		}
		chain = append(chain, c)
	}
	opened.Store(key, chain)
	return chain, nil
}

func cardFiles(ctx context.Context, tx *db.Tx, party string) (files [][]byte, err error) {
	err = tx.Rows(ctx, `SELECT file FROM card WHERE party = $1 ORDER BY serial`, []any{party}, func(r db.Scanner) error {
		var f []byte
		err := r.Scan(&f)
		files = append(files, f)
		return err
	})
	return files, err
}

// CardFiles returns the card files of a party, the first one first.
func (l *Links) CardFiles(ctx context.Context, party string) (files [][]byte, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		files, err = cardFiles(ctx, tx, party)
		return err
	})
	return files, err
}

// Chain is the cards of one party.
func (l *Links) Chain(ctx context.Context, party string) (chain exchange.Chain, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		chain, err = Chain(ctx, tx, party)
		return err
	})
	return chain, err
}

func cardAt(ctx context.Context, tx *db.Tx, party string, t time.Time) (*exchange.Card, error) {
	chain, err := Chain(ctx, tx, party)
	if err != nil {
		return nil, err
	}
	if len(chain) == 0 {
		return nil, fault.New(fault.NotFound, "card of "+party, "no card of this city is known here", "add its card first: accord card add FILE")
	}
	return chain.At(t)
}
