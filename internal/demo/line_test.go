package demo_test

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A mood is how a line between two nodes behaves.
type mood int32

const (
	calm   mood = iota
	slow        // every piece comes late
	ragged      // connections break after some bytes, in the middle of whatever they carry
	away        // nobody answers the call
	silent      // the call is taken and nothing ever comes through
)

// moods are the bad ones.
var moods = []mood{slow, ragged, away, silent}

func (m mood) String() string { return [...]string{"calm", "slow", "ragged", "away", "silent"}[m] }

// A line stands between a node and who calls it, as a network does that is sometimes bad. What it carries is TLS, so it
// can hold back, break and lose, but not change.
type line struct {
	at      string // where partners call
	now     atomic.Int32
	mu      sync.Mutex
	targets []string // where the node listens, with all its processes
	open    map[net.Conn]bool
}

// newLine returns a line that ends with the test. Its targets are given with lead.
func newLine(t *testing.T) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{at: listener.Addr().String(), open: map[net.Conn]bool{}}
	var all sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		l.hangUp()
		all.Wait()
	})
	all.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { l.carry(c) })
		}
	})
	return l
}

func (l *line) lead(targets ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.targets = targets
}

// be changes the mood. Connections that are open break: a network that changes seldom keeps them.
func (l *line) be(m mood) {
	l.now.Store(int32(m))
	l.hangUp()
}

func (l *line) mood() mood { return mood(l.now.Load()) }

func (l *line) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.Close()
	}
}

// hold keeps a connection among those that hangUp breaks.
func (l *line) hold(c net.Conn) (release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = true
	return func() {
		c.Close()
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.open, c)
	}
}

// dial calls the first process of the node that answers.
func (l *line) dial() (net.Conn, bool) {
	l.mu.Lock()
	targets := l.targets
	l.mu.Unlock()
	for _, i := range rand.Perm(len(targets)) {
		if c, err := net.DialTimeout("tcp", targets[i], time.Second); err == nil {
			return c, true
		}
	}
	return nil, false
}

func (l *line) carry(caller net.Conn) {
	defer l.hold(caller)()
	switch l.mood() {
	case away:
		return
	case silent:
		io.Copy(io.Discard, caller) // until the mood changes or the caller gives up
		return
	}
	node, ok := l.dial()
	if !ok {
		return
	}
	defer l.hold(node)()
	var both sync.WaitGroup
	both.Go(func() { l.pump(node, caller) })
	both.Go(func() { l.pump(caller, node) })
	both.Wait()
}

// pump moves bytes one way until either end is gone, in the mood of the moment.
func (l *line) pump(to, from net.Conn) {
	defer to.Close()
	left := 1 + rand.N(200_000) // bytes until a ragged line breaks
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		switch l.mood() {
		case slow:
			time.Sleep(rand.N(80 * time.Millisecond))
		case ragged:
			if left -= n; left < 0 {
				n, err = rand.IntN(n+1), io.ErrUnexpectedEOF
			}
		}
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
			from.Close()
			return
		}
	}
}
