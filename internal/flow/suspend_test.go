package flow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/agreement"
	"accord/content"
	"accord/internal/area/all"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/demo"
	"accord/internal/flow"
	"accord/internal/instrument"
	"accord/internal/link"
	"accord/internal/node"
	"accord/internal/signed"
)

// TestChild is no test: it is what the processes do that other tests start.
func TestChild(t *testing.T) {
	switch os.Getenv("ACCORD_CHILD") {
	case "load":
		load(t, strings.Split(os.Getenv("ACCORD_HOMES"), "|"))
	case "purge":
		d, err := db.Open(t.Context(), os.Getenv("ACCORD_AT"), func() time.Time { return time.Now().AddDate(0, 0, 3) })
		if err != nil {
			t.Fatal(err)
		}
		f := flow.New(d, "west", all.Lookup, slog.New(slog.DiscardHandler))
		f.Use(link.New(d, link.Self{Party: "west"}, f.Apply))
		fmt.Println("ready")
		if _, err := f.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
	default:
		t.Skip("it is started by other tests")
	}
}

// load stores, offers and exchanges between two cities as fast as it can, until its standard input ends.
func load(t *testing.T, homes []string) {
	ctx, stop := context.WithCancel(context.Background())
	go func() { io.Copy(io.Discard, os.Stdin); stop() }()
	var nodes []*node.Node
	for _, dir := range homes {
		h, err := node.OpenHome(dir)
		if err != nil {
			t.Fatal(err)
		}
		n, err := node.Open(t.Context(), h, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		nodes = append(nodes, n)
	}
	fmt.Println("ready")
	for ctx.Err() == nil {
		for i, n := range nodes {
			if _, err := n.Flow.Offer(ctx, true); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
			other := nodes[1-i]
			w, err := n.Links.Write(ctx, other.Home.Config.Party, link.Everything)
			if err == nil {
				_, err = other.Links.Read(ctx, w.Sealed, link.ByHand)
			}
			if err != nil && ctx.Err() == nil && !errors.Is(err, link.ErrGap) { // another process was quicker
				t.Error(err)
			}
		}
	}
}

// child starts this program once more to do one of TestChild's deeds, and waits until it is at it.
func child(t *testing.T, env ...string) (stop func(), kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), env...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 1)
	at := make(chan struct{})
	go func() {
		var all strings.Builder
		b := make([]byte, 4096)
		for seen := false; ; {
			n, err := out.Read(b)
			all.Write(b[:n])
			if !seen && strings.Contains(all.String(), "ready") {
				seen = true
				close(at)
			}
			if err != nil {
				break
			}
		}
		said <- all.String()
	}()
	select {
	case <-at:
	case text := <-said:
		t.Fatalf("a process ended at once: %s", text)
	}
	return func() {
			in.Close()
			text := <-said
			if err := cmd.Wait(); err != nil {
				t.Errorf("a process failed: %v\n%s", err, text)
			}
		}, func() {
			cmd.Process.Kill()
			<-said
			cmd.Wait()
		}
}

