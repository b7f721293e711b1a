package exchange_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"accord/exchange"
	"accord/internal/date"
	"accord/internal/fault"
)

// everyBit calls f with every single-bit change of data.
func everyBit(data []byte, f func(bit int, changed []byte)) {
	for bit := range len(data) * 8 {
		c := bytes.Clone(data)
		c[bit/8] ^= 1 << (bit % 8)
		f(bit, c)
	}
}

func TestFlippedBitIsRefused(t *testing.T) {
	east, west := newCity(t, "east"), newCity(t, "west")
	log, other := newHistory(t, east, west, 5), newHistory(t, west, east, 3)
	receipt, cosigned := log.receipt(t, 5, 3), log.cosigned(t, 5)
	for _, c := range []struct {
		name string
		data []byte
		open func([]byte) error
	}{
		{"card", east.file, func(b []byte) error { _, err := exchange.OpenCard(b, nil); return err }},
		{"receipt", receipt, func(b []byte) error { _, err := exchange.OpenReceipt(b, cards(east, west)); return err }},
		{"cosigned checkpoint", cosigned, func(b []byte) error {
			_, _, err := exchange.OpenCosigned(b, exchange.Chain{east.card}, exchange.Chain{west.card})
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.open(c.data); err != nil {
				t.Fatalf("unchanged: %v", err)
			}
			everyBit(c.data, func(bit int, changed []byte) {
				err := c.open(changed)
				if err == nil {
					t.Errorf("bit %d of byte %d (%q) flipped and nothing noticed", bit%8, bit/8, c.data[bit/8])
				} else if fault.KindOf(err) == fault.Internal {
					t.Errorf("bit %d: not a fault: %v", bit, err)
				}
			})
		})
	}
	plain, err := log.bundle(t, 2, 5, other, 3).Encode()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := exchange.Seal(plain, west.card)
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed { // one bit of each byte: opening is slow
		c := bytes.Clone(sealed)
		c[i] ^= 1 << (i % 8)
		if _, err := exchange.Unseal(c, west.sealing); err == nil {
			t.Errorf("byte %d of a sealed bundle flipped and nothing noticed", i)
		}
		if _, err := exchange.Unseal(sealed[:i], west.sealing); err == nil {
			t.Errorf("a bundle cut off after %d bytes was opened", i)
		}
	}
	if _, err := exchange.Unseal(append(bytes.Clone(sealed), 0), west.sealing); err == nil {
		t.Error("a bundle with a byte after its end was opened")
	}
}

func TestBundleRoundTrip(t *testing.T) {
	east, west := newCity(t, "east"), newCity(t, "west")
	log, other := newHistory(t, east, west, 40), newHistory(t, west, east, 7)
	rapid.Check(t, func(t *rapid.T) {
		end := rapid.Int64Range(0, 40).Draw(t, "end")
		from := rapid.Int64Range(0, end).Draw(t, "from")
		word := rapid.Int64Range(0, 7).Draw(t, "word")
		b := log.bundle(t, from, end, other, word)
		if end > from && rapid.Bool().Draw(t, "erase") {
			entries := append([]exchange.Entry(nil), b.Entries...)
			entries[0].Salt, entries[0].Body, entries[0].Erased = nil, nil, true
			b.Entries = entries
			log.writer.sign(t, b)
		}
		plain, err := b.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := exchange.DecodeBundle(plain)
		if err != nil {
			t.Fatal(err)
		}
		again, err := got.Encode()
		if err != nil || !bytes.Equal(plain, again) {
			t.Fatalf("written again it differs (%v)", err)
		}
		if cut := rapid.IntRange(0, len(plain)-1).Draw(t, "cut"); len(plain) > 0 {
			if _, err := exchange.DecodeBundle(plain[:cut]); err == nil {
				t.Fatalf("cut off after %d of %d bytes and nothing noticed", cut, len(plain))
			}
		}
	})
}

func TestReceiptNeedsTheRightCards(t *testing.T) {
	east, west := newCity(t, "east"), newCity(t, "west")
	stranger := *west
	stranger.mirror = seed("stranger mirror")
	log := newHistory(t, east, west, 5)
	good := log.receipt(t, 5, 3)
	r, err := exchange.OpenReceipt(good, cards(east, west))
	if err != nil {
		t.Fatal(err)
	}
	if r.Index != 3 || r.Size != 5 || r.Writer != "east" || r.Mirror != "west" || !r.Delivered.Equal(start.Add(time.Hour)) || r.Header.Clause != "D1" {
		t.Errorf("unexpected content: %+v", r)
	}
	if len(good) > 2000 {
		t.Errorf("a receipt of %d bytes", len(good))
	}
	forgedLog := newHistory(t, east, &stranger, 5)
	for name, c := range map[string]struct {
		data  []byte
		cards func(string) (exchange.Chain, error)
	}{
		"a card is missing":         {good, cards(east)},
		"cosigned by another key":   {forgedLog.receipt(t, 5, 3), cards(east, west)},
		"not cosigned":              {bytes.Replace(good, log.cosigned(t, 5), log.checkpoint(t, 5), 1), cards(east, west)},
		"another entry's header":    {exchange.WriteReceipt(log.entries[2].Raw, 3, mustProve(t, log, 5, 3), log.cosigned(t, 5)), cards(east, west)},
		"index beyond the log":      {exchange.WriteReceipt(log.entries[3].Raw, 9, mustProve(t, log, 5, 3), log.cosigned(t, 5)), cards(east, west)},
		"before the card was valid": {good, func(p string) (exchange.Chain, error) { return chainFrom(t, p, start.Add(24*time.Hour), east, west) }},
	} {
		if _, err := exchange.OpenReceipt(c.data, c.cards); err == nil {
			t.Errorf("%s: accepted", name)
		} else if fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: not a fault: %v", name, err)
		}
	}
}

