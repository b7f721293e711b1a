package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // makes and drops databases

	"accord/internal/db"
)

// Server returns the URL of a fresh database on the server that TEST_POSTGRES names; it is dropped with the test. Without
// a server the test is skipped, or fails where CI is set.
func Server(t testing.TB) string { return server(t, "template_accord_colliding") }

// ServerCalm is Server where no commit is refused, for measurements.
func ServerCalm(t testing.TB) string { return server(t, "template_accord") }

// ServerEmpty is a database in which nothing was made yet.
func ServerEmpty(t testing.TB) string { return server(t, "") }

func server(t testing.TB, template string) string {
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
	if template == "" {
		template = "template0 ENCODING 'UTF8'"
	} else if template, err = templates.made(admin, at, template); err != nil {
		t.Fatal(err)
	}
	name := "test_" + strings.ToLower(rand.Text()[:12])
	if _, err := admin.Exec(`CREATE DATABASE ` + name + ` TEMPLATE ` + template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		admin, err := sql.Open("pgx", at)
		if err == nil {
			_, err = admin.Exec(`DROP DATABASE ` + name + ` WITH (FORCE)`)
			admin.Close()
		}
		if err != nil {
			t.Error(err)
		}
	})
	return on(at, name)
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

// templates are the migrated databases that those of tests are copies of, one set for each process that tests.
var templates templateSet

type templateSet struct {
	mu   sync.Mutex
	done map[string]string
}

// made makes a template once and returns its name. It is dropped by nobody: it goes with the throw-away server.
func (s *templateSet) made(admin *sql.DB, at, kind string) (name string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done == nil {
		s.done = map[string]string{}
	}
	if name = s.done[kind]; name != "" {
		return name, nil
	}
	// Named after the program that tests: another one may know other tables.
	name = fmt.Sprintf("%s_%s", kind, strings.ToLower(rand.Text()[:8]))
	if _, err := admin.Exec(`CREATE DATABASE ` + name + ` ENCODING 'UTF8' TEMPLATE template0`); err != nil {
		return "", err
	}
	d, err := db.Open(context.Background(), on(at, name), time.Now)
	if err != nil {
		return "", err
	}
	if err := d.Close(); err != nil {
		return "", err
	}
	if strings.HasSuffix(kind, "colliding") {
		if err := collide(on(at, name)); err != nil {
			return "", err
		}
	}
	s.done[kind] = name
	return name, nil
}

// collide has the server refuse every seventh commit of a writing transaction, as one that runs them at once may.
func collide(at string) error {
	d, err := sql.Open("pgx", at)
	if err != nil {
		return err
	}
	defer d.Close()
	_, err = d.Exec(`
		CREATE SEQUENCE colliding;
		CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('colliding') % 7 = 0 THEN
				RAISE EXCEPTION 'a test wants this transaction again' USING ERRCODE = '40001';
			END IF;
			RETURN NULL;
		END $$;
		CREATE CONSTRAINT TRIGGER collide AFTER UPDATE ON writing DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION collide()`)
	return err
}
