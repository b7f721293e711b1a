package flow

import (
	"context"
	"slices"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/gate"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/series"
	"accord/internal/store"
	"accord/record"
)

// A Stand is everything that decides whether something flows under one clause, as it is now.
type Stand struct {
	Force     instrument.Force
	By        []string  // who has suspended it
	Since     time.Time // since when it is suspended
	From      date.Date // of the text
	Ended     time.Time // when it ended
	Terms     int       // how many terms the clause has
	Ours      int       // by which this city may send
	Closed    int       // of ours: of a grade that never leaves
	Partners  int       // cities of the text whose cards are known here
	Restored  bool      // this node waits for the partner's word after a restore
	Failure   *link.Failure
	Releases  int // what waits for a person
	Held      int // records whose delay is not over
	Due       time.Time
	Records   bool // whether this city has anything of what the terms are about
	Traffic   link.Traffic
	LastReach time.Time // when the partner was last heard of
}

// Reasons why nothing flows under a clause, as message keys. Each is one sentence.
const (
	WhyRegistered  = "why.registered"  // its paper lies elsewhere
	WhyNotYet      = "why.not_yet"     // before its date
	WhyEnded       = "why.ended"       //
	WhySuspended   = "why.suspended"   // by a party
	WhyNoTerms     = "why.no_terms"    // it lets no data out
	WhyTheirs      = "why.theirs"      // only the other city sends, and has
	WhyTheirsNone  = "why.theirs_none" // only the other city sends, and has not
	WhyClosed      = "why.closed"      // of a grade that never leaves
	WhyNoPartner   = "why.no_partner"  // no card
	WhyRestored    = "why.restored"    // after a restore
	WhyUnreachable = "why.unreachable" // something waits, and the partner is not reached
	WhyRelease     = "why.release"     // waits for a person
	WhyOutbox      = "why.outbox"      // on its way
	WhyUnconfirmed = "why.unconfirmed" // left, and not confirmed
	WhyHeld        = "why.held"        // the agreed delay
	WhyNoRecords   = "why.no_records"  // there is nothing to send
	WhyGate        = "why.gate"        // the gate lets nothing of it out
	WhyFlows       = "why.flows"       // it does: nothing new since
)

// A Reason is why nothing flows, or that it does: the first that holds, with what its sentence names.
type Reason struct {
	Key     string
	N       int64
	At      time.Time
	Day     date.Date
	Parties []string
}

// Why derives the reason. It is the first that holds, from what forbids a flow to what only delays it.
func (s *Stand) Why() Reason {
	if r, ok := s.forbidden(); ok {
		return r
	}
	t := &s.Traffic
	switch {
	case s.Restored:
		return Reason{Key: WhyRestored}
	case t.Waiting+t.Unconfirmed > 0 && s.Failure != nil:
		return Reason{Key: WhyUnreachable, N: t.Waiting + t.Unconfirmed, At: s.LastReach}
	case s.Releases > 0:
		return Reason{Key: WhyRelease, N: int64(s.Releases)}
	case t.Waiting > 0:
		return Reason{Key: WhyOutbox, N: t.Waiting, At: t.Since}
	case t.Unconfirmed > 0:
		return Reason{Key: WhyUnconfirmed, N: t.Unconfirmed, At: t.LastLeft}
	case s.Held > 0:
		return Reason{Key: WhyHeld, N: int64(s.Held), At: s.Due}
	case t.Left > 0:
		return Reason{Key: WhyFlows, N: t.Delivered, At: t.LastSent}
	case s.Records:
		return Reason{Key: WhyGate}
	}
	return Reason{Key: WhyNoRecords}
}

// forbidden is the reason why nothing of ours may flow at all.
func (s *Stand) forbidden() (Reason, bool) {
	switch {
	case s.Force == instrument.Elsewhere:
		return Reason{Key: WhyRegistered}, true
	case s.Force == instrument.NotYet:
		return Reason{Key: WhyNotYet, Day: s.From}, true
	case s.Force == instrument.Ended:
		return Reason{Key: WhyEnded, At: s.Ended}, true
	case s.Force == instrument.Stopped:
		return Reason{Key: WhySuspended, Parties: s.By, At: s.Since}, true
	case s.Ours == 0 && (s.Traffic.Waiting+s.Traffic.Unconfirmed > 0 || s.Releases > 0):
		return Reason{}, false // letters need no terms
	case s.Ours == 0 && s.Traffic.Left > 0:
		return Reason{Key: WhyFlows, N: s.Traffic.Delivered, At: s.Traffic.LastSent}, true
	case s.Terms == 0:
		return Reason{Key: WhyNoTerms}, true
	case s.Ours == 0 && s.Traffic.Came > 0:
		return Reason{Key: WhyTheirs, N: s.Traffic.Came, At: s.Traffic.LastCame}, true
	case s.Ours == 0:
		return Reason{Key: WhyTheirsNone}, true
	case s.Closed == s.Ours:
		return Reason{Key: WhyClosed}, true
	case s.Partners == 0:
		return Reason{Key: WhyNoPartner}, true
	}
	return Reason{}, false
}

