package flow

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/gate"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/store"
	"accord/record"
)

// A Due is what of one dataset may not be kept any longer under one clause.
type Due struct {
	Partner    string          `json:"partner"`
	Instrument string          `json:"instrument"`
	Clause     string          `json:"clause"`
	Dataset    string          `json:"dataset"`
	Entries    []exchange.Span `json:"entries"` // of the partner's log
	Rows       int             `json:"rows"`    // records they brought

	bodies []link.Holding
}

// perPurge is how many entries of records are erased in one transaction, and confirmed by one entry; of observations it is
// more, since for each transaction the entries that stay are read.
const (
	perPurge       = 200
	perSeriesPurge = 1000
)

// Due lists what may not be kept any longer at a time. How long an entry may be kept counts from the day on which it left:
// that is what both sides can see.
func (f *Flow) Due(ctx context.Context, at time.Time) (out []Due, err error) {
	err = f.db.View(ctx, func(tx *db.Tx) error { out, err = f.due(ctx, tx, at, 1<<30); return err })
	return out, err
}

func (f *Flow) due(ctx context.Context, tx *db.Tx, at time.Time, limit int) (out []Due, err error) {
	kept, err := instrument.All(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, k := range kept {
		for i := range k.Clauses {
			for _, t := range k.Clauses[i].Terms {
				if t.Retention.IsZero() || !slices.Contains(k.Parties, f.self) {
					continue
				}
				for _, from := range t.From {
					if from == f.self {
						continue
					}
					most := limit
					if d, ok := f.lookup(t.Dataset, t.Version); ok && d.Kind == record.Series {
						most = max(most, perSeriesPurge)
					}
					some, err := f.dueOf(ctx, tx, Due{Partner: from, Instrument: k.ID, Clause: k.Clauses[i].ID, Dataset: gate.Leaving(&t)}, overAt(t, at), most)
					if err != nil {
						return nil, err
					}
					out = append(out, some...)
				}
			}
		}
	}
	return out, nil
}

// dueOf finds the entries of one clause and dataset that left before a day. What was set aside unread is of any dataset.
func (f *Flow) dueOf(ctx context.Context, tx *db.Tx, d Due, before time.Time, limit int) ([]Due, error) {
	var err error
	d.bodies, err = link.Holdings(ctx, tx, exchange.Origin(d.Partner, f.self), d.Instrument,
		`e.clause = $3 AND e.kind IN ('records', 'observations', 'withdrawal') AND e.subject IN ($4, '') AND e.time < $5 AND e.salt IS NOT NULL ORDER BY e.idx LIMIT $6`,
		d.Clause, d.Dataset, db.Micros(before), limit)
	if err != nil || len(d.bodies) == 0 {
		return nil, err
	}
	var indexes []int64
	for _, b := range d.bodies {
		indexes, d.Rows = append(indexes, b.Index), d.Rows+b.Rows
	}
	d.Entries = exchange.Spans(indexes)
	return []Due{d}, nil
}

// overAt is the start of the first day whose entries may still be kept at a time: an entry may be kept up to and including the
// day that lies the retention after the day on which it left.
func overAt(t agreement.Terms, at time.Time) time.Time {
	today := date.Of(at.UTC())
	n := sort.Search(100*366*10, func(n int) bool { return over(t, today.AddDays(-n), today) }) // the further back, the sooner over
	return today.AddDays(1 - n).Time()
}

func over(t agreement.Terms, left, today date.Day) bool { return today.After(t.Retention.From(left)) }

// Purge erases what may not be kept any longer: the records, every version of them, and the bodies of the entries that
// brought them. Each entry that is put into the outbox confirms it to the partner, in the same transaction. It returns what
// was erased; work that was interrupted goes on with the next call.
func (f *Flow) Purge(ctx context.Context) (out []Due, err error) {
	for {
		var done []Due
		err := f.db.Update(ctx, func(tx *db.Tx) error {
			done = nil
			due, err := f.due(ctx, tx, tx.Now, perPurge)
			if err != nil || len(due) == 0 {
				return err
			}
			done = due[:1]
			_, err = f.erase(ctx, tx, due[0].Partner, due[0].Instrument, due[0].Clause, exchange.BasisRetention, "", due[0].bodies)
			return err
		})
		if err != nil || len(done) == 0 {
			return out, err
		}
		out = append(out, done...)
	}
}

// erase removes what entries of a partner brought, and confirms it.
func (f *Flow) erase(ctx context.Context, tx *db.Tx, partner, in, clause, basis, why string, bodies []link.Holding) (int, error) {
	if err := f.eraseSeries(ctx, tx, partner, bodies); err != nil {
		return 0, err
	}
	keys, err := broughtKeys(ctx, tx, bodies)
	if err != nil {
		return 0, err
	}
	var indexes []int64
	for _, b := range bodies {
		if b.Erased {
			continue
		}
		if _, err := store.Erase(ctx, tx, b.Log, b.Index); err != nil {
			return 0, err
		}
		indexes = append(indexes, b.Index)
	}
	if err := f.keepBack(ctx, tx, partner, in, keys); err != nil {
		return 0, err
	}
	if err := f.eraseDocuments(ctx, tx, partner, partner, bodies); err != nil {
		return 0, err
	}
	n, err := link.Erase(ctx, tx, bodies)
	if err != nil || n == 0 {
		return 0, err
	}
	p := exchange.Purge{Log: exchange.Origin(partner, f.self), Entries: exchange.Spans(indexes), Basis: basis, Why: why}
	return n, f.putPurge(ctx, tx, exchange.KindPurged, partner, in, clause, &p)
}

func (f *Flow) putPurge(ctx context.Context, tx *db.Tx, kind exchange.Kind, partner, in, clause string, p *exchange.Purge) error {
	body, err := p.Encode()
	if err != nil {
		return err
	}
	if _, err := exchange.ParsePurge(body); err != nil { // what the partner would refuse is not sent
		return err
	}
	return f.links.Put(ctx, tx, link.Waiting{Partner: partner, Kind: kind, Instrument: in, Clause: clause, Body: body})
}

// AskPurge asks a partner to erase what entries of ours brought it. Our own copies of them go when it confirms.
func (f *Flow) AskPurge(ctx context.Context, partner, in string, entries []exchange.Span, why string) error {
	return f.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := instrument.Get(ctx, tx, in); err != nil {
			return err
		}
		p := exchange.Purge{Log: exchange.Origin(f.self, partner), Entries: entries, Basis: exchange.BasisAsked, Why: why}
		body, err := p.Encode()
		if err != nil {
			return err
		}
		if _, err := exchange.ParsePurge(body); err != nil {
			return err
		}
		bodies, err := link.Named(ctx, tx, &p, in, "")
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(bodies, func(b link.Holding) bool { return !b.Erased }) {
			return fault.New(fault.Conflict, "purge", "all of it is erased already", "see accord verify")
		}
		if err := f.wholeDocuments(ctx, tx, partner, &p, bodies, why); err != nil {
			return err
		}
		return f.putPurge(ctx, tx, exchange.KindPurge, partner, in, "", &p)
	})
}

