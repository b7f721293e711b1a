package agreement_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/signed"
)

// A world is two cities with their keys, and what they sign.
type world struct {
	keys map[string]ed25519.PrivateKey // by name in keys.json
	text []byte
}

func vector(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "vectors", name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{keys: map[string]ed25519.PrivateKey{}, text: vector(tb, "text.toml")}
	var seeds map[string]string
	if err := json.Unmarshal(vector(tb, "keys.json"), &seeds); err != nil {
		tb.Fatal(err)
	}
	for name, s := range seeds {
		seed, err := hex.DecodeString(s)
		if err != nil {
			tb.Fatal(err)
		}
		w.keys[name] = ed25519.NewKeyFromSeed(seed)
	}
	return w
}

func (w *world) signer(party, key string) note.Signer { return signed.Signer(party, w.keys[key]) }

// lookup knows the cards of both cities; west changed its key on 1 January 2026.
func (w *world) lookup(party string, on date.Day) (note.Verifier, error) {
	key := party
	if party == "west" && on.Before(date.NewDay(2026, 1, 1)) {
		key = "west-old"
	}
	priv, ok := w.keys[key]
	if !ok || party == "north" {
		return nil, fault.New(fault.Refused, "card of "+party, "it is not known", "add it")
	}
	return signed.Verifier(party, priv.Public().(ed25519.PublicKey)), nil
}

func (w *world) sign(tb testing.TB, file []byte, as ...string) []byte {
	tb.Helper()
	for _, party := range as {
		var err error
		if file, err = agreement.Sign(file, w.signer(party, party)); err != nil {
			tb.Fatal(err)
		}
	}
	return file
}

// line signs text as party with a key of the world, without asking whether it may.
func (w *world) line(tb testing.TB, text []byte, party, key string) string {
	tb.Helper()
	s := w.signer(party, key)
	sig, err := s.Sign(text)
	if err != nil {
		tb.Fatal(err)
	}
	h := s.KeyHash()
	return signed.Line(party, append([]byte{byte(h >> 24), byte(h >> 16), byte(h >> 8), byte(h)}, sig...))
}

// wantFault checks that err is a fault of the kind, with four parts a person can use, that says why.
func wantFault(tb testing.TB, err error, kind fault.Kind, why string) {
	tb.Helper()
	f, ok := err.(*fault.Fault)
	switch {
	case !ok:
		tb.Errorf("%v is not a fault", err)
	case f.Kind != kind || !strings.Contains(f.Why, why):
		tb.Errorf("%s fault %q, want %s %q", f.Kind, f.Error(), kind, why)
	case f.What == "" || f.Do == "":
		tb.Errorf("%q does not say what failed or what to do", f.Error())
	}
}
