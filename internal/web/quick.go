package web

import (
	"slices"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/history"
)

// QuickDates are the days of a history that a reader may want to stand on: those of the texts that the heads made, and the
// days on which something both sides did together before the public was over. All come from the content.
func QuickDates(h *history.History) []QuickDate {
	var out []QuickDate
	add := func(d date.Date, what agreement.Texts) {
		known := slices.ContainsFunc(out, func(q QuickDate) bool { return q.Day == d.Last() })
		if d.Precision() == date.ByDay && !known {
			out = append(out, QuickDate{d.Last(), what})
		}
	}
	for _, in := range h.Instruments {
		if in.Kind != agreement.AdministrativeAgreement {
			add(in.Date, in.Names)
		}
	}
	for i := range h.Events {
		e := &h.Events[i]
		if len(e.By) > 1 && (e.Kind == "exhibition" || e.Kind == "head_visit" && e.Until.IsZero()) {
			add(ended(e), e.What)
		}
	}
	slices.SortFunc(out, func(a, b QuickDate) int { return a.Day.Time().Compare(b.Day.Time()) })
	return out
}
