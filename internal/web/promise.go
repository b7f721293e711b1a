package web

import (
	"net/http"
	"net/url"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/text"
	"accord/internal/who"
)

// Promise is everything that is known of one clause.
type Promise struct {
	Clause
	Standing  string // of its text: registered or signed
	Simulated bool
	Parties   []Party
	Due       date.Day // last day on which it is still within its cadence
	Why       Why
	Owners    []Owner
	Gives     []Gives
	Before    []Before
	Written   []Citation // where the clause itself is written
	Doors     []Door
	Entries   []LinkEntry
	Withheld  bool // the reader may not see the entries
	Done      []Done
}

// Why is why nothing flows under a clause, or that it does: one sentence, with what it names.
type Why struct {
	Key string
	N   int64
	At  time.Time
	Day date.Date
	Who []agreement.Texts
}

// Owner is an office that answers for a clause, for a time.
type Owner struct {
	Party, Unit agreement.Texts
	ID          string
	From, Until date.Date
	Mark        string // confirmed, named or assumed
}

// Gives is what one party gives another.
type Gives struct {
	From, To, What agreement.Texts
	Sources        []Citation
}

// Before is an earlier promise of the same.
type Before struct {
	Date   date.Date
	Source Citation
}

// Door is what may leave under one of a clause's terms.
type Door struct {
	From      []agreement.Texts
	Dataset   agreement.Texts
	Name      string
	Purpose   agreement.Texts
	Retention date.Interval
	Words     []string // the gate's, in the reader's language; none where this node does not know the dataset
}

// LinkEntry is an entry with who wrote it.
type LinkEntry struct {
	Entry
	Writer Party
}

// Done is something that was done to a text or to one of its clauses.
type Done struct {
	At      time.Time
	Who     agreement.Texts
	What    string // the action, or purge and purged
	Clause  string
	Until   date.Day // of a renewal
	From    time.Time
	By      string // the text that takes its place
	Why     string // only for the city's own people
	Writer  string
	Index   int64
	Receipt bool
	Waits   bool
	Aside   string
}

type promisePage struct {
	chrome
	Asked
	Promise
	Cited []Citation
}

// Promise is the page of one clause.
func (s *Site) Promise(w http.ResponseWriter, r *http.Request, by who.Person) error {
	asked, err := ask(r, s.source.Today())
	if err != nil {
		return err
	}
	lang := reader(r, by)
	instrument := r.URL.Query().Get("instrument")
	v, err := s.source.Promises.Clause(r.Context(), by, asked, instrument, r.PathValue("id"), lang)
	if err != nil {
		return err
	}
	p := text.In(lang)
	page := &promisePage{Asked: asked, Promise: *v}
	page.chrome = chrome{P: p, By: by, Title: p.T("promise.title", "id", v.ID), Path: "/clauses/" + url.PathEscape(v.ID), Day: asked.AsOf, More: asked.more(r.URL.Query(), "instrument")}
	said := append([]Event{{Sources: v.Written}}, v.Events...)
	for _, g := range v.Gives {
		said = append(said, Event{Sources: g.Sources})
	}
	for _, b := range v.Before {
		said = append(said, Event{Sources: []Citation{b.Source}})
	}
	page.Cited = cited(said)
	return render(w, r, by, http.StatusOK, "promise-page", page)
}

// Now says whether an office answers for the clause on the day the page speaks of.
func (p *promisePage) Now(o Owner) bool { return holds(o.From, o.Until, p.AsOf) }

// Receipts says whether the reader may fetch receipts.
func (p *promisePage) Receipts() bool { return p.By.May(who.See) }

// Sentence is the sentence of a reason in the reader's language.
func (c chrome) Sentence(w Why) string {
	names := ""
	for i, n := range w.Who {
		if i > 0 {
			names += ", "
		}
		names += choose(c.P.Lang(), n).Text
	}
	return c.P.T(w.Key, "n", w.N, "time", c.P.Time(w.At), "day", w.Day, "who", names)
}
