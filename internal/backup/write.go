package backup

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"accord/internal/fault"
	"accord/internal/signed"
)

// Kinds of blocks.
const (
	blockHead     = 'H'
	blockFile     = 'F'
	blockTable    = 'T'
	blockData     = 'D'
	blockManifest = 'M'
)

// A Writer writes a backup from its head to its manifest. It keeps one block in memory.
type Writer struct {
	raw      io.Writer // magic, payload and, in the end, its own hash
	whole    hash.Hash
	seal     io.WriteCloser // nil where it is not sealed
	zip      *zstd.Encoder
	manifest Manifest
	key      ed25519.PrivateKey

	part   *Part
	sum    hash.Hash
	buffer []byte
	width  int // columns of the table that is being written
}

// NewWriter begins a backup on w, sealed to the recipients if there are any. log is the key that signs it.
func NewWriter(w io.Writer, head Head, log ed25519.PrivateKey, recipients ...age.Recipient) (*Writer, error) {
	b := &Writer{whole: sha256.New(), manifest: Manifest{Head: head, Parts: []Part{}}, key: log}
	b.raw = io.MultiWriter(w, b.whole)
	if _, err := io.WriteString(b.raw, magic); err != nil {
		return nil, err
	}
	into := b.raw
	if len(recipients) > 0 {
		seal, err := age.Encrypt(b.raw, recipients...)
		if err != nil {
			return nil, err
		}
		b.seal, into = seal, seal
	}
	var err error
	if b.zip, err = zstd.NewWriter(into, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithEncoderCRC(true)); err != nil {
		return nil, err
	}
	h, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	return b, b.block(blockHead, h)
}

// block writes one block and adds it to the part that is being written.
func (b *Writer) block(kind byte, content []byte) error {
	head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(content)))
	if b.part != nil {
		b.sum.Write(head)
		b.sum.Write(content)
		b.part.Bytes += int64(len(head) + len(content))
	}
	if len(content) > maxBlock {
		return fmt.Errorf("a block of %d bytes is more than a backup can hold", len(content))
	}
	_, err := b.zip.Write(head)
	return errors.Join(err, second(b.zip.Write(content)))
}

func second(_ int, err error) error { return err }

// What stands in the block that begins a part.
type (
	fileHead struct {
		Name string `json:"name"` // from the home, with slashes
		Mode uint32 `json:"mode"`
	}
	tableHead struct {
		Name    string   `json:"name"`
		Columns []string `json:"columns"`
	}
)

func (b *Writer) begin(kind byte, name string, head any) error {
	if err := b.end(); err != nil {
		return err
	}
	text, err := json.Marshal(head)
	if err != nil {
		return err
	}
	b.part, b.sum = &Part{Name: name}, sha256.New()
	return b.block(kind, text)
}

// end closes the part that is being written.
func (b *Writer) end() error {
	if b.part == nil {
		return nil
	}
	if err := b.flush(); err != nil {
		return err
	}
	b.part.Sum = hex.EncodeToString(b.sum.Sum(nil))
	b.manifest.Parts = append(b.manifest.Parts, *b.part)
	b.part = nil
	return nil
}

func (b *Writer) flush() error {
	if len(b.buffer) == 0 {
		return nil
	}
	err := b.block(blockData, b.buffer)
	b.buffer = b.buffer[:0]
	return err
}

// File writes a file of the home. Files come before tables. A name that no reader takes is refused: such a backup would be
// found useless on the day it is needed.
func (b *Writer) File(name string, mode fs.FileMode, content io.Reader) error {
	if !safeName(name) {
		return fault.New(fault.Invalid, "file of the home", fmt.Sprintf("%.100q is not a name that a backup can hold", name), "rename it, or move it out of the home")
	}
	if err := b.begin(blockFile, "file "+name, fileHead{name, uint32(mode.Perm())}); err != nil {
		return err
	}
	chunk := make([]byte, fullBlock)
	for {
		n, err := io.ReadFull(content, chunk)
		if n > 0 {
			if err := b.block(blockData, chunk[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Table begins a table.
func (b *Writer) Table(name string, columns []string) error {
	b.width = len(columns)
	return b.begin(blockTable, "table "+name, tableHead{name, columns})
}

// Row writes a row of the table that was begun.
func (b *Writer) Row(row []any) (err error) {
	if len(row) != b.width {
		return errors.New("a row is not as wide as its table")
	}
	for _, v := range row {
		if b.buffer, err = appendValue(b.buffer, v); err != nil {
			return err
		}
	}
	b.part.Rows++
	if len(b.buffer) < fullBlock {
		return nil
	}
	return b.flush()
}

// Close signs and writes the manifest. Without it a backup is not one.
func (b *Writer) Close() (*Manifest, error) {
	if err := b.end(); err != nil {
		return nil, err
	}
	note, err := b.manifest.sign(signed.Signer(signer(b.manifest.Party), b.key))
	if err != nil {
		return nil, err
	}
	if err := errors.Join(b.block(blockManifest, note), b.zip.Close()); err != nil {
		return nil, err
	}
	if b.seal != nil {
		if err := b.seal.Close(); err != nil {
			return nil, err
		}
	}
	_, err = b.raw.Write(b.whole.Sum(nil))
	return &b.manifest, err
}
