package flow_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/fault"
	"accord/internal/link"
)

// A clock is one that a test moves.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// to moves the clock to just after a moment.
func (c *clock) to(t time.Time) { c.ahead.Store(int64(time.Until(t.Add(time.Second)))) }

// clocked is pair with a clock of their own.
func clocked(t *testing.T, f func(t *testing.T, c *clock, east, west *city)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := new(clock)
		east, west := newCity(t, dbtest.On(t, d, c.now), "east"), newCity(t, dbtest.On(t, dbtest.Like(t, d), c.now), "west")
		east.know(west)
		west.know(east)
		f(t, c, east, west)
	})
}

// kept are terms under which the receiver may keep records for so long.
func kept(id, retention string) []byte {
	return append(text(id, terms()), fmt.Sprintf("retention = %q\n", retention)...)
}

// purge purges, and wants so many entries to be erased.
func (c *city) purge(want int) {
	c.Helper()
	done, err := c.flow.Purge(context.Background())
	n := 0
	for _, d := range done {
		for _, s := range d.Entries {
			n += int(s[1] - s[0])
		}
	}
	if err != nil || n != want {
		c.Fatalf("%d entries were erased, %v; expected %d", n, err, want)
	}
}

// bodied are the positions in a log whose bodies are kept.
func (c *city) bodied(writer string) []string {
	return c.bodies(`SELECT CAST(e.idx AS TEXT) FROM entry e JOIN log g ON g.id = e.log WHERE g.writer = $1 AND e.body IS NOT NULL ORDER BY e.idx`, writer)
}

func (c *city) asides() []string { return c.bodies(`SELECT aside FROM entry WHERE aside <> ''`) }

// clean wants every log to hold; it returns what is said of erased bodies.
func (c *city) clean() string {
	c.Helper()
	checks, err := c.links.Verify(context.Background(), nil)
	if err != nil {
		c.Fatal(err)
	}
	var erased []string
	for _, k := range checks {
		if len(k.Faults) > 0 {
			c.Errorf("%s: %v", k.Log, k.Faults)
		}
		erased = append(erased, k.Erased...)
	}
	return strings.Join(erased, "; ")
}

// TestRetention: up to the last second of the last day everything stays; then the receiver erases it, the sender its copy
// of what it sent, and not its own records; and both say under which entry.
func TestRetention(t *testing.T) {
	clocked(t, func(t *testing.T, c *clock, east, west *city) {
		agree(t, east, west, kept("T1", "P30D"))
		east.put(hole("a", 1, ""), hole("b", 1, ""))
		east.offer(2)
		east.carry(west)
		over := date.Of(c.now().UTC()).AddDays(31).Time()
		c.to(over.Add(-2 * time.Second))
		west.purge(0)
		east.put(hole("a", 2, "")) // a newer version, by an entry that may stay
		east.offer(1)
		east.carry(west)
		c.to(over)
		west.purge(1)
		west.purge(0)
		if got := west.from("east"); len(got) != 1 || !strings.Contains(got[0], `"width":2`) {
			t.Errorf("%q", got)
		}
		equal(t, "versions kept", west.bodies(`SELECT key FROM record`), "a")
		equal(t, "bodies at the receiver", west.bodied("east"), "1")
		equal(t, "bodies at the sender", east.bodied("east"), "0", "1")
		west.clean()
		if r := west.carry(east); r.Applied != 1 || r.Aside != 0 {
			t.Errorf("%+v", r)
		}
		equal(t, "bodies at the sender", east.bodied("east"), "1")
		equal(t, "the sender's own", east.bodies(`SELECT key FROM record WHERE origin = 'east' AND successor IS NULL ORDER BY key`), "a", "b")
		for _, c := range []*city{east, west} {
			if got := c.clean(); got != "entry 0: erased under entry 0 of west" {
				t.Errorf("%s: %q", c.name, got)
			}
		}
		east.carry(west)
		equal(t, "set aside", append(east.asides(), west.asides()...))
	})
}

// TestASameRowOfALaterEntryStays: what two entries brought goes with the second.
func TestASameRowOfALaterEntryStays(t *testing.T) {
	clocked(t, func(t *testing.T, c *clock, east, west *city) {
		agree(t, east, west, kept("T1", "P30D"))
		row := hole("a", 1, "")
		send := func() {
			east.say(west, link.Waiting{Kind: exchange.KindRecords, Instrument: "T1", Clause: "C1", Body: []byte(through(t, terms(), row))})
			if r := east.carry(west); r.Applied != 1 {
				t.Fatalf("%+v", r)
			}
		}
		send()
		first := c.now()
		c.to(first.AddDate(0, 0, 20))
		send()
		send()
		c.to(first.AddDate(0, 0, 32))
		west.purge(1)
		equal(t, "kept", west.bodies(`SELECT key FROM record`), "a")
		west.clean()
		c.to(first.AddDate(0, 0, 60))
		west.purge(2)
		equal(t, "kept", west.bodies(`SELECT key FROM record`))
		equal(t, "noted", west.bodies(`SELECT CAST(seq AS TEXT) FROM record_also`))
	})
}

