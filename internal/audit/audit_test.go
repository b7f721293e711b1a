package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"accord/exchange"
	"accord/internal/audit"
	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/who"
)

var kim = who.Person{ID: "kim", Role: who.Releaser}

func keys(t testing.TB) (ed25519.PrivateKey, exchange.Chain) {
	t.Helper()
	pub, priv, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return priv, exchange.Chain{{Party: "east", Log: exchange.Key(pub)}}
}

func add(t testing.TB, d *db.DB, lines ...audit.Line) {
	t.Helper()
	for _, l := range lines {
		if err := d.Update(context.Background(), func(tx *db.Tx) error { return audit.Append(context.Background(), tx, l) }); err != nil {
			t.Fatal(err)
		}
	}
}

func view(t testing.TB, d *db.DB, f func(tx *db.Tx) error) {
	t.Helper()
	if err := d.View(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func holds(t testing.TB, d *db.DB, size int64) {
	t.Helper()
	view(t, d, func(tx *db.Tx) error {
		n, faults, err := audit.Check(t.Context(), tx)
		if n != size || len(faults) > 0 {
			t.Errorf("%d lines, %v", n, faults)
		}
		return err
	})
}

// Many at once, in two processes: every line has its place, and none is lost.
func TestConcurrentAppend(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		other := dbtest.Beside(t, d)
		var wg sync.WaitGroup
		for i := range 40 {
			at := []*db.DB{d, other}[i%2]
			wg.Go(func() { add(t, at, audit.By(kim, "test", fmt.Sprint(i))) })
		}
		wg.Wait()
		holds(t, d, 40)
		seen := map[string]bool{}
		view(t, d, func(tx *db.Tx) error {
			all, err := audit.List(t.Context(), tx, -1, 100)
			for i, k := range all {
				if k.Index != int64(39-i) {
					t.Errorf("line %d stands at %d", k.Index, i)
				}
				seen[k.What] = true
			}
			return err
		})
		if len(seen) != 40 {
			t.Errorf("%d of 40 lines", len(seen))
		}
	})
}

// A deed that is undone leaves no line.
func TestUndoneWithTheDeed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		undo := errors.New("undo")
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			return errors.Join(audit.Append(t.Context(), tx, audit.By(kim, "test", "")), undo)
		})
		if !errors.Is(err, undo) {
			t.Fatal(err)
		}
		holds(t, d, 0)
		add(t, d, audit.By(kim, "test", ""))
		holds(t, d, 1)
	})
}

func TestTamperingIsNoticed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for name, change := range map[string]string{
			"a word":            "",
			"a line taken away": `DELETE FROM audit WHERE idx = 3`,
			"the last line":     `DELETE FROM audit WHERE idx = 8`,
			"the size":          `UPDATE audit_size SET size = 8`,
			"two lines swapped": `UPDATE audit SET line = (SELECT a.line FROM audit a WHERE a.idx = 7 - audit.idx) WHERE idx IN (3, 4)`,
			"the hashes":        `DELETE FROM hash_chunk WHERE log = 0`,
		} {
			t.Run(name, func(t *testing.T) {
				d := dbtest.Like(t, d)
				for i := range 9 {
					add(t, d, audit.By(kim, "test", fmt.Sprint(i)))
				}
				holds(t, d, 9)
				if name == "a word" {
					changeWord(t, d)
				} else if err := d.Update(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), change); return err }); err != nil {
					t.Fatal(err)
				}
				view(t, d, func(tx *db.Tx) error {
					_, faults, err := audit.Check(t.Context(), tx)
					if len(faults) == 0 {
						t.Error("not noticed")
					}
					return err
				})
			})
		}
	})
}

