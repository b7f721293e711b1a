package document

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
)

// maxStaged is how many bytes of files may lie here that no entry holds yet.
const maxStaged = 2 << 30

// given is how long a document may be loading. One that takes longer was given up: its process has ended.
const given = 24 * time.Hour

// Begin stores a document of ours whose bytes are to follow, and clears away what others have begun and given up.
func Begin(ctx context.Context, tx *db.Tx, k *Kept) error {
	before := db.Micros(tx.Now.Add(-given))
	if _, err := tx.Exec(ctx, `DELETE FROM document_part WHERE document IN (SELECT id FROM document WHERE state = 'loading' AND since < $1)`, before); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM document WHERE state = 'loading' AND since < $1`, before); err != nil {
		return err
	}
	var parts int64
	if _, err := tx.Row(ctx, `SELECT COUNT(*) FROM document_part p JOIN document d ON d.id = p.document WHERE d.state IN ('loading', 'waiting', 'leaving') AND p.entry = ''`,
		nil, &parts); err != nil {
		return err
	}
	if (parts+int64(len(k.Parts)))*exchange.PartSize > maxStaged {
		return fault.New(fault.Unavailable, "document", fmt.Sprintf("some %d MiB of documents wait to leave already", parts*exchange.PartSize>>20), "wait until they have left, or withdraw some")
	}
	k.State, k.Missing = Loading, len(k.Parts)
	return insert(ctx, tx, k)
}

// Stage stores the bytes of a part of a document that is loading.
func Stage(ctx context.Context, tx *db.Tx, id string, n int, body []byte) error {
	done, err := tx.Exec(ctx, `UPDATE document_part SET body = $1 WHERE document = $2 AND n = $3 AND hash = $4`, body, id, n, sum(body))
	if err == nil && done == 0 {
		err = fault.New(fault.Conflict, "document", "its file was changed while it was read", "send it again when nobody writes to it")
	}
	return err
}

// Drop gives up a document that is loading.
func Drop(ctx context.Context, tx *db.Tx, id string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM document_part WHERE document = (SELECT id FROM document WHERE id = $1 AND state = 'loading')`, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM document WHERE id = $1 AND state = 'loading'`, id)
	return err
}

// Clear forgets bytes of a document that will not leave.
func Clear(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE document_part SET body = NULL WHERE document = $1`, id)
	return err
}

// A Part is a part of a document of ours that is in no entry yet.
type Part struct {
	N    int
	Hash string
	Body []byte
}

// Whole says whether the bytes are those that the document names.
func (p *Part) Whole() bool { return sum(p.Body) == p.Hash }

// NextParts returns the first parts of a document that are in no entry yet.
func NextParts(ctx context.Context, tx *db.Tx, id string, most int) (out []Part, err error) {
	err = tx.Rows(ctx, `SELECT n, hash, body FROM document_part WHERE document = $1 AND entry = '' ORDER BY n LIMIT $2`, []any{id, most}, func(r db.Scanner) error {
		var p Part
		err := r.Scan(&p.N, &p.Hash, &p.Body)
		out = append(out, p)
		return err
	})
	return out, err
}

// Placed notes that an entry holds a part, wherever the document has the same bytes, and says how many parts are still in none.
func Placed(ctx context.Context, tx *db.Tx, id, hash, entry string) (missing int, err error) {
	n, err := tx.Exec(ctx, `UPDATE document_part SET entry = $1, body = NULL WHERE document = $2 AND hash = $3 AND entry = ''`, entry, id, hash)
	if err != nil {
		return 0, err
	}
	_, err = tx.Row(ctx, `UPDATE document SET missing = missing - $1 WHERE id = $2 RETURNING missing`, []any{n, id}, &missing)
	return missing, err
}

