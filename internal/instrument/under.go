package instrument

import (
	"context"
	"fmt"
	"strings"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
)

// A Ground is a clause in force between two parties: what a document stands under.
type Ground struct {
	Instrument *Kept
	Clause     *agreement.Clause
}

// Unit is the unit of party that answers for the clause at t; empty where the text names none.
func (g Ground) Unit(party string, t time.Time) string {
	return g.Clause.Owner(party, date.Of(t)).Unit
}

// Under returns the clause of that id under which one party may send the other a document at a time: it stands in an
// instrument that both have signed here, that is in force and that nobody has suspended. An empty instrument means the one
// that has such a clause.
func Under(ctx context.Context, tx *db.Tx, one, other, in, clause string, at time.Time) (Ground, error) {
	kept, err := All(ctx, tx)
	if err != nil {
		return Ground{}, err
	}
	said, err := endings(ctx, tx, "")
	if err != nil {
		return Ground{}, err
	}
	var found []Ground
	for _, k := range kept {
		if in != "" && in != k.ID || !k.inForce(one, other, date.Of(at.UTC())) {
			continue
		}
		if c := k.Clause(clause); c != nil && !k.over(said[k.ID], clause, at) {
			found = append(found, Ground{k, c})
		}
	}
	what := "clause " + clause
	switch {
	case len(found) == 0:
		return Ground{}, fault.New(fault.Refused, what, fmt.Sprintf("no instrument in force that %s and %s have signed has it", one, other),
			"see accord agree list; only a clause in force lets something out").Says("fault.not_in_force")
	case len(found) > 1:
		return Ground{}, fault.New(fault.Conflict, what, fmt.Sprintf("it stands in %s and in %s", found[0].Instrument.ID, found[1].Instrument.ID), "say which with --instrument")
	}
	return found[0], found[0].notSuspended(ctx, tx, one, at)
}

// notSuspended refuses what a suspension keeps from being taken of sender at a time; at this moment, whatever second it is, what
// anybody has suspended.
func (g Ground) notSuspended(ctx context.Context, tx *db.Tx, sender string, at time.Time) error {
	suspended, err := suspendedAt(ctx, tx, sender, at)
	if err != nil {
		return err
	}
	var by []string
	if !at.Before(tx.Now) {
		if by, err = suspending(ctx, tx, g.Instrument.ID); err != nil {
			return err
		}
	}
	if !suspended[g.Instrument.ID] && len(by) == 0 {
		return nil
	}
	why := "it is suspended"
	if len(by) > 0 {
		why += " by " + strings.Join(by, " and ")
	}
	return fault.New(fault.Refused, "instrument "+g.Instrument.ID, why, "nothing leaves under it before it is resumed").Says("fault.not_in_force")
}

// Grade is how strictly documents under the clause are graded at least, and how many persons must let one leave: as strictly as
// its terms on data. What is closed there is data; a document under the clause then waits for a person.
func (g Ground) Grade() (least agreement.Grade, approvals int) {
	least, approvals = agreement.Open, 1
	for _, t := range g.Clause.Terms {
		if t.Grade != agreement.Open {
			least = agreement.Supervised
		}
		approvals = max(approvals, t.Approvals)
	}
	return least, approvals
}