// TestAskedPurge: a partner carries out what the sender asks for its own entries, once, and says so.
func TestAskedPurge(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		for _, k := range []string{"a", "b", "c"} {
			east.put(hole(k, 1, ""))
			east.offer(1)
			east.carry(west)
		}
		ask := func(spans ...exchange.Span) error {
			return east.flow.AskPurge(t.Context(), "west", "T1", spans, "a reason")
		}
		for _, spans := range [][]exchange.Span{{{0, 4}}, {{5, 6}}, {{1, 2}, {0, 1}}, {}, {{1, 1}}} {
			if err := ask(spans...); fault.KindOf(err) == fault.Internal || err == nil {
				t.Errorf("%v: %v", spans, err)
			}
		}
		if err := ask(exchange.Span{0, 1}); err != nil {
			t.Fatal(err)
		}
		if err := ask(exchange.Span{0, 2}); err != nil { // again, and one more
			t.Fatal(err)
		}
		east.carry(west)
		equal(t, "bodies at the receiver", west.bodied("east"), "2", "3", "4")
		equal(t, "records at the receiver", west.bodies(`SELECT key FROM record`), "c")
		west.carry(east)
		east.carry(west)
		equal(t, "bodies at the sender", east.bodied("east"), "2", "3", "4")
		equal(t, "set aside", append(east.asides(), west.asides()...))
		for _, c := range []*city{east, west} {
			if got := c.clean(); got != "entry 0: erased under entry 0 of west; entry 1: erased under entry 1 of west" {
				t.Errorf("%s: %q", c.name, got)
			}
		}
		if err := ask(exchange.Span{0, 2}); fault.KindOf(err) != fault.Conflict {
			t.Error(err)
		}
	})
}

// TestPurgesThatAreRefused change nothing, whoever says them.
func TestPurgesThatAreRefused(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, kept("T1", "P30D"))
		agree(t, east, west, text("T2", terms()))
		east.put(hole("a", 1, ""))
		east.offer(2) // under both
		east.carry(west)
		say := func(from, to *city, kind exchange.Kind, in string, p exchange.Purge, why string) {
			t.Helper()
			body, err := p.Encode()
			if err != nil {
				t.Fatal(err)
			}
			from.say(to, link.Waiting{Kind: kind, Instrument: in, Body: body})
			r := from.carry(to)
			if r.Aside != 1 || !strings.Contains(r.Asides[0].Why, why) {
				t.Errorf("%+v; expected %q", r, why)
			}
			to.clean()
		}
		eastLog, westLog := exchange.Origin("east", "west"), exchange.Origin("west", "east")
		asked := func(log string, s ...exchange.Span) exchange.Purge {
			return exchange.Purge{Log: log, Entries: s, Basis: exchange.BasisAsked}
		}
		retention := func(log string, s ...exchange.Span) exchange.Purge {
			return exchange.Purge{Log: log, Entries: s, Basis: exchange.BasisRetention}
		}
		say(west, east, exchange.KindPurged, "T1", asked(eastLog, exchange.Span{0, 1}), "nobody here has asked")
		say(east, west, exchange.KindPurge, "T1", asked(westLog, exchange.Span{0, 1}), "has not written")
		say(east, west, exchange.KindPurge, "T1", asked("north/link/north.west", exchange.Span{0, 1}), "has not written")
		say(east, west, exchange.KindPurge, "T1", asked(eastLog, exchange.Span{0, 2}), "not under T1")
		say(east, west, exchange.KindPurge, "T9", asked(eastLog, exchange.Span{0, 1}), "not under T9")
		say(east, west, exchange.KindPurge, "T1", asked(eastLog, exchange.Span{6, 7}), "come after it")
		say(east, west, exchange.KindPurge, "T1", asked(eastLog, exchange.Span{2, 3}), "stays")
		say(east, west, exchange.KindPurge, "T1", retention(eastLog, exchange.Span{0, 1}), "own account")
		say(west, east, exchange.KindPurged, "T1", retention(eastLog, exchange.Span{0, 1}), "keep entry 0 longer")
		say(west, east, exchange.KindPurged, "T2", retention(eastLog, exchange.Span{1, 2}), "keep entry 1 longer")
		say(west, east, exchange.KindPurged, "T1", asked(westLog, exchange.Span{0, 1}), "has not written")
		say(west, east, exchange.KindPurged, "T1", asked(eastLog, exchange.Span{90, 91}), "not there")
		equal(t, "bodies of records at the receiver", west.bodied("east")[:2], "0", "1")
		equal(t, "bodies of records at the sender", east.bodied("east")[:2], "0", "1")
	})
}

