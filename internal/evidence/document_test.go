package evidence_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/evidence"
	"accord/internal/flow"
	"accord/internal/pulse"
	"accord/internal/who"
)

// letters is pair under a text that counts documents and answers, with a clock that is a day ahead for every step of ahead.
func letters(t *testing.T, f func(t *testing.T, days *int, east, west *city)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		days := new(int)
		clock := func() time.Time { return time.Now().AddDate(0, 0, *days) }
		east, west := newCity(t, dbtest.On(t, d, clock), "east"), newCity(t, dbtest.On(t, dbtest.Like(t, d), clock), "west")
		east.know(west)
		west.know(east)
		agree(t, []byte(strings.ReplaceAll(string(text("T1", "signed", twoParties)), `"drill"`, `"document", "answer"`)), east, west)
		f(t, days, east, west)
	})
}

// send sends a letter from one city to another; part is what leaves of it with the first bundle.
func (c *city) send(to, title string, change func(d *flow.Draft)) string {
	c.Helper()
	body := title + strings.Repeat(" and so on", 200)
	d := flow.Draft{To: to, Clause: "C1", Kind: exchange.Letter, Title: title, Language: "en", Standing: "official", Grade: agreement.Open, Unit: c.name + "/office",
		Name: "a.txt", File: strings.NewReader(body), Size: int64(len(body)), By: who.Person{ID: "Kim", Role: who.Releaser}}
	if change != nil {
		change(&d)
	}
	k, err := c.flow.SendDocument(ctx, d)
	if err != nil {
		c.Fatal(err)
	}
	return k.Document.Document
}

// move offers and carries, and looks into what came.
func (c *city) move(to *city) {
	c.Helper()
	if _, err := c.flow.Offer(ctx, false); err != nil {
		c.Fatal(err)
	}
	c.carry(to)
	to.carry(c)
	if _, err := to.flow.Settle(ctx); err != nil {
		c.Fatal(err)
	}
}

// event is what the pulse knows of an event; nil when nothing.
func (c *city) event(id string) (found *pulse.Event) {
	c.Helper()
	if err := c.db.View(ctx, func(tx *db.Tx) error {
		_, events, err := evidence.Pulse(ctx, tx, false, time.UTC, date.Of(tx.Now))
		if i := slices.IndexFunc(events, func(e pulse.Event) bool { return e.ID == id }); i >= 0 {
			found = &events[i]
		}
		return err
	}); err != nil {
		c.Fatal(err)
	}
	return found
}

// TestDocumentsAreEvidence: a document that was delivered whole is an event by its sender, what answers a question an answer,
// on both sides and with the same date; each can be judged, and its erasure does not undo that it was delivered.
func TestDocumentsAreEvidence(t *testing.T) {
	letters(t, func(t *testing.T, _ *int, east, west *city) {
		question := east.send("west", "A question", func(d *flow.Draft) { d.Kind, d.Due = exchange.Question, "2099-01-01" })
		if east.event("document-"+question) != nil {
			t.Fatal("it counts before it was delivered")
		}
		east.move(west)
		answer := west.send("east", "An answer", func(d *flow.Draft) { d.Kind, d.Answers = exchange.Answer, question })
		west.move(east)
		for _, c := range []*city{east, west} {
			q, a := c.event("document-"+question), c.event("document-"+answer)
			if q == nil || q.Kind != "document" || q.Instrument != "T1" || q.Clause != "C1" || !slices.Equal(q.By, []string{"east"}) || q.What.In("en") == "" || !q.Automatic {
				t.Fatalf("%s: %+v", c.name, q)
			}
			if a == nil || a.Kind != "answer" || !slices.Equal(a.By, []string{"west"}) || a.Word != pulse.Confirmed {
				t.Fatalf("%s: %+v", c.name, a)
			}
		}
		state(t, "C1", pulse.Alive, east, west)

		// A judgement on it stands here only, and is changed only by who says so.
		e := must(t)(west.book.Judge(ctx, deed("Wim", "document-"+answer, 0, "it says nothing"), evidence.DoesNot, "", "", false))
		if len(e.Clauses) != 1 || e.Clauses[0].Counts || e.Clauses[0].Person != "Wim" || e.Kind != "answer" || len(e.History) != 1 {
			t.Fatalf("%+v", e)
		}
		if _, err := west.book.Judge(ctx, deed("Ada", "document-"+answer, 0, "it does"), evidence.Counts, "", "", false); err == nil {
			t.Error("a judgement is changed without a word")
		}
		must(t)(west.book.Judge(ctx, deed("Ada", "document-"+question, 0, "no question"), evidence.DoesNot, "", "", false))
		if got := west.states(date.Day{})["C1"]; got != pulse.NoEvidence {
			t.Errorf("C1 is %s at west after both were judged", got)
		}
		state(t, "C1", pulse.Alive, east)
		linked := must(t)(east.book.Judge(ctx, deed("Eva", "document-"+answer, 0, "it is about that too"), evidence.Counts, "", "C2", false))
		if len(linked.Clauses) != 2 {
			t.Errorf("%+v", linked.Clauses)
		}

		// Erased, it still was delivered; what it said is gone.
		if _, _, err := east.flow.AskPurgeOfDocument(ctx, question, "a name"); err != nil {
			t.Fatal(err)
		}
		east.carry(west)
		west.carry(east)
		for _, c := range []*city{east, west} {
			if q := c.event("document-" + question); q == nil || q.Kind != "document" || strings.Contains(q.What.In("en"), "question") || q.What.In("ko") == "" {
				t.Errorf("%s: %+v", c.name, q)
			}
			if a := c.event("document-" + answer); a == nil || a.Kind != "answer" {
				t.Errorf("%s: %+v", c.name, a)
			}
		}
	})
}

// TestADocumentIsKnownWhenItIsWhole: until its last part is here, nobody here knew it.
func TestADocumentIsKnownWhenItIsWhole(t *testing.T) {
	letters(t, func(t *testing.T, days *int, east, west *city) {
		long := strings.Repeat("a long letter\n", 9<<20/14)
		id := east.send("west", "A long letter", func(d *flow.Draft) { d.File, d.Size = strings.NewReader(long), int64(len(long)) })
		east.move(west)
		if west.event("document-"+id) != nil {
			t.Fatal("it is whole at once, and the test tells nothing")
		}
		*days = 3
		first := date.Of(time.Now().UTC())
		for range 4 {
			east.move(west)
		}
		e := west.event("document-" + id)
		if e == nil {
			t.Fatal("it is not here")
		}
		if e.KnownAt != first.AddDays(3) || e.Start.First() != first {
			t.Errorf("known on %s, of %s; it began on %s", e.KnownAt, e.Start, first)
		}
		if got := west.states(first.AddDays(2))["C1"]; got != pulse.NoEvidence {
			t.Errorf("two days after it was announced C1 was %s", got)
		}
	})
}
