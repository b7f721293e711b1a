package instrument

import (
	"context"
	"fmt"
	"slices"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/link"
)

// A Force says whether a text, or a clause of it, holds at a moment.
type Force string

// What can be said of a text at a moment.
const (
	InForce   Force = "in force"
	NotYet    Force = "not yet"    // before its date
	Stopped   Force = "suspended"  // by a party, for all
	Ended     Force = "ended"      // by its own words, by a party, or because another text took its place
	Elsewhere Force = "registered" // its paper lies elsewhere: what was done to it is not known here
)

// A Moment is what held under a text at one time.
type Moment struct {
	Instrument string      `json:"instrument"`
	At         time.Time   `json:"at"`
	State      Force       `json:"state"`
	By         []string    `json:"by"` // who has suspended it
	Clauses    []ClauseNow `json:"clauses"`
	Proof      []Line      `json:"proof"` // the entries up to then that say so
}

// A ClauseNow is what held of one clause.
type ClauseNow struct {
	ID    string `json:"id"`
	State Force  `json:"state"`
}

// At says what was in force under a text at a time, and by which entries.
func At(ctx context.Context, tx *db.Tx, self, id string, at time.Time) (*Moment, error) {
	k, err := Get(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	said, err := endings(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	m := &Moment{Instrument: id, At: at, By: []string{}, Clauses: []ClauseNow{}, Proof: []Line{}}
	err = tx.Rows(ctx, `SELECT party FROM suspension WHERE instrument = $1 AND since <= $2 AND (until IS NULL OR until > $2) ORDER BY party`, []any{id, db.Micros(at)}, func(r db.Scanner) error {
		var p string
		err := r.Scan(&p)
		m.By = append(m.By, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	m.State = k.force(said[id], "", at, len(m.By) > 0)
	for i := range k.Clauses {
		m.Clauses = append(m.Clauses, ClauseNow{k.Clauses[i].ID, k.force(said[id], k.Clauses[i].ID, at, len(m.By) > 0)})
	}
	lines, err := History(ctx, tx, self, id)
	m.Proof = append(m.Proof, slices.DeleteFunc(lines, func(l Line) bool {
		return l.Kind != exchange.KindAction || l.Aside != "" || l.Time.After(at)
	})...)
	return m, err
}

func (k *Kept) force(said []End, clause string, at time.Time, suspended bool) Force {
	switch {
	case k.Standing != agreement.SignedHere:
		return Elsewhere
	case date.Of(at.UTC()).Before(k.Date.First()):
		return NotYet
	case k.over(said, clause, at):
		return Ended
	case suspended:
		return Stopped
	}
	return InForce
}

// A Line is one dated entry about a text.
type Line struct {
	Writer string        `json:"writer"`
	Index  int64         `json:"index"` // its position in the writer's log; -1 while it waits
	Time   time.Time     `json:"time"`  // when it left; since when it waits
	Kind   exchange.Kind `json:"kind"`
	What   string        `json:"what"`   // the action, or what is to be erased or was
	Clause string        `json:"clause"` // where it is about one
	Detail string        `json:"detail"` // until when, by which text, which entries
	Why    string        `json:"why"`
	From   time.Time     `json:"-"` // of an end: the first moment at which it is not in force any more
	Until  date.Day      `json:"-"` // of a renewal
	By     string        `json:"-"` // the text that takes its place
	Aside  string        `json:"aside,omitempty"`
	Proof  string        `json:"proof"` // the command that writes its receipt; empty while nobody has cosigned it
}

// History is every entry about a text in the order of time; what has not left comes last.
func History(ctx context.Context, tx *db.Tx, self, id string) ([]Line, error) {
	if _, err := Get(ctx, tx, id); err != nil {
		return nil, err
	}
	said, err := link.SaidOf(ctx, tx, self, id)
	if err != nil {
		return nil, err
	}
	out := []Line{}
	for _, s := range said {
		l := Line{Writer: s.Writer, Index: s.Index, Time: s.Time, Kind: s.Kind, What: string(s.Kind), Clause: s.Clause, Aside: s.Aside}
		l.describe(s.Body)
		if s.Proved {
			l.Proof = fmt.Sprintf("accord receipt --partner %s --writer %s %d", s.Partner, s.Writer, s.Index)
		}
		out = append(out, l)
	}
	return out, nil
}

// describe adds what the body says. What was set aside because nobody can read it stays as it is.
func (l *Line) describe(body []byte) {
	if p, err := exchange.ParsePurge(body); err == nil && l.Kind != exchange.KindAction {
		l.Detail, l.Why = fmt.Sprintf("%s, entries %v of %s", p.Basis, p.Entries, p.Log), p.Why
		return
	}
	a, err := exchange.ParseAction(body)
	if err != nil {
		return
	}
	l.What, l.Why, l.From, l.Until, l.By = a.Action, a.Why, a.At, a.Until, a.By
	switch a.Action {
	case exchange.ActionEnded:
		l.Detail = "from " + a.At.Format(time.RFC3339) + " on"
	case exchange.ActionSuperseded:
		l.Detail = "by " + a.By + " from " + a.At.Format(time.RFC3339) + " on"
	case exchange.ActionRenewed:
		l.Detail = "until " + a.Until.String()
	}
}
