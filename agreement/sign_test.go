package agreement_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/signed"
)

func TestSignVerify(t *testing.T) {
	w := newWorld(t)
	file := w.text
	for i, party := range []string{"west", "east"} { // in any order
		if _, err := agreement.Verify(file, w.lookup); fault.KindOf(err) != fault.Refused {
			t.Errorf("with %d signatures: %v", i, err)
		}
		file = w.sign(t, file, party)
	}
	s, err := agreement.Verify(file, w.lookup)
	if err != nil {
		t.Fatal(err)
	}
	if s.ID != "demo" || strings.Join(s.Signers, " ") != "west east" || !bytes.Equal(s.Text, w.text) || s.Hash != agreement.Hash(w.text) {
		t.Errorf("%+v", s)
	}
	text, lines := agreement.Split(file)
	if !bytes.Equal(text, w.text) || bytes.Count(lines, []byte("\n")) != 2 {
		t.Errorf("split into %d and %d bytes", len(text), len(lines))
	}
	if text, lines := agreement.Split(w.text); !bytes.Equal(text, w.text) || lines != nil {
		t.Error("an unsigned text has signatures")
	}
	// Any tool that knows signed notes can open it.
	east, _ := w.lookup("east", s.Date.First())
	west, _ := w.lookup("west", s.Date.First())
	if _, err := note.Open(file, note.VerifierList(east, west)); err != nil {
		t.Error(err)
	}
}

func TestVerifyUsesTheCardOfTheDate(t *testing.T) {
	w := newWorld(t)
	w.text = []byte(strings.Replace(string(w.text), "2026-11-24", "2025-12-31", 1))
	file := w.sign(t, w.text, "east")
	old, err := agreement.Sign(file, w.signer("west", "west-old"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := agreement.Verify(old, w.lookup); err != nil {
		t.Error(err)
	}
	_, err = agreement.Verify(w.sign(t, file, "west"), w.lookup)
	wantFault(t, err, fault.Refused, "it was not made by the identity key of the card in force on 2025-12-31")
}

func TestSignRefuses(t *testing.T) {
	w := newWorld(t)
	sign := func(file []byte, s note.Signer) error {
		_, err := agreement.Sign(file, s)
		return err
	}
	once := w.sign(t, w.text, "east")
	wantFault(t, sign(once, w.signer("east", "east")), fault.Conflict, "this party has signed already")
	wantFault(t, sign(once, w.signer("east", "north")), fault.Conflict, "this party has signed already")
	wantFault(t, sign(w.text, w.signer("north", "north")), fault.Refused, "it is not a party")
	wantFault(t, sign([]byte(strings.Replace(string(w.text), "format = 1", "format = 2", 1)), w.signer("east", "east")), fault.Invalid, "format 2")
	wantFault(t, sign(append(bytes.Clone(once), "more\n"...), w.signer("west", "west")), fault.Invalid, "it is not a dash")
	many := append(bytes.Clone(w.text), '\n')
	for range 9 {
		many = append(many, w.line(t, w.text, "east", "east")...)
	}
	wantFault(t, sign(many, w.signer("west", "west")), fault.Invalid, "more signatures")
	wantFault(t, sign(w.text, silent{w.signer("east", "east")}), fault.Unavailable, "the key did not sign")
	paper := []byte("format = 1\nid = \"P\"\nkind = \"agreement\"\nstanding = \"registered\"\ndate = \"2014\"\nparties = [\"east\", \"west\"]\nnames = [{lang = \"en\", text = \"P\"}]\n")
	wantFault(t, sign(paper, w.signer("east", "east")), fault.Refused, "a registered text is a summary")
	_, err := agreement.Verify(paper, w.lookup)
	wantFault(t, err, fault.Refused, "it is registered")
	full := append(bytes.Clone(w.text), "# "+strings.Repeat("x", agreement.MaxFile-len(w.text)-3)+"\n"...)
	wantFault(t, sign(full, w.signer("east", "east")), fault.Invalid, "larger than allowed")
	_, err = agreement.Verify(append(full, '\n'), w.lookup)
	wantFault(t, err, fault.Invalid, "the most is")
}

// silent is a key that is out of reach.
type silent struct{ note.Signer }

func (silent) Sign([]byte) ([]byte, error) { return nil, errors.New("no token in the slot") }

// TestVerifyKeys hands on what keys says: a card that is missing is not the file's fault.
func TestVerifyKeys(t *testing.T) {
	w := newWorld(t)
	missing := fault.New(fault.Refused, "card of west", "it is not known", "add it")
	_, err := agreement.Verify(vector(t, "signed.accord"), func(party string, on date.Day) (note.Verifier, error) {
		if party == "west" {
			return nil, missing
		}
		return w.lookup(party, on)
	})
	if !errors.Is(err, missing) {
		t.Errorf("%v", err)
	}
	// A key under another name is another key.
	_, err = agreement.Verify(vector(t, "signed.accord"), func(party string, _ date.Day) (note.Verifier, error) {
		return w.lookup("east", date.NewDay(2026, 11, 24))
	})
	wantFault(t, err, fault.Refused, "it was not made by the identity key")
}

func TestVerifyShortSignature(t *testing.T) {
	w := newWorld(t)
	file := append(bytes.Clone(w.sign(t, w.text, "east")), signed.Line("west", []byte{1, 2, 3, 4})...)
	_, err := agreement.Verify(file, w.lookup)
	wantFault(t, err, fault.Invalid, "one form of base64")
}

// TestEveryFlippedBit flips each bit of the signed file.
func TestEveryFlippedBit(t *testing.T) {
	w := newWorld(t)
	good := vector(t, "signed.accord")
	for i := range good {
		for bit := range 8 {
			file := bytes.Clone(good)
			file[i] ^= 1 << bit
			if _, err := agreement.Verify(file, w.lookup); err == nil {
				t.Fatalf("bit %d of byte %d flipped, and accepted", bit, i)
			} else if fault.KindOf(err) == fault.Internal {
				t.Fatalf("bit %d of byte %d: %v is not a fault", bit, i, err)
			}
		}
	}
}

// TestAnyChange: whatever is cut, doubled, moved or overwritten in a signed file is refused, or it is the same file.
func TestAnyChange(t *testing.T) {
	w := newWorld(t)
	good := vector(t, "signed.accord")
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.IntRange(0, len(good)).Draw(t, "from")
		to := rapid.IntRange(from, min(len(good), from+200)).Draw(t, "to")
		at := rapid.IntRange(0, len(good)).Draw(t, "at")
		with := rapid.SampledFrom([]string{"", "\n", " ", "=", "A", "— ", "— east ", string(good[from:to])}).Draw(t, "with")
		file := append(append(bytes.Clone(good[:from]), with...), good[to:]...)
		if rapid.Bool().Draw(t, "insert") {
			file = append(append(bytes.Clone(good[:at]), with...), good[at:]...)
		}
		s, err := agreement.Verify(file, w.lookup)
		if err == nil && !bytes.Equal(file, good) {
			t.Fatalf("accepted: %s", s.Text)
		}
		if err != nil && fault.KindOf(err) == fault.Internal {
			t.Fatalf("%v is not a fault", err)
		}
	})
}
