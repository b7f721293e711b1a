// Package finder says what of a node can be found, and by whom: it turns what the keepers hold into documents of package search,
// and follows what is written. Writing never waits for it: a keeper only marks what has changed, records are followed by their
// numbers. What may not be kept any longer does not wait for it either: the keepers take it out of the search themselves, in the
// transaction that erases it.
package finder

import (
	"context"
	"log/slog"
	"time"

	"accord/internal/area"
	"accord/internal/db"
	"accord/internal/document"
	"accord/internal/history"
	"accord/internal/search"
	"accord/record"
)

// A Finder keeps what can be found. Any number may work on one database.
type Finder struct {
	Words *search.Words

	db     *db.DB
	self   string
	areas  []area.Area
	lookup record.Lookup
	sample *history.History
	zone   *time.Location
	log    *slog.Logger
	wordy  map[string][]int // datasets with texts among their fields, to the places of those
}

// What a finder is made of.
type Parts struct {
	DB     *db.DB
	Self   string
	Areas  []area.Area
	Lookup record.Lookup
	Sample *history.History // the registered history
	Words  *search.Words
	Zone   *time.Location
	Log    *slog.Logger
}

// New returns a finder.
func New(p Parts) *Finder {
	f := &Finder{Words: p.Words, db: p.DB, self: p.Self, areas: p.Areas, lookup: p.Lookup, sample: p.Sample, zone: p.Zone, log: p.Log, wordy: map[string][]int{}}
	for _, a := range p.Areas {
		for _, d := range a.Datasets {
			if hasText(d) {
				f.wordy[d.Name] = nil
			}
		}
	}
	return f
}

func hasText(d *record.Dataset) bool {
	for i := range d.Fields {
		if d.Fields[i].Type == record.Text {
			return true
		}
	}
	return false
}

// How much is looked at in one transaction, and how long it waits between two: half of the time belongs to those who write.
const (
	perTurn  = 256
	shortest = 200 * time.Millisecond
)

// CatchUp looks at everything that has changed since the last time, and returns how many things it looked at.
func (f *Finder) CatchUp(ctx context.Context) (looked int, err error) {
	if err := f.begin(ctx); err != nil {
		return 0, err
	}
	for ctx.Err() == nil {
		begun := time.Now()
		n, err := f.turn(ctx)
		if looked += n; err != nil || n == 0 {
			return looked, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(min(time.Since(begun), time.Second)):
		}
	}
	return looked, ctx.Err()
}

// turn looks at some of what has changed.
func (f *Finder) turn(ctx context.Context) (int, error) {
	n, err := f.marked(ctx)
	if err != nil || n > 0 {
		return n, err
	}
	return f.records(ctx)
}

// Run catches up whenever it is woken, until ctx ends.
func (f *Finder) Run(ctx context.Context, wake <-chan struct{}, poll time.Duration) {
	for ctx.Err() == nil {
		if _, err := f.CatchUp(ctx); err != nil && ctx.Err() == nil {
			f.log.Error("what can be found cannot be brought up to date", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(shortest):
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(poll * 10):
		}
	}
}

// Rebuild makes everything that can be found anew, and returns how many things were looked at.
func (f *Finder) Rebuild(ctx context.Context) (int, error) {
	if err := f.db.Update(ctx, func(tx *db.Tx) error { return search.Clear(ctx, tx) }); err != nil {
		return 0, err
	}
	return f.CatchUp(ctx)
}

// begin marks everything that is there already where nobody has looked yet, and takes in what the program itself brings.
func (f *Finder) begin(ctx context.Context) error {
	static, stamp, err := f.static()
	if err != nil {
		return err
	}
	var begun int64
	var have string
	if err := f.db.View(ctx, func(tx *db.Tx) error {
		if begun, _, err = search.Seen(ctx, tx, "begun"); err == nil {
			_, have, err = search.Seen(ctx, tx, "content")
		}
		return err
	}); err != nil || begun == 1 && have == stamp {
		return err
	}
	return f.db.Update(ctx, func(tx *db.Tx) error {
		if begun == 0 {
			if err := f.markAll(ctx, tx); err != nil {
				return err
			}
			if err := search.SetSeen(ctx, tx, "begun", 1, ""); err != nil {
				return err
			}
		}
		keep := map[string]bool{}
		for i := range static {
			keep[string(static[i].Kind)+" "+static[i].Ref] = true
		}
		if err := search.DropOthers(ctx, tx, []search.Kind{search.Instrument, search.Clause, search.Event, search.Unit, search.Dataset}, sampled, keep); err != nil {
			return err
		}
		if err := search.Put(ctx, tx, static); err != nil {
			return err
		}
		return search.SetSeen(ctx, tx, "content", 0, stamp)
	})
}

// marked looks at some of what is marked. The files of documents are read before the transaction, and their texts are taken only
// if the documents are still as they were.
func (f *Finder) marked(ctx context.Context) (n int, err error) {
	var due []search.Doc
	files := map[string]*document.Kept{}
	if err := f.db.View(ctx, func(tx *db.Tx) error {
		if due, err = search.Due(ctx, tx, perTurn); err != nil {
			return err
		}
		for _, d := range due {
			if d.Kind == search.Letter {
				if files[d.Ref], err = found(document.Get(ctx, tx, d.Ref)); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil || len(due) == 0 {
		return 0, err
	}
	texts := map[string]string{}
	for id, k := range files {
		if k != nil && readable(k) {
			texts[id] = f.text(ctx, k)
		}
	}
	return len(due), f.db.Update(ctx, func(tx *db.Tx) error {
		var docs []search.Doc
		for _, d := range due {
			doc, there, err := f.of(ctx, tx, d.Kind, d.Ref, files[d.Ref], texts[d.Ref])
			switch {
			case err != nil:
				return err
			case there:
				docs = append(docs, doc...)
			default:
				if _, err := search.Drop(ctx, tx, d.Kind, d.Ref); err != nil {
					return err
				}
			}
			if err := search.Done(ctx, tx, d.Kind, d.Ref); err != nil {
				return err
			}
		}
		return search.Put(ctx, tx, docs)
	})
}

// of makes the documents of one thing as it is now; none when nobody may find it.
func (f *Finder) of(ctx context.Context, tx *db.Tx, kind search.Kind, ref string, seen *document.Kept, text string) ([]search.Doc, bool, error) {
	switch kind {
	case search.Letter:
		return f.letter(ctx, tx, ref, seen, text)
	case search.Claim:
		return f.claim(ctx, tx, ref)
	case search.Instrument:
		return f.instrument(ctx, tx, ref)
	case search.Release:
		return f.release(ctx, tx, ref)
	case search.Person:
		return f.person(ctx, tx, ref)
	}
	return nil, false, nil
}
