package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"accord/internal/account"
	"accord/internal/audit"
	"accord/internal/date"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/fault"
	"accord/internal/who"
)

const (
	password = "correct horse battery"
	here     = "192.0.2.1"
)

var admin = who.Person{ID: "os:root", Role: who.Administrator}

func people(d *db.DB) *account.Accounts { return account.New(d, "east", time.UTC) }

func add(t testing.TB, a *account.Accounts, id string, role who.Role) who.Person {
	t.Helper()
	if _, err := a.Add(context.Background(), admin, account.Wanted{ID: id, Name: "Name of " + id, Role: role, Unit: "flood", Lang: "ko", Password: password}); err != nil {
		t.Fatal(err)
	}
	return who.Person{ID: id, Name: "Name of " + id, Unit: "east/flood", Role: role, Lang: "ko"}
}

func signIn(t testing.TB, a *account.Accounts, id string) string {
	t.Helper()
	token, _, err := a.SignIn(context.Background(), id, password, here)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func expect(t testing.TB, a *account.Accounts, token string, want who.Person) {
	t.Helper()
	if got, err := a.Who(context.Background(), token); err != nil || got != want {
		t.Errorf("the token is of %+v %v, not of %+v", got, err, want)
	}
}

func refused(t testing.TB, err error, kind fault.Kind, words string) {
	t.Helper()
	if fault.KindOf(err) != kind || !strings.Contains(err.Error(), words) {
		t.Errorf("expected %s with %q, got %v", kind, words, err)
	}
}

// deeds are what the audit log says, oldest first: who, deed, what, result.
func deeds(t testing.TB, d *db.DB) (out []string) {
	t.Helper()
	err := d.View(context.Background(), func(tx *db.Tx) error {
		all, err := audit.List(context.Background(), tx, -1, 1000)
		for _, k := range slices.Backward(all) {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", k.Who, k.Deed, k.What, k.Result, k.Why)))
		}
		if _, faults, err := audit.Check(context.Background(), tx); err != nil || len(faults) > 0 {
			t.Errorf("the audit log does not hold: %v %v", faults, err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestLife follows one account from its making to its end.
func TestLife(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := people(d)
		if any, err := a.Any(t.Context()); any || err != nil {
			t.Fatal(any, err)
		}
		kim := add(t, a, "kim", who.Officer)
		expect(t, a, "", who.Person{})
		token := signIn(t, a, "kim")
		expect(t, a, token, kim)
		second := signIn(t, a, "kim")
		if token == second {
			t.Error("one token twice")
		}
		if s, err := a.Sessions(t.Context(), "kim"); err != nil || len(s) != 2 {
			t.Errorf("%v %v", s, err)
		}
		if err := a.SignOut(t.Context(), kim, second); err != nil {
			t.Fatal(err)
		}
		expect(t, a, second, who.Person{})
		expect(t, a, token, kim)

		if err := a.SetRole(t.Context(), admin, "kim", who.Releaser); err != nil {
			t.Fatal(err)
		}
		expect(t, a, token, who.Person{}) // another role means signing in again
		kim.Role = who.Releaser
		token = signIn(t, a, "kim")
		expect(t, a, token, kim)

		refused(t, a.ChangePassword(t.Context(), kim, "wrong "+password, "another long word", here), fault.Refused, "wrong")
		expect(t, a, token, kim)
		if err := a.ChangePassword(t.Context(), kim, password, "another long word", here); err != nil {
			t.Fatal(err)
		}
		expect(t, a, token, who.Person{})
		_, _, err := a.SignIn(t.Context(), "kim", password, here)
		refused(t, err, fault.Refused, "wrong")
		made, err := a.SetPassword(t.Context(), admin, "kim", "")
		if err != nil {
			t.Fatal(err)
		}
		if token, _, err = a.SignIn(t.Context(), "kim", made, here); err != nil {
			t.Fatal(err)
		}
		if err := a.SignOutEverywhere(t.Context(), kim, "kim"); err != nil {
			t.Fatal(err)
		}
		expect(t, a, token, who.Person{})
		if token, _, err = a.SignIn(t.Context(), "kim", made, here); err != nil {
			t.Fatal(err)
		}
		if err := a.Close(t.Context(), admin, "kim"); err != nil {
			t.Fatal(err)
		}
		expect(t, a, token, who.Person{})
		_, _, err = a.SignIn(t.Context(), "kim", made, here)
		refused(t, err, fault.Refused, "wrong")
		refused(t, a.SetRole(t.Context(), admin, "kim", who.Reader), fault.Conflict, "closed")
		_, err = a.Add(t.Context(), admin, account.Wanted{ID: "kim", Role: who.Reader, Unit: "flood"})
		refused(t, err, fault.Conflict, "another id")

		want := []string{
			"os:root add account kim officer east/flood done", "kim sign in kim done", "kim sign in kim done", "kim sign out kim done",
			"os:root change role kim releaser done", "kim sign in kim done", "nobody sign in kim refused wrong name or password",
			"kim change password kim done", "nobody sign in kim refused wrong name or password", "os:root change password kim done",
			"kim sign in kim done", "kim sign out everywhere kim done", "kim sign in kim done", "os:root close account kim done",
			"nobody sign in unknown or closed account refused wrong name or password",
		}
		if got := deeds(t, d); !slices.Equal(got, want) {
			t.Errorf("the audit log says\n%s", strings.Join(got, "\n"))
		}
	})
}

// Only an administrator keeps accounts, and nobody chooses their own role.
func TestOnlyAdministratorsManage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := people(d)
		boss, lee := add(t, a, "boss", who.Administrator), add(t, a, "lee", who.Reader)
		before := deeds(t, d)
		for _, role := range who.Roles() {
			if role == who.Administrator {
				continue
			}
			by := who.Person{ID: "x", Role: role}
			for name, try := range map[string]func() error{
				"add": func() error {
					_, err := a.Add(t.Context(), by, account.Wanted{ID: "new", Role: who.Reader, Unit: "flood"})
					return err
				},
				"role":     func() error { return a.SetRole(t.Context(), by, "lee", who.Administrator) },
				"unit":     func() error { return a.SetUnit(t.Context(), by, "lee", "culture", date.Day{}, date.Day{}) },
				"password": func() error { _, err := a.SetPassword(t.Context(), by, "lee", ""); return err },
				"close":    func() error { return a.Close(t.Context(), by, "lee") },
				"signout":  func() error { return a.SignOutEverywhere(t.Context(), by, "lee") },
			} {
				if err := try(); fault.KindOf(err) != fault.Refused {
					t.Errorf("%s by a %s: %v", name, role, err)
				}
			}
		}
		refused(t, a.SetRole(t.Context(), boss, "boss", who.Releaser), fault.Refused, "your own")
		refused(t, a.Close(t.Context(), boss, "boss"), fault.Refused, "your own")
		refused(t, a.SignOutEverywhere(t.Context(), who.Person{}, ""), fault.Refused, "administrator")
		refused(t, a.SetRole(t.Context(), boss, "nobody", who.Releaser), fault.NotFound, "none")
		if k, err := a.Get(t.Context(), "lee"); err != nil || k.Person != lee {
			t.Errorf("%+v %v", k, err)
		}
		if got := deeds(t, d); !slices.Equal(got, before) {
			t.Errorf("what was refused left %v", got)
		}
	})
}

// A person acts for a unit from a day until a day, and for no unit means for nobody.
func TestUnits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := people(d)
		kim := add(t, a, "kim", who.Staff)
		token := signIn(t, a, "kim")
		today := date.Of(time.Now().UTC())
		if err := a.SetUnit(t.Context(), admin, "kim", "east/culture", date.Day{}, today.AddDays(1)); err != nil {
			t.Fatal(err)
		}
		kim.Unit = "east/culture"
		expect(t, a, token, kim)
		if err := a.SetUnit(t.Context(), admin, "kim", "sports", today.AddDays(10), date.Day{}); err != nil {
			t.Fatal(err)
		}
		k, err := a.Get(t.Context(), "kim")
		if err != nil || len(k.Units) != 2 || k.Units[0].Until != today.AddDays(1) || k.Units[1].From != today.AddDays(10) {
			t.Errorf("%+v %v", k.Units, err)
		}
		if err := a.SetUnit(t.Context(), admin, "kim", "sports", today.AddDays(1), date.Day{}); err != nil {
			t.Fatal(err)
		}
		if k, err = a.Get(t.Context(), "kim"); err != nil || len(k.Units) != 2 || k.Units[0].Until != today || k.Units[1].From != today.AddDays(1) {
			t.Errorf("%+v %v", k.Units, err)
		}
		// From a day that is still to come: until then for nobody.
		if _, err := a.Add(t.Context(), admin, account.Wanted{ID: "lee", Role: who.Reader, Unit: "flood", Password: password, From: today.AddDays(2)}); err != nil {
			t.Fatal(err)
		}
		_, _, err = a.SignIn(t.Context(), "lee", password, here)
		refused(t, err, fault.Refused, "wrong")
		_, err = a.Acting(t.Context(), "lee", who.See)
		refused(t, err, fault.Refused, "no unit today")
		_, err = a.Acting(t.Context(), "kim", who.Decide)
		refused(t, err, fault.Refused, "staff may not")
		for _, bad := range []string{"west/flood", "East", "", "east/", "../x", "east/한"} {
			refused(t, a.SetUnit(t.Context(), admin, "kim", bad, date.Day{}, date.Day{}), fault.Invalid, "not a unit")
		}
		refused(t, a.SetUnit(t.Context(), admin, "kim", "flood", today, today.AddDays(-1)), fault.Invalid, "before it begins")
	})
}

