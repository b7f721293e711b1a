package db_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/fault"
)

// TestFillFromTheOtherEngine copies rows of every kind of value between the engines, both ways.
func TestFillFromTheOtherEngine(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, from *db.DB) {
		if err := from.Update(t.Context(), func(tx *db.Tx) error {
			for i, body := range [][]byte{nil, {}, {0, 1, 255}} {
				if _, err := tx.Exec(t.Context(), `INSERT INTO log (id, origin, writer, partner, size, delivered, told) VALUES ($1, $2, 'w', '', 1, 0, 0)`, i, fmt.Sprint(i, " 서울'\"\n")); err != nil {
					return err
				}
				if _, err := tx.Exec(t.Context(), `INSERT INTO entry (log, idx, id, kind, instrument, clause, subject, rows, time, header, salt, body, stored, aside)
					VALUES ($1, 0, 'x', 'k', '', '', '', 0, -5, $2, NULL, $3, $4, '')`, i, []byte("h"), body, int64(1)<<62); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		version, all := everything(t, from)
		for name, at := range map[string]string{"sqlite": t.TempDir() + "/copy.db", "postgres": dbtest.ServerEmpty(t)} {
			t.Run("to "+name, func(t *testing.T) {
				if err := fill(t, at, version, all); err != nil {
					t.Fatal(err)
				}
				if _, again := everything(t, dbtest.OpenAt(t, at)); !reflect.DeepEqual(again, all) {
					t.Errorf("%v\nnot\n%v", again, all)
				}
			})
		}
	})
}

// A filled is a table with its rows.
type filled struct {
	db.Table
	rows [][]any
}

// everything is all tables of a database, with rows in one order.
func everything(t *testing.T, d *db.DB) (version int64, all []filled) {
	t.Helper()
	if err := d.View(t.Context(), func(tx *db.Tx) (err error) {
		if version, err = tx.Version(t.Context()); err != nil {
			return err
		}
		tables, err := tx.Tables(t.Context())
		for _, table := range tables {
			f := filled{Table: table}
			err = tx.EachRow(t.Context(), table, func(row []any) error { f.rows = append(f.rows, slices.Clone(row)); return nil })
			if err != nil {
				return err
			}
			slices.SortFunc(f.rows, func(a, b []any) int { return slices.Compare([]byte(fmt.Sprint(a...)), []byte(fmt.Sprint(b...))) })
			all = append(all, f)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return version, all
}

func fill(t *testing.T, at string, version int64, all []filled) error {
	t.Helper()
	return db.Fill(t.Context(), at, version, time.Now, func(tx *db.Tx) error {
		for _, f := range all {
			for _, row := range f.rows {
				if err := tx.Insert(t.Context(), f.Table, row); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// TestTablesComeAfterThoseTheyReferTo on both engines.
func TestTablesComeAfterThoseTheyReferTo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		_, all := everything(t, d)
		at := func(name string) int { return slices.IndexFunc(all, func(f filled) bool { return f.Name == name }) }
		for _, pair := range [][2]string{{"log", "entry"}, {"log", "cosigned"}, {"instrument", "action"}, {"release", "release_word"}} {
			if before, after := at(pair[0]), at(pair[1]); before < 0 || after < before {
				t.Errorf("%s stands at %d, %s at %d", pair[0], before, pair[1], after)
			}
		}
		if at("goose_db_version") >= 0 || at("writing") >= 0 {
			t.Error("a table of the engine is among the keepers'")
		}
	})
}

// TestFillRefuses a database in use, newer tables, and undoes what fails.
func TestFillRefuses(t *testing.T) {
	dbtest.EachAt(t, func(t *testing.T, at string) {
		d := dbtest.OpenAt(t, at)
		version, _ := everything(t, d)
		if err := fill(t, at, version+1, nil); fault.KindOf(err) != fault.Refused {
			t.Errorf("newer: %v", err)
		}
		if err := fill(t, at, version-1, nil); fault.KindOf(err) != fault.Conflict {
			t.Errorf("older: %v", err)
		}
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO card (party, serial, file, added) VALUES ('x', 1, $1, 0)`, []byte("x"))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		_, before := everything(t, d)
		if err := fill(t, at, version, nil); fault.KindOf(err) != fault.Conflict {
			t.Errorf("in use: %v", err)
		}
		if _, after := everything(t, d); !reflect.DeepEqual(after, before) {
			t.Error("a database in use was changed")
		}
	})
}
