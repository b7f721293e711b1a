package flow

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"accord/internal/audit"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/gate"
	"accord/internal/instrument"
	"accord/internal/store"
	"accord/internal/who"
	"accord/record"
)

// A ReleaseState says what became of a batch that waited for a person.
type ReleaseState string

// States of a release.
const (
	Waiting   ReleaseState = "waiting"
	Approved  ReleaseState = "approved"  // by as many persons as the clause asks for; it is in the outbox or has left
	Refused   ReleaseState = "refused"   // by one person; it never leaves
	Overtaken ReleaseState = "overtaken" // a record in it has changed since; what is still so waits anew
	Recalled  ReleaseState = "withdrawn" // a document that its sender has taken back
)

// A Release is a batch or a document that waits for a person, or has waited.
type Release struct {
	ID         int64         `json:"id"`
	Partner    string        `json:"partner"`
	Instrument string        `json:"instrument"`
	Clause     string        `json:"clause"`
	Dataset    string        `json:"dataset"` // of a batch
	Rows       int           `json:"rows"`
	Document   string        `json:"document,omitempty"` // the id of a document
	Title      string        `json:"title,omitempty"`
	State      ReleaseState  `json:"state"`
	Since      time.Time     `json:"since"`
	Approvals  int           `json:"approvals"` // how many persons must approve
	Words      []ReleaseWord `json:"words"`
}

// A ReleaseWord is what one person said.
type ReleaseWord struct {
	Person string       `json:"person"`
	Word   ReleaseState `json:"word"`
	Why    string       `json:"why,omitempty"`
	At     time.Time    `json:"at"`
}

// Releases lists what waits for a person, the oldest first.
func (f *Flow) Releases(ctx context.Context) (out []Release, err error) {
	err = f.db.View(ctx, func(tx *db.Tx) error {
		var ids []int64
		err := tx.Rows(ctx, `SELECT id FROM release WHERE state = $1 ORDER BY id`, []any{string(Waiting)}, func(r db.Scanner) error {
			var id int64
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		})
		for _, id := range ids {
			if err != nil {
				return err
			}
			var w *waiting
			if w, err = f.waiting(ctx, tx, id); err == nil {
				out = append(out, w.Release)
			}
		}
		return err
	})
	return out, err
}

// Show returns a release and exactly the bytes that would leave with it, or have left.
func (f *Flow) Show(ctx context.Context, id int64) (release Release, body []byte, err error) {
	err = f.db.View(ctx, func(tx *db.Tx) error {
		w, err := f.waiting(ctx, tx, id)
		if err == nil {
			release, body = w.Release, w.body
		}
		return err
	})
	return release, body, err
}

// waiting is a release as stored.
type waiting struct {
	Release
	unit string
	body []byte
}

func (f *Flow) waiting(ctx context.Context, tx *db.Tx, id int64) (*waiting, error) {
	w := &waiting{Release: Release{ID: id, Words: []ReleaseWord{}}}
	var state string
	var since int64
	found, err := tx.Row(ctx, `SELECT partner, instrument, clause, unit, dataset, document, body, rows, state, since FROM release WHERE id = $1`, []any{id},
		&w.Partner, &w.Instrument, &w.Clause, &w.unit, &w.Dataset, &w.Document, &w.body, &w.Rows, &state, &since)
	if err == nil && !found {
		err = fault.New(fault.NotFound, fmt.Sprintf("release %d", id), "there is none with this number", "see accord release list")
	}
	if err != nil {
		return nil, err
	}
	w.State, w.Since, w.Approvals = ReleaseState(state), db.Time(since), 1
	if w.Document != "" {
		err = f.aboutDocument(ctx, tx, w)
	} else {
		err = f.aboutBatch(ctx, tx, w)
	}
	if err != nil {
		return nil, err
	}
	err = tx.Rows(ctx, `SELECT person, word, why, at FROM release_word WHERE release = $1 ORDER BY at, person`, []any{id}, func(r db.Scanner) error {
		var e ReleaseWord
		var word string
		var at int64
		err := r.Scan(&e.Person, &word, &e.Why, &at)
		e.Word, e.At = ReleaseState(word), db.Time(at)
		w.Words = append(w.Words, e)
		return err
	})
	return w, err
}

// aboutBatch sets how many must approve a batch.
func (f *Flow) aboutBatch(ctx context.Context, tx *db.Tx, w *waiting) error {
	p, ok, err := f.permission(ctx, tx, w)
	if ok {
		w.Approvals = max(1, p.Terms.Approvals)
	}
	return err
}

