package bench

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // makes and drops databases

	"accord/internal/db"
)

// An engine is where databases for a measurement are made: files in a folder, or databases of their own on a server.
type engine struct {
	name   string
	dir    string
	server string // URL; empty for files
	made   []string
}

// engines are those that can be measured here.
func engines(dir, server string) []*engine {
	all := []*engine{{name: "SQLite", dir: dir}}
	if server != "" {
		all = append(all, &engine{name: "PostgreSQL", dir: dir, server: server})
	}
	return all
}

// fresh is the place of a new database.
func (e *engine) fresh(ctx context.Context) (string, error) {
	name := "bench_" + strings.ToLower(rand.Text()[:10])
	if e.server == "" {
		return filepath.Join(e.dir, name+".db"), nil
	}
	u, err := url.Parse(e.server)
	if err != nil {
		return "", err
	}
	if err := e.admin(ctx, `CREATE DATABASE `+name+` ENCODING 'UTF8' TEMPLATE template0`); err != nil {
		return "", err
	}
	e.made = append(e.made, name)
	u.Path = "/" + name
	return u.String(), nil
}

func (e *engine) admin(ctx context.Context, statement string) error {
	d, err := sql.Open("pgx", e.server)
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = d.ExecContext(ctx, statement)
	return err
}

// drop drops the databases made on a server.
func (e *engine) drop(ctx context.Context) (err error) {
	for _, name := range e.made {
		err = errors.Join(err, e.admin(context.WithoutCancel(ctx), `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`))
	}
	e.made = nil
	return err
}

// open opens a new database.
func (e *engine) open(ctx context.Context) (*db.DB, error) {
	at, err := e.fresh(ctx)
	if err != nil {
		return nil, err
	}
	return db.Open(ctx, at, time.Now)
}

// bareRows is how many rows a second the engine makes durable in transactions of perBatch, into a table of the given
// columns, by the fastest statement it has.
func (e *engine) bareRows(ctx context.Context, table string, columns []string, rows int, row func(i int) []any) (float64, error) {
	d, err := e.open(ctx)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	if err := d.Update(ctx, func(tx *db.Tx) error {
		for _, statement := range strings.Split(table, ";") {
			if e.server != "" {
				statement = strings.ReplaceAll(statement, "BLOB", "BYTEA")
			}
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return 0, err
	}
	begin := time.Now()
	for done := 0; done < rows; done += perBatch {
		if err := d.Update(ctx, func(tx *db.Tx) error {
			return tx.Bulk(ctx, "bare", columns, min(perBatch, rows-done), func(i int) []any { return row(done + i) })
		}); err != nil {
			return 0, err
		}
	}
	return float64(rows) / time.Since(begin).Seconds(), nil
}

// perBatch is how many rows one transaction makes durable.
const perBatch = 10_000

// bareObservations is how many observations a second the bare engine takes, each a row that can be found by series and time.
func (e *engine) bareObservations(ctx context.Context, rows int) (float64, error) {
	args := make([]any, 4)
	return e.bareRows(ctx, `CREATE TABLE bare (series BIGINT NOT NULL, at BIGINT NOT NULL, value DOUBLE PRECISION NOT NULL, quality BIGINT NOT NULL, PRIMARY KEY (series, at))`,
		[]string{"series", "at", "value", "quality"}, rows, func(i int) []any {
			args = append(args[:0], int64(i%300), int64(i/300)*86_400_000_000, float64(i%977)/100, int64(0))
			return args
		})
}
