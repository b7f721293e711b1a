package peer

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"accord/internal/fault"
	"accord/internal/link"
	"accord/internal/observe"
)

// Retry pace of the protocol.
const (
	firstPause = 250 * time.Millisecond
	shortPause = 10 * time.Millisecond // after an answer that moved nothing
	onceMore   = time.Second           // after the first refusal
	lastPause  = time.Minute

	worthTelling = 500 * time.Millisecond // a partner that is away longer is told to the administrator
)

// longest is how long a request stays open at the partner while neither side has anything to say.
const longest = 50 * time.Second

// Run exchanges whenever there is reason to, until ctx ends. wake makes it look at once; poll is how often it looks
// without being told, for what other processes put into the outbox. Of several processes of a node one sends to a partner.
func (c *Client) Run(ctx context.Context, wake <-chan struct{}, poll time.Duration) {
	defer c.lease.release(ctx)
	pause, failing := time.Duration(0), true // whether it was so before this process is not known
	for ctx.Err() == nil {
		sleep(ctx, pause-rand.N(pause/4+1))
		if !c.due(ctx) {
			pause = 0
			c.idle(ctx, wake, poll)
			continue
		}
		if mine, err := c.lease.hold(ctx); err != nil || !mine {
			if err != nil && ctx.Err() == nil {
				c.log.Error("who sends cannot be read", "error", err)
			}
			sleep(ctx, beat)
			continue
		}
		named := observe.WithID(ctx, observe.NewID())
		report, err := c.held(named, 0)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			pause, failing = c.nextPause(named, pause, err), true
			continue
		}
		if failing {
			failing = c.links.Reached(ctx, c.partner) != nil
		}
		if moved(report) == 0 && c.due(ctx) {
			// The answer moved nothing. Mostly something came meanwhile; a partner that never moves anything is soon left alone.
			pause = min(max(shortPause, pause*3), lastPause)
			continue
		}
		pause = 0
		c.came()
	}
}

// moved counts what a bundle changed.
func moved(r *link.Report) int { return r.Applied + r.Aside + r.Delivered + r.Returned }

// held exchanges while a sign of life is given.
func (c *Client) held(ctx context.Context, wait time.Duration) (*link.Report, error) {
	stop := c.lease.beating(ctx)
	defer stop()
	if wait > 0 {
		return c.exchange(ctx, wait)
	}
	return c.Exchange(ctx)
}

// idle waits for something to say. A partner that cannot dial this node says what it has by a request that waits there.
func (c *Client) idle(ctx context.Context, wake <-chan struct{}, poll time.Duration) {
	if !c.polls(ctx) {
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(poll):
		}
		return
	}
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	answered := make(chan error, 1)
	go func() {
		begin := time.Now()
		report, err := c.held(asking, longest)
		switch {
		case err != nil:
		case moved(report) > 0:
			c.came()
		case time.Since(begin) < poll: // it does not let anybody wait: do not ask it again at once
			sleep(asking, poll)
		}
		answered <- err
	}()
	for {
		select {
		case err := <-answered:
			if err != nil && ctx.Err() == nil {
				c.log.Debug("waiting request failed", "error", err)
				sleep(ctx, firstPause+rand.N(poll))
			}
			return
		case <-ctx.Done():
		case <-wake:
		case <-time.After(poll):
		}
		if ctx.Err() != nil || c.due(ctx) { // what is to be said goes first; the partner's waits until then
			cancel()
			<-answered
			return
		}
	}
}

// polls says whether this process is the one to keep a request open at the partner.
func (c *Client) polls(ctx context.Context) bool {
	theirs, err := c.card(ctx)
	if err != nil || len(theirs.Endpoints) == 0 {
		return false
	}
	ours, err := c.links.OurCard(ctx, c.partner)
	if err != nil || len(ours.Endpoints) > 0 {
		return false
	}
	mine, err := c.lease.hold(ctx)
	return err == nil && mine
}

func (c *Client) nextPause(ctx context.Context, pause time.Duration, err error) time.Duration {
	level := slog.LevelWarn
	if pause < worthTelling && fault.KindOf(err) == fault.Unavailable {
		level = slog.LevelDebug // a partner that is just starting
	}
	c.log.Log(ctx, level, "exchange failed", "kind", fault.KindOf(err), "error", err)
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Internal:
		pause = min(max(firstPause, pause*3/2), lastPause)
	default: // only a person can mend it, unless it met the moment at which a card came into force
		if pause < onceMore {
			pause = onceMore
		} else {
			pause = lastPause
		}
	}
	if noted := c.links.Failed(ctx, c.partner, err, pause); noted != nil && ctx.Err() == nil {
		c.log.Error("that an exchange failed cannot be noted", "error", noted)
	}
	return pause
}

func (c *Client) due(ctx context.Context) bool {
	look := c.links.Due
	if c.underway.answer(c.partner) {
		look = c.links.DueBesideWord
	}
	due, err := look(ctx, c.partner)
	if err != nil && ctx.Err() == nil {
		c.log.Error("outbox cannot be read", "error", err)
	}
	if !due || err != nil {
		return false
	}
	card, err := c.card(ctx)
	return err == nil && len(card.Endpoints) > 0
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
