package document

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/cases"

	"accord/internal/db"
)

// A Find says which documents a list shows. What is empty asks for nothing.
type Find struct {
	Direction  string // sent, received
	State      string // opened, unopened, answered, open: a question that nothing answers
	Partner    string
	Instrument string
	Clause     string
	Kind       string
	Text       string // in title, abstracts or the file's name
	After      Cursor
	Most       int
}

// A Cursor is where a list goes on: after a document. New ones come before the first, so that a page stays what it was.
type Cursor struct {
	Since time.Time
	ID    string
}

// looked is how many documents are read for one page at most. Where a text is rare the page is short and the list goes on.
const looked = 4000

// Search returns the documents that are asked for, the newest first, and where the list goes on; the unset cursor is its end.
func Search(ctx context.Context, tx *db.Tx, f Find) (out []*Kept, next Cursor, err error) {
	text := cases.Fold().String(strings.TrimSpace(f.Text))
	for seen, at := 0, f.After; ; {
		where, args := f.where(at)
		batch := f.Most + 1
		if text != "" {
			batch = 200
		}
		some, err := list(ctx, tx, where+fmt.Sprintf(` ORDER BY since DESC, id DESC LIMIT %d`, batch), args...)
		if err != nil {
			return nil, Cursor{}, err
		}
		for _, k := range some {
			if len(out) == f.Most {
				return out, at, nil
			}
			if seen, at = seen+1, (Cursor{k.Since, k.Document.Document}); text == "" || k.holds(text) {
				out = append(out, k)
			}
		}
		if len(some) < batch {
			return out, Cursor{}, nil
		}
		if seen >= looked {
			return out, at, nil
		}
	}
}

// where is what is asked for as a condition, after a cursor.
func (f *Find) where(at Cursor) (where string, args []any) {
	add := func(cond string, arg ...any) {
		for _, a := range arg {
			args = append(args, a)
			cond = strings.Replace(cond, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where += " AND " + cond
	}
	where = `WHERE state <> 'loading'`
	switch f.Direction {
	case "sent":
		add(`sender <> partner`)
	case "received":
		add(`sender = partner`)
	}
	for _, c := range []struct{ column, value string }{{"partner", f.Partner}, {"instrument", f.Instrument}, {"clause", f.Clause}, {"kind", f.Kind}} {
		if c.value != "" {
			add(c.column+` = ?`, c.value)
		}
	}
	const answered = `EXISTS (SELECT 1 FROM document a WHERE a.answers = document.id AND (a.state IN ('leaving', 'left', 'here') OR a.state = 'erased' AND a.why = ''))`
	switch f.State {
	case "opened":
		add(`EXISTS (SELECT 1 FROM document_opened o WHERE o.document = document.id)`)
	case "unopened":
		add(`state IN ('here', 'unchecked') AND NOT EXISTS (SELECT 1 FROM document_opened o WHERE o.document = document.id)`)
	case "answered":
		add(answered)
	case "open":
		add(`kind = 'question' AND state IN ('leaving', 'left', 'coming', 'unchecked', 'here') AND NOT ` + answered)
	}
	if at.ID != "" {
		add(`(since < ? OR since = ? AND id < ?)`, db.Micros(at.Since), db.Micros(at.Since), at.ID)
	}
	return where, args
}

// holds says whether what a document says of itself has a text in it, whose case is folded.
func (k *Kept) holds(text string) bool {
	fold := cases.Fold()
	if strings.Contains(fold.String(k.Title), text) || strings.Contains(fold.String(k.Name), text) {
		return true
	}
	for _, a := range k.Abstract {
		if strings.Contains(fold.String(a.Text), text) {
			return true
		}
	}
	return false
}

// AnnouncedBy is the id of the document that an entry announces; empty when it announces none that is kept here.
func AnnouncedBy(ctx context.Context, tx *db.Tx, sender, entry string) (id string, err error) {
	_, err = tx.Row(ctx, `SELECT id FROM document WHERE sender = $1 AND entry = $2`, []any{sender, entry}, &id)
	return id, err
}
