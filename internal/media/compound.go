package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf16"
)

// Words of the table of sectors in a compound file.
const (
	noSector = 0xfffffffa // and above: not the number of a sector
)

// A compound is a file of named streams, the form of older office documents. Every chain in it is followed at most as far as
// the file is long.
type compound struct {
	*file
	sector  int64
	table   []uint32
	mini    []uint32 // the table of small sectors, and what they lie in
	small   []byte
	cutoff  uint64
	streams []stream
}

// A stream is one entry of the folder; where it lies in the tree is not looked at.
type stream struct {
	name  string
	kind  byte
	start uint32
	size  uint64
}

var errCompound = errors.New("not a compound file")

// compound reads the tables of a compound file.
func (f *file) compound() (*compound, error) {
	h, err := f.head(512)
	if err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	if len(h) < 512 || !bytes.HasPrefix(h, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) || le.Uint16(h[28:]) != 0xfffe || le.Uint16(h[30:]) != 9 && le.Uint16(h[30:]) != 12 || le.Uint16(h[32:]) != 6 {
		return nil, errCompound
	}
	c := &compound{file: f, sector: 1 << le.Uint16(h[30:]), cutoff: uint64(le.Uint32(h[56:]))}
	places := words(h[76:512])
	for at, n := le.Uint32(h[68:]), int64(0); at < noSector; n++ { // the table's own places go on in sectors
		b, err := c.at(at)
		if err != nil || n > f.size/c.sector {
			return nil, errors.Join(errCompound, err)
		}
		w := words(b)
		places, at = append(places, w[:len(w)-1]...), w[len(w)-1]
	}
	for _, p := range places {
		if p >= noSector {
			continue
		}
		b, err := c.at(p)
		if err != nil || int64(len(c.table)) > f.size/c.sector*2+1024 {
			return nil, errors.Join(errCompound, err)
		}
		c.table = append(c.table, words(b)...)
	}
	folder, err := c.chain(le.Uint32(h[48:]), -1)
	if err != nil {
		return nil, err
	}
	for ; len(folder) >= 128; folder = folder[128:] {
		c.folder(folder[:128])
	}
	return c, c.minis(le.Uint32(h[60:]))
}

// folder reads one entry of the folder.
func (c *compound) folder(e []byte) {
	le := binary.LittleEndian
	n := min(int(le.Uint16(e[64:])), 64) / 2
	if n < 1 || e[66] == 0 {
		return
	}
	name := make([]uint16, n-1)
	for i := range name {
		name[i] = le.Uint16(e[2*i:])
	}
	size := le.Uint64(e[120:])
	if c.sector == 512 {
		size &= 0xffffffff
	}
	c.streams = append(c.streams, stream{string(utf16.Decode(name)), e[66], le.Uint32(e[116:]), size})
}

// minis reads the table of small sectors, and the root's stream that they lie in.
func (c *compound) minis(start uint32) error {
	b, err := c.chain(start, -1)
	if err != nil {
		return err
	}
	c.mini = words(b)
	if len(c.streams) == 0 || c.streams[0].kind != 5 || c.streams[0].size > maxInner {
		return errCompound
	}
	c.small, err = c.chain(c.streams[0].start, int64(c.streams[0].size))
	return err
}

func words(b []byte) []uint32 {
	out := make([]uint32, len(b)/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return out
}

// at reads a sector.
func (c *compound) at(n uint32) ([]byte, error) {
	off := (int64(n) + 1) * c.sector
	if off+c.sector > c.size {
		return nil, errCompound
	}
	return c.span(off, c.sector)
}

// chain reads a chain of sectors, up to so many bytes; all of it for -1. A chain longer than the file runs in a circle.
func (c *compound) chain(at uint32, most int64) (out []byte, err error) {
	for at < noSector && (most < 0 || int64(len(out)) < most) {
		b, err := c.at(at)
		if err != nil {
			return nil, err
		}
		if out = append(out, b...); int64(len(out)) > min(c.size, maxInner) || int64(at) >= int64(len(c.table)) {
			return nil, errCompound
		}
		at = c.table[at]
	}
	if most >= 0 && int64(len(out)) > most {
		out = out[:most]
	}
	return out, nil
}

// read returns the first bytes of a stream, at most so many.
func (c *compound) read(s stream, most int64) ([]byte, error) {
	most = min(most, int64(min(s.size, 1<<40)))
	if s.size >= c.cutoff {
		return c.chain(s.start, most)
	}
	var out []byte
	for at := s.start; at < noSector && int64(len(out)) < most; at = c.mini[at] {
		off := int64(at) * 64
		if off+64 > int64(len(c.small)) || int64(at) >= int64(len(c.mini)) || len(out) > len(c.small) {
			return nil, errCompound
		}
		out = append(out, c.small[off:off+64]...)
	}
	return out[:min(int64(len(out)), most)], nil
}
