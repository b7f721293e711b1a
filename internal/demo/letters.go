package demo

import (
	"bytes"
	"context"
	"path"
	"slices"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/flow"
	"accord/internal/who"
)

// clerk is who sends the letters of the demo.
var clerk = who.Person{ID: "demo", Role: who.Officer}

// Letters has each city send the documents that the demo begins with. One that was sent before is not sent again.
func (d *Demo) Letters(ctx context.Context) error {
	for i, c := range d.Cities {
		sent, err := c.Flow.Documents(ctx, c.Today())
		if err != nil {
			return err
		}
		for _, l := range d.spec.Letters {
			if l.From != c.party.ID || slices.ContainsFunc(sent, func(s flow.DocumentLine) bool { return s.Title == l.Title }) {
				continue
			}
			draft := flow.Draft{To: d.Cities[1-i].party.ID, Instrument: l.In, Clause: l.Clause, Kind: exchange.DocumentKind(l.Kind), Title: l.Title, Language: l.Language,
				Standing: "official", Grade: agreement.Grade(l.Grade), Name: path.Base(l.File), File: bytes.NewReader(l.Text), Size: int64(len(l.Text)), By: clerk}
			if !l.Due.IsZero() {
				draft.Due = l.Due.From(c.Today()).String()
			}
			if _, err := c.Flow.SendDocument(ctx, draft); err != nil {
				return err
			}
		}
	}
	return nil
}
