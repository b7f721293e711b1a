package evidence

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"accord/internal/date"
	"accord/internal/db"
)

// A Find says which claims a list shows. What is empty asks for nothing.
type Find struct {
	State      string // unanswered, confirmed, disputed, withdrawn, corrected; to_answer: of others, without this city's word
	Claimant   string
	Instrument string
	Clause     string
	Kind       string
	After      Cursor
	Most       int
}

// The states by which lists ask that are no standings.
const (
	ToAnswer  = "to_answer"
	Corrected = "corrected"
)

// A Cursor is where a list goes on: after an event, by when its newest version became known.
type Cursor struct {
	Known time.Time
	Event string
}

// looked is how many claims are read for one page at most, perBatch how many at once.
const (
	looked   = 2000
	perBatch = 100
)

// Find returns the claims that are asked for, what was said last first, and where the list goes on; the unset cursor is its end.
func (b *Book) Find(ctx context.Context, f Find) (out []Event, next Cursor, err error) {
	err = b.db.View(ctx, func(tx *db.Tx) error {
		out, next, err = b.search(ctx, tx, f)
		return err
	})
	return out, next, err
}

func (b *Book) search(ctx context.Context, tx *db.Tx, f Find) (out []Event, next Cursor, err error) {
	for seen, at := 0, f.After; ; {
		newest, err := b.newest(ctx, tx, f, at)
		if err != nil {
			return nil, Cursor{}, err
		}
		views, err := b.views(ctx, tx, newest, f.State == ToAnswer)
		if err != nil {
			return nil, Cursor{}, err
		}
		for _, c := range newest {
			if len(out) == f.Most {
				return out, at, nil
			}
			seen, at = seen+1, c
			if e, ok := views[c.Event]; ok && f.wants(&e) {
				out = append(out, e)
			}
		}
		if len(newest) < perBatch {
			return out, Cursor{}, nil
		}
		if seen >= looked {
			return out, at, nil
		}
	}
}

// newest are the events whose newest version comes after a cursor in the list.
func (b *Book) newest(ctx context.Context, tx *db.Tx, f Find, at Cursor) (out []Cursor, err error) {
	where, args := `version = (SELECT MAX(m.version) FROM claim m WHERE m.event = claim.event)`, []any{}
	add := func(cond string, arg ...any) {
		for _, a := range arg {
			args = append(args, a)
			cond = strings.Replace(cond, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where += " AND " + cond
	}
	for _, c := range []struct{ column, value string }{{"instrument", f.Instrument}, {"clause", f.Clause}, {"kind", f.Kind}} {
		if c.value != "" {
			add(c.column+` = ?`, c.value)
		}
	}
	switch f.State {
	case Corrected:
		add(`action = 'corrected'`)
	case Withdrawn:
		add(`action = 'withdrawn'`)
	case "":
	default:
		add(`action <> 'withdrawn'`)
	}
	if f.State == ToAnswer { // an id is the claimant's and a name
		add(fmt.Sprintf(`substr(event, 1, %d) <> ? AND instrument <> ''`, len(b.self)+1), b.self+"/")
	}
	if f.Claimant != "" {
		add(fmt.Sprintf(`substr(event, 1, %d) = ?`, len(f.Claimant)+1), f.Claimant+"/")
	}
	if at.Event != "" {
		add(`(known < ? OR known = ? AND event < ?)`, db.Micros(at.Known), db.Micros(at.Known), at.Event)
	}
	err = tx.Rows(ctx, `SELECT event, known FROM claim WHERE `+where+fmt.Sprintf(` ORDER BY known DESC, event DESC LIMIT %d`, perBatch), args, func(r db.Scanner) error {
		var c Cursor
		var known int64
		err := r.Scan(&c.Event, &known)
		c.Known = db.Time(known)
		out = append(out, c)
		return err
	})
	return out, err
}

// views are some events as people see them; only those without this city's word where it is asked for.
func (b *Book) views(ctx context.Context, tx *db.Tx, some []Cursor, toAnswer bool) (map[string]Event, error) {
	out := make(map[string]Event, len(some))
	if len(some) == 0 {
		return out, nil
	}
	ids := make([]string, len(some))
	for i, c := range some {
		ids[i] = c.Event
	}
	all, err := threadsOf(ctx, tx, ids, forever, whole)
	if err != nil {
		return nil, err
	}
	in, args := amongst(ids, nil)
	judged, err := rulingsWhere(ctx, tx, `event`+in, args)
	if err != nil {
		return nil, err
	}
	_, clauses, err := allClauses(ctx, tx)
	if err != nil {
		return nil, err
	}
	today := date.Of(tx.Now.In(b.zone))
	for _, t := range all {
		if toAnswer && t.word(b.self) != nil {
			continue
		}
		e, err := b.view(t, clauses, judged[t.id], today)
		if err != nil {
			return nil, err
		}
		out[t.id] = *e
	}
	return out, nil
}

// wants says whether an event is one that is asked for, by what only its thread tells.
func (f *Find) wants(e *Event) bool {
	return !slices.Contains([]string{Unanswered, "confirmed", "disputed"}, f.State) || e.Standing == f.State
}
