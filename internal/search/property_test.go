package search

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// anyText draws texts as people write them: in three scripts, wide and narrow, with figures, marks and spaces.
func anyText() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.OneOf(
		rapid.RuneFrom([]rune("서울특별시도쿄홍수가나다라")),
		rapid.RuneFrom([]rune("東京都令和平成元年洪水ヵヶ々ーぁがパ")),
		rapid.RuneFrom([]rune("abcXYZéÖßñ0129")),
		rapid.RuneFrom([]rune("ＡＢｃ１２ﾄﾞﾘﾙ①㈱ﬁ")),
		rapid.RuneFrom([]rune(" .,-・·\n「」()!")),
		rapid.RuneFrom(nil, unicode.Han, unicode.Hangul, unicode.Latin, unicode.Cyrillic, unicode.Greek),
	), 1, 40, -1)
}

// posts says whether a document with a text has posted everything that a phrase is looked up by.
func posts(t []rune, p phrase) bool {
	have := map[int64]bool{}
	grams(t, func(g int64) { have[g] = true })
	l := lookupOf(p.runes)
	if l.single != 0 {
		for g := range have {
			if g >= two(l.single, 0) && g < two(l.single+1, 0) {
				return true
			}
		}
		return false
	}
	for _, g := range l.all {
		if !have[g] {
			return false
		}
	}
	return len(l.all) > 0
}

// TestEveryTwoCharactersFindTheirText: whatever two characters of a text somebody writes, and any longer stretch of it, the text has
// posted what is looked up and holds it.
func TestEveryTwoCharactersFindTheirText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyText().Draw(t, "text")
		r := []rune(s)
		whole := fold(s).runes
		check := func(part string) {
			p := phrase{runes: []rune(canon(part))}
			if len(p.runes) == 0 {
				return
			}
			if p.in(whole, 0) < 0 {
				t.Fatalf("%q is not in %q: %q in %q", part, s, p.String(), string(whole))
			}
			if !posts(whole, p) {
				t.Fatalf("%q of %q is looked up by what the text has not posted", part, s)
			}
		}
		for i := 0; i+2 <= len(r); i++ {
			if part := string(r[i : i+2]); !cuts(r, i, i+2) {
				check(part)
			}
		}
		from := rapid.IntRange(0, len(r)-1).Draw(t, "from")
		until := rapid.IntRange(from+1, len(r)).Draw(t, "until")
		if !cuts(r, from, until) {
			check(string(r[from:until]))
		}
	})
}

// cuts says whether a stretch cuts a character that is written as several, as ﾄﾞ is.
func cuts(r []rune, from, until int) bool {
	mark := func(i int) bool {
		return i < len(r) && (r[i] == 'ﾞ' || r[i] == 'ﾟ' || unicode.IsMark(r[i]) || jamo(r[i]))
	}
	return mark(from) || mark(until) || from > 0 && jamo(r[from-1]) || jamo(r[until-1])
}

func jamo(r rune) bool {
	return r >= 0x1100 && r < 0x1200 || r >= 0xA960 && r < 0xA980 || r >= 0xD7B0 && r < 0xD800 || r >= 0xFFA0 && r < 0xFFE0 || r >= 0x3130 && r < 0x3190
}

// TestFoldedPlacesLieInTheText: every folded letter says where it stands, in order, so that a snippet can be cut.
func TestFoldedPlacesLieInTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		f := fold(s)
		last := int32(0)
		for i, r := range f.runes {
			if r == gap || r == wall {
				continue
			}
			if f.from[i] < last || f.until[i] <= f.from[i] || int(f.until[i]) > len(s) {
				t.Fatalf("letter %d of %q stands at %d to %d", i, s, f.from[i], f.until[i])
			}
			last = f.from[i]
		}
	})
}

// TestMarkKeepsTheText: the pieces of a snippet are the text, no more and no less, whatever is marked in them.
func TestMarkKeepsTheText(t *testing.T) {
	w := &Words{byForm: map[string][]*Name{}, longest: 1}
	rapid.Check(t, func(t *rapid.T) {
		s := anyText().Draw(t, "text")
		q, err := w.Parse(anyText().Draw(t, "query"))
		if err != nil {
			return
		}
		for _, bounds := range [][2]int{{0, 0}, {3, 5}} {
			pieces, ok := q.Mark(s, bounds[0], bounds[1])
			if !ok {
				continue
			}
			var b strings.Builder
			marked := false
			for _, p := range pieces {
				b.WriteString(p.Text)
				marked = marked || p.Found
			}
			got := b.String()
			if bounds[1] > 0 {
				got = strings.TrimSuffix(strings.TrimPrefix(got, "…"), "…")
			}
			if !marked || !strings.Contains(s, got) || bounds[1] == 0 && got != s {
				t.Fatalf("%q became %v", s, pieces)
			}
		}
	})
}

// TestListsComeBack: what is written as a list of documents is read so, and without some of them.
func TestListsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots := rapid.SliceOfDistinct(rapid.IntRange(0, perBlock-1), rapid.ID[int]).Draw(t, "slots")
		var list []byte
		gone, left := new(set), new(set)
		for i, s := range slots {
			if list = appendSlot(list, s); i%3 == 0 {
				gone.add(s)
			} else {
				left.add(s)
			}
		}
		short, err := without(string(list), gone)
		if err != nil {
			t.Fatal(err)
		}
		back := new(set)
		if err := back.read(short); err != nil || *back != *left || back.count() != len(slots)-gone.count() {
			t.Fatalf("%v came back as %v (%v)", slots, back, err)
		}
		minute := rapid.Uint32Range(0, 1<<30-1).Draw(t, "minute")
		times := appendTime(appendTime(nil, 1), minute)
		if m, err := timeAt(string(times), 1); err != nil || m != minute {
			t.Fatalf("minute %d came back as %d (%v)", minute, m, err)
		}
	})
	for _, bad := range []string{"A", "A!", "AAé"} {
		if err := new(set).read(bad); err == nil {
			t.Errorf("list %q is read", bad)
		}
	}
}

// FuzzParse: whatever a stranger writes, it is read or refused, within bounds.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", " ", "홍수", "令和5年", "Reiwa 5", "\"a b\" c", "\"", "「」", "\x00\xff", strings.Repeat("가", 300), "a b c d e f g h i j", "平成 元", "박 원순", "　", "ﾞ", "1999年 年"} {
		f.Add(s)
	}
	w := &Words{byForm: map[string][]*Name{}, longest: 3, eras: []era{}}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := w.Parse(s)
		if err != nil {
			return
		}
		if len(q.terms) > maxTerms || len([]rune(q.Text)) > MaxQuery {
			t.Fatalf("%q became %d terms", s, len(q.terms))
		}
		for _, term := range q.terms {
			for _, p := range term.phrases {
				l := lookupOf(p.runes)
				if len(p.runes) == 0 || len(l.all) > perPhrase || len(l.all) == 0 && l.single == 0 {
					t.Fatalf("%q is looked up by nothing or by too much", s)
				}
			}
		}
		if canon(s) != "" && q.Empty() && s != "" {
			t.Fatalf("%q lost its letters", s)
		}
		q.Mark(s, 3, 3)
		w.Simpler(q)
	})
}
