package exchange

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"

	"accord/internal/fault"
	"accord/internal/signed"
)

// MaxCard is the largest card in bytes.
const MaxCard = 16 << 10

const cardFormat = "card/1"

// A Card is a city's identity towards its partners. Its fields are in the order of its text.
type Card struct {
	Accord    string    `json:"accord"`     // always "card/1"
	Party     string    `json:"party"`      // party id
	Serial    int       `json:"serial"`     // 1 for the first card of a chain
	Previous  string    `json:"previous"`   // SHA-256 of the previous card's text in hex; empty for the first
	ValidFrom time.Time `json:"valid_from"` // UTC, whole seconds
	Names     []Name    `json:"names"`      // the city's name, one per language
	Languages []string  `json:"languages"`  // languages the city reads, preferred first
	Identity  Key       `json:"identity"`   // signs cards and instruments
	Log       Key       `json:"log"`        // signs checkpoints
	Mirror    Key       `json:"mirror"`     // cosigns the partner's checkpoints
	Sealing   string    `json:"sealing"`    // age X25519 recipient
	TLS       string    `json:"tls"`        // SHA-256 of the TLS key's SPKI in hex
	Endpoints []string  `json:"endpoints"`  // https addresses; none for a city that only exchanges files

	// The keys of the card before, which this one does not have any more, are lost or stolen: from valid_from on nothing that
	// they sign counts. Written only when true.
	Revokes bool `json:"revokes,omitempty"`
}

// A Name is a name in one language.
type Name struct {
	Lang string `json:"lang"`
	Text string `json:"text"`
}

// A Key is a raw Ed25519 public key, written in base64.
type Key ed25519.PublicKey

// MarshalText and UnmarshalText write and read standard base64.
func (k Key) MarshalText() ([]byte, error) {
	return []byte(base64.StdEncoding.EncodeToString(k)), nil
}

func (k *Key) UnmarshalText(b []byte) error {
	raw, err := base64.StdEncoding.Strict().DecodeString(string(b))
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return fmt.Errorf("%.60q is not a key of 32 bytes in base64", b)
	}
	*k = raw
	return nil
}

// Text is the one form of the card's text.
func (c *Card) Text() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(c); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Hash is the SHA-256 of the card's text in hex, the Previous of the next card.
func (c *Card) Hash() string {
	text, err := c.Text()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Fingerprint is what two offices read to each other before they trust a card: eight groups of four letters and digits
// from the hash of the identity key.
func (c *Card) Fingerprint() string {
	sum := sha256.Sum256(c.Identity)
	s := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20]))
	groups := make([]string, 0, 8)
	for len(s) > 0 {
		groups = append(groups, s[:4])
		s = s[4:]
	}
	return strings.Join(groups, " ")
}

// IdentityVerifier checks the signatures of the card's identity key on cards and instruments.
func (c *Card) IdentityVerifier() note.Verifier {
	return signed.Verifier(c.Party, ed25519.PublicKey(c.Identity))
}

// LogVerifier checks this city's checkpoints for its log towards partner.
func (c *Card) LogVerifier(partner string) note.Verifier {
	return signed.Verifier(Origin(c.Party, partner), ed25519.PublicKey(c.Log))
}

// MirrorVerifier checks this city's cosignatures.
func (c *Card) MirrorVerifier() note.Verifier {
	return signed.CosignatureVerifier(mirrorName(c.Party), ed25519.PublicKey(c.Mirror))
}

// SignCard returns the card's file, signed by its own identity key and, for a card after the first whose identity key
// changed, before that by the previous card's.
func SignCard(c *Card, identity ed25519.PrivateKey, previous ed25519.PrivateKey) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	text, err := c.Text()
	if err != nil {
		return nil, err
	}
	var signers []note.Signer
	if previous != nil && !identity.Equal(previous) {
		signers = append(signers, signed.Signer(c.Party, previous))
	}
	return note.Sign(&note.Note{Text: string(text)}, append(signers, signed.Signer(c.Party, identity))...)
}

// OpenCard reads a card's file. previous is the card before it in the chain, nil for the first.
func OpenCard(file []byte, previous *Card) (*Card, error) {
	c, err := parseCard(file)
	if err != nil {
		return nil, err
	}
	if err := c.follows(previous); err != nil {
		return nil, err
	}
	var verifiers []note.Verifier // in the order of the lines
	if previous != nil && !bytes.Equal(previous.Identity, c.Identity) {
		verifiers = append(verifiers, previous.IdentityVerifier())
	}
	verifiers = append(verifiers, c.IdentityVerifier())
	if _, err := signed.Open(file, verifiers...); err != nil {
		return nil, badCard("its signature does not hold: " + err.Error()).At(c.Party).Because(err)
	}
	return c, nil
}

