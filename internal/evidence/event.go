package evidence

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
	"accord/internal/instrument"
	"accord/internal/pulse"
)

// An Event is what stands of an event on this node, with both sides' word and what follows for its clause today. Its JSON is
// stable.
type Event struct {
	ID         string                 `json:"id"`
	Claimant   string                 `json:"claimant"` // empty for what was made here of receipts
	Instrument string                 `json:"instrument"`
	Clause     string                 `json:"clause"`
	Version    int                    `json:"version"`
	Standing   string                 `json:"standing"` // unanswered, confirmed, disputed, withdrawn
	Kind       string                 `json:"kind"`
	Level      string                 `json:"level"`
	By         []string               `json:"by"`
	Start      date.Date              `json:"start"`
	Until      date.Date              `json:"until"`
	What       []exchange.ClaimText   `json:"what"`
	Sources    []exchange.ClaimSource `json:"sources"`
	Clauses    []Counting             `json:"clauses"` // its own clause and those it is linked to
	Known      bool                   `json:"known,omitempty"`
	History    []Saying               `json:"history"` // as it came to be known here
}

// Standings of an event. The others are pulse.Words.
const (
	Unanswered = "unanswered"
	Withdrawn  = "withdrawn"
)

// A Counting says whether an event counts for a clause today, and why.
type Counting struct {
	Instrument string `json:"instrument"`
	Clause     string `json:"clause"`
	Counts     bool   `json:"counts"`
	Why        string `json:"why"`              // message key of the reason
	Person     string `json:"person,omitempty"` // who has judged so
	Reason     string `json:"reason,omitempty"`
}

// A Saying is one thing that was said of an event.
type Saying struct {
	What    string    `json:"what"` // claimed, corrected, withdrawn, confirmed, disputed, taken_back, counts, does_not
	Party   string    `json:"party"`
	Unit    string    `json:"unit"`
	Person  string    `json:"person,omitempty"` // only of this city
	Said    time.Time `json:"said"`
	Known   time.Time `json:"known"`             // when it was known here
	Version int       `json:"version,omitempty"` // of the claim; 0 where that version is not known here
	Clause  string    `json:"clause,omitempty"`  // for which a person has judged
	Why     string    `json:"why"`
}

// List returns the events that are claimed under a clause, or all where clause is empty, with what stands of each.
func (b *Book) List(ctx context.Context, instrument, clause string) (out []Event, err error) {
	err = b.db.View(ctx, func(tx *db.Tx) error {
		out = []Event{}
		all, err := b.events(ctx, tx, "")
		for _, e := range all {
			if (instrument == "" || e.Instrument == instrument) && (clause == "" || e.Clause == clause || slices.ContainsFunc(e.Clauses, func(c Counting) bool { return c.Clause == clause })) {
				out = append(out, e)
			}
		}
		return err
	})
	return out, err
}

// Show returns one event with its history.
func (b *Book) Show(ctx context.Context, id string) (out *Event, err error) {
	err = b.db.View(ctx, func(tx *db.Tx) error {
		out, err = b.event(ctx, tx, id)
		return err
	})
	return out, err
}

// event returns one event, claimed or made here.
func (b *Book) event(ctx context.Context, tx *db.Tx, id string) (*Event, error) {
	all, err := b.events(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.New(fault.NotFound, fmt.Sprintf("event %.80q", id), "none of this id is known here", "see accord evidence list").Says("fault.no_event")
	}
	return &all[0], nil
}

// events returns what is claimed, by event; one, claimed or made here, where id is given.
func (b *Book) events(ctx context.Context, tx *db.Tx, id string) ([]Event, error) {
	all, err := threads(ctx, tx, id, forever, whole)
	if err != nil {
		return nil, err
	}
	judged, err := rulings(ctx, tx, forever)
	if err != nil {
		return nil, err
	}
	texts, clauses, err := allClauses(ctx, tx)
	if err != nil {
		return nil, err
	}
	today := date.Of(tx.Now.In(b.zone))
	var out []Event
	for _, t := range all {
		e, err := b.view(t, clauses, judged[t.id], today)
		if err != nil {
			return nil, err
		}
		out = append(out, *e)
	}
	if id == "" || len(out) > 0 {
		return out, nil
	}
	made, err := delivered(ctx, tx, pulse.Clauses(texts...), b.zone)
	if err != nil {
		return nil, err
	}
	sent, err := documents(ctx, tx, pulse.Clauses(texts...), b.zone)
	for _, e := range append(made, sent...) {
		if e.ID == id {
			out = append(out, b.made(e, clauses, judged[id], today))
		}
	}
	return out, err
}

