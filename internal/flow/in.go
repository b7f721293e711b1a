package flow

import (
	"context"
	"errors"
	"fmt"

	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/gate"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/store"
	"accord/record"
)

// Apply carries out one entry of a partner. It is a link.Apply: a fault in what the partner said sets the entry aside, any
// other error undoes the bundle.
func (f *Flow) Apply(ctx context.Context, tx *db.Tx, came *link.Came) (aside *fault.Fault, err error) {
	if came.Erased {
		return nil, nil
	}
	switch came.Header.Kind {
	case exchange.KindAction:
		err = f.applyAction(ctx, tx, came)
	case exchange.KindRecords:
		err = f.applyRecords(ctx, tx, came)
	default:
		err = fault.New(fault.Refused, "entry", fmt.Sprintf("this version does not know entries of the kind %q", came.Header.Kind), "update this node, then apply it again")
	}
	if why, ok := errors.AsType[*fault.Fault](err); ok && why.Kind != fault.Unavailable && why.Kind != fault.Internal {
		return why, nil
	}
	return nil, err
}

func (f *Flow) applyAction(ctx context.Context, tx *db.Tx, came *link.Came) error {
	a, err := exchange.ParseAction(came.Body)
	if err != nil {
		return err
	}
	k, err := instrument.Check(ctx, tx, []byte(a.File))
	if err != nil {
		return err
	}
	if k.ID != a.Instrument || k.Hash != a.Hash || came.Header.Instrument != k.ID {
		return fault.New(fault.Invalid, "action", "it names another text than it carries", "ask the partner which text it means")
	}
	_, _, err = instrument.Keep(ctx, tx, []byte(a.File))
	return err
}

// applyRecords stores a batch whole or not at all: every row is checked before the first is stored.
func (f *Flow) applyRecords(ctx context.Context, tx *db.Tx, came *link.Came) error {
	batch, err := record.DecodeBatch(came.Body, f.lookup)
	if err != nil {
		return err
	}
	came.Subject, came.Rows = batch.Dataset.Name, len(batch.Records)
	g, err := f.permitted(ctx, tx, came, batch.Dataset)
	if err != nil {
		return err
	}
	for i := range batch.Records {
		if err := g.Admits(batch.Records[i], came.Header.Time); err != nil {
			return err
		}
	}
	w := store.NewWriter(ctx, tx, batch.Dataset, store.Source{Origin: came.From, Log: &came.Log, Index: &came.Index})
	for i := range batch.Records {
		if err := w.Put(&batch.Records[i], batch.Rows[i]); err != nil {
			return err
		}
	}
	_, err = w.Close()
	return err
}

// permitted returns the gate the sender had to go through: the one of the clause that the entry names.
func (f *Flow) permitted(ctx context.Context, tx *db.Tx, came *link.Came, d *record.Dataset) (*gate.Gate, error) {
	permissions, err := instrument.Permissions(ctx, tx, came.From, f.self, date.Of(came.Header.Time))
	if err != nil {
		return nil, err
	}
	for _, p := range permissions {
		if p.Instrument.ID == came.Header.Instrument && p.Clause.ID == came.Header.Clause && p.Terms.Dataset == d.Name && p.Terms.Version == d.Version {
			return f.gates.of(p, d)
		}
	}
	return nil, fault.New(fault.Refused, "entry", fmt.Sprintf("no clause in force here lets %s send %s under %s %s", came.From, d.Name, came.Header.Instrument, came.Header.Clause),
		"if the instrument is signed, register it here and apply the entry again")
}
