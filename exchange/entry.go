package exchange

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"accord/internal/fault"
)

// MaxHeader is the largest header in bytes, MaxBody the largest body.
const (
	MaxHeader = 300
	MaxBody   = 4 << 20
	SaltSize  = 32
)

// A Kind says what an entry is. A node sets entries of a kind it does not know aside.
type Kind string

const (
	KindAction  Kind = "action"  // an action on a text: body Action
	KindRecords Kind = "records" // a batch of records: body of package record
	KindCard    Kind = "card"    // the sender's next card: body the signed card; it stands under no instrument
	KindClaim   Kind = "claim"   // that something happened under a clause: body Claim
	KindWord    Kind = "word"    // a city's word on another's claim: body Word

	KindWithdrawal   Kind = "withdrawal"   // records that the clause lets out no longer: body Withdrawal
	KindPurge        Kind = "purge"        // asks for the erasure of what entries brought: body Purge
	KindPurged       Kind = "purged"       // says that it is erased: body Purge
	KindObservations Kind = "observations" // a batch of observations: body of package record
)

// Control says whether entries of this kind leave before all others, and whether or not their text is in force: they are
// about the text itself, or take back what it let out.
func (k Kind) Control() bool {
	switch k {
	case KindAction, KindCard, KindWithdrawal, KindPurge, KindPurged:
		return true
	}
	return false
}

// Erasable says whether what entries of this kind brought can be erased. What is said about a text and about erasing stays.
func (k Kind) Erasable() bool {
	switch k {
	case KindRecords, KindObservations, KindWithdrawal, KindDocument, KindPart:
		return true
	}
	return false
}

// A Header is the leaf of an entry in the log.
type Header struct {
	ID         string    // 32 hex digits, random, unique on the link
	Kind       Kind      //
	Instrument string    // the instrument it stands under
	Clause     string    // the clause, where it stands under one
	Unit       string    // the office that says it, where one does
	Time       time.Time // when it left, UTC, whole seconds
	Size       int       // bytes of the body
	Hash       [32]byte  // SHA-256 of salt and body
}

// NewID returns a random entry id.
func NewID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// isID says whether s is written as NewID writes.
func isID(s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == 16 && s == strings.ToLower(s)
}

// NewSalt returns random salt for a body.
func NewSalt() []byte {
	b := make([]byte, SaltSize)
	rand.Read(b)
	return b
}

// BodyHash is the Hash of a header whose entry has this salt and body.
func BodyHash(salt, body []byte) (h [32]byte) {
	s := sha256.New()
	s.Write(salt)
	s.Write(body)
	s.Sum(h[:0])
	return h
}

// Encode is the one form of the header. Its strings need no escape: Check and ParseHeader see to that.
func (h *Header) Encode() []byte {
	b := make([]byte, 0, MaxHeader)
	b = append(b, `{"id":"`...)
	b = append(b, h.ID...)
	b = append(b, `","kind":"`...)
	b = append(b, h.Kind...)
	b = append(b, `","instrument":"`...)
	b = append(b, h.Instrument...)
	b = append(b, `","clause":"`...)
	b = append(b, h.Clause...)
	b = append(b, `","unit":"`...)
	b = append(b, h.Unit...)
	b = append(b, `","time":"`...)
	b = h.Time.UTC().AppendFormat(b, time.RFC3339)
	b = append(b, `","size":`...)
	b = strconv.AppendInt(b, int64(h.Size), 10)
	b = append(b, `,"hash":"`...)
	b = base64.StdEncoding.AppendEncode(b, h.Hash[:])
	return append(b, `"}`...)
}

// LeafHash is the hash of the header in the log.
func (h *Header) LeafHash() tlog.Hash { return tlog.RecordHash(h.Encode()) }

