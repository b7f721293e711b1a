package evidence

import (
	"bytes"
	"context"
	"fmt"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/instrument"
	"accord/internal/link"
)

// ApplyClaim notes what a partner claims. It is the next version of what the partner claimed before, under a clause that
// both cities have in the same text.
func ApplyClaim(ctx context.Context, tx *db.Tx, self string, came *link.Came) error {
	c, err := exchange.ParseClaim(came.Body)
	if err != nil {
		return err
	}
	came.Subject = c.Event
	if c.Claimant() != came.From {
		return fault.New(fault.Refused, "claim", fmt.Sprintf("event %s is not %s's to claim", c.Event, came.From), "ask the partner why it was sent")
	}
	k, err := shared(ctx, tx, self, came, c.Instrument, c.Text, c.Clause)
	if err != nil {
		return err
	}
	if err := known(c, k); err != nil {
		return err
	}
	all, err := threads(ctx, tx, c.Event, forever, states) // no bodies: a partner may write thousands of versions
	if err != nil {
		return err
	}
	next, hash := 1, exchange.ClaimHash(came.Body)
	var last *version
	if len(all) > 0 {
		for i := range all[0].versions {
			if v := &all[0].versions[i]; v.hash == hash {
				return nil // it is known
			}
		}
		last = all[0].newest()
		next = last.number + 1
	}
	switch {
	case c.Version != next || last != nil && c.Previous != last.hash:
		return fault.New(fault.Conflict, "claim", fmt.Sprintf("version %d of event %s does not follow what is known here", c.Version, c.Event), "if a version before it is set aside, apply that one first")
	case last != nil && last.action == exchange.ClaimWithdrawn:
		return fault.New(fault.Conflict, "claim", "event "+c.Event+" was withdrawn", "ask the partner to claim it anew")
	case last != nil && (place{c.Instrument, c.Clause} != place{last.instrument, last.clause}):
		return fault.New(fault.Invalid, "claim", "event "+c.Event+" stood under another clause before", "ask the partner to withdraw it and to claim it anew")
	}
	return insertClaim(ctx, tx, c, came.Body, came.Header.Unit, "")
}

// ApplyWord notes a partner's word. It may speak of a version that is not known here, of what a third party claims: it says
// nothing until that one comes.
func ApplyWord(ctx context.Context, tx *db.Tx, self string, came *link.Came) error {
	w, err := exchange.ParseWord(came.Body)
	if err != nil {
		return err
	}
	came.Subject = w.Event
	k, err := shared(ctx, tx, self, came, w.Instrument, w.Text, w.Clause)
	if err != nil {
		return err
	}
	claimant := (&exchange.Claim{Event: w.Event}).Claimant()
	if claimant == came.From {
		return fault.New(fault.Refused, "word", came.From+" speaks of its own claim", "ask the partner why it was sent")
	}
	if err := binds(ctx, tx, k, w.Clause, []string{claimant}, came.Header.Time, tx.Now); err != nil {
		return err
	}
	var had string
	found, err := tx.Row(ctx, `SELECT hash FROM word WHERE event = $1 AND party = $2 AND number = $3`, []any{w.Event, came.From, w.Number}, &had)
	if err != nil {
		return err
	}
	if found && had != exchange.ClaimHash(came.Body) {
		return fault.New(fault.Conflict, "word", fmt.Sprintf("%s has said something else under number %d on event %s", came.From, w.Number, w.Event), "ask the partner to say it again")
	}
	if found {
		return nil
	}
	return insertWord(ctx, tx, came.From, w, came.Body, came.Header.Unit, "")
}

// shared returns the instrument an entry stands under: kept here in the same text, with both cities as parties, and with the
// clause.
func shared(ctx context.Context, tx *db.Tx, self string, came *link.Came, id, hash, clause string) (*instrument.Kept, error) {
	if id != came.Header.Instrument || clause != came.Header.Clause {
		return nil, fault.New(fault.Invalid, string(came.Header.Kind), "it names another clause than its entry", "ask the partner which clause it means")
	}
	k, err := instrument.Get(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if k.Hash != hash {
		return nil, fault.New(fault.Conflict, "instrument "+id, came.From+" keeps another text under this id", "compare the texts: accord agree list shows their hashes")
	}
	if k.Clause(clause) == nil {
		return nil, fault.New(fault.Refused, "clause "+clause, "instrument "+id+" has none of this id", "ask the partner which clause it means")
	}
	return k, binds(ctx, tx, k, clause, []string{self, came.From}, came.Header.Time, tx.Now)
}

// Holds says whether what an applied entry of a partner said is kept here as it came, and of which event it spoke.
func Holds(ctx context.Context, tx *db.Tx, writer string, kind exchange.Kind, body []byte) (event string, held bool, err error) {
	var one int
	hash := exchange.ClaimHash(body)
	if kind == exchange.KindClaim {
		c, err := exchange.ParseClaim(body)
		if err != nil {
			return "", false, err
		}
		var kept []byte
		_, err = tx.Row(ctx, `SELECT body FROM claim WHERE event = $1 AND version = $2 AND hash = $3 AND action = $4 AND start = $5 AND until = $6 AND kind = $7`,
			[]any{c.Event, c.Version, hash, c.Action, c.Start.String(), c.Until.String(), c.Kind}, &kept)
		return c.Event, bytes.Equal(kept, body), err
	}
	w, err := exchange.ParseWord(body)
	if err != nil {
		return "", false, err
	}
	held, err = tx.Row(ctx, `SELECT 1 FROM word WHERE event = $1 AND party = $2 AND number = $3 AND hash = $4 AND claim = $5 AND word = $6 AND why = $7`,
		[]any{w.Event, writer, w.Number, hash, w.Claim, w.Word, w.Why}, &one)
	return w.Event, held, err
}
