package search

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"accord/internal/date"
)

// ofYear finds a year in a word, whichever way it is written, and what else it may be written as: 2023, 令和5年, 平成元, Reiwa 5.
// first is a whole form already folded.
func (w *Words) ofYear(word string) (own phrase, others []phrase, ok bool) {
	bareYear := word
	for _, suffix := range []string{"年", "년"} {
		bareYear = strings.TrimSuffix(bareYear, suffix)
	}
	if len(bareYear) == 4 {
		if y, err := strconv.Atoi(bareYear); err == nil && y >= 1873 && y <= 2999 {
			return phrase{runes: []rune(bareYear)}, w.inEras(y, ""), true
		}
	}
	for _, e := range w.eras {
		for _, f := range e.forms {
			rest, found := strings.CutPrefix(bareYear, canon(f))
			if !found {
				continue
			}
			n, isNumber := eraYear(strings.TrimPrefix(rest, string(gap)))
			if !isNumber {
				continue
			}
			y, err := date.OfEra(e.of.Name, n)
			if err != nil {
				continue
			}
			same := e.written(n)
			return whole(bareYear), append(append(same, whole(strconv.Itoa(y))), w.inEras(y, e.of.Name)...), true
		}
	}
	return phrase{}, nil, false
}

// inEras is a calendar year as years of eras, but for one of them.
func (w *Words) inEras(year int, but string) (out []phrase) {
	for _, e := range w.eras {
		n := year - e.of.First.Year() + 1
		if y, err := date.OfEra(e.of.Name, max(n, 0)); err == nil && y == year && e.of.Name != but && n > 0 {
			out = append(out, e.written(n)...)
		}
	}
	return out
}

// written is a year of the era in every way that a text may write it. In characters it ends with the one for year: without it
// the tenth year would be found in the fifteenth.
func (e era) written(n int) (out []phrase) {
	figures := strconv.Itoa(n)
	for _, f := range e.forms {
		out = append(out, whole(f+string(gap)+figures))
		if inWords([]rune(canon(f))[0]) {
			continue
		}
		out = append(out, whole(f+figures), whole(f+kanji(n)+"年"))
		if n == 1 {
			out = append(out, whole(f+"元年"))
		}
	}
	return out
}

var tens = []rune("〇一二三四五六七八九")

// kanji writes 1 to 99 as 五, 十二, 三十一.
func kanji(n int) string {
	var b strings.Builder
	if n >= 20 {
		b.WriteRune(tens[n/10])
	}
	if n >= 10 {
		b.WriteRune('十')
	}
	if n%10 > 0 {
		b.WriteRune(tens[n%10])
	}
	return b.String()
}

// eraYear reads what kanji writes, 元, and figures.
func eraYear(s string) (int, bool) {
	if s == "元" {
		return 1, true
	}
	if n, err := strconv.Atoi(s); err == nil && len(s) <= 2 && n > 0 {
		return n, true
	}
	if utf8.RuneCountInString(s) <= 3 {
		for n := 1; n < 100; n++ {
			if kanji(n) == s {
				return n, true
			}
		}
	}
	return 0, false
}
