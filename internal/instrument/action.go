package instrument

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
)

// Suspend notes that a party has suspended an instrument. From then on, until every party that suspended it has resumed
// it, nothing leaves under it. Headers know whole seconds only: what left within the second of the suspension, or after
// its end, counts as having left in time.
func Suspend(ctx context.Context, tx *db.Tx, id, party string, since time.Time, why string) (*Kept, error) {
	k, err := binding(ctx, tx, id, party)
	if err != nil {
		return nil, err
	}
	open, err := suspending(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if slices.Contains(open, party) {
		return nil, fault.New(fault.Conflict, "instrument "+id, party+" has suspended it already", "resume it, or leave it")
	}
	if whole := since.Truncate(time.Second); whole.Before(since) {
		since = whole.Add(time.Second)
	}
	// One that began in this second and is over goes on as if it had not ended.
	_, err = tx.Exec(ctx, `INSERT INTO suspension (instrument, party, since, until, why) VALUES ($1, $2, $3, NULL, $4)
		ON CONFLICT (instrument, party, since) DO UPDATE SET until = NULL, why = excluded.why`, id, party, db.Micros(since), why)
	return k, err
}

// Resume notes that a party has ended its suspension, and says whether another party's still lasts.
func Resume(ctx context.Context, tx *db.Tx, id, party string, until time.Time) (k *Kept, still []string, err error) {
	if k, err = binding(ctx, tx, id, party); err != nil {
		return nil, nil, err
	}
	n, err := tx.Exec(ctx, `UPDATE suspension SET until = CASE WHEN since > $1 THEN since ELSE $1 END
		WHERE instrument = $2 AND party = $3 AND until IS NULL`, db.Micros(until.Truncate(time.Second)), id, party)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "instrument "+id, party+" has not suspended it", "only who has suspended can resume")
	}
	if err != nil {
		return nil, nil, err
	}
	still, err = suspending(ctx, tx, id)
	return k, still, err
}

// binding returns an instrument that party may suspend and resume.
func binding(ctx context.Context, tx *db.Tx, id, party string) (*Kept, error) {
	k, err := Get(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if k.Standing != agreement.SignedHere || !slices.Contains(k.Parties, party) {
		return nil, fault.New(fault.Refused, "instrument "+id, fmt.Sprintf("it is not signed here by %s", party), "suspend only what the two nodes have signed")
	}
	return k, nil
}

// suspending lists the parties whose suspension of an instrument lasts.
func suspending(ctx context.Context, tx *db.Tx, id string) (parties []string, err error) {
	err = tx.Rows(ctx, `SELECT party FROM suspension WHERE instrument = $1 AND until IS NULL ORDER BY party`, []any{id}, func(r db.Scanner) error {
		var p string
		err := r.Scan(&p)
		parties = append(parties, p)
		return err
	})
	return parties, err
}

// Lasting says whether a suspension of an instrument lasts. If so, no party can end its own before the transaction is over.
func Lasting(ctx context.Context, tx *db.Tx, id string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE suspension SET why = why WHERE instrument = $1 AND until IS NULL`, id)
	return n > 0, err
}

// suspendedAt returns the instruments whose suspension keeps what sender let leave at a time from being taken: its own, which
// it knew of, and any other party's that still lasts. What was under way when the other party suspended waits for its
// resumption; it left in good faith.
func suspendedAt(ctx context.Context, tx *db.Tx, sender string, at time.Time) (map[string]bool, error) {
	out := map[string]bool{}
	err := tx.Rows(ctx, `SELECT instrument FROM suspension WHERE since <= $1 AND (until IS NULL OR until > $1 AND party = $2)`, []any{db.Micros(at), sender}, func(r db.Scanner) error {
		var id string
		err := r.Scan(&id)
		out[id] = true
		return err
	})
	return out, err
}

// A Suspended says who has suspended an instrument, since when and why.
type Suspended struct {
	Party string    `json:"party"`
	Since time.Time `json:"since"`
	Why   string    `json:"why"`
}

// Suspensions returns the suspensions of an instrument that last.
func Suspensions(ctx context.Context, tx *db.Tx, id string) (out []Suspended, err error) {
	err = tx.Rows(ctx, `SELECT party, since, why FROM suspension WHERE instrument = $1 AND until IS NULL ORDER BY since`, []any{id}, func(r db.Scanner) error {
		var s Suspended
		var since int64
		err := r.Scan(&s.Party, &since, &s.Why)
		s.Since = db.Time(since)
		out = append(out, s)
		return err
	})
	return out, err
}

// Actions returns what was done to the texts kept here, for the pulse, in the order it happened. Suspensions of several
// parties that overlap are one: from the first until the last.
func Actions(ctx context.Context, tx *db.Tx, zone *time.Location) (out []agreement.Action, err error) {
	err = tx.Rows(ctx, `SELECT instrument, action, date, party FROM action ORDER BY date, known, instrument, party`, nil, func(r db.Scanner) error {
		var a agreement.Action
		var kind, day, party string
		if err := r.Scan(&a.Instrument, &kind, &day, &party); err != nil {
			return err
		}
		a.Action, a.By = agreement.ActionKind(kind), []string{party}
		a.Date, err = date.Parse(day)
		out = append(out, a)
		return err
	})
	if err != nil {
		return nil, err
	}
	changes, err := changes(ctx, tx)
	if err != nil {
		return nil, err
	}
	lasting := map[string]int{}
	for _, c := range changes {
		before := lasting[c.instrument]
		lasting[c.instrument] += c.by
		a := agreement.Action{Instrument: c.instrument, By: []string{c.party}, Date: date.OnDay(date.Of(c.at.In(zone)))}
		switch {
		case before == 0:
			a.Action = agreement.ActSuspended
		case lasting[c.instrument] == 0:
			a.Action = agreement.ActResumed
		default:
			continue
		}
		out = append(out, a)
	}
	ends, err := ends(ctx, tx, zone)
	return append(out, ends...), err
}

// ends are the ends and renewals of every text and clause, in the order of their time.
func ends(ctx context.Context, tx *db.Tx, zone *time.Location) (out []agreement.Action, err error) {
	kept, err := All(ctx, tx)
	if err != nil {
		return nil, err
	}
	said, err := endings(ctx, tx, "")
	for _, k := range kept {
		scopes := []string{""}
		for i := range k.Clauses {
			scopes = append(scopes, k.Clauses[i].ID)
		}
		for _, clause := range scopes {
			k.concluded(said[k.ID], clause, func(action string, at time.Time, by []string) {
				out = append(out, agreement.Action{Action: agreement.ActionKind(action), Instrument: k.ID, Clause: clause,
					By: by, Date: date.OnDay(date.Of(at.In(zone)))})
			})
		}
	}
	return out, err
}

// A change is the begin or the end of one party's suspension.
type change struct {
	instrument, party string
	at                time.Time
	by                int // 1 or -1
}

func changes(ctx context.Context, tx *db.Tx) (out []change, err error) {
	err = tx.Rows(ctx, `SELECT instrument, party, since, COALESCE(until, 0) FROM suspension`, nil, func(r db.Scanner) error {
		var c change
		var since, until int64
		if err := r.Scan(&c.instrument, &c.party, &since, &until); err != nil {
			return err
		}
		c.at, c.by = db.Time(since), 1
		if out = append(out, c); until > 0 {
			c.at, c.by = db.Time(until), -1
			out = append(out, c)
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b change) int {
		if d := a.at.Compare(b.at); d != 0 {
			return d
		}
		return strings.Compare(a.instrument+a.party, b.instrument+b.party)
	})
	return out, err
}
