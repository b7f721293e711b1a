package exchange

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"accord/internal/fault"
)

// Limits of a bundle.
const (
	MaxSealed  = 8 << 20  // bytes as sent
	MaxPlain   = 64 << 20 // bytes after inflating
	MaxEntries = 10_000
	maxProof   = 64 * tlog.HashSize
	maxHead    = 512
)

const bundleMagic = "accord-bundle/1\n"

// A Bundle is a range of entries of one log and the sender's word on the log of the other direction.
type Bundle struct {
	From, To   string         // party ids
	Card       int            // serial of the sender's card
	Start, End int64          // the entries it carries: Start ≤ index < End
	Checkpoint []byte         // the sender's checkpoint of size End; empty when End is 0
	Proof      tlog.TreeProof // from Start to End; empty when Start is 0 or End
	Cosigned   []byte         // the recipient's checkpoint cosigned by the sender; empty when it has none
	Entries    []Entry

	Asks string // what the sender asks after its restore: the recipient's next bundle is to name it; empty when it asks nothing
	Has  int64  // with Asks: how many entries of its own log the sender has

	Answers     string         // the Asks that the recipient had written last; empty when it asked nothing
	Back, Until int64          // the entries of the recipient's own log that are given back: Back ≤ index < Until
	BackProof   tlog.TreeProof // from Until to the size of Cosigned; empty when nothing is given back or they are the same
	Returned    []Entry

	Signature []byte // the sender's log key on all of it; Sign makes it, CheckSignature looks at it
}

// bundleHead is the first block; its fields are in the order of the protocol.
type bundleHead struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Card  int    `json:"card"`
	Start int64  `json:"start"`
	End   int64  `json:"end"`

	Asks    string `json:"asks"`
	Has     int64  `json:"has"`
	Answers string `json:"answers"`
	Back    int64  `json:"back"`
	Until   int64  `json:"until"`
}

// signedBundle stands before what the log key signs of a bundle, so that it can be taken for nothing else that the key signs.
const signedBundle = "accord-bundle/1 signed\n"

// Sign signs the bundle as it stands with the sender's log key. Sealing hides a bundle from others and does not say who wrote it,
// and the checkpoint says so of the entries alone.
func (b *Bundle) Sign(key ed25519.PrivateKey) error {
	plain, err := b.unsigned()
	if err == nil {
		b.Signature = ed25519.Sign(key, bundleMessage(plain))
	}
	return err
}

// CheckSignature says whether the log key on the card has signed the bundle as it stands.
func (b *Bundle) CheckSignature(card *Card) error {
	plain, err := b.unsigned()
	if err != nil {
		return err
	}
	if !ed25519.Verify(ed25519.PublicKey(card.Log), bundleMessage(plain), b.Signature) {
		return fault.New(fault.Refused, "bundle", "it is not signed by "+card.Party, "nothing of it was stored; ask "+card.Party+" whether it has written one")
	}
	return nil
}

func bundleMessage(plain []byte) []byte {
	sum := sha256.Sum256(plain)
	return append([]byte(signedBundle), sum[:]...)
}

// Encode is the plain form of a signed bundle.
func (b *Bundle) Encode() ([]byte, error) {
	if len(b.Signature) != ed25519.SignatureSize {
		return nil, badBundle("it is not signed")
	}
	plain, err := b.unsigned()
	if err != nil {
		return nil, err
	}
	return append(plain, b.Signature...), nil
}

// unsigned is the plain form without the signature at its end.
func (b *Bundle) unsigned() ([]byte, error) {
	head, err := json.Marshal(bundleHead{b.From, b.To, b.Card, b.Start, b.End, b.Asks, b.Has, b.Answers, b.Back, b.Until})
	if err != nil {
		return nil, err
	}
	size := len(bundleMagic) + len(head) + len(b.Checkpoint) + len(b.Cosigned) + (len(b.Proof)+len(b.BackProof))*tlog.HashSize + 20 + ed25519.SignatureSize
	for _, entries := range [][]Entry{b.Entries, b.Returned} {
		for i := range entries {
			size += len(entries[i].Raw) + len(entries[i].Body) + SaltSize + 9
		}
	}
	if size > MaxPlain {
		return nil, badBundle(fmt.Sprintf("%d bytes are more than a bundle holds", size))
	}
	out := make([]byte, 0, size)
	out = append(out, bundleMagic...)
	out = appendBlock(out, head)
	out = appendBlock(out, b.Checkpoint)
	out = appendProof(out, b.Proof)
	out = appendBlock(out, b.Cosigned)
	out = appendProof(out, b.BackProof)
	for _, entries := range [][]Entry{b.Entries, b.Returned} {
		for i := range entries {
			out = appendEntry(out, &entries[i])
		}
	}
	return out, nil
}

func appendProof(out []byte, proof tlog.TreeProof) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(proof)*tlog.HashSize))
	for _, h := range proof {
		out = append(out, h[:]...)
	}
	return out
}

func appendBlock(out, block []byte) []byte {
	return append(binary.BigEndian.AppendUint32(out, uint32(len(block))), block...)
}

func appendEntry(out []byte, e *Entry) []byte {
	out = appendBlock(out, e.Raw)
	if e.Erased {
		return append(out, 0)
	}
	out = append(append(out, 1), e.Salt...)
	return appendBlock(out, e.Body)
}

