package search_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/search"
)

// lists is who has which gram, by name: what two databases with the same documents have in common.
func lists(t *testing.T, d *db.DB) string {
	t.Helper()
	var out []string
	names := map[string]string{}
	ctx := context.Background()
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if err := d.View(ctx, func(tx *db.Tx) error {
		if err := tx.Rows(ctx, `SELECT id, ref FROM search_doc`, nil, func(r db.Scanner) error {
			var id int64
			var ref string
			err := r.Scan(&id, &ref)
			names[fmt.Sprint(id)] = ref
			return err
		}); err != nil {
			return err
		}
		return tx.Rows(ctx, `SELECT gram, block, docs FROM search_gram`, nil, func(r db.Scanner) error {
			var gram, block int64
			var docs string
			if err := r.Scan(&gram, &block, &docs); err != nil {
				return err
			}
			var who []string
			for i := 0; i+2 <= len(docs); i += 2 {
				id := block*4096 + int64(strings.IndexByte(digits, docs[i])*64+strings.IndexByte(digits, docs[i+1]))
				name, ok := names[fmt.Sprint(id)]
				if !ok {
					t.Errorf("gram %d names document %d, which is not there", gram, id)
				}
				who = append(who, name)
			}
			slices.Sort(who)
			if len(slices.Compact(slices.Clone(who))) != len(who) || len(who) == 0 {
				t.Errorf("gram %d has %v", gram, who)
			}
			out = append(out, fmt.Sprint(gram, who))
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// TestManyAtOnce: several processes put and drop the same documents, some give up in the middle, some are cut off. What is left is
// what a database has that only ever got what is left.
func TestManyAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const names, workers, each = 12, 6, 25
		give := errors.New("given up")
		var wg sync.WaitGroup
		for n := range workers {
			d := dbtest.Beside(t, d)
			r := rand.New(rand.NewPCG(1, uint64(n)))
			wg.Go(func() {
				for i := range each {
					ctx, cut := context.WithCancel(t.Context())
					ref, fails, gone, late := fmt.Sprint("d", r.IntN(names)), r.IntN(4) == 0, r.IntN(3) == 0, r.IntN(5) == 0
					text := fmt.Sprintf("홍수 %d 東京 flood%d 版%d", n, i, r.IntN(3))
					err := d.Update(ctx, func(tx *db.Tx) error {
						if gone {
							if _, err := search.Drop(ctx, tx, search.Event, ref); err != nil {
								return err
							}
						} else if err := search.Put(ctx, tx, []search.Doc{doc(ref, text, text+" body"), doc(ref+"x", text, "")}); err != nil {
							return err
						}
						if late {
							cut()
						}
						if fails {
							return give
						}
						return nil
					})
					if err != nil && !errors.Is(err, give) && !errors.Is(err, context.Canceled) && !late {
						t.Error(err)
					}
					cut()
				}
			})
		}
		wg.Wait()
		w := words(t)
		found := find(t, d, w, "東京", search.Ask{Limit: 1000})
		other := dbtest.Like(t, d)
		for _, h := range found.Hits {
			put(t, other, h.Doc)
		}
		if a, b := lists(t, d), lists(t, other); a != b || len(found.Hits) == 0 {
			t.Errorf("with %d documents:\n%s\nand made anew:\n%s", len(found.Hits), a, b)
		}
	})
}

// TestManyBlocks: documents of several blocks are found, ordered and dropped across them.
func TestManyBlocks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const n = 9000
		docs := make([]search.Doc, n)
		for i := range docs {
			docs[i] = doc(fmt.Sprint("n", i), "도시", fmt.Sprintf("안전 %d", i))
			docs[i].Version = int64(i + 1)
		}
		put(t, d, docs...)
		w := words(t)
		f := find(t, d, w, "도시 안전", search.Ask{Limit: 10})
		if f.Count[search.Event] != n || f.Exact || len(f.Hits) != 10 || f.Next == "" {
			t.Errorf("%d of %d, exact %v, %d on the page", f.Count[search.Event], n, f.Exact, len(f.Hits))
		}
		if got := refs(find(t, d, w, "\"안전 8765\"", search.Ask{})); len(got) != 1 || got[0] != "n8765" {
			t.Errorf("%v", got)
		}
		var gone []int64
		for i := range int64(n) {
			if i%2 == 0 {
				gone = append(gone, i+1)
			}
		}
		if err := d.Update(t.Context(), func(tx *db.Tx) error { return search.DropVersions(t.Context(), tx, gone) }); err != nil {
			t.Fatal(err)
		}
		if f := find(t, d, w, "안전", search.Ask{Limit: 10}); f.Count[search.Event] != n/2 {
			t.Errorf("%d are left", f.Count[search.Event])
		}
		lists(t, d)
	})
}