// permission is the clause's permission under which the release would leave today; none when the clause is not in force
// any more.
func (f *Flow) permission(ctx context.Context, tx *db.Tx, w *waiting) (instrument.Permission, bool, error) {
	all, err := instrument.Sending(ctx, tx, f.self, w.Partner)
	for _, p := range all {
		if p.Instrument.ID == w.Instrument && p.Clause.ID == w.Clause && gate.Leaving(&p.Terms) == w.Dataset {
			return p, true, err
		}
	}
	return instrument.Permission{}, false, err
}

// Approve notes that a person who has seen the release lets it leave. When as many have approved as the clause asks for,
// exactly the bytes that were shown go into the outbox. A release in which a record has changed since does not leave: it
// is overtaken, and what it held waits anew in its present form.
func (f *Flow) Approve(ctx context.Context, id int64, by who.Person) (state ReleaseState, err error) {
	err = f.decide(ctx, id, by, Approved, "", func(tx *db.Tx, w *waiting) error {
		if w.Document != "" {
			state, err = f.approveDocument(ctx, tx, w)
			return err
		}
		t, err := f.stillPermitted(ctx, tx, w)
		if err != nil {
			return err
		}
		if same, err := t.stillAll(ctx, tx, w); err != nil || !same {
			state = Overtaken
			return err
		}
		if state = Waiting; w.approved() < w.Approvals {
			return nil
		}
		state = Approved
		if t.gate.Grouped() {
			if err := t.approved(ctx, tx, w); err != nil {
				return err
			}
		}
		return t.leave(ctx, tx, w.body, w.Rows)
	}, &state)
	return state, err
}

// approved is how many persons have approved a release.
func (w *waiting) approved() (n int) {
	for _, said := range w.Words {
		if said.Word == Approved {
			n++
		}
	}
	return n
}

// Refuse notes that a person keeps the release from leaving, and why. One refusal is enough.
func (f *Flow) Refuse(ctx context.Context, id int64, by who.Person, why string) error {
	if strings.TrimSpace(why) == "" {
		return fault.New(fault.Invalid, fmt.Sprintf("release %d", id), "a refusal needs a reason", "say it with --why")
	}
	state := Refused
	return f.decide(ctx, id, by, Refused, why, func(tx *db.Tx, w *waiting) error {
		if w.Document == "" {
			return nil
		}
		return f.refuseDocument(ctx, tx, w.Document, why)
	}, &state)
}

// decide notes one person's word on a waiting release and moves the release to what then set *state. The release's row is
// locked: of two persons at once the second finds what the first decided.
func (f *Flow) decide(ctx context.Context, id int64, by who.Person, word ReleaseState, why string, then func(*db.Tx, *waiting) error, state *ReleaseState) error {
	person := by.ID
	if strings.TrimSpace(person) == "" || len(person) > 100 {
		return fault.New(fault.Invalid, fmt.Sprintf("release %d", id), "a decision needs the name of a person", "say who decides")
	}
	if !by.May(who.Decide) {
		return fault.New(fault.Refused, fmt.Sprintf("release %d", id), fmt.Sprintf("%s may not decide what leaves", person), "ask a person with the role releaser")
	}
	return f.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE release SET state = state WHERE id = $1`, id); err != nil {
			return err
		}
		w, err := f.waiting(ctx, tx, id)
		if err != nil {
			return err
		}
		if w.State != Waiting {
			return decided(w)
		}
		for _, said := range w.Words {
			if said.Person == person {
				return fault.New(fault.Conflict, fmt.Sprintf("release %d", id), fmt.Sprintf("%s has %s it already", person, said.Word), "another person must decide")
			}
		}
		if _, err := tx.Exec(ctx, `INSERT INTO release_word (release, person, word, why, at) VALUES ($1, $2, $3, $4, $5)`,
			id, person, string(word), why, db.Micros(tx.Now)); err != nil {
			return err
		}
		w.Words = append(w.Words, ReleaseWord{Person: person, Word: word, Why: why, At: tx.Now})
		if err := then(tx, w); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE release SET state = $1 WHERE id = $2`, string(*state), id); err != nil {
			return err
		}
		if err := toFind(ctx, tx, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.By(by, deeds[word], fmt.Sprintf("%d %s sha256:%x", id, *state, sha256.Sum256(w.body))))
	})
}

// deeds are the names of the two decisions in the audit log.
var deeds = map[ReleaseState]string{Approved: "approve release", Refused: "refuse release"}

