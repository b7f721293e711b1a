package exchange_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/tlog"

	"accord/exchange"
)

// tb is what the helpers need of a test; a property test has it too.
type tb interface {
	Helper()
	Fatal(...any)
}

// A city is a party of the tests with keys that follow from its name, so that every byte of the vectors does.
type city struct {
	name                  string
	identity, log, mirror ed25519.PrivateKey
	sealing               *age.X25519Identity
	file                  []byte
	card                  *exchange.Card
}

// sealingKeys cannot be derived from a seed with age's API; they are fixed here and written into the vectors.
var sealingKeys = map[string]string{
	"east": "AGE-SECRET-KEY-1N42P3KSK0GP52RJJZ7V9238LADC6CQ6XHZMPNU5M3VSN4JM6QKWS9VXFHS",
	"west": "AGE-SECRET-KEY-19UQ86QE3WFNQN4T2WCJLKGJY9FN9ESKJWUMV9SEJRDSF8MA3YRJSPAV5RH",
}

var start = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func seed(what string) ed25519.PrivateKey {
	s := sha256.Sum256([]byte("accord vectors " + what))
	return ed25519.NewKeyFromSeed(s[:])
}

func newCity(t tb, name string) *city {
	t.Helper()
	c := &city{name: name, identity: seed(name + " identity"), log: seed(name + " log"), mirror: seed(name + " mirror")}
	var err error
	if c.sealing, err = age.ParseX25519Identity(sealingKeys[name]); err != nil {
		t.Fatal(err)
	}
	tls := sha256.Sum256([]byte(name + " tls"))
	c.file, err = exchange.SignCard(&exchange.Card{
		Accord: "card/1", Party: name, Serial: 1, ValidFrom: start,
		Names: []exchange.Name{{Lang: "en", Text: "City of " + name}, {Lang: "ko", Text: "시험시 <" + name + ">"}}, Languages: []string{"ko", "en"},
		Identity: pub(c.identity), Log: pub(c.log), Mirror: pub(c.mirror), Sealing: c.sealing.Recipient().String(),
		TLS: fmt.Sprintf("%x", tls), Endpoints: []string{"https://" + name + ".example:8443"},
	}, c.identity, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.card, err = exchange.OpenCard(c.file, nil); err != nil {
		t.Fatal(err)
	}
	return c
}

func pub(k ed25519.PrivateKey) exchange.Key { return exchange.Key(k.Public().(ed25519.PublicKey)) }

// cards answers for the given cities.
func cards(cities ...*city) func(string) (exchange.Chain, error) {
	return func(party string) (exchange.Chain, error) {
		for _, c := range cities {
			if c.name == party {
				return exchange.Chain{c.card}, nil
			}
		}
		return nil, nil
	}
}

// A history is a log in memory: n entries of writer towards partner, all of them deterministic.
type history struct {
	writer, partner *city
	entries         []exchange.Entry
	hashes          []tlog.Hash
}

func newHistory(t tb, writer, partner *city, n int) *history {
	t.Helper()
	h := &history{writer: writer, partner: partner}
	for i := range n {
		id := sha256.Sum256(fmt.Appendf(nil, "%s entry %d", writer.name, i))
		salt := sha256.Sum256(fmt.Appendf(nil, "%s salt %d", writer.name, i))
		body := fmt.Appendf(nil, "{\"dataset\":\"safety/test\",\"version\":1,\"rows\":1}\n{\"key\":\"%d\"}\n", i)
		e, err := exchange.SaltedEntry(exchange.Header{
			ID: fmt.Sprintf("%x", id[:16]), Kind: exchange.KindRecords, Instrument: "demo", Clause: "D1",
			Unit: writer.name + "/roads", Time: start.Add(time.Duration(i) * time.Minute),
		}, salt[:], body)
		if err != nil {
			t.Fatal(err)
		}
		h.append(t, e)
	}
	return h
}

func (h *history) append(t tb, e exchange.Entry) {
	t.Helper()
	more, err := tlog.StoredHashesForRecordHash(int64(len(h.entries)), e.Header.LeafHash(), h)
	if err != nil {
		t.Fatal(err)
	}
	h.hashes = append(h.hashes, more...)
	h.entries = append(h.entries, e)
}

func (h *history) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, n := range at {
		out[i] = h.hashes[n]
	}
	return out, nil
}

func (h *history) checkpoint(t tb, size int64) []byte {
	t.Helper()
	root, err := tlog.TreeHash(size, h)
	if err != nil {
		t.Fatal(err)
	}
	file, err := exchange.SignCheckpoint(exchange.Checkpoint{Origin: exchange.Origin(h.writer.name, h.partner.name), Size: size, Root: root}, h.writer.log)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func (h *history) cosigned(t tb, size int64) []byte {
	t.Helper()
	file, err := exchange.Cosign(h.checkpoint(t, size), h.partner.name, h.partner.mirror, start.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func (h *history) receipt(t tb, size, index int64) []byte {
	t.Helper()
	path, err := tlog.ProveRecord(size, index, h)
	if err != nil {
		t.Fatal(err)
	}
	return exchange.WriteReceipt(h.entries[index].Raw, index, path, h.cosigned(t, size))
}

// bundle carries entries from to end, and the writer's word on the first word entries of the other direction.
func (h *history) bundle(t tb, from, end int64, other *history, word int64) *exchange.Bundle {
	t.Helper()
	b := &exchange.Bundle{From: h.writer.name, To: h.partner.name, Card: 1, Start: from, End: end, Entries: h.entries[from:end]}
	if end > 0 {
		b.Checkpoint = h.checkpoint(t, end)
	}
	if from > 0 && from < end {
		var err error
		if b.Proof, err = tlog.ProveTree(end, from, h); err != nil {
			t.Fatal(err)
		}
	}
	if word > 0 {
		b.Cosigned = other.cosigned(t, word)
	}
	h.writer.sign(t, b)
	return b
}

// sign signs a bundle as it stands.
func (c *city) sign(t tb, b *exchange.Bundle) {
	t.Helper()
	if err := b.Sign(c.log); err != nil {
		t.Fatal(err)
	}
}
