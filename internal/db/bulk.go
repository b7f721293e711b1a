package db

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Bulk inserts n rows into a table by the fastest way of the engine, inside the transaction: COPY on a server, where it is
// the one statement that the other engine does not have; else statements of many rows. row returns the values of one row in
// the order of the columns; it may be called again for the same row, and its slice is not kept.
func (t *Tx) Bulk(ctx context.Context, table string, columns []string, n int, row func(i int) []any) error {
	if t.reading {
		return fmt.Errorf("%w: insert into %s", errReading, table)
	}
	if t.on.copies && n > 1 {
		return t.copy(ctx, table, columns, n, row)
	}
	return t.upsert(ctx, table, columns, n, row, "")
}

// Upsert is Bulk where some of the rows may be there already; then says what is done with those, as ON CONFLICT …
func (t *Tx) Upsert(ctx context.Context, table string, columns []string, n int, row func(i int) []any, then string) error {
	if t.reading {
		return fmt.Errorf("%w: insert into %s", errReading, table)
	}
	return t.upsert(ctx, table, columns, n, row, " "+then)
}

func (t *Tx) upsert(ctx context.Context, table string, columns []string, n int, row func(i int) []any, then string) error {
	for from, size := 0, t.on.batch; from < n; from += size {
		for size > n-from {
			size /= 2
		}
		args := make([]any, 0, size*len(columns))
		for i := range size {
			args = append(args, row(from+i)...)
		}
		if _, err := t.Exec(ctx, insertion(table, columns, size, t.on.copies)+then, args...); err != nil {
			return err
		}
	}
	return nil
}

// insertion is the statement that inserts a number of rows. The embedded engine takes numbered parameters for names and looks
// each up in a list of all, so that there they have none.
func insertion(table string, columns []string, rows int, numbered bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES ", table, strings.Join(columns, ", "))
	for i := range rows {
		between := "("
		if i > 0 {
			between = ", ("
		}
		for k := range columns {
			b.WriteString(between)
			if between = ", "; numbered {
				fmt.Fprintf(&b, "$%d", i*len(columns)+k+1)
			} else {
				b.WriteByte('?')
			}
		}
		b.WriteByte(')')
	}
	return b.String()
}

func (t *Tx) copy(ctx context.Context, table string, columns []string, n int, row func(i int) []any) error {
	err := t.conn.Raw(func(driver any) error {
		c := driver.(*stdlib.Conn).Conn()
		_, err := c.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil }))
		return err
	})
	if err != nil {
		return fmt.Errorf("%w in a copy to %s", err, table)
	}
	return nil
}
