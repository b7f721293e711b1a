package peer_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/dbtest"
	"accord/internal/link"
	"accord/internal/peer"
)

// hidden gives a city a second card that names no address: its partner cannot dial it.
func (c *city) hidden(t *testing.T, others ...*city) {
	t.Helper()
	first := mustCard(t, c)
	next := *first
	next.Serial, next.Previous, next.ValidFrom, next.Endpoints = 2, first.Hash(), time.Now().UTC().Truncate(time.Second), []string{}
	if !next.ValidFrom.After(first.ValidFrom) {
		next.ValidFrom = first.ValidFrom.Add(time.Second)
		time.Sleep(time.Until(next.ValidFrom))
	}
	file, err := exchange.SignCard(&next, c.identity, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range append(others, c) {
		if _, _, err := o.links.AddCard(t.Context(), file); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWhoCannotBeDialledIsToldAtOnce: its request waits at the partner and is answered when there is something to say, well
// before it would look by itself; while idle nothing travels.
func TestWhoCannotBeDialledIsToldAtOnce(t *testing.T) {
	east, west := pair(t)
	east.hidden(t, west)
	rings := make(chan struct{}, 1)
	west.server.Wake = func() (<-chan struct{}, func()) { return rings, func() {} }
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { east.client(t, "west", east.tls).Run(ctx, nil, time.Minute); close(done) }()
	for west.requests.Load() == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	time.Sleep(300 * time.Millisecond)
	if n := west.requests.Load(); n != 1 {
		t.Errorf("%d requests while idle", n)
	}
	begin := time.Now()
	west.say(t, east, 1)
	rings <- struct{}{}
	for east.applied.Load() == 0 && time.Since(begin) < 10*time.Second {
		time.Sleep(time.Millisecond)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	cancel()
	<-done
}

// TestOnePlaceToWait: a partner has one request that waits; a newer one takes its place, so that none piles up.
func TestOnePlaceToWait(t *testing.T) {
	east, west := pair(t)
	west.server.Wake = func() (<-chan struct{}, func()) { return nil, func() {} }
	answered := make(chan int, 3)
	for i := range 3 {
		go func() {
			res := post(t, west, east, "wait=50", nil)
			answered <- i
			_ = res
		}()
		time.Sleep(200 * time.Millisecond)
	}
	for range 2 {
		select {
		case <-answered:
		case <-time.After(10 * time.Second):
			t.Fatal("an older request still waits")
		}
	}
	west.say(t, east, 1)
	select {
	case <-answered: // by looking itself
	case <-time.After(10 * time.Second):
		t.Error("the newest waits although there is something to say")
	}
}

// post sends a bundle of from with nothing new, or another content, and returns the status.
func post(t *testing.T, to, from *city, prefer string, content []byte) int {
	t.Helper()
	if content == nil {
		w, err := from.links.Write(t.Context(), to.name, link.WordOnly)
		if err != nil {
			t.Error(err)
			return 0
		}
		content = w.Sealed
	}
	hc, url := caller(t, to, from)
	return postBy(t, hc, url, prefer, content)
}

func postBy(t *testing.T, hc *http.Client, url, prefer string, content []byte) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(content))
	if err != nil {
		t.Error(err)
		return 0
	}
	req.Header.Set("Content-Type", "application/vnd.accord.bundle")
	if prefer != "" {
		req.Header.Set("Prefer", prefer)
	}
	res, err := hc.Do(req)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// caller is a client with the key of from, and where the node of to takes bundles.
func caller(t *testing.T, to, from *city) (*http.Client, string) {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{from.tls}}, DisableKeepAlives: true}},
		mustCard(t, to).Endpoints[0] + peer.Path
}

// TestFloodIsBounded: who sends the same bundle, or rubbish, again and again is told to wait, and others are served.
func TestFloodIsBounded(t *testing.T) {
	east, west := pair(t)
	north := newCity(t, "north")
	west.know(t, north)
	north.know(t, west)
	for name, content := range map[string][]byte{"replay": nil, "rubbish": []byte("<html>")} {
		if content == nil {
			w, err := east.links.Write(t.Context(), "west", link.WordOnly)
			if err != nil {
				t.Fatal(err)
			}
			content = w.Sealed
		}
		limited := false
		hc, url := caller(t, west, east)
		hc.Transport.(*http.Transport).DisableKeepAlives = false // who floods does not shake hands each time
		for range 400 {
			if limited = postBy(t, hc, url, "", content) == http.StatusServiceUnavailable; limited {
				break
			}
		}
		hc.CloseIdleConnections()
		if !limited {
			t.Errorf("%s: never told to wait", name)
		}
	}
	if status := post(t, west, north, "", nil); status != http.StatusOK {
		t.Errorf("another partner got %d", status)
	}
}

