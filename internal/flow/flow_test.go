package flow_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"pgregory.net/rapid"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/flow"
	"accord/internal/gate"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/signed"
	"accord/internal/store"
	"accord/record"
)

// A city is one end of a link with its flow, on a database of its own.
type city struct {
	testing.TB
	name     string
	db       *db.DB
	flow     *flow.Flow
	links    *link.Links
	self     link.Self
	identity ed25519.PrivateKey
	card     []byte
}

func newCity(t testing.TB, d *db.DB, name string) *city {
	t.Helper()
	c := &city{TB: t, name: name, db: d, identity: key(t)}
	sealing, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	c.self = link.Self{Party: name, Log: key(t), Mirror: key(t), Sealing: []age.Identity{sealing}}
	c.card, err = exchange.SignCard(&exchange.Card{
		Accord: "card/1", Party: name, Serial: 1, ValidFrom: time.Now().UTC().Truncate(time.Second).AddDate(-1, 0, 0),
		Names: []exchange.Name{{Lang: "en", Text: name}}, Languages: []string{"en"},
		Identity: public(c.identity), Log: public(c.self.Log), Mirror: public(c.self.Mirror),
		Sealing: sealing.Recipient().String(), TLS: fmt.Sprintf("%x", sha256.Sum256(nil)), Endpoints: []string{},
	}, c.identity, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.flow, c.links = c.another()
	c.know(c)
	return c
}

// another returns a flow of the same city on the same database, as another process has it.
func (c *city) another() (*flow.Flow, *link.Links) {
	f := flow.New(c.db, c.name, all.Lookup, slog.New(slog.DiscardHandler))
	l := link.New(c.db, c.self, f.Apply)
	f.Use(l)
	return f, l
}

func key(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, k, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func public(k ed25519.PrivateKey) exchange.Key { return exchange.Key(k.Public().(ed25519.PublicKey)) }

func (c *city) know(other *city) {
	c.Helper()
	if _, _, err := c.links.AddCard(context.Background(), other.card); err != nil {
		c.Fatal(err)
	}
}

func (c *city) update(f func(tx *db.Tx) error) {
	c.Helper()
	if err := c.db.Update(context.Background(), f); err != nil {
		c.Fatal(err)
	}
}

func (c *city) keep(file []byte) {
	c.Helper()
	c.update(func(tx *db.Tx) error {
		_, _, err := instrument.Keep(context.Background(), tx, file)
		return err
	})
}

// put stores records as the city's own.
func (c *city) put(records ...record.Record) {
	c.Helper()
	c.update(func(tx *db.Tx) error {
		w := store.NewWriter(context.Background(), tx, holes(), store.Source{Origin: c.name})
		for i := range records {
			if err := w.Put(&records[i], record.AppendRow(nil, holes(), &records[i])); err != nil {
				return err
			}
		}
		_, err := w.Close()
		return err
	})
}

// offer offers, and wants so many records to have left.
func (c *city) offer(want int) {
	c.Helper()
	if n, err := c.flow.Offer(context.Background(), false); err != nil || n != want {
		c.Fatalf("%d records were offered, %v; expected %d", n, err, want)
	}
}

// bodies are what a query lists, in its order.
func (c *city) bodies(query string, args ...any) (out []string) {
	c.Helper()
	if err := c.db.View(context.Background(), func(tx *db.Tx) error {
		return tx.Rows(context.Background(), query, args, func(r db.Scanner) error {
			var b []byte
			err := r.Scan(&b)
			out = append(out, string(b))
			return err
		})
	}); err != nil {
		c.Fatal(err)
	}
	return out
}

func (c *city) outbox() []string {
	return c.bodies(`SELECT body FROM outbox WHERE kind = 'records' ORDER BY seq`)
}
func (c *city) releases() []string { return c.bodies(`SELECT body FROM release ORDER BY id`) }
func (c *city) from(origin string) []string {
	return c.bodies(`SELECT row FROM record WHERE origin = $1 AND successor IS NULL ORDER BY key`, origin)
}

// say puts something into the outbox past the gate, as a city that keeps to nothing would.
func (c *city) say(to *city, w link.Waiting) {
	c.Helper()
	w.Partner = to.name
	c.update(func(tx *db.Tx) error { return c.links.Put(context.Background(), tx, w) })
}

// carry brings what waits at c to another city.
func (c *city) carry(to *city) *link.Report {
	c.Helper()
	w, err := c.links.Write(context.Background(), to.name, link.Everything)
	if err != nil {
		c.Fatal(err)
	}
	r, err := to.links.Read(context.Background(), w.Sealed, link.ByHand)
	if err != nil {
		c.Fatal(err)
	}
	return r
}

// pair runs f with two cities that know each other, on every engine.
func pair(t *testing.T, f func(t *testing.T, east, west *city)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		east, west := newCity(t, d, "east"), newCity(t, dbtest.Like(t, d), "west")
		east.know(west)
		west.know(east)
		f(t, east, west)
	})
}

