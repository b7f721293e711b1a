package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What stands between the letters of a folded text.
const (
	gap  = ' '  // anything that is no letter or digit
	wall = '\n' // the end of a text; nothing matches across it
)

// A folded text is one in which everything that people write in several ways is written in one: NFKC, small letters, no
// accents on Latin, Greek and Cyrillic, hiragana for katakana, one gap for whatever is no letter, and none between two letters
// of scripts that are written with spaces here and without them there.
type folded struct {
	runes []rune
	from  []int32 // where in the original each of them begins, in bytes
	until []int32 // and ends
}

func (f *folded) add(r rune, from, until int) {
	switch last := len(f.runes) - 1; {
	case r != gap:
		if last > 0 && f.runes[last] == gap && spaceless(f.runes[last-1]) && spaceless(r) && f.loose(last) {
			f.runes, f.from, f.until = f.runes[:last], f.from[:last], f.until[:last]
		}
	case last < 0 || f.runes[last] == wall:
		return
	case f.runes[last] == gap:
		if f.until[last] >= 0 && from < 0 {
			f.until[last] = -1
		}
		return
	}
	f.runes, f.from, f.until = append(f.runes, r), append(f.from, int32(from)), append(f.until, int32(until))
}

// loose says whether a gap is only of spaces and middle dots, which some write and some do not.
func (f *folded) loose(gapAt int) bool { return f.until[gapAt] >= 0 }

// fold folds texts; between them stands a wall.
func fold(texts ...string) *folded {
	n := 0
	for _, s := range texts {
		n += len(s)/2 + 2
	}
	f := &folded{make([]rune, 0, n), make([]int32, 0, n), make([]int32, 0, n)}
	base := 0
	for i, s := range texts {
		if i > 0 {
			f.wall(base)
		}
		f.text(s, base)
		base += len(s)
	}
	return f
}

func (f *folded) wall(at int) {
	f.runes, f.from, f.until = append(f.runes, wall), append(f.from, int32(at)), append(f.until, int32(at))
}

func (f *folded) text(s string, base int) {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if next, _ := utf8.DecodeRuneInString(s[i+n:]); plain(r) && (next < 0x300 || plain(next)) {
			f.one(r, base+i, base+i+n)
			i += n
			continue
		}
		if n = norm.NFKC.NextBoundaryInString(s[i:], true); n <= 0 {
			n = len(s) - i
		}
		for _, c := range norm.NFKC.String(s[i : i+n]) {
			f.one(c, base+i, base+i+n)
		}
		i += n
	}
}

// plain says whether a character is its own NFKC form, unless a mark follows it: by far most are.
func plain(r rune) bool {
	switch {
	case r < 0x80, r >= 0xAC00 && r <= 0xD7A3, r >= 0x4E00 && r <= 0x9FFF, r >= 0x3041 && r <= 0x3096, r >= 0x30A1 && r <= 0x30FE:
		return true
	case r == 0x3001, r == 0x3002:
		return true
	}
	return false
}

// one adds a character of NFKC.
func (f *folded) one(r rune, from, until int) {
	switch {
	case r < 0x80 && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9'):
	case r >= 'A' && r <= 'Z':
		r += 'a' - 'A'
	case r == '・' || r == '·' || unicode.IsSpace(r):
		f.add(gap, from, until)
		return
	case r >= 0x30A1 && r <= 0x30F6:
		r -= 0x60
	case r == 0x30FD || r == 0x30FE:
		r -= 0x60
	case r >= 0xAC00 && r <= 0xD7A3 || r >= 0x4E00 && r <= 0x9FFF || r >= 0x3041 && r <= 0x309F:
	case !letter(r):
		f.add(gap, -1, -1)
		return
	case unicode.Is(unicode.Mn, r) && len(f.runes) > 0 && inWords(f.runes[len(f.runes)-1]):
		return // an accent that no letter has taken in
	default:
		r = lower(r)
	}
	f.add(r, from, until)
}

// lower is the small letter without its accent.
func lower(r rune) rune {
	if unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
		r, _ = utf8.DecodeRuneInString(norm.NFD.String(string(r)))
	}
	if r = unicode.ToLower(r); r == 'ς' {
		return 'σ'
	}
	return r
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// inWords says whether a letter is of a script whose words stand apart: those are looked up by three letters, not by two.
func inWords(r rune) bool {
	if r < 0x80 {
		return r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
	}
	return r < 0x2E80 && unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
}

// spaceless says whether a letter is of a script that is written with and without spaces.
func spaceless(r rune) bool { return r != gap && r != wall && !inWords(r) }

// canon is a folded text as a string, without gaps at its ends: what two ways of writing one name have in common.
func canon(s string) string { return strings.Trim(string(fold(s).runes), string(gap)) }