// allClauses are the texts kept here and their clauses by place.
func allClauses(ctx context.Context, tx *db.Tx) (texts []*agreement.Instrument, clauses map[place]pulse.Clause, err error) {
	kept, err := instrument.All(ctx, tx)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range kept {
		texts = append(texts, k.Instrument)
	}
	clauses = map[place]pulse.Clause{}
	for _, c := range pulse.Clauses(texts...) {
		clauses[place{c.Instrument.ID, c.ID}] = c
	}
	return texts, clauses, nil
}

// view is a thread as people see it.
func (b *Book) view(t *thread, clauses map[place]pulse.Clause, judged []ruling, today date.Day) (*Event, error) {
	v := t.newest()
	c, err := v.claim()
	if err != nil {
		return nil, err
	}
	out := &Event{ID: t.id, Claimant: t.claimant, Instrument: v.instrument, Clause: v.clause, Version: v.number, Standing: Withdrawn, Clauses: []Counting{},
		Kind: c.Kind, Level: c.Level, By: c.By, Start: c.Start, Until: c.Until, What: c.What, Sources: c.Sources}
	var parties []string
	if under, ok := clauses[place{v.instrument, v.clause}]; ok {
		parties = under.Instrument.Parties
	}
	if e, ok := t.event(parties); ok {
		out.Standing = cmp.Or(string(e.Word), Unanswered)
		out.Clauses = countings(judge(e, judged, b.zone), clauses, today)
	}
	out.History, err = b.history(t, judged)
	return out, err
}

// made is an event that was made here, as people see it.
func (b *Book) made(e pulse.Event, clauses map[place]pulse.Clause, judged []ruling, today date.Day) Event {
	out := Event{ID: e.ID, Instrument: e.Instrument, Clause: e.Clause, Standing: cmp.Or(string(e.Word), Unanswered), Kind: string(e.Kind), Level: string(e.Level),
		By: e.By, Start: e.Start, Until: e.Until, What: []exchange.ClaimText{}, Sources: []exchange.ClaimSource{},
		Clauses: countings(judge(e, judged, b.zone), clauses, today), History: b.judgements(judged)}
	for _, t := range e.What {
		out.What = append(out.What, exchange.ClaimText{Lang: t.Lang, Standing: string(t.Standing), Text: t.Text})
	}
	return out
}

// countings says for each clause under which an event stands whether it counts there.
func countings(stands []pulse.Event, clauses map[place]pulse.Clause, today date.Day) []Counting {
	out := []Counting{}
	for i := range stands {
		e := &stands[i]
		c, ok := clauses[place{e.Instrument, e.Clause}]
		if !ok {
			continue
		}
		counts, why := pulse.Counts(c, e, today)
		n := Counting{Instrument: e.Instrument, Clause: e.Clause, Counts: counts, Why: why}
		if e.Judgement != nil {
			n.Person, n.Reason = e.Judgement.By, e.Judgement.Why
		}
		out = append(out, n)
	}
	return out
}

// history is everything that was said, in the order in which it came to be known here.
func (b *Book) history(t *thread, judged []ruling) ([]Saying, error) {
	out, number := []Saying{}, map[string]int{}
	for i := range t.versions {
		v := &t.versions[i]
		c, err := v.claim()
		if err != nil {
			return nil, err
		}
		number[v.hash] = v.number
		out = append(out, Saying{What: v.action, Party: t.claimant, Unit: v.unit, Person: v.person, Said: c.Time, Known: v.known, Version: v.number, Why: c.Why})
	}
	for _, w := range t.words {
		out = append(out, Saying{What: w.word, Party: w.party, Unit: w.unit, Person: w.person, Said: w.said, Known: w.known, Version: number[w.claim], Why: w.why})
	}
	out = append(out, b.judgements(judged)...)
	slices.SortStableFunc(out, func(a, b Saying) int { return a.Known.Compare(b.Known) })
	return out, nil
}

func (b *Book) judgements(judged []ruling) []Saying {
	out := []Saying{}
	for _, r := range judged {
		out = append(out, Saying{What: r.judgement, Party: b.self, Person: r.person, Said: r.known, Known: r.known, Clause: r.clause.clause, Why: r.why})
	}
	return out
}
