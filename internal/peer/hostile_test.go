package peer_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/tlog"

	"accord/exchange"
	"accord/internal/area/all"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/flow"
	"accord/internal/link"
)

// sizes are how many entries a city has of its own log towards a partner, how many of them are delivered, and how many of the
// partner's it has.
func (c *city) sizes(t *testing.T, partner *city) (ours, delivered, theirs int64) {
	t.Helper()
	v, err := c.links.Overview(t.Context(), partner.name, 0)
	if err != nil {
		t.Fatal(err)
	}
	return v[0].Size, v[0].Delivered, v[1].Size
}

// sound wants a city's logs to verify.
func (c *city) sound(t *testing.T) {
	t.Helper()
	checks, err := c.links.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range checks {
		for _, f := range k.Faults {
			t.Errorf("%s: %s: %s", c.name, k.Log, f)
		}
	}
}

// goesOn has an honest exchange of what waits and one thing more, both ways, after whatever came before.
func goesOn(t *testing.T, east, west *city) {
	t.Helper()
	east.say(t, west, 1)
	west.say(t, east, 1)
	client := east.client(t, west.name, east.tls)
	for range 3 {
		if _, err := client.Exchange(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range [][2]*city{{east, west}, {west, east}} {
		ours, delivered, _ := c[0].sizes(t, c[1])
		_, _, there := c[1].sizes(t, c[0])
		if ours != delivered || ours != there || ours == 0 {
			t.Errorf("%s has %d entries, %d delivered, %s has %d of them", c[0].name, ours, delivered, c[1].name, there)
		}
		c[0].sound(t)
	}
}

// dripping is a body that gives a byte now and then and never ends by itself.
type dripping struct{ ctx context.Context }

func (d dripping) Read(b []byte) (int, error) {
	select {
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	case <-time.After(10 * time.Millisecond):
		b[0] = 'x'
		return 1, nil
	}
}

// TestAnswerThatDripsForEver: a partner gives its answer a byte at a time without end. It is given up, told to whoever asks,
// and other partners are served meanwhile; once it answers well what waited for it goes.
func TestAnswerThatDripsForEver(t *testing.T) {
	east, west := pair(t)
	north := newCity(t, "north")
	east.know(t, north)
	north.know(t, east)
	east.say(t, west, 3)
	east.say(t, north, 3)
	drip := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		for r.Context().Err() == nil {
			w.Write([]byte("x"))
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	})
	west.answer.Store(&drip)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for _, to := range []string{"west", "north"} {
		client := east.client(t, to, east.tls)
		client.Within(400 * time.Millisecond)
		running.Go(func() { client.Run(ctx, nil, 5*time.Millisecond) })
	}
	failure := func() *link.Failure {
		list, err := east.links.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			if s.Partner == "west" {
				return s.Failure
			}
		}
		return nil
	}
	until(t, "north has all", func() bool { return north.applied.Load() == 3 })
	until(t, "it is given up", func() bool { return failure() != nil })
	if f := failure(); f.Kind != string(fault.Unavailable) {
		t.Errorf("%+v", f)
	}
	west.answer.Store(nil)
	until(t, "west has all", func() bool { _, delivered, _ := east.sizes(t, west); return delivered == 3 })
	cancel()
	running.Wait()
	goesOn(t, east, west)
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begin := time.Now(); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatal("not within 20 s: " + what)
		}
	}
}

// TestRequestsThatDripForEver: a partner sends two bundles a byte at a time. Its third request is told to wait, others are
// served, and when the two are gone it is served too.
func TestRequestsThatDripForEver(t *testing.T) {
	east, west := pair(t)
	north := newCity(t, "north")
	west.know(t, north)
	north.know(t, west)
	ctx, cancel := context.WithCancel(t.Context())
	var sending sync.WaitGroup
	for range 2 {
		sending.Go(func() {
			hc, url := caller(t, west, east)
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, dripping{ctx})
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Content-Type", "application/vnd.accord.bundle")
			if res, err := hc.Do(req); err == nil {
				res.Body.Close()
				t.Errorf("answered with %d", res.StatusCode)
			}
		})
	}
	until(t, "two are inside", func() bool { return west.requests.Load() == 2 })
	time.Sleep(50 * time.Millisecond)
	if status := post(t, west, east, "", nil); status != http.StatusServiceUnavailable {
		t.Errorf("its third request got %d", status)
	}
	if status := post(t, west, north, "", nil); status != http.StatusOK {
		t.Errorf("another partner got %d", status)
	}
	cancel()
	sending.Wait()
	until(t, "its places are free", func() bool { return post(t, west, east, "", nil) == http.StatusOK })
	goesOn(t, east, west)
}