// Stand looks at what decides whether something flows under a clause, with its newest entries.
func (f *Flow) Stand(ctx context.Context, id, clause string, limit int) (s *Stand, err error) {
	status, err := f.links.Status(ctx)
	if err != nil {
		return nil, err
	}
	err = f.db.View(ctx, func(tx *db.Tx) error {
		k, err := instrument.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		s = &Stand{From: k.Date}
		if err := s.force(ctx, tx, k, f.self, clause); err != nil {
			return err
		}
		for _, p := range status {
			if slices.Contains(k.Parties, p.Partner) {
				s.partner(p)
			}
		}
		if c := k.Clause(clause); c != nil {
			if err := s.terms(ctx, tx, f.self, c, f.lookup); err != nil {
				return err
			}
		}
		if err := s.waiting(ctx, tx, id, clause); err != nil {
			return err
		}
		s.Traffic, err = link.Under(ctx, tx, f.self, id, clause, limit)
		return err
	})
	return s, err
}

// force sets whether the clause holds now.
func (s *Stand) force(ctx context.Context, tx *db.Tx, k *instrument.Kept, self, clause string) error {
	m, err := instrument.At(ctx, tx, self, k.ID, tx.Now)
	if err != nil {
		return err
	}
	s.Force, s.By = m.State, m.By
	for _, c := range m.Clauses {
		if c.ID == clause {
			s.Force = c.State
		}
	}
	lasting, err := instrument.Suspensions(ctx, tx, k.ID)
	if err != nil {
		return err
	}
	if len(lasting) > 0 && s.Force == instrument.InForce { // in this very second
		s.Force = instrument.Stopped
	}
	for _, l := range lasting {
		if s.Since.IsZero() || l.Since.Before(s.Since) {
			s.Since = l.Since
		}
		if !slices.Contains(s.By, l.Party) {
			s.By = append(s.By, l.Party)
		}
	}
	ends, err := instrument.Closings(ctx, tx, k, tx.Now)
	for _, e := range ends {
		if e.Ended && (e.Clause == "" || e.Clause == clause) && (s.Ended.IsZero() || e.At.Before(s.Ended)) {
			s.Ended = e.At
		}
	}
	return err
}

func (s *Stand) partner(p link.Status) {
	s.Partners++
	s.Restored = s.Restored || p.Waits
	if p.Failure != nil {
		s.Failure = p.Failure
	}
	if p.LastOK != nil && p.LastOK.After(s.LastReach) {
		s.LastReach = *p.LastOK
	}
}

// terms sets what the clause lets this city send, and whether it has any of it.
func (s *Stand) terms(ctx context.Context, tx *db.Tx, self string, c *agreement.Clause, lookup record.Lookup) error {
	for i := range c.Terms {
		t := &c.Terms[i]
		s.Terms++
		if !slices.Contains(t.From, self) {
			continue
		}
		s.Ours++
		if t.Grade == agreement.Closed {
			s.Closed++
		}
		d, ok := lookup(t.Dataset, t.Version)
		if !ok || s.Records {
			continue
		}
		has := store.Any
		if d.Kind == record.Series {
			has = series.Any
		}
		for _, origin := range append([]string{self}, t.Of...) {
			some, err := has(ctx, tx, t.Dataset, origin)
			if err != nil {
				return err
			}
			s.Records = s.Records || some
		}
	}
	return nil
}

// waiting sets what waits for a person and for its delay.
func (s *Stand) waiting(ctx context.Context, tx *db.Tx, id, clause string) error {
	if _, err := tx.Row(ctx, `SELECT COUNT(*) FROM release WHERE state = $1 AND instrument = $2 AND clause = $3`, []any{string(Waiting), id, clause}, &s.Releases); err != nil {
		return err
	}
	for _, table := range []string{"held", "held_series"} {
		var n int
		var due int64
		if _, err := tx.Row(ctx, `SELECT COUNT(*), COALESCE(MIN(due), 0) FROM `+table+` WHERE instrument = $1 AND clause = $2`, []any{id, clause}, &n, &due); err != nil {
			return err
		}
		if at := db.Time(due); n > 0 && (s.Due.IsZero() || at.Before(s.Due)) {
			s.Due = at
		}
		s.Held += n
	}
	return nil
}

// Explained is a gate in the words of a language: what of a dataset may leave under terms, and from whom.
type Explained struct {
	Terms *agreement.Terms
	Words []string
	Known bool // whether this node knows the dataset
}

// Explain says in a language what may leave under each of a clause's terms.
func (f *Flow) Explain(c *agreement.Clause, lang string) (out []Explained, err error) {
	for i := range c.Terms {
		e := Explained{Terms: &c.Terms[i]}
		d, ok := f.lookup(e.Terms.Dataset, e.Terms.Version)
		if ok {
			g, err := gate.Compile(*e.Terms, d)
			if err != nil {
				return nil, err
			}
			e.Known = true
			for _, why := range g.Explain() {
				e.Words = append(e.Words, gate.Explain(lang, why))
			}
		}
		out = append(out, e)
	}
	return out, nil
}
