package flow_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/fault"
	"accord/internal/instrument"
	"accord/record"
)

func (c *city) current(origin string) []string {
	return c.bodies(`SELECT key FROM record WHERE origin = $1 AND successor IS NULL AND gone = 0 ORDER BY key`, origin)
}

func (c *city) withdrawals() []string {
	return c.bodies(`SELECT body FROM entry WHERE kind = 'withdrawal' UNION ALL SELECT body FROM outbox WHERE kind = 'withdrawal'`)
}

// TestWithdrawal: what is deleted, or changed so that the clause lets it out no longer, is withdrawn; and comes back when it
// is let out again.
func TestWithdrawal(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		later := terms()
		later.Since = date.NewDay(2018, 1, 1)
		agree(t, east, west, text("T1", later))
		east.put(hole("a", 1, ""), hole("b", 1, ""), hole("c", 1, ""))
		east.offer(3)
		east.carry(west)
		if err := east.flow.Delete(t.Context(), "safety/subsidence", "a", "twice"); err != nil {
			t.Fatal(err)
		}
		if err := east.flow.Delete(t.Context(), "safety/subsidence", "a", "twice"); fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
		old := hole("b", 1, "")
		old.When, _ = record.ParseTime("2017-03-01")
		east.put(old)
		east.offer(0)
		if r := east.carry(west); r.Applied != 1 || r.Aside != 0 {
			t.Fatalf("%+v", r)
		}
		equal(t, "withdrawn", west.withdrawals(), `{"dataset":"safety/subsidence","version":1,"keys":["a","b"]}`)
		equal(t, "at the partner", west.current("east"), "c")
		east.offer(0)
		equal(t, "outbox", east.bodies(`SELECT body FROM outbox`))
		east.put(hole("a", 1, ""), hole("b", 1, ""))
		east.offer(2)
		east.carry(west)
		equal(t, "at the partner", west.current("east"), "a", "b", "c")
		east.clean()
		west.clean()
	})
}

// TestWhatHasNotLeftIsNotWithdrawn: it is taken out of the outbox, alone; the partner never hears of it.
func TestWhatHasNotLeftIsNotWithdrawn(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		east.put(hole("a", 1, ""), hole("b", 1, ""))
		east.offer(2)
		if err := east.flow.Delete(t.Context(), "safety/subsidence", "a", "twice"); err != nil {
			t.Fatal(err)
		}
		if _, err := east.flow.Offer(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		east.carry(west)
		equal(t, "withdrawn", east.withdrawals())
		equal(t, "at the partner", west.current("east"), "b")
		equal(t, "not sent", east.bodies(`SELECT why FROM unsent`), "a record in it may not leave any more")
	})
}

// TestAnotherClauseStillLetsItOut: withdrawn under one, it is offered once more under the other.
func TestAnotherClauseStillLetsItOut(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		later := terms()
		later.Since = date.NewDay(2018, 1, 1)
		agree(t, east, west, text("T1", later))
		agree(t, east, west, text("T2", terms()))
		east.put(hole("a", 1, ""))
		east.offer(2)
		east.carry(west)
		old := hole("a", 1, "")
		old.When, _ = record.ParseTime("2017-03-01")
		east.put(old)
		if _, err := east.flow.Offer(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		east.carry(west)
		equal(t, "at the partner", west.current("east"), "a")
	})
}

// TestWithdrawnWhileSetAside: an entry that is applied after the withdrawal of its record does not bring it back.
func TestWithdrawnWhileSetAside(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		file := sign(t, text("T1", terms()), east, west)
		east.keep(file)
		east.put(hole("a", 1, ""), hole("b", 1, ""))
		east.offer(2)
		east.carry(west)
		if err := east.flow.Delete(t.Context(), "safety/subsidence", "a", ""); err != nil {
			t.Fatal(err)
		}
		east.offer(0)
		if r := east.carry(west); r.Aside != 1 {
			t.Fatalf("%+v", r)
		}
		west.keep(file)
		west.update(func(tx *db.Tx) error {
			// The withdrawal first, as if only its reason had been mended.
			_, err := tx.Exec(t.Context(), `UPDATE entry SET instrument = 'T9' WHERE kind = 'records'`)
			if err == nil {
				_, _, err = west.links.Retry(t.Context(), tx, "T1")
			}
			if err == nil {
				_, err = tx.Exec(t.Context(), `UPDATE entry SET instrument = 'T1' WHERE kind = 'records'`)
			}
			if err == nil {
				_, _, err = west.links.Retry(t.Context(), tx, "T1")
			}
			return err
		})
		equal(t, "at the partner", west.current("east"), "b")
		equal(t, "set aside", west.asides())
	})
}

