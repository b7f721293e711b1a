package node_test

import (
	"log/slog"
	"sync"
	"testing"

	"accord/internal/courier"
	"accord/internal/db"
	"accord/internal/demo"
	"accord/internal/node"
)

// TestMailByProcessesAtOnce: several processes of a city look for what is to be mailed at the same moment, on one database. Each time
// one of them writes and the others let it; everything arrives once.
func TestMailByProcessesAtOnce(t *testing.T) {
	eachDemo(t, func(t *testing.T, d *demo.Demo) {
		office, posts := openOffice(t, d, "0s")
		round(t, office, posts)
		city, partner := d.Cities[0], d.Cities[1].Home.Config.Party
		senders := []*courier.Post{posts[0]}
		for range 3 { // what another process has: its own handle on the database, and nothing else in common
			n, err := node.Open(t.Context(), city.Home, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { n.Close() })
			senders = append(senders, n.Post(func() {}))
		}
		for i := range 6 {
			if _, err := city.Simulate(t.Context(), uint64(100+i), 10); err != nil {
				t.Fatal(err)
			}
			longAgo(t, city.Node)
			before := office.count()
			sent := atOnce(t, senders, partner)
			if n := office.count() - before; n != 1 || sent != 1 {
				t.Errorf("round %d: %d mails came of %d processes that say they have written", i, n, sent)
			}
		}
		longAgo(t, city.Node)
		round(t, office, posts)
		agree(t, d)
	})
}

// longAgo has the last mail lie so far back that another may follow.
func longAgo(t *testing.T, n *node.Node) {
	t.Helper()
	if err := n.DB.Update(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE mailed SET at = at - 3600000000, next = 0`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// atOnce has all of them look at the same moment, and says how many have written to the partner.
func atOnce(t *testing.T, senders []*courier.Post, partner string) (sent int) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	start := make(chan struct{})
	for _, p := range senders {
		all.Go(func() {
			<-start
			did, err := p.Send(t.Context(), false)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			for _, s := range did {
				if s.Partner == partner && s.Sent {
					sent++
				}
			}
		})
	}
	close(start)
	all.Wait()
	return sent
}
