package hashlog_test

import (
	"encoding/binary"
	"os"
	"strconv"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/hashlog"
)

// BenchmarkLarge asks a log of many leaves for roots and proofs on both engines: ACCORD_LEAVES of them, by default as many as a
// short run can write. Each question is a transaction of its own, as it is in a node.
func BenchmarkLarge(b *testing.B) {
	size := int64(300_000)
	if s := os.Getenv("ACCORD_LEAVES"); s != "" {
		var err error
		if size, err = strconv.ParseInt(s, 10, 64); err != nil {
			b.Fatal(err)
		}
	}
	for _, engine := range []struct {
		name string
		open func(b *testing.B) *db.DB
	}{
		{"sqlite", func(b *testing.B) *db.DB { return dbtest.Open(b) }},
		{"postgres", func(b *testing.B) *db.DB { return dbtest.OpenAt(b, dbtest.ServerCalm(b)) }},
	} {
		b.Run(engine.name, func(b *testing.B) {
			d := engine.open(b)
			grow(b, d, size)
			ask := func(name string, f func(t *hashlog.Tree, n int64) error) {
				b.Run(name, func(b *testing.B) {
					n := int64(0)
					for b.Loop() {
						n = (n + 7_919_777) % size
						if err := d.View(b.Context(), func(tx *db.Tx) error { return f(hashlog.Open(b.Context(), tx, 1), n) }); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			ask("root", func(t *hashlog.Tree, _ int64) error { _, err := t.Root(size); return err })
			ask("proof", func(t *hashlog.Tree, n int64) error { _, err := t.ProveLeaf(size, n); return err })
			ask("growth", func(t *hashlog.Tree, n int64) error { _, err := t.ProveGrowth(size, n+1); return err })
			b.Run("append", func(b *testing.B) {
				at := size
				for b.Loop() {
					if err := d.Update(b.Context(), func(tx *db.Tx) error {
						t := hashlog.Open(b.Context(), tx, 1)
						if err := t.Append(at, []tlog.Hash{leaf(int(at))}); err != nil {
							return err
						}
						_, err := t.Root(at + 1)
						return err
					}); err != nil {
						b.Fatal(err)
					}
					at++
				}
			})
		})
	}
}

// grow writes a log of size leaves.
func grow(b *testing.B, d *db.DB, size int64) {
	const at1 = 50_000
	leaves := make([]tlog.Hash, 0, at1)
	for n := int64(0); n < size; n += at1 {
		leaves = leaves[:0]
		for i := n; i < min(n+at1, size); i++ {
			var h tlog.Hash
			binary.BigEndian.PutUint64(h[:], uint64(i))
			leaves = append(leaves, h)
		}
		if err := d.Update(b.Context(), func(tx *db.Tx) error { return hashlog.Open(b.Context(), tx, 1).Append(n, leaves) }); err != nil {
			b.Fatal(err)
		}
	}
}
