package signed_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"accord/internal/signed"
)

func key(b byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{b}, ed25519.SeedSize))
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

const text = "east/link/east.west\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"

// TestLibraryAgrees checks our signers with the library's verifiers, which know nothing of ours.
func TestLibraryAgrees(t *testing.T) {
	name := "west/mirror"
	vkey, err := note.NewEd25519VerifierKey(name, public(key(1)))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	cosigned, err := fnote.NewVerifierForCosignatureV1(vkey)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC)
	file, err := note.Sign(&note.Note{Text: text}, signed.Signer(name, key(1)), signed.Cosigner(name, key(1), at))
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(file, note.VerifierList(plain, cosigned))
	if err != nil || len(n.Sigs) != 2 {
		t.Fatalf("%d signatures hold (%v)", len(n.Sigs), err)
	}
	if got, err := signed.CosignedAt(&note.Note{Sigs: n.Sigs[1:]}, name); err != nil || !got.Equal(at) {
		t.Errorf("cosigned at %s (%v)", got, err)
	}
}

func TestOpenWantsExactlyTheSignatures(t *testing.T) {
	east, west, north := signed.Signer("east", key(1)), signed.Signer("west", key(2)), signed.Signer("north", key(3))
	eastV, westV := signed.Verifier("east", public(key(1))), signed.Verifier("west", public(key(2)))
	sign := func(signers ...note.Signer) []byte {
		file, err := note.Sign(&note.Note{Text: text}, signers...)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	if _, err := signed.Open(sign(east, west), eastV, westV); err != nil {
		t.Errorf("both: %v", err)
	}
	twice := append(sign(east), sign(east)[len(text)+1:]...)
	for name, file := range map[string][]byte{
		"one is missing":      sign(east),
		"in another order":    sign(west, east),
		"a third signed":      sign(east, west, north),
		"another key":         sign(east, signed.Signer("west", key(3))),
		"signed twice":        append(twice, sign(west)[len(text)+1:]...),
		"text changed":        bytes.Replace(sign(east, west), []byte("\n0\n"), []byte("\n1\n"), 1),
		"line at the end":     append(sign(east, west), '\n'),
		"loose base64":        []byte(strings.Replace(string(sign(east, west)), "=\n— west", "\n— west", 1)),
		"nothing but a text":  []byte(text),
		"carriage returns":    bytes.ReplaceAll(sign(east, west), []byte("\n"), []byte("\r\n")),
		"signed for cosigner": sign(east, signed.Cosigner("west", key(2), time.Unix(1, 0))),
	} {
		if _, err := signed.Open(file, eastV, westV); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
