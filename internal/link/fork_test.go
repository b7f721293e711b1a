package link_test

import (
	"strings"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/link"
)

func (c *city) contradictions() []link.Contradiction {
	c.t.Helper()
	list, err := c.links.Status(c.t.Context())
	if err != nil || len(list) != 1 {
		c.t.Fatalf("%v %v", list, err)
	}
	return list[0].Contradictions
}

// TestTwoHistoriesAreProved: a partner signs another history than before. What it signed is kept, both times; entries that
// somebody else puts beside a good checkpoint prove nothing against it.
func TestTwoHistoriesAreProved(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.say(west, "one", "two")
		honest := east.write(west)
		west.read(honest)
		tampered := open(t, west, honest)
		other, err := exchange.NewEntry(tampered.Entries[0].Header, []byte("another"))
		if err != nil {
			t.Fatal(err)
		}
		entries := []exchange.Entry{other, tampered.Entries[1]}
		tampered.Entries = entries
		west.refuse(seal(t, tampered, west), "entry 0 is not the one")
		if got := west.contradictions(); len(got) != 0 {
			t.Errorf("a carrier's change counts against the city: %+v", got)
		}

		same := open(t, west, honest) // as many entries, another root
		same.Entries, same.Checkpoint = entries, sign(t, east, 2, rootOf(entries))
		for range 2 {
			west.refuse(seal(t, same, west), "entry 0 is not the one")
		}
		longer := open(t, west, honest) // more entries over another first one
		third, err := exchange.NewEntry(exchange.Header{ID: exchange.NewID(), Kind: exchange.KindRecords, Instrument: "demo", Time: time.Now().UTC().Truncate(time.Second)}, []byte("three"))
		if err != nil {
			t.Fatal(err)
		}
		longer.End, longer.Entries = 3, append(entries, third)
		longer.Checkpoint = sign(t, east, 3, rootOf(longer.Entries))
		west.refuse(seal(t, longer, west), "entry 0 is not the one")
		got := west.contradictions()
		if len(got) != 2 || got[0].Signed != string(same.Checkpoint) || got[1].Signed != string(longer.Checkpoint) || !strings.Contains(got[0].Before, "west/mirror") {
			t.Errorf("%+v", got)
		}
		west.clean()
	})
}

// TestClockADayWrong: one side's clock is a day ahead or behind. What it says waits until the clocks agree; then everything is
// there, once.
func TestClockADayWrong(t *testing.T) {
	for name, off := range map[string]time.Duration{"ahead": 24 * time.Hour, "behind": -24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			dbtest.EachAt(t, func(t *testing.T, at string) {
				var wrong time.Duration
				d, err := db.Open(t.Context(), at, func() time.Time { return time.Now().Add(wrong) })
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				east, west := newCity(t, d, "east"), newCity(t, dbtest.Open(t), "west")
				east.add(west)
				west.add(east)
				east.say(west, "before")
				west.read(east.write(west))
				east.read(west.write(east))

				wrong = off
				east.say(west, "while it was wrong")
				w, err := east.links.Write(t.Context(), "west", link.Everything)
				if off > 0 {
					if err != nil {
						t.Fatal(err)
					}
					west.refuse(w.Sealed, "a clock, here or there, is wrong")
				} else if err == nil { // before the first card nothing can be signed
					t.Error("it signed before its first card was valid")
				}
				wrong = 0
				if off > 0 { // time in the log does not go back: what left ahead is taken when its time has come
					west.refuse(east.write(west), "a clock, here or there, is wrong")
					return
				}
				east.say(west, "after")
				if r := west.read(east.write(west)); r.Applied != 2 {
					t.Errorf("%+v", r)
				}
				if got := strings.Join(west.applied(), ", "); got != "before, while it was wrong, after" {
					t.Errorf("west has %q", got)
				}
				east.clean()
				west.clean()
			})
		})
	}
}
