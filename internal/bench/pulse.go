package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"accord/content"
	"accord/exchange"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/evidence"
	"accord/internal/history"
	"accord/internal/instrument"
	"accord/internal/link"
)

// Pulse measures deriving all clauses of the registered history, over every day from 1988 on, and of a node with many events in
// its database.
func Pulse(ctx context.Context) ([]Figure, error) {
	figures, err := historyPulse()
	if err != nil {
		return nil, err
	}
	stored, err := storedPulse(ctx)
	return append(figures, stored...), err
}

func historyPulse() ([]Figure, error) {
	h, err := history.Load(content.FS)
	if err != nil {
		return nil, err
	}
	from, until := date.NewDay(1988, 1, 1), date.NewDay(2026, 12, 31)
	var times []float64
	for day := from; !day.After(until); day = day.AddDays(1) {
		begin := time.Now()
		h.Pulse(day)
		times = append(times, time.Since(begin).Seconds()*1000)
	}
	slices.Sort(times)
	return []Figure{
		atMost("pulse of all clauses on a date, median", times[len(times)/2], "ms", 1),
		atMost("pulse of all clauses on a date, p99", times[len(times)*99/100], "ms", 1),
	}, nil
}

// How much a node is to know when its pulse is measured.
const (
	manyEvents  = 10_000
	manyClauses = 22
)

// storedPulse measures the pulse out of the database of a node with many events, half of them confirmed: on a different day each
// time, with everything read anew.
func storedPulse(ctx context.Context) ([]Figure, error) {
	dir, err := os.MkdirTemp("", "accord-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	d, err := db.Open(ctx, filepath.Join(dir, "accord.db"), time.Now)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if err := fillEvents(ctx, d); err != nil {
		return nil, err
	}
	var times []float64
	for i := range 60 {
		begin := time.Now()
		if err := d.View(ctx, func(tx *db.Tx) error {
			standings, err := evidence.Standings(ctx, tx, false, time.UTC, date.Of(tx.Now).AddDays(-i), date.Day{})
			if err == nil && len(standings) != manyClauses {
				err = fmt.Errorf("%d clauses have a state, not %d", len(standings), manyClauses)
			}
			return err
		}); err != nil {
			return nil, err
		}
		times = append(times, time.Since(begin).Seconds()*1000)
	}
	slices.Sort(times)
	what := fmt.Sprintf("pulse of %d clauses, %d events stored, ", manyClauses, manyEvents)
	return []Figure{
		{Name: what + "median", Value: times[len(times)/2], Unit: "ms"},
		atMost(what+"p95", times[len(times)*95/100], "ms", 50),
	}, nil
}

// fillEvents has a city keep a text with many clauses and claim many events under them; the other confirms every second one.
func fillEvents(ctx context.Context, d *db.DB) error {
	var text strings.Builder
	text.WriteString("format = 1\nid = \"measured\"\nkind = \"agreement\"\nstanding = \"registered\"\ndate = \"2000-01-01\"\nparties = [\"east\", \"west\"]\n[[names]]\nlang = \"en\"\ntext = \"Agreement\"\n")
	for i := range manyClauses {
		fmt.Fprintf(&text, "[[clauses]]\nid = \"C%d\"\narea = \"safety\"\nlevel = \"working\"\nact = \"agreed\"\nkinds = [\"drill\"]\nsides = \"both\"\ncadence = \"P1Y\"\n[[clauses.texts]]\nlang = \"en\"\nstanding = \"summary\"\ntext = \"A drill every year.\"\n", i+1)
	}
	if err := d.Update(ctx, func(tx *db.Tx) error {
		_, _, err := instrument.Keep(ctx, tx, []byte(text.String()))
		return err
	}); err != nil {
		return err
	}
	book, today := evidence.New(d, "east", link.New(d, link.Self{Party: "east"}, nil), time.UTC), date.Of(time.Now().UTC())
	const each = 500
	for from := 0; from < manyEvents; from += each {
		var told []evidence.Told
		for i := from; i < from+each; i++ {
			told = append(told, evidence.Told{Name: fmt.Sprint("event-", i), Clause: fmt.Sprint("C", i%manyClauses+1), Kind: "drill", By: []string{"east", "west"}, Start: date.OnDay(today.AddDays(-i % 4000)),
				What: []exchange.ClaimText{{Lang: "en", Standing: "official", Text: "A drill"}}, Sources: []exchange.ClaimSource{{Title: "Report"}}})
		}
		if _, err := book.Claim(ctx, evidence.Author{Person: "Ana"}, told...); err != nil {
			return err
		}
	}
	return d.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO word (event, party, number, claim, word, why, hash, said, unit, person, known)
			SELECT event, 'west', 1, hash, 'confirmed', '', hash, known, '', '', known FROM claim WHERE CAST(SUBSTR(event, 12) AS BIGINT) % 2 = 0`)
		return err
	})
}
