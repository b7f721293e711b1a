package evidence_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/evidence"
	"accord/internal/fault"
	"accord/internal/link"
	"accord/internal/pulse"
)

var ctx = context.Background()

// kind wants an error to be a fault of a kind.
func kind(t testing.TB, err error, want fault.Kind) {
	t.Helper()
	if fault.KindOf(err) != want {
		t.Fatalf("%v, not %s", err, want)
	}
}

// TestOneSidedStaysOneSided: "by both" is one city's word until the other has given its own; each way needs both.
func TestOneSidedStaysOneSided(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		one, two := east.claim(told("one", "C1", "east", "west")), east.claim(told("two", "C2", "west"))
		settle(east, west)
		state(t, "C1", pulse.OneSided, east, west)
		state(t, "C2", pulse.OneSided, east, west)
		must(t)(west.book.Say(ctx, deed("Wim", one, 1, ""), exchange.WordConfirmed, false))
		must(t)(west.book.Say(ctx, deed("Wim", two, 1, ""), exchange.WordConfirmed, false))
		settle(east, west)
		state(t, "C1", pulse.Alive, east, west)
		state(t, "C2", pulse.OneSided, east, west) // west's way; east's is missing
		east.claim(told("three", "C2"))
		settle(east, west)
		state(t, "C2", pulse.Alive, east, west)
		if e := west.show(one); e.History[0].Unit != "east/safety" || e.History[0].Person != "" {
			t.Errorf("west sees %+v", e.History[0])
		}
	})
}

// TestCrossing: a confirmation that crosses a correction speaks of what its speaker had seen.
func TestCrossing(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		id := east.claim(told("one", "C1", "east", "west"))
		settle(east, west)
		again := told("", "", "east", "west")
		again.What[0].Text = "Another drill"
		must(t)(east.book.Correct(ctx, deed("Ana", id, 1, "the name was wrong"), again))
		must(t)(west.book.Say(ctx, deed("Wim", id, 1, ""), exchange.WordConfirmed, false))
		state(t, "C1", pulse.Alive, west)
		settle(east, west)
		state(t, "C1", pulse.OneSided, east, west)
		for _, c := range []*city{east, west} {
			if e := c.show(id); e.Version != 2 || e.Standing != evidence.Unanswered || len(e.History) != 3 {
				t.Errorf("%s: %+v", c.name, e)
			}
		}
		_, err := west.book.Say(ctx, deed("Wim", id, 1, ""), exchange.WordConfirmed, false)
		kind(t, err, fault.Conflict) // what was seen does not stand any more
		must(t)(west.book.Say(ctx, deed("Wim", id, 2, "not there"), exchange.WordDisputed, false))
		settle(east, west)
		state(t, "C1", pulse.Disputed, east, west)
	})
}

