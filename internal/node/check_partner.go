package node

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"accord/exchange"
	"accord/internal/courier"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/peer"
)

const (
	answersWithin = 3 * time.Second
	stuckAfter    = 48 * time.Hour
)

// asksHealth says whether the node of a city answers at an address of this machine.
func asksHealth(addr, party string) error {
	client := http.Client{Timeout: answersWithin}
	res, err := client.Get("http://" + addr + "/healthz")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var v Alive
	if err := json.NewDecoder(io.LimitReader(res.Body, 4096)).Decode(&v); err != nil {
		return err
	}
	if v.Party != party {
		return fmt.Errorf("%q answers", v.Party)
	}
	return nil
}

// holdsKey says whether what answers at an address has our TLS key.
func holdsKey(addr string, keys *Keys) error {
	own, err := peer.Pin(public(keys.TLS))
	if err != nil {
		return err
	}
	return peer.Holds(addr, own, answersWithin)
}

// partners looks at every partner: card, addresses, clock, and what waits.
func (c *checker) partners(ctx context.Context) {
	n := c.node
	partners, err := n.Links.Partners(ctx)
	if err == nil && len(partners) == 0 {
		err = fault.New(fault.NotFound, "partners", "no partner's card is known", "exchange cards: accord card show --out FILE, accord card add FILE")
	}
	c.warn("partners", err)
	own, err := peer.Certificate(n.Keys.TLS)
	if err != nil {
		c.add("certificate", err)
		return
	}
	for _, p := range partners {
		card, err := n.partnerCard(ctx, p)
		c.add("card of "+p, err)
		if err == nil {
			c.endpoints(ctx, p, card, own)
		}
		c.warn("what waits for "+p, n.nothingStuck(ctx, p))
		c.warn("what came from "+p, n.nothingAside(ctx, p))
	}
}

func (n *Node) partnerCard(ctx context.Context, partner string) (*exchange.Card, error) {
	chain, err := n.Links.Chain(ctx, partner)
	if err != nil {
		return nil, err
	}
	return chain.At(n.now())
}

// endpoints dials the addresses on a partner's card and compares key and clock. A partner that is away is its own affair, and
// a warning here.
func (c *checker) endpoints(ctx context.Context, partner string, card *exchange.Card, own tls.Certificate) {
	for _, at := range card.Endpoints {
		skew, err := peer.Probe(ctx, partner, at, card, own, answersWithin)
		what := "node of " + partner + " at " + at
		if fault.KindOf(err) == fault.Unavailable {
			c.warn(what, err)
			continue
		}
		if c.add(what, err); err != nil {
			continue
		}
		if skew.Abs() > time.Minute {
			err = fault.New(fault.Unavailable, "clock", fmt.Sprintf("the partner's clock is %s from this one", skew.Round(time.Second)),
				"compare both with a third, and keep them with NTP: from five minutes on, entries are refused")
		}
		c.add("clock against "+partner, err)
	}
}

// nothingStuck says what has waited too long to be delivered.
func (n *Node) nothingStuck(ctx context.Context, partner string) error {
	var waiting, underway *int64
	err := n.DB.View(ctx, func(tx *db.Tx) error {
		_, err := tx.Row(ctx, `SELECT (SELECT MIN(since) FROM outbox WHERE partner = $1),
			(SELECT MIN(e.time) FROM entry e JOIN log g ON g.id = e.log WHERE g.writer = $2 AND g.partner = $1 AND e.idx >= g.delivered)`,
			[]any{partner, n.Home.Config.Party}, &waiting, &underway)
		return err
	})
	if err != nil {
		return err
	}
	if waits, err := n.Links.Waits(ctx, partner); err != nil {
		return err
	} else if waits {
		return fault.New(fault.Unavailable, "link", "this node was restored and says nothing new until "+partner+" has answered", "let it be served, or carry a bundle there and one back: accord bundle write --to "+partner+" FILE")
	}
	for what, since := range map[string]*int64{"something waits to leave": waiting, "something has left and is not cosigned": underway} {
		if since == nil {
			continue
		}
		if age := n.now().Sub(db.Time(*since)); age > stuckAfter {
			return fault.New(fault.Unavailable, "outbox", fmt.Sprintf("%s since %d days", what, int(age.Hours()/24)),
				"see whether the instrument is suspended and whether the partner's node answers; where there is no network, carry a bundle there and one back")
		}
	}
	return nil
}

func (n *Node) nothingAside(ctx context.Context, partner string) error {
	var count int64
	err := n.DB.View(ctx, func(tx *db.Tx) error {
		_, err := tx.Row(ctx, `SELECT COUNT(*) FROM entry e JOIN log g ON g.id = e.log WHERE g.writer = $1 AND e.aside <> ''`, []any{partner}, &count)
		return err
	})
	if err == nil && count > 0 {
		err = fault.New(fault.Conflict, "entries", fmt.Sprintf("%d are set aside", count), "accord aside list says why; accord aside retry applies them once the reason is gone")
	}
	return err
}

// mail looks at the mail server and the maildir, where there are any.
func (c *checker) mail() {
	m := c.home.Config.Mail
	if m == nil {
		return
	}
	if m.Server != "" {
		conn, err := net.DialTimeout("tcp", m.Server, answersWithin)
		if err == nil {
			err = conn.Close()
		} else {
			err = fault.New(fault.Unavailable, "mail server", "it cannot be reached: "+err.Error(), "check server in [mail], and that this machine may go out to it")
		}
		c.warn("mail server "+m.Server, err)
	}
	if m.Maildir != "" {
		c.add("maildir "+m.Maildir, courier.CheckMaildir(m.Maildir))
	}
}
