package evidence

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/pulse"
)

// A thread is everything that was said about one event that a city claims: what the claimant said, version by version, and
// the words of the others on them. What stands follows from it and from nothing else, so that the order in which claims and
// words came does not matter and both cities come to the same.
type thread struct {
	id       string
	claimant string
	versions []version // by version
	words    []spoken  // by party and number

	first [1]version // room for versions: most events have one
}

// A version is one saying of the claimant.
type version struct {
	number             int
	action, hash       string
	instrument, clause string
	kind, level        string
	by                 []string
	start, until       date.Date
	body               []byte // of the claim; parsed only where its texts are asked for
	unit, person       string // person: only of this city
	known              time.Time
}

// texts are what happened and where it is written, as the claim has them.
func (v *version) texts() (what agreement.Texts, sources []string, err error) {
	c, err := v.claim()
	if err != nil {
		return nil, nil, err
	}
	for _, t := range c.What {
		what = append(what, agreement.Text{Lang: t.Lang, Standing: agreement.TextStanding(t.Standing), Text: t.Text})
	}
	for _, s := range c.Sources {
		sources = append(sources, s.Title)
	}
	return what, sources, nil
}

// claim is the body as it was said. It was checked when it was said or came.
func (v *version) claim() (*exchange.Claim, error) {
	c := new(exchange.Claim)
	if err := json.Unmarshal(v.body, c); err != nil {
		return nil, fmt.Errorf("stored claim, version %d: %w", v.number, err)
	}
	return c, nil
}

// A spoken is one party's word on one version.
type spoken struct {
	party        string
	number       int
	claim        string // hash of the version
	word, why    string
	unit, person string
	said, known  time.Time
}

// newest is the version that stands.
func (t *thread) newest() *version { return &t.versions[len(t.versions)-1] }

// withdrawn says whether nothing is claimed any more.
func (t *thread) withdrawn() bool { return t.newest().action == exchange.ClaimWithdrawn }

// word is what a party last said on the version that stands; nil when it has not spoken on that one, or took its word
// back. A word on an older version stays in the history and says nothing of this one.
func (t *thread) word(party string) *spoken {
	var last *spoken
	for i := range t.words {
		if w := &t.words[i]; w.party == party && w.claim == t.newest().hash && (last == nil || w.number > last.number) {
			last = w
		}
	}
	if last == nil || last.word == exchange.WordTakenBack {
		return nil
	}
	return last
}

// answer is the others' word, taken together: disputed when one of them disputes it, confirmed when all confirm it, and
// otherwise unanswered. Silence is not a no, and not a yes.
func (t *thread) answer(parties []string) pulse.Word {
	others, confirmed := 0, 0
	for _, p := range parties {
		if p == t.claimant {
			continue
		}
		others++
		switch w := t.word(p); {
		case w == nil:
		case w.word == exchange.WordDisputed:
			return pulse.Denied
		default:
			confirmed++
		}
	}
	if others > 0 && confirmed == others {
		return pulse.Confirmed
	}
	return pulse.Unanswered
}

// event is what the pulse is told of the thread, without texts; ok is false when nothing is claimed any more.
func (t *thread) event(parties []string) (e pulse.Event, ok bool) {
	v := t.newest()
	if t.withdrawn() {
		return e, false
	}
	return pulse.Event{
		ID: t.id, Instrument: v.instrument, Clause: v.clause, Kind: agreement.EventKind(v.kind), Level: agreement.Level(v.level),
		By: v.by, Start: v.start, Until: v.until, Claimant: t.claimant, Word: t.answer(parties),
	}, true
}

// A ruling is a person's judgement whether an event counts for a clause.
type ruling struct {
	clause    place
	number    int
	judgement string
	person    string
	why       string
	known     time.Time
}

// A place is a clause of an instrument.
type place struct{ instrument, clause string }

// What a judgement can be.
const (
	Counts    = "counts"
	DoesNot   = "does_not"
	TakenBack = "taken_back"
)

// judge returns the event as it stands under its own clause and under every other one that a person has linked it to.
func judge(e pulse.Event, rulings []ruling, zone *time.Location) []pulse.Event {
	out := []pulse.Event{e}
	for _, r := range standing(rulings) {
		j := &pulse.Judgement{Counts: r.judgement == Counts, By: r.person, Why: r.why, On: date.Of(r.known.In(zone))}
		if own := r.clause.clause == e.Clause && (e.Instrument == "" || r.clause.instrument == e.Instrument); own {
			out[0].Judgement = j
			continue
		}
		if j.Counts {
			linked := e
			linked.Instrument, linked.Clause, linked.Judgement = r.clause.instrument, r.clause.clause, j
			out = append(out, linked)
		}
	}
	return out
}

// standing are the last judgements for each clause that were not taken back, in the order in which they were made.
func standing(rulings []ruling) (out []ruling) {
	for i, r := range rulings {
		later := slices.ContainsFunc(rulings[i+1:], func(o ruling) bool { return o.clause == r.clause })
		if !later && r.judgement != TakenBack {
			out = append(out, r)
		}
	}
	return out
}
