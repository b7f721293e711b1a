package flow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"golang.org/x/text/unicode/norm"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/media"
	"accord/internal/who"
)

// A Draft is a document to be sent: what its sender says of it, and its file.
type Draft struct {
	To         string
	Instrument string // empty: the one that has the clause
	Clause     string
	Kind       exchange.DocumentKind
	Title      string
	Language   string
	Standing   string
	Abstract   []exchange.Abstract
	Grade      agreement.Grade // empty: as the clause grades its data, O where it has none
	Unit       string          // the office to turn to; empty: the one that answers for the clause here
	Due        string
	Answers    string // the document it answers
	Name       string // of the file
	File       io.ReaderAt
	Size       int64
	By         who.Person // who sends it
}

// SendDocument takes in a file to be sent under a clause. What is graded O is announced at once and leaves by itself, what is
// graded S waits in release. The file is read part by part; what is not all here when this fails was never sent.
func (f *Flow) SendDocument(ctx context.Context, d Draft) (*document.Kept, error) {
	if !d.By.May(who.Speak) {
		return nil, fault.New(fault.Refused, "document", fmt.Sprintf("%.100q may not write for the city", d.By.ID), "ask a person with the role officer")
	}
	k, err := f.describe(ctx, d)
	if err != nil {
		return nil, err
	}
	if err := media.Check(d.File, d.Size, k.Name); err != nil {
		return nil, err
	}
	if k.Hash, k.Parts, err = hashes(d.File, d.Size); err != nil {
		return nil, err
	}
	if err := k.Check(); err != nil {
		return nil, err
	}
	if k.Head, err = k.Encode(); err != nil {
		return nil, err
	}
	if err := f.db.Update(ctx, func(tx *db.Tx) error { return document.Begin(ctx, tx, k) }); err != nil {
		return nil, err
	}
	id := k.Document.Document
	if err = f.stage(ctx, id, d.File, d.Size); err == nil {
		err = f.db.Update(ctx, func(tx *db.Tx) error { return f.ready(ctx, tx, id) })
	}
	if err != nil {
		err = errors.Join(err, f.db.Update(context.WithoutCancel(ctx), func(tx *db.Tx) error { return document.Drop(ctx, tx, id) }))
		return nil, err
	}
	err = f.db.View(ctx, func(tx *db.Tx) error { k, err = document.Get(ctx, tx, id); return err })
	return k, err
}

// describe completes a draft from the clause it stands under.
func (f *Flow) describe(ctx context.Context, d Draft) (k *document.Kept, err error) {
	k = &document.Kept{Sender: f.self, Partner: d.To, Clause: d.Clause, Person: d.By.ID, Document: exchange.Document{
		Document: exchange.NewID(), Kind: d.Kind, Title: strings.TrimSpace(norm.NFC.String(d.Title)), Language: d.Language, Standing: d.Standing,
		Abstract: d.Abstract, Grade: string(d.Grade), Unit: d.Unit, Due: d.Due, Answers: d.Answers,
		Name: norm.NFC.String(d.Name), Size: d.Size,
	}}
	k.Media = exchange.Media[exchange.Ending(k.Name)]
	if k.Abstract == nil {
		k.Abstract = []exchange.Abstract{}
	}
	if d.Size > exchange.MaxDocument || d.Size < 1 {
		return nil, fault.New(fault.Invalid, "document", fmt.Sprintf("its file has %d bytes; 1 to %d cross", d.Size, exchange.MaxDocument), "divide it").At("size").Says("fault.file_size", "most", exchange.MaxDocument>>20)
	}
	if err := exchange.CheckFileName(k.Name); err != nil {
		return nil, err
	}
	if d.Grade == agreement.Closed {
		return nil, fault.New(fault.Refused, "document", "what is graded C never leaves", "keep it here").At("grade").Says("fault.grade_closed")
	}
	err = f.db.View(ctx, func(tx *db.Tx) error {
		g, err := instrument.Under(ctx, tx, f.self, d.To, d.Instrument, d.Clause, tx.Now)
		if err != nil {
			return err
		}
		k.Instrument = g.Instrument.ID
		least, _ := g.Grade()
		if k.Grade == "" {
			k.Grade = string(least)
		}
		if k.Unit == "" {
			k.Unit = g.Unit(f.self, tx.Now)
		}
		if k.Unit == "" {
			return fault.New(fault.Invalid, "document", "the clause names no office of "+f.self+" to turn to", "name one with --unit").Says("fault.no_unit")
		}
		if k.Due != "" {
			if due, err := date.ParseDay(k.Due); err == nil && due.Before(date.Of(tx.Now)) {
				return fault.New(fault.Invalid, "document", "the day by which an answer is asked for is over", "name a later one").At("due").Says("fault.due_over")
			}
		}
		return f.mayLeave(ctx, tx, k)
	})
	return k, err
}

