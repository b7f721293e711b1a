package flow_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/dbtest"
	"accord/internal/fault"
	"accord/internal/flow"
	"accord/internal/link"
	"accord/internal/who"
	"accord/record"
)

// kim may decide what leaves.
var kim = who.Person{ID: "kim", Name: "Kim", Role: who.Releaser}

// tableText is an instrument under which east lets out the counts of 2018 by district and ground, and nothing else.
func tableText(id string, grade agreement.Grade) []byte {
	return append(text(id), fmt.Sprintf(`[[clauses.terms]]
dataset = "safety/subsidence"
version = 1
from = ["east"]
place = "none"
since = "2018-01-01"
until = "2018-12-31"
grade = %q
groups = {by = ["district", "ground"], step = "year", least = 5}
`, grade)...)
}

// in is n records of a district and a ground, with keys from first on.
func in(first, n int, district, ground string) (out []record.Record) {
	d := holes()
	for i := range n {
		r := hole(fmt.Sprintf("k%04d", first+i), 1, "a name")
		r.Values[d.Index("district")] = record.TextOf(district)
		r.Values[d.Index("ground")] = record.CodeOf(ground)
		out = append(out, r)
	}
	return out
}

// fill gives a city records of which three stand alone in their cell.
func (c *city) fill() {
	for i, g := range []struct {
		n                int
		district, ground string
	}{{3, "north", "fill"}, {20, "north", "schist"}, {9, "south", "fill"}, {12, "south", "schist"}, {30, "west", "fill"}, {40, "west", "schist"}} {
		c.put(in(1000*i, g.n, g.district, g.ground)...)
	}
}

// shown are the counts of a table by place, # where a cell is blank.
func shown(t *testing.T, rows []string) map[string]string {
	t.Helper()
	d := holes().Groups()
	out := map[string]string{}
	for _, row := range rows {
		var r record.Record
		if err := record.ParseRow(d, []byte(row), &r); err != nil {
			t.Fatal(err)
		}
		v := func(name string) string { return r.Value(d.Index(name)).String() }
		held := v("count")
		if r.Value(d.Index("blank")).Bool() {
			held = "#"
		}
		out[v("district")+"/"+v("ground")] = held
	}
	return out
}

// TestTableLeavesAndNoRecord: one table of the closed year leaves once, arrives, and hides the three.
func TestTableLeavesAndNoRecord(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.fill()
		agree(t, east, west, tableText("T1", agreement.Open))
		east.offer(1)
		east.offer(0)
		if out := east.outbox(); len(out) != 1 || strings.Contains(out[0], "name") || strings.Contains(out[0], "127") || strings.Contains(out[0], "k0") {
			t.Fatalf("outbox %q", out)
		}
		if r := east.carry(west); r.Applied != 1 || r.Aside != 0 {
			t.Fatalf("%+v", r)
		}
		got := shown(t, west.from("east"))
		if got["north/fill"] != "#" || got["/"] != "114" || got["west/schist"] != "40" || got["north/"] != "23" || len(got) != 12 {
			t.Errorf("%v", got)
		}
		west.carry(east)
	})
}

// TestTableIsFinal: one more record never leaves by a second table; enough more wait for a person, although the grade is O, and then
// replace it.
func TestTableIsFinal(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.fill()
		agree(t, east, west, tableText("T1", agreement.Open))
		east.offer(1)
		east.carry(west)
		before := strings.Join(west.from("east"), "\n")
		east.put(in(9000, 1, "west", "fill")...)
		east.offer(0)
		east.put(in(9001, 4, "west", "fill")...)
		east.offer(1)
		if len(east.outbox()) != 0 || len(east.releases()) != 1 {
			t.Fatal("a second table left by itself")
		}
		if state, err := east.flow.Approve(context.Background(), 1, kim); err != nil || state != flow.Approved {
			t.Fatal(state, err)
		}
		west.carry(east)
		if r := east.carry(west); r.Applied != 1 || r.Aside != 0 {
			t.Fatalf("%+v", r)
		}
		got := shown(t, west.from("east"))
		if strings.Join(west.from("east"), "\n") == before || got["west/fill"] != "35" || got["/"] != "119" || got["north/fill"] != "#" {
			t.Errorf("%v", got)
		}
		east.offer(0)
	})
}

// TestTableWaits: under grade S a table waits; when a record changes meanwhile, what a person approves is not what leaves, and the
// newer table waits in its place.
func TestTableWaits(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.fill()
		agree(t, east, west, tableText("T1", agreement.Supervised))
		east.offer(1)
		east.put(in(9000, 1, "west", "fill")...)
		if state, err := east.flow.Approve(context.Background(), 1, kim); err != nil || state != flow.Overtaken {
			t.Fatal(state, err)
		}
		east.offer(1)
		east.put(in(9001, 1, "west", "fill")...)
		east.offer(1) // it overtakes the second by itself
		if _, err := east.flow.Approve(context.Background(), 2, kim); fault.KindOf(err) != fault.Conflict {
			t.Fatal(err)
		}
		if state, err := east.flow.Approve(context.Background(), 3, kim); err != nil || state != flow.Approved {
			t.Fatal(state, err)
		}
		equal(t, "outbox", east.outbox(), east.releases()[2])
		east.carry(west)
		if got := shown(t, west.from("east")); got["/"] != "116" {
			t.Errorf("%v", got)
		}
		east.offer(0)
	})
}

// TestWiderTableIsSetAside: the receiver refuses records, and a table that gives a cell away.
func TestWiderTableIsSetAside(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.fill()
		agree(t, east, west, tableText("T1", agreement.Open))
		east.offer(1)
		good := east.outbox()[0]
		bad := strings.Replace(good, `"district":"north","ground":"fill","blank":true`, `"district":"north","ground":"fill","count":3`, 1)
		if bad == good {
			t.Fatalf("nothing was changed in %s", good)
		}
		for _, b := range []string{bad, body(t, hole("a", 1, "x"))} {
			east.say(west, link.Waiting{Kind: exchange.KindRecords, Instrument: "T1", Clause: "C1", Unit: "east/u", Body: []byte(b)})
		}
		if r := east.carry(west); r.Applied != 1 || r.Aside != 2 {
			t.Fatalf("%+v", r)
		}
		if got := shown(t, west.from("east")); got["north/fill"] != "#" || len(got) != 12 {
			t.Errorf("%v", got)
		}
	})
}

// TestManyProcessesOneTable: however many processes make it while records come, one table leaves.
func TestManyProcessesOneTable(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.fill()
		agree(t, east, west, tableText("T1", agreement.Open))
		var wg sync.WaitGroup
		for range 8 {
			d := dbtest.Beside(t, east.db)
			other := &city{TB: t, name: east.name, db: d, self: east.self}
			other.flow, other.links = other.another()
			wg.Go(func() {
				for range 5 {
					if _, err := other.flow.Offer(context.Background(), false); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if out := east.outbox(); len(out) != 1 {
			t.Errorf("%d tables left", len(out))
		}
	})
}