// sealed seals what only claims to be a compressed bundle.
func sealed(t *testing.T, to *city, packed []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to.sealing.Recipient())
	if err == nil {
		_, err = w.Write(packed)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zeros is a frame of n zeros as blocks that say one byte and how often, and that it holds claimed bytes.
func zeros(n, claimed int64) []byte {
	frame := binary.LittleEndian.AppendUint64([]byte{0x28, 0xb5, 0x2f, 0xfd, 3 << 6, 10 << 3}, uint64(claimed))
	for n > 0 {
		size := min(n, 128<<10)
		n -= size
		b := uint32(size)<<3 | 1<<1
		if n == 0 {
			b |= 1
		}
		frame = append(frame, byte(b), byte(b>>8), byte(b>>16), 0)
	}
	return frame
}

// plainOf seals a plain form, whatever it is.
func plainOf(t *testing.T, to *city, plain []byte) []byte {
	t.Helper()
	b, err := exchange.Seal(plain, mustCard(t, to))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// hostileBytes are bodies that are no bundle for a city, each with what makes it one that must be refused.
func hostileBytes(t *testing.T, from, to, other *city) map[string][]byte {
	t.Helper()
	honest, err := from.links.Write(t.Context(), to.name, link.WordOnly)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := from.signed(t, &exchange.Bundle{From: from.name, To: to.name, Card: 1})
	deep := strings.Repeat(`{"from":`, 60) + strings.Repeat("}", 60)
	head := append([]byte("accord-bundle/1\n"), binary.BigEndian.AppendUint32(nil, uint32(len(deep)))...)
	long := append([]byte("accord-bundle/1\n"), 0xff, 0xff, 0xff, 0xff)
	stanza := "-> X25519 " + strings.Repeat("A", 43) + "\n" + strings.Repeat("A", 43) + "\n"
	return map[string][]byte{
		"too large":               make([]byte, exchange.MaxSealed+1),
		"inflates beyond all":     sealed(t, to, zeros(exchange.MaxPlain+1, exchange.MaxPlain+1)),
		"inflates to terabytes":   sealed(t, to, zeros(1, 1<<42)),
		"inflates beyond its own": sealed(t, to, zeros(1<<20, 10)),
		"not compressed":          sealed(t, to, []byte("accord-bundle/1\n")),
		"for another recipient":   plainOf(t, other, elsewhere),
		"cut off":                 honest.Sealed[:len(honest.Sealed)/2],
		"its last byte is gone":   honest.Sealed[:len(honest.Sealed)-1],
		"something after it":      append(bytes.Clone(honest.Sealed), 0),
		"a header of recipients":  []byte("age-encryption.org/v1\n" + strings.Repeat(stanza, exchange.MaxSealed/len(stanza)-1) + "--- " + strings.Repeat("A", 43) + "\n"),
		"a header without end":    []byte("age-encryption.org/v1\n-> X25519 " + strings.Repeat("A", 4<<20)),
		"a deeply nested head":    plainOf(t, to, append(head, deep...)),
		"a block of 4 GiB":        plainOf(t, to, long),
		"deeply nested, unsealed": []byte(strings.Repeat("[", 1<<20)),
	}
}

// TestHostileBytesAsRequest: what a partner sends instead of a bundle is refused as its fault, soon, and stores nothing.
func TestHostileBytesAsRequest(t *testing.T) {
	east, west := pair(t)
	goesOn(t, east, west)
	other := newCity(t, "north")
	for name, content := range hostileBytes(t, east, west, other) {
		begin := time.Now()
		status := post(t, west, east, "", content)
		if status != http.StatusUnprocessableEntity && status != http.StatusForbidden {
			t.Errorf("%s: answered with %d", name, status)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s: it took %s", name, took)
		}
		if _, _, n := west.sizes(t, east); n != 1 {
			t.Errorf("%s: west has %d entries", name, n)
		}
	}
	goesOn(t, east, west)
}

// TestHostileBytesAsAnswer: the same from a partner that is asked, and problems that are none. What was sent stays to be
// delivered.
func TestHostileBytesAsAnswer(t *testing.T) {
	east, west := pair(t)
	goesOn(t, east, west)
	east.say(t, west, 1)
	answers := hostileBytes(t, west, east, newCity(t, "north"))
	for name, content := range answers {
		serve := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.Write(content)
		})
		west.answer.Store(&serve)
		_, err := east.client(t, "west", east.tls).Exchange(t.Context())
		if kind := fault.KindOf(err); err == nil || kind == fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, content := range map[string]string{"deep": strings.Repeat(`{"kind":`, 1000), "endless": strings.Repeat("x", 1<<20), "no kind": `{"kind":"root"}`} {
		serve := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, content)
		})
		west.answer.Store(&serve)
		if _, err := east.client(t, "west", east.tls).Exchange(t.Context()); fault.KindOf(err) != fault.Unavailable || len(err.Error()) > 1000 {
			t.Errorf("%s: %.200v", name, err)
		}
	}
	west.answer.Store(nil)
	if _, delivered, _ := east.sizes(t, west); delivered != 1 {
		t.Errorf("%d delivered", delivered)
	}
	goesOn(t, east, west)
}

