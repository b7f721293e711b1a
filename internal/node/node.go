package node

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/account"
	"accord/internal/area/all"
	"accord/internal/audit"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/evidence"
	"accord/internal/fault"
	"accord/internal/flow"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/who"
)

// A Node is a city's node with its database open. Any number of processes may have the same node open: nothing that
// matters is held in memory.
type Node struct {
	Home   *Home
	Keys   *Keys // those on the card in force when it was opened
	Ring   *Ring
	DB     *db.DB
	Links  *link.Links
	Flow   *flow.Flow
	Book   *evidence.Book
	People *account.Accounts

	log *slog.Logger
	now func() time.Time
}

// Open opens the node of a home.
func Open(ctx context.Context, h *Home, log *slog.Logger) (*Node, error) {
	ring, err := h.OpenRing()
	if err != nil {
		return nil, err
	}
	at, err := h.Database()
	if err != nil {
		return nil, err
	}
	// A home is finished with its database in it. Without it the node would begin its logs anew and contradict what it has
	// signed, so one is never made here.
	if _, err := os.Stat(at); !db.IsURL(at) && errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, "database", "it is missing from the home", "restore the home from its backup; do not make another one").At(at).Because(err)
	}
	d, err := db.Open(ctx, at, time.Now)
	if err != nil {
		return nil, err
	}
	n := assemble(h, ring, d, log)
	if err = n.ownCard(ctx); err == nil {
		n.Keys, err = n.keysInForce(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// assemble connects the parts of a node. One without keys can look at what is there, and sign nothing.
func assemble(h *Home, ring *Ring, d *db.DB, log *slog.Logger) *Node {
	n := &Node{Home: h, Keys: new(Keys), Ring: ring, DB: d, log: log, now: time.Now}
	n.Flow = flow.New(d, h.Config.Party, all.Lookup, log)
	n.Links = link.New(d, n.self(), n.Flow.Apply)
	n.Flow.Use(n.Links)
	n.Book = evidence.New(d, h.Config.Party, n.Links, h.Zone)
	n.People = account.New(d, h.Config.Party, h.Zone)
	return n
}

// Close closes the database.
func (n *Node) Close() error { return n.DB.Close() }

// Today is the present day at the city's place.
func (n *Node) Today() date.Day { return date.Of(n.now().In(n.Home.Zone)) }

// Init makes a home and opens its node.
func Init(ctx context.Context, dir string, what New, log *slog.Logger) (*Node, error) {
	if err := tryDatabase(ctx, what.Config.Database); err != nil {
		return nil, err
	}
	h, err := Create(ctx, dir, what)
	if err != nil {
		return nil, err
	}
	return Open(ctx, h, log)
}

// ownCard stores the city's first card when the database has none: a set-up that was interrupted is completed here. A
// database that is another city's is left alone.
func (n *Node) ownCard(ctx context.Context) error {
	self := n.Home.Config.Party
	if foreign, err := n.Links.Foreign(ctx); err != nil {
		return err
	} else if foreign {
		return fault.New(fault.Conflict, "database", "it is the database of another city", "name the database of "+self+" in accord.toml, or an empty one")
	}
	chain, err := n.Links.Chain(ctx, self)
	if err != nil {
		return err
	}
	if len(chain) > 0 {
		return nil
	}
	if at, err := n.Home.Database(); err != nil || db.IsURL(at) {
		return errors.Join(err, fault.New(fault.NotFound, "database", "it is empty, not the one this node was made with",
			"name the right one, or restore it from its backup; do not begin anew, or the node contradicts what it has signed"))
	}
	file, err := os.ReadFile(n.Home.cardFile())
	if err != nil {
		return fault.New(fault.NotFound, "card of "+n.Home.Config.Party, "it is neither in the database nor in the home", "restore the home from its backup").Because(err)
	}
	_, _, err = n.Links.AddCard(ctx, file)
	return err
}

// self is what the links sign and open with: each card's own keys.
func (n *Node) self() link.Self {
	self := link.Self{Party: n.Home.Config.Party}
	if n.Ring != nil {
		self.Opening = n.Ring.Sealing
		self.Signing = func(card *exchange.Card) (log, mirror ed25519.PrivateKey, err error) {
			k, err := n.Ring.Of(card)
			if err != nil {
				return nil, nil, err
			}
			return k.Log, k.Mirror, nil
		}
	}
	return self
}

// checkKeys says whether the keys of the home are those on the city's card in force. A node with others would sign what no
// partner can check.
func (n *Node) checkKeys(ctx context.Context) error {
	_, err := n.keysInForce(ctx)
	return err
}

func (n *Node) keysInForce(ctx context.Context) (*Keys, error) {
	card, err := n.CardInForce(ctx)
	if err != nil {
		return nil, err
	}
	return n.Ring.Of(card)
}

// CardInForce is the city's own card that is in force now. Before the first one it is that: a clock that is behind is no
// reason not to start.
func (n *Node) CardInForce(ctx context.Context) (*exchange.Card, error) {
	chain, err := n.Links.Chain(ctx, n.Home.Config.Party)
	if err != nil {
		return nil, err
	}
	if len(chain) == 0 {
		return nil, errors.New("a node without a card of its own")
	}
	if card, err := chain.At(n.now()); err == nil {
		return card, nil
	}
	return chain[0], nil
}

// Card is the city's own newest card and its file.
func (n *Node) Card(ctx context.Context) (*exchange.Card, []byte, error) {
	files, err := n.Links.CardFiles(ctx, n.Home.Config.Party)
	if err != nil {
		return nil, nil, err
	}
	chain, err := n.Links.Chain(ctx, n.Home.Config.Party)
	if err != nil {
		return nil, nil, err
	}
	if len(chain) == 0 {
		return nil, nil, errors.New("a node without a card of its own")
	}
	return chain.Last(), files[len(files)-1], nil
}

// Register keeps an instrument. One that is signed here is announced to its other parties, so that both logs hold it.
func (n *Node) Register(ctx context.Context, file []byte) (kept *instrument.Kept, known bool, err error) {
	err = n.DB.Update(ctx, func(tx *db.Tx) error {
		if kept, known, err = instrument.Keep(ctx, tx, file); err != nil || known {
			return err
		}
		if kept.Standing == agreement.SignedHere {
			if err := n.Flow.Sign(ctx, tx, kept); err != nil {
				return err
			}
		}
		_, _, err := n.Links.Retry(ctx, tx, kept.ID) // what came before the text was here
		return err
	})
	return kept, known, err
}

// Note writes a deed into the audit log, with what came of it. Keepers write their own deeds, in the same transaction.
func (n *Node) Note(ctx context.Context, by who.Person, deed, what string, outcome error) error {
	line := audit.By(by, deed, what)
	if outcome != nil {
		line = line.Refused(string(fault.KindOf(outcome)))
	}
	return n.DB.Update(ctx, func(tx *db.Tx) error { return audit.Append(ctx, tx, line) })
}
