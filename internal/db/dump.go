package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"accord/internal/fault"
)

// A Table is one of the keepers' tables with its columns.
type Table struct {
	Name    string
	Columns []string
}

// own are tables of an engine and not of the keepers, and those that are made again from the others: a copy of a node's data
// leaves them out.
var own = []string{"goose_db_version", "writing", "search_doc", "search_gram", "search_block", "search_due", "search_seen"}

// Tables returns the keepers' tables, each after those that its rows refer to.
func (t *Tx) Tables(ctx context.Context) (ordered []Table, err error) {
	var all []Table
	if err := t.Rows(ctx, t.on.tables, nil, func(r Scanner) error {
		var table, column string
		err := r.Scan(&table, &column)
		switch n := len(all); {
		case slices.Contains(own, table):
		case n > 0 && all[n-1].Name == table:
			all[n-1].Columns = append(all[n-1].Columns, column)
		default:
			all = append(all, Table{table, []string{column}})
		}
		return err
	}); err != nil {
		return nil, err
	}
	refers := map[string][]string{}
	if err := t.Rows(ctx, t.on.refers, nil, func(r Scanner) error {
		var from, to string
		err := r.Scan(&from, &to)
		if from != to {
			refers[from] = append(refers[from], to)
		}
		return err
	}); err != nil {
		return nil, err
	}
	return inOrder(all, refers)
}

// inOrder puts each table after those it refers to.
func inOrder(all []Table, refers map[string][]string) (ordered []Table, err error) {
	done := map[string]bool{}
	for len(ordered) < len(all) {
		before := len(ordered)
		for _, t := range all {
			if !done[t.Name] && !slices.ContainsFunc(refers[t.Name], func(to string) bool { return !done[to] }) {
				done[t.Name], ordered = true, append(ordered, t)
			}
		}
		if len(ordered) == before {
			return nil, errors.New("tables refer to each other in a ring")
		}
	}
	return ordered, nil
}

// Version is the number of the last migration that was applied.
func (t *Tx) Version(ctx context.Context) (v int64, err error) {
	_, err = t.Row(ctx, `SELECT MAX(version_id) FROM goose_db_version`, nil, &v)
	return v, err
}

// EachRow calls f with every row of a table: null as nil, else int64, string, float64, bool or bytes that are f's to keep.
// The slice is used again.
func (t *Tx) EachRow(ctx context.Context, table Table, f func(row []any) error) error {
	row, into := make([]any, len(table.Columns)), make([]any, len(table.Columns))
	for i := range into {
		into[i] = &row[i]
	}
	return t.Rows(ctx, `SELECT `+columns(table)+` FROM "`+table.Name+`"`, nil, func(r Scanner) error {
		if err := r.Scan(into...); err != nil {
			return err
		}
		for i, v := range row { // no bytes are not null, whatever a driver makes of them
			if b, ok := v.([]byte); ok && b == nil {
				row[i] = []byte{}
			}
		}
		return f(row)
	})
}

func columns(t Table) string { return `"` + strings.Join(t.Columns, `", "`) + `"` }

// Insert stores rows, given one after the other in one slice, by one statement.
func (t *Tx) Insert(ctx context.Context, table Table, values []any) error {
	var b strings.Builder
	b.WriteString(`INSERT INTO "` + table.Name + `" (` + columns(table) + `) VALUES `)
	for i := range values {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%len(table.Columns) == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	_, err := t.Exec(ctx, b.String()+")", values...)
	return err
}

// A server keeps what a restore has filled when the program is killed before it gives the home its name: nobody but a person
// can know that no node uses it.
const doEmpty = "name a database that was never used; if a restore into this one was broken off, so that no node uses it, drop it and make it anew"

// Fill makes the tables of a version in a database that no node has used, has fill put everything into them in one
// transaction, and then brings them up to date. What the migrations up to that version had put in is taken out first.
func Fill(ctx context.Context, at string, version int64, now func() time.Time, fill func(*Tx) error) (err error) {
	d, dialect, err := bare(ctx, at, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	p, err := provider(d.write, dialect, d.name)
	if err != nil {
		return err
	}
	have, known, err := p.GetVersions(ctx)
	if err != nil {
		return d.explain(err)
	}
	switch {
	case version > known:
		return fault.New(fault.Refused, "database", fmt.Sprintf("tables of version %d are to be filled, this program knows %d", version, known), "use the accord that wrote the backup, or a newer one")
	case have > version:
		return fault.New(fault.Conflict, "database", fmt.Sprintf("it has tables of version %d already", have), doEmpty)
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return unavailable("its tables cannot be made: "+err.Error(), "check that the disk is not full and that the database is empty").Because(err)
	}
	if err := d.Update(ctx, func(tx *Tx) error {
		if err := tx.clear(ctx); err != nil {
			return err
		}
		return fill(tx)
	}); err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// bare opens a database and leaves its tables as they are.
func bare(ctx context.Context, at string, now func() time.Time) (*DB, goose.Dialect, error) {
	if IsURL(at) {
		d, _, err := connect(ctx, at, now)
		return d, goose.DialectPostgres, err
	}
	write, err := openFile(at, "rwc", 1)
	if err != nil {
		return nil, "", err
	}
	read, err := openFile(at, "ro", 1)
	if err != nil {
		return nil, "", errors.Join(err, write.Close())
	}
	return &DB{engine: sqlite, write: write, read: read, now: now}, goose.DialectSQLite3, nil
}

// clear empties the tables of a database that no node has used.
func (t *Tx) clear(ctx context.Context) error {
	var one int
	if used, err := t.Row(ctx, `SELECT 1 FROM card LIMIT 1`, nil, &one); err != nil {
		return err
	} else if used {
		return fault.New(fault.Conflict, "database", "it is the database of a node already", doEmpty)
	}
	tables, err := t.Tables(ctx)
	if err != nil {
		return err
	}
	slices.Reverse(tables)
	for _, table := range tables {
		if _, err := t.Exec(ctx, `DELETE FROM "`+table.Name+`"`); err != nil {
			return err
		}
	}
	return nil
}
