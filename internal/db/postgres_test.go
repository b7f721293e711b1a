package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/fault"
)

// changed is the URL with one thing changed.
func changed(t *testing.T, at string, f func(u *url.URL)) string {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	f(u)
	return u.String()
}

// TestServerFaults: each way a server can be out of reach is named with what to do, and never with the password.
func TestServerFaults(t *testing.T) {
	at := dbtest.Server(t)
	const secret = "horse%20battery"
	user := func(name, password string) func(u *url.URL) {
		return func(u *url.URL) { u.User = url.UserPassword(name, password) }
	}
	for name, c := range map[string]struct {
		at   string
		kind fault.Kind
		want string
	}{
		"nobody listens":   {changed(t, at, func(u *url.URL) { u.Host = "127.0.0.1:1"; user("accord", secret)(u) }), fault.Unavailable, "cannot be reached"},
		"no such host":     {changed(t, at, func(u *url.URL) { u.Host = "nowhere.invalid:5432"; user("accord", secret)(u) }), fault.Unavailable, "cannot be reached"},
		"wrong password":   {changed(t, at, user("accord", secret)), fault.Refused, "does not let this user in"},
		"no such user":     {changed(t, at, user("nobody", secret)), fault.Refused, "does not let this user in"},
		"no such database": {changed(t, at, func(u *url.URL) { u.Path = "/absent" }), fault.NotFound, "CREATE DATABASE"},
		"not durable":      {changed(t, at, setting("synchronous_commit", "off")), fault.Refused, "synchronous_commit"},
		"read only":        {changed(t, at, setting("default_transaction_read_only", "on")), fault.Refused, "only be read"},
		"no URL":           {"postgres://u:" + secret + "@[", fault.Invalid, "cannot be read"},
		"open password":    {"postgres://u:12/" + secret + "@host/db", fault.Invalid, "%XX"},
		"# in a password":  {"postgres://u:p#" + secret + "@nowhere.invalid/db", fault.Unavailable, "cannot be reached"},
		"TLS is asked for": {changed(t, at, setting("sslmode", "require")), fault.Unavailable, "TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := db.Open(t.Context(), c.at, time.Now)
			if err == nil {
				d.Close()
				t.Fatal("it was opened")
			}
			if fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", fault.KindOf(err), err)
			}
			all := fmt.Sprintf("%v %+v", err, err)
			for e := err; e != nil; e = errors.Unwrap(e) {
				all += fmt.Sprintf(" %v %+v %#v", e, e, e)
			}
			password, _ := url.Parse(at)
			real, _ := password.User.Password()
			for _, s := range []string{secret, "horse", real} {
				if strings.Contains(all, s) {
					t.Errorf("the password stands in %s", all)
				}
			}
		})
	}
}

func setting(name, value string) func(u *url.URL) {
	return func(u *url.URL) {
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
	}
}

// TestUserWithoutRights: a user that may enter but not make tables is told what it lacks.
func TestUserWithoutRights(t *testing.T) {
	at := dbtest.Server(t)
	admin, err := sql.Open("pgx", at)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	name := "guest_" + strings.TrimPrefix(u.Path, "/test_")
	for _, q := range []string{`DROP SCHEMA public CASCADE; CREATE SCHEMA public`, `CREATE ROLE ` + name + ` LOGIN PASSWORD 'guest'`} {
		if _, err := admin.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	defer admin.Exec(`DROP ROLE ` + name)
	d, err := db.Open(t.Context(), changed(t, at, func(u *url.URL) { u.User = url.UserPassword(name, "guest") }), time.Now)
	if err == nil {
		d.Close()
	}
	if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), "OWNER TO") {
		t.Errorf("%s: %v", fault.KindOf(err), err)
	}
}

func TestCheckURL(t *testing.T) {
	for at, want := range map[string]bool{
		"postgres://accord@host/db":                  false,
		"postgresql://accord:secret@host:5432/db":    true,
		"postgres://accord@host/db?password=secret":  true,
		"postgres://host/db":                         false,
		"postgres://accord:s@a.example,b.example/db": true,
	} {
		secret, err := db.CheckURL(at)
		if err != nil || secret != want {
			t.Errorf("%s: %v, %v", at, secret, err)
		}
	}
}

