package evidence

import (
	"context"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/pulse"
)

// documents makes events of documents: one each, by its sender, dated by the day it left. That it was delivered whole is the
// receiver's word on it. What answers a question is an answer, whatever else is a document.
func documents(ctx context.Context, tx *db.Tx, clauses []pulse.Clause, zone *time.Location) ([]pulse.Event, error) {
	all, err := document.Crossings(ctx, tx)
	if err != nil {
		return nil, err
	}
	known := byPlace(clauses)
	var out []pulse.Event
	for _, d := range all {
		c, ok := known[[2]string{d.Instrument, d.Clause}]
		if !ok {
			continue
		}
		kind := agreement.EventKind("document")
		if d.Kind == exchange.Answer && d.Question {
			kind = "answer"
		}
		what := agreement.Texts{{Lang: d.Language, Text: d.Title}}
		if d.Title == "" {
			what = erasedWords
		}
		out = append(out, pulse.Event{
			ID: "document-" + d.Document.Document, Instrument: c.Instrument.ID, Clause: c.ID, Kind: kind, Level: c.Level, By: []string{d.Sender},
			Start: date.OnDay(date.Of(d.Left.In(zone))), What: what,
			Word: pulse.Confirmed, KnownAt: date.Of(d.Known.In(zone)), Automatic: true,
		})
	}
	return out, nil
}

// erasedWords stand for the title of a document that was erased: that it was delivered stays, what it said does not. They are
// nobody's text and have no standing.
var erasedWords = agreement.Texts{
	{Lang: "en", Text: "A document that was delivered and is erased"},
	{Lang: "ko", Text: "전달된 뒤 삭제된 문서"},
	{Lang: "ja", Text: "送達後に消去された文書"},
}
