package series

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"math/bits"
	"sync"

	"github.com/klauspost/compress/zstd"

	"accord/record"
)

// A packed body is one byte that says how it is written, the points column by column, and four bytes of CRC-32C over all
// before them. Every point comes back as it was, bit by bit.
//
// Times are multiples of their greatest common step, as differences of differences in runs: a regular series is two numbers.
// Offsets and qualities are runs. Values that all are decimal fractions of at most fifteen places are whole numbers of that
// place, as differences; others are the bits that changed, byte plane by byte plane. Where it helps, zstd comes over it.
const (
	plain  = 1
	packed = 2 // plain, compressed
)

// worthwhile is how many bytes a body must have before compressing is tried: a row of the tail is mostly shorter.
const worthwhile = 96

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	encoder    = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(64<<10), zstd.WithEncoderCRC(false))
		if err != nil {
			panic(err) // only wrong options fail
		}
		return e
	})
	decoder = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			panic(err)
		}
		return d
	})
)

// Pack appends the packed form of points, which are in the order of time, to b.
func Pack(b []byte, points []record.Point) []byte {
	start := len(b)
	b = append(b, plain)
	b = binary.AppendUvarint(b, uint64(len(points)))
	b = packTimes(b, points)
	b = packRuns(b, points, func(p *record.Point) int64 { return int64(p.Offset) })
	b = packRuns(b, points, func(p *record.Point) int64 { return int64(p.Quality) })
	b = packValues(b, points)
	if len(b)-start > worthwhile {
		if z := encoder().EncodeAll(b[start+1:], make([]byte, 0, len(b)-start)); len(z) < len(b)-start-1 {
			b = append(append(b[:start], packed), z...)
		}
	}
	return append(b[:start], seal(b[start:])...)
}

