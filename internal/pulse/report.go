package pulse

import (
	"accord/internal/date"
)

// A Report is the pulse as scripts read it. Its JSON is stable.
type Report struct {
	AsOf    date.Day     `json:"as_of"`
	Clauses []ReportLine `json:"clauses"`
}

// A ReportLine is one clause of a report. Days and Last are null without evidence.
type ReportLine struct {
	ID      string      `json:"id"`
	Area    string      `json:"area"`
	Level   string      `json:"level"`
	State   State       `json:"state"`
	Days    *int        `json:"days"`
	Last    *ReportLast `json:"last"`
	About   bool        `json:"about"`
	Cadence string      `json:"cadence"` // P2Y, as_needed or once
	Basis   string      `json:"basis"`   // why this cadence, in English
}

// ReportLast is the evidence that the days count from.
type ReportLast struct {
	Date      date.Date      `json:"date"` // its last day, from which its age runs
	Precision date.Precision `json:"precision"`
	What      string         `json:"what"` // in English, or in the first language there is
}

// NewReport writes standings as a report.
func NewReport(standings []Standing, asOf date.Day) Report {
	r := Report{AsOf: asOf, Clauses: []ReportLine{}}
	for _, s := range standings {
		c := s.Clause
		line := ReportLine{
			ID: c.ID, Area: string(c.Area), Level: string(c.Level), State: s.State, Days: s.Days, About: s.About,
			Cadence: string(c.Cadence), Basis: c.Basis.In("en"),
		}
		if s.Last != nil {
			end := s.Last.end()
			line.Last = &ReportLast{Date: end, Precision: end.Precision(), What: english(s.Last)}
		}
		r.Clauses = append(r.Clauses, line)
	}
	return r
}

func english(e *Event) string {
	if s := e.What.In("en"); s != "" || len(e.What) == 0 {
		return s
	}
	return e.What[0].Text
}
