package flow_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/flow"
	"accord/internal/link"
)

// holding are the places in which a city's database keeps a text: table and column of everything that belongs to documents.
func (c *city) holding(secret string) (out []string) {
	c.Helper()
	for table, columns := range map[string][]string{"document": {"head", "why"}, "document_part": {"body"}, "entry": {"subject", "body"}, "outbox": {"subject", "body"},
		"unsent": {"subject"}, "release": {"body"}} {
		for _, column := range columns {
			for _, text := range c.bodies(`SELECT ` + column + ` FROM ` + table + ` WHERE ` + column + ` IS NOT NULL`) {
				if strings.Contains(text, secret) {
					out = append(out, table+"."+column)
				}
			}
		}
	}
	return out
}

// askDocument asks for the erasure of a document and carries it out on both sides.
func (c *city) askDocument(other *city, id string) {
	c.Helper()
	if _, _, err := c.flow.AskPurgeOfDocument(context.Background(), id, "a name stood in it"); err != nil {
		c.Fatal(err)
	}
	if r := c.carry(other); r.Aside != 0 {
		c.Fatalf("%+v", r)
	}
	if r := other.carry(c); r.Aside != 0 || r.Applied == 0 {
		c.Fatalf("%+v", r)
	}
}

// toEast is a letter of west to east.
func toEast(text string) flow.Draft {
	d := draft(text)
	d.To, d.Unit = "east", "west/office"
	return d
}

// sayPurged has a city confirm an erasure, whether or not there was one.
func (c *city) sayPurged(other *city, p *exchange.Purge) {
	c.Helper()
	body, err := p.Encode()
	if err != nil {
		c.Fatal(err)
	}
	c.say(other, link.Waiting{Kind: exchange.KindPurged, Instrument: "T1", Clause: "C1", Body: body})
}

// TestPurgeOfADocument: its words and bytes are gone on both sides, what it was and that it was delivered stay, and both say
// under which entry it is erased.
func TestPurgeOfADocument(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, []byte(supervised()))
		secret := "Kim Cheolsu"
		d := draft("about " + secret + ": " + long(2<<20))
		d.Title, d.Name, d.Grade = "Letter about "+secret, secret+".txt", ""
		d.Abstract = []exchange.Abstract{{Lang: "en", Standing: "working", Text: secret}}
		id := east.send(d)
		all, err := east.flow.Releases(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		for _, person := range []string{"Kim", "Park"} {
			by := writer
			by.ID = person
			if _, err := east.flow.Approve(t.Context(), all[0].ID, by); err != nil {
				t.Fatal(err)
			}
		}
		east.exchange(west)
		of := toEast("Another") // what west sends stays in a queue of its own, and as it is
		of.Grade = ""
		other := west.send(of)
		if _, err := west.read(id); err != nil {
			t.Fatal(err)
		}
		west.exchange(east)
		if len(east.holding(secret)) == 0 || len(west.holding(secret)) == 0 {
			t.Fatal("the test looks for nothing")
		}
		before := west.line(id)
		east.askDocument(west, id)
		for _, c := range []*city{east, west} {
			equal(t, c.name+" keeps", c.holding(secret))
			equal(t, c.name+" keeps", c.holding("line 7 of a long letter"))
			c.state(id, "erased")
			l := c.line(id)
			if l.Title != "" || l.Name != "" || len(l.Abstract) != 0 || l.Hash != before.Hash || l.Size != before.Size || l.Clause != "C1" || l.Parts != before.Parts {
				t.Errorf("%+v", l)
			}
			if !strings.HasPrefix(l.Erased, "erased under entry ") || !strings.HasSuffix(l.Erased, " of west") {
				t.Errorf("%q", l.Erased)
			}
			if len(l.Opened) != 1 {
				t.Errorf("%+v", l.Opened)
			}
			_, err := c.read(id)
			refused(t, err, fault.Refused, "it is erased, at the request of east")
			verified(t, c)
			if got := c.clean(); !strings.Contains(got, "erased under entry") {
				t.Errorf("%q", got)
			}
		}
		if _, _, err := east.flow.Show(t.Context(), all[0].ID); err != nil { // who approved what, by its hashes
			t.Error(err)
		}
		if got, err := west.read(other); err != nil || got != "Another" {
			t.Error(got, err)
		}
		_, _, err = east.flow.AskPurgeOfDocument(t.Context(), id, "again")
		refused(t, err, fault.Conflict, "erased already")
		_, _, err = west.flow.AskPurgeOfDocument(t.Context(), id, "not ours")
		refused(t, err, fault.Refused, "it is east's")
		_, _, err = west.flow.AskPurgeOfDocument(t.Context(), other, "it waits")
		refused(t, err, fault.Conflict, "nothing of it has left")
	})
}

