package db

import (
	"context"
	"fmt"
)

// Clean removes from the engine's files what was deleted from tables before.
//
// The embedded engine overwrites what is deleted at once (secure_delete); what is left is its write-ahead log, which is
// taken into the file and cut to nothing here. That waits for readers, and fails when one stays too long.
//
// A server marks deleted rows as free space with VACUUM. Their bytes may stay in its files until something else is written
// there, in its write-ahead log until that is recycled, and in its archives and backups: nothing a program can ask for over
// a connection changes that.
func (d *DB) Clean(ctx context.Context, tables ...string) error {
	if d.lock == "" {
		var busy, pages, moved int
		if err := d.write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved); err != nil {
			return d.explain(err)
		}
		if busy != 0 {
			return unavailable("its write-ahead log is being read and cannot be cut", "it is tried again; close programs that hold the database open")
		}
		return nil
	}
	for _, t := range tables {
		if _, err := d.write.ExecContext(ctx, `VACUUM `+t); err != nil {
			return d.explain(fmt.Errorf("%w in VACUUM %s", err, t))
		}
	}
	return nil
}