// TestRefused: what may not be said is not said, and nothing of it waits or is kept.
func TestRefused(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		id := east.claim(told("one", "C1"))
		settle(east, west)
		must(t)(east.book.Withdraw(ctx, deed("Ana", east.claim(told("gone", "C1")), 1, "a mistake")))
		settle(east, west)
		before := [2][]string{rows(east), rows(west)}
		tomorrow := told("", "C1")
		tomorrow.Start = date.OnDay(date.Of(time.Now().UTC()).AddDays(2))
		for name, do := range map[string]func() error{
			"own claim": func() error {
				_, err := east.book.Say(ctx, deed("Ana", id, 1, ""), exchange.WordConfirmed, false)
				return err
			},
			"another's claim": func() error { _, err := west.book.Withdraw(ctx, deed("Wim", id, 1, "x")); return err },
			"no such event":   func() error { _, err := west.book.Withdraw(ctx, deed("Wim", "east/two", 1, "x")); return err },
			"dispute, no why": func() error {
				_, err := west.book.Say(ctx, deed("Wim", id, 1, ""), exchange.WordDisputed, false)
				return err
			},
			"nothing to take": func() error {
				_, err := west.book.Say(ctx, deed("Wim", id, 1, ""), exchange.WordTakenBack, false)
				return err
			},
			"no person": func() error {
				_, err := west.book.Say(ctx, deed(" ", id, 1, ""), exchange.WordConfirmed, false)
				return err
			},
			"other version": func() error {
				_, err := west.book.Say(ctx, deed("Wim", id, 2, ""), exchange.WordConfirmed, false)
				return err
			},
			"withdrawn": func() error {
				_, err := west.book.Say(ctx, deed("Wim", "east/gone", 2, ""), exchange.WordConfirmed, false)
				return err
			},
			"withdrawn again": func() error { _, err := east.book.Withdraw(ctx, deed("Ana", "east/gone", 2, "x")); return err },
			"no why":          func() error { _, err := east.book.Withdraw(ctx, deed("Ana", id, 1, "")); return err },
			"changes nothing": func() error { _, err := east.book.Correct(ctx, deed("Ana", id, 1, "x"), told("", "")); return err },
			"no clause":       func() error { _, err := east.book.Claim(ctx, by("Ana"), told("", "C9")); return err },
			"not a party":     func() error { _, err := east.book.Claim(ctx, by("Ana"), told("", "C1", "north")); return err },
			"in the future":   func() error { _, err := east.book.Claim(ctx, by("Ana"), tomorrow); return err },
			"another's office": func() error {
				_, err := east.book.Claim(ctx, evidence.Author{Person: "Ana", Unit: "west/fire"}, told("", "C1"))
				return err
			},
			"name is taken": func() error { _, err := east.book.Claim(ctx, by("Ana"), told("one", "C2")); return err },
			"all or none": func() error {
				_, err := east.book.Claim(ctx, by("Ana"), told("six", "C1"), told("seven", "C9"))
				return err
			},
			"judged for no why": func() error {
				_, err := east.book.Judge(ctx, deed("Ana", id, 0, " "), evidence.DoesNot, "", "", false)
				return err
			},
			"judged of nothing": func() error {
				_, err := east.book.Judge(ctx, deed("Ana", "east/nine", 0, "x"), evidence.DoesNot, "", "", false)
				return err
			},
		} {
			err := do()
			if f, ok := errors.AsType[*fault.Fault](err); !ok || f.Kind == fault.Internal || f.Do == "" {
				t.Errorf("%s: %v", name, err)
			}
			if after := [2][]string{rows(east), rows(west)}; !slices.Equal(after[0], before[0]) || !slices.Equal(after[1], before[1]) {
				t.Fatalf("%s: something is kept", name)
			}
		}
		if e, err := east.book.Claim(ctx, by("Ana"), told("one", "C1")); err != nil || !e[0].Known || len(rows(east)) != len(before[0]) {
			t.Errorf("the same again: %v, %v", e, err)
		}
	})
}

// rows are what a city keeps and what waits to leave.
func rows(c *city) (out []string) {
	c.Helper()
	if err := c.db.View(ctx, func(tx *db.Tx) error {
		return tx.Rows(ctx, `SELECT 'claim ' || event || version FROM claim UNION ALL SELECT 'word ' || event || number FROM word
			UNION ALL SELECT 'judgement ' || event || number FROM judgement UNION ALL SELECT 'outbox ' || id FROM outbox ORDER BY 1`, nil, func(r db.Scanner) error {
			var s string
			err := r.Scan(&s)
			out = append(out, s)
			return err
		})
	}); err != nil {
		c.Fatal(err)
	}
	return out
}

