// Package signed reads C2SP signed notes strictly: exactly the expected signatures, in one canonical form, so that a flipped
// bit anywhere is refused. It also makes the Ed25519 signers and verifiers that notes use.
package signed

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Note types of C2SP signed-note.
const (
	algEd25519     = 0x01
	algCosignature = 0x04
)

// Open verifies data against exactly the given verifiers and returns the note. Each must have signed, in this order, nobody
// else may have, and writing the note again must give data.
func Open(data []byte, verifiers ...note.Verifier) (*note.Note, error) {
	n, err := note.Open(data, note.VerifierList(verifiers...))
	if err != nil {
		return nil, err
	}
	if len(n.UnverifiedSigs) > 0 {
		return nil, fmt.Errorf("signature by %q, which has no place here", n.UnverifiedSigs[0].Name)
	}
	for i, v := range verifiers {
		if i >= len(n.Sigs) || n.Sigs[i].Name != v.Name() || n.Sigs[i].Hash != v.KeyHash() {
			return nil, fmt.Errorf("no signature by %q as line %d", v.Name(), i+1)
		}
	}
	if len(n.Sigs) != len(verifiers) {
		return nil, errors.New("more signatures than have a place here")
	}
	if !bytes.Equal(write(n), data) {
		return nil, errors.New("not in canonical form")
	}
	return n, nil
}

// write is the one form of a verified note; signatures keep their order.
func write(n *note.Note) []byte {
	b := []byte(n.Text + "\n")
	for _, s := range n.Sigs {
		raw, _ := base64.StdEncoding.DecodeString(s.Base64)
		b = append(b, Line(s.Name, raw)...)
	}
	return b
}

// Line is one signature line; raw is the key hash followed by the signature.
func Line(name string, raw []byte) string {
	return "— " + name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
}

// Text returns the text of a note without looking at its signatures.
func Text(data []byte) ([]byte, error) {
	i := bytes.LastIndex(data, []byte("\n\n— "))
	if i < 0 {
		return nil, errors.New("no signature")
	}
	return data[:i+1], nil
}

type key struct {
	name string
	hash uint32
	sign func(msg []byte) ([]byte, error)
	open func(msg, sig []byte) bool
}

func (k key) Name() string                    { return k.name }
func (k key) KeyHash() uint32                 { return k.hash }
func (k key) Sign(msg []byte) ([]byte, error) { return k.sign(msg) }
func (k key) Verify(msg, sig []byte) bool     { return k.open(msg, sig) }

func keyHash(name string, alg byte, pub ed25519.PublicKey) uint32 {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write([]byte{alg})
	h.Write(pub)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// Signer signs notes under name with a plain Ed25519 key.
func Signer(name string, priv ed25519.PrivateKey) note.Signer {
	return key{
		name: name,
		hash: keyHash(name, algEd25519, priv.Public().(ed25519.PublicKey)),
		sign: func(msg []byte) ([]byte, error) { return ed25519.Sign(priv, msg), nil },
	}
}

// Verifier checks what Signer made.
func Verifier(name string, pub ed25519.PublicKey) note.Verifier {
	return key{
		name: name,
		hash: keyHash(name, algEd25519, pub),
		open: func(msg, sig []byte) bool { return ed25519.Verify(pub, msg, sig) },
	}
}

// Cosigner signs checkpoints as cosignature/v1 with the given time. The library's own cosigner reads the clock itself.
func Cosigner(name string, priv ed25519.PrivateKey, at time.Time) note.Signer {
	return key{
		name: name,
		hash: keyHash(name, algCosignature, priv.Public().(ed25519.PublicKey)),
		sign: func(msg []byte) ([]byte, error) {
			t := uint64(at.Unix())
			sig := binary.BigEndian.AppendUint64(nil, t)
			return append(sig, ed25519.Sign(priv, cosignedMessage(t, msg))...), nil
		},
	}
}

// CosignatureVerifier checks what Cosigner made.
func CosignatureVerifier(name string, pub ed25519.PublicKey) note.Verifier {
	return key{
		name: name,
		hash: keyHash(name, algCosignature, pub),
		open: func(msg, sig []byte) bool {
			if len(sig) != 8+ed25519.SignatureSize {
				return false
			}
			return ed25519.Verify(pub, cosignedMessage(binary.BigEndian.Uint64(sig), msg), sig[8:])
		},
	}
}

func cosignedMessage(t uint64, msg []byte) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", t), msg...)
}

// CosignedAt returns the time in a cosignature line of an opened note.
func CosignedAt(n *note.Note, name string) (time.Time, error) {
	for _, s := range n.Sigs {
		if s.Name != name {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(s.Base64)
		if err != nil || len(raw) != 4+8+ed25519.SignatureSize {
			return time.Time{}, fmt.Errorf("the cosignature of %q has the wrong length", name)
		}
		return time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("no cosignature by %q", name)
}