// mayLeave says whether a document of ours may leave under its clause now.
func (f *Flow) mayLeave(ctx context.Context, tx *db.Tx, k *document.Kept) error {
	g, err := instrument.Under(ctx, tx, f.self, k.Partner, k.Instrument, k.Clause, tx.Now)
	if err != nil {
		return err
	}
	if least, _ := g.Grade(); least == agreement.Supervised && k.Grade == string(agreement.Open) {
		return fault.New(fault.Refused, "document", "clause "+k.Clause+" grades what leaves under it S", "send it with grade S").At("grade").Says("fault.grade_strict")
	}
	if !strings.HasPrefix(k.Unit, f.self+"/") {
		return fault.New(fault.Invalid, "document", fmt.Sprintf("%.60q is not an office of %s", k.Unit, f.self), "name one of ours, as "+f.self+"/office")
	}
	if k.Kind == exchange.Answer {
		_, err = answered(ctx, tx, k, document.Here)
	}
	return err
}

// answered returns the document that k answers: one of the other side under the same clause, in that state.
func answered(ctx context.Context, tx *db.Tx, k *document.Kept, in document.State) (*document.Kept, error) {
	q, err := document.Get(ctx, tx, k.Answers)
	if err != nil {
		return nil, err
	}
	if q.Partner != k.Partner || q.Ours() == k.Ours() || q.Instrument != k.Instrument || q.Clause != k.Clause || q.State != in && !q.Whole() {
		return nil, fault.New(fault.Refused, "answer", fmt.Sprintf("document %s is not one of the other side under %s %s that was received", k.Answers, k.Instrument, k.Clause),
			"answer a document of the other side under its own clause")
	}
	return q, nil
}

