package exchange

import (
	"bytes"
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
}

// bundleHead is the first block; its fields are in the order of the protocol.
type bundleHead struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Card  int    `json:"card"`
	Start int64  `json:"start"`
	End   int64  `json:"end"`
}

// Encode is the plain form of the bundle.
func (b *Bundle) Encode() ([]byte, error) {
	head, err := json.Marshal(bundleHead{b.From, b.To, b.Card, b.Start, b.End})
	if err != nil {
		return nil, err
	}
	size := len(bundleMagic) + len(head) + len(b.Checkpoint) + len(b.Cosigned) + len(b.Proof)*tlog.HashSize + 16
	for i := range b.Entries {
		size += len(b.Entries[i].Raw) + len(b.Entries[i].Body) + SaltSize + 9
	}
	if size > MaxPlain {
		return nil, badBundle(fmt.Sprintf("%d bytes are more than a bundle holds", size))
	}
	out := make([]byte, 0, size)
	out = append(out, bundleMagic...)
	out = appendBlock(out, head)
	out = appendBlock(out, b.Checkpoint)
	out = binary.BigEndian.AppendUint32(out, uint32(len(b.Proof)*tlog.HashSize))
	for _, h := range b.Proof {
		out = append(out, h[:]...)
	}
	out = appendBlock(out, b.Cosigned)
	for i := range b.Entries {
		out = appendEntry(out, &b.Entries[i])
	}
	return out, nil
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
	proof := r.block(maxProof)
	b.Cosigned = r.block(MaxCheckpoint)
	if r.err != nil {
		return nil, r.err
	}
	if err := b.decodeHead(head); err != nil {
		return nil, err
	}
	if len(proof)%tlog.HashSize != 0 {
		return nil, badBundle("its proof is not a row of hashes")
	}
	for ; len(proof) > 0; proof = proof[tlog.HashSize:] {
		b.Proof = append(b.Proof, tlog.Hash(proof[:tlog.HashSize]))
	}
	b.Entries = make([]Entry, 0, b.End-b.Start)
	for i := b.Start; i < b.End; i++ {
		e, err := r.entry()
		if err != nil {
			return nil, err
		}
		b.Entries = append(b.Entries, e)
	}
	if len(r.rest) > 0 {
		return nil, badBundle("something follows its last entry")
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
