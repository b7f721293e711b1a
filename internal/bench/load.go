package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"accord/internal/db"
	"accord/internal/demo"
)

// The load under which lag is measured: so many records a second, in so many portions, for so long.
const (
	perSecond   = 5000
	portions    = 50
	loadSeconds = 10
)

// Lag measures how long records are on their way while many are stored every second.
func Lag(ctx context.Context) ([]Figure, error) {
	dir, err := os.MkdirTemp("", "accord-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	return underLoad(ctx, dir)
}

// underLoad measures how long records are on their way while many are stored every second: from the transaction that stores
// one at home to the one that stores it at the partner's, both nodes on this machine, over HTTPS.
func underLoad(ctx context.Context, dir string) ([]Figure, error) {
	listen, err := addresses()
	if err != nil {
		return nil, err
	}
	d, err := demo.Setup(ctx, filepath.Join(dir, "load"), listen, quiet)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	from, to := d.Cities[0], d.Cities[1]
	stop := serve(ctx, d)
	defer stop()
	if err := delivered(ctx, from, to, 1, 20*time.Millisecond); err != nil {
		return nil, err
	}
	begin := time.Now()
	tick := time.NewTicker(time.Second / portions)
	defer tick.Stop()
	stored := 0
	for i := range loadSeconds * portions {
		n, err := from.Simulate(ctx, uint64(5000+i), perSecond/portions)
		if err != nil {
			return nil, err
		}
		stored += n
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
	rate := float64(stored) / time.Since(begin).Seconds()
	if err := delivered(ctx, from, to, 1, 20*time.Millisecond); err != nil {
		return nil, err
	}
	lag, err := between(ctx, from, to, begin)
	if err != nil {
		return nil, err
	}
	if len(lag) < stored/2 {
		return nil, fmt.Errorf("of %d records %d are at the partner's", stored, len(lag))
	}
	return []Figure{
		{Name: "records stored under load", Value: rate, Unit: "records/s"},
		{Name: "lag under load, median", Value: lag[len(lag)/2], Unit: "ms"},
		atMost("lag under load, p99", lag[len(lag)*99/100], "ms", 500),
	}, stop()
}

// between returns for every record of from that was stored since begin how many milliseconds later to had it, the shortest
// first.
func between(ctx context.Context, from, to *demo.City, begin time.Time) (ms []float64, err error) {
	known := func(c *demo.City) (map[string]int64, error) {
		out := map[string]int64{}
		err := c.DB.View(ctx, func(tx *db.Tx) error {
			return tx.Rows(ctx, `SELECT key, MIN(known) FROM record WHERE origin = $1 GROUP BY key`, []any{from.Home.Config.Party}, func(r db.Scanner) error {
				var key string
				var at int64
				err := r.Scan(&key, &at)
				out[key] = at
				return err
			})
		})
		return out, err
	}
	home, err := known(from)
	if err != nil {
		return nil, err
	}
	there, err := known(to)
	for key, at := range home {
		if came, ok := there[key]; ok && at >= db.Micros(begin) {
			ms = append(ms, float64(came-at)/1000)
		}
	}
	slices.Sort(ms)
	return ms, err
}
