package peer

import (
	"context"
	"testing"
	"time"

	"accord/internal/fault"
)

// TestRoomForEachPartner: a partner with two requests inside has one bundle read at a time, so that another is read beside
// it; who gives up while it waits leaves nothing taken.
func TestRoomForEachPartner(t *testing.T) {
	s := NewServer(nil, Own{}, nil, nil, nil)
	visit := func(party string) *guest {
		g, err := s.guests.enter(party)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	enter := func(g *guest) (release func(), err error) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		return s.enter(ctx, g)
	}
	first, second := visit("east"), visit("east")
	leave, err := enter(first)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := enter(second); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("its second bundle: %v", err)
	}
	beside, err := enter(visit("north"))
	if err != nil {
		t.Fatalf("another partner's: %v", err)
	}
	if _, err := enter(visit("south")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a third partner's, with all room taken: %v", err)
	}
	leave()
	again, err := enter(second)
	if err != nil {
		t.Fatalf("once the first is read: %v", err)
	}
	again()
	beside()
	for range 3 {
		if leave, err = enter(visit("south")); err != nil {
			t.Fatalf("after it gave up: %v", err)
		}
		leave()
		s.guests.of["south"].inside = 0
	}
	if len(s.room) > 0 {
		t.Errorf("%d places are still taken", len(s.room))
	}
}
