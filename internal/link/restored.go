package link

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"accord/exchange"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/hashlog"
)

// comingBack is how long after a partner's word entries of a restored link may still come out of their order.
const comingBack = 24 * time.Hour

// Restored marks every link as waiting, those with partners still unknown too: the database came out of a backup, and a
// partner may hold entries of this node that the backup does not. Until its word shows otherwise nothing gets a position.
func (l *Links) Restored(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, `DELETE FROM restored`); err != nil {
		return err
	}
	return l.wait(ctx, tx, "")
}

// wait has the link with partner, or every link, wait for an answer to a question that nobody has seen yet: an old bundle
// cannot answer it.
func (l *Links) wait(ctx context.Context, tx *db.Tx, partner string) error {
	_, err := tx.Exec(ctx, `INSERT INTO restored (partner, asks, since, heard) VALUES ($1, $2, $3, NULL)
		ON CONFLICT (partner) DO UPDATE SET asks = excluded.asks, since = excluded.since, heard = NULL`, partner, exchange.NewID(), db.Micros(tx.Now))
	return err
}

// question returns what the link with partner asks while it waits; nothing when it does not wait.
func question(ctx context.Context, tx *db.Tx, partner string) (asks string, err error) {
	_, err = tx.Row(ctx, `SELECT asks FROM restored r WHERE heard IS NULL AND (partner = $1
		OR partner = '' AND NOT EXISTS (SELECT 1 FROM restored WHERE partner = $1))`, []any{partner}, &asks)
	return asks, err
}

// Waits says whether the link with partner waits for its word after a restore.
func (l *Links) Waits(ctx context.Context, partner string) (waits bool, err error) {
	err = l.db.View(ctx, func(tx *db.Tx) error { waits, err = Waits(ctx, tx, partner); return err })
	return waits, err
}

// Waits is Links.Waits inside a transaction.
func Waits(ctx context.Context, tx *db.Tx, partner string) (bool, error) {
	asks, err := question(ctx, tx, partner)
	return asks != "", err
}

// answered ends the waiting where a bundle answers what was asked with a cosignature, of size entries, that is no smaller than
// the largest this node has of the partner. A partner that shows less than it once gave has lost entries itself, or hides
// some: it cannot say that nothing newer exists. It is sent what it lacks, and its word on that counts.
func answered(ctx context.Context, tx *db.Tx, b *exchange.Bundle, asks string, size int64, d direction, report *Report) error {
	if asks == "" || b.Answers != asks || size < d.delivered {
		return nil
	}
	report.Waits = false
	return heard(ctx, tx, b.From, asks)
}

// heard ends the waiting of one link.
func heard(ctx context.Context, tx *db.Tx, partner, asks string) error {
	now := db.Micros(tx.Now)
	_, err := tx.Exec(ctx, `INSERT INTO restored (partner, asks, since, heard) VALUES ($1, $2, $3, $3)
		ON CONFLICT (partner) DO UPDATE SET heard = excluded.heard`, partner, asks, now)
	return err
}

