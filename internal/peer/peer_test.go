package peer_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"
	"go.uber.org/goleak"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/fault"
	"accord/internal/link"
	"accord/internal/peer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A city listens for its partner and can send to it.
type city struct {
	name     string
	db       *db.DB
	links    *link.Links
	tls      tls.Certificate
	key      ed25519.PrivateKey // of its log
	identity ed25519.PrivateKey
	file     []byte
	requests atomic.Int64
	applied  atomic.Int64
	underway peer.Underway
	server   *peer.Server
	answer   atomic.Pointer[http.HandlerFunc] // instead of the node's own
	apply    link.Apply                       // instead of counting
	sealing  *age.X25519Identity
}

func key(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func public(k ed25519.PrivateKey) exchange.Key { return exchange.Key(k.Public().(ed25519.PublicKey)) }

func newCity(t *testing.T, name string) *city {
	t.Helper()
	c := &city{name: name, db: dbtest.Open(t)}
	sealing, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	identity, transport := key(t), key(t)
	self := link.Self{Party: name, Log: key(t), Mirror: key(t), Sealing: []age.Identity{sealing}}
	c.sealing = sealing
	c.links = link.New(c.db, self, func(ctx context.Context, tx *db.Tx, came *link.Came) (*fault.Fault, error) {
		if c.apply != nil {
			return c.apply(ctx, tx, came)
		}
		c.applied.Add(1)
		return nil, nil
	})
	if c.tls, err = peer.Certificate(transport); err != nil {
		t.Fatal(err)
	}
	pin, err := peer.Pin(transport.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.file, err = exchange.SignCard(&exchange.Card{
		Accord: "card/1", Party: name, Serial: 1, ValidFrom: time.Now().UTC().Truncate(time.Second),
		Names: []exchange.Name{{Lang: "en", Text: name}}, Languages: []string{"en"}, Identity: public(identity), Log: public(self.Log),
		Mirror: public(self.Mirror), Sealing: sealing.Recipient().String(), TLS: pin, Endpoints: []string{"https://" + l.Addr().String()},
	}, identity, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.know(t, c)
	c.key, c.identity = self.Log, identity
	handler := peer.NewServer(c.links, c.own(c.tls), &c.underway, quiet, func() {})
	c.server = handler
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.requests.Add(1)
		if other := c.answer.Load(); other != nil {
			other.ServeHTTP(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	}), ErrorLog: slog.NewLogLogger(quiet.Handler(), slog.LevelDebug)}
	go s.Serve(tls.NewListener(l, handler.TLS()))
	t.Cleanup(func() { s.Close() })
	return c
}

var quiet = slog.New(slog.DiscardHandler)

func (c *city) know(t *testing.T, other *city) {
	t.Helper()
	if _, _, err := c.links.AddCard(t.Context(), other.file); err != nil {
		t.Fatal(err)
	}
}

func (c *city) say(t *testing.T, to *city, n int) {
	t.Helper()
	err := c.db.Update(t.Context(), func(tx *db.Tx) error {
		for i := range n {
			if err := c.links.Put(t.Context(), tx, link.Waiting{Partner: to.name, Kind: exchange.KindRecords, Instrument: "demo", Body: fmt.Append(nil, i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (c *city) own(shown tls.Certificate) peer.Own {
	return peer.Own{
		Certificate: func(*exchange.Card) (*tls.Certificate, error) { return &shown, nil },
		Log:         func(*exchange.Card) (ed25519.PrivateKey, error) { return c.key, nil },
	}
}

func (c *city) client(t *testing.T, to string, own tls.Certificate) *peer.Client {
	return peer.NewClient(c.links, to, c.own(own), &c.underway, quiet, func() {})
}

// signed is the plain form of a bundle that the city has signed.
func (c *city) signed(t *testing.T, b *exchange.Bundle) []byte {
	t.Helper()
	if err := b.Sign(c.key); err != nil {
		t.Fatal(err)
	}
	plain, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func pair(t *testing.T) (east, west *city) {
	east, west = newCity(t, "east"), newCity(t, "west")
	east.know(t, west)
	west.know(t, east)
	return east, west
}

func TestExchangeBothWaysInOneRequest(t *testing.T) {
	east, west := pair(t)
	east.say(t, west, 3)
	west.say(t, east, 2)
	report, err := east.client(t, "west", east.tls).Exchange(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if report.Applied != 2 || report.Delivered != 3 || west.applied.Load() != 3 {
		t.Errorf("%+v, west applied %d", report, west.applied.Load())
	}
}

// TestTwoIdleNodesExchangeNothing runs both clients until everything is delivered and counts what is sent after that.
func TestTwoIdleNodesExchangeNothing(t *testing.T) {
	east, west := pair(t)
	east.say(t, west, 5)
	west.say(t, east, 5)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{}, 2)
	for _, c := range [][2]*city{{east, west}, {west, east}} {
		client := c[0].client(t, c[1].name, c[0].tls)
		go func() { client.Run(ctx, nil, 5*time.Millisecond); done <- struct{}{} }()
	}
	for idle := false; !idle; time.Sleep(10 * time.Millisecond) {
		a, err := east.links.Due(ctx, "west")
		if err != nil {
			t.Fatal(err)
		}
		b, err := west.links.Due(ctx, "east")
		if err != nil {
			t.Fatal(err)
		}
		idle = !a && !b
	}
	before := east.requests.Load() + west.requests.Load()
	time.Sleep(300 * time.Millisecond)
	if after := east.requests.Load() + west.requests.Load(); after != before {
		t.Errorf("%d requests while idle", after-before)
	}
	cancel()
	<-done
	<-done
	if east.applied.Load() != 5 || west.applied.Load() != 5 {
		t.Errorf("applied %d and %d", east.applied.Load(), west.applied.Load())
	}
}

func TestOnlyPinnedKeysConnect(t *testing.T) {
	east, west := pair(t)
	stranger, err := peer.Certificate(key(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := east.client(t, "west", stranger).Exchange(t.Context()); err == nil || west.requests.Load() != 0 {
		t.Errorf("a key on no card was let in (%v)", err)
	}
	// The address on west's card now answers with another key.
	impostor := newCity(t, "impostor")
	chain, err := impostor.links.Chain(t.Context(), "impostor")
	if err != nil {
		t.Fatal(err)
	}
	east.knowAt(t, newCity(t, "north"), chain[0].Endpoints[0])
	_, err = east.client(t, "north", east.tls).Exchange(t.Context())
	if err == nil || !strings.Contains(err.Error(), "not the one on its card") {
		t.Errorf("an address with another key: %v", err)
	}
	if impostor.requests.Load() != 0 {
		t.Error("something was sent to it")
	}
}

// knowAt gives c a card of another city that names an address which is not that city's.
func (c *city) knowAt(t *testing.T, other *city, address string) {
	t.Helper()
	card := *mustCard(t, other)
	identity := key(t)
	card.Endpoints, card.Identity = []string{address}, public(identity)
	file, err := exchange.SignCard(&card, identity, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.links.AddCard(t.Context(), file); err != nil {
		t.Fatal(err)
	}
}

func mustCard(t *testing.T, c *city) *exchange.Card {
	t.Helper()
	card, err := exchange.ReadCard(c.file)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

func TestServerRefusals(t *testing.T) {
	east, west := pair(t)
	hc := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{east.tls}}, DisableKeepAlives: true}}
	url := mustCard(t, west).Endpoints[0]
	for name, c := range map[string]struct {
		method, path, kind string
		body               []byte
		status             int
	}{
		"other path":     {"POST", "/", "application/vnd.accord.bundle", nil, http.StatusNotFound},
		"other method":   {"GET", peer.Path, "application/vnd.accord.bundle", nil, http.StatusNotFound},
		"other type":     {"POST", peer.Path, "text/html", nil, http.StatusUnprocessableEntity},
		"not a bundle":   {"POST", peer.Path, "application/vnd.accord.bundle", []byte("<html>"), http.StatusUnprocessableEntity},
		"far too large":  {"POST", peer.Path, "application/vnd.accord.bundle", make([]byte, exchange.MaxSealed+1), http.StatusUnprocessableEntity},
		"nothing at all": {"POST", peer.Path, "application/vnd.accord.bundle", nil, http.StatusUnprocessableEntity},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequest(c.method, url+c.path, bytes.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", c.kind)
			res, err := hc.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != c.status || res.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%d %s: %s", res.StatusCode, res.Header.Get("Content-Type"), body)
			}
		})
	}
}

// TestGapIsFilled has a partner that was restored from before: its word asks for what it lacks, and it gets that.
func TestGapIsFilled(t *testing.T) {
	east, west := pair(t)
	client := east.client(t, "west", east.tls)
	east.say(t, west, 3)
	if _, err := client.Exchange(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := west.db.Update(t.Context(), func(tx *db.Tx) error { // west as restored from before
		for _, q := range []string{`DELETE FROM cosigned`, `DELETE FROM entry`, `DELETE FROM hash_chunk`, `DELETE FROM log`} {
			if _, err := tx.Exec(t.Context(), q); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	west.applied.Store(0)
	east.say(t, west, 1)
	for range 2 { // the first is answered with what is missing, the second brings it
		if _, err := client.Exchange(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if west.applied.Load() != 4 {
		t.Errorf("%d of 4 entries", west.applied.Load())
	}
	if due, err := east.links.Due(t.Context(), "west"); err != nil || due {
		t.Errorf("east still has reason to send (%v)", err)
	}
}

// TestFaultsKeepTheirKind: what the server refuses with, the client has as the same kind, and without its inner words.
func TestFaultsKeepTheirKind(t *testing.T) {
	east, west := pair(t)
	east.say(t, west, 1)
	if err := west.db.Update(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), `DROP TABLE entry`); return err }); err != nil {
		t.Fatal(err)
	}
	_, err := east.client(t, "west", east.tls).Exchange(t.Context())
	if fault.KindOf(err) != fault.Internal || strings.Contains(err.Error(), "entry") {
		t.Errorf("%v (%s)", err, fault.KindOf(err))
	}
}

// TestNobodyActsForAnother: a partner posts, over its own connection, a bundle in another partner's name.
func TestNobodyActsForAnother(t *testing.T) {
	east, west := pair(t)
	north := newCity(t, "north")
	east.know(t, north)
	east.say(t, west, 3)
	plain := west.signed(t, &exchange.Bundle{From: "west", To: "east", Card: 1})
	sealed, err := exchange.Seal(plain, mustCard(t, east))
	if err != nil {
		t.Fatal(err)
	}
	hc := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{north.tls}}, DisableKeepAlives: true}}
	res, err := hc.Post(mustCard(t, east).Endpoints[0]+peer.Path, "application/vnd.accord.bundle", bytes.NewReader(sealed))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("answered with %d", res.StatusCode)
	}
	v, err := east.links.Overview(t.Context(), "west", 10)
	if err != nil {
		t.Fatal(err)
	}
	if v[0].Size != 0 || v[0].Waiting != 3 {
		t.Errorf("%d entries have left for west", v[0].Size)
	}
}

// TestAnswerWithoutProgressIsNotAskedAtOnce: a partner that answers well and never cosigns gets few requests.
func TestAnswerWithoutProgressIsNotAskedAtOnce(t *testing.T) {
	east, west := pair(t)
	east.say(t, west, 1)
	stubborn := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		written, err := west.links.Write(r.Context(), "east", link.WordOnly)
		if err != nil {
			t.Error(err)
			return
		}
		w.Write(written.Sealed)
	})
	west.answer.Store(&stubborn)
	client := east.client(t, "west", east.tls)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	client.Run(ctx, nil, 5*time.Millisecond)
	if n := west.requests.Load(); n == 0 || n > 6 {
		t.Errorf("%d requests in a second", n)
	}
}

// TestAnswerThatNeverComes: a partner that accepts and says nothing must not hold the node for ever.
func TestAnswerThatNeverComes(t *testing.T) {
	east, west := pair(t)
	east.say(t, west, 1)
	blackHole := newCity(t, "north")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	east.knowAt(t, blackHole, "https://"+l.Addr().String())
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := east.client(t, "north", east.tls).Exchange(ctx); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v", err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}