func TestBadAccounts(t *testing.T) {
	a := people(dbtest.Open(t))
	good := account.Wanted{ID: "kim", Name: "Kim", Role: who.Reader, Unit: "flood", Lang: "en", Password: password}
	for _, c := range []struct {
		change func(w *account.Wanted)
		words  string
	}{
		{func(w *account.Wanted) { w.ID = "" }, "id"}, {func(w *account.Wanted) { w.ID = "Kim" }, "id"}, {func(w *account.Wanted) { w.ID = "k" }, "id"},
		{func(w *account.Wanted) { w.ID = "os:root" }, "id"}, {func(w *account.Wanted) { w.ID = strings.Repeat("k", 41) }, "id"},
		{func(w *account.Wanted) { w.Name = "a\nb" }, "name"}, {func(w *account.Wanted) { w.Name = strings.Repeat("k", 121) }, "name"},
		{func(w *account.Wanted) { w.Role = "king" }, "role"}, {func(w *account.Wanted) { w.Lang = "fr" }, "language"},
		{func(w *account.Wanted) { w.Password = "short" }, "shorter"}, {func(w *account.Wanted) { w.Password = "xxKIMxxxxxxxxxxx" }, "name is in it"},
		{func(w *account.Wanted) { w.Password = strings.Repeat("가", 14) }, "one sign"}, {func(w *account.Wanted) { w.Password = strings.Repeat("ab", 200) }, "too long"},
		{func(w *account.Wanted) { w.Password = "\xff23456789012345" }, "text"},
	} {
		w := good
		c.change(&w)
		_, err := a.Add(t.Context(), admin, w)
		refused(t, err, fault.Invalid, c.words)
	}
	if _, err := a.Add(t.Context(), admin, good); err != nil {
		t.Error(err)
	}
}

