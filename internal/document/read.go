package document

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/link"
)

// A Reader reads the file of a document, part by part, wherever its parts lie. It holds one part at a time.
type Reader struct {
	ctx    context.Context
	db     *db.DB
	doc    *Kept
	origin string
	n      int // the part that is held; -1 is none
	part   []byte
}

// Read returns a reader of a document whose bytes are all here. self is the city of this node.
func Read(ctx context.Context, d *db.DB, k *Kept, self string) *Reader {
	return &Reader{ctx: ctx, db: d, doc: k, origin: k.Origin(self), n: -1}
}

// ReadAt implements io.ReaderAt.
func (r *Reader) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && off < r.doc.Size {
		if err := r.load(int(off / exchange.PartSize)); err != nil {
			return n, err
		}
		c := copy(p[n:], r.part[off%exchange.PartSize:])
		n, off = n+c, off+int64(c)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// load has part n held.
func (r *Reader) load(n int) error {
	if r.n == n {
		return nil
	}
	bad := func(kind fault.Kind, why string) error {
		return fault.New(kind, "document "+r.doc.Document.Document, fmt.Sprintf("part %d of %d %s", n+1, len(r.doc.Parts), why), "see accord document show, and accord verify")
	}
	return r.db.View(r.ctx, func(tx *db.Tx) error {
		var entry string
		found, err := tx.Row(r.ctx, `SELECT entry, body FROM document_part WHERE document = $1 AND n = $2`, []any{r.doc.Document.Document, n}, &entry, &r.part)
		if err == nil && found && entry != "" {
			r.part, found, err = link.Body(r.ctx, tx, r.origin, entry)
		}
		r.n = -1
		switch {
		case err != nil:
			return err
		case !found || r.part == nil:
			return bad(fault.NotFound, "is not here: it has not come, or was erased")
		case sum(r.part) != r.doc.Parts[n] || int64(len(r.part)) != exchange.PartLen(r.doc.Size, n):
			return bad(fault.Invalid, "is not the one that the document names")
		}
		r.n = n
		return nil
	})
}

// WriteTo writes the whole file, and says at its end whether it is the one the document names.
func (r *Reader) WriteTo(w io.Writer) (n int64, err error) {
	h := sha256.New()
	n, err = io.Copy(io.MultiWriter(w, h), io.NewSectionReader(r, 0, r.doc.Size))
	if err == nil && hex.EncodeToString(h.Sum(nil)) != r.doc.Hash {
		err = fault.New(fault.Invalid, "document "+r.doc.Document.Document, "its parts do not make the file it names", "ask "+r.doc.Sender+" to send it again")
	}
	return n, err
}

// Check says whether the file is whole and what inspect takes it for.
func (r *Reader) Check(inspect func(f io.ReaderAt, size int64, name string) error) error {
	if _, err := r.WriteTo(io.Discard); err != nil {
		return err
	}
	return inspect(r, r.doc.Size, r.doc.Name)
}
