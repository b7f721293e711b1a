package document

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/link"
	"accord/internal/search"
)

// what stands beside an erased document of which no evidence is made. Beside one that was whole nothing stands.
var unfinished = map[State]string{
	Coming: "it had not come whole", Unchecked: "nobody had looked into it", Unsafe: "it was not safe to open", Leaving: "it had not left whole",
}

// Whole says whether it is the whole document that was erased: it had left, or had come and was harmless.
func (k *Kept) Whole() bool { return k.State == Erased && k.Why == "" }

// redacted is what stays of an announcement that is erased: what the document was, and nothing of what it said.
func (k *Kept) redacted() ([]byte, error) {
	d := k.Document
	d.Title, d.Name, d.Abstract = "", "", []exchange.Abstract{}
	return d.Encode()
}

// remains reads what stays of an erased document. It is no announcement that may cross any more.
func remains(head []byte) (*exchange.Document, error) {
	d := new(exchange.Document)
	return d, json.Unmarshal(head, d)
}

// Announcement reads what announces a document, or what stays of it once it is erased.
func Announcement(head []byte) (*exchange.Document, error) {
	d, err := exchange.ParseDocument(head)
	if err == nil {
		return d, nil
	}
	if r, bad := remains(head); bad == nil && r.Document != "" && r.Title == "" && r.Name == "" {
		return r, nil
	}
	return nil, err
}

// Erase follows entries of the sender's log whose bodies are erased: a document whose announcement is among them keeps no title,
// abstract or name, one that lacks a part from then on is not opened any more, and both are erased. It returns the documents
// that became so, as they were, with what stays of their announcements.
func Erase(ctx context.Context, tx *db.Tx, sender, partner string, bodies []link.Holding) (out []Gone, err error) {
	gone := map[string]bool{}
	for _, b := range bodies {
		if b.Kind == exchange.KindDocument || b.Kind == exchange.KindPart {
			gone[b.ID] = true
		}
	}
	if len(gone) == 0 {
		return nil, nil
	}
	for _, id := range slices.Sorted(maps.Keys(gone)) {
		if _, err := tx.Exec(ctx, `DELETE FROM document_stray WHERE partner = $1 AND entry = $2 AND partner = $3`, partner, id, sender); err != nil {
			return nil, err
		}
	}
	all, err := list(ctx, tx, `WHERE sender = $1 AND partner = $2 AND entry <> '' ORDER BY since, id`, sender, partner)
	if err != nil {
		return nil, err
	}
	places, err := placesOf(ctx, tx, sender, partner)
	if err != nil {
		return nil, err
	}
	e := eraser{all: all, gone: gone, places: places}
	for _, k := range all {
		lacks := false
		if !gone[k.Entry] {
			if lacks, err = e.lacks(ctx, tx, k); err != nil {
				return nil, err
			}
		}
		if gone[k.Entry] || lacks {
			g, err := k.erase(ctx, tx, gone[k.Entry])
			if err != nil {
				return nil, err
			}
			out = append(out, g)
		}
	}
	return out, nil
}

// A Gone is a document that was erased.
type Gone struct {
	*Kept            // as it was
	Remains   []byte // what stays of its announcement
	Announced bool   // its announcement is erased too, not only its bytes
}

// erase takes from the row what the entries do not hold any more.
func (k *Kept) erase(ctx context.Context, tx *db.Tx, announced bool) (g Gone, err error) {
	g = Gone{Kept: k, Remains: k.Head, Announced: announced}
	if announced {
		if g.Remains, err = k.redacted(); err != nil {
			return g, err
		}
	}
	why, ok := unfinished[k.State]
	if !ok {
		why = k.Why
	}
	if _, err = tx.Exec(ctx, `UPDATE document SET head = $1, state = 'erased', why = $2, moved = $3 WHERE id = $4`, g.Remains, why, db.Micros(tx.Now), k.Document.Document); err != nil {
		return g, err
	}
	if _, err := search.Drop(ctx, tx, search.Letter, k.Document.Document); err != nil {
		return g, err
	}
	if err := search.Mark(ctx, tx, search.Letter, k.Document.Document); err != nil { // what stays of it may be found again
		return g, err
	}
	return g, Clear(ctx, tx, k.Document.Document)
}