// applyPurge carries out what a partner asks: it may have erased what its own entries brought, before the entry that asks.
func (f *Flow) applyPurge(ctx context.Context, tx *db.Tx, came *link.Came) error {
	p, err := exchange.ParsePurge(came.Body)
	if err != nil {
		return err
	}
	refuse := func(why string) error {
		return fault.New(fault.Refused, "purge of "+p.Log, why, "ask the partner what it means")
	}
	switch {
	case p.Log != exchange.Origin(came.From, f.self):
		return refuse("it is about entries that " + came.From + " has not written")
	case p.Basis != exchange.BasisAsked:
		return refuse("who asks for it does so on its own account")
	case p.Last() >= came.Index:
		return refuse("it is about entries that come after it")
	}
	bodies, err := link.Named(ctx, tx, p, came.Header.Instrument, came.Header.Clause)
	if err != nil {
		return err
	}
	came.Rows = len(bodies)
	_, err = f.erase(ctx, tx, came.From, came.Header.Instrument, came.Header.Clause, exchange.BasisAsked, p.Why, bodies)
	return err
}

// applyPurged takes in that a partner has erased what entries of ours brought it, and erases our copies of their bodies. Our
// records stay: they are our own. Where the partner had neither to erase it nor was asked to, our copies stay too.
func (f *Flow) applyPurged(ctx context.Context, tx *db.Tx, came *link.Came) error {
	p, err := exchange.ParsePurge(came.Body)
	if err != nil {
		return err
	}
	if p.Log != exchange.Origin(f.self, came.From) {
		return fault.New(fault.Refused, "confirmation of a purge", "it is about entries that this city has not written", "ask the partner what it means")
	}
	bodies, err := link.Named(ctx, tx, p, came.Header.Instrument, came.Header.Clause)
	if err != nil {
		return err
	}
	came.Rows = len(bodies)
	if p.Basis == exchange.BasisAsked {
		err = f.wasAsked(ctx, tx, came, p)
	} else {
		err = f.wasOver(ctx, tx, came, bodies)
	}
	if err == nil {
		err = f.eraseDocuments(ctx, tx, f.self, came.From, bodies)
	}
	if err != nil {
		return err
	}
	_, err = link.Erase(ctx, tx, bodies)
	return err
}