// TestUnknownLooksLikeWrong: neither the answer nor the time says whether there is an account.
func TestUnknownLooksLikeWrong(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := people(d)
		for i := range 3 {
			add(t, a, fmt.Sprintf("kim%d", i), who.Reader)
		}
		add(t, a, "gone", who.Reader)
		if err := a.Close(t.Context(), admin, "gone"); err != nil {
			t.Fatal(err)
		}
		measure := func(i int, id string) time.Duration {
			start := time.Now()
			token, by, err := a.SignIn(t.Context(), id, "not the password", fmt.Sprintf("192.0.2.%d", i))
			if !errors.Is(err, account.ErrSignIn) || token != "" || !by.Nobody() {
				t.Errorf("%s: %v", id, err)
			}
			return time.Since(start)
		}
		var known, unknown, closed []time.Duration
		for i := range 9 {
			known = append(known, measure(i, fmt.Sprintf("kim%d", i%3)))
			unknown = append(unknown, measure(i, fmt.Sprintf("lee%d", i%3)))
			closed = append(closed, measure(i, "gone"))
		}
		// The fastest of each: what others do on the machine only ever adds.
		best := func(d []time.Duration) float64 { return float64(slices.Min(d)) }
		t.Logf("wrong password %v, unknown %v, closed %v", slices.Min(known), slices.Min(unknown), slices.Min(closed))
		for name, got := range map[string]float64{"unknown": best(unknown), "closed": best(closed)} {
			if r := got / best(known); r < 0.6 || r > 1.6 {
				t.Errorf("%s takes %.2f times as long as a wrong password", name, r)
			}
		}
		if best(unknown) < float64(5*time.Millisecond) {
			t.Error("no work was done for an unknown account")
		}
	})
}

