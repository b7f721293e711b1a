package document

import (
	"bytes"
	"context"
	"fmt"

	"accord/internal/db"
	"accord/internal/fault"
)

// Bounds of what a partner may leave unfinished here. Bytes are bounded by the link; these bound what is kept beside it.
const (
	maxComing = 64  // documents whose parts have not all come
	maxStrays = 512 // parts that no document names yet
)

// Announce stores a partner's document. The same again changes nothing; another one of the same id is a conflict. Parts that
// came before it are its own from now on.
func Announce(ctx context.Context, tx *db.Tx, k *Kept) error {
	same, err := list(ctx, tx, `WHERE id = $1`, k.Document.Document)
	if err != nil {
		return err
	}
	if len(same) > 0 {
		if o := same[0]; o.Sender == k.Sender && o.Instrument == k.Instrument && o.Clause == k.Clause && bytes.Equal(o.Head, k.Head) {
			return nil
		}
		return fault.New(fault.Conflict, "document "+k.Document.Document, "another document is kept under this id", "ask "+k.Sender+" to send it under an id of its own")
	}
	var coming int
	if _, err := tx.Row(ctx, `SELECT COUNT(*) FROM document WHERE state = 'coming' AND partner = $1`, []any{k.Partner}, &coming); err != nil {
		return err
	}
	if coming >= maxComing {
		return fault.New(fault.Refused, "document "+k.Document.Document, fmt.Sprintf("%d documents of %s are incomplete already", coming, k.Partner), "apply it again when they are whole")
	}
	k.State, k.Missing = Coming, len(k.Parts)
	if err := insert(ctx, tx, k); err != nil {
		return err
	}
	return k.claim(ctx, tx)
}

// claim takes the strays that the document names.
func (k *Kept) claim(ctx context.Context, tx *db.Tx) error {
	type stray struct{ entry, hash string }
	var strays []stray
	err := tx.Rows(ctx, `SELECT DISTINCT s.entry, s.hash FROM document_stray s JOIN document_part p ON p.hash = s.hash
		WHERE p.document = $1 AND s.partner = $2 AND s.instrument = $3 AND s.clause = $4 ORDER BY s.entry`,
		[]any{k.Document.Document, k.Partner, k.Instrument, k.Clause}, func(r db.Scanner) error {
			var s stray
			err := r.Scan(&s.entry, &s.hash)
			strays = append(strays, s)
			return err
		})
	for _, s := range strays {
		if err != nil {
			return err
		}
		if err = came(ctx, tx, k.Document.Document, s.hash, s.entry); err == nil {
			_, err = tx.Exec(ctx, `DELETE FROM document_stray WHERE partner = $1 AND entry = $2`, k.Partner, s.entry)
		}
	}
	return err
}

// came notes a part, and whether it was the last.
func came(ctx context.Context, tx *db.Tx, id, hash, entry string) error {
	missing, err := Placed(ctx, tx, id, hash, entry)
	if err == nil && missing == 0 {
		_, err = tx.Exec(ctx, `UPDATE document SET state = 'unchecked', moved = $1 WHERE id = $2 AND state = 'coming'`, db.Micros(tx.Now), id)
	}
	return err
}

// TakePart gives a part that came to the oldest document under the clause that lacks it. One that none lacks waits for the
// document that will; one that some document has already is most likely a repetition, and waits only while there is room.
func TakePart(ctx context.Context, tx *db.Tx, partner, instrument, clause, entry string, body []byte) (title string, err error) {
	hash, of := sum(body), []any{partner, instrument, clause}
	const under = ` FROM document d JOIN document_part p ON p.document = d.id WHERE d.sender = $1 AND d.partner = $1 AND d.instrument = $2 AND d.clause = $3 AND p.hash = $4`
	var id string
	var head []byte
	lacks, err := tx.Row(ctx, `SELECT d.id, d.head`+under+` AND p.entry = '' ORDER BY d.since, d.id LIMIT 1`, append(of, hash), &id, &head)
	if err != nil {
		return "", err
	}
	if lacks {
		k, err := Get(ctx, tx, id)
		if err != nil {
			return "", err
		}
		return k.Title, came(ctx, tx, id, hash, entry)
	}
	known, err := tx.Row(ctx, `SELECT d.id`+under+` LIMIT 1`, append(of, hash), &id)
	if err != nil {
		return "", err
	}
	var strays int
	if _, err := tx.Row(ctx, `SELECT COUNT(*) FROM document_stray WHERE partner = $1`, []any{partner}, &strays); err != nil {
		return "", err
	}
	switch {
	case known && strays >= maxStrays/2:
		return "", nil
	case strays >= maxStrays:
		return "", fault.New(fault.Refused, "part", fmt.Sprintf("no document names it, and %d others wait for one already", strays), "apply it again when its document has come")
	}
	_, err = tx.Exec(ctx, `INSERT INTO document_stray (partner, entry, instrument, clause, hash, since) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (partner, entry) DO NOTHING`,
		partner, entry, instrument, clause, hash, db.Micros(tx.Now))
	return "", err
}
