package instrument

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/link"
)

// An End is what one party said about the end of a text or of one clause of it.
type End struct {
	Clause string // empty for the whole text
	Party  string
	Action string    // ended, superseded or renewed
	Said   time.Time // when it was said here; when it left, for a partner's
	At     time.Time // the first moment at which it is not in force any more
	Other  string    // the text that takes its place
	Why    string
}

// Conclude notes an end or a renewal, after checking that the text lets the party say so, and closes the way out from
// then on. A renewal holds once every party has said the same.
func Conclude(ctx context.Context, tx *db.Tx, id string, e End) (*Kept, error) {
	k, err := binding(ctx, tx, id, e.Party)
	if err != nil {
		return nil, err
	}
	said, err := endings(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := k.mayConclude(ctx, tx, said[id], e); err != nil {
		return nil, err
	}
	n, err := tx.Exec(ctx, `INSERT INTO ending (instrument, clause, party, action, said, at, other, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (instrument, clause, party, action, said) DO NOTHING`, id, e.Clause, e.Party, e.Action, db.Micros(e.Said), db.Micros(e.At), e.Other, e.Why)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "instrument "+id, e.Party+" said so already at this moment", "look at accord agree history "+id)
	}
	if err != nil {
		return nil, err
	}
	return k, k.close(ctx, tx)
}

func (k *Kept) mayConclude(ctx context.Context, tx *db.Tx, said []End, e End) error {
	refuse := func(why, do string) error { return fault.New(fault.Refused, "instrument "+k.ID, why, do) }
	if e.Clause != "" && k.Clause(e.Clause) == nil {
		return fault.New(fault.NotFound, "clause "+e.Clause, "instrument "+k.ID+" has none of this id", "name a clause of it, or none for the whole text")
	}
	now := endAt(k.steps(said, e.Clause), e.Said)
	replaced := slices.ContainsFunc(said, func(o End) bool { return o.Clause == e.Clause && o.Action == exchange.ActionSuperseded })
	switch {
	case e.At.Before(k.Date.First().Time()):
		return refuse("it would end before it began", "name a later day")
	case replaced:
		return fault.New(fault.Conflict, "instrument "+k.ID, "another text has taken its place", "act on that one")
	case e.Action == exchange.ActionEnded && !now.IsZero() && !e.At.Before(now) && slices.ContainsFunc(said, func(o End) bool { return o.Clause == e.Clause && o.Party == e.Party && o.At.Equal(now) }):
		return fault.New(fault.Conflict, "instrument "+k.ID, "it ends at "+now.Format(time.RFC3339)+" already", "name an earlier day, or leave it")
	case e.Action == exchange.ActionRenewed && !e.At.After(e.Said):
		return refuse("the renewal would be over before it begins", "name a later day")
	case e.Action == exchange.ActionEnded && !k.Notice.IsZero() && e.At.Before(k.Notice.From(date.Of(e.Said)).AddDays(-grace).Time()):
		return refuse(fmt.Sprintf("one party can end it only %s after it has said so", k.Notice), "name a later day, or leave the day out")
	case e.Action == exchange.ActionSuperseded:
		return k.mayReplace(ctx, tx, e.Other)
	}
	return nil
}

// grace is how many days may lie between saying that a text ends and the entry's leaving, where the text asks for notice: a
// node that exchanges by file does not write one every day.
const grace = 7

// mayReplace wants a text that the same parties have signed and that says itself whose place it takes.
func (k *Kept) mayReplace(ctx context.Context, tx *db.Tx, other string) error {
	o, err := Get(ctx, tx, other)
	if err != nil {
		return err
	}
	a, b := slices.Sorted(slices.Values(k.Parties)), slices.Sorted(slices.Values(o.Parties))
	if o.Standing != k.Standing || !slices.Equal(a, b) || !slices.Contains(o.Supersedes, k.ID) {
		return fault.New(fault.Refused, "instrument "+k.ID, fmt.Sprintf("%s does not say that it takes its place, signed by the same parties", other),
			fmt.Sprintf("write supersedes = [%q] into the new text and have it signed", k.ID))
	}
	return nil
}