// TestBehindProxy: TLS ends before the node, which goes by the signature; without one, with another's, of another time or
// content, nothing is read.
func TestBehindProxy(t *testing.T) {
	east, west := pair(t)
	west.server.BehindProxy = true
	front := httptest.NewServer(west.server)
	defer front.Close()
	w, err := east.links.Write(t.Context(), "west", link.WordOnly)
	if err != nil {
		t.Fatal(err)
	}
	card := mustCard(t, east)
	send := func(content []byte, change func(r *exchange.Request) string) int {
		r := exchange.NewRequest(card, peer.Path, w.Sealed, time.Now())
		signature := change(r)
		req, err := http.NewRequest(http.MethodPost, front.URL+peer.Path, bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/vnd.accord.bundle")
		if signature != "" {
			req.Header.Set("Content-Digest", r.Digest())
			req.Header.Set("Signature-Input", r.Input())
			req.Header.Set("Signature", signature)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		io.Copy(io.Discard, res.Body)
		return res.StatusCode
	}
	good := func(r *exchange.Request) string { return r.Sign(east.key) }
	for name, c := range map[string]struct {
		content []byte
		change  func(r *exchange.Request) string
		want    int
	}{
		"signed":        {w.Sealed, good, 200},
		"again":         {w.Sealed, good, 200},
		"not signed":    {w.Sealed, func(*exchange.Request) string { return "" }, 403},
		"by another":    {w.Sealed, func(r *exchange.Request) string { return r.Sign(west.key) }, 403},
		"other content": {[]byte("x"), good, 403},
		"other path":    {w.Sealed, func(r *exchange.Request) string { o := *r; o.Path = "/"; return o.Sign(east.key) }, 403},
		"too old":       {w.Sealed, func(r *exchange.Request) string { r.Created = r.Created.Add(-6 * time.Minute); return r.Sign(east.key) }, 503},
		"too new":       {w.Sealed, func(r *exchange.Request) string { r.Created = r.Created.Add(6 * time.Minute); return r.Sign(east.key) }, 503},
		"a stranger":    {w.Sealed, func(r *exchange.Request) string { r.Party = "north"; return r.Sign(east.key) }, 403},
		"another card":  {w.Sealed, func(r *exchange.Request) string { r.Card = 2; return r.Sign(east.key) }, 403},
	} {
		if got := send(c.content, c.change); got != c.want {
			t.Errorf("%s: %d, not %d", name, got, c.want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestOneProcessSends: of two processes of a city on one database one sends; when it is gone without a word the other takes
// over within seconds.
func TestOneProcessSends(t *testing.T) {
	dbtest.EachAt(t, func(t *testing.T, at string) {
		d := dbtest.OpenAt(t, at)
		links := link.New(d, link.Self{Party: "east"}, nil)
		twin := link.New(dbtest.Beside(t, d), link.Self{Party: "east"}, nil)
		_, mine, err := links.Hold(t.Context(), "west", "one", link.Beat{})
		if err != nil || !mine {
			t.Fatalf("nobody held it, %v", err)
		}
		seen, mine, err := twin.Hold(t.Context(), "west", "two", link.Beat{})
		if err != nil || mine {
			t.Fatalf("two hold it, %v", err)
		}
		if _, mine, err = links.Hold(t.Context(), "west", "one", link.Beat{}); err != nil || !mine {
			t.Fatalf("its holder lost it, %v", err)
		}
		if seen, mine, err = twin.Hold(t.Context(), "west", "two", seen); err != nil || mine {
			t.Fatalf("a beat that is not the last let another in, %v", err)
		}
		if _, mine, err = twin.Hold(t.Context(), "west", "two", seen); err != nil || !mine {
			t.Fatalf("who is gone still holds it, %v", err)
		}
		if err := links.Release(t.Context(), "west", "one"); err != nil {
			t.Fatal(err)
		}
		if _, mine, err = links.Hold(t.Context(), "west", "one", link.Beat{}); err != nil || mine {
			t.Fatalf("one released what two holds, %v", err)
		}
		holders := make(chan bool, 16)
		for i := range cap(holders) {
			go func() {
				_, mine, err := twin.Hold(t.Context(), "north", string(rune('a'+i)), link.Beat{})
				holders <- mine && err == nil
			}()
		}
		n := 0
		for range cap(holders) {
			if <-holders {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d hold it at once", n)
		}
	})
}

// TestFailuresAreKept: what went wrong is there for whoever asks, and gone once it goes well.
func TestFailuresAreKept(t *testing.T) {
	east, west := pair(t)
	east.say(t, west, 1)
	broken := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) })
	west.answer.Store(&broken)
	client := east.client(t, "west", east.tls)
	ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	client.Run(ctx, nil, 5*time.Millisecond)
	cancel()
	status := func() link.Status {
		list, err := link.New(dbtest.Beside(t, east.db), link.Self{Party: "east"}, nil).Status(t.Context())
		if err != nil || len(list) != 1 {
			t.Fatalf("%v %v", list, err)
		}
		return list[0]
	}
	s := status()
	if s.Failure == nil || s.Failure.Tries < 1 || s.Failure.Kind != "unavailable" || s.Failure.Next == nil || s.LastOK != nil || s.Sender != "" {
		t.Fatalf("%+v %+v", s, s.Failure)
	}
	west.answer.Store(nil)
	ctx, cancel = context.WithTimeout(t.Context(), 2*time.Second)
	client.Run(ctx, nil, 5*time.Millisecond)
	cancel()
	if s = status(); s.Failure != nil || s.LastOK == nil || s.Carrier != "https" || s.Ours.Delivered != 1 {
		t.Errorf("%+v", s)
	}
}

// TestARefusalIsTriedOnceMoreSoon: a request that meets the moment at which a card comes into force is refused once, and its
// entries wait no minute for that; a partner that goes on refusing is left alone.
func TestARefusalIsTriedOnceMoreSoon(t *testing.T) {
	east, west := pair(t)
	east.say(t, west, 1)
	refuse := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"kind":"refused","what":"connection","detail":"its key is on no card","do":"exchange cards"}`)
		if west.requests.Load() == 2 {
			west.answer.Store(nil)
		}
	})
	west.answer.Store(&refuse)
	client := east.client(t, "west", east.tls)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	client.Run(ctx, nil, 5*time.Millisecond)
	cancel()
	if n := west.requests.Load(); n != 2 {
		t.Errorf("%d requests of a partner that refuses, in three seconds", n)
	}
	if client.Run(timed(t, time.Second), nil, 5*time.Millisecond); west.applied.Load() != 1 {
		t.Errorf("%d applied", west.applied.Load())
	}
}

// timed is a context that ends after d.
func timed(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