func holes() *record.Dataset {
	d, ok := all.Lookup("safety/subsidence", 1)
	if !ok {
		panic("the dataset is gone")
	}
	return d
}

// hole is a record with a field that may leave and one that may not.
func hole(key string, width float64, description string) record.Record {
	d := holes()
	when, err := record.ParseTime("2018-03-01")
	if err != nil {
		panic(err)
	}
	r := record.Record{Key: key, When: when, Place: record.Place{Known: true, Lon: 127.05, Lat: 37.51}, Values: make([]record.Value, len(d.Fields))}
	r.Values[d.Index("width")] = record.NumberOf(width)
	r.Values[d.Index("description")] = record.TextOf(description)
	return r
}

// terms are what most tests agree on.
func terms() agreement.Terms {
	return agreement.Terms{Dataset: "safety/subsidence", Version: 1, From: []string{"east"}, Fields: []string{"width"}, Place: "grid 250", Grade: agreement.Open}
}

// text writes an instrument of today between east and west with a clause C1 with these terms.
func text(id string, terms ...agreement.Terms) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `format = 1
id = %q
kind = "terms"
standing = "signed"
date = %q
parties = ["east", "west"]
authentic = ["en"]
[[names]]
lang = "en"
text = "Terms"
[[clauses]]
id = "C1"
area = "safety"
level = "working"
act = "agreed"
kinds = ["data"]
sides = "any"
cadence = "P1M"
[[clauses.texts]]
lang = "en"
standing = "authentic"
text = "They give each other records."
`, id, time.Now().UTC().Format(time.DateOnly))
	for _, t := range terms {
		fmt.Fprintf(&b, "[[clauses.terms]]\ndataset = %q\nversion = %d\nfrom = [%s]\nfields = [%s]\nplace = %q\ngrade = %q\n",
			t.Dataset, t.Version, quoted(t.From), quoted(t.Fields), t.Place, t.Grade)
		for key, v := range map[string]string{"delay": t.Delay.String(), "since": t.Since.String(), "until": t.Until.String()} {
			if v != "" && v != "0000-00-00" && v != "0001-01-01" {
				fmt.Fprintf(&b, "%s = %q\n", key, v)
			}
		}
	}
	return []byte(b.String())
}

func quoted(list []string) string {
	var q []string
	for _, s := range list {
		q = append(q, fmt.Sprintf("%q", s))
	}
	return strings.Join(q, ", ")
}

// sign has the cities sign a text.
func sign(t testing.TB, file []byte, cities ...*city) []byte {
	t.Helper()
	for _, c := range cities {
		var err error
		if file, err = agreement.Sign(file, signed.Signer(c.name, c.identity)); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

// agree has both cities sign a text and keep it.
func agree(t testing.TB, east, west *city, file []byte) {
	t.Helper()
	file = sign(t, file, east, west)
	east.keep(file)
	west.keep(file)
}

// through is the body of a batch of what the gate of the terms makes of records at present.
func through(t testing.TB, terms agreement.Terms, records ...record.Record) string {
	t.Helper()
	g, err := gate.Compile(terms, holes())
	if err != nil {
		t.Fatal(err)
	}
	var out []record.Record
	for _, r := range records {
		if o, v := g.Apply(r, time.Now()); v.Decision == gate.Leaves || v.Decision == gate.Waits {
			out = append(out, o)
		}
	}
	return body(t, out...)
}

func body(t testing.TB, records ...record.Record) string {
	t.Helper()
	b, err := record.EncodeBatch(holes(), records)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func equal(t rapid.TB, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s:\n%q\nexpected\n%q", what, got, want)
	}
}

// TestWhatLeavesIsWhatTheGateMade, byte for byte, in the outbox and at the partner; and it leaves once.
func TestWhatLeavesIsWhatTheGateMade(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		a, b := hole("a", 1, "a name"), hole("b", 2, "another")
		east.put(a, b)
		west.put(hole("w", 3, "of west"))
		east.offer(0) // nothing is agreed
		agree(t, east, west, text("T1", terms()))
		east.offer(2)
		east.offer(0)
		west.offer(0) // only east may send
		equal(t, "outbox", east.outbox(), through(t, terms(), a, b))
		if r := east.carry(west); r.Applied != 1 || r.Aside != 0 {
			t.Fatalf("%+v", r)
		}
		rows := strings.Split(strings.TrimSuffix(through(t, terms(), a, b), "\n"), "\n")[1:]
		equal(t, "at the partner", west.from("east"), rows...)
		equal(t, "outbox", east.outbox())
		east.carry(west)
		west.offer(0) // what came does not go back or on
		equal(t, "at the sender", east.from("west"))
		if strings.Contains(strings.Join(west.from("east"), ""), "name") {
			t.Error("a field left that may not")
		}
	})
}

