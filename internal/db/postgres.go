package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"accord/internal/fault"
)

// oldest is the oldest version of the server that serves.
const oldest = 15

// postgres has writing transactions of all processes wait for one row. What follows that statement is read after the wait
// is over, so each sees all that those before it did; nothing is left that could collide or deadlock.
var postgres = engine{
	name: "postgres", batch: 256,
	writes: sql.TxOptions{Isolation: sql.LevelReadCommitted},
	reads:  sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
	lock:   `UPDATE writing SET n = n + 1`, version: `SELECT n FROM writing`, look: 20 * time.Millisecond,
	tables: `SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relkind = 'r' AND n.nspname = current_schema() AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum`,
	refers:  `SELECT c.relname, r.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid WHERE k.contype = 'f'`,
	passing: passing, survives: true, copies: true,
}

// session is set on every connection. A process that hangs must not keep the others from writing for long.
var session = map[string]string{
	"application_name":                    "accord",
	"lock_timeout":                        "20s",
	"idle_in_transaction_session_timeout": "60s",
	"plan_cache_mode":                     "force_custom_plan", // a plan made while a table was empty is no plan for what follows
}

// IsURL says whether at names a database on a server, and not a file.
func IsURL(at string) bool {
	return strings.HasPrefix(at, "postgres://") || strings.HasPrefix(at, "postgresql://")
}

// CheckURL says whether a URL of a database can be read, and whether it holds a password, without a connection.
func CheckURL(at string) (secret bool, err error) {
	if _, err := parseURL(at); err != nil {
		return false, err
	}
	u, err := url.Parse(at)
	if err != nil {
		return true, nil // a list of hosts: better take it for a secret
	}
	_, secret = u.User.Password()
	return secret || u.Query().Has("password"), nil
}

// parseURL reads the URL. What it is refused for is not repeated: a URL that cannot be read may show its password anywhere.
func parseURL(at string) (*pgx.ConnConfig, error) {
	c, err := pgx.ParseConfig(at)
	if err != nil || !IsURL(at) || strings.Contains(c.Database, "@") {
		return nil, fault.New(fault.Invalid, "database", "its URL cannot be read",
			"write it as postgres://USER@HOST:5432/DATABASE, with every special character of a password as %XX")
	}
	return c, nil
}

// place names a database without its password.
func place(c *pgx.ConnConfig) string {
	return fmt.Sprintf("%s at %s:%d as %s", c.Database, c.Host, c.Port, c.User)
}

func openPostgres(ctx context.Context, at string, now func() time.Time) (*DB, error) {
	d, c, err := connect(ctx, at, now)
	if err != nil {
		return nil, err
	}
	if err := d.migrateAlone(ctx, *c); err != nil {
		return nil, errors.Join(d.explain(err), d.Close())
	}
	return d, nil
}

// connect opens both handles on a server that is fit, and leaves the tables as they are.
func connect(ctx context.Context, at string, now func() time.Time) (*DB, *pgx.ConnConfig, error) {
	c, err := parseURL(at)
	if err != nil {
		return nil, nil, err
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 10 * time.Second
	}
	for name, value := range session {
		if c.RuntimeParams[name] == "" {
			c.RuntimeParams[name] = value
		}
	}
	d := &DB{engine: postgres, write: stdlib.OpenDB(*c), read: stdlib.OpenDB(*c), now: now}
	d.explain = func(err error) error { return explain(err, place(c)) }
	d.write.SetMaxOpenConns(1) // the others would only wait for it
	d.read.SetMaxOpenConns(8)
	d.read.SetMaxIdleConns(8)
	if err := d.check(ctx); err != nil {
		return nil, nil, errors.Join(d.explain(err), d.Close())
	}
	return d, c, nil
}

// check refuses a server that is too old, cannot be written to or does not keep what it has acknowledged.
func (d *DB) check(ctx context.Context) error {
	var version int
	var encoding, readOnly, commit, sync string
	if err := d.write.QueryRowContext(ctx, `SELECT CAST(current_setting('server_version_num') AS INTEGER), current_setting('server_encoding'),
		current_setting('transaction_read_only'), COALESCE(current_setting('synchronous_commit', true), 'on'), COALESCE(current_setting('fsync', true), 'on')`).
		Scan(&version, &encoding, &readOnly, &commit, &sync); err != nil {
		return err
	}
	bad := func(why, do string) error { return fault.New(fault.Refused, "database", why, do) }
	switch {
	case version/10000 < oldest:
		return bad(fmt.Sprintf("its server is PostgreSQL %d", version/10000), fmt.Sprintf("use version %d or later", oldest))
	case encoding != "UTF8":
		return bad("it holds text as "+encoding, "make it again: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0")
	case readOnly == "on":
		return bad("it can only be read: it is a copy of another server, or made read-only", "name the server that is written to")
	case commit == "off" || sync == "off":
		return bad("its server says that a change is stored before it is (synchronous_commit or fsync is off)",
			"a receipt promises what survives a power cut: set both to on")
	}
	return nil
}

// migrationLock is the number of the advisory lock that one process at a time migrates under.
const migrationLock = 0x4143434f5244 // ACCORD

// migrateAlone brings the tables up to date while no other process does. The lock goes with its connection.
func (d *DB) migrateAlone(ctx context.Context, c pgx.ConnConfig) error {
	if current, err := d.upToDate(ctx); err != nil || current {
		return err
	}
	delete(c.RuntimeParams, "lock_timeout") // a long migration of another process is waited for
	h := stdlib.OpenDB(c)
	defer h.Close()
	conn, err := h.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return err
	}
	if err := migrate(ctx, h, goose.DialectPostgres, d.name); err != nil {
		if _, ok := errors.AsType[*fault.Fault](d.explain(err)); ok {
			return err
		}
		return unavailable("its tables cannot be brought up to date: "+err.Error(), "check that no newer accord has used this database, and the log of its server").Because(err)
	}
	_, err = conn.ExecContext(ctx, `SELECT pg_advisory_unlock($1)`, int64(migrationLock))
	return err
}

// upToDate says whether the tables are those of this program, without waiting for anybody.
func (d *DB) upToDate(ctx context.Context) (bool, error) {
	var made bool
	if err := d.write.QueryRowContext(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&made); err != nil || !made {
		return false, err
	}
	var have int64
	if err := d.write.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`).Scan(&have); err != nil {
		return false, err
	}
	p, err := provider(d.write, goose.DialectPostgres, d.name)
	if err != nil {
		return false, err
	}
	sources := p.ListSources()
	if have != sources[len(sources)-1].Version {
		return false, nil
	}
	return true, withoutHoles(ctx, p, have)
}
