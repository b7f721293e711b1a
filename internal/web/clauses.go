package web

import (
	"net/http"
	"net/url"
	"slices"

	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

// clausesPage is the list of clauses with its filter.
type clausesPage struct {
	chrome
	Asked
	Filter filter
	All    int
	Found  []clauseLine
	Areas  []string
	Levels []string
	States []string
}

// filter is what of the list is shown; what is empty lets everything pass.
type filter struct{ Area, Level, State string }

// stateSilent stands in a filter for every state of silence.
const stateSilent = "silent"

func (f filter) passes(c Clause) bool {
	state := f.State == "" || f.State == stateID(c.State) || f.State == stateSilent && slices.Contains(silentStates, c.State)
	return state && (f.Area == "" || f.Area == c.Area) && (f.Level == "" || f.Level == c.Level)
}

// known wants every part of a filter to be something that can be chosen.
func (f filter) known(p *clausesPage) error {
	for _, c := range []struct {
		name, value string
		of          []string
	}{{"area", f.Area, p.Areas}, {"level", f.Level, p.Levels}, {"state", f.State, p.States}} {
		if c.value != "" && !slices.Contains(c.of, c.value) {
			return fault.New(fault.Invalid, c.name, "there is none of this name", "choose one of the list")
		}
	}
	return nil
}

// Clauses lists the clauses of a pulse on a day, by area, level and state. Each choice has its address.
func (s *Site) Clauses(w http.ResponseWriter, r *http.Request, by who.Person) error {
	asked, err := ask(r, s.source.Today())
	if err != nil {
		return err
	}
	all, err := s.source.Promises.Clauses(r.Context(), by, asked)
	if err != nil {
		return err
	}
	q, lang := r.URL.Query(), reader(r, by)
	p := text.In(lang)
	page := &clausesPage{Asked: asked, Filter: filter{q.Get("area"), q.Get("level"), q.Get("state")}, All: len(all)}
	page.Areas = withOthers(areas, all, func(c Clause) string { return c.Area })
	page.Levels = withOthers(levels, all, func(c Clause) string { return c.Level })
	page.States = []string{stateSilent}
	for _, s := range stateOrder {
		page.States = append(page.States, stateID(s))
	}
	if err := page.Filter.known(page); err != nil {
		return err
	}
	page.chrome = chrome{P: p, By: by, Title: p.T("promise.list"), Path: "/clauses", Day: asked.AsOf, More: asked.more(q, "area", "level", "state")}
	for _, c := range ordered(all) {
		if page.Filter.passes(c) {
			page.Found = append(page.Found, asked.line(lang, c))
		}
	}
	return render(w, r, by, http.StatusOK, "clauses", page)
}

// more is what a page's address keeps besides its day, when the language changes.
func (a Asked) more(q url.Values, keep ...string) url.Values {
	out := url.Values{"of": {a.Of}}
	if !a.Known.IsZero() {
		out.Set("known_by", a.Known.String())
	}
	for _, k := range keep {
		if v := q.Get(k); v != "" {
			out.Set(k, v)
		}
	}
	return out
}

// HomeAt is the overview of the same pulse on the same day.
func (a Asked) HomeAt(lang text.Lang) string { return "/?" + a.query(lang).Encode() }

// ListAt is the list of clauses of the same pulse on the same day.
func (a Asked) ListAt(lang text.Lang) string { return "/clauses?" + a.query(lang).Encode() }

// TextAt is the page of an instrument.
func (a Asked) TextAt(lang text.Lang, id string) string {
	return "/instruments/" + url.PathEscape(id) + "?" + a.query(lang).Encode()
}

// TextsAt is the list of instruments.
func (a Asked) TextsAt(lang text.Lang) string { return "/instruments?" + a.query(lang).Encode() }

// PromiseAt is the page of a clause.
func (a Asked) PromiseAt(lang text.Lang, id string) string { return clauseAt(id, a.query(lang)) }

// holds says whether a span of dates holds on a day.
func holds(from, until date.Date, day date.Day) bool {
	return (from.IsZero() || !day.Before(from.First())) && (until.IsZero() || !day.After(until.Last()))
}