func chainFrom(t *testing.T, party string, from time.Time, cities ...*city) (exchange.Chain, error) {
	ch, err := cards(cities...)(party)
	if err != nil || len(ch) == 0 {
		return ch, err
	}
	later := *ch[0]
	later.ValidFrom = from
	return exchange.Chain{&later}, nil
}

func mustProve(t *testing.T, h *history, size, n int64) tlog.RecordProof {
	t.Helper()
	p, err := tlog.ProveRecord(size, n, h)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestReceiptOfAMillionEntriesIsSmall(t *testing.T) {
	east, west := newCity(t, "east"), newCity(t, "west")
	h, err := longHeader()
	if err != nil {
		t.Fatal(err)
	}
	path := make(tlog.RecordProof, 20) // the depth of a million leaves
	for i := range path {
		rand.Read(path[i][:])
	}
	cp, err := exchange.SignCheckpoint(exchange.Checkpoint{Origin: exchange.Origin("east", "west"), Size: 1_000_000}, east.log)
	if err != nil {
		t.Fatal(err)
	}
	if cp, err = exchange.Cosign(cp, "west", west.mirror, start); err != nil {
		t.Fatal(err)
	}
	if n := len(exchange.WriteReceipt(h, 999_999, path, cp)); n > 2000 {
		t.Errorf("%d bytes", n)
	} else {
		t.Logf("%d bytes", n)
	}
}

// longHeader is a header with every field as long as it may be.
func longHeader() ([]byte, error) {
	e, err := exchange.NewEntry(exchange.Header{
		ID: exchange.NewID(), Kind: "records-records-", Instrument: strings.Repeat("i", 32), Clause: strings.Repeat("c", 16),
		Unit: strings.Repeat("u", 48), Time: start,
	}, make([]byte, 1_000_000))
	return e.Raw, err
}

func TestHeaderFitsItsLimit(t *testing.T) {
	raw, err := longHeader()
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) > exchange.MaxHeader {
		t.Errorf("%d bytes", len(raw))
	}
	if _, err := exchange.ParseHeader(raw); err != nil {
		t.Error(err)
	}
}