// wasAsked wants an entry of ours for each that the partner has erased at our request.
func (f *Flow) wasAsked(ctx context.Context, tx *db.Tx, came *link.Came, p *exchange.Purge) error {
	said, err := link.SaidOf(ctx, tx, f.self, came.Header.Instrument)
	if err != nil {
		return err
	}
	var ours []*exchange.Purge
	for _, s := range said {
		if s.Kind == exchange.KindPurge && s.Writer == f.self && s.Partner == came.From && s.Index >= 0 {
			if o, err := exchange.ParsePurge(s.Body); err == nil {
				ours = append(ours, o)
			}
		}
	}
	for _, s := range p.Entries {
		for i := s[0]; i < s[1]; i++ {
			if !slices.ContainsFunc(ours, func(o *exchange.Purge) bool { return o.Holds(i) }) {
				return fault.New(fault.Refused, "confirmation of a purge", fmt.Sprintf("nobody here has asked for the erasure of entry %d", i), "ask the partner why; the copy here stays")
			}
		}
	}
	return nil
}

// wasOver wants the time to be over for which the clause lets the partner keep it.
func (f *Flow) wasOver(ctx context.Context, tx *db.Tx, came *link.Came, bodies []link.Holding) error {
	k, err := instrument.Get(ctx, tx, came.Header.Instrument)
	if err != nil {
		return err
	}
	for _, b := range bodies {
		c := k.Clause(b.Clause)
		ok := c != nil && b.Kind != exchange.KindDocument && b.Kind != exchange.KindPart && slices.ContainsFunc(c.Terms, func(t agreement.Terms) bool {
			return !t.Retention.IsZero() && slices.Contains(t.From, f.self) && gate.Leaving(&t) == b.Subject && over(t, date.Of(db.Time(b.Time)), date.Of(came.Header.Time))
		})
		if !ok {
			return fault.New(fault.Refused, "confirmation of a purge", fmt.Sprintf("the clause let the partner keep entry %d longer", b.Index), "ask the partner why; the copy here stays")
		}
	}
	return nil
}

// Clean has the engine remove from its files what was erased since the last time. It says whether there was anything.
func (f *Flow) Clean(ctx context.Context) (cleaned bool, err error) {
	var erased int64
	err = f.db.View(ctx, func(tx *db.Tx) error { erased, cleaned, err = link.Unclean(ctx, tx); return err })
	if err != nil || !cleaned {
		return false, err
	}
	if err := f.db.Clean(ctx, "entry", "record", "outbox", "series", "tail", "chunk", "replaced", "document", "document_part", "release", "unsent", "search_doc", "search_gram"); err != nil {
		return false, err
	}
	return true, f.db.Update(ctx, func(tx *db.Tx) error { return link.Cleaned(ctx, tx, erased) })
}

// Keep purges what is due and cleans up after it, again and again until ctx ends. purged is called when something was.
func (f *Flow) Keep(ctx context.Context, every time.Duration, purged func()) {
	for ctx.Err() == nil {
		done, err := f.Purge(ctx)
		if err != nil && ctx.Err() == nil {
			f.log.Error("what may not be kept any longer cannot be erased", "error", err)
		}
		if len(done) > 0 {
			purged()
		}
		if _, err := f.Clean(ctx); err != nil && ctx.Err() == nil {
			f.log.Warn("the files of the database cannot be cleaned now", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(every):
		}
	}
}
