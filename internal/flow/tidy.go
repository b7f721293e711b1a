package flow

import (
	"context"
	"time"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/instrument"
	"accord/internal/series"
	"accord/record"
)

// few is how many fresh values of a series are worth a chunk.
const few = 500

// Tidy packs fresh observations that everybody has looked at into chunks of history, some series in one transaction, until
// nothing is left to pack; it says how many rows of the tail that were. It may run beside a serving node, in any number of
// processes, and be killed at any time. When there is nothing to pack, nothing is written.
func (f *Flow) Tidy(ctx context.Context) (moved int, err error) {
	for ctx.Err() == nil {
		var worth bool
		if err := f.db.View(ctx, func(tx *db.Tx) error { worth, err = series.Worth(ctx, tx, few); return err }); err != nil || !worth {
			return moved, err
		}
		var n int
		begun := time.Now()
		if err := f.db.Update(ctx, func(tx *db.Tx) error {
			limit, err := f.packable(ctx, tx)
			if err == nil {
				n, err = series.Tidy(ctx, tx, limit)
			}
			return err
		}); err != nil || n == 0 {
			return moved, err
		}
		moved += n
		select { // it is never in a hurry, and whoever has something fresh is
		case <-ctx.Done():
		case <-time.After(min(time.Since(begun), time.Second)):
		}
	}
	return moved, ctx.Err()
}

// asideFor is how long what came after an entry that is set aside waits to be packed, so that the entry may still be applied
// as if it had never been. What is applied later than that changes no value of history.
const asideFor = 30 * 24 * time.Hour

// packable says what of the tail may be packed: what every permission in force has looked at and holds nothing of, and what
// no entry that is set aside may still come before.
func (f *Flow) packable(ctx context.Context, tx *db.Tx) (l series.Limit, err error) {
	l.Few = few
	if l.Seq, err = f.looked(ctx, tx); err != nil {
		return l, err
	}
	l.Held, l.Idx = map[int64]bool{}, map[int64]int64{}
	if err := tx.Rows(ctx, `SELECT DISTINCT seq FROM held_series`, nil, func(r db.Scanner) error {
		var seq int64
		err := r.Scan(&seq)
		l.Held[seq] = true
		return err
	}); err != nil {
		return l, err
	}
	err = tx.Rows(ctx, `SELECT log, MIN(idx) FROM entry WHERE kind = $1 AND aside <> '' AND stored > $2 GROUP BY log`,
		[]any{string(exchange.KindObservations), db.Micros(tx.Now.Add(-asideFor))}, func(r db.Scanner) error {
			var log, idx int64
			err := r.Scan(&log, &idx)
			l.Idx[log] = idx
			return err
		})
	return l, err
}

// late says whether an entry that is applied now was set aside so long ago that packing has not waited for it.
func late(ctx context.Context, tx *db.Tx, log, index int64) (bool, error) {
	var stored int64
	found, err := tx.Row(ctx, `SELECT stored FROM entry WHERE log = $1 AND idx = $2`, []any{log, index}, &stored)
	return found && stored <= db.Micros(tx.Now.Add(-asideFor)), err
}

// looked is the number up to which everybody who may send observations has looked at them.
func (f *Flow) looked(ctx context.Context, tx *db.Tx) (int64, error) {
	least, err := series.Newest(ctx, tx)
	if err != nil {
		return 0, err
	}
	// Those that have looked before, and are suspended perhaps, but not those whose clause has ended.
	var seen int64
	found, err := tx.Row(ctx, `SELECT seen FROM flow WHERE dataset IN (SELECT dataset FROM series) AND NOT EXISTS (SELECT 1 FROM closed c WHERE c.partner = flow.partner
		AND c.instrument = flow.instrument AND (c.clause = '' OR c.clause = flow.clause) AND c.since <= $1) ORDER BY seen LIMIT 1`, []any{db.Micros(tx.Now)}, &seen)
	if err != nil {
		return 0, err
	}
	if found {
		least = min(least, seen)
	}
	var partners []string
	if err := tx.Rows(ctx, `SELECT DISTINCT party FROM card WHERE party <> $1`, []any{f.self}, func(r db.Scanner) error {
		var p string
		err := r.Scan(&p)
		partners = append(partners, p)
		return err
	}); err != nil {
		return 0, err
	}
	for _, partner := range partners {
		permissions, err := instrument.Sending(ctx, tx, f.self, partner)
		if err != nil {
			return 0, err
		}
		for _, p := range permissions { // those that have not looked at anything yet
			g, d, err := f.gate(p)
			if err != nil || d.Kind != record.Series {
				continue
			}
			t := &turn{flow: f, partner: partner, permission: p, dataset: d, gate: g, origin: f.self}
			var seen int64
			if _, err := tx.Row(ctx, `SELECT seen FROM flow WHERE partner = $1 AND instrument = $2 AND clause = $3 AND dataset = $4`, t.key(), &seen); err != nil {
				return 0, err
			}
			least = min(least, seen)
		}
	}
	return least, nil
}

// KeepTidy packs now and then until ctx ends.
func (f *Flow) KeepTidy(ctx context.Context, every time.Duration) {
	for ctx.Err() == nil {
		if _, err := f.Tidy(ctx); err != nil && ctx.Err() == nil {
			f.log.Error("observations cannot be packed", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(every):
		}
	}
}