// TestEightProcessesStartAtOnce on a database without tables.
func TestEightProcessesStartAtOnce(t *testing.T) {
	at := dbtest.Server(t)
	admin, err := sql.Open("pgx", at)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.Exec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public`); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			d, err := db.Open(t.Context(), at, time.Now)
			if err != nil {
				t.Error(err)
				return
			}
			next(t, d)
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var n int
	if err := admin.QueryRow(`SELECT n FROM counter WHERE name = 'record'`).Scan(&n); err != nil || n != 8 {
		t.Errorf("%d, %v", n, err)
	}
}

// TestNewerTablesAreLeftAlone: an older program must not write into the tables of a newer one.
func TestNewerTablesAreLeftAlone(t *testing.T) {
	dbtest.EachAt(t, func(t *testing.T, at string) {
		d, err := db.Open(t.Context(), at, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, $1)`, true)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if d, err := db.Open(t.Context(), at, time.Now); err == nil {
			d.Close()
			t.Error("it was opened")
		} else if !strings.Contains(err.Error(), "newer accord") {
			t.Error(err)
		}
	})
}

// TestTablesWithAHoleAreLeftAlone: steps are made in the order of their numbers. Tables that have a later one and lack an
// earlier one are refused, on both engines, with what is missing; nothing is made in them.
func TestTablesWithAHoleAreLeftAlone(t *testing.T) {
	dbtest.EachAt(t, func(t *testing.T, at string) {
		d, err := db.Open(t.Context(), at, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `DELETE FROM goose_db_version WHERE version_id = 9`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		d, err = db.Open(t.Context(), at, time.Now)
		if err == nil {
			d.Close()
			t.Fatal("it was opened")
		}
		if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), "lack step 9") {
			t.Error(err)
		}
	})
}

// TestServerIsBackAgain cuts all connections, as a restart does: the next transaction works, the watch goes on.
func TestServerIsBackAgain(t *testing.T) {
	at := dbtest.Server(t)
	d, err := db.Open(t.Context(), at, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	admin, err := sql.Open("pgx", at)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := make(chan struct{}, 100)
	watched := make(chan error, 1)
	go func() { watched <- d.Watch(ctx, time.Millisecond, func() { seen <- struct{}{} }) }()
	<-seen
	const others = `SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
	err = d.Update(t.Context(), func(tx *db.Tx) error {
		if _, err := admin.Exec(others); err != nil {
			t.Fatal(err)
		}
		_, err := tx.Next(t.Context(), "record", 1)
		return err
	})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%s: %v", fault.KindOf(err), err)
	}
	for range 20 { // a pool may hold more than one connection that is cut
		if err = d.Update(t.Context(), func(*db.Tx) error { return nil }); err == nil {
			break
		}
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", fault.KindOf(err), err)
		}
	}
	if err != nil {
		t.Error(err)
	}
	select {
	case <-seen:
	case err := <-watched:
		t.Errorf("the watch ended: %v", err)
	case <-time.After(10 * time.Second):
		t.Error("the watch does not go on")
	}
}

// TestWaitingForAWriterEnds: who waits for a writer that does not end is told so, and the writer is not disturbed.
func TestWaitingForAWriterEnds(t *testing.T) {
	at := dbtest.Server(t)
	slow, quick := dbtest.OpenAt(t, at), dbtest.OpenAt(t, changed(t, at, setting("lock_timeout", "100ms")))
	inside, end := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	var once sync.Once
	go func() {
		done <- slow.Update(t.Context(), func(*db.Tx) error {
			once.Do(func() { close(inside) })
			<-end
			return nil
		})
	}()
	<-inside
	err := quick.Update(t.Context(), func(*db.Tx) error { return nil })
	if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "another process") {
		t.Errorf("%s: %v", fault.KindOf(err), err)
	}
	if err := quick.View(t.Context(), func(*db.Tx) error { return nil }); err != nil {
		t.Errorf("a view waited for a writer: %v", err)
	}
	close(end)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
