package document

import (
	"bytes"
	"context"
	"fmt"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/link"
)

// Verify says what does not hold of the documents kept here: that each is what the entry says that announces it, and that every
// part that is here is the one it names. It counts them, and those that are erased. self is the city of this node.
func Verify(ctx context.Context, tx *db.Tx, self string) (documents, erased int, faults []string, err error) {
	all, err := All(ctx, tx)
	if err != nil {
		return 0, 0, nil, err
	}
	for _, k := range all {
		if k.State == Erased {
			erased++
		}
		why, err := k.verify(ctx, tx, self)
		if err != nil {
			return len(all), erased, faults, err
		}
		for _, w := range why {
			faults = append(faults, fmt.Sprintf("document %s: %s", k.Document.Document, w))
		}
	}
	return len(all), erased, faults, nil
}

func (k *Kept) verify(ctx context.Context, tx *db.Tx, self string) (faults []string, err error) {
	origin := k.Origin(self)
	if k.Entry != "" && k.State != Withdrawn {
		body, found, err := link.Body(ctx, tx, origin, k.Entry)
		if err != nil {
			return nil, err
		}
		switch what, err := k.said(body, found); {
		case err != nil:
			return nil, err
		case what != "":
			faults = append(faults, what)
		}
	}
	var parts []Part
	var entries []string
	err = tx.Rows(ctx, `SELECT n, hash, entry FROM document_part WHERE document = $1 ORDER BY n`, []any{k.Document.Document}, func(r db.Scanner) error {
		var p Part
		var entry string
		err := r.Scan(&p.N, &p.Hash, &entry)
		parts, entries = append(parts, p), append(entries, entry)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(parts) != len(k.Parts) {
		return append(faults, fmt.Sprintf("%d parts are kept, it names %d", len(parts), len(k.Parts))), nil
	}
	missing := 0
	for i, p := range parts {
		if entries[i] == "" {
			missing++
		}
		if p.N != i || p.Hash != k.Parts[i] {
			faults = append(faults, fmt.Sprintf("part %d is not the one it names", i+1))
		} else if why, err := k.verifyPart(ctx, tx, origin, &parts[i], entries[i]); err != nil {
			return nil, err
		} else if why != "" {
			faults = append(faults, fmt.Sprintf("part %d %s", i+1, why))
		}
	}
	if missing != k.Missing && k.State != Withdrawn {
		faults = append(faults, fmt.Sprintf("%d parts are in no entry, %d are counted", missing, k.Missing))
	}
	return faults, nil
}

// said says what is wrong with what is kept of the announcement, whose body is nil when it is erased.
func (k *Kept) said(body []byte, found bool) (why string, err error) {
	kept := k.Head
	if found && body == nil {
		if body, err = k.redacted(); err != nil {
			return "", err
		}
		if k.State != Erased || !bytes.Equal(body, kept) {
			return "its announcement is erased, and what it said is kept", nil
		}
		return "", nil
	}
	if !found || !bytes.Equal(body, kept) {
		return "it is not what the entry says that announces it", nil
	}
	return "", nil
}

// verifyPart reads one part; one that has not come, or was erased or given up, says nothing.
func (k *Kept) verifyPart(ctx context.Context, tx *db.Tx, origin string, p *Part, entry string) (why string, err error) {
	if k.State == Refused || k.State == Withdrawn || entry == "" && (!k.Ours() || k.State == Erased) {
		return "", nil
	}
	found := true
	if entry != "" {
		p.Body, found, err = link.Body(ctx, tx, origin, entry)
	} else if found, err = tx.Row(ctx, `SELECT body FROM document_part WHERE document = $1 AND n = $2`, []any{k.Document.Document, p.N}, &p.Body); p.Body == nil {
		found = false // what has not left must be here
	}
	switch {
	case err != nil:
		return "", err
	case !found && k.State != Erased:
		return "is not here", nil
	case p.Body != nil && !p.Whole():
		return "is damaged", nil
	case p.Body == nil && k.State != Erased:
		return "is erased, and the document is not", nil
	}
	return "", nil
}

// Holds says whether what a partner's entry brought is kept as it came.
func Holds(ctx context.Context, tx *db.Tx, writer string, h *exchange.Header, body []byte) (held bool, err error) {
	var one int
	switch h.Kind {
	case exchange.KindDocument:
		return tx.Row(ctx, `SELECT 1 FROM document WHERE sender = $1 AND instrument = $2 AND clause = $3 AND head = $4`, []any{writer, h.Instrument, h.Clause, body}, &one)
	case exchange.KindPart:
		return tx.Row(ctx, `SELECT 1 WHERE EXISTS (SELECT 1 FROM document d JOIN document_part p ON p.document = d.id WHERE d.sender = $1 AND p.hash = $2 AND p.entry <> '')
			OR EXISTS (SELECT 1 FROM document_stray WHERE partner = $1 AND entry = $3)`, []any{writer, sum(body), h.ID}, &one)
	}
	o, err := exchange.ParseOpened(body)
	if err != nil {
		return false, nil
	}
	return tx.Row(ctx, `SELECT 1 FROM document_opened WHERE document = $1 AND unit = $2`, []any{o.Document, o.Unit}, &one)
}
