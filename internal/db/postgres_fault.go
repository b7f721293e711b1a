package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"accord/internal/fault"
)

// passing: two transactions were in each other's way and the engine has undone this one.
func passing(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// explain turns what a server or the way to it says into what a person can do about it. The driver's own words about a
// connection are not passed on whole: they are the one place where an address stands.
func explain(err error, place string) error {
	if _, ok := errors.AsType[*fault.Fault](err); ok || errors.Is(err, context.Canceled) {
		return err
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return explainServer(e, place)
	}
	if cut(err) {
		return unavailable("its server cannot be reached: "+cause(err), "check host and port, that the server runs, and that it lets this machine in (listen_addresses, pg_hba.conf, TLS)").At(place)
	}
	return err
}

// cut says whether err is about the connection.
func cut(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded)
}

// cause is the innermost reason in one line.
func cause(err error) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "its name is not known"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err.Error()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "it does not answer"
	}
	if c, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		text := strings.ReplaceAll(c.Unwrap().Error(), "\n", "; ")
		if c.Config.Password != "" {
			text = strings.ReplaceAll(text, c.Config.Password, "…")
		}
		return text
	}
	return "the connection is broken"
}

func explainServer(e *pgconn.PgError, place string) error {
	make := func(kind fault.Kind, why, do string) error {
		return fault.New(kind, "database", why, do).At(place).Because(e)
	}
	switch {
	case e.Code == "28P01" || e.Code == "28000":
		return make(fault.Refused, "its server does not let this user in: "+e.Message, "check user and password in the URL, and pg_hba.conf on the server")
	case e.Code == "3D000":
		return make(fault.NotFound, "there is none with this name on the server", "make it: CREATE DATABASE name OWNER user ENCODING 'UTF8'")
	case e.Code == "42501" || e.Code == "3F000":
		return make(fault.Refused, "this user may not do what the node needs: "+e.Message, "make the user owner of the database: ALTER DATABASE name OWNER TO user")
	case e.Code == "55P03" || e.Code == "25P03":
		return make(fault.Unavailable, "another process has been writing for too long", "wait until its import is done, then try again")
	case e.Code == "53100":
		return make(fault.Unavailable, "the disk of its server is full", "make room, then try again")
	case e.Code == "53300":
		return make(fault.Unavailable, "its server has no connection left", "a process of accord needs up to ten: raise max_connections")
	case strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "53") || strings.HasPrefix(e.Code, "57P") || strings.HasPrefix(e.Code, "58"):
		return make(fault.Unavailable, "its server cannot serve now: "+e.Message, "nothing is lost; try again when the server is up")
	}
	return e
}
