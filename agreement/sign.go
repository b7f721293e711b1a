package agreement

import (
	"encoding/binary"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/signed"
)

// Keys returns the verifier of the identity key that a party's card in force on a day names.
type Keys func(party string, on date.Day) (note.Verifier, error)

// Signed is an instrument that carries one valid signature of every party and nothing else.
type Signed struct {
	*Instrument
	Text    []byte   // the bytes that were signed
	Hash    string   // SHA-256 of Text in hex
	Signers []string // parties in the order in which they signed
}

// Sign appends one signature line. The signer is named like the party and must be one; it signs once. What is signed is
// the text as it stands in the file.
func Sign(file []byte, signer note.Signer) ([]byte, error) {
	text, lines := Split(file)
	in, err := Parse(text)
	if err != nil {
		return nil, err
	}
	have, err := readLines(lines)
	if err != nil {
		return nil, err
	}
	what := "signature of " + signer.Name()
	switch {
	case in.Standing != SignedHere:
		return nil, fault.New(fault.Refused, what, "a registered text is a summary; its paper was signed elsewhere", "register it: accord agree register FILE")
	case !slices.Contains(in.Parties, signer.Name()):
		return nil, fault.New(fault.Refused, what, "it is not a party of instrument "+in.ID, "have only the parties sign")
	case slices.ContainsFunc(have, func(l sigLine) bool { return l.name == signer.Name() }):
		return nil, fault.New(fault.Conflict, what, "this party has signed already", "pass the file on to the next party")
	}
	sig, err := signer.Sign(text)
	if err != nil {
		return nil, fault.New(fault.Unavailable, what, "the key did not sign", "check the key").Because(err)
	}
	raw := append(binary.BigEndian.AppendUint32(nil, signer.KeyHash()), sig...)
	out := slices.Clone(file)
	if len(have) == 0 {
		out = append(out, '\n')
	}
	out = append(out, signed.Line(signer.Name(), raw)...)
	if len(out) > MaxFile {
		return nil, bad("", "with this signature it is larger than allowed", "move long content into documents")
	}
	return out, nil
}

// Verify reads a signed file and requires exactly one signature of every party, by the identity key of its card in force
// on the instrument's date. Every byte of the file is covered: another line, another spelling of a signature or a flipped
// bit is refused. An error of keys is returned as it is.
func Verify(file []byte, keys Keys) (*Signed, error) {
	if len(file) > MaxFile {
		return nil, bad("", fmt.Sprintf("the file has %d bytes; the most is %d", len(file), MaxFile), "ask the sender for the file as it was signed")
	}
	text, lines := Split(file)
	in, err := Parse(text)
	if err != nil {
		return nil, err
	}
	if in.Standing != SignedHere {
		return nil, fault.New(fault.Refused, "instrument "+in.ID, "it is registered: its paper was signed elsewhere and its text carries no signatures", "register it: accord agree register FILE")
	}
	sigs, err := readLines(lines)
	if err != nil {
		return nil, err
	}
	if err := in.checkSigners(sigs); err != nil {
		return nil, err
	}
	verifiers := make([]note.Verifier, len(sigs))
	s := &Signed{Instrument: in, Text: text, Hash: Hash(file)}
	for i, l := range sigs {
		if verifiers[i], err = l.verify(in, text, keys); err != nil {
			return nil, err
		}
		s.Signers = append(s.Signers, l.name)
	}
	// Each part has been looked at; this compares the whole file with its one form.
	if _, err := signed.Open(file, verifiers...); err != nil {
		return nil, fault.New(fault.Refused, "instrument "+in.ID, "the file is not in its one form", "ask the sender for the file as it was signed").Because(err)
	}
	return s, nil
}

// checkSigners wants every party once and nobody else.
func (in *Instrument) checkSigners(sigs []sigLine) error {
	seen := map[string]bool{}
	for _, l := range sigs {
		what := "signature of " + l.name
		if !slices.Contains(in.Parties, l.name) {
			return fault.New(fault.Refused, what, "it is not a party of instrument "+in.ID, "ask the sender for the file with the parties' signatures alone")
		}
		if seen[l.name] {
			return fault.New(fault.Refused, what, "it stands there twice", "ask the sender for the file as it was signed")
		}
		seen[l.name] = true
	}
	for _, p := range in.Parties {
		if !seen[p] {
			return fault.New(fault.Refused, "instrument "+in.ID, p+" has not signed it", "have "+p+" sign the file: accord agree sign FILE")
		}
	}
	return nil
}

func (l sigLine) verify(in *Instrument, text []byte, keys Keys) (note.Verifier, error) {
	what := "signature of " + l.name
	v, err := keys(l.name, in.Date.First())
	if err != nil {
		return nil, err
	}
	if v.Name() != l.name || v.KeyHash() != l.hash {
		return nil, fault.New(fault.Refused, what, fmt.Sprintf("it was not made by the identity key of the card in force on %s", in.Date), "get the card of that day, or have the file signed with its key")
	}
	if !v.Verify(text, l.sig) {
		return nil, fault.New(fault.Refused, what, "it does not fit the text: one of them was changed after signing", "ask the sender for the file as it was signed")
	}
	return v, nil
}
