package evidence_test

import (
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/evidence"
	"accord/internal/fault"
	"accord/internal/pulse"
)

// TestJudgement: a city's own people say whether an event counts and for which clauses. It changes nothing at the partner,
// and nothing of it leaves.
func TestJudgement(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		id := east.claim(told("one", "C1", "east", "west"))
		settle(east, west)
		must(t)(west.book.Say(ctx, deed("Wim", id, 1, ""), exchange.WordConfirmed, false))
		settle(east, west)
		state(t, "C1", pulse.Alive, east, west)

		e := must(t)(east.book.Judge(ctx, deed("Ana", id, 0, "it was no drill"), evidence.DoesNot, "", "", false))
		if len(e.Clauses) != 1 || e.Clauses[0].Counts || e.Clauses[0].Person != "Ana" || e.Clauses[0].Why != pulse.WhyJudgedNot {
			t.Fatalf("%+v", e.Clauses)
		}
		state(t, "C1", pulse.NoEvidence, east)
		state(t, "C1", pulse.Alive, west)
		_, err := east.book.Judge(ctx, deed("Bea", id, 0, "it was"), evidence.Counts, "", "", false)
		kind(t, err, fault.Conflict)
		must(t)(east.book.Judge(ctx, deed("Bea", id, 0, "it was"), evidence.Counts, "", "", true))
		state(t, "C1", pulse.Alive, east)

		e = must(t)(east.book.Judge(ctx, deed("Ana", id, 0, "it was also that"), evidence.Counts, "T1", "C2", false))
		if len(e.Clauses) != 2 || !e.Clauses[1].Counts || e.Clauses[1].Clause != "C2" {
			t.Fatalf("%+v", e.Clauses)
		}
		state(t, "C2", pulse.Alive, east)
		state(t, "C2", pulse.NoEvidence, west)
		must(t)(east.book.Judge(ctx, deed("Ana", id, 0, "after all not"), evidence.TakenBack, "T1", "C2", false))
		state(t, "C2", pulse.NoEvidence, east)
		_, err = east.book.Judge(ctx, deed("Ana", id, 0, "again"), evidence.TakenBack, "T1", "C2", false)
		kind(t, err, fault.Conflict)

		if r := east.carry(west); r.Applied != 0 || r.Aside != 0 {
			t.Errorf("a judgement left: %+v", r)
		}
		if h := east.show(id).History; len(h) != 6 || h[2].Person != "Ana" || h[2].Why != "it was no drill" || h[5].What != evidence.TakenBack {
			t.Errorf("%+v", h)
		}
		if h := west.show(id).History; len(h) != 2 {
			t.Errorf("%+v", h)
		}
	})
}

// TestTimeLine: an event under no clause stays home and counts for nothing, until a person links it to a clause.
func TestTimeLine(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		what := told("alone", "")
		_, err := east.book.Claim(ctx, by("Ana"), what)
		kind(t, err, fault.Invalid) // no clause, so no level either
		what.Level = "working"
		id := east.claim(what)
		if r := east.carry(west); r.Applied+r.Aside != 0 {
			t.Fatalf("it left: %+v", r)
		}
		state(t, "C1", pulse.NoEvidence, east)
		events := east.events()
		if len(events) != 1 || events[0].ID != id || events[0].Clause != "" || events[0].What[0].Text != "A drill" {
			t.Fatalf("%+v", events)
		}
		_, err = east.book.Judge(ctx, deed("Ana", id, 0, "x"), evidence.Counts, "", "", false)
		kind(t, err, fault.Invalid)
		must(t)(east.book.Judge(ctx, deed("Ana", id, 0, "it is one of these"), evidence.Counts, "", "C1", false))
		state(t, "C1", pulse.OneSided, east)
		must(t)(east.book.Withdraw(ctx, deed("Ana", id, 1, "not here")))
		state(t, "C1", pulse.NoEvidence, east)
	})
}

func (c *city) events() (out []pulse.Event) {
	c.Helper()
	if err := c.db.View(ctx, func(tx *db.Tx) (err error) {
		_, out, err = evidence.Pulse(ctx, tx, false, time.UTC, date.Of(tx.Now))
		return err
	}); err != nil {
		c.Fatal(err)
	}
	return out
}

// TestThreeCities: a claim goes to every party, so do the words on it. All must confirm, one can dispute; what comes before
// its claim waits for it.
func TestThreeCities(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		east, north, west := newCity(t, d, "east"), newCity(t, dbtest.Like(t, d), "north"), newCity(t, dbtest.Like(t, d), "west")
		east.know(north, west)
		north.know(east, west)
		west.know(east, north)
		agree(t, text("T1", "signed", `"east", "north", "west"`), east, north, west)
		id := east.claim(told("one", "C1", "east", "north", "west"))
		east.carry(west)
		must(t)(west.book.Say(ctx, deed("Wim", id, 1, ""), exchange.WordConfirmed, false))
		if r := west.carry(north); r.Applied != 1 { // north has not heard of it yet
			t.Fatalf("%+v", r)
		}
		_, err := north.book.Show(ctx, id)
		kind(t, err, fault.NotFound)
		settle(east, north, west)
		state(t, "C1", pulse.OneSided, east, north, west)
		must(t)(north.book.Say(ctx, deed("Nia", id, 1, ""), exchange.WordConfirmed, false))
		settle(east, north, west)
		state(t, "C1", pulse.Alive, east, north, west)
		must(t)(west.book.Say(ctx, deed("Wim", id, 1, "we were ill"), exchange.WordDisputed, true))
		settle(east, north, west)
		state(t, "C1", pulse.Disputed, east, north, west)
	})
}

// TestRestored: a node that came out of a backup gets back what it has said, and says nothing before.
func TestRestored(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		id := east.claim(told("one", "C1", "east", "west"))
		settle(east, west)
		must(t)(west.book.Say(ctx, deed("Wim", id, 1, ""), exchange.WordConfirmed, false))
		again := told("", "", "east", "west")
		again.What[0].Text = "Another drill"
		must(t)(east.book.Correct(ctx, deed("Ana", id, 1, "the name"), again))
		settle(east, west)

		lost := newCityLike(t, east)
		lost.know(west)
		copyInstruments(t, east, lost)
		if err := lost.db.Update(ctx, func(tx *db.Tx) error { return lost.links.Restored(ctx, tx) }); err != nil {
			t.Fatal(err)
		}
		_, err := lost.book.Claim(ctx, by("Ana"), told("two", "C1"))
		kind(t, err, fault.Unavailable)
		for range 2 {
			lost.carry(west)
			west.carry(lost)
		}
		if e := lost.show(id); e.Version != 2 || len(e.History) != 3 || e.Standing != evidence.Unanswered {
			t.Fatalf("%+v", e)
		}
		lost.claim(told("two", "C1"))
	})
}
