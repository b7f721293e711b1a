package db

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite" // the embedded engine
	sqlite3 "modernc.org/sqlite/lib"

	"accord/internal/fault"
)

// sqlite begins a writing transaction as the writer, so that two processes queue instead of failing in the middle.
var sqlite = engine{
	name: "sqlite", prepare: true, batch: 32, version: `PRAGMA data_version`,
	tables:  `SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND substr(m.name, 1, 7) <> 'sqlite_' ORDER BY m.name, p.cid`,
	refers:  `SELECT m.name, f."table" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`,
	passing: func(error) bool { return false },
	explain: explainFile,
}

// explainFile turns what the engine says of the file and its disk into what a person can do about it. What it says of a
// statement is a defect of ours and stays as it is.
func explainFile(err error) error {
	e, ok := errors.AsType[*driver.Error](err)
	if _, told := errors.AsType[*fault.Fault](err); told || !ok {
		return err
	}
	do := "check disk and permissions, then try again"
	switch e.Code() & 0xff { // what is above says more of the same
	case sqlite3.SQLITE_FULL:
		do = "make room on its disk, then try again"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		do = "another process holds it for long: try again"
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		do = "stop the node and restore it from its backup"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_AUTH:
	default:
		return err
	}
	return unavailable("it cannot be used now: "+e.Error(), do).Because(err)
}

func openSQLite(ctx context.Context, path string, now func() time.Time) (*DB, error) {
	write, err := openFile(path, "rwc", 1)
	if err != nil {
		return nil, err
	}
	// Two processes that open a new file at once both begin: the second fails on what the first has just made, and finds it
	// made when it looks again.
	for try := 0; ; try++ {
		if err = migrate(ctx, write, goose.DialectSQLite3, sqlite.name); err == nil || try == 5 || ctx.Err() != nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if _, refused := errors.AsType[*fault.Fault](err); refused {
		return nil, errors.Join(err, write.Close())
	}
	if err != nil {
		write.Close()
		return nil, unavailable("its tables cannot be brought up to date: "+err.Error(),
			"check that the disk is writable and not full, and that no newer accord has used this home").At(path).Because(err)
	}
	read, err := openFile(path, "ro", 8)
	if err != nil {
		write.Close()
		return nil, err
	}
	return &DB{engine: sqlite, write: write, read: read, now: now}, nil
}

// openFile returns a handle on the file. Full sync, because a receipt must survive a power cut.
func openFile(path, mode string, connections int) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	q := url.Values{"mode": {mode}, "_pragma": {
		"busy_timeout(20000)", "synchronous(FULL)", "foreign_keys(1)", "cache_size(-16000)", "temp_store(MEMORY)",
	}}
	if mode == "rwc" {
		q["_pragma"] = append(q["_pragma"], "journal_mode(WAL)", "secure_delete(1)")
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
