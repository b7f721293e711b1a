package peer

import (
	"fmt"
	"sync"
	"time"

	"accord/internal/fault"
)

// Bounds for one partner, so that none can take what the others need: requests at a time, and how many requests that change
// nothing it may make, at once and per second.
const (
	seats        = 2
	uselessBurst = 100
	uselessRate  = 20
)

// guests are the partners with requests here. What is kept is small and there is one for each partner.
type guests struct {
	mu sync.Mutex
	of map[string]*visits
}

// visits are the requests of one partner.
type visits struct {
	reading chan struct{} // holds one: whose bundle is being read
	inside  int
	waiting chan struct{} // closed when another request comes to wait
	useless float64       // how many it has made, less what time has forgiven
	at      time.Time     // when that was counted
}

func (g *guests) visits(party string) *visits {
	if g.of == nil {
		g.of = map[string]*visits{}
	}
	if g.of[party] == nil {
		g.of[party] = &visits{at: time.Now(), reading: make(chan struct{}, 1)}
	}
	return g.of[party]
}

// A guest is one request inside.
type guest struct {
	all     *guests
	party   string
	reading chan struct{} // of its partner
	once    sync.Once
}

// enter lets one request of a partner in, or says that it has too many.
func (g *guests) enter(party string) (*guest, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.visits(party)
	now := time.Now()
	v.useless, v.at = max(0, v.useless-now.Sub(v.at).Seconds()*uselessRate), now
	busy := func(why string) error {
		return fault.New(fault.Unavailable, "request", why, "wait a moment, then try again")
	}
	switch {
	case v.inside >= seats:
		return nil, busy(fmt.Sprintf("%s has %d requests here already", party, v.inside))
	case v.useless >= uselessBurst:
		return nil, busy(fmt.Sprintf("%s has sent too many that change nothing", party))
	}
	v.inside++
	return &guest{all: g, party: party, reading: v.reading}, nil
}

func (g *guest) leave() {
	g.once.Do(func() {
		g.all.mu.Lock()
		defer g.all.mu.Unlock()
		g.all.visits(g.party).inside--
	})
}

// useless counts a request that changed nothing.
func (g *guest) useless() {
	g.all.mu.Lock()
	defer g.all.mu.Unlock()
	g.all.visits(g.party).useless++
}

// waits takes the place of the request of a partner that waits; next is closed when another one takes it over.
func (g *guests) waits(party string) (next <-chan struct{}, leave func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.visits(party)
	if v.waiting != nil {
		close(v.waiting)
	}
	mine := make(chan struct{})
	v.waiting = mine
	return mine, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if v.waiting == mine {
			v.waiting = nil
		}
	}
}