// besideDemo has the demo's cities sign and keep its terms once more, under another id.
func besideDemo(t *testing.T, d *demo.Demo) {
	t.Helper()
	text, err := content.FS.ReadFile("demo/terms.toml")
	if err != nil {
		t.Fatal(err)
	}
	in, err := agreement.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	file := []byte(strings.Replace(strings.Replace(string(text), in.Date.String(), date.Of(time.Now().UTC()).String(), 1), fmt.Sprintf("%q", in.ID), `"beside"`, 1))
	for _, c := range d.Cities {
		if file, err = agreement.Sign(file, signed.Signer(c.Home.Config.Party, c.Keys.Identity)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range d.Cities {
		if _, _, err := c.Register(t.Context(), file); err != nil {
			t.Fatal(err)
		}
	}
}

// reached is the last position that an entry of records has under a text in a city's own log, and how many have one.
func reached(t *testing.T, c *demo.City, instrument string) (last, n int64) {
	t.Helper()
	if err := c.DB.View(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Row(t.Context(), `SELECT COALESCE(MAX(e.idx), -1), COUNT(*) FROM entry e JOIN log g ON g.id = e.log WHERE g.writer = $1 AND e.instrument = $2 AND e.kind = 'records'`,
			[]any{c.Home.Config.Party, instrument}, &last, &n)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return last, n
}

// TestSuspensionUnderLoad: two processes exchange as fast as they can while a third suspends and resumes. After the call
// returns nothing under the text gets a position here, nor there once the other has read so; another text goes on, and
// after the resumption this one does.
func TestSuspensionUnderLoad(t *testing.T) {
	world(t, func(t *testing.T, d *demo.Demo) {
		besideDemo(t, d)
		c, partner := d.Cities[0], d.Cities[1]
		homes := "ACCORD_HOMES=" + c.Home.Dir + "|" + partner.Home.Dir
		stopOne, _ := child(t, "ACCORD_CHILD=load", homes)
		stopTwo, _ := child(t, "ACCORD_CHILD=load", homes)
		seed := uint64(5000)
		// feed stores records in both cities until something is so, and says how long that took.
		feed := func(what string, so func() bool) {
			t.Helper()
			for deadline := time.Now().Add(time.Minute); !so(); {
				if time.Now().After(deadline) {
					t.Fatal("it never comes that " + what)
				}
				for _, city := range d.Cities {
					seed++
					if _, err := city.Simulate(t.Context(), seed, 20); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		more := func(c *demo.City, text string, than int64) func() bool {
			return func() bool { _, n := reached(t, c, text); return n > than }
		}
		var took []time.Duration
		var later int64
		const id = "DEMO"
		for range dbtest.Times(2, 5) {
			_, before := reached(t, c, id)
			feed("records leave", more(c, id, before))
			begun := time.Now()
			if err := c.Flow.Suspend(t.Context(), id, "a flood"); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(begun))
			_, n := reached(t, c, id)
			_, beside := reached(t, c, "beside")
			feed("the other text goes on", more(c, "beside", beside+20))
			feed("the partner has read it", func() bool {
				var lasts []instrument.Suspended
				if err := partner.DB.View(t.Context(), func(tx *db.Tx) (err error) { lasts, err = instrument.Suspensions(t.Context(), tx, id); return err }); err != nil {
					t.Fatal(err)
				}
				return len(lasts) > 0
			})
			_, theirs := reached(t, partner, id)
			_, beside = reached(t, partner, "beside")
			feed("the partner's other text goes on", more(partner, "beside", beside+20))
			if _, now := reached(t, partner, id); now != theirs {
				t.Errorf("%d entries of the partner got a position while it knew", now-theirs)
			}
			_, after := reached(t, c, id)
			later += after - n
			if _, err := c.Flow.Resume(t.Context(), id, ""); err != nil {
				t.Fatal(err)
			}
			feed("records leave again", more(c, id, after))
		}
		stopOne()
		stopTwo()
		if later != 0 {
			t.Errorf("%d entries got a position after the call returned", later)
		}
		slices.Sort(took)
		_, all := reached(t, c, id)
		t.Logf("suspended %d times under load: the call took %s in the middle, %s at most; %d entries left in all, %d after a call returned", len(took), took[len(took)/2], took[len(took)-1], all, later)
		for _, city := range d.Cities {
			v, err := city.Verify(t.Context())
			if err != nil || !v.Clean {
				t.Errorf("%+v, %v", v, err)
			}
		}
	})
}

// TestPurgeKilled at any moment and begun again erases everything once, and confirms it once.
func TestPurgeKilled(t *testing.T) {
	dbtest.EachAt(t, func(t *testing.T, at string) {
		c := new(clock)
		d := dbtest.OpenAt(t, at)
		east, west := newCity(t, dbtest.Like(t, d), "east"), newCity(t, dbtest.On(t, d, c.now), "west")
		east.know(west)
		west.know(east)
		agree(t, east, west, kept("T1", "P1D"))
		n := dbtest.Times(400, 1500)
		for i := range n {
			east.say(west, link.Waiting{Kind: "records", Instrument: "T1", Clause: "C1", Subject: "safety/subsidence", Rows: 1, Body: []byte(through(t, terms(), hole(fmt.Sprint("k", i), 1, "")))})
		}
		east.carry(west)
		for i := range 6 {
			_, kill := child(t, "ACCORD_CHILD=purge", "ACCORD_AT="+at)
			time.Sleep(time.Duration(i*7) * time.Millisecond)
			kill()
		}
		c.ahead.Store(int64(72 * time.Hour))
		if _, err := west.flow.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		equal(t, "bodies", west.bodied("east"))
		equal(t, "records", west.bodies(`SELECT key FROM record`))
		confirmed := map[int64]int{}
		for _, b := range west.bodies(`SELECT body FROM outbox WHERE kind = 'purged'`) {
			for _, i := range holds(t, b, int64(n)) {
				confirmed[i]++
			}
		}
		for i := range int64(n) {
			if confirmed[i] != 1 {
				t.Fatalf("entry %d was confirmed %d times", i, confirmed[i])
			}
		}
		west.clean()
	})
}
