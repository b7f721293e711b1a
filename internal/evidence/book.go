package evidence

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/instrument"
	"accord/internal/link"
)

// A Book is where this city's people say what happened, answer what others claim and judge what counts. It holds no state:
// any number may work on one database.
type Book struct {
	db    *db.DB
	self  string
	links *link.Links
	zone  *time.Location
}

// New returns the book of a node.
func New(d *db.DB, self string, links *link.Links, zone *time.Location) *Book {
	return &Book{db: d, self: self, links: links, zone: zone}
}

// An Author is who says something. The partner sees the unit; the person stays home.
type Author struct {
	Person string
	Unit   string // empty: the one that answers for the clause
}

// A Told is what a person says of an event.
type Told struct {
	Name       string // the part of the id after the city's; made here when empty
	Instrument string // may be empty where only one has such a clause
	Clause     string // empty: it stands on the time line only, and stays home
	Kind       agreement.EventKind
	Level      agreement.Level // empty: the clause's
	By         []string        // empty: this city
	Start      date.Date
	Until      date.Date
	What       []exchange.ClaimText
	Sources    []exchange.ClaimSource
}

// A Deed is one thing said of an event that stands: by whom, which version the person has seen, and why.
type Deed struct {
	Author
	Event string
	Seen  int // the version the person has seen; what was said of another one does not hold
	Why   string
}

// find returns the thread a person speaks of. It was not withdrawn, and stands as the person has seen it: what two people say
// at once has one order, and the second is told of the first.
func (b *Book) find(ctx context.Context, tx *db.Tx, d Deed) (*thread, error) {
	t, err := one(ctx, tx, d.Event)
	if err != nil {
		return nil, err
	}
	v := t.newest()
	if t.withdrawn() {
		return nil, fault.New(fault.Conflict, "event "+t.id, "it was withdrawn on "+b.day(v.known), "claim it anew under another name, if it happened after all")
	}
	if d.Seen != v.number {
		return nil, fault.New(fault.Conflict, "event "+t.id, fmt.Sprintf("it stands in version %d since %s, you have seen version %d", v.number, b.day(v.known), d.Seen),
			"look at it again: accord evidence show "+t.id)
	}
	return t, nil
}

func (b *Book) day(t time.Time) string { return t.In(b.zone).Format("2006-01-02 15:04") }

// one returns the thread of an event that is known here.
func one(ctx context.Context, tx *db.Tx, id string) (*thread, error) {
	all, err := threads(ctx, tx, id, forever, whole)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.New(fault.NotFound, fmt.Sprintf("event %.80q", id), "no claim of this id is known here", "see accord evidence list").Says("fault.no_event")
	}
	return all[0], nil
}

// unit is the office that says something under a clause: the author's, or the one that answers for the clause today.
func (b *Book) unit(tx *db.Tx, who Author, k *instrument.Kept, clause string) (string, error) {
	if who.Unit != "" {
		if !strings.HasPrefix(who.Unit, b.self+"/") {
			return "", fault.New(fault.Invalid, "unit", fmt.Sprintf("%.60q is not an office of %s", who.Unit, b.self), "write it as "+b.self+"/name")
		}
		return who.Unit, nil
	}
	if k == nil {
		return "", nil
	}
	return k.Clause(clause).Owner(b.self, date.Of(tx.Now.In(b.zone))).Unit, nil
}

// under finds the clause an event is to stand under; none where clause is empty.
func (b *Book) under(ctx context.Context, tx *db.Tx, id, clause string) (*instrument.Kept, *agreement.Clause, error) {
	if clause == "" && id == "" {
		return nil, nil, nil
	}
	k, err := Under(ctx, tx, id, clause)
	if err != nil {
		return nil, nil, err
	}
	return k, k.Clause(clause), binds(ctx, tx, k, clause, []string{b.self}, tx.Now)
}

// Under returns the instrument with a clause of this id: the one that is named, or the only one.
func Under(ctx context.Context, tx *db.Tx, id, clause string) (*instrument.Kept, error) {
	all, err := instrument.All(ctx, tx)
	if err != nil {
		return nil, err
	}
	var found []*instrument.Kept
	for _, k := range all {
		if (id == "" || k.ID == id) && k.Clause(clause) != nil {
			found = append(found, k)
		}
	}
	switch len(found) {
	case 0:
		return nil, fault.New(fault.NotFound, fmt.Sprintf("clause %.40q", clause), "no instrument kept here has it", "see accord agree list; register the instrument first")
	case 1:
		return found[0], nil
	}
	return nil, fault.New(fault.Invalid, "clause "+clause, "several instruments have a clause of this id", "name one of them with --instrument")
}

// binds says whether parties may claim, and answer, under a clause: they are parties of its instrument, and it is in force at
// one of these times. A registered text will do: the claim is about what was agreed on paper, and carries no records.
func binds(ctx context.Context, tx *db.Tx, k *instrument.Kept, clause string, parties []string, at ...time.Time) error {
	for _, p := range parties {
		if !slices.Contains(k.Parties, p) {
			return fault.New(fault.Refused, "instrument "+k.ID, fmt.Sprintf("%s is not a party of it", p), "claim only under what the city itself agreed to")
		}
	}
	for _, t := range at {
		over, err := instrument.Over(ctx, tx, k, clause, t)
		if err != nil {
			return err
		}
		if begun := k.Date.IsZero() || !date.Of(t.UTC()).Before(k.Date.First()); begun && !over {
			return nil
		}
	}
	return fault.New(fault.Refused, "clause "+clause, "it is not in force in instrument "+k.ID, "nothing is claimed or answered under it: accord agree history "+k.ID).Says("fault.no_clause")
}

// update runs f in a writing transaction for a person.
func (b *Book) update(ctx context.Context, person string, f func(tx *db.Tx) error) error {
	if strings.TrimSpace(person) == "" || len(person) > 100 {
		return fault.New(fault.Invalid, "evidence", "what is said needs the name of a person", "say who says it")
	}
	return b.db.Update(ctx, f)
}
