package web

import (
	"net/http"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/text"
	"accord/internal/who"
)

// stylesPage shows each part that pages are made of, in all its states.
type stylesPage struct {
	chrome
	Law       agreement.Texts // one text in every language
	Clauses   []clauseLine
	Steps     []string
	Tabs      []tab
	Slip      slip
	Before    string // addresses of the pager
	After     string
	Good, Bad field
	Fault     *fault.Fault
}

// steps are where an entry can be on its way.
var steps = []string{"waiting", "left", "delivered", "applied", "aside", "erased"}

// Styles shows the parts of pages.
func (s *Site) Styles(w http.ResponseWriter, r *http.Request, by who.Person) error {
	p := text.In(reader(r, by))
	c := chrome{P: p, By: by, Title: p.T("styles.title"), Path: "/styles", Purpose: p.T("styles.lead")}
	page := &stylesPage{chrome: c, Law: inAll("styles.law"), Clauses: sampleClauses(s.source.Today(), c.To("/styles")),
		Steps: steps,
		Tabs:  []tab{{p.T("styles.tab_waiting"), c.To("/styles"), true, 3}, {p.T("styles.tab_left"), c.To("/styles"), false, 1204}, {p.T("styles.show"), c.To("/styles"), false, -1}},
		Slip:  slip{Writer: "east", Clause: "S-1", Href: c.To("/styles"), Check: c.To("/styles"), Index: 128, Size: 1204, Bytes: 1740},
		Good:  newField("unit", p.T("styles.field"), ""), Bad: newField("unit-wrong", p.T("styles.field"), p.T("styles.field_wrong")),
		Before: c.To("/styles"), After: c.To("/styles"),
		Fault: fault.New(fault.Conflict, "clause S-1", "it is suspended since 2026-04-01", "resume it, or take another clause"),
	}
	return render(w, r, by, http.StatusOK, "styles", page)
}

// inAll is a message in every language, as a text of its own.
func inAll(key string) (out agreement.Texts) {
	standings := []agreement.TextStanding{agreement.Authentic, agreement.Authentic, agreement.WorkingTr}
	for i, l := range []text.Lang{text.Korean, text.Japanese, text.English} {
		out = append(out, agreement.Text{Lang: string(l), Standing: standings[i], Text: text.In(l).T(key)})
	}
	return out
}

// sampleClauses are a clause with all that can be said of its evidence, and one without any.
func sampleClauses(today date.Day, href string) []clauseLine {
	held := Event{From: date.OnDay(today), Kind: "bureau_meeting", What: inAll("styles.sample_event"), Both: true, Counts: true, Word: "confirmed"}
	alone := Event{From: date.OnDay(today), Kind: "data", What: inAll("styles.sample_event"), By: inAll("styles.sample_one"), Counts: true, Automatic: true}
	split := Event{From: date.OnDay(today), Kind: "bureau_meeting", What: inAll("styles.sample_event"), Both: true, Word: "disputed", Conflict: inAll("styles.sample_conflict")}
	age := 0
	year, _ := date.ParseInterval("P1Y")
	full := Clause{ID: "S-1", Area: "safety", Level: "working", Act: "agreed", Sides: "both", Instrument: "sample", From: inAll("styles.sample_from"), Text: inAll("styles.law"),
		State: "alive", Days: &age, Last: &held, Cadence: Cadence{Kind: "interval", Interval: year, Basis: inAll("styles.sample_basis")},
		AliveIf: inAll("styles.sample_alive"), Events: []Event{held, alone, split}}
	bare := full
	bare.ID, bare.State, bare.Days, bare.Last, bare.Events, bare.Cadence.Assumed = "S-2", "no evidence", nil, nil, nil, true
	return []clauseLine{{full, href}, {bare, href}}
}
