package flow_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"accord/agreement"
	"accord/internal/db"
	"accord/internal/flow"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/who"
)

// TestWhyOrder: of several reasons the one is told that forbids the most.
func TestWhyOrder(t *testing.T) {
	all := flow.Stand{ // everything at once
		Force: instrument.InForce, Terms: 1, Ours: 1, Partners: 1, Restored: true, Failure: &link.Failure{}, Releases: 1, Held: 1, Records: true,
		Traffic: link.Traffic{Waiting: 1, Unconfirmed: 1, Left: 2, Delivered: 1},
	}
	for _, c := range []struct {
		want   string
		change func(s *flow.Stand)
	}{
		{flow.WhyRestored, func(*flow.Stand) {}},
		{flow.WhyUnreachable, func(s *flow.Stand) { s.Restored = false }},
		{flow.WhyRelease, func(s *flow.Stand) { s.Failure = nil }},
		{flow.WhyOutbox, func(s *flow.Stand) { s.Releases = 0 }},
		{flow.WhyUnconfirmed, func(s *flow.Stand) { s.Traffic.Waiting = 0 }},
		{flow.WhyHeld, func(s *flow.Stand) { s.Traffic.Unconfirmed = 0 }},
		{flow.WhyFlows, func(s *flow.Stand) { s.Held = 0 }},
		{flow.WhyGate, func(s *flow.Stand) { s.Traffic.Left, s.Traffic.Delivered = 0, 0 }},
		{flow.WhyNoRecords, func(s *flow.Stand) { s.Records = false }},
		{flow.WhyNoPartner, func(s *flow.Stand) { s.Partners = 0 }},
		{flow.WhyClosed, func(s *flow.Stand) { s.Closed = 1 }},
		{flow.WhyTheirsNone, func(s *flow.Stand) { s.Ours = 0 }},
		{flow.WhyTheirs, func(s *flow.Stand) { s.Traffic.Came = 3 }},
		{flow.WhyNoTerms, func(s *flow.Stand) { s.Terms = 0 }},
		{flow.WhyFlows, func(s *flow.Stand) { s.Traffic.Left = 1 }}, // a letter
		{flow.WhyOutbox, func(s *flow.Stand) { s.Traffic.Waiting = 1 }},
		{flow.WhySuspended, func(s *flow.Stand) { s.Force = instrument.Stopped }},
		{flow.WhyEnded, func(s *flow.Stand) { s.Force = instrument.Ended }},
		{flow.WhyNotYet, func(s *flow.Stand) { s.Force = instrument.NotYet }},
		{flow.WhyRegistered, func(s *flow.Stand) { s.Force = instrument.Elsewhere }},
	} {
		c.change(&all)
		if got := all.Why(); got.Key != c.want {
			t.Errorf("%s, want %s of %+v", got.Key, c.want, all)
		}
	}
}

// TestWhyNothingFlows asks after each step of the life of a clause, on both engines and at both cities.
func TestWhyNothingFlows(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		ctx := context.Background()
		want := func(c *city, in, key string, n int64) {
			t.Helper()
			s, err := c.flow.Stand(ctx, in, "C1", 10)
			if err != nil {
				t.Fatal(err)
			}
			if r := s.Why(); r.Key != key || r.N != n {
				t.Fatalf("%s of %s: %+v, want %s %d of %+v", in, c.name, r, key, n, s)
			}
		}
		agree(t, east, west, text("BARE"))
		want(east, "BARE", flow.WhyNoTerms, 0)

		agree(t, east, west, text("OPEN", terms()))
		want(east, "OPEN", flow.WhyNoRecords, 0)
		want(west, "OPEN", flow.WhyTheirsNone, 0)

		east.put(hole("a", 2, "words"))
		east.offer(1)
		want(east, "OPEN", flow.WhyOutbox, 1)
		if err := east.links.Failed(ctx, "west", errors.New("no answer"), time.Minute); err != nil {
			t.Fatal(err)
		}
		want(east, "OPEN", flow.WhyUnreachable, 1)
		if err := east.links.Reached(ctx, "west"); err != nil {
			t.Fatal(err)
		}
		east.carry(west)
		want(east, "OPEN", flow.WhyUnconfirmed, 1)
		want(west, "OPEN", flow.WhyTheirs, 1)
		west.carry(east)
		want(east, "OPEN", flow.WhyFlows, 1)

		supervised := terms()
		supervised.Grade = agreement.Supervised
		agree(t, east, west, text("ASK", supervised))
		east.offer(1)
		want(east, "ASK", flow.WhyRelease, 1)
		if err := east.flow.Refuse(ctx, 1, who.Person{ID: "kim", Unit: "east/office", Role: who.Releaser}, "not now"); err != nil {
			t.Fatal(err)
		}
		want(east, "ASK", flow.WhyGate, 0)

		closed := terms()
		closed.Grade = agreement.Closed
		agree(t, east, west, text("SHUT", closed))
		want(east, "SHUT", flow.WhyClosed, 0)

		late := terms()
		if err := late.Delay.UnmarshalText([]byte("P99Y")); err != nil {
			t.Fatal(err)
		}
		agree(t, east, west, text("LATE", late))
		east.offer(0)
		want(east, "LATE", flow.WhyHeld, 1)

		east.update(func(tx *db.Tx) error {
			_, err := instrument.Suspend(ctx, tx, "OPEN", "east", tx.Now, "to look again")
			return err
		})
		want(east, "OPEN", flow.WhySuspended, 0)
	})
}

// TestTrafficUnderAClause counts what waits, left and came, and lists it newest first, nothing of another clause.
func TestTrafficUnderAClause(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("ONE", terms()))
		east.put(hole("a", 2, "words"))
		east.offer(1)
		east.carry(west)
		west.carry(east)
		east.put(hole("b", 3, "words"))
		east.offer(1)
		under := func(c *city, in string) (u link.Traffic) {
			err := c.db.View(context.Background(), func(tx *db.Tx) (err error) {
				u, err = link.Under(context.Background(), tx, c.name, in, "C1", 10)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		e, w := under(east, "ONE"), under(west, "ONE")
		if e.Waiting != 1 || e.Left != 1 || e.Delivered != 1 || e.Unconfirmed != 0 || e.Came != 0 || e.LastSent.IsZero() || e.Since.IsZero() {
			t.Errorf("east: %+v", e)
		}
		if len(e.Lines) != 2 || e.Lines[0].Index != -1 || e.Lines[1].Index != 0 || !e.Lines[1].Delivered || e.Lines[1].Rows != 1 {
			t.Errorf("east: %+v", e.Lines)
		}
		if w.Came != 1 || w.Left != 0 || w.Waiting != 0 || w.Aside != 0 || len(w.Lines) != 1 || w.Lines[0].Writer != "east" {
			t.Errorf("west: %+v", w)
		}
		if other := under(east, "TWO"); other.Left != 0 || other.Waiting != 0 || len(other.Lines) != 0 {
			t.Errorf("another text: %+v", other)
		}
	})
}
