package backup

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"accord/internal/fault"
)

// A Reader reads a backup. What it gives is to be kept apart until Next has returned io.EOF and the Manifest was opened
// with the cards of its city.
type Reader struct {
	Head     Head
	Sealed   bool
	Manifest *Signed // set with io.EOF

	raw   *bufio.Reader // the payload, hashed as it is read
	whole hash.Hash
	want  [sha256.Size]byte
	zip   *zstd.Decoder

	parts   []Part
	part    *Part
	sum     hash.Hash
	pending *block // begins the next part
	rows    []byte // of the block that is being read
	width   int
}

type block struct {
	kind    byte
	content []byte
}

// An Item is a part as it is read: a file, or a table when it has columns.
type Item struct {
	Name    string
	Mode    fs.FileMode
	Columns []string
}

// File says whether it is a file.
func (i *Item) File() bool { return i.Columns == nil }

// NewReader reads the beginning of a backup of so many bytes. The identities open one that is sealed.
func NewReader(r io.ReaderAt, size int64, identities ...age.Identity) (*Reader, error) {
	start := make([]byte, len(magic))
	if size < int64(len(magic)+sha256.Size) {
		return nil, foreign()
	}
	if _, err := r.ReadAt(start, 0); err != nil || string(start) != magic {
		return nil, foreign()
	}
	b := &Reader{whole: sha256.New()}
	if _, err := r.ReadAt(b.want[:], size-sha256.Size); err != nil {
		return nil, damaged("its end cannot be read").Because(err)
	}
	b.raw = bufio.NewReaderSize(io.TeeReader(io.NewSectionReader(r, 0, size-sha256.Size), b.whole), 64<<10)
	if _, err := b.raw.Discard(len(magic)); err != nil {
		return nil, damaged("its beginning cannot be read").Because(err)
	}
	from, err := b.unseal(identities)
	if err != nil {
		return nil, err
	}
	if b.zip, err = zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderMaxMemory(64<<20)); err != nil {
		return nil, damaged("it cannot be inflated").Because(err)
	}
	first, err := b.next(maxBlock)
	if err != nil {
		return nil, err
	}
	if first.kind != blockHead {
		return nil, damaged("it does not begin with its head")
	}
	if err := strictly(first.content, &b.Head); err != nil {
		return nil, err
	}
	return b, b.Head.check()
}

func foreign() error {
	return fault.New(fault.Invalid, "backup", "it is not a backup of a node, or was cut off at once", "name the file that accord backup wrote")
}

// unseal opens the payload if it is sealed.
func (b *Reader) unseal(identities []age.Identity) (io.Reader, error) {
	start, err := b.raw.Peek(4)
	if err != nil {
		return nil, damaged("it was cut off")
	}
	if !bytes.Equal(start, []byte("age-")) {
		return b.raw, nil
	}
	b.Sealed = true
	if len(identities) == 0 {
		return nil, fault.New(fault.Refused, "backup", "it is sealed", "open it with --identity FILE or --passphrase-file FILE")
	}
	from, err := age.Decrypt(b.raw, identities...)
	if err != nil {
		return nil, fault.New(fault.Refused, "backup", "this key or passphrase does not open it", "use the one it was sealed to; if that is right, the file is damaged").Because(err)
	}
	return from, nil
}

// Close frees what the reader holds.
func (b *Reader) Close() { b.zip.Close() }

// next reads one block.
func (b *Reader) next(limit int) (*block, error) {
	var head [5]byte
	if _, err := io.ReadFull(b.zip, head[:]); err != nil {
		return nil, cut(err)
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > uint32(limit) {
		return nil, damaged("a block in it is larger than any that is written")
	}
	// Not made at its full size at once: the length is a foreign word.
	var content bytes.Buffer
	if _, err := io.CopyN(&content, b.zip, int64(n)); err != nil {
		return nil, cut(err)
	}
	if b.part != nil && head[0] == blockData {
		b.add(head[:], content.Bytes())
	}
	return &block{head[0], content.Bytes()}, nil
}

func (b *Reader) add(head, content []byte) {
	b.sum.Write(head)
	b.sum.Write(content)
	b.part.Bytes += int64(len(head) + len(content))
}

// cut is never io.EOF, which ends a part.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("it was cut off").Because(io.ErrUnexpectedEOF)
	}
	return damaged("it cannot be read on").Because(err)
}

