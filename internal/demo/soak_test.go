package demo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"accord/agreement"
	"accord/exchange"
	"accord/internal/dbtest"
	"accord/internal/demo"
	"accord/internal/document"
	"accord/internal/fault"
	"accord/internal/flow"
	"accord/internal/link"
	"accord/internal/node"
	"accord/internal/who"
)

// TestSoak has two cities exchange under load over lines that are now slow, now broken, now silent, while processes are
// killed and stopped, the instrument is suspended and resumed by either side, and bundles also travel as files, out of order
// and twice. One city is served by one process on SQLite, the other by two on PostgreSQL behind a proxy that repeats requests, at
// once or late, and loses answers. Afterwards nothing accepted is
// lost, nothing is twice, the logs agree and both verify.
//
// ACCORD_SOAK says how long, 15s without it; ACCORD_SOAK_RATE how many records a second each city stores, 40 without it.
// In the first quarter any process may be killed; after it one process of each city is left alone, so that its memory can
// be looked at.
func TestSoak(t *testing.T) {
	long, rate := soakSettings(t)
	spec, _, err := demo.Read()
	if err != nil {
		t.Fatal(err)
	}
	o := demo.Options{Processes: 2, Databases: map[string]string{spec.Parties[1].ID: dbtest.ServerCalm(t)}, Endpoints: map[string][]string{}}
	lines := map[string]*line{}
	for _, p := range spec.Parties {
		lines[p.ID] = newLine(t)
		o.Endpoints[p.ID] = []string{"https://" + lines[p.ID].at}
	}
	s := &soak{T: t, demo: setup(t, o), program: build(t), lines: lines, counts: map[string]int{}, sent: map[string]letter{}, began: time.Now(), long: long}
	s.behindProxy(s.demo.Cities[1])
	s.start()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	var all sync.WaitGroup
	stored := make([]int, len(s.demo.Cities))
	for i, c := range s.demo.Cities {
		all.Go(func() { stored[i] = s.load(ctx, c, rate) })
		all.Go(func() { s.files(ctx, c, s.demo.Cities[1-i]) })
		all.Go(func() { s.letters(ctx, c, s.demo.Cities[1-i]) })
	}
	all.Go(func() { s.watchMemory(ctx) })
	s.disturb(ctx)
	all.Wait()
	s.rest()
	settle(t, s.demo)
	s.stop()
	check(t, s.demo, stored)
	s.read()
	s.report(stored)
}

func soakSettings(t *testing.T) (long time.Duration, rate int) {
	t.Helper()
	long, rate = 15*time.Second, 40
	var err error
	if v := os.Getenv("ACCORD_SOAK"); v != "" {
		if long, err = time.ParseDuration(v); err != nil {
			t.Fatal(err)
		}
	}
	if v := os.Getenv("ACCORD_SOAK_RATE"); v != "" {
		if rate, err = strconv.Atoi(v); err != nil || rate < 1 {
			t.Fatalf("ACCORD_SOAK_RATE %q is not a number of records a second", v)
		}
	}
	return long, rate
}

// A soak is one such run.
type soak struct {
	*testing.T
	demo    *demo.Demo
	program string
	lines   map[string]*line
	began   time.Time
	long    time.Duration

	mu     sync.Mutex
	nodes  []*soaked
	counts map[string]int // of what was done to them
	sent   map[string]letter
}

// A letter is a document that a city has sent.
type letter struct {
	to   *demo.City
	text string
}

// A soaked is a process of a city, and what memory it took.
type soaked struct {
	home string
	*served
	since time.Time
	rss   []int64 // bytes, one sample a second, since it was started
	peak  int64   // of all processes that served this home
	left  bool    // alone after the first quarter
}

// start serves every city from each of its homes.
func (s *soak) start() {
	for _, c := range s.demo.Cities {
		homes, err := filepath.Glob(c.Home.Dir + "*")
		if err != nil {
			s.Fatal(err)
		}
		var targets []string
		for i, home := range homes {
			s.nodes = append(s.nodes, &soaked{home: home, served: serve(s.T, s.program, home), since: time.Now(), left: i == 0})
			targets = append(targets, exchangeAddress(s.T, home))
		}
		if c.Home.Config.ExchangeBehindProxy {
			targets = []string{newEcho(s.T, c.Keys.TLS, targets, s.count).at}
		}
		s.lines[c.Home.Config.Party].lead(targets...)
	}
}

