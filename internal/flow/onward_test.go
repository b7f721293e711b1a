package flow_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/flow"
	"accord/internal/link"
)

// between is an instrument of two cities under which the first sends the second the width of holes; more are further keys of the terms.
func between(id, from, to, more string) []byte {
	b := string(text(id, terms()))
	b = strings.Replace(b, `parties = ["east", "west"]`, fmt.Sprintf("parties = [%q, %q]", from, to), 1)
	b = strings.Replace(b, `from = ["east"]`, fmt.Sprintf("from = [%q]\n%s", from, more), 1)
	return []byte(b)
}

// three runs f with three cities that know each other, on every engine.
func three(t *testing.T, f func(t *testing.T, east, west, north *city)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		all := []*city{newCity(t, d, "east"), newCity(t, dbtest.Like(t, d), "west"), newCity(t, dbtest.Like(t, d), "north")}
		for _, a := range all {
			for _, b := range all {
				if a != b {
					a.know(b)
				}
			}
		}
		f(t, all[0], all[1], all[2])
	})
}

const purpose = `purpose = [{lang = "en", text = "To compare methods."}]`

// TestOnward: a third city gets what the origin allows and the sender agreed to pass on, as the origin's, with the purpose.
func TestOnward(t *testing.T) {
	three(t, func(t *testing.T, east, west, north *city) {
		east.put(hole("a", 1, "x"), hole("b", 2, "y"))
		west.put(hole("w", 3, "z"))
		agree(t, east, west, between("EW", "east", "west", `onward = ["north"]`+"\n"+purpose))
		agree(t, west, north, between("WN", "west", "north", `of = ["east"]`))
		east.offer(2)
		east.carry(west)
		west.offer(3) // its own, and the two of east
		west.offer(0)
		if r := west.carry(north); r.Applied != 2 || r.Aside != 0 {
			t.Fatalf("%+v", r)
		}
		equal(t, "east's at north", north.from("east/west"), west.from("east")...)
		if len(north.from("west")) != 1 || len(north.from("east")) != 0 {
			t.Error("west's own records are mixed with east's")
		}
		bodies := north.bodies(`SELECT body FROM entry WHERE kind = 'records' ORDER BY idx`)
		if !strings.HasPrefix(bodies[1], `{"dataset":"safety/subsidence","version":1,"rows":2,"origin":{"party":"east","instrument":"EW","clause":"C1","purpose":[{"lang":"en","text":"To compare methods."}]}}`) {
			t.Errorf("body %s", bodies[1])
		}
		north.offer(0)
		agree(t, north, west, between("NW", "north", "west", `of = ["east"]`)) // what was passed on goes no further, and nothing goes back
		agree(t, west, east, between("WE", "west", "east", ""))
		north.offer(0)
		west.offer(1) // its own hole alone
	})
}

// TestOnwardIsDenied by default: without the origin's word, to another than it names, without the sender's own clause, and
// after the origin's clause has stopped.
func TestOnwardIsDenied(t *testing.T) {
	for name, c := range map[string]struct{ onward, of string }{
		"no word of the origin": {"", `of = ["east"]`},
		"another city":          {`onward = ["south"]`, `of = ["east"]`},
		"no word of the sender": {`onward = ["public"]`, ""},
		"another origin":        {`onward = ["public"]`, `of = ["south"]`},
	} {
		t.Run(name, func(t *testing.T) {
			three(t, func(t *testing.T, east, west, north *city) {
				east.put(hole("a", 1, "x"))
				agree(t, east, west, between("EW", "east", "west", c.onward))
				agree(t, west, north, between("WN", "west", "north", c.of))
				east.offer(1)
				east.carry(west)
				west.offer(0)
				equal(t, "outbox", west.outbox())
			})
		})
	}
	t.Run("suspended", func(t *testing.T) {
		three(t, func(t *testing.T, east, west, north *city) {
			east.put(hole("a", 1, "x"))
			agree(t, east, west, between("EW", "east", "west", `onward = ["public"]`))
			agree(t, west, north, between("WN", "west", "north", `of = ["east"]`))
			east.offer(1)
			east.carry(west)
			if err := west.flow.Suspend(context.Background(), "EW", "a doubt"); err != nil {
				t.Fatal(err)
			}
			west.offer(0)
		})
	})
}

