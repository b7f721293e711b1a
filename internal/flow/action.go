package flow

import (
	"context"
	"fmt"
	"slices"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/instrument"
	"accord/internal/link"
)

// Sign announces a signed instrument to the partners that are parties of it, so that both logs hold the text.
func (f *Flow) Sign(ctx context.Context, tx *db.Tx, k *instrument.Kept) error {
	return f.announce(ctx, tx, k, exchange.Action{Action: exchange.ActionSigned, Date: k.Date.First(), File: string(k.File)})
}

// Suspend stops everything under an instrument at once: from the moment it returns no entry under it gets a position
// here, and the partner does the same when it reads so. Other instruments go on.
func (f *Flow) Suspend(ctx context.Context, id, why string) error {
	return f.db.Update(ctx, func(tx *db.Tx) error {
		k, err := instrument.Suspend(ctx, tx, id, f.self, tx.Now, why)
		if err != nil {
			return err
		}
		if err := f.pause(ctx, tx, k); err != nil {
			return err
		}
		return f.announce(ctx, tx, k, exchange.Action{Action: exchange.ActionSuspended, Date: date.Of(tx.Now), Why: why})
	})
}

// Resume ends this city's suspension. What waited leaves from the next position on, unless the partner's still lasts.
func (f *Flow) Resume(ctx context.Context, id, why string) (still []string, err error) {
	err = f.db.Update(ctx, func(tx *db.Tx) error {
		var k *instrument.Kept
		if k, still, err = instrument.Resume(ctx, tx, id, f.self, tx.Now); err != nil {
			return err
		}
		if len(still) == 0 {
			if err := f.unpause(ctx, tx, k); err != nil {
				return err
			}
		}
		return f.announce(ctx, tx, k, exchange.Action{Action: exchange.ActionResumed, Date: date.Of(tx.Now), Why: why})
	})
	return still, err
}

// announce tells the partners that are parties of an instrument what was done to it.
func (f *Flow) announce(ctx context.Context, tx *db.Tx, k *instrument.Kept, a exchange.Action) error {
	return f.announceOn(ctx, tx, k, "", a)
}

// announceOn is announce for an action on one clause.
func (f *Flow) announceOn(ctx context.Context, tx *db.Tx, k *instrument.Kept, clause string, a exchange.Action) error {
	a.Instrument, a.Hash = k.ID, k.Hash
	body, err := a.Encode()
	if err != nil {
		return err
	}
	if _, err := exchange.ParseAction(body); err != nil { // what the partner would refuse is not sent
		return err
	}
	return f.partners(k, func(partner string) error {
		return f.links.Put(ctx, tx, link.Waiting{Partner: partner, Kind: exchange.KindAction, Instrument: k.ID, Clause: clause, Body: body})
	})
}

func (f *Flow) pause(ctx context.Context, tx *db.Tx, k *instrument.Kept) error {
	return f.partners(k, func(partner string) error { return f.links.Pause(ctx, tx, partner, k.ID) })
}

// unpause lets what waited under an instrument leave, and takes what came meanwhile: it was under way when the instrument was
// suspended here.
func (f *Flow) unpause(ctx context.Context, tx *db.Tx, k *instrument.Kept) error {
	if err := lookAgain(ctx, tx, k.ID); err != nil {
		return err
	}
	if _, _, err := f.links.Retry(ctx, tx, k.ID); err != nil {
		return err
	}
	return f.partners(k, func(partner string) error { return f.links.Unpause(ctx, tx, partner, k.ID) })
}

// partners calls do for every other party of an instrument.
func (f *Flow) partners(k *instrument.Kept, do func(partner string) error) error {
	for _, party := range k.Parties {
		if party == f.self {
			continue
		}
		if err := do(party); err != nil {
			return err
		}
	}
	return nil
}

// applyAction carries out what a partner did to a text, for the partner's side.
func (f *Flow) applyAction(ctx context.Context, tx *db.Tx, came *link.Came) error {
	a, err := exchange.ParseAction(came.Body)
	if err != nil {
		return err
	}
	other := fault.New(fault.Invalid, "action", "it names another text than it carries", "ask the partner which text it means")
	if a.Instrument != came.Header.Instrument {
		return other
	}
	switch a.Action {
	case exchange.ActionEnded, exchange.ActionSuperseded, exchange.ActionRenewed:
		return f.applyEnd(ctx, tx, came, a)
	}
	if a.Action == exchange.ActionSigned {
		k, err := instrument.Check(ctx, tx, []byte(a.File))
		if err != nil {
			return err
		}
		if k.Standing != agreement.SignedHere {
			return fault.New(fault.Refused, "action", "it carries a registered text, which is nobody's to sign", "register it here if it is of use: accord agree register FILE")
		}
		if !slices.Contains(k.Parties, came.From) || !slices.Contains(k.Parties, f.self) {
			return fault.New(fault.Refused, "action", fmt.Sprintf("instrument %s is not between %s and %s", k.ID, came.From, f.self), "ask the partner why it was sent")
		}
		if k.ID != a.Instrument || k.Hash != a.Hash {
			return other
		}
		if _, known, err := instrument.Keep(ctx, tx, []byte(a.File)); err != nil || known {
			return err // what came before a known text was looked at when that was kept
		}
		_, _, err = f.links.Retry(ctx, tx, k.ID) // what came before its text
		return err
	}
	k, err := instrument.Get(ctx, tx, a.Instrument)
	if err != nil {
		return err
	}
	if k.Hash != a.Hash {
		return other
	}
	if a.Action == exchange.ActionSuspended {
		if _, err := instrument.Suspend(ctx, tx, k.ID, came.From, came.Header.Time, a.Why); err != nil {
			return err
		}
		return f.pause(ctx, tx, k)
	}
	_, still, err := instrument.Resume(ctx, tx, k.ID, came.From, came.Header.Time)
	if err != nil || len(still) > 0 {
		return err
	}
	return f.unpause(ctx, tx, k)
}