// TestRateLimit: two processes together let through no more than one would, also at once; and the right password does not get
// in either while the limit holds.
func TestRateLimit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		both := []*account.Accounts{people(d), people(dbtest.Beside(t, d))}
		add(t, both[0], "kim", who.Reader)
		for _, id := range []string{"kim", "unknown"} {
			var looked, limited atomic.Int64
			var wg sync.WaitGroup
			for i := range 24 {
				wg.Go(func() {
					_, _, err := both[i%2].SignIn(t.Context(), id, "not the password", fmt.Sprintf("2001:db8:%d::1", i))
					switch {
					case errors.Is(err, account.ErrSignIn):
						looked.Add(1)
					case errors.Is(err, account.ErrTooMany):
						limited.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if looked.Load() != 10 || limited.Load() != 14 {
				t.Errorf("%s: %d looked at, %d not", id, looked.Load(), limited.Load())
			}
		}
		_, _, err := both[1].SignIn(t.Context(), "kim", password, here)
		if !errors.Is(err, account.ErrTooMany) {
			t.Errorf("%v", err)
		}
		if _, err := both[0].SetPassword(t.Context(), admin, "kim", password); err != nil { // an administrator helps
			t.Fatal(err)
		}
		signIn(t, both[1], "kim")
		// 2 times "too many": once a window, not once an attempt.
		n := 0
		for _, deed := range deeds(t, d) {
			if strings.HasSuffix(deed, "too many attempts") {
				n++
			}
		}
		if n != 2 {
			t.Errorf("%d lines about too many attempts", n)
		}
	})
}

// TestAStrangerKeepsNobodyOut: who signed in from a network before gets in from there, whatever others try elsewhere; but not
// after too many failures from that network itself.
func TestAStrangerKeepsNobodyOut(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := people(d)
		add(t, a, "kim", who.Administrator)
		signIn(t, a, "kim")
		for i := range 20 {
			if _, _, err := a.SignIn(t.Context(), "kim", "not the password", fmt.Sprintf("2001:db8:%d::1", i)); err == nil {
				t.Fatal("a wrong password was taken")
			}
		}
		if _, _, err := a.SignIn(t.Context(), "kim", password, "2001:db8:ffff::1"); !errors.Is(err, account.ErrTooMany) {
			t.Errorf("from a network that is not known: %v", err)
		}
		signIn(t, a, "kim")
		for range 10 {
			if _, _, err := a.SignIn(t.Context(), "kim", "not the password", here); !errors.Is(err, account.ErrSignIn) {
				t.Errorf("from the known network: %v", err)
			}
		}
		if _, _, err := a.SignIn(t.Context(), "kim", password, here); !errors.Is(err, account.ErrTooMany) {
			t.Errorf("after ten failures from the known network: %v", err)
		}
	})
}

// One address may not try many accounts; the many addresses that one subscriber has with IPv6 are one.
func TestRateLimitOfAnAddress(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := people(d)
		add(t, a, "kim", who.Reader)
		for i := range 31 {
			_, _, err := a.SignIn(t.Context(), fmt.Sprintf("someone%d", i), "not the password", fmt.Sprintf("2001:db8::%d", i))
			if want := account.ErrSignIn; i < 30 && !errors.Is(err, want) {
				t.Fatalf("%d: %v", i, err)
			} else if i == 30 && !errors.Is(err, account.ErrTooMany) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if _, _, err := a.SignIn(t.Context(), "kim", password, "2001:db8::ffff"); !errors.Is(err, account.ErrTooMany) {
			t.Errorf("%v", err)
		}
		signIn(t, a, "kim") // from elsewhere
		for range 40 {      // who gets in is not counted
			signIn(t, a, "kim")
		}
	})
}