func changeWord(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Update(t.Context(), func(tx *db.Tx) error {
		var line []byte
		if _, err := tx.Row(t.Context(), `SELECT line FROM audit WHERE idx = 3`, nil, &line); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `UPDATE audit SET line = $1 WHERE idx = 3`, bytes.Replace(line, []byte("kim"), []byte("lee"), 1))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A head that was given away shows later that nothing before it was changed; one line is proved without the database.
func TestHeadAndProof(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key, chain := keys(t)
		var heads [][]byte
		for i := range 12 {
			view(t, d, func(tx *db.Tx) error {
				h, err := audit.Head(t.Context(), tx, "east", key)
				heads = append(heads, h)
				return err
			})
			add(t, d, audit.By(kim, "test", fmt.Sprint(i)))
		}
		view(t, d, func(tx *db.Tx) error {
			for i, h := range heads {
				if c, err := audit.Grown(t.Context(), tx, h, chain); err != nil || c.Size != int64(i) {
					t.Errorf("head %d: %+v %v", i, c, err)
				}
			}
			for i := range int64(12) {
				proof, err := audit.Prove(t.Context(), tx, "east", key, i)
				if err != nil {
					return err
				}
				if k, err := audit.OpenProof(proof, chain); err != nil || k.Index != i || k.What != fmt.Sprint(i) || k.Who != "kim" {
					t.Errorf("proof %d: %+v %v", i, k, err)
				}
				if i == 5 {
					everyBit(t, proof, func(b []byte) error { _, err := audit.OpenProof(b, chain); return err })
				}
			}
			_, err := audit.Prove(t.Context(), tx, "east", key, 12)
			if err == nil {
				t.Error("a line that is not there is proved")
			}
			return nil
		})
		_, others := keys(t)
		view(t, d, func(tx *db.Tx) error {
			if _, err := audit.Grown(t.Context(), tx, heads[3], others); err == nil {
				t.Error("a head of another key is accepted")
			}
			return nil
		})
		changeWord(t, d)
		if err := d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `DELETE FROM hash_chunk WHERE log = 0`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		fresh := dbtest.Like(t, d) // a log begun anew, shorter and other
		add(t, fresh, audit.By(kim, "test", "0"), audit.By(kim, "test", "x"))
		view(t, fresh, func(tx *db.Tx) error {
			for _, i := range []int{2, 11} {
				if _, err := audit.Grown(t.Context(), tx, heads[i], chain); err == nil {
					t.Errorf("head %d fits another log", i)
				}
			}
			return nil
		})
	})
}

func everyBit(t *testing.T, file []byte, open func([]byte) error) {
	t.Helper()
	for i := range file {
		for bit := range 8 {
			b := bytes.Clone(file)
			b[i] ^= 1 << bit
			if open(b) == nil {
				t.Fatalf("bit %d of byte %d may be flipped", bit, i)
			}
		}
	}
}

// What somebody typed can make a line neither long nor two.
func TestLineIsBounded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		evil := who.Person{ID: strings.Repeat("한", 500) + "\n", Role: who.Reader}
		add(t, d, audit.By(evil, "test", "a\nb\x00\xff"+strings.Repeat("x", 5000)).Refused("\r\n"))
		holds(t, d, 1)
	})
}

// line is the one form of a line, byte by byte.
const line = `{"accord":"audit/1","time":"2026-11-24T12:00:00.000001Z","who":"kim","role":"releaser","deed":"approve release","what":"7","result":"done","why":""}`

func TestForm(t *testing.T) {
	l, err := audit.Parse([]byte(line))
	if err != nil || l.Who != "kim" || l.Role != who.Releaser || l.Result != audit.Done {
		t.Fatalf("%+v %v", l, err)
	}
	for _, bad := range []string{
		"", "{}", line + "\n", " " + line, strings.Replace(line, `"done"`, `"maybe"`, 1), strings.Replace(line, `"done"`, `"refused"`, 1),
		strings.Replace(line, "audit/1", "audit/2", 1), strings.Replace(line, ".000001Z", "Z", 1), strings.Replace(line, `"kim"`, `""`, 1),
		strings.Replace(line, `"why"`, `"x":1,"why"`, 1), strings.Replace(line, `"7"`, `"`+strings.Repeat("7", 201)+`"`, 1), strings.Replace(line, `"7"`, `"\u0007"`, 1),
	} {
		if _, err := audit.Parse([]byte(bad)); err == nil {
			t.Errorf("%q is a line", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(line))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := audit.Parse(b)
		if err != nil {
			return
		}
		if again, err := l.Text(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%q became %q", b, again)
		}
	})
}

func FuzzOpenProof(f *testing.F) {
	_, chain := keys(f)
	f.Add(exchange.WriteReceipt([]byte(line), 0, nil, []byte("east/audit\n1\nAAAA\n\n— east/audit AAAA\n")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := audit.OpenProof(b, chain); err == nil {
			t.Error("a proof that nobody signed is accepted")
		}
	})
}
