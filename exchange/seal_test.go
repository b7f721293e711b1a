package exchange_test

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"accord/exchange"
	"accord/internal/fault"
)

// sealPacked seals what only claims to be a compressed bundle.
func sealPacked(t *testing.T, to *city, packed []byte) []byte {
	t.Helper()
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to.sealing.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(packed); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return sealed.Bytes()
}

// zeros is a frame of n zeros as blocks that say one byte and how often. It says that it holds claimed bytes, or nothing
// of the kind where claimed is negative.
func zeros(n, claimed int64) []byte {
	const block = 128 << 10
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd}
	if claimed < 0 {
		frame = append(frame, 0, 10<<3) // no size; a window of 1 MiB
	} else {
		frame = binary.LittleEndian.AppendUint64(append(frame, 3<<6, 10<<3), uint64(claimed))
	}
	for n > 0 {
		size := min(n, block)
		n -= size
		b := uint32(size)<<3 | 1<<1
		if n == 0 {
			b |= 1
		}
		frame = append(frame, byte(b), byte(b>>8), byte(b>>16), 0)
	}
	return frame
}

func packer(t *testing.T, o ...zstd.EOption) *zstd.Encoder {
	t.Helper()
	e, err := zstd.NewWriter(nil, o...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestSealedIsOneFrame: exactly one frame with its size is read; anything else is refused, and costs no more memory than
// its own size says.
func TestSealedIsOneFrame(t *testing.T) {
	west := newCity(t, "west")
	e := packer(t, zstd.WithSingleSegment(true))
	one, other := e.EncodeAll([]byte("one bundle"), nil), e.EncodeAll([]byte("another"), nil)
	skippable := []byte{0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4}
	streamed := func(plain []byte) []byte {
		var b bytes.Buffer
		w, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(plain)
		w.Flush() // so that it cannot know the size
		w.Write(plain)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	const size = 300 << 10 // the hand-made frames are frames
	plain, err := exchange.Unseal(sealPacked(t, west, zeros(size, size)), west.sealing)
	if err != nil || !bytes.Equal(plain, make([]byte, size)) || cap(plain) > size+size/8 {
		t.Errorf("%d bytes of %d: %v", len(plain), cap(plain), err)
	}
	const gib = 1 << 30
	for _, c := range []struct {
		name   string
		packed []byte
		why    string
	}{
		{"two frames", append(bytes.Clone(one), other...), "not exactly one frame"},
		{"a skippable frame after", append(bytes.Clone(one), skippable...), "not exactly one frame"},
		{"a skippable frame before", append(bytes.Clone(skippable), one...), "not compressed as it should be"},
		{"a byte after", append(bytes.Clone(one), 0), "not exactly one frame"},
		{"a byte less", one[:len(one)-1], "not exactly one frame"},
		{"nothing", nil, "not compressed as it should be"},
		{"no size", streamed([]byte("one bundle")), "does not say how large it is"},
		{"no size, 1 GiB", zeros(gib, -1), "does not say how large it is"},
		{"1 GiB", zeros(gib, gib), "inflates to more than"},
		{"1 GiB that claims to be a byte", zeros(gib, 1), "cannot be inflated"},
		{"1 GiB that claims to be a MiB", zeros(gib, 1<<20), "cannot be inflated"},
		{"a byte more than allowed", zeros(exchange.MaxPlain+1, exchange.MaxPlain+1), "inflates to more than"},
		{"less than it claims", zeros(10, 11), "cannot be inflated"},
		{"a window of 128 MiB", func() []byte { f := zeros(10, 10); f[5] = 17 << 3; return f }(), "cannot be inflated"},
	} {
		sealed := sealPacked(t, west, c.packed)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := exchange.Unseal(sealed, west.sealing)
		runtime.ReadMemStats(&after)
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", c.name, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
			t.Errorf("%s: %d bytes allocated for %d", c.name, n, len(sealed))
		}
	}
}

// TestSealSaysItsSize: what we write ourselves is read, whatever its size.
func TestSealSaysItsSize(t *testing.T) {
	west := newCity(t, "west")
	for _, size := range []int{1, 255, 256, 65_535, 70_000, 1 << 20, 1<<20 + 1, 9 << 20} {
		plain := bytes.Repeat([]byte("city"), size/4+1)[:size]
		sealed, err := exchange.Seal(plain, west.card)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := exchange.Unseal(sealed, west.sealing); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %d come back: %v", size, len(got), err)
		}
	}
}
