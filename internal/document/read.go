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

// A Reader reads the file of a document, part by part, wherever its parts lie. It holds a few of them.
type Reader struct {
	ctx    context.Context
	db     *db.DB
	doc    *Kept
	origin string
	held   [4]held // an archive is read at its end and in its middle by turns
	next   int     // which of them the next part takes the place of
}

// held is a part that was read; without bytes it is none.
type held struct {
	n    int
	body []byte
}

// Read returns a reader of a document whose bytes are all here. self is the city of this node.
func Read(ctx context.Context, d *db.DB, k *Kept, self string) *Reader {
	return &Reader{ctx: ctx, db: d, doc: k, origin: k.Origin(self)}
}

// ReadAt implements io.ReaderAt.
func (r *Reader) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && off < r.doc.Size {
		part, err := r.load(int(off / exchange.PartSize))
		if err != nil {
			return n, err
		}
		c := copy(p[n:], part[off%exchange.PartSize:])
		n, off = n+c, off+int64(c)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// load returns part n.
func (r *Reader) load(n int) (part []byte, err error) {
	for _, h := range r.held {
		if h.n == n && h.body != nil {
			return h.body, nil
		}
	}
	bad := func(kind fault.Kind, why string) error {
		return fault.New(kind, "document "+r.doc.Document.Document, fmt.Sprintf("part %d of %d %s", n+1, len(r.doc.Parts), why), "see accord document show, and accord verify")
	}
	err = r.db.View(r.ctx, func(tx *db.Tx) error {
		var entry string
		found, err := tx.Row(r.ctx, `SELECT entry, body FROM document_part WHERE document = $1 AND n = $2`, []any{r.doc.Document.Document, n}, &entry, &part)
		if err == nil && found && entry != "" {
			part, found, err = link.Body(r.ctx, tx, r.origin, entry)
		}
		switch {
		case err != nil:
			return err
		case !found || part == nil:
			return bad(fault.NotFound, "is not here: it has not come, or was erased")
		case sum(part) != r.doc.Parts[n] || int64(len(part)) != exchange.PartLen(r.doc.Size, n):
			return bad(fault.Invalid, "is not the one that the document names")
		}
		return nil
	})
	if err == nil {
		r.held[r.next], r.next = held{n, part}, (r.next+1)%len(r.held)
	}
	return part, err
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
