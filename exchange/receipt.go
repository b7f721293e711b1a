package exchange

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/tlog"

	"accord/internal/fault"
)

// MaxReceipt is the largest receipt in bytes.
const MaxReceipt = 4 << 10

// A Receipt proves that one entry was delivered: that the partner had durably stored it, and all before it, when it
// cosigned. It is checked with the two cards and nothing else.
type Receipt struct {
	Header    *Header   // what was delivered
	Index     int64     // its position in the writer's log
	Size      int64     // of the log the partner cosigned
	Writer    string    // who sent it
	Mirror    string    // who stored and cosigned it
	Delivered time.Time // the time in the cosignature, by the partner's clock
}

// WriteReceipt builds the text of a receipt.
func WriteReceipt(header []byte, index int64, path tlog.RecordProof, cosigned []byte) []byte {
	p := proof.TLogProof{Index: uint64(index), ExtraData: header, Checkpoint: cosigned}
	for _, h := range path {
		p.Hashes = append(p.Hashes, h)
	}
	return p.Marshal()
}

// OpenReceipt checks a receipt. cards gives the chain of a party's cards.
func OpenReceipt(data []byte, cards func(party string) (Chain, error)) (*Receipt, error) {
	if len(data) > MaxReceipt {
		return nil, badReceipt(fmt.Sprintf("larger than %d bytes", MaxReceipt))
	}
	var p proof.TLogProof
	if err := p.Unmarshal(data); err != nil {
		return nil, badReceipt("not a receipt: " + err.Error()).Because(err)
	}
	if !bytes.Equal(p.Marshal(), data) {
		return nil, badReceipt("not in its one form")
	}
	h, err := ParseHeader(p.ExtraData)
	if err != nil {
		return nil, err
	}
	origin, _, _ := strings.Cut(string(p.Checkpoint), "\n")
	writer, mirror, err := SplitOrigin(origin)
	if err != nil {
		return nil, err
	}
	writerCards, err := cards(writer)
	if err != nil {
		return nil, err
	}
	mirrorCards, err := cards(mirror)
	if err != nil {
		return nil, err
	}
	c, at, err := OpenCosigned(p.Checkpoint, writerCards, mirrorCards)
	if err != nil {
		return nil, err
	}
	if h.Unit != "" && !strings.HasPrefix(h.Unit, writer+"/") {
		return nil, badReceipt("its header names an office of another city")
	}
	path := make(tlog.RecordProof, len(p.Hashes))
	for i, hash := range p.Hashes {
		path[i] = hash
	}
	if int64(p.Index) < 0 || int64(p.Index) >= c.Size {
		return nil, badReceipt("its index lies outside the log")
	}
	if err := tlog.CheckRecord(path, c.Size, c.Root, int64(p.Index), h.LeafHash()); err != nil {
		return nil, badReceipt("its proof does not lead to the root both cities signed").Because(err)
	}
	return &Receipt{Header: h, Index: int64(p.Index), Size: c.Size, Writer: writer, Mirror: mirror, Delivered: at}, nil
}

func badReceipt(why string) *fault.Fault {
	return fault.New(fault.Invalid, "receipt", why, "ask the city that gave it to you for the receipt again")
}
