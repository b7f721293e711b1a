package link_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/link"
)

// saved is a backup of a city's link.
type saved struct {
	tables []db.Table
	rows   map[string][]any
}

// ofLink says whether a table belongs to the link, or to what the tests apply.
func ofLink(table string) bool {
	return slices.Contains([]string{"card", "log", "entry", "cosigned", "hash_chunk", "outbox", "paused", "counter", "applied"}, table)
}

// backup copies every row.
func (c *city) backup() (b saved) {
	c.t.Helper()
	b.rows = map[string][]any{}
	err := c.db.View(c.t.Context(), func(tx *db.Tx) (err error) {
		if b.tables, err = tx.Tables(c.t.Context()); err != nil {
			return err
		}
		for _, table := range b.tables {
			if err := tx.EachRow(c.t.Context(), table, func(row []any) error {
				b.rows[table.Name] = append(b.rows[table.Name], row...)
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

// restore puts a backup in the place of everything, and marks it as a restore does.
func (c *city) restore(b saved) {
	c.t.Helper()
	err := c.db.Update(c.t.Context(), func(tx *db.Tx) error {
		for _, table := range slices.Backward(b.tables) {
			if ofLink(table.Name) {
				if _, err := tx.Exec(c.t.Context(), "DELETE FROM "+table.Name); err != nil {
					return err
				}
			}
		}
		for _, table := range b.tables {
			rows, wide := b.rows[table.Name], len(table.Columns)
			for ; ofLink(table.Name) && len(rows) > 0; rows = rows[wide:] {
				if err := tx.Insert(c.t.Context(), table, rows[:wide]); err != nil {
					return err
				}
			}
		}
		return c.links.Restored(c.t.Context(), tx)
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *city) sizes(partner string) (size, delivered, waiting int64) {
	c.t.Helper()
	v, err := c.links.Overview(c.t.Context(), partner, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	return v[0].Size, v[0].Delivered, v[0].Waiting
}

// TestRestoredNodeWaitsAndGetsItsEntriesBack: a backup is older than what the partner holds. Nothing gets a position
// before the partner has given back what is missing, an old bundle of the partner changes nothing, and then both go on.
func TestRestoredNodeWaitsAndGetsItsEntriesBack(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		var again []string
		east.links.Reapply(func(_ context.Context, _ *db.Tx, came *link.Came) (*fault.Fault, error) {
			if came.From != "east" || came.Partner != "west" {
				t.Errorf("%+v", came)
			}
			again = append(again, string(came.Body))
			return nil, nil
		})
		east.say(west, "one", "two")
		west.read(east.write(west))
		old := west.write(east)
		east.read(old)
		east.say(west, "three") // in the backup it waits, later it has left
		backup := east.backup()
		west.say(east, "their one")
		east.read(west.write(east))
		east.say(west, "four", "five")
		west.read(east.write(west))
		east.read(west.write(east))

		east.restore(backup)
		east.say(west, "after")
		if size, _, waiting := east.sizes("west"); size != 2 || waiting != 2 {
			t.Fatalf("%d entries, %d wait", size, waiting)
		}
		asking := east.write(west)
		if size, _, waiting := east.sizes("west"); size != 2 || waiting != 2 {
			t.Errorf("while it waits %d have left and %d wait", size, waiting)
		}
		if r := east.read(old); !r.Waits { // it shows what west had before the backup was lost
			t.Error("an old bundle counts as the partner's word")
		}
		if due, err := east.links.Due(t.Context(), "west"); err != nil || !due {
			t.Errorf("a node that asks has no reason to send (%v)", err)
		}
		again = nil
		west.read(asking)
		r := east.read(west.write(east))
		if r.Returned != 3 || r.Waits || r.Applied != 1 || r.Delivered != 3 {
			t.Errorf("%+v", r)
		}
		if got := strings.Join(again[len(again)-3:], " "); got != "three four five" {
			t.Errorf("carried out again: %q", got)
		}
		if size, delivered, waiting := east.sizes("west"); size != 5 || delivered != 5 || waiting != 1 {
			t.Errorf("%d entries, %d delivered, %d wait", size, delivered, waiting)
		}
		west.read(east.write(west))
		east.read(west.write(east))
		if got := strings.Join(west.applied(), " "); got != "one two three four five after" {
			t.Errorf("west has %q", got)
		}
		west.read(east.write(west)) // that it begins where it does says that it has west's word
		for _, c := range [][2]*city{{east, west}, {west, east}} {
			c[0].clean()
			if due, err := c[0].links.Due(t.Context(), c[1].name); err != nil || due {
				t.Errorf("%s still has reason to send (%v)", c[0].name, err)
			}
		}
	})
}

// TestNothingNewerAtThePartner: its word alone ends the waiting, and the word must be one to this restore.
func TestNothingNewerAtThePartner(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.say(west, "one")
		west.read(east.write(west))
		east.read(west.write(east))
		east.restore(east.backup())
		west.read(east.write(west))
		answer := west.write(east)
		east.restore(east.backup()) // once more: the answer is to the restore before
		if r := east.read(answer); !r.Waits {
			t.Error("an answer to an earlier question counts")
		}
		west.read(east.write(west))
		if r := east.read(west.write(east)); r.Waits || r.Returned != 0 {
			t.Errorf("%+v", r)
		}
		east.say(west, "two")
		if r := west.read(east.write(west)); r.Applied != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// TestPartnerThatKnowsNothing: a restored node and a partner it never spoke with; the partner has to say so first.
func TestPartnerThatKnowsNothing(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.restore(east.backup())
		east.say(west, "one")
		west.read(east.write(west))
		if r := east.read(west.write(east)); r.Waits {
			t.Errorf("%+v", r)
		}
		if r := west.read(east.write(west)); r.Applied != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// TestPartnerThatShowsLessThanItGave: its answer with an old cosignature, or none, does not end the waiting: it cannot know that
// nothing newer exists. Where it has lost entries itself it is sent them, and then its word counts.
func TestPartnerThatShowsLessThanItGave(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		empty := west.backup()
		east.say(west, "one")
		west.read(east.write(west))
		old := open(t, east, west.write(east)).Cosigned
		east.say(west, "two", "three")
		west.read(east.write(west))
		east.read(west.write(east))
		east.restore(east.backup())
		east.say(west, "after")
		west.read(east.write(west))
		answer := west.write(east)
		for name, cosigned := range map[string][]byte{"old": old, "none": nil} {
			b := open(t, east, answer)
			if b.Answers == "" || len(b.Returned) > 0 {
				t.Fatalf("%+v", b)
			}
			b.Cosigned = cosigned
			if r := east.read(seal(t, b, east, west)); !r.Waits {
				t.Errorf("%s: %+v", name, r)
			}
		}
		if size, delivered, waiting := east.sizes("west"); size != 3 || delivered != 3 || waiting != 1 {
			t.Errorf("%d entries, %d delivered, %d wait", size, delivered, waiting)
		}

		west.restore(empty)
		for range 3 {
			east.read(west.write(east))
			west.read(east.write(west))
		}
		east.read(west.write(east))
		for _, c := range [][2]*city{{east, west}, {west, east}} {
			if waits, err := c[0].links.Waits(t.Context(), c[1].name); err != nil || waits {
				t.Errorf("%s waits still (%v)", c[0].name, err)
			}
			c[0].clean()
		}
		if got := strings.Join(west.applied(), " "); got != "one two three after" {
			t.Errorf("west has %q", got)
		}
	})
}

// TestRestoreThatNobodyMarked: a database put back by hand is noticed by what the partner holds.
func TestRestoreThatNobodyMarked(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		backup := east.backup()
		east.say(west, "one")
		west.read(east.write(west))
		east.read(west.write(east))
		east.restore(backup)
		if err := east.db.Update(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), `DELETE FROM restored`); return err }); err != nil {
			t.Fatal(err)
		}
		if r := east.read(west.write(east)); !r.Waits {
			t.Errorf("%+v", r)
		}
		west.read(east.write(west))
		if r := east.read(west.write(east)); r.Waits || r.Returned != 1 {
			t.Errorf("%+v", r)
		}
		east.clean()
	})
}

// TestMuchIsGivenBackInParts: more than one bundle holds; each part is proved against the checkpoint of the whole.
func TestMuchIsGivenBackInParts(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		backup := east.backup()
		large := strings.Repeat("x", exchange.MaxBody-100)
		for i := range 4 {
			east.say(west, fmt.Sprint(i, large), fmt.Sprint(i, "small"))
			for range 2 {
				west.read(east.write(west))
				east.read(west.write(east))
			}
		}
		east.restore(backup)
		var parts int
		for parts = 0; ; parts++ {
			west.read(east.write(west))
			if r := east.read(west.write(east)); !r.Waits {
				break
			}
		}
		if size, delivered, _ := east.sizes("west"); size != 8 || delivered != 8 || parts < 2 {
			t.Errorf("%d entries, %d delivered, in %d parts", size, delivered, parts+1)
		}
		east.clean()
	})
}

