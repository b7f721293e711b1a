package exchange

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"accord/internal/fault"
)

// MaxRequestField is the longest of the header fields of a signed request in bytes.
const MaxRequestField = 300

// A Request is what a city signs of a POST over HTTPS, after RFC 9421: method, path, content and time. Where TLS ends before
// the node, at a proxy, this says who sent it. Signed is nothing that a log key signs otherwise: it begins with a quotation mark.
type Request struct {
	Party   string
	Card    int // serial of the card whose log key signs
	Path    string
	Content [32]byte // SHA-256
	Created time.Time
}

// NewRequest is the request of party with this content.
func NewRequest(card *Card, path string, content []byte, at time.Time) *Request {
	return &Request{Party: card.Party, Card: card.Serial, Path: path, Content: sha256.Sum256(content), Created: at.UTC().Truncate(time.Second)}
}

// Digest is the field Content-Digest.
func (r *Request) Digest() string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(r.Content[:]) + ":"
}

// params are the signature's parameters, and what it covers.
func (r *Request) params() string {
	return fmt.Sprintf(`("@method" "@path" "content-digest");created=%d;keyid="%s/card/%d";alg="ed25519"`, r.Created.Unix(), r.Party, r.Card)
}

// Input is the field Signature-Input.
func (r *Request) Input() string { return "accord=" + r.params() }

func (r *Request) base() []byte {
	return []byte("\"@method\": POST\n\"@path\": " + r.Path + "\n\"content-digest\": " + r.Digest() + "\n\"@signature-params\": " + r.params())
}

// Sign returns the field Signature.
func (r *Request) Sign(log ed25519.PrivateKey) string {
	return "accord=:" + base64.StdEncoding.EncodeToString(ed25519.Sign(log, r.base())) + ":"
}

// Verify says whether signature is the field Signature of this request, by the log key on the card it names.
func (r *Request) Verify(signature string, card *Card) error {
	b64, ok := strings.CutPrefix(signature, "accord=:")
	b64, end := strings.CutSuffix(b64, ":")
	raw, err := base64.StdEncoding.Strict().DecodeString(b64)
	if !ok || !end || err != nil || card.Party != r.Party || card.Serial != r.Card || !ed25519.Verify(ed25519.PublicKey(card.Log), r.base(), raw) {
		return fault.New(fault.Refused, "request", "its signature does not hold", "check that the two nodes have each other's newest cards, and that no proxy changes path or content")
	}
	return nil
}

// ParseRequest reads the fields Content-Digest and Signature-Input of a request to path, in their one form. Whether content and
// signature are the right ones is still to be seen.
func ParseRequest(path, digest, input string) (*Request, error) {
	bad := func(why string) error {
		return fault.New(fault.Refused, "request", why, "sign it as docs/protocol.md says; behind a proxy no other is taken")
	}
	if len(digest) > MaxRequestField || len(input) > MaxRequestField {
		return nil, bad("its signature is longer than one can be")
	}
	r := &Request{Path: path}
	b64, ok := strings.CutPrefix(digest, "sha-256=:")
	b64, end := strings.CutSuffix(b64, ":")
	sum, err := base64.StdEncoding.Strict().DecodeString(b64)
	if !ok || !end || err != nil || len(sum) != len(r.Content) {
		return nil, bad("it has no Content-Digest by sha-256 alone")
	}
	copy(r.Content[:], sum)
	rest, ok := strings.CutPrefix(input, `accord=("@method" "@path" "content-digest");created=`)
	created, rest, more := strings.Cut(rest, `;keyid="`)
	key, _, last := strings.Cut(rest, `"`)
	party, serial, card := strings.Cut(key, "/card/")
	at, err := strconv.ParseInt(created, 10, 64)
	if !ok || !more || !last || !card || err != nil || at < 0 || at > 1<<33 {
		return nil, bad("it is not signed")
	}
	if err := CheckParty(party); err != nil {
		return nil, err
	}
	if r.Card, err = strconv.Atoi(serial); err != nil || r.Card < 1 {
		return nil, bad("it names no card")
	}
	r.Party, r.Created = party, time.Unix(at, 0).UTC()
	if r.Input() != input || r.Digest() != digest {
		return nil, bad("its signature is not in its one form")
	}
	return r, nil
}