// PartEntries returns the ids of the entries that hold parts of a document.
func PartEntries(ctx context.Context, tx *db.Tx, id string) (out []string, err error) {
	err = tx.Rows(ctx, `SELECT DISTINCT entry FROM document_part WHERE document = $1 AND entry <> '' ORDER BY entry`, []any{id}, func(r db.Scanner) error {
		var e string
		err := r.Scan(&e)
		out = append(out, e)
		return err
	})
	return out, err
}

// TakeBack follows what was taken out of the outbox because its clause has ended. A document whose announcement did not leave is
// withdrawn. One whose announcement has left keeps its parts here: should the clause be renewed, they follow.
func TakeBack(ctx context.Context, tx *db.Tx, entry string, announces bool, body []byte) error {
	if announces {
		if _, err := tx.Exec(ctx, `UPDATE document_part SET body = NULL WHERE document = (SELECT id FROM document WHERE entry = $1)`, entry); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE document SET state = 'withdrawn', why = 'its clause has ended', moved = $1 WHERE entry = $2`, db.Micros(tx.Now), entry)
		return err
	}
	var id string
	found, err := tx.Row(ctx, `SELECT d.id FROM document d JOIN document_part p ON p.document = d.id WHERE p.entry = $1 AND d.state IN ('leaving', 'left') LIMIT 1`, []any{entry}, &id)
	if err != nil || !found {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE document_part SET entry = '', body = $1 WHERE document = $2 AND entry = $3`, body, id, entry)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE document SET state = 'leaving', missing = missing + $1, moved = $2 WHERE id = $3`, n, db.Micros(tx.Now), id)
	return err
}

// Again notes that a document of ours was announced by an entry that a partner has given back after a restore.
func Again(ctx context.Context, tx *db.Tx, k *Kept) error {
	same, err := list(ctx, tx, `WHERE id = $1`, k.Document.Document)
	switch {
	case err != nil:
		return err
	case len(same) == 0:
		k.State, k.Missing = Leaving, len(k.Parts)
		return insert(ctx, tx, k)
	case !same[0].Ours() || same[0].Partner != k.Partner || !bytes.Equal(same[0].Head, k.Head):
		return fault.New(fault.Conflict, "document "+k.Document.Document, "another document is kept under this id", "see accord document show")
	}
	_, err = tx.Exec(ctx, `UPDATE document SET state = CASE WHEN missing = 0 THEN 'left' ELSE 'leaving' END, entry = $1, moved = $2
		WHERE id = $3 AND state IN ('loading', 'waiting', 'leaving')`, k.Entry, db.Micros(tx.Now), k.Document.Document)
	return err
}

// PartAgain notes that a part of a document of ours is in an entry that a partner has given back.
func PartAgain(ctx context.Context, tx *db.Tx, partner, instrument, clause, entry string, body []byte) error {
	var id string
	found, err := tx.Row(ctx, `SELECT d.id FROM document d JOIN document_part p ON p.document = d.id
		WHERE d.state = 'leaving' AND d.sender <> d.partner AND d.partner = $1 AND d.instrument = $2 AND d.clause = $3 AND p.hash = $4 AND p.entry = '' ORDER BY d.since, d.id LIMIT 1`,
		[]any{partner, instrument, clause, sum(body)}, &id)
	if err != nil || !found {
		return err
	}
	missing, err := Placed(ctx, tx, id, sum(body), entry)
	if err == nil && missing == 0 {
		err = Move(ctx, tx, id, Leaving, Left, "")
	}
	return err
}

func sum(body []byte) string {
	h := sha256.Sum256(body)
	return hex.EncodeToString(h[:])
}

// PartIn says whether the bytes of an entry are those of the parts that a document has in it.
func PartIn(ctx context.Context, tx *db.Tx, id, entry string, body []byte) (bool, error) {
	var one int
	other, err := tx.Row(ctx, `SELECT 1 FROM document_part WHERE document = $1 AND entry = $2 AND hash <> $3`, []any{id, entry, sum(body)}, &one)
	return !other, err
}