func TestCardChain(t *testing.T) {
	east := newCity(t, "east")
	next := *east.card
	next.Serial, next.Previous, next.ValidFrom = 2, east.card.Hash(), start.Add(48*time.Hour)
	next.Identity = pub(seed("east identity 2"))
	file, err := exchange.SignCard(&next, seed("east identity 2"), east.identity)
	if err != nil {
		t.Fatal(err)
	}
	second, err := exchange.OpenCard(file, east.card)
	if err != nil {
		t.Fatal(err)
	}
	chain := exchange.Chain{east.card, second}
	for at, want := range map[time.Time]int{start: 1, start.Add(47 * time.Hour): 1, start.Add(48 * time.Hour): 2} {
		if c, err := chain.At(at); err != nil || c.Serial != want {
			t.Errorf("at %s: %v, %v", at, c, err)
		}
	}
	if _, err := chain.At(start.Add(-time.Second)); err == nil {
		t.Error("a card before the first")
	}
	if c, err := chain.On(date.NewDay(2026, 11, 26)); err != nil || c.Serial != 2 {
		t.Errorf("on the day it becomes valid: %v, %v", c, err)
	}
	alone, err := exchange.SignCard(&next, seed("east identity 2"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exchange.OpenCard(alone, east.card); err == nil {
		t.Error("a new identity key that the old one did not sign")
	}
	if _, err := exchange.OpenCard(file, nil); err == nil {
		t.Error("a second card without the first")
	}
	wrong := next
	wrong.Previous = strings.Repeat("0", 64)
	if file, err = exchange.SignCard(&wrong, seed("east identity 2"), east.identity); err != nil {
		t.Fatal(err)
	}
	if _, err := exchange.OpenCard(file, east.card); err == nil {
		t.Error("a card that names another previous card")
	}
}

// TestReceiptOverAKeyChange: a checkpoint that an older key signed and the partner cosigned after the change still holds,
// and a key that is not yet valid does not.
func TestReceiptOverAKeyChange(t *testing.T) {
	east, west := newCity(t, "east"), newCity(t, "west")
	receipt := newHistory(t, east, west, 5).receipt(t, 5, 3) // signed by the first key, cosigned an hour after start
	next := *east.card
	next.Serial, next.Previous, next.ValidFrom, next.Log = 2, east.card.Hash(), start.Add(30*time.Minute), pub(seed("east log 2"))
	file, err := exchange.SignCard(&next, east.identity, east.identity)
	if err != nil {
		t.Fatal(err)
	}
	second, err := exchange.OpenCard(file, east.card)
	if err != nil {
		t.Fatal(err)
	}
	chains := func(party string) (exchange.Chain, error) {
		if party == "east" {
			return exchange.Chain{east.card, second}, nil
		}
		return exchange.Chain{west.card}, nil
	}
	if _, err := exchange.OpenReceipt(receipt, chains); err != nil {
		t.Error(err)
	}
	east.log = seed("east log 2")
	if _, err := exchange.OpenReceipt(newHistory(t, east, west, 5).receipt(t, 5, 3), chains); err != nil {
		t.Errorf("signed by the second key: %v", err)
	}
	late := next
	late.ValidFrom = start.Add(2 * time.Hour)
	if _, err := exchange.OpenReceipt(newHistory(t, east, west, 5).receipt(t, 5, 3), func(party string) (exchange.Chain, error) {
		if party == "east" {
			return exchange.Chain{east.card, &late}, nil
		}
		return exchange.Chain{west.card}, nil
	}); err == nil {
		t.Error("a key that was not valid yet was accepted")
	}
}

func TestCardRefusesWhatItMustNotHold(t *testing.T) {
	east := newCity(t, "east")
	for name, change := range map[string]func(*exchange.Card){
		"one key twice":           func(c *exchange.Card) { c.Mirror = c.Log },
		"party with a capital":    func(c *exchange.Card) { c.Party = "East" },
		"http endpoint":           func(c *exchange.Card) { c.Endpoints = []string{"http://x"} },
		"control character":       func(c *exchange.Card) { c.Names = []exchange.Name{{Lang: "en", Text: "a\u0007"}} },
		"no language":             func(c *exchange.Card) { c.Languages = nil },
		"other format":            func(c *exchange.Card) { c.Accord = "card/2" },
		"time with a fraction":    func(c *exchange.Card) { c.ValidFrom = c.ValidFrom.Add(1) },
		"pin in capitals":         func(c *exchange.Card) { c.TLS = strings.ToUpper(c.TLS) },
		"sealing key of nobody":   func(c *exchange.Card) { c.Sealing = "age1x" },
		"endpoints null":          func(c *exchange.Card) { c.Endpoints = nil },
		"names null":              func(c *exchange.Card) { c.Names = nil },
		"line separator in names": func(c *exchange.Card) { c.Names = []exchange.Name{{Lang: "en", Text: "a\u2028b"}} },
	} {
		c := *east.card
		change(&c)
		if _, err := exchange.SignCard(&c, east.identity, nil); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
	unknown := strings.Replace(string(east.file), `"serial": 1,`, "\"serial\": 1,\n \"extra\": 1,", 1)
	if _, err := exchange.OpenCard([]byte(unknown), nil); err == nil {
		t.Error("an unknown member was accepted")
	}
}

func TestOrigin(t *testing.T) {
	if w, p, err := exchange.SplitOrigin("west/link/east.west"); err != nil || w != "west" || p != "east" {
		t.Errorf("%q %q %v", w, p, err)
	}
	for _, bad := range []string{"", "east", "east/link/west.east", "east/link/east.east", "east/link/a.b", "x/link/east.west", "east/link/east.west.x", "east/link/east.west\n"} {
		if w, p, err := exchange.SplitOrigin(bad); err == nil {
			t.Errorf("%q gave %q and %q", bad, w, p)
		}
	}
}

func TestActionHasOneForm(t *testing.T) {
	a := exchange.Action{Action: exchange.ActionSigned, Instrument: "demo", Date: date.NewDay(2026, 11, 24), Hash: strings.Repeat("ab", 32), File: "line\n— sig <>&\n"}
	b, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := exchange.ParseAction(b); err != nil || *got != a {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{" " + string(b), string(b) + "\n", strings.Replace(string(b), "signed", "proposed", 1), strings.Replace(string(b), "signed", "resumed", 1), strings.Replace(string(b), `"why":""`, `"why":"x"`, 1), strings.Replace(string(b), "abab", "ABAB", 1), strings.Replace(string(b), `"demo"`, `"demo","x":1`, 1)} {
		if _, err := exchange.ParseAction([]byte(bad)); err == nil {
			t.Errorf("accepted %s", bad)
		}
	}
}

func TestEntryKeepsItsBody(t *testing.T) {
	e, err := exchange.NewEntry(exchange.Header{ID: exchange.NewID(), Kind: exchange.KindRecords, Instrument: "demo", Time: start}, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.CheckBody(); err != nil {
		t.Error(err)
	}
	e.Body = []byte("y")
	if err := e.CheckBody(); err == nil {
		t.Error("another body was accepted")
	}
	if strings.Contains(string(e.Raw), base64.StdEncoding.EncodeToString([]byte("x"))) {
		t.Error("the header shows the body")
	}
}
