package evidence

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
)

// Judge notes a person's judgement whether an event counts for a clause: the one it stands under where clause is empty,
// another one to link it there. It stays home. A judgement that stands is changed only by who says that it is a change.
func (b *Book) Judge(ctx context.Context, d Deed, judgement, instrument, clause string, change bool) (out *Event, err error) {
	if err := exchange.CheckReason("judgement", d.Why); err != nil {
		return nil, err
	}
	err = b.update(ctx, d.Person, func(tx *db.Tx) error {
		at, err := b.placeOf(ctx, tx, d.Event, instrument, clause)
		if err != nil {
			return err
		}
		all, err := rulings(ctx, tx, forever)
		if err != nil {
			return err
		}
		number, err := mayJudge(d.Event, all[d.Event], at, judgement, change)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO judgement (event, instrument, clause, number, judgement, person, why, known) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			d.Event, at.instrument, at.clause, number, judgement, d.Person, d.Why, db.Micros(tx.Now)); err != nil {
			return err
		}
		out, err = b.event(ctx, tx, d.Event)
		return err
	})
	return out, err
}

// mayJudge says whether a judgement can follow those before it, and gives its number.
func mayJudge(event string, all []ruling, at place, judgement string, change bool) (number int, err error) {
	number = 1
	for _, r := range all {
		if r.clause == at {
			number = max(number, r.number+1)
		}
	}
	i := slices.IndexFunc(standing(all), func(r ruling) bool { return r.clause == at })
	if i < 0 {
		if judgement == TakenBack {
			err = fault.New(fault.Conflict, "event "+event, "no judgement on it stands for clause "+at.clause, "there is nothing to take back")
		}
		return number, err
	}
	had := standing(all)[i]
	if judgement != TakenBack && (had.judgement == judgement || !change) {
		err = fault.New(fault.Conflict, "event "+event, fmt.Sprintf("%s has judged for clause %s that it %s: %s", had.person, at.clause, strings.ReplaceAll(had.judgement, "_", " "), had.why),
			"to change the judgement, say so: --change")
	}
	return number, err
}

// placeOf finds the clause for which an event is judged, and sees that there is such an event.
func (b *Book) placeOf(ctx context.Context, tx *db.Tx, event, instrument, clause string) (place, error) {
	e, err := b.event(ctx, tx, event)
	if err != nil {
		return place{}, err
	}
	if e.Standing == Withdrawn {
		return place{}, fault.New(fault.Conflict, "event "+event, "it was withdrawn", "there is nothing to judge")
	}
	if clause == "" {
		if e.Clause == "" {
			return place{}, fault.New(fault.Invalid, "event "+event, "it stands under no clause", "name the clause for which it is to count: --link CLAUSE")
		}
		return place{e.Instrument, e.Clause}, nil
	}
	k, err := Under(ctx, tx, instrument, clause)
	if err != nil {
		return place{}, err
	}
	return place{k.ID, clause}, nil
}