// TestSessionsEnd by themselves: unused, and used for too long.
func TestSessionsEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := people(d)
		kim := add(t, a, "kim", who.Reader)
		token := signIn(t, a, "kim")
		age := func(made, seen time.Duration) {
			t.Helper()
			if err := d.Update(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), `UPDATE session SET made = $1, seen = $2`, db.Micros(tx.Now.Add(-made)), db.Micros(tx.Now.Add(-seen)))
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		age(account.Absolute-time.Minute, account.Idle-time.Minute)
		expect(t, a, token, kim) // which counts as use
		age2, err := a.Sessions(t.Context(), "kim")
		if err != nil || len(age2) != 1 || time.Since(age2[0].Seen) > time.Minute {
			t.Errorf("%v %v", age2, err)
		}
		age(time.Hour, account.Idle)
		expect(t, a, token, who.Person{})
		age(account.Absolute, 0)
		expect(t, a, token, who.Person{})
		if s, err := a.Sessions(t.Context(), "kim"); err != nil || len(s) != 0 {
			t.Errorf("%v %v", s, err)
		}
		signIn(t, a, "kim") // sweeps
		var n int
		if err := d.View(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row(t.Context(), `SELECT COUNT(*) FROM session`, nil, &n)
			return err
		}); err != nil || n != 1 {
			t.Errorf("%d sessions are kept, %v", n, err)
		}
	})
}

// TestNothingSecretIsStored: no password, no token, in no table, neither in the audit log.
func TestNothingSecretIsStored(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a := people(d)
		add(t, a, "kim", who.Reader)
		token := signIn(t, a, "kim")
		if _, _, err := a.SignIn(t.Context(), "secret in the wrong field", "x", here); !errors.Is(err, account.ErrSignIn) {
			t.Fatal(err)
		}
		var all strings.Builder
		for query, columns := range map[string]int{`SELECT id, password, shown FROM account`: 3, `SELECT token, account FROM session`: 2, `SELECT key, '' FROM sign_in_attempt`: 2, `SELECT line, '' FROM audit`: 2} {
			if err := d.View(t.Context(), func(tx *db.Tx) error {
				return tx.Rows(t.Context(), query, nil, func(r db.Scanner) error {
					row := make([][]byte, columns)
					into := make([]any, columns)
					for i := range row {
						into[i] = &row[i]
					}
					err := r.Scan(into...)
					for _, c := range row {
						all.Write(c)
					}
					return err
				})
			}); err != nil {
				t.Fatal(err)
			}
		}
		for _, secret := range []string{password, token, "wrong field"} {
			if strings.Contains(all.String(), secret) {
				t.Errorf("%q is stored", secret)
			}
		}
		if !strings.Contains(all.String(), "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Error("the password is not stored as argon2id")
		}
	})
}

// TestConcurrentSignIn: many at once get a session each while the password is being changed; afterwards none of them is left.
func TestConcurrentSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		both := []*account.Accounts{people(d), people(dbtest.Beside(t, d))}
		kim := add(t, both[0], "kim", who.Reader)
		var mu sync.Mutex
		var tokens []string
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				token, _, err := both[i%2].SignIn(t.Context(), "kim", password, here)
				if err == nil {
					mu.Lock()
					tokens = append(tokens, token)
					mu.Unlock()
				} else if !errors.Is(err, account.ErrSignIn) {
					t.Error(err)
				}
			})
		}
		wg.Go(func() {
			if err := both[1].ChangePassword(t.Context(), kim, password, "another long word", "192.0.2.9"); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		slices.Sort(tokens)
		if len(slices.Compact(tokens)) != len(tokens) {
			t.Error("a token was given twice")
		}
		for _, token := range tokens {
			expect(t, both[0], token, who.Person{})
		}
		for _, bad := range []string{strings.Repeat("A", 43), strings.Repeat("A", 42), strings.Repeat("A", 100_000), "'"} {
			expect(t, both[0], bad, who.Person{})
		}
	})
}

func TestMadePasswords(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		p := account.MakePassword()
		if len(p) != 23 || seen[p] {
			t.Fatalf("%q", p)
		}
		seen[p] = true
	}
}
