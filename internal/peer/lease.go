package peer

import (
	"context"
	"sync"
	"time"

	"accord/internal/link"
)

// Who sends gives a sign of life every beat; one that has given none for patience is taken to be gone.
const (
	beat     = time.Second
	patience = 3 * beat
)

// A lease makes this process the one that sends to a partner.
type lease struct {
	links   *link.Links
	partner string
	holder  string

	mu    sync.Mutex
	given time.Time // our last sign of life
	other link.Beat // the newest of who holds it
	since time.Time // since when it is the newest, by our clock
}

// hold says whether this process sends, after giving a sign of life where one is due.
func (l *lease) hold(ctx context.Context) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.given.IsZero() && time.Since(l.given) < beat {
		return true, nil
	}
	var last link.Beat
	if l.other.Holder != "" && time.Since(l.since) >= patience {
		last = l.other
	}
	now, mine, err := l.links.Hold(ctx, l.partner, l.holder, last)
	switch {
	case err != nil:
		return false, err
	case mine:
		l.given, l.other = time.Now(), link.Beat{}
	default:
		l.given = time.Time{}
		if now != l.other {
			l.other, l.since = now, time.Now()
		}
	}
	return mine, nil
}

// beating gives signs of life until stop is called: a request may last longer than others are patient.
func (l *lease) beating(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for sleep(ctx, beat); ctx.Err() == nil; sleep(ctx, beat) {
			_, _ = l.hold(ctx) // when it fails the other takes over, which costs work and breaks nothing
		}
	}()
	return func() { cancel(); <-done }
}

// release lets another process take over at once.
func (l *lease) release(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.given.IsZero() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = l.links.Release(ctx, l.partner, l.holder) // if not, the other waits a few seconds
}