// Check looks at the fields of a header that is to be sent.
func (h *Header) Check() error {
	bad := func(field, why string) error {
		return fault.New(fault.Invalid, "entry", why, "the entry cannot be sent or read as it is").At(field)
	}
	if !isID(h.ID) {
		return bad("id", "not 32 hex digits")
	}
	switch {
	case !textIDForm.MatchString(string(h.Kind)) || len(h.Kind) > 16:
		return bad("kind", "not the name of a kind")
	case h.Kind == KindCard && (h.Instrument != "" || h.Clause != "" || h.Unit != ""):
		return bad("instrument", "a card stands under no instrument and is of no office")
	case h.Kind != KindCard && !textIDForm.MatchString(h.Instrument):
		return bad("instrument", "not an instrument id")
	case h.Clause != "" && (!textIDForm.MatchString(h.Clause) || len(h.Clause) > 16):
		return bad("clause", "not a clause id")
	case h.Unit != "" && !unitForm.MatchString(h.Unit):
		return bad("unit", "not a unit id")
	case h.Time.Year() < 2000 || h.Time.Year() > 9999 || h.Time.Nanosecond() != 0:
		return bad("time", "not a time to the second")
	case h.Size < 0 || h.Size > MaxBody:
		return bad("size", fmt.Sprintf("a body has 0 to %d bytes", MaxBody))
	}
	return nil
}

// ParseHeader reads the one form of a header and refuses every other.
func ParseHeader(b []byte) (*Header, error) {
	bad := func(why string) error {
		return fault.New(fault.Invalid, "header of an entry", why, "the bundle or receipt was changed or is not of this protocol")
	}
	if len(b) > MaxHeader {
		return nil, bad(fmt.Sprintf("longer than %d bytes", MaxHeader))
	}
	rest, h := string(b), new(Header)
	var when, size, hash string
	for _, f := range []struct {
		before string
		into   *string
		quoted bool
	}{
		{`{"id":"`, &h.ID, true}, {`,"kind":"`, (*string)(&h.Kind), true}, {`,"instrument":"`, &h.Instrument, true},
		{`,"clause":"`, &h.Clause, true}, {`,"unit":"`, &h.Unit, true}, {`,"time":"`, &when, true},
		{`,"size":`, &size, false}, {`,"hash":"`, &hash, true},
	} {
		var ok bool
		if rest, ok = strings.CutPrefix(rest, f.before); !ok {
			return nil, bad("expected " + f.before)
		}
		end := strings.IndexByte(rest, '"')
		if !f.quoted {
			end = strings.IndexByte(rest, ',')
		}
		if end < 0 {
			return nil, bad("it ends too early")
		}
		*f.into, rest = rest[:end], rest[end:]
		if f.quoted {
			rest = rest[1:]
		}
	}
	sum, err := base64.StdEncoding.DecodeString(hash)
	if rest != "}" || err != nil || len(sum) != len(h.Hash) {
		return nil, bad("its hash or its end is wrong")
	}
	copy(h.Hash[:], sum)
	if h.Time, err = time.Parse(time.RFC3339, when); err != nil {
		return nil, bad("its time is wrong")
	}
	h.Time = h.Time.UTC()
	if h.Size, err = strconv.Atoi(size); err != nil {
		return nil, bad("its size is wrong")
	}
	if err := h.Check(); err != nil {
		return nil, err
	}
	if string(h.Encode()) != string(b) {
		return nil, bad("not in its one form")
	}
	return h, nil
}

// An Entry is a header with its salt and body. An erased entry has neither; its header stays.
type Entry struct {
	Header Header
	Raw    []byte // Header.Encode()
	Salt   []byte
	Body   []byte
	Erased bool
}

// NewEntry completes h with size and hash of the body under a new salt.
func NewEntry(h Header, body []byte) (Entry, error) {
	return SaltedEntry(h, NewSalt(), body)
}

// SaltedEntry is NewEntry with a salt that is already chosen.
func SaltedEntry(h Header, salt, body []byte) (Entry, error) {
	h.Size, h.Hash = len(body), BodyHash(salt, body)
	if err := h.Check(); err != nil {
		return Entry{}, err
	}
	return Entry{Header: h, Raw: h.Encode(), Salt: salt, Body: body}, nil
}

// CheckBody says whether salt and body are those of the header.
func (e *Entry) CheckBody() error {
	if e.Erased {
		return nil
	}
	if len(e.Salt) != SaltSize || len(e.Body) != e.Header.Size || BodyHash(e.Salt, e.Body) != e.Header.Hash {
		return fault.New(fault.Invalid, "entry", "its body is not the one its header names", "the bundle was changed; ask for it again").At(e.Header.ID)
	}
	return nil
}
