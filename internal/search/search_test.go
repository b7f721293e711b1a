package search_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/internal/db"
	"accord/internal/dbtest"
	"accord/internal/search"
	"accord/internal/who"
)

func words(tb testing.TB) *search.Words {
	tb.Helper()
	w, err := search.ReadWords(os.DirFS("../../content/search"))
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// doc is a document that everybody may see.
func doc(ref, title, body string) search.Doc {
	d := search.Doc{Kind: search.Event, Ref: ref, Needs: who.Public, At: time.Unix(1_700_000_000, 0), Title: []search.Text{{Text: title}}}
	if body != "" {
		d.Body = []search.Text{{Text: body}}
	}
	return d
}

func put(tb testing.TB, d *db.DB, docs ...search.Doc) {
	tb.Helper()
	if err := d.Update(tb.Context(), func(tx *db.Tx) error { return search.Put(tb.Context(), tx, docs) }); err != nil {
		tb.Fatal(err)
	}
}

func everybody(who.Right) bool { return true }

func find(tb testing.TB, d *db.DB, w *search.Words, text string, ask search.Ask) *search.Found {
	tb.Helper()
	q, err := w.Parse(text)
	if err != nil {
		tb.Fatalf("%q: %v", text, err)
	}
	ask.Query = q
	if ask.By == nil {
		ask.By = everybody
	}
	if ask.Limit == 0 {
		ask.Limit = 100
	}
	var found *search.Found
	if err := d.View(tb.Context(), func(tx *db.Tx) error { found, err = search.Find(tb.Context(), tx, ask); return err }); err != nil {
		tb.Fatal(err)
	}
	return found
}

func refs(f *search.Found) (out []string) {
	for _, h := range f.Hits {
		out = append(out, h.Ref)
	}
	return out
}

// TestGolden: what people write and what they mean by it, in three languages.
func TestGolden(t *testing.T) {
	w := words(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		put(t, d,
			doc("gov", "東京都知事 舛添要一氏がソウルを訪問", ""),
			doc("gov-ko", "마스조에 도쿄도지사 방문", "박원순 시장과 회담하였다."),
			doc("gov-en", "Governor Yoichi Masuzoe visits", "He met Mayor Park Won-soon."),
			doc("era", "令和5年度 防災計画", "平成元年からの記録"),
			doc("year", "2023년 방재 계획", ""),
			doc("reiwa", "Plan of Reiwa 5", ""),
			doc("fifty", "Plan of Reiwa 50", "令和50年"),
			doc("kana", "ﾄﾞﾘﾙ訓練とガイドライン", ""),
			doc("width", "ＡＢＣ　１２３", ""),
			doc("space", "우호 협력 협정서", "서울 특별시와 도쿄도"),
			doc("nospace", "우호협력협정서", ""),
			doc("flood", "Flooding of the Han River", "Défense against floods: Tōkyō's underground channel"),
			doc("digits", "A14, 2014-07-23", "safety/subsidence"),
		)
		for _, c := range []struct {
			ask  string
			want []string
		}{
			{"마스조에", []string{"gov", "gov-ko", "gov-en"}},
			{"마쓰조에 요이치", []string{"gov", "gov-en"}},
			{"舛添要一", []string{"gov", "gov-en"}},
			{"舛添 要一", []string{"gov", "gov-en"}},
			{"Yoichi Masuzoe", []string{"gov", "gov-en"}},
			{"masuzoe", []string{"gov", "gov-ko", "gov-en"}},
			{"朴元淳", []string{"gov-ko", "gov-en"}},
			{"令和5年", []string{"era", "year", "reiwa"}},
			{"令和５", []string{"era", "year", "reiwa"}},
			{"Reiwa 5", []string{"era", "year", "reiwa"}},
			{"레이와 5년", []string{"era", "year", "reiwa"}},
			{"2023", []string{"era", "year", "reiwa"}},
			{"2023년", []string{"era", "year", "reiwa"}},
			{"令和五年", []string{"era", "year", "reiwa"}},
			{"1989", []string{"era"}},
			{"平成元", []string{"era"}},
			{"ドリル", []string{"kana"}},
			{"どりる", []string{"kana"}},
			{"ガイド", []string{"kana"}},
			{"abc", []string{"width"}},
			{"123", []string{"width"}},
			{"우호협력", []string{"space", "nospace"}},
			{"우호 협력", []string{"space", "nospace"}},
			{"협력협정", []string{"space", "nospace"}},
			{"서울특별시", []string{"space"}},
			{"floo", []string{"flood"}},
			{"loods", []string{"flood"}},
			{"defense tokyo", []string{"flood"}},
			{"\"han river\"", []string{"flood"}},
			{"「Han River」", []string{"flood"}},
			{"\"river han\"", nil},
			{"漢江", []string{"flood"}},
			{"2014-07-23", []string{"digits"}},
			{"2014.07.23", []string{"digits"}},
			{"subsidence", []string{"digits"}},
			{"市", nil},
			{"知", []string{"gov"}},
			{"도", []string{"gov-ko", "space"}},
			{"flood river", []string{"flood"}},
			{"flood nothing", nil},
		} {
			got := refs(find(t, d, w, c.ask, search.Ask{}))
			slices.Sort(got)
			want := slices.Sorted(slices.Values(c.want))
			if !slices.Equal(got, want) {
				t.Errorf("%q finds %v, not %v", c.ask, got, want)
			}
		}
	})
}

