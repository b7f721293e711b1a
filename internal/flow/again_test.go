package flow_test

import (
	"strings"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/instrument"
)

// TestRestoredCityDoesAgainWhatItHadDone: a city whose database is from before its last records and its suspension gets both
// back from its partner. The suspension holds again at once, and nothing leaves twice.
func TestRestoredCityDoesAgainWhatItHadDone(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		file := sign(t, text("T1", terms()), east, west)
		west.keep(file)
		restored := &city{TB: t, name: east.name, db: dbtest.Like(t, east.db), self: east.self, identity: east.identity, card: east.card}
		restored.flow, restored.links = restored.another()
		for _, c := range []*city{restored, east} { // what the backup holds, too
			c.know(east)
			c.know(west)
			c.put(hole("a", 1, "first"), hole("b", 2, "first"))
		}
		restored.update(func(tx *db.Tx) error { return restored.links.Restored(t.Context(), tx) })

		east.keep(file)
		east.update(func(tx *db.Tx) error {
			k, err := instrument.Get(t.Context(), tx, "T1")
			if err != nil {
				return err
			}
			return east.flow.Sign(t.Context(), tx, k)
		})
		east.offer(2)
		east.carry(west)
		west.carry(east)
		if err := east.flow.Suspend(t.Context(), "T1", "a flood"); err != nil {
			t.Fatal(err)
		}
		east.carry(west)

		restored.offer(0) // it waits
		restored.carry(west)
		if r := west.carry(restored); r.Returned != 3 || r.Waits || r.Aside != 0 {
			t.Fatalf("%+v", r)
		}
		suspended := restored.bodies(`SELECT why FROM suspension WHERE party = 'east' AND until IS NULL`)
		equal(t, "suspended", suspended, "a flood")
		equal(t, "set aside", restored.bodies(`SELECT aside FROM entry WHERE aside <> ''`))
		restored.put(hole("c", 3, "new"))
		restored.offer(0)
		if _, err := restored.flow.Resume(t.Context(), "T1", ""); err != nil {
			t.Fatal(err)
		}
		restored.offer(1) // a and b have left before
		restored.carry(west)
		if got := west.from("east"); len(got) != 3 || !strings.Contains(got[2], `"key":"c"`) {
			t.Errorf("%q", got)
		}
		equal(t, "set aside at west", west.bodies(`SELECT aside FROM entry WHERE aside <> ''`))
	})
}

// TestRestoredCityGetsDocumentsAndObservationsBack: a city loses letters it had sent and received, word of openings on both
// sides, an answer, and observations, and its backup knows of none. All of it comes back from the partner in two bundles,
// whatever order its parts come in; nothing is set aside, and what has left before does not leave as something else.
func TestRestoredCityGetsDocumentsAndObservationsBack(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		file := sign(t, text("T1", terms(), airTerms()), east, west)
		east.keep(file)
		west.keep(file)
		restored := &city{TB: t, name: east.name, db: dbtest.Like(t, east.db), self: east.self, identity: east.identity, card: east.card}
		restored.flow, restored.links = restored.another()
		restored.know(east)
		restored.know(west)
		restored.keep(file)
		restored.measure(hours("a", "pm25", 0, 1, 2)) // the backup holds them, and not that they have left
		restored.update(func(tx *db.Tx) error { return restored.links.Restored(t.Context(), tx) })

		east.measure(hours("a", "pm25", 0, 1, 2))
		east.offer(2)
		question := draft("which street?")
		question.Kind, question.Due = exchange.Question, time.Now().AddDate(0, 0, 7).Format(time.DateOnly)
		sent := []string{east.send(draft(long(2 << 20))), east.send(question)}
		east.exchange(west)
		letter, answer := draft("a letter to east"), draft("that one")
		letter.To, letter.Unit = "east", "west/office"
		answer.To, answer.Unit, answer.Kind, answer.Answers = "east", "west/office", exchange.Answer, sent[1]
		opens := func(c *city, ids []string) []string {
			for _, id := range ids {
				if _, err := c.read(id); err != nil {
					t.Fatal(err)
				}
			}
			return ids
		}
		opens(west, sent)
		got := []string{west.send(letter), west.send(answer)}
		west.exchange(east)
		opens(east, got)
		for range 2 {
			east.exchange(west)
			west.exchange(east)
		}
		values := west.values("east")

		restored.offer(0) // it waits
		restored.carry(west)
		if r := west.carry(restored); r.Returned == 0 || r.Waits || r.Aside != 0 {
			t.Fatalf("%+v", r)
		}
		for range 2 {
			restored.exchange(west)
			west.exchange(restored)
		}
		equal(t, "set aside here", restored.bodies(`SELECT aside FROM entry WHERE aside <> ''`))
		equal(t, "set aside at west", west.bodies(`SELECT aside FROM entry WHERE aside <> ''`))
		for _, id := range sent {
			if l := restored.line(id); l.State != east.line(id).State || len(l.Opened) != 1 || l.Opened[0].Unit != "west/archive" {
				t.Errorf("%+v", l)
			}
		}
		for _, id := range got {
			if l := restored.line(id); l.State != east.line(id).State || len(l.Opened) != 1 || l.Opened[0].Unit != "east/archive" {
				t.Errorf("%+v", l)
			}
		}
		if text, err := restored.read(got[0]); err != nil || text != "a letter to east" {
			t.Errorf("%q, %v", text, err)
		}
		if n := len(west.line(got[0]).Opened); n != 1 {
			t.Errorf("%d openings are known at west", n)
		}
		equal(t, "values at west", west.values("east"), values...)
		verified(t, restored)
		verified(t, west)
	})
}