// asked notes the partner's question, or that it asks nothing any more.
func (l *Links) asked(ctx context.Context, tx *db.Tx, b *exchange.Bundle) error {
	if b.Asks == "" {
		_, err := tx.Exec(ctx, `UPDATE log SET asks = NULL, has = NULL WHERE origin = $1 AND asks IS NOT NULL`, exchange.Origin(b.From, l.self.Party))
		return err
	}
	d, err := l.lockTheirs(ctx, tx, b.From)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE log SET asks = $1, has = $2 WHERE id = $3`, b.Asks, b.Has, d.id)
	return err
}

// answer puts the answer to the partner's question into the bundle: the question itself, which shows that the bundle was
// written after it, and what the partner lacks of its own log, as much as fits. A question is answered once; who has lost
// the answer asks again.
func (l *Links) answer(ctx context.Context, tx *db.Tx, b *exchange.Bundle, held int64) error {
	var id, has int64
	found, err := tx.Row(ctx, `SELECT id, asks, has FROM log WHERE origin = $1 AND asks IS NOT NULL`,
		[]any{exchange.Origin(b.To, l.self.Party)}, &id, &b.Answers, &has)
	if err != nil || !found {
		return err
	}
	if has < held {
		room := int64(maxBodies)
		for i := range b.Entries {
			room -= int64(len(b.Entries[i].Body))
		}
		if b.Returned, err = readEntries(ctx, tx, id, has, min(held-has, exchange.MaxEntries), room); err != nil {
			return err
		}
		if n := int64(len(b.Returned)); n > 0 {
			b.Back, b.Until = has, has+n
			if b.BackProof, err = hashlog.Open(ctx, tx, id).ProveGrowth(held, b.Until); err != nil {
				return err
			}
		}
	}
	_, err = tx.Exec(ctx, `UPDATE log SET asks = NULL, has = NULL WHERE id = $1`, id)
	return err
}

// takeBack appends what the partner gives back of our own log, after comparing it with the checkpoint c of ours that the
// partner holds, and carries out again what it did here.
func (l *Links) takeBack(ctx context.Context, tx *db.Tx, b *exchange.Bundle, c exchange.Checkpoint, d *direction, report *Report) error {
	if b.Until <= d.size || b.Back > d.size {
		return nil
	}
	fresh := b.Returned[d.size-b.Back:]
	leaves := make([]tlog.Hash, len(fresh))
	for i := range fresh {
		if h := &fresh[i].Header; fresh[i].Erased && !h.Kind.Erasable() { // without it what this city had done would not be done again
			return fault.New(fault.Conflict, "log towards "+b.From, fmt.Sprintf("it gives back entry %d, of the kind %s, without its body, which nothing can have let it erase", d.size+int64(i), h.Kind),
				"nothing was stored; keep this bundle and call the partner; this node does not write to the link")
		}
		leaves[i] = tlog.RecordHash(fresh[i].Raw)
	}
	tree := hashlog.Open(ctx, tx, d.id)
	if err := tree.Append(d.size, leaves); err != nil {
		return err
	}
	root, err := tree.Root(b.Until)
	if err != nil {
		return err
	}
	if same := b.Until == c.Size && root == c.Root && len(b.BackProof) == 0; !same {
		if b.Until >= c.Size || tlog.CheckTree(b.BackProof, c.Size, c.Root, b.Until, root) != nil {
			return fault.New(fault.Conflict, "log towards "+b.From, fmt.Sprintf("entries %d to %d that it gives back are not those this node signed", d.size, b.Until-1),
				"nothing was stored; keep this bundle and call the partner; this node does not write to the link")
		}
	}
	notes := make([]note, len(fresh))
	for i := range fresh {
		if notes[i], err = l.again(ctx, tx, &Came{From: l.self.Party, Partner: b.From, Log: d.id, Index: d.size + int64(i), Entry: &fresh[i]}); err != nil {
			return err
		}
	}
	report.Returned = len(fresh)
	return insertEntries(ctx, tx, d, fresh, notes)
}

// again carries out once more what an entry of this node did here, and takes it out of the outbox: it has left.
func (l *Links) again(ctx context.Context, tx *db.Tx, came *Came) (n note, err error) {
	if _, err := tx.Exec(ctx, `DELETE FROM outbox WHERE id = $1`, came.Header.ID); err != nil || l.reapply == nil {
		return n, err
	}
	aside, err := l.reapply(ctx, tx, came)
	if err != nil {
		return n, err
	}
	n = note{subject: came.Subject, rows: came.Rows}
	if aside != nil {
		n.aside = storable(aside.Error())
	}
	return n, nil
}

// afterRestore applies once more what is set aside on a link while it comes back: what a partner says of an entry of ours may
// be read before that is given back, and what we had said of one of its entries before it has come again. Later a bundle
// in its order needs none of it.
func (l *Links) afterRestore(ctx context.Context, tx *db.Tx, report *Report) error {
	if report.Applied+report.Aside+report.Returned == 0 {
		return nil
	}
	var one int
	comes, err := tx.Row(ctx, `SELECT 1 FROM restored WHERE partner = $1 AND (heard IS NULL OR heard > $2)`,
		[]any{report.From, db.Micros(tx.Now.Add(-comingBack))}, &one)
	if err != nil || !comes && report.Returned == 0 {
		return err
	}
	if err := l.retryLink(ctx, tx, report.From); err != nil {
		return err
	}
	still := report.Asides[:0]
	for _, a := range report.Asides {
		var why string
		if _, err := tx.Row(ctx, `SELECT aside FROM entry e JOIN log g ON g.id = e.log WHERE g.origin = $1 AND e.idx = $2`,
			[]any{exchange.Origin(report.From, l.self.Party), a.Index}, &why); err != nil {
			return err
		}
		if why != "" {
			still = append(still, Aside{Index: a.Index, ID: a.ID, Why: why})
		}
	}
	report.Applied, report.Aside, report.Asides = report.Applied+len(report.Asides)-len(still), len(still), still
	return nil
}