// TestUpdates: a change that the partner would not see sends nothing, one that it would sends the record again.
func TestUpdates(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		east.put(hole("a", 1, "first"), hole("b", 1, "first"))
		east.offer(2)
		east.carry(west)
		east.put(hole("a", 1, "second"))
		east.offer(0)
		moved := hole("a", 1, "second")
		moved.Place.Lon += 0.00001 // within the cell
		east.put(moved)
		east.offer(0)
		equal(t, "outbox", east.outbox())

		wider := hole("a", 2, "second")
		east.put(wider)
		east.offer(1)
		equal(t, "outbox", east.outbox(), through(t, terms(), wider))
		east.carry(west)
		if got := west.from("east"); len(got) != 2 || !strings.Contains(got[0], `"width":2`) {
			t.Errorf("%q", got)
		}
		east.put(hole("a", 1, "third")) // back to what was sent at first
		east.offer(1)
		// Two changes before the next look are one.
		east.put(hole("b", 3, ""))
		east.put(hole("b", 4, ""))
		east.offer(1)
		east.carry(west)
		if got := west.from("east"); !strings.Contains(got[0], `"width":1`) || !strings.Contains(got[1], `"width":4`) {
			t.Errorf("%q", got)
		}
	})
}

// TestDelay: a record is held until it is due, then it leaves; one that was changed meanwhile leaves as it is then.
func TestDelay(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		slow := terms()
		if err := slow.Delay.UnmarshalText([]byte("P1D")); err != nil {
			t.Fatal(err)
		}
		agree(t, east, west, text("T1", slow))
		due := time.Now().Add(2 * time.Second)
		recent := func(key string, width float64) record.Record {
			r := hole(key, width, "")
			r.When = record.At(due.AddDate(0, 0, -1).UTC())
			return r
		}
		future := recent("c", 1)
		future.When = record.At(due.AddDate(1, 0, 0).UTC())
		east.put(recent("a", 1), recent("b", 1), future, hole("old", 1, ""))
		east.offer(1)
		equal(t, "outbox", east.outbox(), through(t, slow, hole("old", 1, "")))
		east.put(recent("b", 2))
		east.offer(0)
		for deadline := due.Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			n, err := east.flow.Offer(t.Context(), false)
			if err != nil || time.Now().After(deadline) {
				t.Fatal("it never leaves", err)
			}
			if n == 0 {
				continue
			}
			if time.Now().Before(due) || n != 2 {
				t.Errorf("%d left %s too early", n, time.Until(due))
			}
			break
		}
		equal(t, "outbox", east.outbox(), through(t, slow, hole("old", 1, "")), through(t, slow, recent("a", 1), recent("b", 2)))
		if r := east.carry(west); r.Applied != 2 {
			t.Errorf("%+v", r)
		}
		equal(t, "still held", east.bodies(`SELECT due FROM held`), fmt.Sprint(db.Micros(due.AddDate(1, 0, 1).UTC())))
	})
}

