package evidence

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/instrument"
	"accord/internal/link"
)

// Claim notes events as this city's claims, all of them or none, and tells the other parties of their clauses. An event that
// was claimed before under its name with the same words is known and changes nothing.
func (b *Book) Claim(ctx context.Context, who Author, told ...Told) (out []Event, err error) {
	err = b.update(ctx, who.Person, func(tx *db.Tx) error {
		out = nil
		for _, t := range told {
			e, err := b.claim(ctx, tx, who, t)
			if err != nil {
				return err
			}
			out = append(out, *e)
		}
		return nil
	})
	return out, err
}

func (b *Book) claim(ctx context.Context, tx *db.Tx, who Author, t Told) (*Event, error) {
	if t.Name == "" {
		t.Name = randomName()
	}
	c := &exchange.Claim{Event: b.self + "/" + t.Name, Version: 1, Action: exchange.ClaimMade}
	k, err := b.fill(ctx, tx, c, t)
	if err != nil {
		return nil, err
	}
	had, err := threads(ctx, tx, c.Event, forever, whole)
	if err != nil {
		return nil, err
	}
	if len(had) == 0 {
		if err := b.put(ctx, tx, who, c, k); err != nil {
			return nil, err
		}
		return b.event(ctx, tx, c.Event)
	}
	first, err := had[0].versions[0].claim()
	if err != nil {
		return nil, err
	}
	if c.Time = first.Time; !sameClaim(c, first) {
		return nil, fault.New(fault.Conflict, "event "+c.Event, "another event is claimed under this name", "correct that one, or give this one another name")
	}
	e, err := b.event(ctx, tx, c.Event)
	if err == nil {
		e.Known = true
	}
	return e, err
}

func sameClaim(a, b *exchange.Claim) bool {
	one, err := a.Encode()
	other, err2 := b.Encode()
	return err == nil && err2 == nil && string(one) == string(other)
}

// Correct says anew what this city claims. The new version needs a new word; words on the old one stay in the history.
func (b *Book) Correct(ctx context.Context, d Deed, t Told) (*Event, error) {
	return b.again(ctx, d, exchange.ClaimCorrected, func(tx *db.Tx, c, before *exchange.Claim) error {
		t.Instrument, t.Clause = before.Instrument, before.Clause
		if _, err := b.fill(ctx, tx, c, t); err != nil {
			return err
		}
		as := *before
		as.Version, as.Action, as.Previous, as.Why, as.Time = c.Version, c.Action, c.Previous, c.Why, c.Time
		if sameClaim(&as, c) {
			return fault.New(fault.Invalid, "event "+c.Event, "the correction changes nothing", "say what is to be different, or leave it").Says("fault.same")
		}
		return nil
	})
}

// Withdraw ends what this city claims of an event. Its history stays.
func (b *Book) Withdraw(ctx context.Context, d Deed) (*Event, error) {
	return b.again(ctx, d, exchange.ClaimWithdrawn, func(*db.Tx, *exchange.Claim, *exchange.Claim) error { return nil })
}

// again adds a version to an event of this city.
func (b *Book) again(ctx context.Context, d Deed, action string, fill func(tx *db.Tx, c, before *exchange.Claim) error) (out *Event, err error) {
	err = b.update(ctx, d.Person, func(tx *db.Tx) error {
		t, err := b.find(ctx, tx, d)
		if err != nil {
			return err
		}
		if t.claimant != b.self {
			return fault.New(fault.Refused, "event "+t.id, "it is claimed by "+t.claimant, "only the claimant corrects or withdraws; this city can dispute it")
		}
		v := t.newest()
		before, err := v.claim()
		if err != nil {
			return err
		}
		c := &exchange.Claim{Event: t.id, Version: v.number + 1, Action: action, Previous: v.hash, Why: d.Why,
			Instrument: before.Instrument, Text: before.Text, Clause: before.Clause}
		if err := fill(tx, c, before); err != nil {
			return err
		}
		k, _, err := b.under(ctx, tx, c.Instrument, c.Clause)
		if err != nil {
			return err
		}
		if err := b.put(ctx, tx, d.Author, c, k); err != nil {
			return err
		}
		out, err = b.event(ctx, tx, t.id)
		return err
	})
	return out, err
}