// seal ends a body with its checksum.
func seal(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func packTimes(b []byte, points []record.Point) []byte {
	if len(points) == 0 {
		return b
	}
	unit := uint64(0)
	for i := 1; i < len(points); i++ {
		unit = gcd(uint64(points[i].At-points[i-1].At), unit)
	}
	unit = max(unit, 1)
	b = binary.AppendVarint(b, points[0].At)
	b = binary.AppendUvarint(b, unit)
	before, again, repeats := int64(0), int64(0), uint64(0)
	for i := 1; i < len(points); i++ {
		step := int64(uint64(points[i].At-points[i-1].At) / unit)
		if dd := step - before; dd == again && i > 1 {
			repeats++
		} else {
			if i > 1 {
				b = binary.AppendUvarint(binary.AppendVarint(b, again), repeats)
			}
			again, repeats = dd, 0
		}
		before = step
	}
	if len(points) > 1 {
		b = binary.AppendUvarint(binary.AppendVarint(b, again), repeats)
	}
	return b
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func packRuns(b []byte, points []record.Point, of func(*record.Point) int64) []byte {
	for i := 0; i < len(points); {
		v, n := of(&points[i]), 1
		for i+n < len(points) && of(&points[i+n]) == v {
			n++
		}
		b = binary.AppendUvarint(binary.AppendVarint(b, v), uint64(n))
		i += n
	}
	return b
}

// raw stands where the decimal place would when values are no decimal fractions.
const raw = 255

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// decimal returns the value as a whole number of the decimal place; false when that does not give back the same bits.
func decimal(v float64, place int) (int64, bool) {
	scaled := math.Round(v * powers[place])
	if math.Abs(scaled) >= 1<<53 {
		return 0, false
	}
	n := int64(scaled)
	return n, math.Float64bits(float64(n)/powers[place]) == math.Float64bits(v)
}

func packValues(b []byte, points []record.Point) []byte {
	place := 0
	for i := range points {
		for place < len(powers) {
			if _, ok := decimal(points[i].Value, place); ok {
				break
			}
			place++
		}
		if place == len(powers) {
			return packBits(append(b, raw), points)
		}
	}
	start := len(b)
	b = append(b, byte(place))
	before := int64(0)
	for i := range points {
		n, ok := decimal(points[i].Value, place)
		if !ok { // exact at a lower place and not at this one
			return packBits(append(b[:start], raw), points)
		}
		b = binary.AppendVarint(b, n-before)
		before = n
	}
	return b
}

func packBits(b []byte, points []record.Point) []byte {
	for plane := 56; plane >= 0; plane -= 8 {
		before := uint64(0)
		for i := range points {
			v := math.Float64bits(points[i].Value)
			b = append(b, byte((v^before)>>plane))
			before = v
		}
	}
	return b
}

var errDamaged = errors.New("a stored row of observations is damaged")

// Unpack appends the points of a packed body to points.
func Unpack(points []record.Point, body []byte) ([]record.Point, error) {
	if len(body) < 6 || crc32.Checksum(body[:len(body)-4], castagnoli) != binary.LittleEndian.Uint32(body[len(body)-4:]) {
		return nil, errDamaged
	}
	form, body := body[0], body[1:len(body)-4]
	if form == packed {
		var err error
		if body, err = decoder().DecodeAll(body, nil); err != nil {
			return nil, errDamaged
		}
	} else if form != plain {
		return nil, errDamaged
	}
	u := unpacker{b: body}
	n := u.uvarint()
	if n > maxPoints {
		return nil, errDamaged
	}
	start := len(points)
	points = append(points, make([]record.Point, n)...)
	u.times(points[start:])
	u.runs(points[start:], func(p *record.Point, v int64) { p.Offset = int16(v) })
	u.runs(points[start:], func(p *record.Point, v int64) { p.Quality = int16(v) })
	u.values(points[start:])
	if u.bad || len(u.b) > 0 {
		return nil, errDamaged
	}
	return points, nil
}

// maxPoints is how many points a row holds at most: those of one series of a batch.
const maxPoints = record.MaxPoints

type unpacker struct {
	b   []byte
	bad bool
}

func (u *unpacker) uvarint() uint64 {
	v, n := binary.Uvarint(u.b)
	if n <= 0 {
		u.bad, u.b = true, nil
		return 0
	}
	u.b = u.b[n:]
	return v
}

func (u *unpacker) varint() int64 {
	v := u.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (u *unpacker) times(points []record.Point) {
	if len(points) == 0 {
		return
	}
	at := u.varint()
	unit := u.uvarint()
	points[0].At = at
	step := int64(0)
	for i := 1; i < len(points) && !u.bad; {
		dd, repeats := u.varint(), u.uvarint()
		for range repeats + 1 {
			if i == len(points) {
				u.bad = true
				return
			}
			step += dd
			if hi, lo := bits.Mul64(uint64(step), unit); hi == 0 {
				at += int64(lo)
			} else {
				u.bad = true
				return
			}
			points[i].At = at
			i++
		}
	}
}

func (u *unpacker) runs(points []record.Point, set func(*record.Point, int64)) {
	for i := 0; i < len(points) && !u.bad; {
		v, n := u.varint(), u.uvarint()
		if n == 0 || n > uint64(len(points)-i) {
			u.bad = true
			return
		}
		for range n {
			set(&points[i], v)
			i++
		}
	}
}

func (u *unpacker) values(points []record.Point) {
	if len(u.b) == 0 {
		u.bad = u.bad || len(points) > 0
		return
	}
	place := u.b[0]
	u.b = u.b[1:]
	switch {
	case place == raw:
		u.bits(points)
	case int(place) >= len(powers):
		u.bad = true
	default:
		n := int64(0)
		for i := range points {
			n += u.varint()
			points[i].Value = float64(n) / powers[place]
		}
	}
}

func (u *unpacker) bits(points []record.Point) {
	n := len(points)
	if len(u.b) != 8*n {
		u.bad = true
		return
	}
	before := uint64(0)
	for i := range points {
		v := uint64(0)
		for plane := range 8 {
			v = v<<8 | uint64(u.b[plane*n+i])
		}
		before ^= v
		points[i].Value = math.Float64frombits(before)
	}
	u.b = nil
}
