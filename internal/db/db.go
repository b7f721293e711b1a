// Package db opens a node's database and runs transactions on it: SQLite inside the program, or a PostgreSQL server that
// several processes share. It knows the engines and the migrations; it knows nothing of what the tables mean: each keeper
// holds the SQL of its own noun.
//
// Rules for keepers, so that one text serves both engines: plain tables, $1 placeholders, BIGINT for numbers and times
// (microseconds since 1970 in UTC), no extension, no reliance on collation. Positions come from a counter or the size of a
// log, never from a count. No query while the rows of another are being read.
//
// Writing transactions of one database run one after the other on both engines, whatever process they are in: what one
// reads stays true until it commits, and numbers it takes become visible in their order. See
// docs/decisions/0008-two-engines.md.
package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"

	"accord/internal/fault"
)

//go:embed migrations
var migrations embed.FS

// DB is a node's database: one handle that writes, one that only reads.
type DB struct {
	engine
	write, read *sql.DB
	now         func() time.Time
	watched     atomic.Pointer[Watcher]
}

// A Watcher is told of every transaction when it has ended: whether it wrote, how long it took, and how it failed.
type Watcher func(writing bool, took time.Duration, err error)

// Tell has w told of every transaction from now on.
func (d *DB) Tell(w Watcher) { d.watched.Store(&w) }

// An engine is what differs between the two.
type engine struct {
	name     string               // of its folder of migrations
	prepare  bool                 // whether a statement is prepared by hand; otherwise the driver does
	writes   sql.TxOptions        // of a writing transaction
	reads    sql.TxOptions        // of a view
	batch    int                  // how many rows one statement should carry
	lock     string               // what a writing transaction begins with, to be alone; empty where its beginning does it
	version  string               // asks for a number that changes with every commit
	tables   string               // asks for every table and column
	refers   string               // asks for every table that refers to another
	look     time.Duration        // the shortest pause between two such questions
	passing  func(err error) bool // whether the same transaction, run again, may succeed
	explain  func(err error) error
	copies   bool // whether many rows go in by COPY, the one statement that only one engine has
	survives bool // whether the engine may go away and come back while the program runs
}

// Open opens a database, makes the file if it is absent, and brings the tables up to date. at is the path of a file, or the
// URL of a database on a PostgreSQL server. now is the clock that transactions take their one reading from.
func Open(ctx context.Context, at string, now func() time.Time) (*DB, error) {
	if IsURL(at) {
		return openPostgres(ctx, at, now)
	}
	return openSQLite(ctx, at, now)
}

// Close closes both handles.
func (d *DB) Close() error { return errors.Join(d.read.Close(), d.write.Close()) }

// migrate brings the tables up to date.
func migrate(ctx context.Context, h *sql.DB, dialect goose.Dialect, folder string) error {
	p, err := provider(h, dialect, folder)
	if err != nil {
		return err
	}
	have, known, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > known {
		return fmt.Errorf("a newer accord has used it (tables of version %d, this program knows %d)", have, known)
	}
	if err := withoutHoles(ctx, p, have); err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// withoutHoles refuses tables that lack a step before their newest one. Steps are made in the order of their numbers and nothing
// is ever put in between, so that these are not the tables of any release; what a late step would do to them nobody has tried.
func withoutHoles(ctx context.Context, p *goose.Provider, have int64) error {
	steps, err := p.Status(ctx)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if s.State == goose.StatePending && s.Source.Version < have {
			return fault.New(fault.Refused, "database", fmt.Sprintf("its tables lack step %d, though step %d was made: no release makes such tables", s.Source.Version, have),
				"restore a backup that a release has written: accord restore")
		}
	}
	return nil
}

// provider has each migration run as it stands, in one call: goose's own reader of statements takes four megabytes a line.
func provider(h *sql.DB, dialect goose.Dialect, folder string) (*goose.Provider, error) {
	files, err := fs.Glob(migrations, "migrations/"+folder+"/*.sql")
	if err != nil {
		return nil, err
	}
	steps := make([]*goose.Migration, len(files))
	for i, f := range files {
		text, err := migrations.ReadFile(f)
		if err != nil {
			return nil, err
		}
		version, err := goose.NumericComponent(f)
		if err != nil {
			return nil, err
		}
		steps[i] = goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, string(text))
			return err
		}}, nil)
	}
	return goose.NewProvider(dialect, h, nil, goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(steps...))
}

// Watch calls changed after every commit of anybody, this process or another, until ctx ends. It looks every so often at a
// number that changes with every commit; several commits may be one call. A server that goes away is waited for.
func (d *DB) Watch(ctx context.Context, every time.Duration, changed func()) error {
	for {
		err := d.watch(ctx, max(every, d.look), changed)
		if ctx.Err() != nil {
			return nil
		}
		if !d.survives {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

func (d *DB) watch(ctx context.Context, every time.Duration, changed func()) error {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	last := int64(-1)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		var version int64
		if err := conn.QueryRowContext(ctx, d.version).Scan(&version); err != nil {
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

func unavailable(why, do string) *fault.Fault {
	return fault.New(fault.Unavailable, "database", why, do)
}
