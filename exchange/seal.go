package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"accord/internal/fault"
)

// encoder is one and kept because it holds megabytes of tables. Its EncodeAll is safe from many goroutines.
var encoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20),
		zstd.WithSingleSegment(true)) // else a small frame would not say its size
	if err != nil {
		panic(err) // only wrong options fail
	}
	return e
})

// Seal compresses a plain bundle and seals it to the recipient's sealing key.
func Seal(plain []byte, to *Card) ([]byte, error) {
	recipient, err := age.ParseX25519Recipient(to.Sealing)
	if err != nil {
		return nil, err
	}
	packed := encoder().EncodeAll(plain, make([]byte, 0, len(plain)/2+1024))
	var out bytes.Buffer
	out.Grow(len(packed) + len(packed)/1000 + 1024)
	w, err := age.Encrypt(&out, recipient)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(packed); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if out.Len() > MaxSealed {
		return nil, fault.New(fault.Invalid, "bundle", fmt.Sprintf("%d bytes sealed are more than %d", out.Len(), MaxSealed), "send fewer entries at a time")
	}
	return out.Bytes(), nil
}

// maxSealHead bounds what a bundle is sealed with: it is sealed to one key, and each that is named costs a try with each of ours.
const maxSealHead = 4 << 10

// Unseal opens a sealed bundle with any of the node's sealing keys and inflates it within the limit.
func Unseal(sealed []byte, keys ...age.Identity) ([]byte, error) {
	if len(sealed) > MaxSealed {
		return nil, badBundle(fmt.Sprintf("larger than %d bytes", MaxSealed))
	}
	if !bytes.Contains(sealed[:min(len(sealed), maxSealHead)], []byte("\n--- ")) {
		return nil, badBundle("not a sealed bundle, or changed on the way")
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), keys...)
	if errors.As(err, new(*age.NoIdentityMatchError)) {
		return nil, fault.New(fault.Refused, "bundle", "it is sealed to another node, or its first bytes were changed",
			"check with the sender that it was written for this city and to this city's present card").Because(err)
	}
	if err != nil {
		return nil, badBundle("not a sealed bundle, or changed on the way").Because(err)
	}
	packed, err := io.ReadAll(r)
	if err != nil {
		return nil, badBundle("changed or cut off on the way").Because(err)
	}
	return inflate(packed)
}

// inflate reads exactly one zstd frame that says how large its content is, and nothing after it. It allocates what the frame
// says, once it is known to be allowed.
func inflate(packed []byte) ([]byte, error) {
	var head zstd.Header
	if err := head.Decode(packed); err != nil || head.Skippable {
		return nil, badBundle("its content is not compressed as it should be").Because(err)
	}
	switch {
	case !head.HasFCS:
		return nil, badBundle("its compressed content does not say how large it is")
	case head.FrameContentSize > MaxPlain:
		return nil, badBundle(fmt.Sprintf("it inflates to more than %d bytes", MaxPlain))
	}
	if end, ok := frameEnd(packed, &head); !ok || end != len(packed) {
		return nil, badBundle("its compressed content is not exactly one frame")
	}
	size := int(head.FrameContentSize)
	// A window costs no memory of its own here: what was inflated is the window. The decoder stops at the frame's size.
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxPlain), zstd.WithDecoderMaxWindow(MaxPlain))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	plain, err := d.DecodeAll(packed, make([]byte, 0, size))
	if err != nil || len(plain) != size {
		return nil, badBundle("its content cannot be inflated").Because(err)
	}
	return plain, nil
}

// frameEnd returns where the frame at the beginning of packed ends: it goes from block to block without looking into them.
func frameEnd(packed []byte, head *zstd.Header) (end int, ok bool) {
	const raw, rle, compressed = 0, 1, 2
	at := head.HeaderSize
	for last := false; !last; {
		if at+3 > len(packed) {
			return 0, false
		}
		b := int(packed[at]) | int(packed[at+1])<<8 | int(packed[at+2])<<16
		last = b&1 == 1
		at += 3
		switch b >> 1 & 3 {
		case raw, compressed:
			at += b >> 3
		case rle:
			at++
		default:
			return 0, false
		}
	}
	if head.HasCheckSum {
		at += 4
	}
	return at, at <= len(packed)
}