// parseCard reads the text of a card's file and does not look at its signatures.
func parseCard(file []byte) (*Card, error) {
	if len(file) > MaxCard {
		return nil, badCard(fmt.Sprintf("larger than %d bytes", MaxCard))
	}
	text, err := signed.Text(file)
	if err != nil {
		return nil, badCard("not a signed card").Because(err)
	}
	c := new(Card)
	if err := strictJSON(text, c); err != nil {
		return nil, badCard("its text cannot be read: " + err.Error()).Because(err)
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	again, err := c.Text()
	if err != nil || !bytes.Equal(again, text) {
		return nil, badCard("its text is not in the one form a card has")
	}
	return c, nil
}

func badCard(why string) *fault.Fault {
	return fault.New(fault.Invalid, "card", why, "ask the city that issued it for its card again and compare fingerprints")
}

// ReadCard reads a card's file without its chain: its own signature must hold. Of a card after the first, one more line may
// stand before it, by the identity key of the card before, which is not known here; OpenCard checks that one. ReadCard is for
// a card that a person vouches for, by file name on a command line or by fingerprint.
func ReadCard(file []byte) (*Card, error) {
	c, err := parseCard(file)
	if err != nil {
		return nil, err
	}
	if c.Serial == 1 {
		return OpenCard(file, nil)
	}
	text, err := c.Text()
	if err != nil {
		return nil, badCard(err.Error()).Because(err)
	}
	own := file
	if first, second, _ := bytes.Cut(file[len(text)+1:], []byte("\n")); len(second) > 0 {
		if !c.byAnotherKey(string(first)) {
			return nil, badCard("before its signature stands a line that is no signature by the card before")
		}
		own = append(append(text, '\n'), second...)
	}
	if _, err := signed.Open(own, c.IdentityVerifier()); err != nil {
		return nil, badCard("its signature does not hold: " + err.Error()).At(c.Party).Because(err)
	}
	return c, nil
}

// byAnotherKey says whether a line is a well-written signature in the city's name by another key than the card's.
func (c *Card) byAnotherKey(line string) bool {
	b64, ok := strings.CutPrefix(line, "— "+c.Party+" ")
	raw, err := base64.StdEncoding.DecodeString(b64)
	return ok && err == nil && len(raw) == 4+ed25519.SignatureSize && signed.Line(c.Party, raw) == line+"\n" &&
		binary.BigEndian.Uint32(raw) != c.IdentityVerifier().KeyHash()
}

func (c *Card) follows(previous *Card) error {
	bad := func(why string) error {
		return fault.New(fault.Invalid, "card", why, "add the cards of a city in their order").At(fmt.Sprintf("%s, serial %d", c.Party, c.Serial))
	}
	switch {
	case previous == nil && (c.Serial != 1 || c.Previous != ""):
		return bad("the card before it is not known here")
	case previous == nil:
		return nil
	case previous.Party != c.Party:
		return bad("it follows a card of another city")
	case c.Serial != previous.Serial+1 || c.Previous != previous.Hash():
		return bad("it does not follow the last card known here")
	case !c.ValidFrom.After(previous.ValidFrom):
		return bad("it is valid from no later than the card before it")
	case c.Revokes && (bytes.Equal(c.Log, previous.Log) || bytes.Equal(c.Mirror, previous.Mirror) || c.Sealing == previous.Sealing || c.TLS == previous.TLS):
		return bad("it revokes keys and keeps one of them")
	}
	return nil
}

// check looks at the fields alone.
func (c *Card) check() error {
	bad := func(field, why string) error {
		return fault.New(fault.Invalid, "card", why, "correct the card and sign it again").At(field)
	}
	if err := CheckParty(c.Party); err != nil {
		return err
	}
	switch {
	case c.Accord != cardFormat:
		return bad("accord", "not a card of a format known here ("+cardFormat+")")
	case c.Serial < 1:
		return bad("serial", "less than 1")
	case c.Revokes && c.Serial == 1:
		return bad("revokes", "there is no card before the first")
	case c.ValidFrom.Year() < 2000 || c.ValidFrom.Nanosecond() != 0 || c.ValidFrom.Location() != time.UTC:
		return bad("valid_from", "not a time in UTC to the second")
	case len(c.Names) == 0 || len(c.Names) > 20 || len(c.Languages) == 0 || len(c.Languages) > 20 || len(c.Endpoints) > 8:
		return bad("names", "a card has 1 to 20 names and languages and at most 8 endpoints")
	case c.Names == nil || c.Languages == nil || c.Endpoints == nil:
		return bad("endpoints", "a list is null; one without members is written []")
	case len(c.Identity) != ed25519.PublicKeySize || len(c.Log) != ed25519.PublicKeySize || len(c.Mirror) != ed25519.PublicKeySize:
		return bad("identity, log, mirror", "a key is missing")
	case bytes.Equal(c.Log, c.Mirror) || bytes.Equal(c.Identity, c.Log) || bytes.Equal(c.Identity, c.Mirror):
		return bad("identity, log, mirror", "one key is used for two purposes")
	case len(c.TLS) != 64 || c.TLS != strings.ToLower(c.TLS):
		return bad("tls", "not a SHA-256 in lower-case hex")
	}
	if _, err := hex.DecodeString(c.TLS); err != nil {
		return bad("tls", "not a SHA-256 in lower-case hex")
	}
	if _, err := age.ParseX25519Recipient(c.Sealing); err != nil {
		return bad("sealing", "not an age X25519 recipient")
	}
	for _, n := range c.Names {
		if !plain(n.Lang, 16) || !plain(n.Text, 200) {
			return bad("names", "a name is empty, too long or holds control characters")
		}
	}
	for _, l := range c.Languages {
		if !plain(l, 16) {
			return bad("languages", "a language is empty or too long")
		}
	}
	for _, e := range c.Endpoints {
		if u, err := url.Parse(e); err != nil || u.Scheme != "https" || u.Host == "" || !plain(e, 200) {
			return bad("endpoints", fmt.Sprintf("%.60q is not an https address", e))
		}
	}
	return nil
}

// plain says whether s is a short printable text that JSON writers agree on.
func plain(s string, limit int) bool {
	if s == "" || len(s) > limit || !utf8.ValidString(s) {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
	}) < 0
}

// strictJSON decodes exactly one JSON value with no unknown member. Duplicates and other spellings are caught by the
// callers, who write the value again and compare.
func strictJSON(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("something follows the JSON value")
	}
	return nil
}
