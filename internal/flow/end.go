package flow

import (
	"context"
	"fmt"
	"strings"
	"time"

	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/record"
)

// End says for this city that a text, or one clause of it, ends after the given day; without a day at once, or as soon as
// the text's notice allows. It returns the first moment at which it is not in force any more.
func (f *Flow) End(ctx context.Context, id, clause string, last date.Day, why string) (at time.Time, err error) {
	return f.conclude(ctx, id, clause, exchange.Action{Action: exchange.ActionEnded, Why: why}, func(k *instrument.Kept, now time.Time) time.Time {
		switch {
		case !last.IsZero():
			return last.AddDays(1).Time()
		case !k.Notice.IsZero():
			return k.Notice.From(date.Of(now)).AddDays(1).Time()
		}
		return soon(now)
	})
}

// Supersede says that another text, which names it, takes the place of a text: after the given day, or at once.
func (f *Flow) Supersede(ctx context.Context, id, by string, last date.Day, why string) (at time.Time, err error) {
	return f.conclude(ctx, id, "", exchange.Action{Action: exchange.ActionSuperseded, By: by, Why: why}, func(_ *instrument.Kept, now time.Time) time.Time {
		if !last.IsZero() {
			return last.AddDays(1).Time()
		}
		return soon(now)
	})
}

// Renew says for this city that a text, or one clause of it, is to be in force up to and including a day. It holds once
// every party has said the same.
func (f *Flow) Renew(ctx context.Context, id, clause string, until date.Day, why string) (at time.Time, err error) {
	return f.conclude(ctx, id, clause, exchange.Action{Action: exchange.ActionRenewed, Until: until, Why: why}, func(*instrument.Kept, time.Time) time.Time {
		return until.AddDays(1).Time()
	})
}

// soon is the next whole second: what an entry can say.
func soon(now time.Time) time.Time {
	if whole := now.Truncate(time.Second); whole.Before(now) {
		return whole.Add(time.Second)
	}
	return now
}

func (f *Flow) conclude(ctx context.Context, id, clause string, a exchange.Action, when func(k *instrument.Kept, now time.Time) time.Time) (at time.Time, err error) {
	err = f.db.Update(ctx, func(tx *db.Tx) error {
		k, err := instrument.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		at = when(k, tx.Now)
		e := instrument.End{Clause: clause, Party: f.self, Action: a.Action, Said: tx.Now, At: at, Other: a.By, Why: a.Why}
		if e.Action == exchange.ActionEnded && at.Before(tx.Now.Add(time.Second)) {
			e.At = tx.Now // from the moment this returns, not from the end of the second on
		}
		if k, err = instrument.Conclude(ctx, tx, id, e); err != nil {
			return err
		}
		a := a
		a.Date = date.Of(tx.Now)
		if a.Action != exchange.ActionRenewed {
			a.At = at
		}
		if err := f.announceOn(ctx, tx, k, clause, a); err != nil {
			return err
		}
		_, err = f.takeBack(ctx, tx)
		return err
	})
	return at, err
}

// applyEnd carries out what a partner said about the end of a text.
func (f *Flow) applyEnd(ctx context.Context, tx *db.Tx, came *link.Came, a *exchange.Action) error {
	k, err := instrument.Get(ctx, tx, a.Instrument)
	if err != nil {
		return err
	}
	if k.Hash != a.Hash {
		return fault.New(fault.Invalid, "action", "it names another text than is kept here", "ask the partner which text it means")
	}
	e := instrument.End{Clause: came.Header.Clause, Party: came.From, Action: a.Action, Said: came.Header.Time, At: a.At, Other: a.By, Why: a.Why}
	if a.Action == exchange.ActionRenewed {
		e.At = a.Until.AddDays(1).Time()
	}
	if _, err := instrument.Conclude(ctx, tx, k.ID, e); err != nil {
		return err
	}
	_, err = f.takeBack(ctx, tx)
	return err
}

// takeBack takes out of the outbox what stands under what has ended. Its records count as not offered: should the text be
// renewed, they are looked at anew.
func (f *Flow) takeBack(ctx context.Context, tx *db.Tx) (int, error) {
	taken, err := link.TakeClosed(ctx, tx)
	if err != nil {
		return 0, err
	}
	for _, w := range taken {
		if w.Kind == exchange.KindObservations {
			if err := f.forgetSeries(ctx, tx, w); err != nil {
				return 0, err
			}
		}
		if w.Kind == exchange.KindDocument || w.Kind == exchange.KindPart {
			if err := document.TakeBack(ctx, tx, w.ID, w.Kind == exchange.KindDocument, w.Body); err != nil {
				return 0, err
			}
		}
		if w.Kind != exchange.KindRecords {
			continue
		}
		if err := f.forget(ctx, tx, w); err != nil {
			return 0, err
		}
	}
	return len(taken), nil
}

// forget has the records of a batch that did not leave count as not offered.
func (f *Flow) forget(ctx context.Context, tx *db.Tx, w link.Waiting) error {
	batch, err := record.DecodeBatch(w.Body, f.lookup)
	if err != nil {
		return fmt.Errorf("what waited in the outbox as %s cannot be read: %w", w.ID, err)
	}
	if strings.HasSuffix(batch.Dataset.Name, record.GroupsSuffix) {
		return f.unleft(ctx, tx, shelf{w.Partner, w.Instrument, w.Clause, batch.Dataset.Name}, w.Body)
	}
	keys := make([]string, len(batch.Records))
	for i := range batch.Records {
		keys[i] = batch.Records[i].Key
	}
	return f.again(ctx, tx, shelfOf(w.Partner, w.Instrument, w.Clause, batch), keys)
}

// TakeBack does so for whatever has ended by now, and says how many entries were taken back. When there is nothing, nothing
// is written.
func (f *Flow) TakeBack(ctx context.Context) (n int, err error) {
	var any bool
	if err := f.db.View(ctx, func(tx *db.Tx) error { any, err = link.Closed(ctx, tx); return err }); err != nil || !any {
		return 0, err
	}
	err = f.db.Update(ctx, func(tx *db.Tx) error { n, err = f.takeBack(ctx, tx); return err })
	return n, err
}