// A place says which entry holds a part of a document.
type place struct {
	document, hash, entry string
}

func placesOf(ctx context.Context, tx *db.Tx, sender, partner string) (out []place, err error) {
	err = tx.Rows(ctx, `SELECT DISTINCT p.document, p.hash, p.entry FROM document_part p JOIN document d ON d.id = p.document
		WHERE d.sender = $1 AND d.partner = $2 AND p.entry <> '' ORDER BY p.document, p.entry`, []any{sender, partner}, func(r db.Scanner) error {
		var p place
		err := r.Scan(&p.document, &p.hash, &p.entry)
		out = append(out, p)
		return err
	})
	return out, err
}

// An eraser knows which entry holds what.
type eraser struct {
	all    []*Kept
	gone   map[string]bool
	places []place
}

// lacks says whether a document whose announcement stays lacks a part from now on. Where the same bytes came by another entry
// too, which stays and which no document needs, they are its own from now on: which of two entries was taken for which of
// two documents depends on when they were applied.
func (e *eraser) lacks(ctx context.Context, tx *db.Tx, k *Kept) (lacks bool, err error) {
	for i := range e.places {
		p := &e.places[i]
		if p.document != k.Document.Document || !e.gone[p.entry] {
			continue
		}
		other, found, err := e.spare(ctx, tx, k, p)
		if err != nil {
			return false, err
		}
		if !found {
			lacks = true
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE document_part SET entry = $1 WHERE document = $2 AND entry = $3`, other, p.document, p.entry); err != nil {
			return false, err
		}
		p.entry = other
	}
	return lacks, nil
}

// spare finds an entry that stays with the bytes of a part: of a document that is being erased, which gets the other in
// exchange, or one that no document has named.
func (e *eraser) spare(ctx context.Context, tx *db.Tx, k *Kept, p *place) (entry string, found bool, err error) {
	for i := range e.places {
		q := &e.places[i]
		if q.hash != p.hash || e.gone[q.entry] || !slices.ContainsFunc(e.all, func(o *Kept) bool {
			return o.Document.Document == q.document && e.gone[o.Entry] && o.Instrument == k.Instrument && o.Clause == k.Clause
		}) {
			continue
		}
		entry, q.entry = q.entry, p.entry
		_, err := tx.Exec(ctx, `UPDATE document_part SET entry = $1 WHERE document = $2 AND entry = $3`, q.entry, q.document, entry)
		return entry, true, err
	}
	if k.Ours() {
		return "", false, nil
	}
	found, err = tx.Row(ctx, `DELETE FROM document_stray WHERE partner = $1 AND entry = (SELECT MIN(entry) FROM document_stray
		WHERE partner = $1 AND instrument = $2 AND clause = $3 AND hash = $4) RETURNING entry`, []any{k.Partner, k.Instrument, k.Clause, p.hash}, &entry)
	return entry, found, err
}

// Of returns the documents of ours that entries announce or hold parts of.
func Of(ctx context.Context, tx *db.Tx, self, partner string, bodies []link.Holding) (out []*Kept, err error) {
	named := map[string]bool{}
	for _, b := range bodies {
		named[b.ID] = true
	}
	all, err := list(ctx, tx, `WHERE sender = $1 AND partner = $2 AND entry <> '' ORDER BY since, id`, self, partner)
	if err != nil {
		return nil, err
	}
	places, err := placesOf(ctx, tx, self, partner)
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		if named[k.Entry] || slices.ContainsFunc(places, func(p place) bool { return p.document == k.Document.Document && named[p.entry] }) {
			out = append(out, k)
		}
	}
	return out, nil
}

// BroughtBy says what is kept that an entry brought whose body is erased; empty when nothing is.
func BroughtBy(ctx context.Context, tx *db.Tx, writer string, h *exchange.Header) (what string, err error) {
	found, err := list(ctx, tx, `WHERE sender = $1 AND entry = $2`, writer, h.ID)
	if err != nil {
		return "", err
	}
	for _, k := range found {
		if k.State != Erased || k.Title != "" || k.Name != "" || len(k.Abstract) > 0 {
			what = fmt.Sprintf("what document %s says of itself", k.Document.Document)
		}
	}
	return what, nil
}
