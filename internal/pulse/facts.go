package pulse

import (
	"accord/agreement"
	"accord/internal/date"
)

// Facts are everything that states follow from, in one small file: a page derives from it what Of derives here, on any day. Its
// JSON is what internal/web/assets/pulse.js reads.
type Facts struct {
	Today   date.Day      `json:"today"`
	Known   date.Day      `json:"known"` // only what was known at its end; unset is what is known now
	Clauses []ClauseFacts `json:"clauses"`
	Events  []EventFacts  `json:"events"`
	Actions []ActionFacts `json:"actions"`
}

// ClauseFacts is a clause as far as its state follows from it, with its place in the grid.
type ClauseFacts struct {
	ID         string                `json:"id"`
	Instrument string                `json:"instrument"`
	Parties    []string              `json:"parties"`
	Since      date.Date             `json:"since"`
	Area       agreement.Area        `json:"area"`
	Level      agreement.Level       `json:"level"`
	Act        agreement.Act         `json:"act"`
	Sides      agreement.Sides       `json:"sides"`
	Kinds      []agreement.EventKind `json:"kinds"`
	Cadence    agreement.Cadence     `json:"cadence"`
	Window     date.Day              `json:"window"`
}

// EventFacts is an event as far as a state follows from it, and what a line about it says.
type EventFacts struct {
	ID         string              `json:"id"`
	Instrument string              `json:"instrument,omitempty"`
	Clause     string              `json:"clause,omitempty"`
	Kind       agreement.EventKind `json:"kind"`
	Level      agreement.Level     `json:"level"`
	By         []string            `json:"by"`
	Start      date.Date           `json:"start"`
	Until      date.Date           `json:"until,omitzero"`
	Rule       Rule                `json:"rule,omitempty"`
	Word       Word                `json:"word,omitempty"`
	Claimant   string              `json:"claimant,omitempty"`
	Judged     *bool               `json:"judged,omitempty"` // what a person has judged, not who and why
	Lang       string              `json:"lang,omitempty"`   // of What
	What       string              `json:"what,omitempty"`
}

// ActionFacts is an action on a text or on one clause of it.
type ActionFacts struct {
	Instrument string               `json:"instrument"`
	Clause     string               `json:"clause,omitempty"`
	Action     agreement.ActionKind `json:"action"`
	Date       date.Date            `json:"date"`
}

// NewFacts writes down what states follow from. say chooses the language in which an event is told; a reader who may not see
// the words gets none.
func NewFacts(clauses []Clause, events []Event, actions []agreement.Action, say func(agreement.Texts) (lang, what string)) Facts {
	f := Facts{Clauses: []ClauseFacts{}, Events: []EventFacts{}, Actions: []ActionFacts{}}
	for _, c := range clauses {
		f.Clauses = append(f.Clauses, ClauseFacts{
			ID: c.ID, Instrument: c.Instrument.ID, Parties: append([]string{}, c.Instrument.Parties...), Since: c.Instrument.Date, Area: c.Area, Level: c.Level,
			Act: c.Act, Sides: c.Sides, Kinds: append([]agreement.EventKind{}, c.Kinds...), Cadence: c.Cadence, Window: c.WindowUntil,
		})
	}
	for i := range events {
		e := &events[i]
		n := EventFacts{ID: e.ID, Instrument: e.Instrument, Clause: e.Clause, Kind: e.Kind, Level: e.Level, By: append([]string{}, e.By...),
			Start: e.Start, Until: e.Until, Rule: e.Rule, Word: e.Word, Claimant: e.Claimant}
		if e.Judgement != nil {
			n.Judged = &e.Judgement.Counts
		}
		n.Lang, n.What = say(e.What)
		f.Events = append(f.Events, n)
	}
	for _, a := range actions {
		f.Actions = append(f.Actions, ActionFacts{a.Instrument, a.Clause, a.Action, a.Date})
	}
	return f
}