// TestAtOnce: what many persons in two processes say at once has one order. One deed holds; all others are told of it.
func TestAtOnce(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		id := east.claim(told("one", "C1"))
		settle(east, west)
		_, _, beside := west.another(dbtest.Beside(t, west.db))
		words := []string{exchange.WordConfirmed, exchange.WordDisputed}
		told2 := race(8, func(i int) error {
			_, err := []*evidence.Book{west.book, beside}[i%2].Say(ctx, deed(fmt.Sprint("person", i), id, 1, "so it is"), words[i/2%2], false)
			return err
		})
		wantOne(t, told2)
		said := west.show(id)
		if len(said.History) != 2 {
			t.Fatalf("%+v", said.History)
		}
		_, _, other := east.another(dbtest.Beside(t, east.db))
		wantOne(t, race(8, func(i int) error {
			again := told("", "")
			again.What[0].Text = fmt.Sprint("Drill ", i)
			d := deed("Ana", id, 1, "better so")
			if i%3 == 0 {
				_, err := other.Withdraw(ctx, d)
				return err
			}
			_, err := []*evidence.Book{east.book, other}[i%2].Correct(ctx, d, again)
			return err
		}))
		wantOne(t, race(6, func(i int) error {
			_, err := []*evidence.Book{west.book, beside}[i%2].Judge(ctx, deed(fmt.Sprint("person", i), id, 0, "seen"), []string{evidence.Counts, evidence.DoesNot}[i/2%2], "", "", false)
			return err
		}))
		settle(east, west)
		if a, b := east.show(id), west.show(id); a.Version != 2 || b.Version != 2 || a.Standing != b.Standing {
			t.Fatalf("%+v\n%+v", a, b)
		}
	})
}

func race(n int, do func(i int) error) []error {
	out := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { out[i] = do(i) })
	}
	all.Wait()
	return out
}

func wantOne(t *testing.T, errs []error) {
	t.Helper()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else if fault.KindOf(err) != fault.Conflict {
			t.Errorf("%v", err)
		}
	}
	if done != 1 {
		t.Fatalf("%d were done: %v", done, errs)
	}
}

// TestRegisteredLater: a claim under a text that the partner does not keep waits there, and one of another text is nobody's.
func TestRegisteredLater(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		paper := text("P1", "registered", twoParties)
		east.keep(paper)
		what := told("one", "C1", "east", "west")
		if _, err := east.book.Claim(ctx, by("Ana"), what); fault.KindOf(err) != fault.Invalid {
			t.Fatalf("two instruments have such a clause: %v", err)
		}
		what.Instrument = "P1"
		id := east.claim(what)
		if r := east.carry(west); r.Aside != 1 {
			t.Fatalf("%+v", r)
		}
		west.keep(paper)
		must(t)(west.book.Say(ctx, deed("Wim", id, 1, ""), exchange.WordConfirmed, false))
		settle(east, west)
		if e := east.show(id); e.Standing != exchange.WordConfirmed || e.Instrument != "P1" {
			t.Fatalf("%+v", e)
		}

		east.keep(text("P2", "registered", twoParties))
		west.keep(bytes.Replace(text("P2", "registered", twoParties), []byte("every year"), []byte("each year"), 1))
		what.Name, what.Instrument = "two", "P2"
		east.claim(what)
		if r := east.carry(west); r.Aside != 1 {
			t.Fatalf("another text: %+v", r)
		}
		west.keep(text("P3", "registered", twoParties))
		if list, err := west.book.List(ctx, "", ""); err != nil || len(list) != 1 {
			t.Fatalf("%v %v", list, err)
		}
	})
}