// hashes reads the file once for the hash of it and of its parts.
func hashes(file io.ReaderAt, size int64) (whole string, parts []string, err error) {
	all, part := sha256.New(), sha256.New()
	for n := range exchange.PartCount(size) {
		part.Reset()
		want := exchange.PartLen(size, n)
		if _, err := io.CopyN(io.MultiWriter(all, part), io.NewSectionReader(file, int64(n)*exchange.PartSize, want), want); err != nil {
			return "", nil, unreadable(err)
		}
		parts = append(parts, sum(part))
	}
	return sum(all), parts, nil
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

func unreadable(err error) error {
	return fault.New(fault.Unavailable, "file", "it cannot be read to its end: "+err.Error(), "send it again when nobody writes to it").Because(err)
}

// partsPerTurn is how many parts one transaction moves: others write in between.
const partsPerTurn = 4

// stage stores the file's parts.
func (f *Flow) stage(ctx context.Context, id string, file io.ReaderAt, size int64) error {
	count := exchange.PartCount(size)
	for from := 0; from < count; from += partsPerTurn {
		err := f.db.Update(ctx, func(tx *db.Tx) error {
			for n := from; n < min(from+partsPerTurn, count); n++ {
				part := make([]byte, exchange.PartLen(size, n))
				if _, err := file.ReadAt(part, int64(n)*exchange.PartSize); err != nil && !errors.Is(err, io.EOF) {
					return unreadable(err)
				}
				if err := document.Stage(ctx, tx, id, n, part); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ready lets a document go on whose bytes are all here: into the outbox, or before a person.
func (f *Flow) ready(ctx context.Context, tx *db.Tx, id string) error {
	k, err := document.Get(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := f.mayLeave(ctx, tx, k); err != nil {
		return err
	}
	if k.Grade == string(agreement.Open) {
		if err := document.Move(ctx, tx, id, document.Loading, document.Leaving, ""); err != nil {
			return err
		}
		return f.announceDocument(ctx, tx, k)
	}
	if err := document.Move(ctx, tx, id, document.Loading, document.Waiting, ""); err != nil {
		return err
	}
	release, err := tx.Next(ctx, "release", 1)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO release (id, partner, instrument, clause, unit, dataset, document, body, rows, state, since)
		VALUES ($1, $2, $3, $4, $5, '', $6, $7, 0, 'waiting', $8)`, release, k.Partner, k.Instrument, k.Clause, k.Unit, id, k.Head, db.Micros(tx.Now))
	return err
}

// announceDocument puts the entry that announces a document into the outbox. Its parts follow, a few at a time.
func (f *Flow) announceDocument(ctx context.Context, tx *db.Tx, k *document.Kept) error {
	entry := exchange.NewID()
	if err := f.links.Put(ctx, tx, link.Waiting{ID: entry, Partner: k.Partner, Kind: exchange.KindDocument, Instrument: k.Instrument, Clause: k.Clause,
		Unit: k.Unit, Subject: k.Title, Rows: 1, Body: k.Head}); err != nil {
		return err
	}
	return document.Announced(ctx, tx, k.Document.Document, entry)
}

// WithdrawDocument takes back a document of ours that has not left: that waits for a person, or whose announcement has no
// position yet.
func (f *Flow) WithdrawDocument(ctx context.Context, id string, by who.Person, why string) error {
	if !by.May(who.Speak) {
		return fault.New(fault.Refused, "document "+id, fmt.Sprintf("%.100q may not write for the city", by.ID), "ask a person with the role officer")
	}
	if strings.TrimSpace(why) == "" || len(why) > exchange.MaxWhy {
		return fault.New(fault.Invalid, "document "+id, "to withdraw it needs a reason", "say it with --why").At("why").Says("fault.reason")
	}
	return f.db.Update(ctx, func(tx *db.Tx) error {
		k, err := document.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		switch {
		case !k.Ours():
			return fault.New(fault.Refused, "document "+id, "it is "+k.Sender+"'s", "only who sends a document withdraws it")
		case k.State == document.Waiting:
			if err := f.withdrawRelease(ctx, tx, id, by.ID, why); err != nil {
				return err
			}
		case k.State == document.Leaving || k.State == document.Left:
			if err := f.recallDocument(ctx, tx, k); err != nil {
				return err
			}
		default:
			return fault.New(fault.Conflict, "document "+id, fmt.Sprintf("it is %s", k.State), "there is nothing to withdraw")
		}
		if err := document.Clear(ctx, tx, id); err != nil {
			return err
		}
		return document.Move(ctx, tx, id, k.State, document.Withdrawn, why)
	})
}

// recallDocument takes a document out of the outbox, all of it or, when its announcement has left, nothing.
func (f *Flow) recallDocument(ctx context.Context, tx *db.Tx, k *document.Kept) error {
	here, err := f.links.Recall(ctx, tx, k.Entry)
	if err == nil && !here {
		err = fault.New(fault.Refused, "document "+k.Document.Document, "it has left", "say in another document that it does not stand")
	}
	if err != nil {
		return err
	}
	parts, err := document.PartEntries(ctx, tx, k.Document.Document)
	for _, p := range parts {
		if err == nil {
			_, err = f.links.Recall(ctx, tx, p)
		}
	}
	return err
}