// TestGrades: whatever the terms are, what is graded S waits in release and is never in the outbox, what is graded C is in
// neither, and both hold exactly what the gate made.
func TestGrades(t *testing.T) {
	dbtest.Few(t)
	pair(t, func(t *testing.T, east, west *city) {
		draws := 0
		rapid.Check(t, func(r *rapid.T) {
			draws++
			x := terms()
			x.Grade = rapid.SampledFrom([]agreement.Grade{agreement.Open, agreement.Supervised, agreement.Closed}).Draw(r, "grade")
			x.Place = rapid.SampledFrom([]agreement.Place{"none", "exact", "grid 250", "grid 5000"}).Draw(r, "place")
			x.Fields = rapid.SampledFrom([][]string{{"width"}, {"description"}, {"width", "description"}, {"depth"}}).Draw(r, "fields")
			if err := x.Delay.UnmarshalText([]byte(rapid.SampledFrom([]string{"", "P30D", "P99Y"}).Draw(r, "delay"))); err != nil {
				r.Fatal(err)
			}
			x.From = rapid.SampledFrom([][]string{{"east"}, {"west"}, {"west", "east"}}).Draw(r, "from")
			agree(t, east, west, text(fmt.Sprintf("T%d", draws), x))
			var records []record.Record
			for i := range rapid.IntRange(1, 4).Draw(r, "records") {
				records = append(records, hole(fmt.Sprint(i), rapid.Float64Range(0, 9).Draw(r, "width"), "words"))
			}
			east.put(records...)
			if _, err := east.flow.Offer(context.Background(), rapid.Bool().Draw(r, "single")); err != nil {
				r.Fatal(err)
			}
			left, waits := rowsOf(east.outbox()), rowsOf(east.releases())
			var want []string
			if x.Grade != agreement.Closed && slices.Contains(x.From, "east") && x.Delay.String() != "P99Y" {
				want = rowsOf([]string{through(t, x, records...)})
			}
			if x.Grade == agreement.Supervised {
				equal(r, "release", waits, want...)
				want = nil
			} else {
				equal(r, "release", waits)
			}
			equal(r, "outbox", left, want...)
			east.update(func(tx *db.Tx) error {
				for _, table := range []string{"action", "instrument", "record", "flow", "held", "offered", "outbox", "release"} {
					if _, err := tx.Exec(context.Background(), "DELETE FROM "+table); err != nil {
						return err
					}
				}
				return nil
			})
		})
	})
}

// rowsOf are the rows of batches without their heads.
func rowsOf(bodies []string) (rows []string) {
	for _, b := range bodies {
		rows = append(rows, strings.Split(strings.TrimSuffix(b, "\n"), "\n")[1:]...)
	}
	return rows
}

// TestTermsOfEachSide: one clause may let the two sides send different fields. Each keeps to its own, whoever is first.
func TestTermsOfEachSide(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		narrow, wide := terms(), terms()
		wide.From, wide.Fields, wide.Place = []string{"west"}, []string{"width", "description"}, "exact"
		agree(t, east, west, text("T1", narrow, wide))
		west.put(hole("w", 1, "of west"))
		west.offer(1)
		if r := west.carry(east); r.Applied != 1 {
			t.Errorf("east sets aside what west may send: %+v", r)
		}
		east.put(hole("e", 1, "of east"))
		east.offer(1)
		equal(t, "outbox", east.outbox(), through(t, narrow, hole("e", 1, "of east")))
		if r := east.carry(west); r.Applied != 1 {
			t.Errorf("%+v", r)
		}
		west.put(hole("w", 2, "of west"))
		west.offer(1)
		equal(t, "outbox", west.outbox(), through(t, wide, hole("w", 2, "of west")))
	})
}

// TestOneBadTextStopsNobody: terms that this version cannot read let nothing out and leave the others alone.
func TestOneBadTextStopsNobody(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		strange, unknown := terms(), terms()
		strange.Fields = []string{"colour"}
		unknown.Dataset = "safety/weather"
		agree(t, east, west, text("A1", strange))
		agree(t, east, west, text("A2", unknown))
		agree(t, east, west, text("T1", terms()))
		east.put(hole("a", 1, ""))
		east.offer(1)
		if r := east.carry(west); r.Applied != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// TestLongRecords: records with long texts are spread over as many entries as they need.
func TestLongRecords(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		long := terms()
		long.Fields = []string{"province", "district", "neighbourhood", "address", "description", "repair_method"}
		agree(t, east, west, text("T1", long))
		d := holes()
		words := strings.Repeat("길", record.MaxText/3)
		var records []record.Record
		for i := range 300 {
			r := hole(fmt.Sprintf("%03d", i), 1, words)
			for _, f := range long.Fields {
				r.Values[d.Index(f)] = record.TextOf(words)
			}
			records = append(records, r)
		}
		east.put(records...)
		east.offer(len(records))
		if n := len(rowsOf(east.outbox())); n != len(records) {
			t.Errorf("%d rows wait", n)
		}
		for range 20 {
			if r := east.carry(west); r.Aside > 0 {
				t.Fatalf("%+v", r)
			}
			west.carry(east)
		}
		if n := len(west.from("east")); n != len(records) {
			t.Errorf("%d records came", n)
		}
	})
}

