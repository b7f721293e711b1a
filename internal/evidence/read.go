package evidence

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"accord/internal/date"
	"accord/internal/db"
)

// forever is a time by which everything is known.
const forever = math.MaxInt64

// endOf is the last moment of a day at the city's place; of no day, forever.
func endOf(day date.Day, zone *time.Location) int64 {
	if day.IsZero() {
		return forever
	}
	next := day.AddDays(1)
	return db.Micros(time.Date(next.Year(), next.Month(), next.DayOfMonth(), 0, 0, 0, 0, zone)) - 1
}

// threads reads what was said up to a moment: about one event, or about all where id is empty. By event.
func threads(ctx context.Context, tx *db.Tx, id string, known int64) (out []*thread, err error) {
	where, args := `known <= $1`, []any{known}
	if id != "" {
		where, args = where+` AND event = $2`, append(args, id)
	}
	by := map[string]*thread{}
	err = tx.Rows(ctx, `SELECT event, version, action, hash, instrument, clause, kind, level, parties, start, until, body, unit, person, known
		FROM claim WHERE `+where+` ORDER BY event, version`, args, func(r db.Scanner) error {
		event, v, err := scanVersion(r)
		if err != nil {
			return err
		}
		if len(out) == 0 || out[len(out)-1].id != event {
			claimant, _, _ := strings.Cut(event, "/")
			t := &thread{id: event, claimant: claimant}
			out, by[event] = append(out, t), t
		}
		t := out[len(out)-1]
		t.versions = append(t.versions, v)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, tx.Rows(ctx, `SELECT event, party, number, claim, word, why, said, unit, person, known
		FROM word WHERE `+where+` ORDER BY event, party, number`, args, func(r db.Scanner) error {
		var event string
		var s spoken
		var said, known int64
		err := r.Scan(&event, &s.party, &s.number, &s.claim, &s.word, &s.why, &said, &s.unit, &s.person, &known)
		s.said, s.known = db.Time(said), db.Time(known)
		if t := by[event]; t != nil { // a word can come before its claim, by another city's link
			t.words = append(t.words, s)
		}
		return err
	})
}

func scanVersion(r db.Scanner) (event string, v version, err error) {
	var parties, start, until string
	var known int64
	if err := r.Scan(&event, &v.number, &v.action, &v.hash, &v.instrument, &v.clause, &v.kind, &v.level, &parties, &start, &until,
		&v.body, &v.unit, &v.person, &known); err != nil {
		return "", v, err
	}
	if parties != "" {
		v.by = strings.Split(parties, ",")
	}
	v.known = db.Time(known)
	if err := v.start.UnmarshalText([]byte(start)); err != nil {
		return "", v, fmt.Errorf("stored claim %s: %w", event, err)
	}
	if err := v.until.UnmarshalText([]byte(until)); err != nil {
		return "", v, fmt.Errorf("stored claim %s: %w", event, err)
	}
	return event, v, nil
}

// rulings reads the judgements made up to a moment, by event, in their order.
func rulings(ctx context.Context, tx *db.Tx, known int64) (map[string][]ruling, error) {
	out := map[string][]ruling{}
	err := tx.Rows(ctx, `SELECT event, instrument, clause, number, judgement, person, why, known FROM judgement
		WHERE known <= $1 ORDER BY event, known, instrument, clause, number`, []any{known}, func(r db.Scanner) error {
		var event string
		var j ruling
		var known int64
		err := r.Scan(&event, &j.clause.instrument, &j.clause.clause, &j.number, &j.judgement, &j.person, &j.why, &known)
		j.known = db.Time(known)
		out[event] = append(out[event], j)
		return err
	})
	return out, err
}