// TestPurgeNamesAWholeDocument: a part of one is not asked for alone, a claim or word of an opening not at all, and the time
// for which data may be kept is none of a document's.
func TestPurgeNamesAWholeDocument(t *testing.T) {
	clocked(t, func(t *testing.T, c *clock, east, west *city) {
		agree(t, east, west, kept("T1", "P30D"))
		id := east.send(draft(long(2 << 20)))
		east.exchange(west)
		ask := func(spans ...exchange.Span) error {
			return east.flow.AskPurge(t.Context(), "west", "T1", spans, "why")
		}
		refused(t, ask(exchange.Span{1, 2}), fault.Refused, "belongs to document "+id+" too")
		refused(t, ask(exchange.Span{0, 1}), fault.Refused, "belongs to document "+id+" too")
		c.to(date.Of(c.now().UTC()).AddDays(100).Time())
		west.purge(0)
		p := exchange.Purge{Log: exchange.Origin("east", "west"), Entries: []exchange.Span{{0, 1}}, Basis: exchange.BasisRetention}
		west.sayPurged(east, &p)
		if r := west.carry(east); r.Aside != 1 {
			t.Errorf("%+v", r)
		}
		west.state(id, "received")
		east.state(id, "delivered")
		if err := ask(exchange.Span{0, 3}); err != nil {
			t.Fatal(err)
		}
		east.carry(west)
		west.state(id, "erased")
		if got := west.clean(); !strings.Contains(got, "erased under") {
			t.Error(got)
		}
	})
}

// TestPurgeOfHalfADocument: what has not left when its erasure is asked for does not leave any more.
func TestPurgeOfHalfADocument(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		id := east.send(draft(long(9 << 20)))
		if _, err := east.flow.Offer(t.Context(), false); err != nil { // announced and a few parts; then more of them wait
			t.Fatal(err)
		}
		east.carry(west)
		west.carry(east)
		east.state(id, "leaving")
		left := len(east.bodies(`SELECT id FROM entry WHERE kind = 'part'`))
		if _, err := east.flow.Offer(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if _, _, err := east.flow.AskPurgeOfDocument(t.Context(), id, "a mistake"); err != nil {
			t.Fatal(err)
		}
		east.exchange(west)
		if after := len(east.bodies(`SELECT id FROM entry WHERE kind = 'part'`)); after != left || left == 0 || left >= 9 {
			t.Errorf("%d parts had left, then %d", left, after)
		}
		for _, c := range []*city{east, west} {
			c.state(id, "erased")
			equal(t, c.name+" keeps", c.holding("of a long letter"))
			verified(t, c)
			c.clean()
			if c.line(id).Why == "" {
				t.Error("it does not say that it was not whole")
			}
		}
	})
}

// TestSharedPartsOutliveAPurge: two documents with the same bytes; the erasure of either leaves the other whole, whichever
// entry was taken for which.
func TestSharedPartsOutliveAPurge(t *testing.T) {
	for first := range 2 {
		t.Run(fmt.Sprint(first), func(t *testing.T) {
			pair(t, func(t *testing.T, east, west *city) {
				agree(t, east, west, text("T1", terms()))
				ids := []string{east.send(draft("the same")), east.send(draft("the same"))}
				east.exchange(west)
				west.update(func(tx *db.Tx) error { // as if they had been applied in another order
					for _, id := range ids {
						if _, err := tx.Exec(t.Context(), `UPDATE document_part SET entry = 'x' || entry WHERE document = $1`, id); err != nil {
							return err
						}
					}
					_, err := tx.Exec(t.Context(), `UPDATE document_part SET entry = (SELECT SUBSTR(o.entry, 2) FROM document_part o WHERE o.document = $1) WHERE document = $2`, ids[0], ids[1])
					if err == nil {
						_, err = tx.Exec(t.Context(), `UPDATE document_part SET entry = (SELECT e.id FROM entry e WHERE e.kind = 'part' AND e.id <> (SELECT o.entry FROM document_part o WHERE o.document = $1)) WHERE document = $2`, ids[1], ids[0])
					}
					return err
				})
				verified(t, west)
				east.askDocument(west, ids[first])
				west.state(ids[first], "erased")
				for _, c := range []*city{east, west} {
					if got, err := c.read(ids[1-first]); err != nil || got != "the same" {
						t.Error(c.name, got, err)
					}
					verified(t, c)
				}
			})
		})
	}
}

