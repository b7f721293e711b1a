package node

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"accord/exchange"
	"accord/internal/area/all"
	"accord/internal/audit"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/evidence"
	"accord/internal/fault"
	"accord/internal/flow"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/store"
	"accord/record"
)

// Receipt is the receipt of one entry on the link with partner; of this city's own entries when writer is empty.
func (n *Node) Receipt(ctx context.Context, partner, writer string, index int64) ([]byte, error) {
	self := n.Home.Config.Party
	switch writer {
	case "", self:
		return n.Links.Receipt(ctx, self, partner, index)
	case partner:
		return n.Links.Receipt(ctx, partner, self, index)
	}
	return nil, fault.New(fault.NotFound, "receipt", fmt.Sprintf("%q writes no log on the link with %s", writer, partner), "name this city or the partner")
}

// A Verification is the outcome of checking everything a node has stored.
type Verification struct {
	Clean        bool         `json:"clean"`
	Logs         []link.Check `json:"logs"`
	Records      int64        `json:"records"`          // versions of records checked
	Observations int64        `json:"observations"`     // stored values checked, replaced ones among them
	Instruments  int          `json:"instruments"`      // texts checked with their signatures
	Waiting      int          `json:"waiting"`          // what waits in the outbox or for a person, checked against its clause
	Documents    int          `json:"documents"`        // documents checked with every part that is here
	Erased       int          `json:"documents_erased"` // of them
	Deeds        int64        `json:"deeds"`            // lines of the audit log checked
	Faults       []string     `json:"faults"`           // what does not hold, beside the faults of the logs
}

// Write says it in words.
func (v *Verification) Write(w io.Writer) {
	for _, l := range v.Logs {
		fmt.Fprintf(w, "log %s: %d entries, %d delivered, %d cosigned checkpoints\n", l.Log, l.Entries, l.Delivered, l.Cosigned)
		for _, e := range l.Erased {
			fmt.Fprintf(w, "  %s\n", e)
		}
		for _, f := range l.Faults {
			fmt.Fprintf(w, "  does not hold: %s\n", f)
		}
	}
	fmt.Fprintf(w, "%d records, %d observations, %d instruments, %d waiting, %d documents (%d erased), %d lines of the audit log\n", v.Records, v.Observations, v.Instruments, v.Waiting,
		v.Documents, v.Erased, v.Deeds)
	for _, f := range v.Faults {
		fmt.Fprintf(w, "  does not hold: %s\n", f)
	}
	if v.Clean {
		fmt.Fprintln(w, "everything holds")
	}
}

func (v *Verification) fault(format string, args ...any) {
	v.Faults = append(v.Faults, fmt.Sprintf(format, args...))
}

