package document

import (
	"context"
	"time"

	"accord/internal/db"
)

// notDelivered finds a part of d that the mirror has not cosigned.
const notDelivered = `EXISTS (SELECT 1 FROM document_part p LEFT JOIN entry e ON e.log = g.id AND e.id = p.entry
	WHERE p.document = d.id AND (e.idx IS NULL OR e.idx >= g.delivered))`

// crossed joins a document with its sender's log and the entry that announces it, where all of it was delivered.
const crossed = ` FROM document d JOIN log g ON g.writer = d.sender AND g.partner = d.partner
	JOIN entry h ON h.log = g.id AND h.id = d.entry AND h.idx < g.delivered
	WHERE (d.state IN ('left', 'here') OR d.state = 'erased' AND d.why = '') AND NOT ` + notDelivered

// Delivered says whether the receiver has cosigned every entry of a document.
func Delivered(ctx context.Context, tx *db.Tx, k *Kept) (bool, error) {
	var one int
	return tx.Row(ctx, `SELECT 1`+crossed+` AND d.id = $1`, []any{k.Document.Document}, &one)
}

// A Crossing is a document that was delivered whole, and harmless where it came.
type Crossing struct {
	*Kept
	Left     time.Time // when the entry that announces it left
	Known    time.Time // since when all of it is here
	Question bool      // of an answer: it answers a question
}

// Crossings lists what was delivered, the first one first.
func Crossings(ctx context.Context, tx *db.Tx) (out []Crossing, err error) {
	err = tx.Rows(ctx, `SELECT d.sender, d.partner, d.instrument, d.clause, d.head, d.state, d.why, d.person, d.entry, d.missing, d.since, d.moved,
		h.time, (SELECT MAX(e.stored) FROM entry e WHERE e.log = g.id AND (e.id = d.entry OR e.id IN (SELECT entry FROM document_part WHERE document = d.id))), CASE WHEN EXISTS (SELECT 1 FROM document q WHERE q.id = d.answers AND q.kind = 'question') THEN 1 ELSE 0 END`+crossed+` ORDER BY h.time, d.id`, nil,
		func(r db.Scanner) error {
			var c Crossing
			var left, known, question int64
			k, err := scan(more{r, []any{&left, &known, &question}})
			if err != nil {
				return err
			}
			c.Kept, c.Left, c.Known, c.Question = k, db.Time(left), db.Time(known), question == 1
			out = append(out, c)
			return nil
		})
	return out, err
}

// more scans what follows the columns of a document too.
type more struct {
	db.Scanner
	rest []any
}

func (m more) Scan(into ...any) error { return m.Scanner.Scan(append(into, m.rest...)...) }