// decided tells the second of two persons what the first one did.
func decided(w *waiting) error {
	why := fmt.Sprintf("it is %s already", w.State)
	if n := len(w.Words); n > 0 {
		last := w.Words[n-1]
		why = fmt.Sprintf("%s has %s it at %s", last.Person, last.Word, last.At.Format(time.RFC3339))
	}
	return fault.New(fault.Conflict, fmt.Sprintf("release %d", w.ID), why, "look at what waits now: accord release list")
}

// stillPermitted returns the turn in which the release leaves, if the clause still lets all of it out.
func (f *Flow) stillPermitted(ctx context.Context, tx *db.Tx, w *waiting) (*turn, error) {
	refuse := func(why string) error {
		return fault.New(fault.Refused, fmt.Sprintf("release %d", w.ID), why, "refuse it, with this as the reason")
	}
	p, ok, err := f.permission(ctx, tx, w)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, refuse("the clause under which it waits is not in force any more")
	}
	_, origin, admits, err := f.decode(w.body)
	if err != nil {
		return nil, err
	}
	g, d, err := f.gate(p)
	if err != nil {
		return nil, err
	}
	if err := admits(g, tx.Now); err != nil {
		return nil, refuse(err.Error())
	}
	t := &turn{flow: f, partner: w.Partner, permission: p, dataset: d, gate: g, origin: f.self}
	if origin != nil {
		t.origin = origin.Party
	}
	if err := f.mayPassOn(ctx, tx, &p.Terms, w.Partner, d, origin, false); fault.KindOf(err) == fault.Refused {
		return nil, refuse(err.Error())
	} else if err != nil {
		return nil, err
	}
	return t, nil
}

// stillAll says whether what waited is what would leave now. Where it is not, what is still so is looked at once more.
func (t *turn) stillAll(ctx context.Context, tx *db.Tx, w *waiting) (bool, error) {
	switch {
	case t.gate.Grouped():
		return t.stillSo(ctx, tx, w)
	case t.dataset.Kind == record.Series:
		return t.stillSeries(ctx, tx, w.body)
	}
	batch, err := record.DecodeBatch(w.body, t.flow.lookup)
	if err != nil {
		return false, err
	}
	same, err := t.unchanged(ctx, tx, batch)
	if err != nil || len(same) == len(batch.Records) {
		return err == nil, err
	}
	return false, t.again(ctx, tx, same)
}

// unchanged returns the keys of the records in a batch whose present form is the one in it. The others have been offered
// in their newer form by themselves.
func (t *turn) unchanged(ctx context.Context, tx *db.Tx, batch *record.Batch) (keys []string, err error) {
	for i := range batch.Records {
		now, err := t.present(ctx, tx, batch.Records[i].Key)
		if err != nil {
			return nil, err
		}
		if string(now) == string(batch.Rows[i]) {
			keys = append(keys, batch.Records[i].Key)
		}
	}
	return keys, nil
}

// present is what would leave of our record of that key today; nothing when it would stay.
func (t *turn) present(ctx context.Context, tx *db.Tx, key string) ([]byte, error) {
	stored, err := store.Current(ctx, tx, t.dataset.Name, t.origin, key)
	if err != nil || len(stored) == 0 || stored[0].Version != t.dataset.Version {
		return nil, err
	}
	var r record.Record
	if err := record.ParseRow(t.dataset, stored[0].Row, &r); err != nil {
		return nil, err
	}
	if passes, err := t.passable(ctx, tx, stored[0].Seq, key); err != nil || !passes {
		return nil, err
	}
	out, v := t.gate.Apply(r, tx.Now)
	if v.Decision != gate.Leaves && v.Decision != gate.Waits {
		return nil, nil
	}
	return record.AppendRow(nil, t.dataset, &out), nil
}

// again forgets that records were offered and has them looked at once more.
func (t *turn) again(ctx context.Context, tx *db.Tx, keys []string) error {
	return t.flow.again(ctx, tx, t.shelf(), keys)
}

// A shelf is where the tables of flow keep what belongs to one permission.
type shelf struct{ partner, instrument, clause, dataset string }

func (s shelf) key(more ...any) []any {
	return append([]any{s.partner, s.instrument, s.clause, s.dataset}, more...)
}

func (f *Flow) again(ctx context.Context, tx *db.Tx, s shelf, keys []string) error {
	for _, key := range keys {
		if _, err := tx.Exec(ctx, `DELETE FROM offered WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4 AND key = $5`, s.key(key)...); err != nil {
			return err
		}
		dataset, origin := s.kept(f.self)
		stored, err := store.Current(ctx, tx, dataset, origin, key)
		if err != nil {
			return err
		}
		for _, r := range stored {
			if err := hold(ctx, tx, s, r.Seq, now(tx)); err != nil {
				return err
			}
		}
	}
	return nil
}