// TestARestoredPartner gets entries without their bodies only with the entry that explains it.
func TestARestoredPartner(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		write := func() []byte {
			t.Helper()
			w, err := east.links.Write(t.Context(), "west", link.Everything)
			if err != nil {
				t.Fatal(err)
			}
			return w.Sealed
		}
		lose := func(index int) {
			east.update(func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), `UPDATE entry SET salt = NULL, body = NULL WHERE idx = $1`, index)
				return err
			})
		}
		east.put(hole("a", 1, ""))
		east.offer(1)
		write()
		lose(0)
		refused := func(sealed []byte) {
			t.Helper()
			if _, err := west.links.Read(t.Context(), sealed, link.ByHand); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "nothing has let it be erased") {
				t.Error(err)
			}
			equal(t, "stored", west.bodied("east"))
		}
		refused(write())
		p := exchange.Purge{Log: exchange.Origin("east", "west"), Entries: []exchange.Span{{0, 1}}, Basis: exchange.BasisAsked}
		body, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		east.say(west, link.Waiting{Kind: exchange.KindPurge, Instrument: "T2", Body: body}) // about another text: it explains nothing
		refused(write())
		east.say(west, link.Waiting{Kind: exchange.KindPurge, Instrument: "T1", Body: body})
		if r := east.carry(west); r.Applied != 2 || r.Aside != 1 {
			t.Errorf("%+v", r)
		}
		for _, c := range []*city{east, west} {
			if got := c.clean(); got != "entry 0: erased under entry 2 of east" {
				t.Errorf("%s: %q", c.name, got)
			}
		}
		lose(2) // what explains must stay itself
		if checks, err := east.links.Verify(t.Context(), nil); err != nil || len(checks[0].Faults) != 2 {
			t.Errorf("%+v, %v", checks, err)
		}
	})
}

// TestErasedBytesAreGone from the files of the embedded engine, once they are cleaned.
func TestErasedBytesAreGone(t *testing.T) {
	clocked(t, func(t *testing.T, c *clock, east, west *city) {
		agree(t, east, west, kept("T1", "P1D"))
		const secret = "zeichen-das-nicht-bleiben-darf"
		for i := range 30 { // so many that a body spills over pages
			var many []string
			for j := range 60 {
				k := fmt.Sprintf("%s-%d-%d", secret, i, j)
				east.put(hole(k, 1, ""))
				many = append(many, k)
			}
			east.offer(len(many))
			east.carry(west)
		}
		holds := func() (n int) {
			for _, f := range dbtest.Files(t, west.db) {
				n += bytes.Count(f, []byte(secret))
			}
			return n
		}
		before := holds()
		c.to(c.now().AddDate(0, 0, 3))
		west.purge(30)
		if cleaned, err := west.flow.Clean(t.Context()); err != nil || !cleaned {
			t.Fatal(cleaned, err)
		}
		if cleaned, err := west.flow.Clean(t.Context()); err != nil || cleaned {
			t.Error(cleaned, err)
		}
		if files := dbtest.Files(t, west.db); len(files) > 0 && (before == 0 || holds() > 0) {
			t.Errorf("the bytes stood %d times in the files, now %d", before, holds())
		}
		for _, q := range []string{`SELECT key FROM record`, `SELECT row FROM record`, `SELECT body FROM entry WHERE body IS NOT NULL`} {
			for _, got := range west.bodies(q) {
				if strings.Contains(got, secret) {
					t.Fatalf("%s: %.200q", q, got)
				}
			}
		}
	})
}

// TestPurgeByManyProcesses: whoever purges, every entry is erased and confirmed once, while others come.
func TestPurgeByManyProcesses(t *testing.T) {
	clocked(t, func(t *testing.T, c *clock, east, west *city) {
		agree(t, east, west, kept("T1", "P1D"))
		for i := range 12 {
			east.put(hole(fmt.Sprint("old", i), 1, ""))
			east.offer(1)
			east.carry(west)
		}
		c.to(c.now().AddDate(0, 0, 3))
		var wg sync.WaitGroup
		var erased atomic.Int64
		for range 4 {
			other := *west
			other.db = dbtest.On(t, west.db, c.now)
			other.flow, other.links = other.another()
			wg.Go(func() {
				for range 3 {
					done, err := other.flow.Purge(t.Context())
					if err != nil {
						t.Error(err)
					}
					for _, d := range done {
						for _, s := range d.Entries {
							erased.Add(s[1] - s[0])
						}
					}
				}
			})
		}
		wg.Go(func() {
			for i := range 6 {
				east.put(hole(fmt.Sprint("new", i), 1, ""))
				east.offer(1)
				east.carry(west)
			}
		})
		wg.Wait()
		if erased.Load() != 12 {
			t.Errorf("%d entries were erased, not 12", erased.Load())
		}
		if got := west.from("east"); len(got) != 6 {
			t.Errorf("%q", got)
		}
		west.carry(east)
		equal(t, "bodies at the sender", east.bodied("east"), west.bodied("east")...)
		equal(t, "set aside", append(east.asides(), west.asides()...))
		east.clean()
		west.clean()
	})
}

// holds are the entries that the body of a purge names.
func holds(t *testing.T, body string, n int64) (out []int64) {
	t.Helper()
	p, err := exchange.ParsePurge([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if p.Holds(i) {
			out = append(out, i)
		}
	}
	return out
}
