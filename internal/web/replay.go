package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/pulse"
	"accord/internal/text"
	"accord/internal/who"
)

// The two bodies of evidence. They never mix in one pulse.
const (
	OfSample = "sample" // the registered history
	OfOwn    = "own"    // the node's own instruments
)

// Promises is what a node gives of its clauses, beside the overview.
type Promises struct {
	// Facts are everything from which states follow, as far as the person may read it, with words in a language.
	Facts func(ctx context.Context, by who.Person, asked Asked, lang text.Lang) (pulse.Facts, error)
	// Clauses are the clauses of the pulse with what follows for them, Clause one of them; where several instruments have one
	// of that id, instrument says which.
	Clauses func(ctx context.Context, by who.Person, asked Asked) ([]Clause, error)
	Clause  func(ctx context.Context, by who.Person, asked Asked, instrument, id string, lang text.Lang) (*Promise, error)
	// Instruments are the texts of the pulse, the oldest first, Instrument one of them.
	Instruments func(ctx context.Context, by who.Person, asked Asked) ([]TextLine, error)
	Instrument  func(ctx context.Context, by who.Person, asked Asked, id string) (*TextView, error)
}

// Asked is what a reader of the pulse asks for.
type Asked struct {
	Of    string   // OfSample or OfOwn
	AsOf  date.Day // when it happened
	Known date.Day // by when it was known here; unset is now
	Since date.Day // the day with which AsOf is compared
}

// ask reads what a request asks for. Without a day it is today; without a day to compare with, the day a year before.
func ask(r *http.Request, today date.Day) (a Asked, err error) {
	switch a.Of = r.URL.Query().Get("of"); a.Of {
	case "":
		a.Of = OfSample
	case OfSample, OfOwn:
	default:
		return a, fault.New(fault.Invalid, "of", "there is no such pulse", "take sample or own")
	}
	if a.AsOf, err = AsOf(r, today); err != nil {
		return a, err
	}
	if a.Known, err = dayAsked(r, "known_by", date.Day{}); err != nil {
		return a, err
	}
	a.Since, err = dayAsked(r, "since", a.AsOf.AddMonths(-12))
	return a, err
}

// query is the question as part of an address. What is as it would be without saying is not said.
func (a Asked) query(lang text.Lang) url.Values {
	q := url.Values{"lang": {string(lang)}, "of": {a.Of}}
	if !a.AsOf.IsZero() {
		q.Set("as_of", a.AsOf.String())
	}
	if !a.Known.IsZero() {
		q.Set("known_by", a.Known.String())
	}
	return q
}

// Facts is what the page's script derives states from, as JSON.
func (s *Site) Facts(w http.ResponseWriter, r *http.Request, by who.Person) error {
	asked, err := ask(r, s.source.Today())
	if err != nil {
		return err
	}
	facts, err := s.source.Promises.Facts(r.Context(), by, asked, reader(r, by))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Vary", "Accept-Language, Cookie")
	return json.NewEncoder(w).Encode(facts)
}

// script is what the replay needs to write in the reader's language what the server writes: patterns with holes in braces.
type script struct {
	Lang    string            `json:"lang"`
	Days    map[string]string `json:"days"`  // by plural form
	About   map[string]string `json:"about"` // the same of a coarse date
	Month   [12]string        `json:"month"`
	Date    map[string]string `json:"date"` // by precision
	Silence map[string]string `json:"silence"`
	Title   string            `json:"title"`
	Play    [2]string         `json:"play"` // start, stop
	None    string            `json:"none"`
	Kind    map[string]string `json:"kind"`
	Level   map[string]string `json:"level"`
	Within  map[string]string `json:"within"` // by plural form
	Hush    [2]string         `json:"hush"`   // past, ongoing
	Hushed  map[string]string `json:"hushed"` // how many are silent, by plural form
	Below   [2]string         `json:"below"`  // something, nothing
}

