package flow_test

import (
	"strings"
	"testing"

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
