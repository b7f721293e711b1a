package link

import (
	"context"
	"fmt"
	"strings"
	"time"

	"accord/exchange"
	"accord/internal/db"
)

// News are the entries of a partner's log that a person may want to know of.
type News struct {
	Partner string
	Size    int64  // of the log: who has seen all of it has seen up to here
	N       int    // how many there are, at most newsCounted
	More    bool   // there are more than were counted
	Lines   []Line // the newest first
}

// newsBack is how far back in a log news are looked for, newsCounted how many are counted.
const (
	newsBack    = 5000
	newsCounted = 99
)

// told are the kinds of entry that are news.
var told = []exchange.Kind{exchange.KindDocument, exchange.KindClaim, exchange.KindWord, exchange.KindOpened, exchange.KindRecords, exchange.KindObservations}

// NewsSince returns what came from a partner at or after a position and not before a time, with at most so many lines.
func NewsSince(ctx context.Context, tx *db.Tx, self, partner string, position int64, since time.Time, lines int) (n News, err error) {
	n.Partner = partner
	d, err := find(ctx, tx, exchange.Origin(partner, self))
	if err != nil {
		return n, err
	}
	n.Size = d.size
	args := []any{d.id, max(position, d.size-newsBack), db.Micros(since)}
	var kinds []string
	for _, k := range told {
		args = append(args, string(k))
		kinds = append(kinds, fmt.Sprintf("$%d", len(args)))
	}
	err = tx.Rows(ctx, `SELECT idx, id, kind, instrument, clause, subject, rows, time, stored, aside FROM entry
		WHERE log = $1 AND idx >= $2 AND stored >= $3 AND kind IN (`+strings.Join(kinds, ", ")+`) ORDER BY idx DESC LIMIT `+fmt.Sprint(newsCounted+1), args, func(r db.Scanner) error {
		l := Line{Writer: partner}
		var left, stored int64
		if err := r.Scan(&l.Index, &l.ID, &l.Kind, &l.Instrument, &l.Clause, &l.Subject, &l.Rows, &left, &stored, &l.Aside); err != nil {
			return err
		}
		l.Time = db.Time(stored)
		if n.N++; n.N > newsCounted {
			n.N, n.More = newsCounted, true
			return nil
		}
		if len(n.Lines) < lines {
			n.Lines = append(n.Lines, l)
		}
		return nil
	})
	return n, err
}
