package flow

import (
	"context"
	"strings"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/evidence"
	"accord/internal/fault"
	"accord/internal/link"
	"accord/record"
)

// Reapply carries out again what an entry of this node did here, when a partner gives it back after a restore. It is a
// link.Apply. What is done already stays as it is; kinds that change nothing here need nothing.
func (f *Flow) Reapply(ctx context.Context, tx *db.Tx, came *link.Came) (aside *fault.Fault, err error) {
	if came.Erased {
		return nil, nil
	}
	switch came.Header.Kind {
	case exchange.KindAction:
		err = f.actAgain(ctx, tx, came)
	case exchange.KindCard:
		err = f.links.TakeCard(ctx, tx, came)
	case exchange.KindRecords:
		err = f.offeredAgain(ctx, tx, came)
	case exchange.KindObservations: // should they leave once more, the partner finds them unchanged
		err = f.about(came)
	case exchange.KindWithdrawal:
		err = f.withdrawnAgain(ctx, tx, came)
	case exchange.KindClaim:
		err = evidence.ApplyClaim(ctx, tx, f.self, came)
	case exchange.KindWord:
		err = evidence.ApplyWord(ctx, tx, f.self, came)
	case exchange.KindDocument, exchange.KindPart, exchange.KindOpened:
		err = f.documentsAgain(ctx, tx, came)
	}
	return blame(err)
}

// actAgain does to a text what this city had done to it. What is so already, from the backup, by a hand that was quicker or
// because another partner has given the same action back before, stays as it is.
func (f *Flow) actAgain(ctx context.Context, tx *db.Tx, came *link.Came) error {
	if err := f.applyAction(ctx, tx, came); fault.KindOf(err) != fault.Conflict {
		return err
	}
	return nil
}

// offeredAgain notes that the rows of a batch have left, so that they do not leave once more.
func (f *Flow) offeredAgain(ctx context.Context, tx *db.Tx, came *link.Came) error {
	batch, err := record.DecodeBatch(came.Body, f.lookup)
	if err != nil {
		return err
	}
	came.Subject, came.Rows = batch.Dataset.Name, len(batch.Records)
	if strings.HasSuffix(batch.Dataset.Name, record.GroupsSuffix) {
		return f.leftBefore(ctx, tx, came, batch)
	}
	for i := range batch.Records {
		sum := record.Sum(batch.Rows[i])
		if _, err := tx.Exec(ctx, `INSERT INTO offered (partner, instrument, clause, dataset, key, sum) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (partner, instrument, clause, dataset, key) DO UPDATE SET sum = excluded.sum`,
			shelfOf(came.Partner, came.Header.Instrument, came.Header.Clause, batch).key(batch.Records[i].Key, sum[:])...); err != nil {
			return err
		}
	}
	return nil
}

// withdrawnAgain has the records looked at anew that the partner has as withdrawn: in the backup they may still be ours to
// give.
func (f *Flow) withdrawnAgain(ctx context.Context, tx *db.Tx, came *link.Came) error {
	w, err := exchange.ParseWithdrawal(came.Body)
	if err != nil {
		return err
	}
	came.Subject, came.Rows = w.Dataset, len(w.Keys)
	return f.again(ctx, tx, shelf{came.Partner, came.Header.Instrument, came.Header.Clause, w.Dataset}, w.Keys)
}