// TestNestedBodies: entries whose bodies are JSON nested without end, of every kind that is JSON, are delivered and set aside,
// none is applied, and the link goes on.
func TestNestedBodies(t *testing.T) {
	east, west := pair(t)
	f := flow.New(west.db, "west", all.Lookup, slog.New(slog.DiscardHandler))
	f.Use(west.links)
	west.apply = f.Apply
	bodies := map[string]string{
		"objects": strings.Repeat(`{"a":`, 100_000) + "0" + strings.Repeat("}", 100_000),
		"lists":   strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000),
		"open":    strings.Repeat(`{"action":`, 50_000),
	}
	kinds := []exchange.Kind{exchange.KindAction, exchange.KindClaim, exchange.KindWord, exchange.KindDocument, exchange.KindOpened, exchange.KindWithdrawal,
		exchange.KindPurge, exchange.KindPurged, exchange.KindRecords, exchange.KindObservations, exchange.KindCard}
	err := east.db.Update(t.Context(), func(tx *db.Tx) error {
		for _, k := range kinds {
			for _, b := range bodies {
				w := link.Waiting{Partner: "west", Kind: k, Instrument: "demo", Clause: "D1", Unit: "east/office", Body: []byte(b)}
				if k == exchange.KindCard {
					w.Instrument, w.Clause, w.Unit = "", "", ""
				}
				if err := east.links.Put(t.Context(), tx, w); err != nil {
					return fmt.Errorf("%s: %w", k, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	client := east.client(t, "west", east.tls)
	for due := true; due; {
		if _, err := client.Exchange(t.Context()); err != nil {
			t.Fatal(err)
		}
		if due, err = east.links.Due(t.Context(), "west"); err != nil {
			t.Fatal(err)
		}
	}
	set, err := west.links.SetAsides(t.Context())
	if err != nil || len(set) != len(kinds)*len(bodies) {
		t.Errorf("%d of %d are set aside, %v", len(set), len(kinds)*len(bodies), err)
	}
	for _, a := range set {
		if len(a.Why) > 2000 {
			t.Errorf("%s: a reason of %d bytes", a.Kind, len(a.Why))
		}
	}
	west.apply = nil
	goesOn(t, east, west)
}

// TestForkOverHTTPS: a partner signs another history than the one it had delivered. The bundle is refused as a conflict, the
// proof is kept for the status, and the history that was delivered first goes on.
func TestForkOverHTTPS(t *testing.T) {
	east, west := pair(t)
	goesOn(t, east, west)
	other, err := exchange.NewEntry(exchange.Header{ID: exchange.NewID(), Kind: exchange.KindRecords, Instrument: "demo", Time: time.Now().UTC().Truncate(time.Second)}, []byte("another history"))
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, err := exchange.SignCheckpoint(exchange.Checkpoint{Origin: exchange.Origin("east", "west"), Size: 1, Root: tlog.RecordHash(other.Raw)}, east.key)
	if err != nil {
		t.Fatal(err)
	}
	plain := east.signed(t, &exchange.Bundle{From: "east", To: "west", Card: 1, End: 1, Checkpoint: checkpoint, Entries: []exchange.Entry{other}})
	for range 2 {
		if status := post(t, west, east, "", plainOf(t, west, plain)); status != http.StatusConflict {
			t.Errorf("answered with %d", status)
		}
	}
	list, err := west.links.Status(t.Context())
	if err != nil || len(list) != 1 || len(list[0].Contradictions) != 1 || list[0].Contradictions[0].Signed != string(checkpoint) {
		t.Errorf("%+v, %v", list, err)
	}
	goesOn(t, east, west)
}
