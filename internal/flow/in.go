package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/db"
	"accord/internal/evidence"
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
	case exchange.KindClaim:
		err = evidence.ApplyClaim(ctx, tx, f.self, came)
	case exchange.KindWord:
		err = evidence.ApplyWord(ctx, tx, f.self, came)
	case exchange.KindDocument, exchange.KindPart, exchange.KindOpened:
		err = f.applyDocuments(ctx, tx, came)
	case exchange.KindWithdrawal:
		err = f.applyWithdrawal(ctx, tx, came)
	case exchange.KindPurge:
		err = f.applyPurge(ctx, tx, came)
	case exchange.KindPurged:
		err = f.applyPurged(ctx, tx, came)
	case exchange.KindObservations:
		err = f.applyObservations(ctx, tx, came)
	case exchange.KindCard:
		err = f.links.TakeCard(ctx, tx, came)
	default:
		err = fault.New(fault.Refused, "entry", fmt.Sprintf("this version does not know entries of the kind %q", came.Header.Kind), "update this node, then apply it again")
	}
	return blame(err)
}

// blame tells a fault in what an entry says, for which it alone is set aside, from what keeps this node from taking any.
func blame(err error) (aside *fault.Fault, other error) {
	if why, ok := errors.AsType[*fault.Fault](err); ok && why.Kind != fault.Unavailable && why.Kind != fault.Internal {
		return why, nil
	}
	return nil, err
}

// applyRecords stores a batch whole or not at all: every row is checked before the first is stored.
func (f *Flow) applyRecords(ctx context.Context, tx *db.Tx, came *link.Came) error {
	batch, err := record.DecodeBatch(came.Body, f.lookup)
	if err != nil {
		return err
	}
	came.Subject, came.Rows = batch.Dataset.Name, len(batch.Records)
	g, terms, err := f.permitted(ctx, tx, came, batch.Dataset)
	if err == nil {
		err = f.takesOn(terms, came, batch)
	}
	if err != nil {
		return err
	}
	origin := came.From
	if batch.Origin != nil {
		origin = by(batch.Origin.Party, came.From)
	}
	if err := g.AdmitsAll(batch.Records, left(tx, came)); err != nil {
		return err
	}
	w := store.NewWriter(ctx, tx, batch.Dataset, store.Source{Origin: origin, Log: &came.Log, Index: &came.Index})
	for i := range batch.Records {
		if err := w.Put(&batch.Records[i], batch.Rows[i]); err != nil {
			return err
		}
	}
	_, err = w.Close()
	return err
}

// MayLeave says whether a batch may leave for partner under a clause now: whether the clause lets this node send it, and
// nothing in it is wider than its terms.
func (f *Flow) MayLeave(ctx context.Context, tx *db.Tx, partner, in, clause string, body []byte) error {
	d, origin, admits, err := f.decode(body)
	if err != nil {
		return err
	}
	kept, err := instrument.Get(ctx, tx, in)
	if err != nil {
		return err
	}
	c := kept.Clause(clause)
	if c == nil {
		return fault.New(fault.NotFound, "clause "+clause, "instrument "+in+" has none of this id", "nothing may leave under it")
	}
	for n, t := range c.Terms {
		if gate.Leaving(&t) != d.Name || t.Version != d.Version || !slices.Contains(t.From, f.self) {
			continue
		}
		g, _, err := f.gate(instrument.Permission{Instrument: kept, Clause: c, Terms: t, Index: n})
		if err != nil {
			return err
		}
		if err := f.mayPassOn(ctx, tx, &t, partner, d, origin, true); err != nil {
			return err
		}
		return admits(g, tx.Now)
	}
	return fault.New(fault.Refused, "clause "+clause, "it does not let "+f.self+" send "+d.Name, "nothing may leave under it")
}

// decode reads the body of a batch of either kind, and returns what says whether a gate would have let all of it out.
func (f *Flow) decode(body []byte) (*record.Dataset, *record.Origin, func(*gate.Gate, time.Time) error, error) {
	if record.KindOf(body) == record.Series {
		o, err := record.DecodeObservations(body, f.lookup)
		if err != nil {
			return nil, nil, nil, err
		}
		return o.Dataset, nil, func(g *gate.Gate, at time.Time) error { return g.AdmitsRuns(o.Runs, at) }, nil
	}
	batch, err := record.DecodeBatch(body, f.lookup)
	if err != nil {
		return nil, nil, nil, err
	}
	return batch.Dataset, batch.Origin, func(g *gate.Gate, at time.Time) error { return g.AdmitsAll(batch.Records, at) }, nil
}

// left is when an entry left: what its sender says, but never what has not come yet here.
func left(tx *db.Tx, came *link.Came) time.Time {
	if came.Header.Time.After(tx.Now) {
		return tx.Now
	}
	return came.Header.Time
}

// permitted returns the gate the sender had to go through, and its terms: those of the clause that the entry names.
func (f *Flow) permitted(ctx context.Context, tx *db.Tx, came *link.Came, d *record.Dataset) (*gate.Gate, *agreement.Terms, error) {
	permissions, err := instrument.Permissions(ctx, tx, came.From, f.self, left(tx, came))
	if err != nil {
		return nil, nil, err
	}
	for _, p := range permissions {
		if p.Instrument.ID == came.Header.Instrument && p.Clause.ID == came.Header.Clause && gate.Leaving(&p.Terms) == d.Name && p.Terms.Version == d.Version {
			g, _, err := f.gate(p)
			return g, &p.Terms, err
		}
	}
	return nil, nil, fault.New(fault.Refused, "entry", fmt.Sprintf("no clause in force here lets %s send %s under %s %s", came.From, d.Name, came.Header.Instrument, came.Header.Clause),
		"if the instrument is signed, register it here and apply the entry again")
}