// DecodeBundle reads the plain form. It checks everything that needs no key and no state: the form, every header, and
// every body against its header. The slices of the result share memory with plain.
func DecodeBundle(plain []byte) (*Bundle, error) {
	rest, ok := bytes.CutPrefix(plain, []byte(bundleMagic))
	if !ok {
		return nil, badBundle("it does not begin like one")
	}
	r := reader{rest: rest}
	head := r.block(maxHead)
	b := &Bundle{Checkpoint: r.block(MaxCheckpoint)}
	b.Proof = r.proof()
	b.Cosigned = r.block(MaxCheckpoint)
	b.BackProof = r.proof()
	if r.err != nil {
		return nil, r.err
	}
	if err := b.decodeHead(head); err != nil {
		return nil, err
	}
	var err error
	if b.Entries, err = r.entries(b.End - b.Start); err != nil {
		return nil, err
	}
	if b.Returned, err = r.entries(b.Until - b.Back); err != nil {
		return nil, err
	}
	b.Signature = r.take(ed25519.SignatureSize)
	if r.err != nil {
		return nil, r.err
	}
	if len(r.rest) > 0 {
		return nil, badBundle("something follows its signature")
	}
	return b, nil
}

func (b *Bundle) decodeHead(head []byte) error {
	var h bundleHead
	if err := strictJSON(head, &h); err != nil {
		return badBundle("its head cannot be read").Because(err)
	}
	if again, err := json.Marshal(h); err != nil || !bytes.Equal(again, head) {
		return badBundle("its head is not in its one form")
	}
	switch {
	case CheckParty(h.From) != nil || CheckParty(h.To) != nil || h.From == h.To:
		return badBundle("it names no two parties")
	case h.Start < 0 || h.End < h.Start || h.End-h.Start > MaxEntries || h.Card < 1:
		return badBundle(fmt.Sprintf("a bundle holds 0 to %d entries in order", MaxEntries))
	case (h.End == 0) != (len(b.Checkpoint) == 0):
		return badBundle("it has entries or a checkpoint, but not both")
	}
	b.From, b.To, b.Card, b.Start, b.End = h.From, h.To, h.Card, h.Start, h.End
	b.Asks, b.Has, b.Answers, b.Back, b.Until = h.Asks, h.Has, h.Answers, h.Back, h.Until
	return b.checkReturn()
}

// checkReturn looks at what the head says of a question after a restore and of what is given back.
func (b *Bundle) checkReturn() error {
	switch {
	case b.Asks != "" && !isID(b.Asks) || b.Answers != "" && !isID(b.Answers):
		return badBundle("what it asks or answers is not 32 hex digits")
	case b.Has < 0 || b.Asks == "" && b.Has != 0:
		return badBundle("it says how much it has and asks nothing")
	case b.Back < 0 || b.Until < b.Back || b.Until-b.Back > MaxEntries:
		return badBundle(fmt.Sprintf("a bundle gives back 0 to %d entries in order", MaxEntries))
	case b.Back == b.Until && (b.Until != 0 || len(b.BackProof) > 0):
		return badBundle("it gives nothing back and says from where")
	case b.Until > 0 && (b.Answers == "" || len(b.Cosigned) == 0):
		return badBundle("it gives back what was not asked for, or without the checkpoint that proves it")
	}
	return nil
}

// reader takes a plain bundle apart; after its first error it yields nothing more.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) take(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n > len(r.rest) {
		r.err = badBundle("it ends too early")
		return nil
	}
	out := r.rest[:n:n]
	r.rest = r.rest[n:]
	return out
}

func (r *reader) block(limit int) []byte {
	size := r.take(4)
	if r.err != nil {
		return nil
	}
	n := binary.BigEndian.Uint32(size)
	if n > uint32(limit) {
		r.err = badBundle("a part of it is larger than allowed")
		return nil
	}
	return r.take(int(n))
}

func (r *reader) proof() (out tlog.TreeProof) {
	hashes := r.block(maxProof)
	if len(hashes)%tlog.HashSize != 0 {
		r.err = badBundle("its proof is not a row of hashes")
		return nil
	}
	for ; len(hashes) > 0; hashes = hashes[tlog.HashSize:] {
		out = append(out, tlog.Hash(hashes[:tlog.HashSize]))
	}
	return out
}

func (r *reader) entries(n int64) ([]Entry, error) {
	out := make([]Entry, 0, n)
	for range n {
		e, err := r.entry()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func (r *reader) entry() (Entry, error) {
	e := Entry{Raw: r.block(MaxHeader)}
	flag := r.take(1)
	if r.err != nil {
		return e, r.err
	}
	h, err := ParseHeader(e.Raw)
	if err != nil {
		return e, err
	}
	e.Header = *h
	switch flag[0] {
	case 0:
		e.Erased = true
	case 1:
		e.Salt, e.Body = r.take(SaltSize), r.block(MaxBody)
	default:
		return e, badBundle("an entry is neither present nor erased").At(h.ID)
	}
	if r.err != nil {
		return e, r.err
	}
	return e, e.CheckBody()
}

func badBundle(why string) *fault.Fault {
	return fault.New(fault.Invalid, "bundle", why, "nothing of it was stored; ask the partner to write it again")
}
