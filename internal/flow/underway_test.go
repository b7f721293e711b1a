package flow_test

import (
	"testing"
	"time"

	"accord/internal/link"
)

// TestUnderWayWhenSuspended: what left before its sender knew of the other's suspension is set aside while that lasts, and taken with
// the resumption, whether it came before or comes after; nothing that was delivered is missing in the end.
func TestUnderWayWhenSuspended(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		agree(t, east, west, text("T1", terms()))
		suspend := func() {
			if err := west.flow.Suspend(t.Context(), "T1", "a flood"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(1100 * time.Millisecond) // what left within the second of it left in time
		}
		resume := func() {
			if still, err := west.flow.Resume(t.Context(), "T1", ""); err != nil || len(still) > 0 {
				t.Fatal(still, err)
			}
		}

		suspend()
		east.put(hole("a", 1, "first"), hole("b", 2, "first"))
		east.offer(2)
		letter := east.send(draft("a letter"))
		if r := east.carry(west); r.Aside == 0 || r.Applied != 0 || len(west.from("east")) != 0 {
			t.Fatalf("%+v, %v", r, west.from("east"))
		}
		resume()
		equal(t, "set aside", west.asides())
		if got := west.from("east"); len(got) != 2 {
			t.Errorf("%v", got)
		}
		west.exchange(east)
		east.exchange(west)
		west.state(letter, "received")

		suspend()
		east.put(hole("c", 3, "late"))
		east.offer(1)
		late, err := east.links.Write(t.Context(), "west", link.Everything)
		if err != nil {
			t.Fatal(err)
		}
		resume()
		if _, err := west.links.Read(t.Context(), late.Sealed, link.ByHand); err != nil {
			t.Fatal(err)
		}
		equal(t, "set aside", west.asides())
		if got := west.from("east"); len(got) != 3 {
			t.Errorf("%v", got)
		}
	})
}
