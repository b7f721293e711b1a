package evidence_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/evidence"
)

// BenchmarkStandings derives 22 clauses from 10,000 events in the database, half of them answered.
func BenchmarkStandings(b *testing.B) {
	east, west := newCity(b, dbtest.Open(b), "east"), newCity(b, dbtest.Open(b), "west")
	east.know(west)
	west.know(east)
	agree(b, wide(22), east, west)
	const events, each = 10_000, 500
	for from := 0; from < events; from += each {
		var all []evidence.Told
		for i := from; i < from+each; i++ {
			t := told(fmt.Sprint("event-", i), fmt.Sprint("C", i%22+1), "east", "west")
			t.Start = date.OnDay(t.Start.First().AddDays(-i % 4000))
			all = append(all, t)
		}
		if _, err := east.book.Claim(ctx, by("Ana"), all...); err != nil {
			b.Fatal(err)
		}
		settle(east, west)
	}
	for i := 0; i < events; i += 2 {
		if _, err := west.book.Say(ctx, deed("Wim", fmt.Sprint("east/event-", i), 1, ""), exchange.WordConfirmed, false); err != nil {
			b.Fatal(err)
		}
	}
	for name, derive := range map[string]func(tx *db.Tx) error{
		"states": func(tx *db.Tx) error {
			_, err := evidence.Standings(ctx, tx, false, time.UTC, date.Of(tx.Now), date.Day{})
			return err
		},
		"states and events": func(tx *db.Tx) error {
			_, _, err := evidence.Pulse(ctx, tx, false, time.UTC, date.Of(tx.Now))
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			before := processor(b)
			for b.Loop() {
				if err := west.db.View(ctx, derive); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((processor(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// processor is the time this process has had a processor: beside other work on the machine it says more than the clock.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// wide is a text with so many clauses like C1.
func wide(n int) []byte {
	one := string(text("T1", "signed", twoParties))
	head, clause, _ := strings.Cut(one, "[[clauses]]\n")
	clause, _, _ = strings.Cut(clause, "[[clauses]]\n")
	id := clause[:strings.Index(clause, "\n")]
	var out strings.Builder
	out.WriteString(head)
	for i := range n {
		out.WriteString("[[clauses]]\n" + strings.Replace(clause, id, fmt.Sprintf("id = %q", fmt.Sprint("C", i+1)), 1))
	}
	return []byte(out.String())
}
