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
		west.refuse(seal(t, tampered, west, east), "entry 0 is not the one")
		if got := west.contradictions(); len(got) != 0 {
			t.Errorf("a carrier's change counts against the city: %+v", got)
		}

		same := open(t, west, honest) // as many entries, another root
		same.Entries, same.Checkpoint = entries, sign(t, east, 2, rootOf(entries))
		for range 2 {
			west.refuse(seal(t, same, west, east), "entry 0 is not the one")
		}
		longer := open(t, west, honest) // more entries over another first one
		third, err := exchange.NewEntry(exchange.Header{ID: exchange.NewID(), Kind: exchange.KindRecords, Instrument: "demo", Time: time.Now().UTC().Truncate(time.Second)}, []byte("three"))
		if err != nil {
			t.Fatal(err)
		}
		longer.End, longer.Entries = 3, append(entries, third)
		longer.Checkpoint = sign(t, east, 3, rootOf(longer.Entries))
		west.refuse(seal(t, longer, west, east), "entry 0 is not the one")
		got := west.contradictions()
		if len(got) != 2 || got[0].Signed != string(same.Checkpoint) || got[1].Signed != string(longer.Checkpoint) || !strings.Contains(got[0].Before, "west/mirror") {
			t.Errorf("%+v", got)
		}
		west.clean()
	})
}

// offClocks gives two cities on an engine clocks that are off by what the pointers say, and lets them exchange one entry first.
func offClocks(t *testing.T, f func(t *testing.T, east, west *city, eastOff, westOff *time.Duration)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var eastOff, westOff time.Duration
		by := func(off *time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(*off) } }
		other := dbtest.Like(t, d)
		east, west := newCity(t, dbtest.On(t, d, by(&eastOff)), "east"), newCity(t, dbtest.On(t, other, by(&westOff)), "west")
		east.add(west)
		west.add(east)
		east.say(west, "before")
		west.read(east.write(west))
		east.read(west.write(east))
		f(t, east, west, &eastOff, &westOff)
	})
}

// agreeAfter exchanges until both have all, and wants west to have applied these, once each, and both logs to verify.
func agreeAfter(t *testing.T, east, west *city, want string) {
	t.Helper()
	for range 2 {
		west.read(east.write(west))
		east.read(west.write(east))
	}
	if got := strings.Join(west.applied(), ", "); got != want {
		t.Errorf("west has %q", got)
	}
	for _, c := range [][2]*city{{east, west}, {west, east}} {
		if size, delivered, waiting := c[0].sizes(c[1].name); size != delivered || waiting != 0 {
			t.Errorf("%s: %d entries, %d delivered, %d wait", c[0].name, size, delivered, waiting)
		}
		c[0].clean()
	}
}

// TestSenderADayAhead: what left with the time of tomorrow is refused until then, and so is what leaves after the clock was set
// right, because time in a log does not go back. Tomorrow all of it is there, once.
func TestSenderADayAhead(t *testing.T) {
	offClocks(t, func(t *testing.T, east, west *city, eastOff, westOff *time.Duration) {
		*eastOff = 24 * time.Hour
		east.say(west, "while ahead")
		west.refuse(east.write(west), "a clock, here or there, is wrong")
		*eastOff = 0
		east.say(west, "after")
		west.refuse(east.write(west), "a clock, here or there, is wrong")
		*eastOff, *westOff = 24*time.Hour, 24*time.Hour // a day later
		east.say(west, "tomorrow")
		agreeAfter(t, east, west, "before, while ahead, after, tomorrow")
	})
}

// TestSenderADayBehind: before its first card it signs nothing; what waits goes once the clock is right.
func TestSenderADayBehind(t *testing.T) {
	offClocks(t, func(t *testing.T, east, west *city, eastOff, _ *time.Duration) {
		*eastOff = -24 * time.Hour
		east.say(west, "while behind")
		if _, err := east.links.Write(t.Context(), "west", link.Everything); err == nil {
			t.Error("it signed before its first card was valid")
		}
		*eastOff = 0
		east.say(west, "after")
		agreeAfter(t, east, west, "before, while behind, after")
	})
}

// TestReceiverADayBehind: to it everything comes from tomorrow. It refuses and stores nothing; when its clock is right it
// takes what it had refused.
func TestReceiverADayBehind(t *testing.T) {
	offClocks(t, func(t *testing.T, east, west *city, _, westOff *time.Duration) {
		*westOff = -24 * time.Hour
		east.say(west, "while behind")
		sealed := east.write(west)
		west.refuse(sealed, "a clock, here or there, is wrong")
		*westOff = 0
		if r := west.read(sealed); r.Applied != 1 {
			t.Errorf("%+v", r)
		}
		agreeAfter(t, east, west, "before, while behind")
	})
}

// TestReceiverADayAhead: it takes everything, but its cosignature is of tomorrow and is refused. When its clock is right it signs
// anew, so that even a partner that sends nothing before the last is cosigned goes on at once.
func TestReceiverADayAhead(t *testing.T) {
	offClocks(t, func(t *testing.T, east, west *city, _, westOff *time.Duration) {
		*westOff = 24 * time.Hour
		east.say(west, "while ahead")
		if r := west.read(east.write(west)); r.Applied != 1 {
			t.Errorf("%+v", r)
		}
		east.refuse(west.write(east), "a clock, here or there, is wrong")
		*westOff = 0
		east.say(west, "after")
		for range 2 {
			w, err := east.links.Write(t.Context(), "west", link.OneAtATime)
			if err != nil {
				t.Fatal(err)
			}
			west.read(w.Sealed)
			if r := east.read(west.write(east)); r.Delivered != 1 {
				t.Errorf("%+v", r)
			}
		}
		west.say(east, "back")
		agreeAfter(t, east, west, "before, while ahead, after")
	})
}