// TestAnswersAndOpeningsOutliveAPurge: what was said of a document before its erasure was read is still taken.
func TestAnswersAndOpeningsOutliveAPurge(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		q := draft("What is to be done?")
		q.Kind, q.Due = exchange.Question, "2099-01-01"
		id := east.send(q)
		east.exchange(west)
		if _, err := west.read(id); err != nil { // west's word of it waits
			t.Fatal(err)
		}
		a := toEast("Nothing")
		a.Kind, a.Answers = exchange.Answer, id
		answer := west.send(a)
		if _, err := west.flow.Offer(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if _, _, err := east.flow.AskPurgeOfDocument(t.Context(), id, "why"); err != nil {
			t.Fatal(err)
		}
		east.carry(west)
		west.exchange(east)
		equal(t, "set aside", append(east.asides(), west.asides()...))
		east.state(id, "erased")
		l := east.line(id)
		if len(l.Opened) != 1 || len(l.AnsweredBy) != 1 || l.AnsweredBy[0] != answer {
			t.Errorf("%+v", l)
		}
		if got, err := east.read(answer); err != nil || got != "Nothing" {
			t.Error(got, err)
		}
	})
}

// TestPurgesAtOnce: several persons ask for the same document while it is opened and others are sent; it is erased once and the
// rest is whole.
func TestPurgesAtOnce(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		var ids []string
		for i := range 6 {
			ids = append(ids, east.send(draft(fmt.Sprint("letter ", i))))
		}
		east.exchange(west)
		beside, _ := east.another()
		var wg sync.WaitGroup
		for i := range 12 {
			f := east.flow
			if i%2 == 1 {
				f = beside
			}
			wg.Go(func() {
				if _, _, err := f.AskPurgeOfDocument(context.Background(), ids[i%3], "why"); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if _, err := f.SendDocument(context.Background(), draft(fmt.Sprint("more ", i))); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() { west.read(ids[i%6]) })
		}
		wg.Wait()
		east.exchange(west)
		west.exchange(east)
		equal(t, "set aside", append(east.asides(), west.asides()...))
		for i, id := range ids {
			for _, c := range []*city{east, west} {
				if got, err := c.read(id); i < 3 {
					refused(t, err, fault.Refused, "erased")
				} else if err != nil || got != fmt.Sprint("letter ", i) {
					t.Error(got, err)
				}
			}
		}
		verified(t, east)
		verified(t, west)
	})
}

// TestOpenedAfterTheEnd: word that a document was opened which came before the end of its text leaves after it, and is taken;
// under a suspension it waits.
func TestOpenedAfterTheEnd(t *testing.T) {
	clocked(t, func(t *testing.T, c *clock, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		one, two := east.send(draft("one")), east.send(draft("two"))
		east.exchange(west)
		if err := west.flow.Suspend(t.Context(), "T1", ""); err != nil {
			t.Fatal(err)
		}
		if _, err := west.read(one); err != nil {
			t.Fatal(err)
		}
		west.exchange(east)
		if l := east.line(one); len(l.Opened) != 0 {
			t.Errorf("%+v", l.Opened)
		}
		if _, err := west.flow.Resume(t.Context(), "T1", ""); err != nil {
			t.Fatal(err)
		}
		if _, err := east.flow.End(t.Context(), "T1", "", date.Day{}, "over"); err != nil {
			t.Fatal(err)
		}
		c.to(c.now().AddDate(0, 0, 2))
		east.carry(west)
		if _, err := west.flow.TakeBack(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := west.read(two); err != nil {
			t.Fatal(err)
		}
		west.exchange(east)
		equal(t, "set aside", append(east.asides(), west.asides()...))
		for _, id := range []string{one, two} {
			if l := east.line(id); len(l.Opened) != 1 {
				t.Errorf("%+v", l.Opened)
			}
		}
		_, err := west.flow.SendDocument(t.Context(), toEast("late"))
		refused(t, err, fault.Refused, "")
	})
}