// TestSetAside: what a partner sends and may not is delivered, set aside with its reason, and changes nothing.
func TestSetAside(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		small := terms()
		if err := small.Since.UnmarshalText([]byte("2018-01-01")); err != nil {
			t.Fatal(err)
		}
		if err := small.Delay.UnmarshalText([]byte("P30D")); err != nil {
			t.Fatal(err)
		}
		agree(t, east, west, text("T1", small))
		closed, theirs := terms(), terms()
		closed.Grade = agreement.Closed
		theirs.From = []string{"west"}
		agree(t, east, west, text("T2", closed))
		agree(t, east, west, text("T3", theirs))
		paper := strings.NewReplacer(`"signed"`, `"registered"`).Replace(string(text("P1")))
		var wide, early, young = hole("a", 1, ""), hole("a", 1, ""), hole("a", 1, "")
		wide.Place = record.Place{}
		early.Place, early.When = wide.Place, when(t, "2017-12-31")
		young.Place, young.When = wide.Place, record.At(time.Now().UTC())
		described := hole("a", 1, "words")
		described.Place = wide.Place
		finer := hole("a", 1, "")
		finer.Place.Grid = 100
		good := body(t, wide)
		records := func(instrument, clause, body string) link.Waiting {
			return link.Waiting{Kind: exchange.KindRecords, Instrument: instrument, Clause: clause, Body: []byte(body)}
		}
		action := func(instrument, hash, file string) link.Waiting {
			b, err := (&exchange.Action{Action: exchange.ActionSigned, Instrument: instrument, Date: wide.When.Date().First(), Hash: hash, File: file}).Encode()
			if err != nil {
				t.Fatal(err)
			}
			return link.Waiting{Kind: exchange.KindAction, Instrument: instrument, Body: b}
		}
		other := sign(t, text("T9", terms()), east, west)
		for _, c := range []struct {
			what, why string
			says      link.Waiting
		}{
			{"a field that is not in the terms", "description", records("T1", "C1", body(t, described))},
			{"an exact place", "250", records("T1", "C1", body(t, hole("a", 1, "")))},
			{"a place that is too fine", "250", records("T1", "C1", body(t, finer))},
			{"before the period", "2018-01-01", records("T1", "C1", body(t, early))},
			{"before the delay is over", "P30D", records("T1", "C1", body(t, young))},
			{"one bad row among good ones", "description", records("T1", "C1", body(t, renamed(wide, "0"), described, renamed(wide, "z")))},
			{"another clause", "no clause in force here lets east send safety/subsidence under T1 C2", records("T1", "C2", good)},
			{"another instrument", "no clause in force here lets east send safety/subsidence under T8 C1", records("T8", "C1", good)},
			{"no clause", "no clause in force", records("T1", "", good)},
			{"grade C", "never", records("T2", "C1", good)},
			{"not permitted for this sender", "no clause in force here lets east send", records("T3", "C1", good)},
			{"an unknown dataset", "safety/weather version 1 is not known here", records("T1", "C1", "{\"dataset\":\"safety/weather\",\"version\":1,\"rows\":1}\n{\"key\":\"a\",\"values\":{}}\n")},
			{"another version", "version 2 is not known here", records("T1", "C1", strings.Replace(good, `"version":1`, `"version":2`, 1))},
			{"a row that is not canonical", "batch", records("T1", "C1", strings.Replace(good, `"width":1`, `"width":1.0`, 1))},
			{"rows missing", "batch", records("T1", "C1", strings.Replace(good, `"rows":1`, `"rows":2`, 1))},
			{"nothing", "batch", records("T1", "C1", "")},
			{"an unknown kind", `does not know entries of the kind "poem"`, link.Waiting{Kind: "poem", Instrument: "T1", Body: []byte("roses")}},
			{"an action that is none", "action", link.Waiting{Kind: exchange.KindAction, Instrument: "T9", Body: []byte("{}")}},
			{"an unsigned text", "has not signed it", action("T9", agreement.Hash(text("T9", terms())), string(text("T9", terms())))},
			{"a text under another hash", "another text than it carries", action("T9", strings.Repeat("0", 64), string(other))},
			{"another text under an id that is taken", "another text is kept under this id", action("T1", agreement.Hash(sign(t, text("T1", terms()), east, west)), string(sign(t, text("T1", terms()), east, west)))},
			{"a registered text", "registered", action("P1", agreement.Hash([]byte(paper)), paper)},
		} {
			east.say(west, c.says)
			r := east.carry(west)
			west.carry(east)
			if r.Applied != 0 || len(r.Asides) != 1 || !strings.Contains(r.Asides[0].Why, c.why) || !strings.Contains(r.Asides[0].Why, "; ") {
				t.Errorf("%s: %+v", c.what, r)
			}
		}
		equal(t, "stored", west.from("east"))
		equal(t, "instruments", west.bodies(`SELECT id FROM instrument ORDER BY id`), "T1", "T2", "T3")
		equal(t, "delivered", east.bodies(`SELECT size FROM log WHERE writer = 'east' AND size = delivered`), "22")
		// The link goes on, and the reasons stay to be read.
		east.say(west, records("T1", "C1", good))
		east.say(west, action("T9", agreement.Hash(other), string(other)))
		if r := east.carry(west); r.Applied != 2 || r.Aside != 0 {
			t.Errorf("%+v", r)
		}
		if got := west.bodies(`SELECT aside FROM entry WHERE aside <> ''`); len(got) != 22 {
			t.Errorf("%d reasons", len(got))
		}
	})
}