// fill completes a claim with what a person told.
func (b *Book) fill(ctx context.Context, tx *db.Tx, c *exchange.Claim, t Told) (*instrument.Kept, error) {
	k, clause, err := b.under(ctx, tx, t.Instrument, t.Clause)
	if err != nil {
		return nil, err
	}
	if k != nil {
		c.Instrument, c.Text, c.Clause = k.ID, k.Hash, clause.ID
		if t.Level == "" {
			t.Level = clause.Level
		}
	}
	if len(t.By) == 0 {
		t.By = []string{b.self}
	}
	c.Kind, c.Level, c.Start, c.Until, c.What, c.Sources = string(t.Kind), string(t.Level), t.Start, t.Until, t.What, t.Sources
	c.By = slices.Compact(slices.Sorted(slices.Values(t.By)))
	c.Time = tx.Now.Truncate(time.Second)
	if today := date.Of(tx.Now.In(b.zone)); c.Start.First().After(today) {
		return nil, fault.New(fault.Invalid, "event "+c.Event, fmt.Sprintf("%s is in the future", c.Start), "claim it when it has begun").At("start").Says("fault.future")
	}
	return k, known(c, k)
}

// known says whether kind, level and parties of a claim are those this version and the instrument know.
func known(c *exchange.Claim, k *instrument.Kept) error {
	bad := func(why, do string) *fault.Fault { return fault.New(fault.Invalid, "event "+c.Event, why, do) }
	if c.Action == exchange.ClaimWithdrawn {
		return nil
	}
	if !slices.Contains(agreement.EventKinds, agreement.EventKind(c.Kind)) {
		return bad(fmt.Sprintf("kind %.40q is not known", c.Kind), "use one of "+joined(agreement.EventKinds)).At("kind").Says("fault.choose")
	}
	if !slices.Contains(agreement.Levels, agreement.Level(c.Level)) {
		return bad(fmt.Sprintf("level %.40q is not known", c.Level), "use one of "+joined(agreement.Levels)).At("level").Says("fault.choose")
	}
	for _, p := range c.By {
		if k != nil && !slices.Contains(k.Parties, p) {
			return bad(fmt.Sprintf("%.40q is not a party of %s", p, k.ID), "name only parties under by: "+strings.Join(k.Parties, ", ")).At("by").Says("fault.choose")
		}
	}
	return nil
}

func joined[T ~string](list []T) string {
	var out []string
	for _, s := range list {
		out = append(out, string(s))
	}
	return strings.Join(out, ", ")
}

// put stores a version of a claim and tells the other parties of its instrument.
func (b *Book) put(ctx context.Context, tx *db.Tx, who Author, c *exchange.Claim, k *instrument.Kept) error {
	c.Time = tx.Now.Truncate(time.Second)
	check := c.Check
	if k == nil {
		check = c.CheckEvent
	}
	if err := check(); err != nil {
		return err
	}
	body, err := c.Encode()
	if err != nil {
		return err
	}
	if len(body) > exchange.MaxClaim {
		return fault.New(fault.Invalid, "event "+c.Event, fmt.Sprintf("it is longer than %d bytes", exchange.MaxClaim), "write less; send the long form as a document")
	}
	unit, err := b.unit(tx, who, k, c.Clause)
	if err != nil {
		return err
	}
	if err := insertClaim(ctx, tx, c, body, unit, who.Person); err != nil {
		return err
	}
	return b.tell(ctx, tx, k, link.Waiting{Kind: exchange.KindClaim, Clause: c.Clause, Unit: unit, Subject: c.Event, Body: body})
}

// tell puts an entry into the outbox to every other party of an instrument. What stands under none stays home.
func (b *Book) tell(ctx context.Context, tx *db.Tx, k *instrument.Kept, w link.Waiting) error {
	if k == nil {
		return nil
	}
	for _, party := range k.Parties {
		if party == b.self {
			continue
		}
		if waits, err := link.Waits(ctx, tx, party); err != nil {
			return err
		} else if waits { // this node may have said more than it knows
			return fault.New(fault.Unavailable, "evidence", "this node was restored, and "+party+" has not shown yet what it had said before", "exchange with "+party+" first, then say it")
		}
		w.ID, w.Partner, w.Instrument = "", party, k.ID
		if err := b.links.Put(ctx, tx, w); err != nil {
			return err
		}
	}
	return nil
}

func insertClaim(ctx context.Context, tx *db.Tx, c *exchange.Claim, body []byte, unit, person string) error {
	_, err := tx.Exec(ctx, `INSERT INTO claim (event, version, action, hash, instrument, clause, kind, level, parties, start, until, body, unit, person, known)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		c.Event, c.Version, c.Action, exchange.ClaimHash(body), c.Instrument, c.Clause, c.Kind, c.Level, strings.Join(c.By, ","), c.Start.String(), c.Until.String(),
		body, unit, person, db.Micros(tx.Now))
	if err != nil {
		return err
	}
	return toFind(ctx, tx, c.Event, c.Action == exchange.ClaimWithdrawn)
}

func randomName() string {
	var name [6]byte
	rand.Read(name[:])
	return hex.EncodeToString(name[:])
}
