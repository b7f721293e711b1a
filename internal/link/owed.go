package link

import (
	"context"
	"time"

	"accord/exchange"
	"accord/internal/db"
)

// Owed is why there is reason to send to a partner, for a carrier that hears of the answer only later, if at all, and must not
// say the same again and again.
type Owed struct {
	Waiting         int64     // entries that may leave and have no position yet
	Size, Delivered int64     // of our log
	Since           time.Time // of the oldest entry that waits or is not delivered; zero when there is none
	Theirs, Told    int64     // the partner's log as it is here; the size whose cosignature the partner is known to have
	Asked           bool      // the partner wants something again, or asks after its restore
	Asks            string    // what this node asks after its own restore
}

// Due says whether there is any reason to send.
func (o Owed) Due() bool { return o.Unanswered() || o.Theirs > o.Told || o.Asked }

// Unanswered says whether something of ours is under way or to be, of which the partner has not said that it came.
func (o Owed) Unanswered() bool { return o.Waiting > 0 || o.Size > o.Delivered || o.Asks != "" }

// Owed looks at the link with partner. It agrees with Due.
func (l *Links) Owed(ctx context.Context, partner string) (o Owed, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error {
		o = Owed{}
		if o.Asks, err = question(ctx, tx, partner); err != nil {
			return err
		}
		var waits, left, asked, asks *int64
		if _, err := tx.Row(ctx, `SELECT COUNT(*), MIN(since) FROM outbox WHERE partner = $2 AND `+mayLeave, []any{db.Micros(tx.Now), partner}, &o.Waiting, &waits); err != nil {
			return err
		}
		if _, err := tx.Row(ctx, `SELECT g.size, g.delivered, CAST(CASE WHEN g.asked IS NULL THEN NULL ELSE 1 END AS BIGINT),
			(SELECT e.time FROM entry e WHERE e.log = g.id AND e.idx = g.delivered) FROM log g WHERE g.origin = $1`,
			[]any{exchange.Origin(l.self.Party, partner)}, &o.Size, &o.Delivered, &asked, &left); err != nil {
			return err
		}
		if _, err := tx.Row(ctx, `SELECT size, told, CAST(CASE WHEN asks IS NULL THEN NULL ELSE 1 END AS BIGINT) FROM log WHERE origin = $1`,
			[]any{exchange.Origin(partner, l.self.Party)}, &o.Theirs, &o.Told, &asks); err != nil {
			return err
		}
		o.Asked = asked != nil || asks != nil
		for _, us := range []*int64{waits, left} {
			if us != nil && (o.Since.IsZero() || db.Time(*us).Before(o.Since)) {
				o.Since = db.Time(*us)
			}
		}
		return nil
	})
	return o, err
}
