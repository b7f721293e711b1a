package node

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"accord/internal/area/all"
	"accord/internal/courier"
	"accord/internal/fault"
	"accord/internal/finder"
	"accord/internal/link"
	"accord/internal/observe"
	"accord/internal/peer"
	"accord/internal/shelf"
)

// watch is how soon a serving node notices what another process has put into its database; poll is how often it looks
// without a reason: when a delay is over, nothing is written that could be noticed.
const (
	watch = 5 * time.Millisecond
	poll  = time.Second
	tidy  = 10 * time.Second // how often fresh observations are packed into history
	purge = time.Minute      // how often it looks for what may not be kept any longer: a day's end is noticed within a minute
)

// Serve runs the node until ctx ends: the pages, the address for partners, and what goes out by itself. ready is called
// with the address of the pages once both listen.
func (n *Node) Serve(ctx context.Context, ready func(pages string)) error {
	site, err := n.Pages()
	if err != nil {
		return err
	}
	find, err := n.OwnFinder()
	if err != nil {
		return err
	}
	pages, err := n.listenPages(ctx)
	if err != nil {
		return err
	}
	numbers, metrics, err := n.Metrics()
	if err != nil {
		return errors.Join(err, pages.Close())
	}
	g, ctx := errgroup.WithContext(ctx)
	outbox := new(bell)
	underway := new(peer.Underway)
	serve := func(name string, l net.Listener, h http.Handler) {
		s := &http.Server{Handler: numbers.Requests(name, n.log, h), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, WriteTimeout: 4 * time.Minute, IdleTimeout: 2 * time.Minute,
			MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug)}
		g.Go(func() error { return closed(s.Serve(l)) })
		g.Go(func() error {
			<-ctx.Done()
			shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
			defer cancel()
			if s.Shutdown(shutdown) != nil {
				s.Close()
			}
			return nil
		})
	}
	serve("pages", pages, site)
	if n.Home.Config.Metrics != "" {
		l, err := listenLoopback(n.Home.Config.Metrics)
		if err != nil {
			return errors.Join(err, pages.Close())
		}
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", metrics)
		n.health(mux)
		serve("metrics", l, observe.Routes(mux))
	}
	if n.Home.Config.Exchange != "" {
		server := peer.NewServer(n.Links, n.own(), underway, n.log, outbox.ring)
		server.BehindProxy, server.Stop = n.Home.Config.ExchangeBehindProxy, ctx.Done()
		server.Wake = func() (<-chan struct{}, func()) {
			ring := outbox.listen()
			return ring, func() { outbox.leave(ring) }
		}
		l, err := net.Listen("tcp", n.Home.Config.Exchange)
		if err != nil {
			pages.Close()
			return busy(n.Home.Config.Exchange, err)
		}
		if !server.BehindProxy {
			l = tls.NewListener(l, server.TLS())
		}
		serve("partners", l, observe.Routes(server))
	}
	n.work(ctx, g, find, outbox)
	g.Go(func() error { return n.runClients(ctx, underway, outbox) })
	ready(pages.Addr().String())
	return g.Wait()
}

// work does what goes on by itself while the node serves.
func (n *Node) work(ctx context.Context, g *errgroup.Group, find *finder.Finder, outbox *bell) {
	changed := outbox.listen()
	g.Go(func() error { find.Run(ctx, changed, poll); return nil })
	g.Go(func() error { n.applyAgain(ctx); return nil })
	g.Go(func() error { n.keepPlaces(ctx); return nil })
	records := outbox.listen()
	g.Go(func() error { n.Flow.Run(ctx, records, poll, outbox.ring); return nil })
	came := outbox.listen()
	g.Go(func() error { n.Flow.KeepSettled(ctx, came, poll); return nil })
	g.Go(func() error { n.Flow.Keep(ctx, purge, outbox.ring); return nil })
	g.Go(func() error { n.Flow.KeepTidy(ctx, tidy); return nil })
	g.Go(func() error {
		if err := n.DB.Watch(ctx, watch, outbox.ring); ctx.Err() == nil { // that it was told to stop is no failure
			return err
		}
		return nil
	})
	if n.Home.Config.Mail != nil {
		wake := outbox.listen()
		g.Go(func() error { n.Post(outbox.ring).Run(ctx, wake); return nil })
	}
}

// runClients runs a client towards every partner, also towards those whose card is added while the node runs.
func (n *Node) runClients(ctx context.Context, underway *peer.Underway, outbox *bell) error {
	running := map[string]bool{}
	g, ctx := errgroup.WithContext(ctx)
	for ctx.Err() == nil {
		partners, err := n.Links.Partners(ctx)
		if err != nil && ctx.Err() == nil {
			n.log.Error("partners cannot be read", "error", err)
		}
		for _, p := range partners {
			if running[p] {
				continue
			}
			running[p] = true
			client := peer.NewClient(n.Links, p, n.own(), underway, n.log, outbox.ring)
			wake := outbox.listen()
			g.Go(func() error { client.Run(ctx, wake, poll); return nil })
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return g.Wait()
}

// applyAgain tries what is set aside once at each start: an update may know what the program before did not.
func (n *Node) applyAgain(ctx context.Context) {
	switch applied, err := n.Links.RetryEach(ctx); {
	case err != nil && ctx.Err() == nil:
		n.log.Error("what is set aside cannot be applied again", "error", err)
	case applied > 0:
		n.log.Info("what was set aside is applied", "entries", applied)
	}
}

// keepPlaces gives older records their cells once at each start: those of a node that was restored or brought up to date have none.
func (n *Node) keepPlaces(ctx context.Context) {
	sh := &shelf.Shelf{DB: n.DB, Lookup: all.Lookup}
	if err := sh.KeepPlaces(ctx); err != nil && ctx.Err() == nil {
		n.log.Error("older records cannot be given their cells: boxes are looked for one by one", "error", err)
	}
}

func busy(addr string, err error) error {
	return fault.New(fault.Unavailable, "address "+addr, "it cannot be listened on: "+err.Error(), "stop the program that uses it, or name another in accord.toml").Because(err)
}

func closed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// A bell tells every listener that there is something to look at. A listener that is busy finds one ring waiting.
type bell struct {
	mu        sync.Mutex
	listeners []chan struct{}
}

func (b *bell) listen() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := make(chan struct{}, 1)
	b.listeners = append(b.listeners, c)
	return c
}

// leave ends what listen began.
func (b *bell) leave(c <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listeners = slices.DeleteFunc(b.listeners, func(l chan struct{}) bool { return l == c })
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.listeners {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Post exchanges by mail, as the configuration says; nil where it says nothing of mail. came is called when something new was
// stored.
func (n *Node) Post(came func()) *courier.Post {
	if n.Home.Config.Mail == nil {
		return nil
	}
	offer := func(ctx context.Context) error { _, err := n.Flow.Offer(ctx, false); return err }
	return &courier.Post{DB: n.DB, Links: n.Links, Mail: n.Home.Config.Mail, Path: n.Home.secretPath, Offer: offer, Log: n.log, Came: came}
}

// Send writes one bundle for partner as a file carries it.
func (n *Node) Send(ctx context.Context, partner string) (*link.Written, error) {
	if _, err := n.Flow.Offer(ctx, false); err != nil {
		return nil, err
	}
	return n.Links.Write(ctx, partner, link.Everything)
}
