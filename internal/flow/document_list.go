package flow

import (
	"context"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/instrument"
	"accord/internal/link"
)

// A DocumentLine is a document as lists show it.
type DocumentLine struct {
	ID         string                `json:"id"`
	Direction  string                `json:"direction"` // sent, received
	Kind       exchange.DocumentKind `json:"kind"`
	Title      string                `json:"title"`
	Language   string                `json:"language"`
	Standing   string                `json:"standing"`
	Abstract   []exchange.Abstract   `json:"abstract"`
	Grade      string                `json:"grade"`
	From       string                `json:"from"`
	To         string                `json:"to"`
	Unit       string                `json:"unit"`  // the office of the sender to turn to
	Owner      string                `json:"owner"` // the office of the receiver that answers for the clause
	Instrument string                `json:"instrument"`
	Clause     string                `json:"clause"`
	Name       string                `json:"name"`
	Media      string                `json:"media"`
	Size       int64                 `json:"size"`
	Hash       string                `json:"hash"`
	Parts      int                   `json:"parts"`
	Have       int                   `json:"have"`             // parts that have come, or are on their way
	State      string                `json:"state"`            // waiting, refused, withdrawn, leaving, sent, delivered; incomplete, unchecked, received, unsafe; erased
	Erased     string                `json:"erased,omitempty"` // under which entry
	Why        string                `json:"why"`
	Person     string                `json:"person"` // who sent it here; a partner's is not known
	Since      time.Time             `json:"since"`
	Due        string                `json:"due"`
	Overdue    bool                  `json:"overdue"` // the day is over and nothing answers it
	Answers    string                `json:"answers"`
	AnsweredBy []string              `json:"answered_by"`
	Opened     []document.Opening    `json:"opened"`
	Entry      *int64                `json:"entry"` // where it stands in the sender's log; accord receipt writes the proof
}

// Documents lists every document, the newest first.
func (f *Flow) Documents(ctx context.Context, today date.Day) (out []DocumentLine, err error) {
	err = f.db.View(ctx, func(tx *db.Tx) error {
		all, err := document.All(ctx, tx)
		if err != nil {
			return err
		}
		out = make([]DocumentLine, len(all))
		for i, k := range all {
			if out[i], err = f.line(ctx, tx, k, today); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// Document is one of them.
func (f *Flow) Document(ctx context.Context, id string, today date.Day) (out DocumentLine, err error) {
	err = f.db.View(ctx, func(tx *db.Tx) error {
		k, err := document.Get(ctx, tx, id)
		if err == nil {
			out, err = f.line(ctx, tx, k, today)
		}
		return err
	})
	return out, err
}

func (f *Flow) line(ctx context.Context, tx *db.Tx, k *document.Kept, today date.Day) (DocumentLine, error) {
	l := DocumentLine{ID: k.Document.Document, Direction: "received", Kind: k.Kind, Title: k.Title, Language: k.Language, Standing: k.Standing, Abstract: k.Abstract, Grade: k.Grade,
		From: k.Sender, To: f.self, Unit: k.Unit, Instrument: k.Instrument, Clause: k.Clause, Name: k.Name, Media: k.Media, Size: k.Size, Hash: k.Hash,
		Parts: len(k.Parts), Have: len(k.Parts) - k.Missing, Why: k.Why, Person: k.Person, Since: k.Since, Due: k.Due, Answers: k.Answers}
	if k.Ours() {
		l.Direction, l.To = "sent", k.Partner
	}
	var err error
	if l.Opened, err = document.Openings(ctx, tx, l.ID); err != nil {
		return l, err
	}
	if l.AnsweredBy, err = document.Answers(ctx, tx, l.ID); err != nil {
		return l, err
	}
	if due, err := date.ParseDay(k.Due); k.Due != "" && err == nil {
		l.Overdue = len(l.AnsweredBy) == 0 && due.Before(today)
	}
	if in, err := instrument.Get(ctx, tx, k.Instrument); err == nil {
		if c := in.Clause(k.Clause); c != nil {
			l.Owner = (instrument.Ground{Instrument: in, Clause: c}).Unit(l.To, k.Since)
		}
	} else if fault.KindOf(err) != fault.NotFound {
		return l, err
	}
	return l, f.place(ctx, tx, k, &l)
}

// place says where the document stands, in the words of lists.
func (f *Flow) place(ctx context.Context, tx *db.Tx, k *document.Kept, l *DocumentLine) error {
	l.State = map[document.State]string{document.Coming: "incomplete", document.Here: "received", document.Left: "sent"}[k.State]
	if l.State == "" {
		l.State = string(k.State)
	}
	at, found, err := link.Position(ctx, tx, k.Origin(f.self), k.Entry)
	if err != nil || !found {
		return err
	}
	l.Entry = &at
	if k.State == document.Erased {
		l.Erased, err = f.erasedUnder(ctx, tx, k, at)
		return err
	}
	if k.State == document.Left {
		delivered, err := document.Delivered(ctx, tx, k)
		if err != nil {
			return err
		}
		if delivered {
			l.State = "delivered"
		}
	}
	return nil
}

// FindDocuments lists the documents that are asked for, the newest first, and where the list goes on.
func (f *Flow) FindDocuments(ctx context.Context, today date.Day, find document.Find) (out []DocumentLine, next document.Cursor, err error) {
	err = f.db.View(ctx, func(tx *db.Tx) error {
		var found []*document.Kept
		if found, next, err = document.Search(ctx, tx, find); err != nil {
			return err
		}
		out = make([]DocumentLine, len(found))
		for i, k := range found {
			if out[i], err = f.line(ctx, tx, k, today); err != nil {
				return err
			}
		}
		return nil
	})
	return out, next, err
}

// A Ground is a clause under which a document may be sent now, and how it is graded at least.
type Ground struct {
	Partner    string
	Instrument *instrument.Kept
	Clause     *agreement.Clause
	Grade      agreement.Grade
	Unit       string // ours that answers for it
}

// Grounds lists the clauses under which a document may be sent to one of the partners now.
func (f *Flow) Grounds(ctx context.Context, partners []string) (out []Ground, err error) {
	err = f.db.View(ctx, func(tx *db.Tx) error {
		out = nil
		kept, err := instrument.All(ctx, tx)
		if err != nil {
			return err
		}
		for _, k := range kept {
			for _, p := range partners {
				for i := range k.Clauses {
					g, err := instrument.Under(ctx, tx, f.self, p, k.ID, k.Clauses[i].ID, tx.Now)
					if fault.KindOf(err) == fault.Refused {
						continue
					}
					if err != nil {
						return err
					}
					least, _ := g.Grade()
					out = append(out, Ground{p, g.Instrument, g.Clause, least, g.Unit(f.self, tx.Now)})
				}
			}
		}
		return nil
	})
	return out, err
}
