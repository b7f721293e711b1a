package hashlog_test

import (
	"context"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/hashlog"
)

type memory []tlog.Hash

func (m memory) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, n := range at {
		out[i] = m[n]
	}
	return out, nil
}

func leaf(i int) tlog.Hash { return tlog.RecordHash(fmt.Appendf(nil, "leaf %d", i)) }

// TestSameAsInMemory appends in batches of any size, and wants the roots and proofs that the library gives for the same
// leaves in memory.
func TestSameAsInMemory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := int64(0)
		rapid.Check(t, func(t *rapid.T) {
			log++
			var m memory
			size := 0
			for _, n := range rapid.SliceOfN(rapid.IntRange(0, 400), 1, 5).Draw(t, "batches") {
				leaves := make([]tlog.Hash, n)
				for i := range leaves {
					leaves[i] = leaf(size + i)
					more, err := tlog.StoredHashesForRecordHash(int64(size+i), leaves[i], m)
					if err != nil {
						t.Fatal(err)
					}
					m = append(m, more...)
				}
				if err := d.Update(context.Background(), func(tx *db.Tx) error {
					return hashlog.Open(context.Background(), tx, log).Append(int64(size), leaves)
				}); err != nil {
					t.Fatal(err)
				}
				size += n
			}
			if size == 0 {
				return
			}
			before := rapid.Int64Range(1, int64(size)).Draw(t, "before")
			at := rapid.Int64Range(0, int64(size)-1).Draw(t, "leaf")
			err := d.View(context.Background(), func(tx *db.Tx) error {
				tree := hashlog.Open(context.Background(), tx, log)
				root, err := tree.Root(int64(size))
				if err != nil {
					return err
				}
				if want, err := tlog.TreeHash(int64(size), m); err != nil || root != want {
					t.Errorf("root of %d leaves differs (%v)", size, err)
				}
				proof, err := tree.ProveLeaf(int64(size), at)
				if err != nil {
					return err
				}
				if err := tlog.CheckRecord(proof, int64(size), root, at, leaf(int(at))); err != nil {
					t.Errorf("leaf %d of %d: %v", at, size, err)
				}
				old, err := tree.Root(before)
				if err != nil {
					return err
				}
				growth, err := tree.ProveGrowth(int64(size), before)
				if err != nil {
					return err
				}
				if before < int64(size) {
					if err := tlog.CheckTree(growth, int64(size), root, before, old); err != nil {
						t.Errorf("from %d to %d: %v", before, size, err)
					}
				}
				return tree.Check(int64(size), func(yield func(tlog.Hash) error) error {
					for i := range size {
						if err := yield(leaf(i)); err != nil {
							return err
						}
					}
					return nil
				})
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	})
}

func TestCheckNoticesAnotherLeaf(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		leaves := make([]tlog.Hash, 1000)
		for i := range leaves {
			leaves[i] = leaf(i)
		}
		if err := d.Update(t.Context(), func(tx *db.Tx) error { return hashlog.Open(t.Context(), tx, 1).Append(0, leaves) }); err != nil {
			t.Fatal(err)
		}
		for _, wrong := range []int{0, 511, 999} {
			err := d.View(t.Context(), func(tx *db.Tx) error {
				return hashlog.Open(t.Context(), tx, 1).Check(1000, func(yield func(tlog.Hash) error) error {
					for i := range 1000 {
						h := leaf(i)
						if i == wrong {
							h = leaf(-1)
						}
						if err := yield(h); err != nil {
							return err
						}
					}
					return nil
				})
			})
			if err == nil {
				t.Errorf("leaf %d was another and nothing noticed", wrong)
			}
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	d, size := dbtest.Open(b), int64(0)
	leaves := make([]tlog.Hash, 500)
	for i := range leaves {
		leaves[i] = leaf(i)
	}
	for b.Loop() {
		if err := d.Update(b.Context(), func(tx *db.Tx) error { return hashlog.Open(b.Context(), tx, 1).Append(size, leaves) }); err != nil {
			b.Fatal(err)
		}
		size += 500
	}
	b.ReportMetric(float64(size)/b.Elapsed().Seconds(), "leaves/s")
}

func BenchmarkProof(b *testing.B) {
	d := dbtest.Open(b)
	const size = 200_000
	leaves := make([]tlog.Hash, size)
	for i := range leaves {
		leaves[i] = leaf(i)
	}
	if err := d.Update(b.Context(), func(tx *db.Tx) error { return hashlog.Open(b.Context(), tx, 1).Append(0, leaves) }); err != nil {
		b.Fatal(err)
	}
	n := int64(0)
	for b.Loop() {
		n = (n + 7919) % size
		if err := d.View(b.Context(), func(tx *db.Tx) error { _, err := hashlog.Open(b.Context(), tx, 1).ProveLeaf(size, n); return err }); err != nil {
			b.Fatal(err)
		}
	}
}
