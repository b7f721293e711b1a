// Package document keeps files that cross under a clause: letters, reports, questions and answers, ours and the partners'.
// The bytes of a file lie here only until they are in an entry of the link; from then on the log has them, once.
package document

import (
	"context"
	"fmt"
	"time"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/search"
)

// A State says how far a document is on its way.
type State string

// States. Of ours: loading, then waiting or leaving, then left; or refused, or withdrawn. Of a partner's: coming, unchecked,
// then here or unsafe. Of either: erased.
const (
	Loading   State = "loading"   // its bytes are being read from the file
	Waiting   State = "waiting"   // for persons to release it
	Leaving   State = "leaving"   // announced in the outbox or the log; parts follow
	Left      State = "left"      // every part is in the outbox or the log
	Refused   State = "refused"   // by a person; it never leaves
	Withdrawn State = "withdrawn" // by us, before it left
	Coming    State = "coming"    // announced; parts are missing
	Unchecked State = "unchecked" // every part has come; nobody has looked into it
	Here      State = "here"      // whole, and what it says it is
	Unsafe    State = "unsafe"    // not what it says it is, or active; it is not opened
	Erased    State = "erased"    // at its sender's request: its bytes, and what it said of itself when that was asked for too
)

// A Kept is a document as this node keeps it.
type Kept struct {
	exchange.Document
	Head       []byte // the body that announces it
	Sender     string
	Partner    string // the other city, whoever sends
	Instrument string
	Clause     string
	State      State
	Why        string // why it is refused, withdrawn or unsafe
	Person     string // who sends it; known at home only
	Entry      string // id of the entry that announces it
	Missing    int    // parts that are not in an entry yet
	Since      time.Time
	Moved      time.Time
}

// Ours says whether this node's city sends it.
func (k *Kept) Ours() bool { return k.Sender != k.Partner }

// Origin is the log that has, or will have, its entries. self is the city of this node.
func (k *Kept) Origin(self string) string {
	if k.Ours() {
		return exchange.Origin(self, k.Partner)
	}
	return exchange.Origin(k.Partner, self)
}

const columns = `sender, partner, instrument, clause, head, state, why, person, entry, missing, since, moved`

func scan(s db.Scanner) (*Kept, error) {
	k := new(Kept)
	var since, moved int64
	if err := s.Scan(&k.Sender, &k.Partner, &k.Instrument, &k.Clause, &k.Head, (*string)(&k.State), &k.Why, &k.Person, &k.Entry, &k.Missing, &since, &moved); err != nil {
		return nil, err
	}
	k.Since, k.Moved = db.Time(since), db.Time(moved)
	read := exchange.ParseDocument
	if k.State == Erased {
		read = remains
	}
	d, err := read(k.Head)
	if err != nil {
		return nil, fmt.Errorf("a stored document of %s: %w", k.Sender, err)
	}
	k.Document = *d
	return k, nil
}

// Get returns one document; a fault NotFound when it is not here.
func Get(ctx context.Context, tx *db.Tx, id string) (*Kept, error) {
	found, err := list(ctx, tx, `WHERE id = $1`, id)
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, fmt.Sprintf("document %.40q", id), "there is none with this id here", "see accord document list").Says("fault.no_document")
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// All returns every document, the newest first.
func All(ctx context.Context, tx *db.Tx) ([]*Kept, error) {
	return list(ctx, tx, `WHERE state <> $1 ORDER BY since DESC, id`, string(Loading))
}

// IDs lists the ids of all documents.
func IDs(ctx context.Context, tx *db.Tx) (out []string, err error) {
	err = tx.Rows(ctx, `SELECT id FROM document`, nil, func(r db.Scanner) error {
		var id string
		err := r.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, err
}

// In returns the documents in a state, the oldest first.
func In(ctx context.Context, tx *db.Tx, state State) ([]*Kept, error) {
	return list(ctx, tx, `WHERE state = $1 ORDER BY since, id`, string(state))
}

func list(ctx context.Context, tx *db.Tx, where string, args ...any) (out []*Kept, err error) {
	err = tx.Rows(ctx, `SELECT `+columns+` FROM document `+where, args, func(r db.Scanner) error {
		k, err := scan(r)
		out = append(out, k)
		return err
	})
	return out, err
}

// insert stores a document and the list of its parts.
func insert(ctx context.Context, tx *db.Tx, k *Kept) error {
	if _, err := tx.Exec(ctx, `INSERT INTO document (id, kind, answers, `+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)`,
		k.Document.Document, string(k.Kind), k.Answers, k.Sender, k.Partner, k.Instrument, k.Clause, k.Head, string(k.State), k.Why, k.Person, k.Entry,
		k.Missing, db.Micros(tx.Now)); err != nil {
		return err
	}
	for n, hash := range k.Parts {
		if _, err := tx.Exec(ctx, `INSERT INTO document_part (document, n, hash, entry, body) VALUES ($1, $2, $3, '', NULL)`, k.Document.Document, n, hash); err != nil {
			return err
		}
	}
	return search.Mark(ctx, tx, search.Letter, k.Document.Document)
}

// Move puts a document from one state into another; a fault Conflict when it is not in the first.
func Move(ctx context.Context, tx *db.Tx, id string, from, to State, why string) error {
	n, err := tx.Exec(ctx, `UPDATE document SET state = $1, why = $2, moved = $3 WHERE id = $4 AND state = $5`, string(to), why, db.Micros(tx.Now), id, string(from))
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "document "+id, fmt.Sprintf("it is not %s any more", from), "see accord document show")
	}
	if err == nil && to == Withdrawn {
		_, err = search.Drop(ctx, tx, search.Letter, id)
	}
	if err != nil {
		return err
	}
	return search.Mark(ctx, tx, search.Letter, id)
}

// Announced notes which entry announces a document.
func Announced(ctx context.Context, tx *db.Tx, id, entry string) error {
	_, err := tx.Exec(ctx, `UPDATE document SET entry = $1 WHERE id = $2`, entry, id)
	return err
}

// An Opening says which office has opened a document, and when.
type Opening struct {
	Unit string    `json:"unit"`
	At   time.Time `json:"at"`
}

// Openings lists who has opened a document, the first one first.
func Openings(ctx context.Context, tx *db.Tx, id string) (out []Opening, err error) {
	out = []Opening{}
	err = tx.Rows(ctx, `SELECT unit, at FROM document_opened WHERE document = $1 ORDER BY at, unit`, []any{id}, func(r db.Scanner) error {
		var o Opening
		var at int64
		err := r.Scan(&o.Unit, &at)
		o.At = db.Time(at)
		out = append(out, o)
		return err
	})
	return out, err
}

// Open notes that an office has opened a document; false when that is known already.
func Open(ctx context.Context, tx *db.Tx, id, unit, person string, at time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO document_opened (document, unit, person, at) VALUES ($1, $2, $3, $4) ON CONFLICT (document, unit) DO NOTHING`,
		id, unit, person, db.Micros(at))
	return n > 0, err
}

// Answers lists the ids of the documents that answer one and have left or come, the first one first.
func Answers(ctx context.Context, tx *db.Tx, id string) (out []string, err error) {
	out = []string{}
	err = tx.Rows(ctx, `SELECT id FROM document WHERE answers = $1 AND (state IN ('leaving', 'left', 'here') OR state = 'erased' AND why = '') ORDER BY since, id`, []any{id}, func(r db.Scanner) error {
		var answer string
		err := r.Scan(&answer)
		out = append(out, answer)
		return err
	})
	return out, err
}
