package dbtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // makes and drops databases

	"accord/internal/db"
)

// Server returns the URL of a fresh database on the server that TEST_POSTGRES names. Without a server the test is skipped, or
// fails where CI is set.
func Server(t testing.TB) string { return server(t, "colliding") }

// ServerCalm is Server where no commit is refused, for measurements.
func ServerCalm(t testing.TB) string { return server(t, "calm") }

// ServerEmpty is a database in which nothing was made yet.
func ServerEmpty(t testing.TB) string { return server(t, "") }

// server gives a test a database: one that another test has left and that was emptied, or a new one. To make and drop one costs a
// server far more than most tests do in it.
func server(t testing.TB, kind string) string {
	t.Helper()
	at := os.Getenv("TEST_POSTGRES")
	switch {
	case at == "" && os.Getenv("CI") != "":
		t.Fatal("CI is set but TEST_POSTGRES is not: run the tests with scripts/with-postgres")
	case at == "":
		t.Skip("NOT TESTED on PostgreSQL: TEST_POSTGRES is not set; scripts/with-postgres go test … sets it")
	}
	admin, err := sql.Open("pgx", at)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	name, err := take(admin, at, kind)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		admin, err := sql.Open("pgx", at)
		if err == nil {
			err = giveBack(admin, at, kind, name)
			admin.Close()
		}
		if err != nil {
			t.Error(err)
		}
	})
	return on(at, name)
}

// take returns the name of a database that nobody else uses. Free ones are claimed by giving them another name.
func take(admin *sql.DB, at, kind string) (name string, err error) {
	name = "test_" + strings.ToLower(rand.Text()[:12])
	if kind == "" {
		_, err := admin.Exec(`CREATE DATABASE ` + name + ` TEMPLATE template0 ENCODING 'UTF8'`)
		return name, err
	}
	template, err := templates.made(admin, at, kind)
	if err != nil {
		return "", err
	}
	for range 5 {
		var free string
		if admin.QueryRow(`SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY random() LIMIT 1`, "free_"+template).Scan(&free) != nil {
			break
		}
		if _, err := admin.Exec(`ALTER DATABASE ` + free + ` RENAME TO ` + name); err == nil { // else another was faster
			return name, nil
		}
	}
	_, err = admin.Exec(`CREATE DATABASE ` + name + ` TEMPLATE ` + template)
	return name, err
}

// giveBack empties a database for the next test, or drops it where it is not what it was.
func giveBack(admin *sql.DB, at, kind, name string) error {
	if kind != "" && emptied(admin, on(at, name), name) {
		template, err := templates.made(admin, at, kind)
		if err != nil {
			return err
		}
		if _, err := admin.Exec(`ALTER DATABASE ` + name + ` RENAME TO free_` + template + `_` + strings.ToLower(rand.Text()[:8])); err == nil {
			return nil
		}
	}
	_, err := admin.Exec(`DROP DATABASE ` + name + ` WITH (FORCE)`)
	return err
}

// emptied says whether a database is as its template is, and alone. What a test has left connected is cut off.
func emptied(admin *sql.DB, url, name string) (as bool) {
	if !alone(admin, name) {
		return false
	}
	d, err := sql.Open("pgx", url)
	if err != nil {
		return false
	}
	err = d.QueryRow(`SELECT pristine.again()`).Scan(&as)
	return d.Close() == nil && err == nil && as && alone(admin, name)
}