// TestWhatIsNotForThem: nobody learns by a result, a count or a next page of what they may not see.
func TestWhatIsNotForThem(t *testing.T) {
	w := words(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for i, right := range []who.Right{who.Public, who.See, who.SeeContent, who.SeeAccounts} {
			x := doc(fmt.Sprint("w", i), "홍수 예보", "")
			x.Needs = right
			put(t, d, x)
		}
		for _, c := range []struct {
			by   who.Person
			want []string
		}{
			{who.Person{}, []string{"w0"}},
			{who.Person{ID: "a", Role: who.Reader}, []string{"w0", "w1"}},
			{who.Person{ID: "a", Role: who.Staff}, []string{"w0", "w1"}},
			{who.Person{ID: "a", Role: who.Officer}, []string{"w0", "w1", "w2"}},
			{who.Person{ID: "a", Role: who.Administrator}, []string{"w0", "w1", "w3"}},
			{who.Person{ID: "a", Role: who.Auditor}, []string{"w0", "w1", "w2", "w3"}},
			{who.Person{ID: "a", Role: "king"}, []string{"w0"}},
		} {
			for _, limit := range []int{1, 100} {
				f := find(t, d, w, "홍수", search.Ask{By: c.by.May, Limit: limit})
				got := refs(f)
				for f.Next != "" {
					f = find(t, d, w, "홍수", search.Ask{By: c.by.May, Limit: limit, After: f.Next})
					got = append(got, refs(f)...)
				}
				slices.Sort(got)
				if !slices.Equal(got, c.want) || f.Count[search.Event] != len(c.want) {
					t.Errorf("%q finds %v and counts %v", c.by.Role, got, f.Count)
				}
			}
		}
	})
}

// TestOrder: the title before the text, the beginning of a word before its inside, the new before the old; pages in one order.
func TestOrder(t *testing.T) {
	w := words(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := func(x search.Doc, day int) search.Doc { x.At = time.Date(2024, 1, day, 0, 0, 0, 0, time.UTC); return x }
		put(t, d, at(doc("inside", "x", "warport"), 9), at(doc("old", "x", "portal"), 1), at(doc("new", "x", "a port"), 2), at(doc("title", "Port", "x"), 1))
		want := []string{"title", "new", "old", "inside"}
		if got := refs(find(t, d, w, "port", search.Ask{})); !slices.Equal(got, want) {
			t.Errorf("%v", got)
		}
		var paged []string
		for after := ""; ; {
			f := find(t, d, w, "port", search.Ask{Limit: 1, After: after})
			paged = append(paged, refs(f)...)
			if after = f.Next; after == "" {
				break
			}
		}
		if !slices.Equal(paged, want) {
			t.Errorf("page by page: %v", paged)
		}
	})
}

// TestGone: what is dropped or changed leaves nothing behind, not a gram and not a time.
func TestGone(t *testing.T) {
	w := words(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		empty := contents(t, d)
		x := doc("a", "비밀 방재 secret", "令和5年")
		x.Version = 7
		put(t, d, x, doc("b", "다른 것", ""))
		changed := doc("a", "공개", "")
		put(t, d, changed)
		if f := find(t, d, w, "비밀", search.Ask{}); len(f.Hits) != 0 {
			t.Error("the old text is found")
		}
		put(t, d, x)
		before := contents(t, d)
		put(t, d, x) // as it is: nothing is written
		if after := contents(t, d); after != before {
			t.Error("the same document again changed something")
		}
		if err := d.Update(ctx, func(tx *db.Tx) error { return search.DropVersions(ctx, tx, []int64{7, 8}) }); err != nil {
			t.Fatal(err)
		}
		if f := find(t, d, w, "secret", search.Ask{}); len(f.Hits) != 0 {
			t.Error("what was dropped is found")
		}
		if err := d.Update(ctx, func(tx *db.Tx) error {
			if was, err := search.Drop(ctx, tx, search.Event, "b"); err != nil || !was {
				t.Errorf("dropped: %v, %v", was, err)
			}
			was, err := search.Drop(ctx, tx, search.Event, "b")
			if was {
				t.Error("dropped twice")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if left := contents(t, d); left != empty {
			t.Errorf("left behind: %s", left)
		}
	})
}

// contents is what the lists and the documents hold, and the times that are not blank.
func contents(t *testing.T, d *db.DB) string {
	t.Helper()
	var b strings.Builder
	ctx := context.Background()
	if err := d.View(ctx, func(tx *db.Tx) error {
		for _, q := range []string{`SELECT CAST(gram AS TEXT), CAST(block AS TEXT), docs FROM search_gram ORDER BY gram, block`, `SELECT ref, title, body FROM search_doc ORDER BY id`} {
			if err := tx.Rows(ctx, q, nil, func(r db.Scanner) error {
				var x, y, z string
				err := r.Scan(&x, &y, &z)
				fmt.Fprintln(&b, x, y, z)
				return err
			}); err != nil {
				return err
			}
		}
		return tx.Rows(ctx, `SELECT times FROM search_block ORDER BY block`, nil, func(r db.Scanner) error {
			var s string
			err := r.Scan(&s)
			b.WriteString(strings.ReplaceAll(s, "AAAAA", ""))
			return err
		})
	}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