// ReplayWords are the words of the script as JSON.
func (p *overviewPage) ReplayWords() (string, error) {
	t := p.P
	w := script{
		Lang: string(t.Lang()), Days: forms(t, "age"), About: forms(t, "age.about"),
		Date: map[string]string{
			"day": t.T("date.day", "y", "{y}", "month", "{month}", "d", "{d}"), "month": t.T("date.month", "y", "{y}", "month", "{month}"), "year": t.T("date.year", "y", "{y}"),
		},
		Silence: map[string]string{
			"ongoing": t.T("silence.ongoing", "days", "{days}", "from", "{from}"),
			"past":    t.T("silence.past", "days", "{days}", "from", "{from}", "until", "{until}"),
		},
		Title: t.T("sample.title", "day", "{day}"), Play: [2]string{t.T("replay.play"), t.T("replay.stop")},
		None: t.T("replay.no_event"), Kind: map[string]string{}, Level: map[string]string{}, Within: forms(t, "replay.within"), Hushed: forms(t, "replay.silent_n"),
		Hush:  [2]string{t.T("replay.hush_line", "days", "{days}", "from", "{from}", "until", "{until}"), t.T("replay.hush_now", "days", "{days}", "from", "{from}")},
		Below: [2]string{t.T("replay.below"), t.T("replay.below_none")},
	}
	for _, l := range levels {
		w.Level[l] = t.Word("level", l)
	}
	for i := range w.Month {
		w.Month[i] = t.T("month." + strconv.Itoa(i+1))
	}
	for _, k := range agreement.EventKinds {
		w.Kind[string(k)] = t.Word("kind", string(k))
	}
	out, err := json.Marshal(w)
	return string(out), err
}

// forms are the plural forms of a message with the number n, with a hole where the number stands.
func forms(p *text.Printer, key string) map[string]string {
	out := map[string]string{}
	for name, n := range map[string]int{"one": 1, "other": 2} {
		out[name] = strings.Replace(p.T(key, "n", n), p.Number(int64(n)), "{n}", 1)
	}
	return out
}

// here is the question without its day.
func (p *overviewPage) here() url.Values {
	q := p.query(p.P.Lang())
	q.Del("as_of")
	return q
}

// FactsAt is where the script gets the facts.
func (p *overviewPage) FactsAt() string { return "/pulse/facts.json?" + p.here().Encode() }

// clauseLine is a clause with the address of its page.
type clauseLine struct {
	Clause
	Href string
}

// Line is a clause of the pulse that is laid out, with its page on the day asked for.
func (p *overviewPage) Line(c Clause) clauseLine {
	return clauseLine{c, clauseAt(c.ID, p.query(p.P.Lang()))}
}

// OwnLine is a clause of the node's own.
func (p *overviewPage) OwnLine(c Clause) clauseLine {
	return Asked{Of: OfOwn, AsOf: p.AsOf}.line(p.P.Lang(), c)
}

// OwnAt is the overview of the node's own clauses.
func (p *overviewPage) OwnAt() string {
	return "/?" + Asked{Of: OfOwn, AsOf: p.AsOf}.query(p.P.Lang()).Encode()
}

// line is a clause with the address of its page. Among a node's own instruments several may have a clause of one id.
func (a Asked) line(lang text.Lang, c Clause) clauseLine {
	q := a.query(lang)
	if a.Of == OfOwn {
		q.Set("instrument", c.Instrument)
	}
	return clauseLine{c, clauseAt(c.ID, q)}
}

// Key is what names the clause in the page and in the script.
func (c Clause) Key() string { return c.Instrument + "/" + c.ID }

func clauseAt(id string, q url.Values) string {
	return "/clauses/" + url.PathEscape(id) + "?" + q.Encode()
}

// Listed is the list of the clauses in one state.
func (p *overviewPage) Listed(state string) string {
	q := p.query(p.P.Lang())
	q.Set("state", stateID(state))
	return "/clauses?" + q.Encode()
}

// Say chooses the text that a reader of a language sees, and names its language.
func Say(reader text.Lang, t agreement.Texts) (lang, what string) {
	s := choose(reader, t)
	return s.Lang, s.Text
}