// Next goes on to the next part, past what was not read of this one. After the last it checks the manifest against
// everything that was read and returns io.EOF.
func (b *Reader) Next() (*Item, error) {
	if err := b.skip(); err != nil {
		return nil, err
	}
	if b.part != nil {
		b.part.Sum = hex.EncodeToString(b.sum.Sum(nil))
		b.parts = append(b.parts, *b.part)
		b.part, b.rows = nil, nil
	}
	begins := b.pending
	b.pending = nil
	if begins.kind == blockManifest {
		return nil, b.finish(begins.content)
	}
	if len(b.parts) == maxParts {
		return nil, damaged("it has more parts than any that is written")
	}
	item, name, err := begin(begins)
	if err != nil {
		return nil, err
	}
	b.part, b.sum, b.width = &Part{Name: name}, sha256.New(), len(item.Columns)
	b.add(binary.BigEndian.AppendUint32([]byte{begins.kind}, uint32(len(begins.content))), begins.content)
	return item, nil
}

// skip reads what was not read of this part.
func (b *Reader) skip() (err error) {
	var row []any
	for b.pending == nil || len(b.rows) > 0 {
		if b.width > 0 {
			row, err = b.Row(row[:0])
		} else {
			_, err = b.data()
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	return nil
}

// data returns the next data of this part, io.EOF when another begins.
func (b *Reader) data() ([]byte, error) {
	if b.pending != nil {
		return nil, io.EOF
	}
	got, err := b.next(maxBlock)
	if err != nil {
		return nil, err
	}
	switch {
	case got.kind == blockData && b.part != nil:
		return got.content, nil
	case got.kind == blockFile || got.kind == blockTable || got.kind == blockManifest:
		b.pending = got
		return nil, io.EOF
	}
	return nil, damaged("a block in it stands where none belongs")
}

func begin(of *block) (*Item, string, error) {
	if of.kind == blockFile {
		var h fileHead
		if err := strictly(of.content, &h); err != nil {
			return nil, "", err
		}
		if !safeName(h.Name) || h.Mode > 0o777 {
			return nil, "", damaged("it names a file that no home has")
		}
		return &Item{Name: h.Name, Mode: fs.FileMode(h.Mode)}, "file " + h.Name, nil
	}
	var h tableHead
	if err := strictly(of.content, &h); err != nil {
		return nil, "", err
	}
	if len(h.Name) > maxName || len(h.Columns) == 0 || len(h.Columns) > maxColumns {
		return nil, "", damaged("it names a table without columns, or with too many, or by too long a name")
	}
	return &Item{Name: h.Name, Columns: h.Columns}, "table " + h.Name, nil
}

// safeName says whether a file may be written under this name in a home: nowhere else, and not hidden.
func safeName(name string) bool {
	if !fs.ValidPath(name) || name == "." || len(name) > maxName || strings.ContainsAny(name, "\\\x00") {
		return false
	}
	for dir := name; dir != "."; dir = path.Dir(dir) {
		if strings.HasPrefix(path.Base(dir), ".") {
			return false
		}
	}
	return true
}

// WriteTo writes the content of the file that Next has named.
func (b *Reader) WriteTo(w io.Writer) (n int64, err error) {
	for {
		data, err := b.data()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		m, err := w.Write(data)
		if n += int64(m); err != nil {
			return n, err
		}
	}
}

// Row appends the next row of the table that Next has named; io.EOF after the last.
func (b *Reader) Row(row []any) ([]any, error) {
	for len(b.rows) == 0 {
		data, err := b.data()
		if err != nil {
			return row, err
		}
		b.rows = data
	}
	for range b.width {
		v, rest, err := readValue(b.rows)
		if err != nil {
			return row, err
		}
		row, b.rows = append(row, v), rest
	}
	b.part.Rows++
	return row, nil
}

// finish checks the manifest and that nothing follows, and returns io.EOF.
func (b *Reader) finish(content []byte) error {
	s, err := readManifest(content)
	if err != nil {
		return err
	}
	if n, err := io.Copy(io.Discard, io.LimitReader(b.zip, 1)); n > 0 || err != nil {
		return damaged("something follows its manifest").Because(err)
	}
	if n, err := io.Copy(io.Discard, b.raw); n > 0 || err != nil {
		return damaged("something follows its end").Because(err)
	}
	if !bytes.Equal(b.whole.Sum(nil), b.want[:]) {
		return damaged("its bytes are not those that were written")
	}
	if s.Head != b.Head || len(s.Parts) != len(b.parts) {
		return damaged("its manifest is of another backup")
	}
	for i, p := range s.Parts {
		if p != b.parts[i] {
			return damaged(fmt.Sprintf("%s is not what its manifest says", clip(p.Name)))
		}
	}
	b.Manifest = s
	return io.EOF
}
