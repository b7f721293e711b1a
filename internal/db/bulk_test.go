package db_test

import (
	"errors"
	"fmt"
	"testing"

	"accord/internal/db"
	"accord/internal/dbtest"
)

// TestBulk: any number of rows goes in as a whole or not at all, with nothing and bytes among the values, beside statements of
// the same transaction.
func TestBulk(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		type row struct {
			id   int64
			name string
			body []byte
			log  *int64
		}
		columns := []string{"id", "name", "body", "log"}
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `CREATE TABLE heap (id BIGINT PRIMARY KEY, name TEXT NOT NULL, body BYTEA NOT NULL, log BIGINT)`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		next, total := int64(1), 0
		for _, n := range []int{0, 1, 2, 31, 32, 33, 300} {
			rows := make([]row, n)
			for i := range rows {
				rows[i] = row{next, fmt.Sprintf("行 %d", next), []byte{0, byte(i), 255}, nil}
				if i%2 == 0 {
					rows[i].log = &rows[i].id
				}
				next++
			}
			fill := func(tx *db.Tx) error {
				buf := make([]any, 4) // used again for each row
				return tx.Bulk(t.Context(), "heap", columns, n, func(i int) []any {
					buf = append(buf[:0], rows[i].id, rows[i].name, rows[i].body, rows[i].log)
					return buf
				})
			}
			if err := d.Update(t.Context(), func(tx *db.Tx) error {
				if err := fill(tx); err != nil {
					return err
				}
				_, err := tx.Exec(t.Context(), `UPDATE heap SET name = name WHERE id = $1`, next-1)
				return err
			}); err != nil {
				t.Fatalf("%d rows: %v", n, err)
			}
			total += n
			if n > 0 {
				if err := d.Update(t.Context(), fill); err == nil {
					t.Errorf("%d rows went in twice", n)
				}
			}
		}
		undone := errors.New("undone")
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			if err := tx.Bulk(t.Context(), "heap", columns, 50, func(i int) []any { return []any{next + int64(i), "x", []byte{}, nil} }); err != nil {
				return err
			}
			return undone
		}); !errors.Is(err, undone) {
			t.Error(err)
		}
		var count, logs int
		if err := d.View(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row(t.Context(), `SELECT COUNT(*), COUNT(log) FROM heap WHERE LENGTH(body) = 3`, nil, &count, &logs)
			return err
		}); err != nil || count != total || logs != 201 {
			t.Errorf("%d of %d rows, %d with a log, %v", count, total, logs, err)
		}
		among(t, d)
	})
}

// among asks for lists of values of every length, some of them twice or not there.
func among(t *testing.T, d *db.DB) {
	for _, n := range []int{1, 2, 3, 32} {
		var ids []int64
		var names []string
		for i := range n {
			ids = append(ids, int64(i+1), int64(1), 9999)
			names = append(names, fmt.Sprintf("行 %d", i+1), "nobody")
		}
		if err := d.View(t.Context(), func(tx *db.Tx) error {
			for _, list := range []func() (string, []any){
				func() (string, []any) { c, a := db.Among(tx, 2, ids); return "id" + c, a },
				func() (string, []any) { c, a := db.Among(tx, 2, names); return "name" + c, a },
			} {
				condition, args := list()
				var got int
				if _, err := tx.Row(t.Context(), `SELECT COUNT(*) FROM heap WHERE id < $1 AND `+condition, append([]any{int64(1000)}, args...), &got); err != nil {
					return err
				}
				if got != n {
					t.Errorf("%d of %d are found", got, n)
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
}