// Verify checks every log, checkpoint, instrument, stored record and waiting batch of the node against each other. What
// somebody has taken away whole, with every trace, only the partner's logs and receipts can show: compare how much is
// delivered on both sides.
func (n *Node) Verify(ctx context.Context) (*Verification, error) {
	v := &Verification{Faults: []string{}}
	var brought map[store.Came][2]int64
	measured := newMeasured(n.Home.Config.Party)
	err := n.DB.View(ctx, func(tx *db.Tx) (err error) {
		if brought, err = store.Brought(ctx, tx); err != nil {
			return err
		}
		return measured.stored(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	if v.Logs, err = n.Links.Verify(ctx, func(tx *db.Tx, e *link.Kept) []string {
		return append(carriedOut(ctx, tx, e, brought), measured.carriedOut(e)...)
	}); err != nil {
		return nil, err
	}
	err = n.DB.View(ctx, func(tx *db.Tx) error {
		for _, check := range []func(context.Context, *db.Tx, *Verification) error{n.verifyInstruments, n.verifyRecords, n.verifyOrigins, measured.verify, n.verifyWaiting, n.verifyWaitingDocuments, n.verifyDocuments, n.verifyDeeds} {
			if err := check(ctx, tx, v); err != nil {
				return err
			}
		}
		return nil
	})
	v.Clean = len(v.Faults) == 0
	for i := range v.Logs {
		if v.Logs[i].Faults == nil {
			v.Logs[i].Faults = []string{}
		}
		v.Clean = v.Clean && len(v.Logs[i].Faults) == 0
	}
	return v, err
}

// carriedOut says what of a partner's entry is not as applying it left it.
func carriedOut(ctx context.Context, tx *db.Tx, e *link.Kept, brought map[store.Came][2]int64) (faults []string) {
	fault := func(format string, args ...any) []string { return append(faults, fmt.Sprintf(format, args...)) }
	if e.Ours || e.Aside != "" {
		return nil
	}
	if e.Erased {
		if kept, err := store.BroughtBy(ctx, tx, e.Log, e.Index); err != nil || kept {
			return fault("its body is erased, but not what it brought (%v)", err)
		}
		if what, err := document.BroughtBy(ctx, tx, e.Writer, &e.Header); err != nil || what != "" {
			return fault("its body is erased, but not %s (%v)", what, err)
		}
		return nil
	}
	switch e.Header.Kind {
	case exchange.KindAction:
		if _, err := instrument.Get(ctx, tx, e.Header.Instrument); err != nil {
			return fault("the instrument it is about is not kept: %v", err)
		}
	case exchange.KindRecords:
		batch, err := record.DecodeBatch(e.Body, all.Lookup)
		if err != nil {
			return fault("its records cannot be read: %v", err)
		}
		if e.About != batch.Dataset.Name || e.Rows != len(batch.Records) {
			faults = fault("what is kept beside it is not what its body holds")
		}
		for i := range batch.Records {
			origin := e.Writer
			if batch.Origin != nil { // passed on: kept as its origin's, by way of the writer
				origin = batch.Origin.Party + "/" + e.Writer
			}
			at, found := brought[store.Came{Origin: origin, Dataset: batch.Dataset.Name, Version: batch.Dataset.Version, Sum: record.Sum(batch.Rows[i])}]
			if !found || at[0] != e.Log {
				faults = fault("it brought record %q, which is not stored as it came", batch.Records[i].Key)
			}
		}
	case exchange.KindDocument, exchange.KindPart, exchange.KindOpened:
		if held, err := document.Holds(ctx, tx, e.Writer, &e.Header, e.Body); err != nil {
			return fault("%v", err)
		} else if !held {
			return fault("what it brought is not kept as it came")
		}
	case exchange.KindClaim, exchange.KindWord:
		if event, held, err := evidence.Holds(ctx, tx, e.Writer, e.Header.Kind, e.Body); err != nil {
			return fault("%v", err)
		} else if !held || e.About != event {
			return fault("what it says of event %s is not kept as it came", event)
		}
	}
	return faults
}

func (n *Node) verifyInstruments(ctx context.Context, tx *db.Tx, v *Verification) error {
	kept, err := instrument.All(ctx, tx)
	if err != nil {
		return err
	}
	v.Instruments = len(kept)
	for _, k := range kept {
		again, err := instrument.Check(ctx, tx, k.File)
		switch {
		case err != nil:
			v.fault("instrument %s: %v", k.ID, err)
		case again.Hash != k.Hash || k.Key != k.ID:
			v.fault("instrument %s: it is not kept under its own id and hash", k.ID)
		}
	}
	return nil
}

// verifyRecords checks that every stored version is canonical, has its key and is the bytes that were hashed.
func (n *Node) verifyRecords(ctx context.Context, tx *db.Tx, v *Verification) error {
	var r record.Record
	return store.Each(ctx, tx, func(seq int64, dataset string, version int, key string, row, sum []byte) error {
		v.Records++
		got := record.Sum(row)
		d, ok := all.Lookup(dataset, version)
		switch {
		case !bytes.Equal(got[:], sum):
			v.fault("record %d: its bytes are not those that were stored", seq)
		case !ok:
			v.fault("record %d: dataset %s version %d is not known", seq, dataset, version)
		default:
			if err := record.ParseRow(d, row, &r); err != nil {
				v.fault("record %d: %v", seq, err)
			} else if r.Key != key {
				v.fault("record %d: stored under another key than its own", seq)
			}
		}
		return nil
	})
}

// verifyOrigins checks that what is said to be a partner's came by an entry of that partner, and that what is ours did
// not.
func (n *Node) verifyOrigins(ctx context.Context, tx *db.Tx, v *Verification) error {
	return tx.Rows(ctx, `SELECT r.seq, r.origin FROM record r LEFT JOIN entry e ON e.log = r.log AND e.idx = r.idx LEFT JOIN log g ON g.id = e.log
		WHERE (r.origin = $1) <> (r.log IS NULL) OR r.log IS NOT NULL AND (g.writer IS NULL OR g.writer <> r.origin AND r.origin NOT LIKE '%/' || g.writer)`,
		[]any{n.Home.Config.Party}, func(s db.Scanner) error {
			var seq int64
			var origin string
			err := s.Scan(&seq, &origin)
			v.fault("record %d: it is kept as %s's, but that is not how it came", seq, origin)
			return err
		})
}

// verifyWaiting checks that every batch that waits to leave, or for a person, is within a clause.
func (n *Node) verifyWaiting(ctx context.Context, tx *db.Tx, v *Verification) error {
	for _, where := range []struct{ table, key, which string }{{"outbox", "seq", "kind IN ('records', 'observations')"}, {"release", "id", "state = 'waiting' AND document = ''"}} {
		var keys []int64 // first, because nothing may be asked while rows are being read
		if err := tx.Rows(ctx, `SELECT `+where.key+` FROM `+where.table+` WHERE `+where.which+` ORDER BY `+where.key, nil, func(s db.Scanner) error {
			var key int64
			err := s.Scan(&key)
			keys = append(keys, key)
			return err
		}); err != nil {
			return err
		}
		for _, key := range keys {
			var partner, in, clause string
			var body []byte
			if _, err := tx.Row(ctx, `SELECT partner, instrument, clause, body FROM `+where.table+` WHERE `+where.key+` = $1`, []any{key}, &partner, &in, &clause, &body); err != nil {
				return err
			}
			v.Waiting++
			if err := n.Flow.MayLeave(ctx, tx, partner, in, clause, body); err != nil {
				v.fault("%s %d: %v", where.table, key, err)
			}
		}
	}
	return nil
}

// verifyWaitingDocuments checks that what waits of documents belongs to one that may leave, as it was sent and shown.
func (n *Node) verifyWaitingDocuments(ctx context.Context, tx *db.Tx, v *Verification) error {
	for _, q := range []struct{ table, query string }{
		{"outbox", `SELECT seq, partner, instrument, clause, kind, id, '' FROM outbox WHERE kind IN ('document', 'part') ORDER BY seq`},
		{"release", `SELECT id, partner, instrument, clause, 'document', '', document FROM release WHERE state = 'waiting' AND document <> '' ORDER BY id`},
	} {
		var keys []int64
		var all []flow.WaitingDocument
		if err := tx.Rows(ctx, q.query, nil, func(s db.Scanner) error {
			var key int64
			var w flow.WaitingDocument
			err := s.Scan(&key, &w.Partner, &w.Instrument, &w.Clause, (*string)(&w.Kind), &w.Entry, &w.Document)
			keys, all = append(keys, key), append(all, w)
			return err
		}); err != nil {
			return err
		}
		for i, w := range all {
			column := map[string]string{"outbox": "seq", "release": "id"}[q.table]
			if _, err := tx.Row(ctx, `SELECT body FROM `+q.table+` WHERE `+column+` = $1`, []any{keys[i]}, &w.Body); err != nil {
				return err
			}
			v.Waiting++
			if err := n.Flow.DocumentMayLeave(ctx, tx, w); err != nil {
				v.fault("%s %d: %v", q.table, keys[i], err)
			}
		}
	}
	return nil
}

// verifyDocuments reads every document and each of its parts.
func (n *Node) verifyDocuments(ctx context.Context, tx *db.Tx, v *Verification) error {
	count, erased, faults, err := document.Verify(ctx, tx, n.Home.Config.Party)
	v.Documents, v.Erased, v.Faults = count, erased, append(v.Faults, faults...)
	return err
}

// verifyDeeds recomputes the audit log.
func (n *Node) verifyDeeds(ctx context.Context, tx *db.Tx, v *Verification) error {
	size, faults, err := audit.Check(ctx, tx)
	v.Deeds = size
	for _, f := range faults {
		v.fault("audit log: %s", f)
	}
	return err
}