// TestWhatMayNotCome: a partner that keeps to nothing is set aside, and changes nothing.
func TestWhatMayNotCome(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		id := east.claim(told("one", "C1"))
		west.claim(told("mine", "C1"))
		settle(east, west)
		before := rows(west)
		first := claimed(t, east, id)
		word := func(change func(w *exchange.Word)) []byte {
			w := &exchange.Word{Event: "west/mine", Number: 1, Claim: first.Text, Time: first.Time, Instrument: "T1", Text: first.Text, Clause: "C1", Word: exchange.WordConfirmed}
			change(w)
			return body(t, w)
		}
		claim := func(change func(c *exchange.Claim)) []byte {
			c := *first
			c.Event = "east/two"
			change(&c)
			return body(t, &c)
		}
		for name, w := range map[string]link.Waiting{
			"another's event":    {Kind: exchange.KindClaim, Body: claim(func(c *exchange.Claim) { c.Event = "west/two" })},
			"kind nobody knows":  {Kind: exchange.KindClaim, Body: claim(func(c *exchange.Claim) { c.Kind = "picnic" })},
			"level nobody knows": {Kind: exchange.KindClaim, Body: claim(func(c *exchange.Claim) { c.Level = "cellar" })},
			"a third city":       {Kind: exchange.KindClaim, Body: claim(func(c *exchange.Claim) { c.By = []string{"north"} })},
			"another text":       {Kind: exchange.KindClaim, Body: claim(func(c *exchange.Claim) { c.Text = exchange.ClaimHash(nil) })},
			"another clause":     {Kind: exchange.KindClaim, Body: claim(func(c *exchange.Claim) { c.Clause = "C2" })},
			"no version before": {Kind: exchange.KindClaim, Body: claim(func(c *exchange.Claim) {
				c.Version, c.Action, c.Previous, c.Why = 2, exchange.ClaimCorrected, c.Text, "x"
			})},
			"another history": {Kind: exchange.KindClaim, Body: claim(func(c *exchange.Claim) {
				c.Event = id
				c.Version, c.Action, c.Previous, c.Why = 2, exchange.ClaimCorrected, c.Text, "x"
			})},
			"the same once more":   {Kind: exchange.KindClaim, Body: claim(func(c *exchange.Claim) { c.Event, c.Kind = id, "forum" })},
			"not a claim":          {Kind: exchange.KindClaim, Body: []byte(`{}`)},
			"word on its own":      {Kind: exchange.KindWord, Body: word(func(w *exchange.Word) { w.Event = "east/one" })},
			"word on a third's":    {Kind: exchange.KindWord, Body: word(func(w *exchange.Word) { w.Event = "north/one" })},
			"word without a cause": {Kind: exchange.KindWord, Body: word(func(w *exchange.Word) { w.Word = exchange.WordDisputed })},
		} {
			w.Partner, w.Instrument, w.Clause = "west", "T1", "C1"
			if err := east.db.Update(ctx, func(tx *db.Tx) error { return east.links.Put(ctx, tx, w) }); err != nil {
				t.Fatal(err)
			}
			if r := east.carry(west); r.Aside != 1 || r.Applied != 0 {
				t.Errorf("%s: %+v", name, r)
			}
			west.carry(east)
			if after := rows(west); !slices.Equal(after, before) {
				t.Fatalf("%s: %q", name, after)
			}
		}
	})
}

