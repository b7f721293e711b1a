package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"accord/internal/audit"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/who"
)

// How long a person stays signed in: without doing anything, and at most. A session is looked at with every request and its
// last use noted at most once a minute, so that reading does not write.
const (
	Idle     = 30 * time.Minute
	Absolute = 12 * time.Hour
	noted    = time.Minute
)

const tokenSize = 32

// A Session is one place where a person is signed in.
type Session struct {
	Made, Seen time.Time
}

// hashToken is what is stored of a token: who reads the database cannot take over a session.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// begin makes a session with a token that nobody has seen before.
func begin(ctx context.Context, tx *db.Tx, id string) (token string, err error) {
	raw := make([]byte, tokenSize)
	rand.Read(raw)
	token = base64.RawURLEncoding.EncodeToString(raw)
	if _, err := tx.Exec(ctx, `DELETE FROM session WHERE made <= $1 OR seen <= $2`, db.Micros(tx.Now.Add(-Absolute)), db.Micros(tx.Now.Add(-Idle))); err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO session (token, account, made, seen) VALUES ($1, $2, $3, $3)`, hashToken(token), id, db.Micros(tx.Now))
	return token, err
}

// Who returns the person that a token belongs to, today; nobody when it belongs to none, has run out, or the person does
// not act for the city any more.
func (a *Accounts) Who(ctx context.Context, token string) (by who.Person, err error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenSize) {
		return who.Person{}, nil
	}
	var seen, now int64
	err = a.db.View(ctx, func(tx *db.Tx) error {
		by = who.Person{}
		var id string
		found, err := tx.Row(ctx, `SELECT account, seen FROM session WHERE token = $1 AND made > $2 AND seen > $3`,
			[]any{hashToken(token), db.Micros(tx.Now.Add(-Absolute)), db.Micros(tx.Now.Add(-Idle))}, &id, &seen)
		if err != nil || !found {
			return err
		}
		now = db.Micros(tx.Now)
		k, err := a.get(ctx, tx, id)
		if err == nil && k.acts() {
			by = k.Person
		}
		return err
	})
	if err != nil || by.Nobody() || now-seen < noted.Microseconds() {
		return by, err
	}
	return by, a.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE session SET seen = $1 WHERE token = $2`, db.Micros(tx.Now), hashToken(token))
		return err
	})
}

// Sessions lists where a person is signed in, the newest first.
func (a *Accounts) Sessions(ctx context.Context, id string) (out []Session, err error) {
	err = a.db.View(ctx, func(tx *db.Tx) error {
		return tx.Rows(ctx, `SELECT made, seen FROM session WHERE account = $1 AND made > $2 AND seen > $3 ORDER BY made DESC`,
			[]any{id, db.Micros(tx.Now.Add(-Absolute)), db.Micros(tx.Now.Add(-Idle))}, func(r db.Scanner) error {
				var made, seen int64
				err := r.Scan(&made, &seen)
				out = append(out, Session{db.Time(made), db.Time(seen)})
				return err
			})
	})
	return out, err
}

// SignOut ends the session of a token.
func (a *Accounts) SignOut(ctx context.Context, by who.Person, token string) error {
	return a.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM session WHERE token = $1 AND account = $2`, hashToken(token), by.ID)
		if err != nil || n == 0 {
			return err
		}
		return audit.Append(ctx, tx, audit.By(by, "sign out", by.ID))
	})
}

// SignOutEverywhere ends every session of a person: one's own, or anybody's for an administrator.
func (a *Accounts) SignOutEverywhere(ctx context.Context, by who.Person, id string) error {
	if by.ID != id || !by.May(who.Self) {
		if err := manages(by, id); err != nil {
			return err
		}
	}
	return a.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := a.get(ctx, tx, id); err != nil {
			return err
		}
		if err := signOutAll(ctx, tx, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.By(by, "sign out everywhere", id))
	})
}

func signOutAll(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM session WHERE account = $1`, id)
	return err
}

// ChangePassword sets a person's own new password after a look at the present one, and signs the person out everywhere.
func (a *Accounts) ChangePassword(ctx context.Context, by who.Person, present, next, address string) error {
	if !by.May(who.Self) {
		return fault.New(fault.Refused, "password", "nobody is signed in", "sign in first")
	}
	if err := checkPassword(by.ID, next); err != nil {
		return err
	}
	if present == next {
		return fault.New(fault.Invalid, "password", "it is the one there is", "take another one").At("password")
	}
	if _, err := a.prove(ctx, by.ID, present, address); err != nil {
		return err
	}
	return a.setPassword(ctx, by, by.ID, next)
}