// behindProxy has a city take plain requests that a proxy hands on.
func (s *soak) behindProxy(c *demo.City) {
	homes, err := filepath.Glob(c.Home.Dir + "*")
	if err != nil {
		s.Fatal(err)
	}
	c.Home.Config.ExchangeBehindProxy = true
	for _, home := range homes {
		h, err := node.OpenHome(home)
		if err != nil {
			s.Fatal(err)
		}
		h.Config.ExchangeBehindProxy = true
		if err := h.Save(); err != nil {
			s.Fatal(err)
		}
	}
}

func (s *soak) count(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[what]++
}

// load stores records of a city at a rate until ctx ends, and returns how many were accepted.
func (s *soak) load(ctx context.Context, c *demo.City, rate int) (stored int) {
	const perSecond = 10
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	for seed := uint64(1_000_000); ; seed++ {
		select {
		case <-ctx.Done():
			return stored
		case <-tick.C:
		}
		n, err := c.Simulate(context.WithoutCancel(ctx), seed, max(1, rate/perSecond))
		if err != nil {
			s.Error(err)
			return stored
		}
		stored += n
	}
}

// files also carries bundles as files: each is read late, some twice, in any order.
func (s *soak) files(ctx context.Context, from, to *demo.City) {
	var kept [][]byte
	for ctx.Err() == nil {
		pause(ctx, 300*time.Millisecond+rand.N(time.Second))
		w, err := from.Links.Write(ctx, to.Home.Config.Party, link.Everything)
		if err != nil {
			if ctx.Err() == nil {
				s.Error(err)
			}
			return
		}
		kept = append(kept, w.Sealed)
		rand.Shuffle(len(kept), func(i, j int) { kept[i], kept[j] = kept[j], kept[i] })
		_, err = to.Links.Read(ctx, kept[0], link.ByHand)
		if err != nil && !errors.Is(err, link.ErrGap) && ctx.Err() == nil {
			s.Errorf("a file from %s: %v", from.Home.Config.Party, err)
		}
		s.count("files read")
		if len(kept) > 4 || rand.IntN(2) == 0 {
			kept = kept[1:]
		}
	}
}

// clerk is who writes letters and opens them.
var clerk = who.Person{ID: "clerk", Role: who.Releaser}

// letters has a city send a document now and then, some of several parts.
func (s *soak) letters(ctx context.Context, from, to *demo.City) {
	for n := 0; ctx.Err() == nil; n++ {
		text := strings.Repeat(fmt.Sprintf("letter %d of %s\n", n, from.Home.Config.Party), 1+rand.IntN(1<<(4+3*rand.IntN(5))))
		k, err := from.Flow.SendDocument(context.WithoutCancel(ctx), flow.Draft{To: to.Home.Config.Party, Clause: "D1", Kind: exchange.Letter, Title: "A letter", Language: "en",
			Standing: "official", Grade: agreement.Open, Unit: from.Home.Config.Party + "/office", Name: "letter.txt", File: strings.NewReader(text), Size: int64(len(text)), By: clerk})
		switch {
		case err == nil:
			s.mu.Lock()
			s.sent[k.Document.Document] = letter{to, text}
			s.counts["letters"]++
			s.mu.Unlock()
		case fault.KindOf(err) != fault.Refused: // while it is suspended nothing is sent
			s.Error(err)
			return
		}
		pause(ctx, rand.N(6*time.Second))
	}
}

// read opens every letter where it has come and compares it with what was sent.
func (s *soak) read() {
	for id, l := range s.sent {
		var got bytes.Buffer
		if _, err := l.to.Flow.OpenDocument(s.Context(), id, l.to.Home.Config.Party+"/archive", clerk, func(_ *document.Kept, from io.WriterTo) error {
			_, err := from.WriteTo(&got)
			return err
		}); err != nil || got.String() != l.text {
			s.Errorf("letter %s: %d of %d bytes, %v", id, got.Len(), len(l.text), err)
		}
	}
}

// disturb does one bad thing after the other until ctx ends.
func (s *soak) disturb(ctx context.Context) {
	for ctx.Err() == nil {
		pause(ctx, 50*time.Millisecond+rand.N(1500*time.Millisecond))
		switch rand.IntN(6) {
		case 0, 1:
			s.badLine(ctx)
		case 2, 3:
			s.kill(ctx)
		case 4:
			s.freeze(ctx)
		default:
			s.suspend(ctx)
		}
	}
}