// TestOnwardIsCorrected: a changed record goes on in its new form, and a withdrawn one is withdrawn there too.
func TestOnwardIsCorrected(t *testing.T) {
	three(t, func(t *testing.T, east, west, north *city) {
		east.put(hole("a", 1, "x"), hole("b", 2, "y"))
		agree(t, east, west, between("EW", "east", "west", `onward = ["north"]`))
		agree(t, west, north, between("WN", "west", "north", `of = ["east"]`))
		pass := func(want int) {
			t.Helper()
			west.carry(east)
			east.carry(west)
			west.offer(want)
			north.carry(west)
			west.carry(north)
		}
		east.offer(2)
		pass(2)
		east.put(hole("a", 7, "x"))
		east.offer(1)
		pass(1)
		equal(t, "corrected", north.from("east/west"), west.from("east")...)
		if err := east.flow.Delete(context.Background(), "safety/subsidence", "a", "not a hole"); err != nil {
			t.Fatal(err)
		}
		east.offer(0)
		pass(0)
		rows := north.from("east/west")
		if len(rows) != 2 || rows[0] != "" || !strings.Contains(rows[1], `"width":2`) {
			t.Errorf("%q", rows)
		}
	})
}

// TestOnwardIsChecked: a receiver sets aside what its clause does not let the sender pass on.
func TestOnwardIsChecked(t *testing.T) {
	three(t, func(t *testing.T, east, west, north *city) {
		agree(t, west, north, between("WN", "west", "north", `of = ["east"]`))
		g := strings.TrimSuffix(through(t, terms(), hole("a", 1, "x")), "\n")
		for _, party := range []string{"south", "north", "west", "east"} {
			b := strings.Replace(g, `"rows":1}`, fmt.Sprintf(`"rows":1,"origin":{"party":%q,"instrument":"EW","clause":"C1","purpose":[]}}`, party), 1) + "\n"
			west.say(north, link.Waiting{Kind: exchange.KindRecords, Instrument: "WN", Clause: "C1", Unit: "west/u", Body: []byte(b)})
		}
		if r := west.carry(north); r.Applied != 1 || r.Aside != 3 {
			t.Fatalf("%+v", r)
		}
		if len(north.from("east/west")) != 1 {
			t.Error("what may be passed on did not arrive")
		}
	})
}

// TestOnwardWaits: under grade S a person sees what goes on, with whose it is; when the origin takes its word back meanwhile, it stays.
func TestOnwardWaits(t *testing.T) {
	three(t, func(t *testing.T, east, west, north *city) {
		east.put(hole("a", 1, "x"))
		agree(t, east, west, between("EW", "east", "west", `onward = ["north"]`))
		agree(t, west, north, []byte(strings.Replace(string(between("WN", "west", "north", `of = ["east"]`)), `grade = "O"`, `grade = "S"`, 1)))
		east.offer(1)
		east.carry(west)
		west.offer(1)
		if err := west.flow.Suspend(context.Background(), "EW", "a doubt"); err != nil {
			t.Fatal(err)
		}
		if _, err := west.flow.Approve(context.Background(), 1, kim); err == nil || !strings.Contains(err.Error(), "do not let it be passed on") {
			t.Fatal(err)
		}
		time.Sleep(1100 * time.Millisecond) // a suspension and its end are told apart by the second
		if _, err := west.flow.Resume(context.Background(), "EW", ""); err != nil {
			t.Fatal(err)
		}
		if state, err := west.flow.Approve(context.Background(), 1, kim); err != nil || state != flow.Approved {
			t.Fatal(state, err)
		}
		if r := west.carry(north); r.Applied != 1 || len(north.from("east/west")) != 1 {
			t.Fatalf("%+v", r)
		}
	})
}