// TestWhatIsGivenBackMustBeOurs: entries this node never signed, another proof, or a range with a hole in front of it.
func TestWhatIsGivenBackMustBeOurs(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		backup := east.backup()
		east.say(west, "one", "two", "three")
		west.read(east.write(west))
		east.say(west, "control: a suspension")
		west.read(east.write(west))
		east.read(west.write(east))
		east.restore(backup)
		west.read(east.write(west))
		good := west.write(east)
		forge := func(change func(b *exchange.Bundle)) []byte {
			b := open(t, east, good)
			change(b)
			return seal(t, b, east, west)
		}
		east.refuse(forge(func(b *exchange.Bundle) {
			e, err := exchange.NewEntry(b.Returned[1].Header, []byte("not said"))
			if err != nil {
				t.Fatal(err)
			}
			b.Returned[1] = e
		}), "not those this node signed")
		east.refuse(forge(func(b *exchange.Bundle) { b.BackProof = tlog.TreeProof{{}} }), "not those this node signed")
		east.refuse(forge(func(b *exchange.Bundle) { b.Until, b.Returned = 2, b.Returned[:2] }), "not those this node signed")
		east.refuse(forge(func(b *exchange.Bundle) { b.Returned[3].Erased = true }), "without its body")
		if r := east.read(forge(func(b *exchange.Bundle) { b.Back, b.Returned = 1, b.Returned[1:] })); !r.Waits || r.Returned != 0 {
			t.Errorf("a hole: %+v", r)
		}
		east.clean()
	})
}

// TestRestoredByManyProcesses asks and answers from eight processes at once on both sides; nothing is twice.
func TestRestoredByManyProcesses(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		backup := east.backup()
		for i := range 20 {
			east.say(west, fmt.Sprint(i))
		}
		west.read(east.write(west))
		east.read(west.write(east))
		east.restore(backup)
		done := make(chan error)
		for range 8 {
			e, w := east.beside(), west.beside()
			go func() { done <- ask(t, e, w) }()
		}
		for range 8 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if size, delivered, waiting := east.sizes("west"); size != 20 || delivered != 20 || waiting != 0 {
			t.Errorf("%d entries, %d delivered, %d wait", size, delivered, waiting)
		}
		east.clean()
		west.clean()
	})
}

// ask asks until the partner's word has come.
func ask(t *testing.T, east, west *city) error {
	for {
		waits, err := east.links.Waits(t.Context(), west.name)
		if err != nil || !waits {
			return err
		}
		for _, c := range [][2]*city{{east, west}, {west, east}} {
			w, err := c[0].links.Write(t.Context(), c[1].name, link.Everything)
			if err != nil {
				return err
			}
			if _, err := c[1].links.Read(t.Context(), w.Sealed, link.ByHand); err != nil {
				return err
			}
		}
	}
}
