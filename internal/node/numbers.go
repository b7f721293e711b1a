package node

import (
	"context"
	"net/http"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"accord/internal/db"
	"accord/internal/observe"
)

// Gauges that are read from the database and the disk when somebody looks. docs/operate.md says what to do at each.
var (
	outboxWaiting    = &observe.Gauge{Name: "accord_outbox_waiting", Help: "Entries that wait to leave, by partner.", Labels: []string{"partner"}}
	outboxOldest     = &observe.Gauge{Name: "accord_outbox_oldest_seconds", Help: "How long the oldest of them has waited, by partner.", Labels: []string{"partner"}}
	logEntries       = &observe.Gauge{Name: "accord_log_entries", Help: "Entries of a log, by writer and partner.", Labels: []string{"writer", "partner"}}
	logUndelivered   = &observe.Gauge{Name: "accord_log_undelivered", Help: "Entries of a log that are not cosigned by the other city, by writer and partner.", Labels: []string{"writer", "partner"}}
	logUndelivSince  = &observe.Gauge{Name: "accord_log_undelivered_seconds", Help: "How long the oldest entry of ours that is not cosigned has been under way, by partner.", Labels: []string{"partner"}}
	lastCosigned     = &observe.Gauge{Name: "accord_log_cosigned_age_seconds", Help: "Age of the newest cosignature of a log, by writer and partner.", Labels: []string{"writer", "partner"}}
	asideEntries     = &observe.Gauge{Name: "accord_entries_aside", Help: "Entries that came and are set aside, by partner.", Labels: []string{"partner"}}
	intakeRows       = &observe.Gauge{Name: "accord_records_stored", Help: "Versions of records that were ever stored, own and partners'."}
	releasesWaiting  = &observe.Gauge{Name: "accord_releases_waiting", Help: "Releases that wait for a person."}
	releasesOldest   = &observe.Gauge{Name: "accord_releases_oldest_seconds", Help: "How long the oldest of them has waited."}
	suspended        = &observe.Gauge{Name: "accord_instruments_suspended", Help: "Suspensions that last, by whoever made them."}
	databaseBytes    = &observe.Gauge{Name: "accord_database_bytes", Help: "Size of the database."}
	diskFree         = &observe.Gauge{Name: "accord_disk_free_bytes", Help: "Space left where the home lies."}
	exchangeFailures = &observe.Gauge{Name: "accord_exchange_failures", Help: "Attempts to exchange that failed since one went well, by partner and kind of the last failure.", Labels: []string{"partner", "kind"}}
	contradictions   = &observe.Gauge{Name: "accord_contradictions", Help: "Histories a partner has signed that contradict each other, kept as proof, by partner.", Labels: []string{"partner"}}
	linksWaiting     = &observe.Gauge{Name: "accord_links_restored_waiting", Help: "1 while this node, after a restore, waits for some partner's word."}
	backupAge        = &observe.Gauge{Name: "accord_backup_age_seconds", Help: "Age of the newest backup; absent when none was ever written."}
)

var gauges = []*observe.Gauge{outboxWaiting, outboxOldest, logEntries, logUndelivered, logUndelivSince, lastCosigned, asideEntries, intakeRows,
	releasesWaiting, releasesOldest, suspended, databaseBytes, diskFree, exchangeFailures, contradictions, linksWaiting, backupAge}

// Metrics counts into a registry of its own from now on, and returns what counts and what shows it.
func (n *Node) Metrics() (*observe.Numbers, http.Handler, error) {
	registry := prometheus.NewRegistry()
	numbers, err := observe.NewNumbers(registry)
	if err != nil {
		return nil, nil, err
	}
	if err := observe.State(registry, gauges, n.state); err != nil {
		return nil, nil, err
	}
	for _, c := range []prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		if err := registry.Register(c); err != nil {
			return nil, nil, err
		}
	}
	n.DB.Tell(numbers.Transaction)
	n.Links.Tell(numbers.Bundle)
	return numbers, promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2}), nil
}

// A look collects the values of one moment.
type look struct {
	tx     *db.Tx
	values []observe.Value
}

func (l *look) add(g *observe.Gauge, v float64, labels ...string) {
	l.values = append(l.values, observe.Value{Gauge: g, Value: v, Labels: labels})
}

// age is how many seconds ago a time of the database was.
func (l *look) age(us int64) float64 { return max(0, l.tx.Now.Sub(db.Time(us)).Seconds()) }

func (n *Node) state(ctx context.Context) (values []observe.Value, err error) {
	err = n.DB.View(ctx, func(tx *db.Tx) error {
		l := &look{tx: tx}
		for _, ask := range []func(context.Context, *look) error{waitingNumbers, n.logNumbers, asideNumbers, n.linkNumbers, smallNumbers} {
			if err := ask(ctx, l); err != nil {
				return err
			}
		}
		values = l.values
		return nil
	})
	if err != nil {
		return nil, err
	}
	if size, err := n.databaseSize(ctx); err == nil {
		values = append(values, observe.Value{Gauge: databaseBytes, Value: float64(size)})
	}
	if free, known := observe.Disk(n.Home.Dir); known {
		values = append(values, observe.Value{Gauge: diskFree, Value: float64(free)})
	}
	return values, nil
}

