package link

import (
	"context"

	"accord/internal/db"
)

// A Beat is a sign of life of the process that sends to a partner.
type Beat struct {
	Holder string
	Count  int64
}

// Hold makes holder the one that sends to partner, when it is already, when nobody is, or when the one who was has given no
// sign of life since the beat that is said to be its last. Otherwise it returns the other's newest beat. No clock is
// compared: who waits counts the time by its own, between two looks at the same beat.
func (l *Links) Hold(ctx context.Context, partner, holder string, last Beat) (now Beat, mine bool, err error) {
	err = l.db.Update(ctx, func(tx *db.Tx) error {
		now, mine = Beat{}, false
		if _, err := tx.Row(ctx, `SELECT holder, beat FROM lease WHERE name = $1`, []any{"send " + partner}, &now.Holder, &now.Count); err != nil {
			return err
		}
		if now.Holder != holder && now.Holder != "" && now != last {
			return nil
		}
		now, mine = Beat{holder, now.Count + 1}, true
		_, err := tx.Exec(ctx, `INSERT INTO lease (name, holder, beat) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, beat = excluded.beat`, "send "+partner, holder, now.Count)
		return err
	})
	return now, mine, err
}

// Release lets another process send to partner at once.
func (l *Links) Release(ctx context.Context, partner, holder string) error {
	return l.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE lease SET holder = '', beat = beat + 1 WHERE name = $1 AND holder = $2`, "send "+partner, holder)
		return err
	})
}