func when(t testing.TB, s string) record.Time {
	t.Helper()
	w, err := record.ParseTime(s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func renamed(r record.Record, key string) record.Record {
	r.Key = key
	return r
}

// TestTextOfOthers: a text that does not bind both ends of the link is not the partner's to announce.
func TestTextOfOthers(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		north := newCity(t, dbtest.Like(t, east.db), "north")
		west.know(north)
		file := []byte(strings.NewReplacer(`["east", "west"]`, `["east", "north"]`).Replace(string(text("T1"))))
		file = sign(t, file, east, north)
		b, err := (&exchange.Action{Action: exchange.ActionSigned, Instrument: "T1", Date: when(t, "2018-03-01").Date().First(), Hash: agreement.Hash(file), File: string(file)}).Encode()
		if err != nil {
			t.Fatal(err)
		}
		east.say(west, link.Waiting{Kind: exchange.KindAction, Instrument: "T1", Body: b})
		if r := east.carry(west); r.Aside != 1 {
			t.Errorf("%+v", r)
		}
		equal(t, "instruments", west.bodies(`SELECT id FROM instrument`))
	})
}

// TestOfferedOnce: however many processes offer while records come, each record leaves once and entry ids are unique.
func TestOfferedOnce(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		const writers, each = 4, 50
		var writing, offering sync.WaitGroup
		done := make(chan struct{})
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					east.put(hole(fmt.Sprintf("%d-%d", w, i), 1, ""), hole(fmt.Sprintf("%d-%d b", w, i), 1, ""))
				}
			})
		}
		for range 4 {
			f, l := east.another()
			offering.Go(func() {
				for over := false; !over; {
					select {
					case <-done:
						over = true
					default:
					}
					if _, err := f.Offer(context.Background(), false); err != nil {
						t.Error(err)
					}
					if _, err := l.Write(context.Background(), "west", link.Everything); err != nil {
						t.Error(err)
					}
				}
			})
		}
		writing.Wait()
		close(done)
		offering.Wait()
		equal(t, "outbox", east.outbox())
		rows := rowsOf(east.bodies(`SELECT body FROM entry ORDER BY idx`))
		slices.Sort(rows)
		if n := len(rows); n != 2*writers*each || len(slices.Compact(rows)) != n {
			t.Errorf("%d records left, of %d", n, 2*writers*each)
		}
		ids := east.bodies(`SELECT id FROM entry ORDER BY id`)
		if n := len(ids); len(slices.Compact(ids)) != n {
			t.Error("two entries have one id")
		}
		east.carry(west)
		if n := len(west.from("east")); n != 2*writers*each {
			t.Errorf("%d records came", n)
		}
	})
}