func waitingNumbers(ctx context.Context, l *look) error {
	return l.tx.Rows(ctx, `SELECT partner, COUNT(*), MIN(since) FROM outbox GROUP BY partner ORDER BY partner`, nil, func(r db.Scanner) error {
		var partner string
		var count, since int64
		err := r.Scan(&partner, &count, &since)
		l.add(outboxWaiting, float64(count), partner)
		l.add(outboxOldest, l.age(since), partner)
		return err
	})
}

func (n *Node) logNumbers(ctx context.Context, l *look) error {
	return l.tx.Rows(ctx, `SELECT g.writer, g.partner, g.size, g.delivered, (SELECT MAX(c.at) FROM cosigned c WHERE c.log = g.id),
		(SELECT e.time FROM entry e WHERE e.log = g.id AND e.idx = g.delivered) FROM log g ORDER BY g.origin`, nil, func(r db.Scanner) error {
		var writer, partner string
		var size, delivered int64
		var at, left *int64
		err := r.Scan(&writer, &partner, &size, &delivered, &at, &left)
		l.add(logEntries, float64(size), writer, partner)
		l.add(logUndelivered, float64(size-delivered), writer, partner)
		if at != nil {
			l.add(lastCosigned, l.age(*at), writer, partner)
		}
		if left != nil && writer == n.Home.Config.Party {
			l.add(logUndelivSince, l.age(*left), partner)
		}
		return err
	})
}

func asideNumbers(ctx context.Context, l *look) error {
	return l.tx.Rows(ctx, `SELECT g.partner, (SELECT COUNT(*) FROM entry e WHERE e.log = g.id AND e.aside <> '') FROM log g WHERE g.writer = g.partner ORDER BY g.partner`, nil,
		func(r db.Scanner) error {
			var partner string
			var count int64
			err := r.Scan(&partner, &count)
			l.add(asideEntries, float64(count), partner)
			return err
		})
}

func (n *Node) linkNumbers(ctx context.Context, l *look) error {
	if err := l.tx.Rows(ctx, `SELECT partner, kind, tries FROM attempt ORDER BY partner`, nil, func(r db.Scanner) error {
		var partner, kind string
		var tries int64
		err := r.Scan(&partner, &kind, &tries)
		l.add(exchangeFailures, float64(tries), partner, kind)
		return err
	}); err != nil {
		return err
	}
	if err := l.tx.Rows(ctx, `SELECT p.party, (SELECT COUNT(*) FROM contradiction c WHERE c.partner = p.party) FROM (SELECT DISTINCT party FROM card WHERE party <> $1) p ORDER BY p.party`, []any{n.Home.Config.Party}, func(r db.Scanner) error {
		var partner string
		var count int64
		err := r.Scan(&partner, &count)
		l.add(contradictions, float64(count), partner)
		return err
	}); err != nil {
		return err
	}
	var waiting int64
	_, err := l.tx.Row(ctx, `SELECT COUNT(*) FROM restored WHERE heard IS NULL AND (partner <> '' OR EXISTS (SELECT 1 FROM card c WHERE c.party <> $1 AND NOT EXISTS
		(SELECT 1 FROM restored h WHERE h.partner = c.party)))`, []any{n.Home.Config.Party}, &waiting)
	l.add(linksWaiting, min(1, float64(waiting)))
	return err
}

func smallNumbers(ctx context.Context, l *look) error {
	var stored, waiting, lasting int64
	var since, at *int64
	if _, err := l.tx.Row(ctx, `SELECT (SELECT n FROM counter WHERE name = 'record'), (SELECT COUNT(*) FROM release WHERE state = 'waiting'),
		(SELECT MIN(since) FROM release WHERE state = 'waiting'), (SELECT COUNT(*) FROM suspension WHERE until IS NULL), (SELECT MAX(at) FROM backup)`, nil,
		&stored, &waiting, &since, &lasting, &at); err != nil {
		return err
	}
	l.add(intakeRows, float64(stored))
	l.add(releasesWaiting, float64(waiting))
	l.add(suspended, float64(lasting))
	if since != nil {
		l.add(releasesOldest, l.age(*since))
	}
	if at != nil {
		l.add(backupAge, l.age(*at))
	}
	return nil
}

// databaseSize is the size of the file, with what is not yet written back into it, or of the database on its server.
func (n *Node) databaseSize(ctx context.Context) (size int64, err error) {
	at, err := n.Home.Database()
	if err != nil {
		return 0, err
	}
	if db.IsURL(at) {
		err = n.DB.View(ctx, func(tx *db.Tx) error {
			_, err := tx.Row(ctx, `SELECT pg_database_size(current_database())`, nil, &size)
			return err
		})
		return size, err
	}
	files, err := filepath.Glob(at + "*")
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			size += info.Size()
		}
	}
	return size, err
}
