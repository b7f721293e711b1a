// Package instrument keeps the texts that this node works under: instruments signed here by all their parties, instruments
// registered because their paper lies elsewhere, and the actions on them. A text is never changed; something is done to it.
package instrument

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/link"
	"accord/internal/search"
)

// A Kept is an instrument as this node keeps it.
type Kept struct {
	*agreement.Instrument
	Key  string // the id it is kept under
	Hash string // SHA-256 of its text in hex
	File []byte // as signed, or the bare text of a registered one
}

// Check reads a file and says whether this node could keep it: a signed instrument carries one valid signature of every
// party, by the card in force on its date.
func Check(ctx context.Context, tx *db.Tx, file []byte) (*Kept, error) {
	in, err := agreement.Read(file)
	if err != nil {
		return nil, err
	}
	if in.Standing == agreement.Registered {
		return &Kept{Instrument: in, Hash: agreement.Hash(file), File: file}, nil
	}
	signed, err := agreement.Verify(file, Keys(ctx, tx))
	if err != nil {
		return nil, err
	}
	return &Kept{Instrument: signed.Instrument, Hash: signed.Hash, File: file}, nil
}

// Keys finds identity keys among the cards known here.
func Keys(ctx context.Context, tx *db.Tx) agreement.Keys {
	return func(party string, on date.Day) (note.Verifier, error) {
		chain, err := link.Chain(ctx, tx, party)
		if err != nil {
			return nil, err
		}
		if len(chain) == 0 {
			return nil, fault.New(fault.Refused, "signature of "+party, "no card of this city is known here", "add its card first: accord card add FILE")
		}
		card, err := chain.On(on)
		if err != nil {
			return nil, err
		}
		return card.IdentityVerifier(), nil
	}
}

// Keep stores an instrument after Check. The same text again changes nothing; another text under the same id is a
// conflict.
func Keep(ctx context.Context, tx *db.Tx, file []byte) (kept *Kept, known bool, err error) {
	if kept, err = Check(ctx, tx, file); err != nil {
		return nil, false, err
	}
	var hash string
	found, err := tx.Row(ctx, `SELECT hash FROM instrument WHERE id = $1`, []any{kept.ID}, &hash)
	if err != nil {
		return nil, false, err
	}
	if found && hash != kept.Hash {
		return nil, false, fault.New(fault.Conflict, "instrument "+kept.ID, "another text is kept under this id",
			"give the new text an id of its own; a text that replaces another says so in an action")
	}
	if found {
		return kept, true, nil
	}
	if _, err := tx.Exec(ctx, `INSERT INTO instrument (id, hash, file, added) VALUES ($1, $2, $3, $4)`, kept.ID, kept.Hash, file, db.Micros(tx.Now)); err != nil {
		return nil, false, err
	}
	if err := search.Mark(ctx, tx, search.Instrument, kept.ID); err != nil {
		return nil, false, err
	}
	if kept.Standing != agreement.SignedHere { // nobody signed it here: what was done to the paper is not known
		return kept, false, nil
	}
	for _, party := range kept.Parties {
		if _, err := tx.Exec(ctx, `INSERT INTO action (instrument, action, date, party, known) VALUES ($1, $2, $3, $4, $5)`,
			kept.ID, exchange.ActionSigned, kept.Date.String(), party, db.Micros(tx.Now)); err != nil {
			return nil, false, err
		}
	}
	return kept, false, kept.close(ctx, tx)
}

// IDs lists the ids of the instruments kept here.
func IDs(ctx context.Context, tx *db.Tx) (out []string, err error) {
	all, err := All(ctx, tx)
	for _, k := range all {
		out = append(out, k.ID)
	}
	return out, err
}

// All returns the instruments kept here by id.
func All(ctx context.Context, tx *db.Tx) (out []*Kept, err error) {
	err = tx.Rows(ctx, `SELECT id, hash, file FROM instrument ORDER BY id`, nil, func(r db.Scanner) error {
		k := new(Kept)
		if err := r.Scan(&k.Key, &k.Hash, &k.File); err != nil {
			return err
		}
		if k.Instrument, err = parsed(k.File); err != nil {
			return fmt.Errorf("stored instrument %s: %w", k.Key, err)
		}
		out = append(out, k)
		return nil
	})
	return out, err
}

