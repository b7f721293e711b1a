package link_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/tlog"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/fault"
	"accord/internal/link"
)

// A city is one end of a link, with a database of its own.
type city struct {
	t        *testing.T
	name     string
	db       *db.DB
	links    *link.Links
	self     link.Self
	file     []byte
	card     *exchange.Card
	identity ed25519.PrivateKey
	mended   bool // the reason for setting aside is gone
}

func newCity(t *testing.T, d *db.DB, name string) *city {
	t.Helper()
	c := &city{t: t, name: name, db: d}
	key := func() ed25519.PrivateKey {
		_, k, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	sealing, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	identity := key()
	c.identity = identity
	c.self = link.Self{Party: name, Log: key(), Mirror: key(), Sealing: []age.Identity{sealing}}
	c.file, err = exchange.SignCard(&exchange.Card{
		Accord: "card/1", Party: name, Serial: 1, ValidFrom: time.Now().UTC().Truncate(time.Second).Add(-time.Hour),
		Names: []exchange.Name{{Lang: "en", Text: name}}, Languages: []string{"en"},
		Identity: public(identity), Log: public(c.self.Log), Mirror: public(c.self.Mirror),
		Sealing: sealing.Recipient().String(), TLS: fmt.Sprintf("%x", sha256.Sum256(nil)), Endpoints: []string{},
	}, identity, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.open()
	c.add(c)
	return c
}

// open makes the links and a table for what they apply: what an entry says is done in the transaction that stores it.
func (c *city) open() {
	c.t.Helper()
	c.links = link.New(c.db, c.self, c.apply)
	err := c.db.Update(c.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(c.t.Context(), `CREATE TABLE IF NOT EXISTS applied (log BIGINT NOT NULL, idx BIGINT NOT NULL, body TEXT NOT NULL)`)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// beside is the city as another process of it has it.
func (c *city) beside() *city {
	twin := *c
	twin.db = dbtest.Beside(c.t, c.db)
	twin.open()
	return &twin
}

// applied returns what was applied, in its order.
func (c *city) applied() (bodies []string) {
	c.t.Helper()
	err := c.db.View(c.t.Context(), func(tx *db.Tx) error {
		return tx.Rows(c.t.Context(), `SELECT body FROM applied ORDER BY log, idx`, nil, func(r db.Scanner) error {
			var b string
			err := r.Scan(&b)
			bodies = append(bodies, b)
			return err
		})
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return bodies
}

func public(k ed25519.PrivateKey) exchange.Key { return exchange.Key(k.Public().(ed25519.PublicKey)) }

// apply keeps what came, sets aside what says so, and fails where a database would.
func (c *city) apply(ctx context.Context, tx *db.Tx, came *link.Came) (*fault.Fault, error) {
	switch string(came.Body) {
	case "aside":
		if !c.mended {
			return fault.New(fault.Refused, "entry", "it asks to be set aside", ""), nil
		}
	case "fail":
		return nil, errors.New("the disk is full")
	}
	_, err := tx.Exec(ctx, `INSERT INTO applied (log, idx, body) VALUES ($1, $2, $3)`, came.Log, came.Index, string(came.Body))
	return nil, err
}

func (c *city) add(other *city) {
	c.t.Helper()
	card, _, err := c.links.AddCard(c.t.Context(), other.file)
	if err != nil {
		c.t.Fatal(err)
	}
	other.card = card
}

// say puts bodies into the outbox, one entry each.
func (c *city) say(to *city, bodies ...string) {
	c.t.Helper()
	err := c.db.Update(c.t.Context(), func(tx *db.Tx) error {
		for _, b := range bodies {
			kind := exchange.KindRecords
			if strings.HasPrefix(b, "control") {
				kind = exchange.KindAction
			}
			if err := c.links.Put(c.t.Context(), tx, link.Waiting{Partner: to.name, Kind: kind, Instrument: "demo", Clause: "D1", Body: []byte(b)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *city) write(to *city) []byte {
	c.t.Helper()
	w, err := c.links.Write(c.t.Context(), to.name, link.Everything)
	if err != nil {
		c.t.Fatal(err)
	}
	return w.Sealed
}

func (c *city) read(sealed []byte) *link.Report {
	c.t.Helper()
	r, err := c.links.Read(c.t.Context(), sealed, link.ByHand)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// refuse reads a bundle that must be refused with these words, and checks that nothing at all has changed.
func (c *city) refuse(sealed []byte, words string) {
	c.t.Helper()
	before := c.state()
	_, err := c.links.Read(c.t.Context(), sealed, link.ByHand)
	if err == nil || !strings.Contains(err.Error(), words) {
		c.t.Errorf("expected a refusal with %q, got %v", words, err)
	}
	if fault.KindOf(err) == fault.Internal {
		c.t.Errorf("not a fault: %v", err)
	}
	if after := c.state(); after != before {
		c.t.Errorf("something was stored:\n%s\n%s", before, after)
	}
}

// state is every row of every table of the link, as one text.
func (c *city) state() string {
	c.t.Helper()
	var b strings.Builder
	err := c.db.View(c.t.Context(), func(tx *db.Tx) error {
		for _, q := range []string{"SELECT origin, size, delivered, told FROM log", "SELECT log, idx, id, aside FROM entry", "SELECT log, size, at, 0 FROM cosigned", "SELECT log, chunk, LENGTH(hashes), 0 FROM hash_chunk"} {
			if err := tx.Rows(c.t.Context(), q+" ORDER BY 1, 2", nil, func(r db.Scanner) error {
				var v [4]any
				err := r.Scan(&v[0], &v[1], &v[2], &v[3])
				fmt.Fprintln(&b, v[0], v[1], v[2], v[3])
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return b.String()
}

func (c *city) clean() {
	c.t.Helper()
	checks, err := c.links.Verify(c.t.Context(), nil)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, k := range checks {
		for _, f := range k.Faults {
			c.t.Errorf("%s: %s: %s", c.name, k.Log, f)
		}
	}
}

// pair runs f with two linked cities on every engine.
func pair(t *testing.T, f func(t *testing.T, east, west *city)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		east, west := newCity(t, d, "east"), newCity(t, dbtest.Like(t, d), "west")
		east.add(west)
		west.add(east)
		f(t, east, west)
	})
}

func TestExchange(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.say(west, "one", "two", "control three", "aside", "four")
		if due, err := east.links.Due(t.Context(), "west"); err != nil || !due {
			t.Errorf("due %v, %v", due, err)
		}
		first := east.write(west)
		if r := west.read(first); r.Applied != 4 || r.Aside != 1 || r.Known != 0 || r.Asides[0].Index != 3 {
			t.Errorf("%+v", r)
		}
		if got := strings.Join(west.applied(), ","); got != "control three,one,two,four" {
			t.Errorf("applied %s: control entries leave first, the rest in order", got)
		}
		if r := west.read(first); r.Applied != 0 || r.Known != 5 {
			t.Errorf("read again: %+v", r)
		}
		west.say(east, "back")
		if r := east.read(west.write(east)); r.Applied != 1 || r.Delivered != 5 {
			t.Errorf("%+v", r)
		}
		last := east.write(west)
		if r := west.read(last); r.Applied != 0 || r.Known != 0 || r.Delivered != 1 {
			t.Errorf("with nothing new: %+v", r)
		}
		for _, c := range []*city{east, west} {
			for origin, n := range map[[2]string]int64{{"east", "west"}: 5, {"west", "east"}: 1} {
				for i := range n {
					text, err := c.links.Receipt(t.Context(), origin[0], origin[1], i)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := exchange.OpenReceipt(text, chains(east, west)); err != nil {
						t.Errorf("%s, receipt of entry %d of %s: %v", c.name, i, origin[0], err)
					}
				}
			}
			c.clean()
		}
	})
}

func chains(cities ...*city) func(string) (exchange.Chain, error) {
	return func(party string) (exchange.Chain, error) {
		for _, c := range cities {
			if c.name == party {
				return exchange.Chain{c.card}, nil
			}
		}
		return nil, fmt.Errorf("no card of %s", party)
	}
}

// TestClockSetBack: a writer whose clock was ahead and is right again still writes what its partner takes.
func TestClockSetBack(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.say(west, "one")
		west.read(east.write(west))
		east.read(west.write(east))
		// What left before our clock was set back by four minutes has a time that has not come yet.
		ahead := db.Micros(time.Now().Add(4 * time.Minute).Truncate(time.Second))
		if err := east.db.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE entry SET time = $1`, ahead)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		east.say(west, "two")
		b := open(t, west, east.write(west))
		if got := db.Micros(b.Entries[0].Header.Time); got != ahead {
			t.Errorf("time in the log went back by %s", time.Duration(ahead-got)*time.Microsecond)
		}
		if r := west.read(seal(t, b, west, east)); r.Applied != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// TestWhatDoesNotFitIsSaid: a file that cannot take everything says that more waits.
func TestWhatDoesNotFitIsSaid(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		big := strings.Repeat("x", 3<<20)
		east.say(west, "a"+big, "b"+big, "c"+big)
		w, err := east.links.Write(t.Context(), west.name, link.Everything)
		if err != nil {
			t.Fatal(err)
		}
		if w.End != 1 || w.Waiting != 2 {
			t.Errorf("%d left, %d wait", w.End, w.Waiting)
		}
	})
}

func TestSetAsideIsRetried(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.say(west, "one", "aside", "two")
		west.read(east.write(west))
		list, err := west.links.SetAsides(t.Context())
		if err != nil || len(list) != 1 || list[0].Index != 1 || !strings.Contains(list[0].Why, "asks to be set aside") {
			t.Fatalf("%+v, %v", list, err)
		}
		retry := func(instrument string) (applied, aside int) {
			if err := west.db.Update(t.Context(), func(tx *db.Tx) (err error) {
				applied, aside, err = west.links.Retry(t.Context(), tx, instrument)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return applied, aside
		}
		if applied, aside := retry(""); applied != 0 || aside != 1 {
			t.Errorf("%d applied, %d aside before the reason is gone", applied, aside)
		}
		west.mended = true
		if applied, _ := retry("other"); applied != 0 {
			t.Error("an entry under another instrument was applied")
		}
		if applied, aside := retry("demo"); applied != 1 || aside != 0 {
			t.Errorf("%d applied, %d aside", applied, aside)
		}
		if applied, aside := retry(""); applied+aside != 0 {
			t.Error("applied twice")
		}
		west.clean()
	})
}

func TestIdleNodesHaveNothingToSend(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.say(west, "one")
		w, err := east.links.Write(t.Context(), "west", link.OneAtATime)
		if err != nil {
			t.Fatal(err)
		}
		west.read(w.Sealed)
		back, err := west.links.Write(t.Context(), "east", link.OneAtATime)
		if err != nil {
			t.Fatal(err)
		}
		if due, _ := west.links.Due(t.Context(), "east"); !due {
			t.Error("west owes a cosignature and has no reason to send")
		}
		if err := west.links.Told(t.Context(), "east", back.Cosigned); err != nil {
			t.Fatal(err)
		}
		east.read(back.Sealed)
		for _, c := range [][2]*city{{east, west}, {west, east}} {
			if due, err := c[0].links.Due(t.Context(), c[1].name); err != nil || due {
				t.Errorf("%s still has reason to send (%v)", c[0].name, err)
			}
		}
	})
}

func TestOneBundleUnderWay(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.say(west, "one")
		send := func(load link.Load) *link.Written {
			w, err := east.links.Write(t.Context(), "west", load)
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
		if w := send(link.OneAtATime); w.End != 1 {
			t.Errorf("first bundle ends at %d", w.End)
		}
		east.say(west, "two")
		if w := send(link.OneAtATime); w.End != 1 {
			t.Errorf("a second entry left beside one that is not cosigned: %d", w.End)
		}
		if w := send(link.WordOnly); w.Start != w.End {
			t.Errorf("entries %d to %d in a bundle that was to have none", w.Start, w.End)
		}
		if w := send(link.Everything); w.End != 2 {
			t.Errorf("a file takes what there is: %d", w.End)
		}
	})
}

func TestRefusals(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.say(west, "one", "two", "three")
		good := east.write(west)
		flipped := bytes.Clone(good)
		flipped[len(flipped)/2] ^= 1
		west.refuse(flipped, "changed")
		west.refuse(good[:len(good)/2], "")
		west.refuse(nil, "")
		east.refuse(good, "sealed to another node")

		own := seal(t, open(t, west, good), east, west)
		east.refuse(own, "written by this node")
		stranger := newCity(t, dbtest.Like(t, east.db), "north")
		stranger.add(west)
		west.add(west)
		stranger.say(west, "x")
		west.refuse(stranger.write(west), "card is not known")
		west.refuse(seal(t, open(t, west, good), west, stranger), "not signed by east")
		head := open(t, west, good) // what stands in no checkpoint is signed, too
		head.Asks = exchange.NewID()
		unchanged := head.Signature
		whole := seal(t, head, west, east)
		head = open(t, west, whole)
		head.Signature = unchanged
		plain, err := head.Encode()
		if err != nil {
			t.Fatal(err)
		}
		resealed, err := exchange.Seal(plain, west.card)
		if err != nil {
			t.Fatal(err)
		}
		west.refuse(resealed, "not signed by east")
		other := open(t, west, good)
		other.To = "north"
		west.refuse(seal(t, other, west, east), "it is for north")

		change := func(f func(*exchange.Bundle)) []byte {
			b := open(t, west, good)
			f(b)
			return seal(t, b, west, east)
		}
		west.refuse(change(func(b *exchange.Bundle) { b.Entries[0], b.Entries[1] = b.Entries[1], b.Entries[0] }), "not the root of these entries")
		west.refuse(change(func(b *exchange.Bundle) { b.Entries[1] = b.Entries[0] }), "")
		west.refuse(change(func(b *exchange.Bundle) { b.Entries, b.End = b.Entries[:2], 2 }), "checkpoint is of size 3")
		west.refuse(change(func(b *exchange.Bundle) { b.Checkpoint = sign(t, east, 3, tlog.Hash{1}) }), "not the root of these entries")
		west.refuse(change(func(b *exchange.Bundle) {
			b.Checkpoint = bytes.Replace(b.Checkpoint, []byte("\n3\n"), []byte("\n4\n"), 1)
		}), "signature")
		west.refuse(change(func(b *exchange.Bundle) { b.Card = 2 }), "names card 2")
		west.refuse(change(func(b *exchange.Bundle) { b.Proof = tlog.TreeProof{{1}} }), "a proof where none belongs")
		west.refuse(change(func(b *exchange.Bundle) { b.Cosigned = b.Checkpoint }), "")

		west.read(good)
		forgedRoot := open(t, west, good)
		e, err := exchange.NewEntry(exchange.Header{ID: exchange.NewID(), Kind: exchange.KindRecords, Instrument: "demo", Time: time.Now().Truncate(time.Second)}, []byte("instead"))
		if err != nil {
			t.Fatal(err)
		}
		forgedRoot.Entries[1] = e
		forgedRoot.Checkpoint = sign(t, east, 3, rootOf(forgedRoot.Entries))
		west.refuse(seal(t, forgedRoot, west, east), "not the one that was delivered before")
		west.clean()
	})
}

// TestWhatASenderMayNotSay changes one header at a time, with the sender's own keys.
func TestWhatASenderMayNotSay(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.say(west, "one", "two")
		for words, change := range map[string]func(*exchange.Entry){
			"without its body":          func(e *exchange.Entry) { e.Salt, e.Body, e.Erased = nil, nil, true },
			"office of another city":    func(e *exchange.Entry) { e.Header.Unit = "west/roads" },
			"before the entry in front": func(e *exchange.Entry) { e.Header.Time = e.Header.Time.Add(-time.Hour) },
			"has not come yet":          func(e *exchange.Entry) { e.Header.Time = e.Header.Time.Add(time.Hour) },
		} {
			b := open(t, west, east.write(west))
			change(&b.Entries[1])
			b.Entries[1].Raw = b.Entries[1].Header.Encode()
			b.Checkpoint = sign(t, east, 2, rootOf(b.Entries))
			west.refuse(seal(t, b, west, east), words)
		}
	})
}

// TestPartnerRestoredFromBefore: by files alone, a partner that has lost entries gets them again.
func TestPartnerRestoredFromBefore(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.say(west, "one", "two", "three")
		west.read(east.write(west))
		east.read(west.write(east))
		if err := west.db.Update(t.Context(), func(tx *db.Tx) error {
			for _, q := range []string{`DELETE FROM cosigned`, `DELETE FROM entry`, `DELETE FROM hash_chunk`, `DELETE FROM log`} {
				if _, err := tx.Exec(t.Context(), q); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		east.say(west, "four")
		west.refuse(east.write(west), "entries 0 to 2 of east are missing")
		east.read(west.write(east))
		if r := west.read(east.write(west)); r.Applied != 4 {
			t.Errorf("%+v", r)
		}
		if r := east.read(west.write(east)); r.Delivered != 1 {
			t.Errorf("%+v", r)
		}
		if due, err := east.links.Due(t.Context(), "west"); err != nil || due {
			t.Errorf("east still has reason to send (%v)", err)
		}
		east.clean()
		west.clean()
	})
}

func TestRepeatedIDIsForgery(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.say(west, "one", "two")
		b := open(t, west, east.write(west))
		b.Entries[1] = b.Entries[0]
		b.Checkpoint = sign(t, east, 2, rootOf(b.Entries))
		west.refuse(seal(t, b, west, east), "repeats the id")
	})
}

func TestGapIsNamed(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		// west as it would be, restored from before the first bundle
		twin := &city{t: t, name: "west", self: west.self, file: west.file, card: west.card, db: dbtest.Like(t, west.db)}
		twin.open()
		twin.add(west)
		twin.add(east)
		east.say(west, "one", "two")
		west.read(east.write(west))
		east.read(west.write(east))
		east.say(west, "three")
		later := east.write(west)
		twin.refuse(later, "entries 0 to 1 of east are missing")
		if r := west.read(later); r.Applied != 1 {
			t.Errorf("%+v", r)
		}
	})
}

func TestFailureStoresNothing(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.say(west, "one", "fail", "two")
		sealed := east.write(west)
		before := west.state()
		if _, err := west.links.Read(t.Context(), sealed, link.ByHand); err == nil {
			t.Fatal("a failing store was not noticed")
		}
		if west.state() != before {
			t.Error("half a bundle was stored")
		}
	})
}

func TestManyBundlesAndProofsOfGrowth(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		for i := range 20 {
			for j := range i % 7 {
				east.say(west, fmt.Sprintf("%d-%d", i, j))
			}
			if i%2 == 0 {
				west.say(east, fmt.Sprintf("answer %d", i))
			}
			west.read(east.write(west))
			east.read(west.write(east))
		}
		east.clean()
		west.clean()
		if w, e := len(west.applied()), len(east.applied()); w != 57 || e != 10 {
			t.Errorf("%d and %d applied", w, e)
		}
	})
}

// TestConcurrentWriters has many writers, senders and readers on both nodes at once: no entry may be lost or come twice.
func TestConcurrentWriters(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		const writers, each = 8, 20
		var wg sync.WaitGroup
		for w := range writers {
			east, west := east.beside(), west.beside()
			wg.Go(func() {
				for i := range each {
					kind := []string{"", "control "}[i%2] // control entries overtake
					east.say(west, fmt.Sprintf("%seast %d-%d", kind, w, i))
					west.say(east, fmt.Sprintf("%swest %d-%d", kind, w, i))
				}
			})
			wg.Go(func() {
				for range each / 2 {
					for _, c := range [][2]*city{{east, west}, {west, east}} {
						sealed, err := c[0].links.Write(t.Context(), c[1].name, link.Load(w%3))
						if err != nil {
							t.Error(err)
							return
						}
						if _, err := c[1].links.Read(t.Context(), sealed.Sealed, link.ByHand); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		for range 3 {
			west.read(east.write(west))
			east.read(west.write(east))
		}
		for _, c := range []*city{east, west} {
			seen := map[string]int{}
			for _, b := range c.applied() {
				seen[b]++
			}
			if len(seen) != writers*each {
				t.Errorf("%s applied %d different entries of %d", c.name, len(seen), writers*each)
			}
			for b, n := range seen {
				if n != 1 {
					t.Errorf("%s applied %q %d times", c.name, b, n)
				}
			}
			c.clean()
		}
	})
}

// TestVerifyNoticesTampering changes one stored thing at a time behind the node's back.
func TestVerifyNoticesTampering(t *testing.T) {
	for name, change := range map[string]string{
		"body":        `UPDATE entry SET body = $1 WHERE idx = 1`,
		"salt":        `UPDATE entry SET salt = $1 WHERE idx = 1`,
		"id":          `UPDATE entry SET id = 'x' WHERE idx = 1`,
		"missing":     `DELETE FROM entry WHERE idx = 1`,
		"header":      `UPDATE entry SET header = (SELECT header FROM entry WHERE idx = 0) WHERE idx = 1`,
		"hashes":      `UPDATE hash_chunk SET hashes = $1`,
		"clause":      `UPDATE entry SET clause = 'D2' WHERE idx = 1`,
		"time":        `UPDATE entry SET time = time - 1000000 WHERE idx = 1`,
		"erased":      `UPDATE entry SET body = NULL, salt = NULL WHERE idx = 1`,
		"log":         `DELETE FROM entry`,
		"more hashes": `UPDATE hash_chunk SET hashes = hashes || hashes`,
		"writer":      `UPDATE log SET writer = 'west'`,
		"size":        `UPDATE log SET size = size - 1`,
		"delivered":   `UPDATE log SET delivered = 1`,
		"cosignature": `UPDATE cosigned SET file = $1`,
	} {
		t.Run(name, func(t *testing.T) {
			var args []any
			if strings.Contains(change, "$1") {
				args = []any{make([]byte, 4*tlog.HashSize)}
			}
			pair(t, func(t *testing.T, east, west *city) {
				east.say(west, "one", "two", "three")
				west.read(east.write(west))
				west.clean()
				if err := west.db.Update(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), change, args...); return err }); err != nil {
					t.Fatal(err)
				}
				checks, err := west.links.Verify(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				faults := 0
				for _, k := range checks {
					faults += len(k.Faults)
				}
				if faults == 0 {
					t.Error("not noticed")
				}
			})
		})
	}
}

func open(t *testing.T, c *city, sealed []byte) *exchange.Bundle {
	t.Helper()
	plain, err := exchange.Unseal(sealed, c.self.Sealing...)
	if err != nil {
		t.Fatal(err)
	}
	b, err := exchange.DecodeBundle(plain)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// seal signs a bundle as by and seals it for to.
func seal(t *testing.T, b *exchange.Bundle, to, by *city) []byte {
	t.Helper()
	if err := b.Sign(by.self.Log); err != nil {
		t.Fatal(err)
	}
	plain, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := exchange.Seal(plain, to.card)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func sign(t *testing.T, c *city, size int64, root tlog.Hash) []byte {
	t.Helper()
	cp, err := exchange.SignCheckpoint(exchange.Checkpoint{Origin: exchange.Origin("east", "west"), Size: size, Root: root}, c.self.Log)
	if err != nil {
		t.Fatal(err)
	}
	return cp
}

type memory []tlog.Hash

func (m memory) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, n := range at {
		out[i] = m[n]
	}
	return out, nil
}

func rootOf(entries []exchange.Entry) tlog.Hash {
	var m memory
	for i := range entries {
		h, err := tlog.StoredHashesForRecordHash(int64(i), tlog.RecordHash(entries[i].Raw), m)
		if err != nil {
			panic(err)
		}
		m = append(m, h...)
	}
	root, err := tlog.TreeHash(int64(len(entries)), m)
	if err != nil {
		panic(err)
	}
	return root
}

// TestSameBundleByManyAtOnce reads one bundle in eight processes at once, as when a file and a request bring it together.
func TestSameBundleByManyAtOnce(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		for range 5 {
			east.say(west, "one", "two", "control three", "aside")
			sealed := east.write(west)
			var wg sync.WaitGroup
			var mu sync.Mutex
			var fresh, known int
			for range 8 {
				west := west.beside()
				wg.Go(func() {
					r, err := west.links.Read(t.Context(), sealed, link.ByHand)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					defer mu.Unlock()
					fresh, known = fresh+r.Applied+r.Aside, known+r.Known
				})
			}
			wg.Wait()
			if fresh != 4 || known != 7*4 {
				t.Errorf("%d were new, %d known", fresh, known)
			}
			east.read(west.write(east))
		}
		if n := len(west.applied()); n != 15 {
			t.Errorf("%d applied", n)
		}
		west.clean()
		east.clean()
	})
}

// TestReasonsMayHoldAnyBytes: a partner's bytes in a reason must not keep its other entries out.
func TestReasonsMayHoldAnyBytes(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		west.links = link.New(west.db, west.self, func(context.Context, *db.Tx, *link.Came) (*fault.Fault, error) {
			return fault.New(fault.Invalid, "entry", "it says \x00 and \xff", ""), nil
		})
		east.say(west, "one")
		if r := west.read(east.write(west)); r.Aside != 1 {
			t.Errorf("%+v", r)
		}
		if err := west.db.Update(t.Context(), func(tx *db.Tx) error { _, _, err := west.links.Retry(t.Context(), tx, ""); return err }); err != nil {
			t.Error(err)
		}
		west.clean()
	})
}
