package account

import (
	"context"
	"encoding/hex"
	"net/netip"
	"time"

	"accord/internal/audit"
	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/who"
)

// How often a sign-in may fail within a window, for one account and from one address. Attempts are counted before the
// password is looked at, in the database: many at once, or at several processes, get no more tries than one after the other.
//
// From a network from which a person has signed in not long ago, the attempts of that person are counted by themselves, so
// that a stranger elsewhere who knows an id cannot keep its owner out.
const (
	window     = 15 * time.Minute
	perAccount = 10
	perAddress = 30
	remembered = 90 * 24 * time.Hour // how long a network stays known
)

// ErrSignIn is the one answer to every sign-in that fails: an account that is not there, a wrong password, a closed account, a
// person who acts for no unit today.
var ErrSignIn = fault.New(fault.Refused, "sign-in", "the name or the password is wrong, or the account is not in use", "try again, or ask an administrator").At("password")

// ErrTooMany is the answer when too many have failed, whether the account is there or not.
var ErrTooMany = fault.New(fault.Unavailable, "sign-in", "too many attempts have failed", "wait a quarter of an hour, then try again").At("password")

// SignIn looks at a password and begins a session with a new token.
func (a *Accounts) SignIn(ctx context.Context, id, password, address string) (token string, by who.Person, err error) {
	k, err := a.prove(ctx, id, password, address)
	if err != nil {
		return "", who.Person{}, err
	}
	err = a.db.Update(ctx, func(tx *db.Tx) error {
		now, err := a.get(ctx, tx, k.ID) // again: it may have been closed meanwhile
		if err != nil {
			return err
		}
		var stored string
		if _, err := tx.Row(ctx, `SELECT password FROM account WHERE id = $1`, []any{k.ID}, &stored); err != nil {
			return err
		}
		if !now.acts() || stored != k.password {
			return ErrSignIn
		}
		by = now.Person
		if token, err = begin(ctx, tx, k.ID); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.By(by, "sign in", by.ID))
	})
	return token, by, err
}

// proved is an account whose password was given.
type proved struct {
	who.Person
	password string
}

// prove looks at a password. It does the same work and gives the same answer whatever is wrong.
func (a *Accounts) prove(ctx context.Context, id, password, address string) (*proved, error) {
	if len(id) > 100 || len(password) > maxPassword {
		return nil, ErrSignIn
	}
	if err := a.reserve(ctx, id, address); err != nil {
		return nil, err
	}
	k, known, err := a.look(ctx, id)
	if err != nil {
		return nil, err
	}
	right, err := matches(ctx, password, k.password)
	if err != nil {
		return nil, err
	}
	right = right && known
	err = a.db.Update(ctx, func(tx *db.Tx) error {
		if right {
			if err := arrived(ctx, tx, id, address); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE sign_in_attempt SET n = n - 1 WHERE key = $1 AND n > 0`, addressKey(address))
			return err
		}
		return audit.Append(ctx, tx, failed(k, known).Refused("wrong name or password"))
	})
	if err != nil {
		return nil, err
	}
	if !right {
		return nil, ErrSignIn
	}
	return k, nil
}

// failed is the line of a failed sign-in. What somebody typed is in it only where it is an account's id: people type
// passwords into the wrong field.
func failed(k *proved, known bool) audit.Line {
	if !known {
		return audit.By(who.Person{ID: "nobody"}, "sign in", "unknown or closed account")
	}
	return audit.By(who.Person{ID: "nobody"}, "sign in", k.ID)
}

// look returns what is stored of an account in use; of every other one, a hash that no password leads to.
func (a *Accounts) look(ctx context.Context, id string) (k *proved, known bool, err error) {
	err = a.db.View(ctx, func(tx *db.Tx) error {
		k, known = &proved{password: nobodys}, false
		all, err := a.find(ctx, tx, ` WHERE id = $1`, id)
		if err != nil || len(all) == 0 || !all[0].acts() {
			return err
		}
		k.Person, known = all[0].Person, true
		_, err = tx.Row(ctx, `SELECT password FROM account WHERE id = $1`, []any{id}, &k.password)
		return err
	})
	return k, known, err
}

// reserve counts an attempt and refuses one too many.
func (a *Accounts) reserve(ctx context.Context, id, address string) error {
	var refused error
	err := a.db.Update(ctx, func(tx *db.Tx) error {
		refused = nil
		if _, err := tx.Exec(ctx, `DELETE FROM sign_in_attempt WHERE since <= $1`, db.Micros(tx.Now.Add(-window))); err != nil {
			return err
		}
		account, err := attemptKey(ctx, tx, id, address)
		if err != nil {
			return err
		}
		for _, limit := range []struct {
			key string
			n   int64
		}{{addressKey(address), perAddress}, {account, perAccount}} {
			var n int64
			if _, err := tx.Row(ctx, `INSERT INTO sign_in_attempt (key, since, n) VALUES ($1, $2, 1) ON CONFLICT (key) DO UPDATE SET n = sign_in_attempt.n + 1 RETURNING n`,
				[]any{limit.key, db.Micros(tx.Now)}, &n); err != nil {
				return err
			}
			if n <= limit.n {
				continue
			}
			refused = ErrTooMany
			if n == limit.n+1 { // once a window: who knocks must not be able to fill the log
				return audit.Append(ctx, tx, audit.By(who.Person{ID: "nobody"}, "sign in", "").Refused("too many attempts"))
			}
			return nil
		}
		return nil
	})
	if err != nil {
		return err
	}
	return refused
}

// attemptKey is under which the attempts at an account from an address are counted.
func attemptKey(ctx context.Context, tx *db.Tx, id, address string) (string, error) {
	var last int64
	known, err := tx.Row(ctx, `SELECT last FROM sign_in_network WHERE key = $1 AND last > $2`, []any{networkKey(id, address), db.Micros(tx.Now.Add(-remembered))}, &last)
	if err != nil || !known {
		return accountKey(id), err
	}
	return networkKey(id, address), nil
}

// arrived remembers from where a person has signed in, and forgets the attempts that failed before.
func arrived(ctx context.Context, tx *db.Tx, id, address string) error {
	used, err := attemptKey(ctx, tx, id, address)
	if err != nil {
		return err
	}
	if err := forget(ctx, tx, used); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM sign_in_network WHERE last <= $1`, db.Micros(tx.Now.Add(-remembered))); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO sign_in_network (key, last) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET last = EXCLUDED.last`,
		networkKey(id, address), db.Micros(tx.Now))
	return err
}

func forget(ctx context.Context, tx *db.Tx, key string) error {
	_, err := tx.Exec(ctx, `DELETE FROM sign_in_attempt WHERE key = $1`, key)
	return err
}

// accountKey holds no more of an id than its hash: it may be a password in the wrong field.
func accountKey(id string) string { return "account " + hex.EncodeToString(hashToken(id)[:16]) }

// networkKey names an account together with the network of an address.
func networkKey(id, address string) string {
	return "network " + hex.EncodeToString(hashToken(addressKey(address) + "\x00" + id)[:16])
}

// addressKey counts the addresses of one subscriber as one: with IPv6 everybody has as many as they like.
func addressKey(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return "address unknown"
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return "address " + p.String()
		}
	}
	return "address " + ip.String()
}
