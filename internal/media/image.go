package media

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// maxPixels keeps a small file from becoming a picture that fills a machine's memory.
const maxPixels = 1 << 28

// png wants a chain of chunks from the signature to the end, each with its sum, and nothing after.
func png(f *file) error {
	in := bufio.NewReaderSize(io.NewSectionReader(f, 0, f.size), 64<<10)
	var head [8]byte
	if _, err := io.ReadFull(in, head[:]); err != nil || string(head[:]) != "\x89PNG\r\n\x1a\n" {
		return f.is(false, "a PNG picture")
	}
	for n := 0; ; n++ {
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return f.is(false, "a whole PNG picture")
		}
		kind, size := string(head[4:]), int64(binary.BigEndian.Uint32(head[:4]))
		if size > f.size || (n == 0) != (kind == "IHDR") {
			return f.is(false, "a PNG picture: its chunks are not in order")
		}
		sum := crc32.NewIEEE()
		sum.Write(head[4:])
		var body bytes.Buffer
		to := io.Writer(sum)
		if kind == "IHDR" {
			to = io.MultiWriter(sum, &body)
		}
		if _, err := io.CopyN(to, in, size); err != nil {
			return f.is(false, "a whole PNG picture")
		}
		var want [4]byte
		if _, err := io.ReadFull(in, want[:]); err != nil || binary.BigEndian.Uint32(want[:]) != sum.Sum32() {
			return f.is(false, "a PNG picture: a chunk is damaged")
		}
		switch kind {
		case "IHDR":
			if body.Len() != 13 {
				return f.is(false, "a PNG picture")
			}
			if err := f.pixels(binary.BigEndian.Uint32(body.Bytes()), binary.BigEndian.Uint32(body.Bytes()[4:])); err != nil {
				return err
			}
		case "IEND":
			return f.ends(in)
		}
	}
}

func (f *file) pixels(w, h uint32) error {
	if w == 0 || h == 0 || uint64(w)*uint64(h) > maxPixels {
		return f.refused("the picture is too large to be shown")
	}
	return nil
}

// ends wants nothing after what was read.
func (f *file) ends(in io.ByteReader) error {
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		return f.is(false, "that alone: something follows its end")
	}
	return nil
}

// jpeg wants segments from the start of the picture to its end. Another picture may follow, as cameras write it; nothing else.
func jpeg(f *file) error {
	in := bufio.NewReaderSize(io.NewSectionReader(f, 0, f.size), 64<<10)
	for n := 0; ; n++ {
		var start [2]byte
		switch _, err := io.ReadFull(in, start[:]); {
		case n > 0 && errors.Is(err, io.EOF):
			return nil
		case err != nil || start != [2]byte{0xff, 0xd8}:
			return f.is(false, "a JPEG picture alone")
		}
		if err := f.segments(in); err != nil {
			return err
		}
	}
}

// segments reads one picture after its start up to its end.
func (f *file) segments(in *bufio.Reader) error {
	bad := func() error { return f.is(false, "a whole JPEG picture") }
	marker, err := nextMarker(in)
	for ; err == nil; marker, err = nextMarker(in) {
		for marker == 0xda { // the coded picture ends with the next marker
			if _, err := segment(in); err != nil {
				return bad()
			}
			if marker, err = skipScan(in); err != nil {
				return bad()
			}
		}
		switch {
		case marker == 0xd9:
			return nil
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd7:
			continue
		case marker == 0xd8:
			return bad()
		}
		body, err := segment(in)
		if err != nil {
			return bad()
		}
		if marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc {
			if len(body) < 5 {
				return bad()
			}
			if err := f.pixels(uint32(binary.BigEndian.Uint16(body[3:])), uint32(binary.BigEndian.Uint16(body[1:]))); err != nil {
				return err
			}
		}
	}
	return bad()
}

// nextMarker reads a marker: one or more 0xff and a byte.
func nextMarker(in *bufio.Reader) (byte, error) {
	b, err := in.ReadByte()
	if err != nil || b != 0xff {
		return 0, errors.Join(err, errors.New("no marker"))
	}
	for b == 0xff && err == nil {
		b, err = in.ReadByte()
	}
	return b, err
}

// segment reads what a marker introduces.
func segment(in *bufio.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(in, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint16(length[:])
	if n < 2 {
		return nil, errors.New("no length")
	}
	body := make([]byte, n-2)
	_, err := io.ReadFull(in, body)
	return body, err
}

// skipScan reads the coded picture up to the next marker that is none of its own, and that marker.
func skipScan(in *bufio.Reader) (byte, error) {
	for {
		b, err := in.ReadByte()
		for b == 0xff && err == nil {
			if b, err = in.ReadByte(); err == nil && b != 0 && b != 0xff && !(b >= 0xd0 && b <= 0xd7) {
				return b, nil
			}
		}
		if err != nil {
			return 0, err
		}
	}
}
