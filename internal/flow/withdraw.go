package flow

import (
	"context"
	"fmt"
	"slices"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/store"
	"accord/record"
)

// Delete deletes a record of ours. What a partner has of it is withdrawn with the next look.
func (f *Flow) Delete(ctx context.Context, dataset, key, why string) error {
	return f.db.Update(ctx, func(tx *db.Tx) error {
		found, err := store.Delete(ctx, tx, dataset, f.self, key, why)
		if err == nil && !found {
			err = fault.New(fault.NotFound, "record", fmt.Sprintf("this city has no record %q of %s", key, dataset), "check the name of the dataset and the key")
		}
		return err
	})
}

// withdraw takes back what was offered of records that the clause lets out no longer. What of it still waits does not leave;
// what may have left is withdrawn by an entry that goes before all others. Another clause that lets such a record out
// offers it once more, behind the withdrawal.
func (t *turn) withdraw(ctx context.Context, tx *db.Tx, keys []string) error {
	var gone []string
	for _, key := range keys {
		n, err := tx.Exec(ctx, `DELETE FROM offered WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4 AND key = $5`, t.key(key)...)
		if err != nil {
			return err
		}
		if n > 0 {
			gone = append(gone, key)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	slices.Sort(gone)
	if err := t.unsend(ctx, tx, gone); err != nil {
		return err
	}
	left, err := t.left(ctx, tx, gone)
	if err != nil || len(left) == 0 {
		return err
	}
	body, err := (&exchange.Withdrawal{Dataset: t.dataset.Name, Version: t.dataset.Version, Origin: t.theirs(), Keys: left}).Encode()
	if err != nil {
		return err
	}
	if err := t.flow.links.Put(ctx, tx, link.Waiting{Partner: t.partner, Kind: exchange.KindWithdrawal, Instrument: t.permission.Instrument.ID, Clause: t.permission.Clause.ID,
		Unit: t.permission.Unit(t.flow.self, tx.Now), Subject: t.dataset.Name, Rows: len(left), Body: body}); err != nil {
		return err
	}
	return t.elsewhere(ctx, tx, left)
}

// unsend takes batches that hold any of the keys out of the outbox. What else they hold is looked at anew.
func (t *turn) unsend(ctx context.Context, tx *db.Tx, gone []string) error {
	taken, err := link.TakeBack(ctx, tx, "a record in it may not leave any more", func(w *link.Waiting) bool {
		return w.Partner == t.partner && w.Kind == exchange.KindRecords && w.Instrument == t.permission.Instrument.ID && w.Clause == t.permission.Clause.ID &&
			w.Subject == t.dataset.Name && len(t.among(w.Body, gone)) > 0
	})
	if err != nil {
		return err
	}
	for _, w := range taken {
		if err := t.flow.forget(ctx, tx, w); err != nil {
			return err
		}
	}
	return nil
}

// theirs is the party whose records they are, where they are not our own.
func (t *turn) theirs() string {
	if t.foreign() {
		return t.origin
	}
	return ""
}

// among returns which of the keys, in order, a batch holds. A batch that cannot be read holds none: it was never applied.
func (t *turn) among(body []byte, keys []string) (out []string) {
	batch, err := record.DecodeBatch(body, t.flow.lookup)
	if err != nil || (batch.Origin != nil) != t.foreign() || batch.Origin != nil && batch.Origin.Party != t.origin {
		return nil
	}
	for i := range batch.Records {
		if _, found := slices.BinarySearch(keys, batch.Records[i].Key); found {
			out = append(out, batch.Records[i].Key)
		}
	}
	return out
}

// left returns those of the keys, in order, that have left under this permission and were not erased since. It reads every
// batch that has, which is the price of not noting the entry of every record that leaves.
func (t *turn) left(ctx context.Context, tx *db.Tx, keys []string) (out []string, err error) {
	found := map[string]bool{}
	err = link.EachBody(ctx, tx, exchange.Origin(t.flow.self, t.partner), t.permission.Instrument.ID, t.permission.Clause.ID, exchange.KindRecords, t.dataset.Name, func(body []byte) error {
		for _, key := range t.among(body, keys) {
			found[key] = true
		}
		if len(found) == len(keys) {
			return db.ErrStop
		}
		return nil
	})
	for _, key := range keys {
		if found[key] {
			out = append(out, key)
		}
	}
	return out, err
}

// elsewhere has other clauses look once more at records that they, too, had offered to the partner.
func (t *turn) elsewhere(ctx context.Context, tx *db.Tx, keys []string) error {
	for _, key := range keys {
		var shelves []shelf
		if err := tx.Rows(ctx, `SELECT instrument, clause FROM offered WHERE partner = $1 AND dataset = $2 AND key = $3 ORDER BY instrument, clause`,
			[]any{t.partner, t.shelf().dataset, key}, func(r db.Scanner) error {
				s := shelf{partner: t.partner, dataset: t.shelf().dataset}
				err := r.Scan(&s.instrument, &s.clause)
				shelves = append(shelves, s)
				return err
			}); err != nil {
			return err
		}
		for _, s := range shelves {
			if err := t.flow.again(ctx, tx, s, []string{key}); err != nil {
				return err
			}
		}
	}
	return nil
}

// applyWithdrawal marks records of a partner as withdrawn, under a clause that let it send them: whether that is still in
// force does not matter, because it only takes back.
func (f *Flow) applyWithdrawal(ctx context.Context, tx *db.Tx, came *link.Came) error {
	w, err := exchange.ParseWithdrawal(came.Body)
	if err != nil {
		return err
	}
	d, ok := f.lookup(w.Dataset, w.Version)
	if !ok {
		return fault.New(fault.Refused, "withdrawal", fmt.Sprintf("the dataset %.80s version %d is not known here", w.Dataset, w.Version), "update this node, then apply it again")
	}
	came.Subject, came.Rows = d.Name, len(w.Keys)
	k, err := instrument.Get(ctx, tx, came.Header.Instrument)
	if err != nil {
		return err
	}
	c := k.Clause(came.Header.Clause)
	if c == nil || !slices.ContainsFunc(c.Terms, func(t agreement.Terms) bool { return t.Dataset == w.Dataset && slices.Contains(t.From, came.From) }) {
		return fault.New(fault.Refused, "withdrawal", fmt.Sprintf("no clause %s of %s lets %s send %s", came.Header.Clause, k.ID, came.From, w.Dataset), "ask the partner what it means")
	}
	for _, key := range w.Keys {
		if len(key) > record.MaxKey {
			return fault.New(fault.Invalid, "withdrawal", "a key is longer than any record's", "ask the partner which version it runs")
		}
		if err := store.Withdraw(ctx, tx, d, key, store.Source{Origin: by(w.Origin, came.From), Log: &came.Log, Index: &came.Index}); err != nil {
			return err
		}
	}
	return nil
}