// alone waits until nobody is connected to a database: a connection that was closed is gone a moment later.
func alone(admin *sql.DB, name string) bool {
	for range 100 {
		var n int
		if err := admin.QueryRow(`SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1`, name).Scan(&n); err != nil {
			return false
		}
		if n == 0 {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

// on is the URL of another database on the same server.
func on(at, name string) string {
	u, err := url.Parse(at)
	if err != nil {
		panic(err)
	}
	u.Path = "/" + name
	return u.String()
}

// templates are the migrated databases that those of tests are copies of. Every process that tests the same tables uses the same.
var templates templateSet

type templateSet struct {
	mu   sync.Mutex
	done map[string]string
}

// made makes a template where it is not there yet and returns its name. It is dropped by nobody: it goes with the throw-away
// server.
func (s *templateSet) made(admin *sql.DB, at, kind string) (name string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name = s.done[kind]; name != "" {
		return name, nil
	}
	sum, err := tablesSum()
	if err != nil {
		return "", err
	}
	name = "template_" + kind + "_" + sum
	ctx := context.Background()
	conn, err := admin.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(hashtext($1))`, name); err != nil {
		return "", err
	}
	defer conn.ExecContext(ctx, `SELECT pg_advisory_unlock(hashtext($1))`, name)
	var one int
	if err := conn.QueryRowContext(ctx, `SELECT 1 FROM pg_database WHERE datname = $1`, name).Scan(&one); errors.Is(err, sql.ErrNoRows) {
		err = makeTemplate(conn, at, kind, name)
		if err != nil {
			return "", err
		}
	} else if err != nil {
		return "", err
	}
	if s.done == nil {
		s.done = map[string]string{}
	}
	s.done[kind] = name
	return name, nil
}

// tablesSum is a name for the tables as the migrations make them, and for what this file adds to them.
func tablesSum() (string, error) {
	_, here, _, _ := runtime.Caller(0)
	files, err := filepath.Glob(filepath.Join(filepath.Dir(here), "..", "db", "migrations", "postgres", "*.sql"))
	if err != nil || len(files) == 0 {
		return strings.ToLower(rand.Text()[:8]), err
	}
	sum := sha256.New()
	for _, f := range append(files, here) {
		b, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		sum.Write(b)
	}
	return hex.EncodeToString(sum.Sum(nil)[:5]), nil
}

func makeTemplate(conn *sql.Conn, at, kind, name string) error {
	ctx, making := context.Background(), "making_"+strings.ToLower(rand.Text()[:12])
	if _, err := conn.ExecContext(ctx, `CREATE DATABASE `+making+` ENCODING 'UTF8' TEMPLATE template0`); err != nil {
		return err
	}
	d, err := db.Open(ctx, on(at, making), time.Now)
	if err != nil {
		return err
	}
	if err := d.Close(); err != nil {
		return err
	}
	statements := pristine
	if kind == "colliding" {
		statements += collide
	}
	if err := run(on(at, making), statements); err != nil {
		return err
	}
	for range 100 { // until the connections that were closed are gone
		if _, err = conn.ExecContext(ctx, `ALTER DATABASE `+making+` RENAME TO `+name); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

func run(at, statements string) error {
	d, err := sql.Open("pgx", at)
	if err != nil {
		return err
	}
	_, err = d.Exec(statements)
	return errors.Join(err, d.Close())
}

// pristine.again puts back what the migrations had put into the tables, and says whether everything is as it was: no table
// more or less, no setting, and not so large that the next test would wait for it.
const pristine = `
	CREATE SCHEMA pristine;
	CREATE TABLE pristine.tables AS SELECT tablename FROM pg_tables WHERE schemaname = 'public';
	DO $$ DECLARE t TEXT; filled BOOLEAN; BEGIN
		FOR t IN SELECT tablename FROM pristine.tables LOOP
			EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', t) INTO filled;
			IF filled THEN
				EXECUTE format('CREATE TABLE pristine.%I AS TABLE public.%I', 'of ' || t, t);
			END IF;
		END LOOP;
	END $$;
	CREATE FUNCTION pristine.again() RETURNS BOOLEAN LANGUAGE plpgsql AS $$ DECLARE t TEXT; filled BOOLEAN; BEGIN
		IF EXISTS (SELECT tablename FROM pg_tables WHERE schemaname = 'public' EXCEPT SELECT tablename FROM pristine.tables)
			OR EXISTS (SELECT tablename FROM pristine.tables EXCEPT SELECT tablename FROM pg_tables WHERE schemaname = 'public')
			OR EXISTS (SELECT 1 FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database())
			OR pg_database_size(current_database()) > 64000000 THEN
			RETURN FALSE;
		END IF;
		SET LOCAL session_replication_role = replica;
		FOR t IN SELECT tablename FROM pristine.tables LOOP
			EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', t) INTO filled;
			IF filled THEN
				EXECUTE format('DELETE FROM public.%I', t);
			END IF;
			IF to_regclass(format('pristine.%I', 'of ' || t)) IS NOT NULL THEN
				EXECUTE format('INSERT INTO public.%I TABLE pristine.%I', t, 'of ' || t);
			END IF;
		END LOOP;
		RETURN TRUE;
	END $$;
`

// collide has the server refuse every seventh commit of a writing transaction, as one that runs them at once may.
const collide = `
	CREATE SEQUENCE colliding;
	CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF nextval('colliding') % 7 = 0 THEN
			RAISE EXCEPTION 'a test wants this transaction again' USING ERRCODE = '40001';
		END IF;
		RETURN NULL;
	END $$;
	CREATE CONSTRAINT TRIGGER collide AFTER UPDATE ON writing DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION collide();
`
