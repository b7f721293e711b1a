package peer

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"time"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/link"
)

// An Own is what this node shows at its end of a connection and signs requests with, by the card that is in force.
type Own struct {
	Certificate func(card *exchange.Card) (*tls.Certificate, error)
	Log         func(card *exchange.Card) (ed25519.PrivateKey, error)
}

// slack is how far two clocks may be apart when a card begins or ends, and how old a signed request may be.
const slack = 5 * time.Minute

// forPartner is the certificate of the card that a partner knows.
func (o Own) forPartner(ctx context.Context, links *link.Links, partner string) (*tls.Certificate, error) {
	card, err := links.OurCard(ctx, partner)
	if err != nil {
		return nil, err
	}
	return o.Certificate(card)
}

// atLarge is the certificate for whoever connects: nobody has said yet who that is.
func (o Own) atLarge(ctx context.Context, links *link.Links) (*tls.Certificate, error) {
	chain, err := links.Chain(ctx, links.Self())
	if err != nil {
		return nil, err
	}
	card, err := chain.At(time.Now())
	if err != nil {
		return nil, err
	}
	return o.Certificate(card)
}

// pinned says whether a key at the other end is that of one of the cards that may be in force now.
func pinned(chain exchange.Chain, pin string) bool {
	for _, c := range chain.Around(time.Now(), slack) {
		if c.TLS == pin {
			return true
		}
	}
	return false
}

// errUnknown is the answer to a key that is on no card.
func errUnknown() error {
	return fault.New(fault.Refused, "connection", "the key of the other end is on no card known here that is in force", "exchange cards first")
}