// endings returns what was said about ends, by text, in its order; of all texts when id is empty.
func endings(ctx context.Context, tx *db.Tx, id string) (map[string][]End, error) {
	out := map[string][]End{}
	err := tx.Rows(ctx, `SELECT instrument, clause, party, action, said, at, other, why FROM ending WHERE $1 = '' OR instrument = $1 ORDER BY said, party, action`, []any{id}, func(r db.Scanner) error {
		var in string
		var e End
		var said, at int64
		err := r.Scan(&in, &e.Clause, &e.Party, &e.Action, &said, &at, &e.Other, &e.Why)
		e.Said, e.At = db.Time(said), db.Time(at)
		out[in] = append(out[in], e)
		return err
	})
	return out, err
}

// A step says that from a moment on the end is at another moment; the zero end is none.
type step struct {
	from, end time.Time
	party     string
}

// steps is how the end of a text, or of one clause of it, moved.
func (k *Kept) steps(said []End, clause string) []step {
	first := k.Until
	if clause != "" {
		if c := k.Clause(clause); c != nil {
			first = c.Until
		} else {
			first = date.Day{}
		}
	}
	out := []step{{}}
	if !first.IsZero() {
		out[0].end = first.AddDays(1).Time()
	}
	renewals := map[string]time.Time{}
	for _, e := range sorted(said) {
		if e.Clause != clause {
			continue
		}
		last := out[len(out)-1].end
		if e.Action != exchange.ActionRenewed {
			if last.IsZero() || e.At.Before(last) {
				out = append(out, step{e.effect(), e.At, e.Party})
			}
			continue
		}
		renewals[e.Party] = e.At
		if all := !slices.ContainsFunc(k.Parties, func(p string) bool { return !renewals[p].Equal(e.At) }); all {
			// Entries say whole seconds: one that leaves in the second of the renewal, after it, must not seem to be before it.
			out = append(out, step{e.Said.Truncate(time.Second), e.At, e.Party})
			clear(renewals)
		}
	}
	return out
}

// effect is the moment from which what was said can change anything.
func (e *End) effect() time.Time {
	if e.Action != exchange.ActionRenewed && e.At.Before(e.Said) {
		return e.At
	}
	return e.Said
}

func sorted(said []End) []End {
	out := slices.Clone(said)
	slices.SortStableFunc(out, func(a, b End) int { return cmp.Or(a.effect().Compare(b.effect()), cmp.Compare(a.Party, b.Party)) })
	return out
}

// endAt is the end as it stood at a moment.
func endAt(steps []step, at time.Time) (end time.Time) {
	for _, s := range steps {
		if !s.from.After(at) {
			end = s.end
		}
	}
	return end
}

// over says whether the text, or the clause, had ended by a moment.
func (k *Kept) over(said []End, clause string, at time.Time) bool {
	end := endAt(k.steps(said, ""), at)
	if !end.IsZero() && !at.Before(end) {
		return true
	}
	if clause == "" {
		return false
	}
	end = endAt(k.steps(said, clause), at)
	return !end.IsZero() && !at.Before(end)
}

// Over says whether a text signed here, or a clause of it, had ended by a time. What became of a paper elsewhere is not
// known here.
func Over(ctx context.Context, tx *db.Tx, k *Kept, clause string, at time.Time) (bool, error) {
	if k.Standing != agreement.SignedHere {
		return false, nil
	}
	said, err := endings(ctx, tx, k.ID)
	return err == nil && k.over(said[k.ID], clause, at), err
}

// close tells the link from when on nothing leaves under the text and under each of its clauses.
func (k *Kept) close(ctx context.Context, tx *db.Tx) error {
	said, err := endings(ctx, tx, k.ID)
	if err != nil {
		return err
	}
	clauses := []string{""}
	for i := range k.Clauses {
		clauses = append(clauses, k.Clauses[i].ID)
	}
	for _, c := range clauses {
		steps := k.steps(said[k.ID], c)
		for _, party := range k.Parties { // towards oneself nothing waits
			if err := link.Close(ctx, tx, party, k.ID, c, steps[len(steps)-1].end); err != nil {
				return err
			}
		}
	}
	return nil
}

// ended are the ends and renewals of all texts that came to pass or will, for the pulse.
func (k *Kept) concluded(said []End, clause string, add func(action string, at time.Time, by []string)) {
	steps := k.steps(said, clause)
	for i, s := range steps {
		by := k.Parties
		if s.party != "" {
			by = []string{s.party}
		}
		last := i+1 == len(steps)
		if !s.end.IsZero() && (last || !s.end.After(steps[i+1].from)) {
			add(exchange.ActionEnded, s.end, by)
			if !last {
				add(exchange.ActionRenewed, steps[i+1].from, k.Parties)
			}
		}
	}
}
