package evidence_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"filippo.io/age"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/area/all"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/evidence"
	"accord/internal/flow"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/pulse"
	"accord/internal/signed"
)

// A city is one end of a link with its book, on a database of its own.
type city struct {
	testing.TB
	name     string
	db       *db.DB
	flow     *flow.Flow
	links    *link.Links
	book     *evidence.Book
	identity ed25519.PrivateKey
	self     link.Self
	card     []byte
}

func newCity(t testing.TB, d *db.DB, name string) *city {
	t.Helper()
	c := &city{TB: t, name: name, db: d, identity: key(t)}
	sealing, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	c.self = link.Self{Party: name, Log: key(t), Mirror: key(t), Sealing: []age.Identity{sealing}}
	c.card, err = exchange.SignCard(&exchange.Card{
		Accord: "card/1", Party: name, Serial: 1, ValidFrom: time.Now().UTC().Truncate(time.Second).AddDate(-1, 0, 0),
		Names: []exchange.Name{{Lang: "en", Text: name}}, Languages: []string{"en"},
		Identity: public(c.identity), Log: public(c.self.Log), Mirror: public(c.self.Mirror),
		Sealing: sealing.Recipient().String(), TLS: fmt.Sprintf("%x", sha256.Sum256(nil)), Endpoints: []string{},
	}, c.identity, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.flow, c.links, c.book = c.another(d)
	c.know(c)
	return c
}

// another returns the parts of the same city on a handle of its database, as another process has them.
func (c *city) another(d *db.DB) (*flow.Flow, *link.Links, *evidence.Book) {
	f := flow.New(d, c.name, all.Lookup, slog.New(slog.DiscardHandler))
	l := link.New(d, c.self, f.Apply)
	f.Use(l)
	return f, l, evidence.New(d, c.name, l, time.UTC)
}

func key(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func public(k ed25519.PrivateKey) exchange.Key { return exchange.Key(k.Public().(ed25519.PublicKey)) }

func (c *city) know(others ...*city) {
	c.Helper()
	for _, o := range others {
		if _, _, err := c.links.AddCard(context.Background(), o.card); err != nil {
			c.Fatal(err)
		}
	}
}

// keep registers a text as the node does: what came before it is applied once more.
func (c *city) keep(file []byte) {
	c.Helper()
	if err := c.db.Update(context.Background(), func(tx *db.Tx) error {
		k, _, err := instrument.Keep(context.Background(), tx, file)
		if err == nil {
			_, _, err = c.links.Retry(context.Background(), tx, k.ID)
		}
		return err
	}); err != nil {
		c.Fatal(err)
	}
}

// carry brings what waits at c to another city.
func (c *city) carry(to *city) *link.Report {
	c.Helper()
	w, err := c.links.Write(context.Background(), to.name, link.Everything)
	if err != nil {
		c.Fatal(err)
	}
	r, err := to.links.Read(context.Background(), w.Sealed, link.ByHand)
	if err != nil {
		c.Fatal(err)
	}
	return r
}

// exchange carries until nothing is new on either side.
func settle(cities ...*city) {
	for range 2 {
		for _, a := range cities {
			for _, b := range cities {
				if a != b {
					a.carry(b)
				}
			}
		}
	}
}

// text writes an instrument with two clauses: C1 is owed every year by both, C2 each way.
func text(id, standing string, parties string) []byte {
	terms := ""
	if standing == "signed" {
		terms = `authentic = ["en"]`
	}
	head := fmt.Sprintf("format = 1\nid = %q\nkind = \"agreement\"\nstanding = %q\ndate = %q\nparties = [%s]\n%s\n[[names]]\nlang = \"en\"\ntext = \"Agreement\"\n",
		id, standing, time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly), parties, terms)
	worth := map[string]string{"signed": "authentic", "registered": "summary"}[standing]
	for clause, sides := range map[string]string{"C1": "both", "C2": "each_way"} {
		head += fmt.Sprintf("[[clauses]]\nid = %q\narea = \"safety\"\nlevel = \"working\"\nact = \"agreed\"\nkinds = [\"drill\"]\nsides = %q\ncadence = \"P1Y\"\n[[clauses.texts]]\nlang = \"en\"\nstanding = %q\ntext = \"A drill every year.\"\n",
			clause, sides, worth)
		if standing == "signed" {
			head += "[[clauses.owners]]\nparty = \"east\"\nunit = \"east/safety\"\nmark = \"named\"\n"
		}
	}
	return []byte(head)
}

const twoParties = `"east", "west"`

// agree has cities sign a text and keep it.
func agree(t testing.TB, file []byte, cities ...*city) {
	t.Helper()
	for _, c := range cities {
		var err error
		if file, err = agreement.Sign(file, signed.Signer(c.name, c.identity)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range cities {
		c.keep(file)
	}
}

// pair runs f with two cities that have signed a text, on every engine.
func pair(t *testing.T, f func(t *testing.T, east, west *city)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		east, west := newCity(t, d, "east"), newCity(t, dbtest.Like(t, d), "west")
		east.know(west)
		west.know(east)
		agree(t, text("T1", "signed", twoParties), east, west)
		f(t, east, west)
	})
}

// told is a drill today.
func told(name, clause string, by ...string) evidence.Told {
	return evidence.Told{Name: name, Clause: clause, Kind: "drill", By: by, Start: date.OnDay(date.Of(time.Now().UTC())),
		What: []exchange.ClaimText{{Lang: "en", Standing: "official", Text: "A drill"}}, Sources: []exchange.ClaimSource{{Title: "Report"}}}
}

func by(person string) evidence.Author { return evidence.Author{Person: person} }

func deed(person, event string, seen int, why string) evidence.Deed {
	return evidence.Deed{Author: by(person), Event: event, Seen: seen, Why: why}
}

// claim claims an event and returns its id.
func (c *city) claim(what evidence.Told) string {
	c.Helper()
	e, err := c.book.Claim(context.Background(), by("Ana"), what)
	if err != nil {
		c.Fatal(err)
	}
	return e[0].ID
}

// must wants a deed to be done.
func must(t testing.TB) func(e *evidence.Event, err error) *evidence.Event {
	return func(e *evidence.Event, err error) *evidence.Event {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
}

func (c *city) show(id string) *evidence.Event {
	c.Helper()
	return must(c.TB)(c.book.Show(context.Background(), id))
}

// states are what follows for the clauses today, and as they were known on a day.
func (c *city) states(known date.Day) map[string]pulse.State {
	c.Helper()
	out := map[string]pulse.State{}
	if err := c.db.View(context.Background(), func(tx *db.Tx) error {
		standings, _, err := evidence.PulseKnown(context.Background(), tx, false, time.UTC, date.Of(tx.Now), known)
		for _, s := range standings {
			out[s.Clause.ID] = s.State
		}
		if err != nil {
			return err
		}
		short, err := evidence.Standings(context.Background(), tx, false, time.UTC, date.Of(tx.Now), known) // reads less, and comes to the same
		for _, s := range short {
			if out[s.Clause.ID] != s.State {
				c.Errorf("%s is %s, and %s where no events are asked for", s.Clause.ID, out[s.Clause.ID], s.State)
			}
		}
		return err
	}); err != nil {
		c.Fatal(err)
	}
	return out
}

// state wants a clause to be in a state on both sides.
func state(t testing.TB, clause string, want pulse.State, cities ...*city) {
	t.Helper()
	for _, c := range cities {
		if got := c.states(date.Day{})[clause]; got != want {
			t.Fatalf("%s is %s at %s, not %s", clause, got, c.name, want)
		}
	}
}

// newCityLike is the same city with an empty database.
func newCityLike(t testing.TB, c *city) *city {
	t.Helper()
	out := &city{TB: t, name: c.name, db: dbtest.Like(t, c.db), identity: c.identity, self: c.self, card: c.card}
	out.flow, out.links, out.book = out.another(out.db)
	out.know(out)
	return out
}

// copyInstruments keeps the texts of one city at another.
func copyInstruments(t testing.TB, from, to *city) {
	t.Helper()
	var files [][]byte
	if err := from.db.View(context.Background(), func(tx *db.Tx) error {
		kept, err := instrument.All(context.Background(), tx)
		for _, k := range kept {
			files = append(files, k.File)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		to.keep(f)
	}
}