// TestOnwardStopsInTheOutbox: what waits in the outbox to be passed on does not leave after the clause under which it came has
// stopped, whoever stopped it; what is suspended leaves when that is over.
func TestOnwardStopsInTheOutbox(t *testing.T) {
	ctx := context.Background()
	for name, stop := range map[string]func(east, west *city) error{
		"suspended here":  func(_, west *city) error { return west.flow.Suspend(ctx, "EW", "a doubt") },
		"suspended there": func(east, _ *city) error { return east.flow.Suspend(ctx, "EW", "a doubt") },
		"ended there": func(east, _ *city) error {
			_, err := east.flow.End(ctx, "EW", "", date.Day{}, "over")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			three(t, func(t *testing.T, east, west, north *city) {
				east.put(hole("a", 1, "x"))
				west.put(hole("w", 3, "z"))
				agree(t, east, west, between("EW", "east", "west", `onward = ["north"]`))
				agree(t, west, north, between("WN", "west", "north", `of = ["east"]`))
				east.offer(1)
				east.carry(west)
				west.offer(2)
				if err := stop(east, west); err != nil {
					t.Fatal(err)
				}
				east.carry(west)
				time.Sleep(1100 * time.Millisecond) // an end is told by the second
				west.carry(north)
				equal(t, "east's at north", north.from("east/west"))
				if len(north.from("west")) != 1 {
					t.Error("west's own did not leave")
				}
				west.offer(0)
				west.carry(north)
				equal(t, "east's at north", north.from("east/west"))
				if name != "suspended here" {
					return
				}
				if _, err := west.flow.Resume(ctx, "EW", ""); err != nil {
					t.Fatal(err)
				}
				west.carry(north)
				equal(t, "after the resumption", north.from("east/west"), west.from("east")...)
			})
		})
	}
}

// TestOnwardAfterAResumption: what is looked at while the clause under which it came is suspended, by whomever, is passed on when
// that is over; what waits meanwhile is no fault.
func TestOnwardAfterAResumption(t *testing.T) {
	ctx := context.Background()
	for _, here := range []bool{true, false} {
		t.Run(fmt.Sprintf("suspended here %v", here), func(t *testing.T) {
			three(t, func(t *testing.T, east, west, north *city) {
				agree(t, east, west, between("EW", "east", "west", `onward = ["north"]`))
				agree(t, west, north, between("WN", "west", "north", `of = ["east"]`))
				east.put(hole("a", 1, "x"))
				east.offer(1)
				east.carry(west)
				west.offer(1) // waits in the outbox
				east.put(hole("b", 2, "y"))
				east.offer(1)
				east.carry(west)
				by := east
				if here {
					by = west
				}
				if err := by.flow.Suspend(ctx, "EW", "a doubt"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(1100 * time.Millisecond) // a suspension and its end are told apart by the second
				if !here {
					east.carry(west)
				}
				west.offer(0)
				west.carry(north)
				equal(t, "while it lasts", north.from("east/west"))
				for _, body := range west.bodies(`SELECT body FROM outbox WHERE kind = 'records'`) {
					west.update(func(tx *db.Tx) error {
						if err := west.flow.MayLeave(ctx, tx, "north", "WN", "C1", []byte(body)); err != nil {
							t.Errorf("what waits is named as a fault: %v", err)
						}
						return nil
					})
				}
				if _, err := by.flow.Resume(ctx, "EW", ""); err != nil {
					t.Fatal(err)
				}
				if !here {
					east.carry(west)
				}
				west.offer(1)
				west.carry(north)
				equal(t, "after the resumption", north.from("east/west"), west.from("east")...)
			})
		})
	}
}

// TestOnwardStopsAtAPurge: what waits to be passed on does not leave after its origin had it erased; the rest of the batch does.
func TestOnwardStopsAtAPurge(t *testing.T) {
	three(t, func(t *testing.T, east, west, north *city) {
		agree(t, east, west, between("EW", "east", "west", `onward = ["north"]`))
		agree(t, west, north, between("WN", "west", "north", `of = ["east"]`))
		east.put(hole("a", 1, "x"), hole("b", 2, "y"))
		east.offer(2)
		east.carry(west)
		east.put(hole("c", 3, "z"))
		east.offer(1)
		east.carry(west)
		west.offer(3)
		first, err := strconv.ParseInt(east.bodies(`SELECT MIN(idx) FROM entry WHERE kind = 'records'`)[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if err := east.flow.AskPurge(t.Context(), "west", "EW", []exchange.Span{{first, first + 1}}, "an error"); err != nil {
			t.Fatal(err)
		}
		east.carry(west)
		if n := len(west.bodies(`SELECT id FROM outbox WHERE kind = 'records'`)); n != 0 {
			t.Errorf("%d batches still wait", n)
		}
		west.offer(1)
		west.carry(north)
		if got := north.from("east/west"); len(got) != 1 || !strings.Contains(got[0], `"width":3`) {
			t.Errorf("%q", got)
		}
	})
}