// texts keeps parsed instruments by their bytes. Nobody changes a parsed instrument, and the same bytes always parse the
// same, so that this only saves parsing one for every entry that comes.
var texts sync.Map

func parsed(file []byte) (*agreement.Instrument, error) {
	key := sha256.Sum256(file)
	if have, ok := texts.Load(key); ok {
		return have.(*agreement.Instrument), nil
	}
	in, err := agreement.Read(file)
	if err == nil {
		texts.Store(key, in)
	}
	return in, err
}

// Get returns one instrument; a fault NotFound when it is not kept here.
func Get(ctx context.Context, tx *db.Tx, id string) (*Kept, error) {
	k := new(Kept)
	found, err := tx.Row(ctx, `SELECT hash, file FROM instrument WHERE id = $1`, []any{id}, &k.Hash, &k.File)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "instrument "+id, "it is not kept on this node", "register it first: accord agree register FILE")
	}
	if err != nil {
		return nil, err
	}
	k.Instrument, err = parsed(k.File)
	return k, err
}

// A Permission is the terms of one clause in force, for one dataset and one sender: the only source of a permission to
// send.
type Permission struct {
	Instrument *Kept
	Clause     *agreement.Clause
	Terms      agreement.Terms
	Index      int // which of the clause's terms
}

// Unit is the unit of party that answers for the clause at t; empty where the text names none.
func (p Permission) Unit(party string, t time.Time) string {
	return p.Clause.Owner(party, date.Of(t)).Unit
}

// Sending returns the permissions that sender has towards receiver now: what is suspended at this moment is none, whatever
// second it is.
func Sending(ctx context.Context, tx *db.Tx, sender, receiver string) ([]Permission, error) {
	all, err := Permissions(ctx, tx, sender, receiver, tx.Now)
	if err != nil {
		return nil, err
	}
	lasting := map[string]bool{}
	err = tx.Rows(ctx, `SELECT DISTINCT instrument FROM suspension WHERE until IS NULL`, nil, func(r db.Scanner) error {
		var id string
		err := r.Scan(&id)
		lasting[id] = true
		return err
	})
	return slices.DeleteFunc(all, func(p Permission) bool { return lasting[p.Instrument.ID] }), err
}

// Permissions returns every permission that sender has towards receiver at a time, as far as no suspension stands against it
// (suspendedAt), in a fixed order.
func Permissions(ctx context.Context, tx *db.Tx, sender, receiver string, at time.Time) ([]Permission, error) {
	suspended, err := suspendedAt(ctx, tx, sender, at)
	if err != nil {
		return nil, err
	}
	all, err := Granted(ctx, tx, sender, receiver, at)
	return slices.DeleteFunc(all, func(p Permission) bool { return suspended[p.Instrument.ID] }), err
}

// Granted returns what Permissions does and, besides, what only a suspension stops.
func Granted(ctx context.Context, tx *db.Tx, sender, receiver string, at time.Time) ([]Permission, error) {
	kept, err := All(ctx, tx)
	if err != nil {
		return nil, err
	}
	said, err := endings(ctx, tx, "")
	if err != nil {
		return nil, err
	}
	var out []Permission
	for _, k := range kept {
		if !k.inForce(sender, receiver, date.Of(at.UTC())) {
			continue
		}
		for i := range k.Clauses {
			c := &k.Clauses[i]
			if k.over(said[k.ID], c.ID, at) {
				continue
			}
			for n, t := range c.Terms {
				if slices.Contains(t.From, sender) {
					out = append(out, Permission{Instrument: k, Clause: c, Terms: t, Index: n})
				}
			}
		}
	}
	return out, nil
}

// inForce says whether the instrument binds both parties on the day. Only a text signed here lets anything out: a
// registered one is a summary of a paper that lies elsewhere.
func (k *Kept) inForce(a, b string, on date.Day) bool {
	return k.Standing == agreement.SignedHere && slices.Contains(k.Parties, a) && slices.Contains(k.Parties, b) && !on.Before(k.Date.First())
}
