package exchange_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"accord/exchange"
	"accord/internal/fault"
	"accord/internal/signed"
)

// TestCardWithoutAList: null is no list, though a decoder takes it for an empty one.
func TestCardWithoutAList(t *testing.T) {
	east := newCity(t, "east")
	c := *east.card
	c.Endpoints = nil
	text, err := c.Text()
	if err != nil || !strings.Contains(string(text), `"endpoints": null`) {
		t.Fatalf("%s, %v", text, err)
	}
	file, err := note.Sign(&note.Note{Text: string(text)}, signed.Signer("east", east.identity))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exchange.OpenCard(file, nil); err == nil {
		t.Error("opened")
	}
	c.Endpoints = []string{}
	if file, err = exchange.SignCard(&c, east.identity, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := exchange.OpenCard(file, nil); err != nil {
		t.Error(err)
	}
}

// TestSignaturesStandInOrder swaps two lines of what carries two: it is another file, so it is refused. A later card that is
// read without its chain carries no more than its own signature and one of the card before.
func TestSignaturesStandInOrder(t *testing.T) {
	east, west := newCity(t, "east"), newCity(t, "west")
	swap := func(file []byte) []byte {
		text, lines, _ := bytes.Cut(file, []byte("\n\n"))
		first, second, _ := bytes.Cut(lines, []byte("\n"))
		return bytes.Join([][]byte{text, append(append(bytes.Clone(second), first...), '\n')}, []byte("\n\n"))
	}
	cosigned := newHistory(t, east, west, 5).cosigned(t, 5)
	if _, _, err := exchange.OpenCosigned(swap(cosigned), exchange.Chain{east.card}, exchange.Chain{west.card}); err == nil {
		t.Error("a checkpoint whose cosignature stands first")
	}

	next := *east.card
	next.Serial, next.Previous, next.ValidFrom = 2, east.card.Hash(), start.Add(48*time.Hour)
	next.Identity = pub(seed("east identity 2"))
	sign := func(previous ed25519.PrivateKey) []byte {
		file, err := exchange.SignCard(&next, seed("east identity 2"), previous)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	file, alone := sign(east.identity), sign(nil)
	if _, err := exchange.OpenCard(swap(file), east.card); err == nil {
		t.Error("a card whose own signature stands first")
	}
	for _, good := range [][]byte{file, alone} {
		if c, err := exchange.ReadCard(good); err != nil || c.Serial != 2 {
			t.Errorf("%v, %v", c, err)
		}
	}
	text, lines, _ := bytes.Cut(file, []byte("\n\n"))
	old, own, _ := strings.Cut(string(lines), "\n")
	with := func(lines ...string) []byte { return []byte(string(text) + "\n\n" + strings.Join(lines, "")) }
	old += "\n"
	stranger := strings.Replace(old, "— east ", "— north ", 1)
	for name, file := range map[string][]byte{
		"swapped":           swap(file),
		"by the old alone":  with(old),
		"the old one twice": with(old, old, own),
		"by a stranger":     with(stranger, own),
		"own twice":         with(own, own),
		"a line of words":   with("— east yes\n", own),
		"loose base64":      with(strings.Replace(old, "=\n", "\n", 1), own),
		"an empty line":     with("\n", own),
		"words after":       with(old, own, "x"),
		"line after":        with(old, own, "\n"),
		"stranger after":    with(own, stranger),
		"text changed":      bytes.Replace(file, []byte("City of east"), []byte("City of best"), 1),
		"another form":      bytes.Replace(file, []byte(`"serial": 2`), []byte(`"serial":  2`), 1),
	} {
		if c, err := exchange.ReadCard(file); err == nil {
			t.Errorf("%s: read as card %d", name, c.Serial)
		} else if fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: not a fault: %v", name, err)
		}
	}
	everyBit(alone, func(bit int, changed []byte) {
		if _, err := exchange.ReadCard(changed); err == nil {
			t.Errorf("bit %d of byte %d flipped and nothing noticed", bit%8, bit/8)
		}
	})
}
