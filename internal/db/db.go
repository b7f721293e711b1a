// Package db opens a node's database and runs transactions on it. It knows the engines and the migrations; it knows
// nothing of what the tables mean: each keeper holds the SQL of its own noun.
//
// Rules for keepers, so that one text serves every engine: plain tables, $1 placeholders, BIGINT for numbers and times
// (microseconds since 1970 in UTC), no extension, no reliance on collation. Positions come from a row lock, never from a
// count.
package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the embedded engine

	"accord/internal/fault"
)

//go:embed migrations
var migrations embed.FS

// DB is a node's database: one handle that writes, one that only reads.
type DB struct {
	write, read *sql.DB
	now         func() time.Time
}

// Open opens the SQLite database at path, makes it if it is absent, and brings its tables up to date. now is the clock
// that transactions take their one reading from.
func Open(ctx context.Context, path string, now func() time.Time) (*DB, error) {
	write, err := open(path, "rwc", 1)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, write); err != nil {
		write.Close()
		return nil, fault.New(fault.Unavailable, "database", "its tables cannot be brought up to date: "+err.Error(),
			"check that the disk is writable and not full, and that no newer accord has used this home").At(path).Because(err)
	}
	read, err := open(path, "ro", 8)
	if err != nil {
		write.Close()
		return nil, err
	}
	return &DB{write: write, read: read, now: now}, nil
}

// open returns a handle on the file. The writer begins its transactions as writer, so that two processes queue instead
// of failing in the middle; full sync because a receipt must survive a power cut.
func open(path, mode string, connections int) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	q := url.Values{"mode": {mode}, "_pragma": {
		"busy_timeout(20000)", "synchronous(FULL)", "foreign_keys(1)", "cache_size(-16000)", "temp_store(MEMORY)",
	}}
	if mode == "rwc" {
		q["_pragma"] = append(q["_pragma"], "journal_mode(WAL)")
		q.Set("_txlock", "immediate")
	}
	h, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	h.SetMaxOpenConns(connections)
	h.SetMaxIdleConns(connections)
	return h, nil
}

func migrate(ctx context.Context, h *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, h, files)
	if err != nil {
		return err
	}
	// Two processes that open a new database at once both begin: the second fails on what the first has just made, and
	// finds it made when it looks again.
	for try := 0; ; try++ {
		if _, err = p.Up(ctx); err == nil || try == 5 || ctx.Err() != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Close closes both handles.
func (d *DB) Close() error { return errors.Join(d.read.Close(), d.write.Close()) }

// A Tx is a transaction with the one reading of the clock that everything in it shares.
type Tx struct {
	tx       *sql.Tx
	prepared map[string]*sql.Stmt // closed with the transaction
	Now      time.Time            // UTC
}

// Update runs f in a writing transaction and commits it, or rolls it back when f fails.
func (d *DB) Update(ctx context.Context, f func(*Tx) error) error { return d.run(ctx, d.write, f) }

// View runs f on one unchanging view of the database.
func (d *DB) View(ctx context.Context, f func(*Tx) error) error { return d.run(ctx, d.read, f) }

func (d *DB) run(ctx context.Context, h *sql.DB, f func(*Tx) error) error {
	tx, err := h.BeginTx(ctx, nil)
	if err != nil {
		return fault.New(fault.Unavailable, "database", "it cannot be used now: "+err.Error(), "check disk and permissions, then try again").Because(err)
	}
	defer tx.Rollback() // after a commit it does nothing; after a panic it frees the only writer
	if err := f(&Tx{tx: tx, prepared: map[string]*sql.Stmt{}, Now: d.now().UTC()}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fault.New(fault.Unavailable, "database", "the change could not be made durable: "+err.Error(), "check that the disk is not full, then try again").Because(err)
	}
	return nil
}

// Exec runs a statement and returns how many rows it changed.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	s, err := t.Prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, fmt.Errorf("%w in %s", err, query)
	}
	return r.RowsAffected()
}

// Prepare returns the statement of a query, prepared once in this transaction. Within a loop it saves a look-up.
func (t *Tx) Prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := t.prepared[query]; s != nil {
		return s, nil
	}
	s, err := t.tx.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%w in %s", err, query)
	}
	t.prepared[query] = s
	return s, nil
}

// Row runs a query for at most one row and scans it; found is false when there is none.
func (t *Tx) Row(ctx context.Context, query string, args []any, into ...any) (found bool, err error) {
	s, err := t.Prepare(ctx, query)
	if err != nil {
		return false, err
	}
	err = s.QueryRowContext(ctx, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%w in %s", err, query)
	}
	return true, nil
}

// A Scanner is one row of a result.
type Scanner interface{ Scan(into ...any) error }

// ErrStop ends Rows early without an error.
var ErrStop = errors.New("no more rows are wanted")

// Rows runs a query and calls scan for each row. A row that cannot be scanned is an error, never left out.
func (t *Tx) Rows(ctx context.Context, query string, args []any, scan func(Scanner) error) error {
	s, err := t.Prepare(ctx, query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return fmt.Errorf("%w in %s", err, query)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); errors.Is(err, ErrStop) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%w in %s", err, query)
		}
	}
	return rows.Err()
}

// Watch calls changed after every commit of anybody, this process or another, until ctx ends. It looks every few
// milliseconds at a number the engine keeps; several commits may be one call.
func (d *DB) Watch(ctx context.Context, every time.Duration, changed func()) error {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var last int64
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		var version int64
		if err := conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&version); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if version != last {
			last = version
			changed()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Micros is a time as the database holds it; Time reads it back.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// Time is the inverse of Micros.
func Time(us int64) time.Time { return time.UnixMicro(us).UTC() }

// Next takes n numbers from a named counter under its row lock and returns the first. Numbers of transactions that are
// rolled back are given again.
func (t *Tx) Next(ctx context.Context, counter string, n int) (int64, error) {
	var after int64
	found, err := t.Row(ctx, `UPDATE counter SET n = n + $1 WHERE name = $2 RETURNING n`, []any{n, counter}, &after)
	if err == nil && !found {
		err = fmt.Errorf("no counter %q", counter)
	}
	return after - int64(n) + 1, err
}