func (s *soak) badLine(ctx context.Context) {
	c := s.demo.Cities[rand.IntN(len(s.demo.Cities))]
	l, m := s.lines[c.Home.Config.Party], moods[rand.IntN(len(moods))]
	l.be(m)
	s.count("line " + m.String())
	pause(ctx, rand.N(3*time.Second))
	l.be(calm)
}

// victim is a process that may be killed now.
func (s *soak) victim() *soaked {
	n := s.nodes[rand.IntN(len(s.nodes))]
	if n.left && time.Since(s.began) > s.long/4 {
		return s.nodes[len(s.nodes)-1]
	}
	return n
}

func (s *soak) kill(ctx context.Context) {
	n := s.victim()
	n.kill(s.T)
	s.count("killed")
	pause(ctx, rand.N(time.Second))
	again := serve(s.T, s.program, n.home)
	s.mu.Lock()
	defer s.mu.Unlock()
	n.served, n.since, n.rss = again, time.Now(), nil
}

// freeze stops a process for a while: to its partner it is one that answers slowly.
func (s *soak) freeze(ctx context.Context) {
	n := s.nodes[rand.IntN(len(s.nodes))]
	if err := n.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		s.Error(err)
		return
	}
	s.count("stopped for a while")
	pause(ctx, rand.N(2*time.Second))
	if err := n.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		s.Error(err)
	}
}

// suspend has a city suspend the terms and resume them.
func (s *soak) suspend(ctx context.Context) {
	c := s.demo.Cities[rand.IntN(len(s.demo.Cities))]
	whole := context.WithoutCancel(ctx)
	if err := c.Flow.Suspend(whole, "DEMO", "a test"); err != nil {
		s.Error(err)
		return
	}
	s.count("suspended")
	pause(ctx, rand.N(time.Second))
	if _, err := c.Flow.Resume(whole, "DEMO", ""); err != nil && fault.KindOf(err) != fault.Conflict {
		s.Error(err)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// rest makes the world good again.
func (s *soak) rest() {
	for _, l := range s.lines {
		l.be(calm)
	}
}

func (s *soak) stop() {
	for _, n := range s.nodes {
		n.kill(s.T)
	}
}

// watchMemory looks at every process once a second.
func (s *soak) watchMemory(ctx context.Context) {
	for ctx.Err() == nil {
		pause(ctx, time.Second)
		s.mu.Lock()
		for _, n := range s.nodes {
			if rss := resident(n.cmd.Process.Pid); rss > 0 {
				n.rss, n.peak = append(n.rss, rss), max(n.peak, rss)
			}
		}
		s.mu.Unlock()
	}
}

// resident is the memory of a process in bytes; 0 when it has gone.
func resident(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// mostMemory is what a node may take under load.
const mostMemory = 150 << 20

// report says what was done and what it took, and holds memory to its bound.
func (s *soak) report(stored []int) {
	var what []string
	for k, n := range s.counts {
		what = append(what, fmt.Sprintf("%s %d", k, n))
	}
	slices.Sort(what)
	s.Logf("%v; accepted %v; %s", s.long, stored, strings.Join(what, ", "))
	for _, n := range s.nodes {
		s.Logf("%s: peak %d MB; the last process ran %v: %s", filepath.Base(n.home), n.peak>>20, time.Since(n.since).Round(time.Second), course(n.rss))
		if n.peak > mostMemory {
			s.Errorf("%s took %d MB", filepath.Base(n.home), n.peak>>20)
		}
	}
}

// course is the median memory of ten stretches of equal length.
func course(rss []int64) string {
	var out []string
	for i := range 10 {
		part := slices.Sorted(slices.Values(rss[i*len(rss)/10 : (i+1)*len(rss)/10]))
		if len(part) > 0 {
			out = append(out, strconv.FormatInt(part[len(part)/2]>>20, 10))
		}
	}
	return strings.Join(out, " ") + " MB"
}

// exchangeAddress is where the node of a home listens for partners.
func exchangeAddress(t *testing.T, home string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(home, "accord.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(l, "exchange = "); ok {
			return strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	t.Fatalf("%s names no address for partners", home)
	return ""
}
