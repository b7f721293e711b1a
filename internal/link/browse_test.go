package link_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/link"
)

// all reads a part page by page and returns what each line is called by.
func all(t *testing.T, c, other *city, part link.Part, under string) (names []string) {
	t.Helper()
	for after := int64(-1); ; {
		lines, next, err := c.links.Browse(t.Context(), other.name, link.Wanted{Part: part, Clause: under, After: after, Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) > 3 || next >= 0 && len(lines) != 3 {
			t.Fatalf("%s: %d lines on a page, %d follows", part, len(lines), next)
		}
		for _, l := range lines {
			names = append(names, fmt.Sprintf("%s %d %s%s", l.Kind, l.Index, l.Clause, l.Held))
		}
		if next < 0 {
			return names
		}
		after = next
	}
}

func (c *city) put(to *city, kind exchange.Kind, clause string) {
	c.t.Helper()
	err := c.db.Update(c.t.Context(), func(tx *db.Tx) error {
		return c.links.Put(c.t.Context(), tx, link.Waiting{Partner: to.name, Kind: kind, Instrument: "demo", Clause: clause, Body: []byte(clause)})
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

func wants(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, not %q", what, got, want)
	}
}

// Pages of a list hold every line once, in its order: what leaves first in the outbox, the newest first in the logs.
func TestBrowse(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		for i := range 4 {
			east.put(west, exchange.KindRecords, fmt.Sprintf("R%d", i))
		}
		east.put(west, exchange.KindAction, "A0")
		wants(t, "outbox", all(t, east, west, link.PartWaiting, ""), "action -1 A0", "records -1 R0", "records -1 R1", "records -1 R2", "records -1 R3")
		west.read(east.write(west))
		east.read(west.write(east))
		east.put(west, exchange.KindRecords, "R0")
		wants(t, "outbox", all(t, east, west, link.PartWaiting, ""), "records -1 R0")
		wants(t, "left", all(t, east, west, link.PartLeft, ""), "records 4 R3", "records 3 R2", "records 2 R1", "records 1 R0", "action 0 A0")
		wants(t, "came", all(t, west, east, link.PartCame, ""), "records 4 R3", "records 3 R2", "records 2 R1", "records 1 R0", "action 0 A0")
		wants(t, "came under R2", all(t, west, east, link.PartCame, "R2"), "records 3 R2")
		wants(t, "left here", all(t, west, east, link.PartLeft, ""))
		wants(t, "outbox under R1", all(t, east, west, link.PartWaiting, "R1"))
		if err := east.db.Update(t.Context(), func(tx *db.Tx) error { return east.links.Pause(t.Context(), tx, west.name, "demo") }); err != nil {
			t.Fatal(err)
		}
		wants(t, "suspended", all(t, east, west, link.PartWaiting, ""), "records -1 R0suspended")
	})
}

// Nothing is hidden or shown twice by what comes while somebody reads page by page.
func TestBrowseWhileItGrows(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		for range 20 {
			east.put(west, exchange.KindRecords, "old")
		}
		west.read(east.write(west))
		var wg sync.WaitGroup
		wg.Go(func() {
			for range 10 {
				east.put(west, exchange.KindRecords, "new")
				west.read(east.write(west))
			}
		})
		for range 5 {
			seen := map[string]int{}
			for _, name := range all(t, west, east, link.PartCame, "") {
				seen[name]++
			}
			for i := range 20 {
				if n := seen[fmt.Sprintf("records %d old", i)]; n != 1 {
					t.Errorf("entry %d is shown %d times", i, n)
				}
			}
		}
		wg.Wait()
	})
}

// An entry's page has what is kept of it, and a retry of one entry leaves the others alone; of many at once one applies it.
func TestDetailAndRetryOne(t *testing.T) {
	pair(t, func(t *testing.T, east, west *city) {
		east.say(west, "good", "aside", "aside")
		west.read(east.write(west))
		d, err := west.links.Detail(t.Context(), east.name, east.name, 1)
		if err != nil || string(d.Entry.Body) != "aside" || d.Aside == "" || d.Covers == 0 || d.Cosigned.IsZero() || d.Stored.IsZero() || string(d.Header) != string(d.Entry.Header.Encode()) {
			t.Fatalf("%+v %v", d, err)
		}
		if _, err := west.links.Detail(t.Context(), east.name, east.name, 3); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an entry that is not there: %v", err)
		}
		wants(t, "aside", all(t, west, east, link.PartAside, ""), "records 2 D1", "records 1 D1")
		retry := func() (why string, err error) {
			err = west.db.Update(t.Context(), func(tx *db.Tx) error { why, err = west.links.RetryOne(t.Context(), tx, east.name, 1); return err })
			return why, err
		}
		if why, err := retry(); err != nil || why == "" {
			t.Errorf("nothing is mended: %q %v", why, err)
		}
		west.mended = true
		var mu sync.Mutex
		var wg sync.WaitGroup
		done, late := 0, 0
		for range 5 {
			wg.Go(func() {
				why, err := retry()
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil && why == "":
					done++
				case fault.KindOf(err) == fault.Conflict:
					late++
				default:
					t.Errorf("%q %v", why, err)
				}
			})
		}
		wg.Wait()
		if done != 1 || late != 4 {
			t.Errorf("%d applied it, %d came late", done, late)
		}
		wants(t, "aside", all(t, west, east, link.PartAside, ""), "records 2 D1")
	})
}
