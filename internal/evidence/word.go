package evidence

import (
	"context"
	"fmt"
	"time"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/link"
)

// Say answers an event that another city claims: confirmed, disputed with a reason, or taken back, by which it is unanswered
// again. A word on the same version is changed only by who says that it is a change: of two persons at once the second is
// told what the first has said.
func (b *Book) Say(ctx context.Context, d Deed, word string, change bool) (out *Event, err error) {
	err = b.update(ctx, d.Person, func(tx *db.Tx) error {
		t, err := b.find(ctx, tx, d)
		if err != nil {
			return err
		}
		if t.claimant == b.self {
			return fault.New(fault.Refused, "event "+t.id, "this city claims it itself", "the others answer; this city corrects or withdraws it")
		}
		if err := b.maySay(t, word, change); err != nil {
			return err
		}
		v := t.newest()
		c, err := v.claim()
		if err != nil {
			return err
		}
		w := &exchange.Word{Event: t.id, Number: 1, Claim: v.hash, Time: tx.Now.Truncate(time.Second), Instrument: c.Instrument, Text: c.Text, Clause: c.Clause, Word: word, Why: d.Why}
		for i := range t.words {
			if t.words[i].party == b.self {
				w.Number = max(w.Number, t.words[i].number+1)
			}
		}
		if err := b.speak(ctx, tx, d.Author, w); err != nil {
			return err
		}
		out, err = b.event(ctx, tx, t.id)
		return err
	})
	return out, err
}

// maySay says whether this city's word can follow what it has said before.
func (b *Book) maySay(t *thread, word string, change bool) error {
	had := t.word(b.self)
	switch {
	case had == nil && word == exchange.WordTakenBack:
		return fault.New(fault.Conflict, "event "+t.id, "this city has not answered it", "there is nothing to take back")
	case had == nil || word == exchange.WordTakenBack:
		return nil
	case had.word == word:
		return fault.New(fault.Conflict, "event "+t.id, fmt.Sprintf("it is %s already, by %s on %s", had.word, had.person, b.day(had.known)), "there is nothing more to say")
	case !change:
		return fault.New(fault.Conflict, "event "+t.id, fmt.Sprintf("it is %s already, by %s on %s", had.word, had.person, b.day(had.known)), "to change the word, say so: --change")
	}
	return nil
}

// speak stores this city's word and tells the other parties.
func (b *Book) speak(ctx context.Context, tx *db.Tx, who Author, w *exchange.Word) error {
	k, err := Under(ctx, tx, w.Instrument, w.Clause)
	if err != nil {
		return err
	}
	if err := binds(ctx, tx, k, w.Clause, []string{b.self}, tx.Now); err != nil {
		return err
	}
	if err := w.Check(); err != nil {
		return err
	}
	body, err := w.Encode()
	if err != nil {
		return err
	}
	unit, err := b.unit(tx, who, k, w.Clause)
	if err != nil {
		return err
	}
	if err := insertWord(ctx, tx, b.self, w, body, unit, who.Person); err != nil {
		return err
	}
	return b.tell(ctx, tx, k, link.Waiting{Kind: exchange.KindWord, Clause: w.Clause, Unit: unit, Subject: w.Event, Body: body})
}

func insertWord(ctx context.Context, tx *db.Tx, party string, w *exchange.Word, body []byte, unit, person string) error {
	_, err := tx.Exec(ctx, `INSERT INTO word (event, party, number, claim, word, why, hash, said, unit, person, known)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		w.Event, party, w.Number, w.Claim, w.Word, w.Why, exchange.ClaimHash(body), db.Micros(w.Time), unit, person, db.Micros(tx.Now))
	if err != nil {
		return err
	}
	return toFind(ctx, tx, w.Event, false)
}