// TestDeleteByManyProcesses: of many who delete and change records at once each finds what the others did, and the partner
// ends with what is here.
func TestDeleteByManyProcesses(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		const n = 12
		for i := range n {
			east.put(hole(fmt.Sprintf("k%02d", i), 1, ""))
		}
		east.offer(n)
		east.carry(west)
		var wg sync.WaitGroup
		var mu sync.Mutex
		deleted := map[string]int{}
		for p := range 4 {
			other := *east
			other.db = dbtest.Beside(t, east.db)
			other.flow, other.links = other.another()
			wg.Go(func() {
				for i := range n {
					key := fmt.Sprintf("k%02d", i)
					if i%3 == 0 {
						other.put(hole(key, float64(2+p), ""))
					} else if err := other.flow.Delete(t.Context(), "safety/subsidence", key, "x"); err == nil {
						mu.Lock()
						deleted[key]++
						mu.Unlock()
					} else if fault.KindOf(err) != fault.NotFound {
						t.Error(err)
					}
					if _, err := other.flow.Offer(t.Context(), false); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for key, times := range deleted {
			if times != 1 {
				t.Errorf("%s was deleted %d times", key, times)
			}
		}
		east.carry(west)
		equal(t, "at the partner", west.current("east"), east.current("east")...)
		equal(t, "set aside", west.asides())
		for _, body := range east.withdrawals() {
			if _, err := exchange.ParseWithdrawal([]byte(body)); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestEndsAtOnce: once a text has ended, nothing under it leaves, what waited is back and is offered again after a renewal.
func TestEndsAtOnce(t *testing.T) {
	clocked(t, func(t *testing.T, c *clock, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		agree(t, east, west, text("T2", terms()))
		east.put(hole("a", 1, ""))
		east.offer(2)
		second := c.now().Truncate(time.Second)
		c.to(second)
		if _, err := east.flow.End(t.Context(), "T1", "", date.Day{}, "over"); err != nil {
			t.Fatal(err)
		}
		equal(t, "not sent", east.bodies(`SELECT instrument FROM unsent`), "T1")
		east.carry(west)
		equal(t, "left", east.bodies(`SELECT instrument FROM entry WHERE kind = 'records'`), "T2")
		east.put(hole("b", 1, ""))
		east.offer(1)
		until := date.Of(c.now()).AddDays(400)
		c.to(second.Add(time.Second)) // what follows is in the second at whose beginning the end took effect
		for _, city := range []*city{east, west} {
			if _, err := city.flow.Renew(t.Context(), "T1", "", until, ""); err != nil {
				t.Fatal(err)
			}
		}
		east.carry(west)
		west.carry(east)
		east.offer(2) // a, which was taken back, and b
		east.carry(west)
		equal(t, "set aside", append(east.asides(), west.asides()...))
		// The day comes by itself: no position even for what waits already, and the outbox is emptied with the next look.
		east.put(hole("c", 1, ""))
		east.offer(2)
		c.to(until.AddDays(1).Time())
		before := len(east.bodies(`SELECT id FROM entry WHERE instrument = 'T1' AND kind = 'records'`))
		if _, err := east.links.Write(t.Context(), "west", 0); err != nil {
			t.Fatal(err)
		}
		if after := len(east.bodies(`SELECT id FROM entry WHERE instrument = 'T1' AND kind = 'records'`)); after != before {
			t.Error("something got a position after the end")
		}
		if n, err := east.flow.TakeBack(t.Context()); err != nil || n != 1 {
			t.Error(n, err)
		}
		var m *instrument.Moment
		if err := east.db.View(t.Context(), func(tx *db.Tx) (err error) {
			m, err = instrument.At(t.Context(), tx, "east", "T1", c.now())
			return err
		}); err != nil || m.State != instrument.Ended || len(m.Proof) != 3 {
			t.Errorf("%+v, %v", m, err)
		}
	})
}