func claimed(t testing.TB, c *city, id string) *exchange.Claim {
	t.Helper()
	var b []byte
	if err := c.db.View(ctx, func(tx *db.Tx) error {
		_, err := tx.Row(ctx, `SELECT body FROM claim WHERE event = $1`, []any{id}, &b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	out, err := exchange.ParseClaim(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func body(t testing.TB, v interface{ Encode() ([]byte, error) }) []byte {
	t.Helper()
	b, err := v.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSuspended: what is said under a suspended text is kept here, waits, and leaves when it is resumed.
func TestSuspended(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		if err := east.flow.Suspend(ctx, "T1", "a flood"); err != nil {
			t.Fatal(err)
		}
		id := east.claim(told("one", "C1"))
		settle(east, west)
		state(t, "C1", pulse.Suspended, east, west)
		if _, err := west.book.Show(ctx, id); fault.KindOf(err) != fault.NotFound {
			t.Fatalf("it left: %v", err)
		}
		if _, err := east.flow.Resume(ctx, "T1", ""); err != nil {
			t.Fatal(err)
		}
		settle(east, west)
		state(t, "C1", pulse.OneSided, east, west)
	})
}

// TestSameOnBothSides: whatever the two say, and whenever it is carried, after the exchange both nodes know the same of every
// event and derive the same states.
func TestSameOnBothSides(t *testing.T) {
	dbtest.Few(t)
	pair(t, func(t *testing.T, east, west *city) {
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			n++
			claimant, other := east, west
			if rapid.Bool().Draw(rt, "west claims") {
				claimant, other = west, east
			}
			clause := rapid.SampledFrom([]string{"C1", "C2"}).Draw(rt, "clause")
			who := rapid.SampledFrom([][]string{{"east"}, {"west"}, {"east", "west"}}).Draw(rt, "by")
			id := claimant.claim(told(fmt.Sprint("event-", n), clause, who...))
			for i := range rapid.IntRange(0, 8).Draw(rt, "steps") {
				step(rt, claimant, other, id, i)
			}
			settle(east, west)
			a, b := summary(east.show(id)), summary(west.show(id))
			if !slices.Equal(a, b) {
				rt.Fatalf("\n%q\n%q", a, b)
			}
			today := date.Of(time.Now().UTC())
			for _, known := range []date.Day{{}, today} {
				if x, y := fmt.Sprint(east.states(known)), fmt.Sprint(west.states(known)); x != y {
					rt.Fatalf("%s, %s", x, y)
				}
			}
			if got := east.states(today.AddDays(-1)); got["C1"] != pulse.NoEvidence {
				rt.Fatalf("yesterday nothing was known: %v", got)
			}
		})
	})
}

// step has somebody say something or carry it. What may not be said is refused as a conflict and no more.
func step(t *rapid.T, claimant, other *city, id string, i int) {
	seen := func(c *city) int {
		if e, err := c.book.Show(ctx, id); err == nil {
			return e.Version
		}
		return 1
	}
	var err error
	switch what := rapid.SampledFrom([]string{"correct", "confirmed", "disputed", "taken_back", "there", "back", "withdraw"}).Draw(t, "what"); what {
	case "there":
		claimant.carry(other)
	case "back":
		other.carry(claimant)
	case "correct":
		again := told("", "", "east", "west")
		again.What[0].Text = fmt.Sprint("Drill ", i)
		_, err = claimant.book.Correct(ctx, deed("Ana", id, seen(claimant), fmt.Sprint("because ", i)), again)
	case "withdraw":
		_, err = claimant.book.Withdraw(ctx, deed("Ana", id, seen(claimant), fmt.Sprint("because ", i)))
	default:
		_, err = other.book.Say(ctx, deed("Wim", id, seen(other), fmt.Sprint("because ", i)), what, rapid.Bool().Draw(t, "change"))
	}
	if k := fault.KindOf(err); err != nil && k != fault.Conflict && k != fault.NotFound {
		t.Fatal(err)
	}
}

// summary is what both sides must agree on.
func summary(e *evidence.Event) []string {
	out := []string{fmt.Sprint(e.Version, e.Standing, e.Kind, e.By, e.Start, e.What, e.Sources, e.Claimant, e.Instrument, e.Clause)}
	for _, s := range e.History {
		out = append(out, fmt.Sprint(s.What, s.Party, s.Unit, s.Said, s.Version, s.Why))
	}
	slices.Sort(out[1:])
	return out
}

// TestEnded: under what has ended nothing is said and nothing leaves. What waited is not lost: it leaves after a renewal.
func TestEnded(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		id := east.claim(told("one", "C1"))
		at, err := east.flow.End(ctx, "T1", "", date.Day{}, "it is over")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(at))
		_, err = east.book.Claim(ctx, by("Ana"), told("two", "C1"))
		kind(t, err, fault.Refused)
		if _, err := east.flow.TakeBack(ctx); err != nil {
			t.Fatal(err)
		}
		settle(east, west)
		_, err = west.book.Show(ctx, id)
		kind(t, err, fault.NotFound)
		state(t, "C1", pulse.Ended, east)
		for _, c := range []*city{east, west} {
			if _, err := c.flow.Renew(ctx, "T1", "", date.Of(time.Now()).AddDays(400), ""); err != nil {
				t.Fatal(err)
			}
		}
		settle(east, west)
		settle(east, west)
		if e := west.show(id); e.Standing != evidence.Unanswered {
			t.Fatalf("%+v", e)
		}
		must(t)(west.book.Say(ctx, deed("Wim", id, 1, ""), exchange.WordConfirmed, false))
	})
}
