package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"accord/internal/fault"
)

// A Tx is a transaction with the one reading of the clock that everything in it shares.
type Tx struct {
	tx       *sql.Tx
	conn     *sql.Conn // the one it runs on
	on       *engine
	prepared map[string]*sql.Stmt // closed with the transaction; nil where the driver keeps its own
	reading  bool                 // rows are being read
	Now      time.Time            // UTC
}

// attempts is how often a writing transaction is begun before it is given up.
const attempts = 8

// Update runs f in a writing transaction and commits it, or rolls it back when f fails. No other writing transaction of
// this database runs meanwhile. f may run more than once, when the engine has to give up an attempt: whatever it changes
// outside the database it must set anew each time.
func (d *DB) Update(ctx context.Context, f func(*Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := d.run(ctx, d.write, &d.writes, d.lock, f)
		if err == nil || !d.passing(err) {
			return err
		}
		if attempt == attempts {
			return unavailable("the change collided with others again and again", "try again").Because(err)
		}
		pause := time.Duration(1<<attempt) * time.Millisecond
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause + rand.N(pause)):
		}
	}
}

// View runs f on one unchanging view of the database.
func (d *DB) View(ctx context.Context, f func(*Tx) error) error {
	return d.run(ctx, d.read, &d.reads, "", f)
}

func (d *DB) run(ctx context.Context, h *sql.DB, opts *sql.TxOptions, lock string, f func(*Tx) error) (err error) {
	if w := d.watched.Load(); w != nil {
		begun := time.Now()
		defer func() { (*w)(h == d.write, time.Since(begun), err) }()
	}
	conn, err := h.Conn(ctx)
	if err != nil {
		return d.explain(err)
	}
	defer conn.Close() // gives it back
	tx, err := conn.BeginTx(ctx, opts)
	if err != nil {
		return d.explain(err)
	}
	defer tx.Rollback() // after a commit it does nothing; after a panic it frees the only writer
	if lock != "" {
		if _, err := tx.ExecContext(ctx, lock); err != nil {
			return d.explain(err)
		}
	}
	t := &Tx{tx: tx, conn: conn, on: &d.engine, Now: d.now().UTC()}
	if d.prepare {
		t.prepared = map[string]*sql.Stmt{}
	}
	if err := f(t); err != nil {
		return d.lost(ctx, err)
	}
	if err := tx.Commit(); err != nil {
		if d.passing(err) {
			return err
		}
		if d.survives && cut(err) {
			return unavailable("the connection broke while the change was made durable: nobody knows whether it was", "try again: what is stored already is recognised")
		}
		return unavailable("the change could not be made durable: "+err.Error(), "check that the disk is not full, then try again").Because(err)
	}
	return nil
}

// lost turns the loss of a server or a disk in the middle of a transaction into a fault; every other error stays as it is.
func (d *DB) lost(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*fault.Fault](err); ok || ctx.Err() != nil {
		return err
	}
	if f, ok := errors.AsType[*fault.Fault](d.explain(err)); ok && f.Kind == fault.Unavailable {
		return f
	}
	return err
}

// Batch is how many rows one statement should carry where there are many: on a server each is a journey, the embedded
// engine is slow with very long ones. It is a power of two, at most MaxBatch.
func (t *Tx) Batch() int { return t.on.batch }

// MaxBatch is the largest Batch of any engine.
const MaxBatch = 256

// errReading: on a server the connection is busy until all rows are read, so nobody may rely on the embedded engine, which
// would allow it.
var errReading = errors.New("a query while the rows of another are being read")

// Exec runs a statement and returns how many rows it changed.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if t.reading {
		return 0, fmt.Errorf("%w: %s", errReading, query)
	}
	var r sql.Result
	s, err := t.statement(ctx, query)
	switch {
	case err != nil:
		return 0, err
	case s == nil:
		r, err = t.tx.ExecContext(ctx, query, args...)
	default:
		r, err = s.ExecContext(ctx, args...)
	}
	if err != nil {
		return 0, fmt.Errorf("%w in %s", err, query)
	}
	return r.RowsAffected()
}

// statement returns the statement of a query, prepared once in this transaction; nil where the driver does that itself.
func (t *Tx) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if t.prepared == nil {
		return nil, nil
	}
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

// query runs a query for rows.
func (t *Tx) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if t.reading {
		return nil, fmt.Errorf("%w: %s", errReading, query)
	}
	var rows *sql.Rows
	s, err := t.statement(ctx, query)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		rows, err = t.tx.QueryContext(ctx, query, args...)
	default:
		rows, err = s.QueryContext(ctx, args...)
	}
	if err != nil {
		return nil, fmt.Errorf("%w in %s", err, query)
	}
	return rows, nil
}

// Row runs a query for at most one row and scans it; found is false when there is none.
func (t *Tx) Row(ctx context.Context, query string, args []any, into ...any) (found bool, err error) {
	rows, err := t.query(ctx, query, args)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	if found = rows.Next(); found {
		err = rows.Scan(into...)
	}
	if err = errors.Join(err, rows.Err()); err != nil {
		return false, fmt.Errorf("%w in %s", err, query)
	}
	return found, nil
}

// A Scanner is one row of a result.
type Scanner interface{ Scan(into ...any) error }

// ErrStop ends Rows early without an error.
var ErrStop = errors.New("no more rows are wanted")

// Rows runs a query and calls scan for each row. A row that cannot be scanned is an error, never left out. scan asks
// nothing else of the database.
func (t *Tx) Rows(ctx context.Context, query string, args []any, scan func(Scanner) error) error {
	rows, err := t.query(ctx, query, args)
	if err != nil {
		return err
	}
	t.reading = true
	defer func() { rows.Close(); t.reading = false }()
	for rows.Next() {
		if err := scan(rows); errors.Is(err, ErrStop) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%w in %s", err, query)
		}
	}
	return rows.Err()
}

// Micros is a time as the database holds it; Time reads it back.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// Time is the inverse of Micros.
func Time(us int64) time.Time { return time.UnixMicro(us).UTC() }

// Next takes n numbers from a named counter and returns the first. Numbers of transactions that are rolled back are given
// again.
func (t *Tx) Next(ctx context.Context, counter string, n int) (int64, error) {
	var after int64
	found, err := t.Row(ctx, `UPDATE counter SET n = n + $1 WHERE name = $2 RETURNING n`, []any{n, counter}, &after)
	if err == nil && !found {
		err = fmt.Errorf("no counter %q", counter)
	}
	return after - int64(n) + 1, err
}
