// Package flow moves content across the border: our records out through the gate of a clause, release by grade, and the
// outbox; a partner's entries in, by their kind.
package flow

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/gate"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/record"
)

// A Flow is this node's way out and in. It holds no state: any number may work on one database.
type Flow struct {
	db     *db.DB
	self   string
	lookup record.Lookup
	log    *slog.Logger
	links  *link.Links
	gates  gates
}

// New returns the flow of a node. Its links are given afterwards with Use, because links hand what comes to the flow.
func New(d *db.DB, self string, lookup record.Lookup, log *slog.Logger) *Flow {
	return &Flow{db: d, self: self, lookup: record.WithGroups(lookup), log: log}
}

// Use gives the flow the links it puts entries on.
func (f *Flow) Use(links *link.Links) {
	f.links = links
	links.Reapply(f.Reapply)
}

// perEntry is how many records one entry carries at most, perTurn how many are looked at in one transaction.
const (
	perEntry = 500
	perTurn  = 2000

	pointsPerEntry = 40_000 // observations are small
	pointsPerTurn  = 80_000
)

// gates keeps compiled gates. What a gate is follows from the hash of the instrument, so that an entry can never be out of
// date; it only saves compiling one for every entry.
type gates struct{ compiled sync.Map }

// A gateKey is one of the terms of a text. The clause and the dataset do not name them: each side may have terms of its own.
type gateKey struct {
	hash, clause string
	terms        int // which of the clause's
}

func (g *gates) of(p instrument.Permission, d *record.Dataset) (*gate.Gate, error) {
	key := gateKey{p.Instrument.Hash, p.Clause.ID, p.Index}
	if have, ok := g.compiled.Load(key); ok {
		return have.(*gate.Gate), nil
	}
	made, err := gate.Compile(p.Terms, d)
	if err == nil {
		g.compiled.Store(key, made)
	}
	return made, err
}

// gate is the gate of a permission, and the dataset that goes through it.
func (f *Flow) gate(p instrument.Permission) (*gate.Gate, *record.Dataset, error) {
	d, ok := f.lookup(p.Terms.Dataset, p.Terms.Version)
	if !ok {
		return nil, nil, fault.New(fault.NotFound, "terms of clause "+p.Clause.ID, fmt.Sprintf("dataset %s version %d is not known here", p.Terms.Dataset, p.Terms.Version), "update this node")
	}
	g, err := f.gates.of(p, d)
	return g, d, err
}

// Offer looks at every record that is new since the last time, or whose delay is over, and puts what may leave into the
// outbox, or into release where a person decides. It returns how many records left it for either, and how many parts of
// documents for the outbox. single sends one record an entry. When there is nothing to look at, nothing is written.
func (f *Flow) Offer(ctx context.Context, single bool) (offered int, err error) {
	if _, err := f.TakeBack(ctx); err != nil {
		return 0, err
	}
	partners, err := f.links.Partners(ctx)
	if err != nil {
		return 0, err
	}
	for _, partner := range partners {
		// After a restore only the partner knows what was offered already.
		if waits, err := f.links.Waits(ctx, partner); err != nil {
			return offered, err
		} else if waits {
			continue
		}
		for {
			turns, err := f.turns(ctx, partner, single)
			if err != nil {
				return offered, err
			}
			if len(turns) == 0 {
				break
			}
			for _, t := range turns {
				n, err := t.do(ctx)
				if err != nil {
					return offered, err
				}
				offered += n
			}
		}
	}
	parts, err := f.offerParts(ctx)
	return offered + parts, err
}

// turns returns a turn for every permission towards partner that has records to look at.
func (f *Flow) turns(ctx context.Context, partner string, single bool) (out []*turn, err error) {
	err = f.db.View(ctx, func(tx *db.Tx) error {
		permissions, err := instrument.Sending(ctx, tx, f.self, partner)
		if err != nil {
			return err
		}
		for _, p := range permissions {
			g, d, err := f.gate(p)
			if err != nil { // they let out nothing, and do not keep others from it
				f.log.Error("terms cannot be carried out", "instrument", p.Instrument.ID, "clause", p.Clause.ID, "error", err)
				continue
			}
			for _, origin := range append([]string{f.self}, p.Terms.Of...) {
				if d.Kind == record.Series && origin != f.self {
					continue // observations of others are not passed on
				}
				t := &turn{flow: f, partner: partner, permission: p, dataset: d, gate: g, single: single, origin: origin}
				pending, err := t.pending(ctx, tx)
				if err != nil {
					return err
				}
				if pending {
					out = append(out, t)
				}
			}
		}
		return nil
	})
	return out, err
}

// Run offers whenever there is something to offer, until ctx ends. wake makes it look at once; offered is called after
// something was put into the outbox.
func (f *Flow) Run(ctx context.Context, wake <-chan struct{}, poll time.Duration, offered func()) {
	for ctx.Err() == nil {
		n, err := f.Offer(ctx, false)
		if err != nil && ctx.Err() == nil {
			f.log.Error("records and documents cannot be offered", "error", err)
		}
		if n > 0 {
			offered()
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(poll):
		}
	}
}
