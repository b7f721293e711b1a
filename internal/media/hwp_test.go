package media_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"testing"
	"unicode/utf16"
)

// hwp writes the smallest compound file that Hangul's reader would take: a header with these properties, and a script.
func hwp(t testing.TB, flags uint32, script string) []byte {
	t.Helper()
	const sector, free, end = 512, 0xffffffff, 0xfffffffe
	header := make([]byte, 256)
	copy(header, "HWP Document File")
	binary.LittleEndian.PutUint32(header[32:], 0x05010000)
	binary.LittleEndian.PutUint32(header[36:], flags)
	var text bytes.Buffer
	for _, s := range []string{"var Documents = XHwpDocuments;", script, ""} {
		u := utf16.Encode([]rune(s))
		binary.Write(&text, binary.LittleEndian, uint32(len(u)))
		binary.Write(&text, binary.LittleEndian, u)
	}
	binary.Write(&text, binary.LittleEndian, uint32(0xffffffff))
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, 6)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(text.Bytes())
	w.Close()

	// Sector 0 the table, 1 and 2 the folder, then the streams, each long enough to have sectors of its own.
	streams := [][]byte{append(header, make([]byte, 4096-256)...), append(packed.Bytes(), make([]byte, 4096)...)}
	fat := []uint32{0xfffffffd, 2, end}
	starts := make([]uint32, len(streams))
	var body bytes.Buffer
	for i, s := range streams {
		s = append(s, make([]byte, (sector-len(s)%sector)%sector)...)
		starts[i] = uint32(len(fat))
		for n := len(s) / sector; n > 1; n-- {
			fat = append(fat, uint32(len(fat)+1))
		}
		fat = append(fat, end)
		streams[i] = s
		body.Write(s)
	}
	for len(fat) < sector/4 {
		fat = append(fat, free)
	}
	var out bytes.Buffer
	le := func(v any) { binary.Write(&out, binary.LittleEndian, v) }
	out.WriteString("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	out.Write(make([]byte, 16))
	le([]uint16{0x3e, 3, 0xfffe, 9, 6})
	out.Write(make([]byte, 6))
	le([]uint32{0, 1, 1, 0, 4096, end, 0, end, 0, 0})
	for i := 1; i < 109; i++ {
		le(uint32(free))
	}
	le(fat)
	dir := func(name string, kind byte, left, right, child, start uint32, size uint64) {
		u := utf16.Encode([]rune(name + "\x00"))
		raw := make([]uint16, 32)
		copy(raw, u)
		le(raw)
		le(uint16(len(u) * 2))
		out.Write([]byte{kind, 1})
		le([]uint32{left, right, child})
		out.Write(make([]byte, 36))
		le(start)
		le(size)
	}
	dir("Root Entry", 5, free, free, 1, end, 0)
	dir("FileHeader", 2, free, 2, free, starts[0], uint64(len(streams[0])))
	dir("Scripts", 1, free, free, 3, 0, 0)
	dir("DefaultJScript", 2, free, free, free, starts[1], uint64(len(streams[1])))
	for range 4 {
		dir("", 0, free, free, free, 0, 0)
	}
	out.Write(body.Bytes())
	return out.Bytes()
}
