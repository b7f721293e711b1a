package flow

import (
	"context"
	"fmt"
	"io"
	"strings"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/who"
)

// applyDocuments carries out an entry that belongs to a document. It must stand under a clause that was in force when it left.
func (f *Flow) applyDocuments(ctx context.Context, tx *db.Tx, came *link.Came) error {
	h := &came.Header
	if h.Kind == exchange.KindOpened { // may be said after the end of what it came under
		return f.applyOpened(ctx, tx, came)
	}
	if _, err := instrument.Under(ctx, tx, came.From, f.self, h.Instrument, h.Clause, left(tx, came)); err != nil {
		return err
	}
	if h.Kind == exchange.KindDocument {
		return f.applyDocument(ctx, tx, came)
	}
	title, err := document.TakePart(ctx, tx, came.From, h.Instrument, h.Clause, h.ID, came.Body)
	came.Subject, came.Rows = title, 1
	return err
}

func (f *Flow) applyDocument(ctx context.Context, tx *db.Tx, came *link.Came) error {
	d, err := exchange.ParseDocument(came.Body)
	if err != nil {
		return err
	}
	if d.Unit != came.Header.Unit {
		return fault.New(fault.Invalid, "document", "it names another office than the entry that carries it", "ask "+came.From+" what its node does")
	}
	k := &document.Kept{Document: *d, Head: came.Body, Sender: came.From, Partner: came.From, Instrument: came.Header.Instrument, Clause: came.Header.Clause, Entry: came.Header.ID}
	if d.Kind == exchange.Answer {
		if _, err := answered(ctx, tx, k, document.Left); err != nil {
			return err
		}
	}
	came.Subject, came.Rows = d.Title, 1
	return document.Announce(ctx, tx, k)
}

// applyOpened notes that an office of the partner has opened a document of ours.
func (f *Flow) applyOpened(ctx context.Context, tx *db.Tx, came *link.Came) error {
	o, err := exchange.ParseOpened(came.Body)
	if err != nil {
		return err
	}
	k, err := document.Get(ctx, tx, o.Document)
	if err != nil {
		return err
	}
	h := &came.Header
	if !k.Ours() || k.Partner != came.From || k.State != document.Left && !k.Whole() || k.Hash != o.Hash || o.Unit != h.Unit || k.Instrument != h.Instrument || k.Clause != h.Clause {
		return fault.New(fault.Refused, "word of an opening", fmt.Sprintf("document %s was not sent to %s like this", o.Document, came.From), "ask "+came.From+" what its node does")
	}
	came.Subject, came.Rows = k.Title, 1
	_, err = document.Open(ctx, tx, o.Document, o.Unit, "", h.Time)
	return err
}

// OpenDocument gives out the file of a document. When it is a partner's, the partner is told which office has opened it; the
// person is not named there. write is given the file, and has it durably stored or fails: then nothing is told.
func (f *Flow) OpenDocument(ctx context.Context, id, unit string, by who.Person, write func(k *document.Kept, file io.WriterTo) error) (*document.Kept, error) {
	var k *document.Kept
	if err := f.db.View(ctx, func(tx *db.Tx) (err error) { k, err = document.Get(ctx, tx, id); return err }); err != nil {
		return nil, err
	}
	if k.State == document.Unchecked { // nobody has come to it yet
		if err := f.lookInto(ctx, k); err != nil {
			return nil, err
		}
	}
	err := f.db.View(ctx, func(tx *db.Tx) (err error) {
		if k, err = document.Get(ctx, tx, id); err != nil {
			return err
		}
		unit, err = f.mayOpen(ctx, tx, k, unit, by)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := write(k, document.Read(ctx, f.db, k, f.self)); err != nil || k.Ours() {
		return k, err
	}
	return k, f.db.Update(ctx, func(tx *db.Tx) error { return f.tellOpened(ctx, tx, k, unit, by.ID) })
}

// mayOpen says whether the file of a document may be given out here, and for which office.
func (f *Flow) mayOpen(ctx context.Context, tx *db.Tx, k *document.Kept, unit string, by who.Person) (string, error) {
	what, right := "document "+k.Document.Document, who.See
	if k.State == document.Waiting {
		right = who.SeeContent
	}
	switch {
	case !by.May(right):
		return "", fault.New(fault.Refused, what, fmt.Sprintf("%.100q may not see it", by.ID), "ask a person whose role lets them")
	case k.State == document.Erased:
		return "", fault.New(fault.Refused, what, "it is erased, at the request of "+k.Sender, "see accord document show, which names the entry that explains it")
	case k.State == document.Loading || k.Ours() && (k.State == document.Refused || k.State == document.Withdrawn):
		return "", fault.New(fault.Refused, what, fmt.Sprintf("it is %s; its bytes are not kept", k.State), "look at your own file")
	case k.Ours():
		return "", nil
	case k.State == document.Coming:
		return "", fault.New(fault.Unavailable, what, fmt.Sprintf("%d of %d parts have not come", k.Missing, len(k.Parts)), "wait for the next bundles of "+k.Partner).Says("fault.parts_missing", "n", k.Missing)
	case k.State == document.Unchecked:
		return "", fault.New(fault.Unavailable, what, "nobody has looked into it yet", "try again soon")
	case k.State == document.Unsafe:
		return "", fault.New(fault.Refused, what, "it is not safe to open: "+k.Why, "ask "+k.Partner+" to send it in another form")
	}
	if unit == "" && strings.HasPrefix(by.Unit, f.self+"/") {
		unit = by.Unit
	}
	if unit == "" {
		if in, err := instrument.Get(ctx, tx, k.Instrument); err == nil {
			if c := in.Clause(k.Clause); c != nil {
				unit = (instrument.Ground{Instrument: in, Clause: c}).Unit(f.self, tx.Now)
			}
		}
	}
	if unit == "" {
		return "", fault.New(fault.Invalid, what, "the clause names no office of "+f.self+" that opens it", "name one with --unit")
	}
	return unit, f.ownOffice(unit)
}

// ownOffice wants a unit of this city.
func (f *Flow) ownOffice(unit string) error {
	probe := exchange.Opened{Document: exchange.NewID(), Unit: unit, Hash: fmt.Sprintf("%064x", 0)}
	body, err := probe.Encode()
	if err == nil {
		_, err = exchange.ParseOpened(body)
	}
	if err != nil || !strings.HasPrefix(unit, f.self+"/") {
		return fault.New(fault.Invalid, "unit", fmt.Sprintf("%.60q is not an office of %s", unit, f.self), "name one of ours, as "+f.self+"/office")
	}
	return nil
}

// tellOpened notes an opening here and puts word of it into the outbox, once for every office.
func (f *Flow) tellOpened(ctx context.Context, tx *db.Tx, k *document.Kept, unit, person string) error {
	fresh, err := document.Open(ctx, tx, k.Document.Document, unit, person, tx.Now)
	if err != nil || !fresh {
		return err
	}
	body, err := (&exchange.Opened{Document: k.Document.Document, Unit: unit, Hash: k.Hash}).Encode()
	if err != nil {
		return err
	}
	return f.links.Put(ctx, tx, link.Waiting{Partner: k.Partner, Kind: exchange.KindOpened, Instrument: k.Instrument, Clause: k.Clause, Unit: unit,
		Subject: k.Title, Rows: 1, Body: body})
}
