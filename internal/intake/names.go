package intake

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// columnIndex is where a column stands in a header, -1 where it does not. A name as #3 is the third column, whatever it is called:
// some columns have no name. A name that is there as it is written comes first, then one that differs only in what a letterReader leaves out;
// of two such, neither is it. A unit in brackets is never left out: without it nobody knows what a number is.
func columnIndex(header []string, name string) int {
	if at, ok := strings.CutPrefix(name, "#"); ok {
		if n, err := strconv.Atoi(at); err == nil && n > 0 && n <= len(header) {
			return n - 1
		}
	}
	for i, h := range header {
		if strings.TrimSpace(h) == name {
			return i
		}
	}
	return only(header, func(h string) bool { return sameName(h, name) })
}

// only is the place of the one name that is; -1 where none or several are.
func only(header []string, is func(string) bool) int {
	at := slices.IndexFunc(header, is)
	if at < 0 || slices.ContainsFunc(header[at+1:], is) {
		return -1
	}
	return at
}

// sameName says whether two names differ only in what a letterReader leaves out or makes the same.
func sameName(a, b string) bool {
	x, y := letterReader{s: a}, letterReader{s: b}
	for {
		p, q := x.next(), y.next()
		if p != q {
			return false
		}
		if p == 0 {
			return true
		}
	}
}

// A letterReader reads the letters of a name without spaces and low lines, in their plain width and in small letters: of units, brackets,
// points and strokes there are several that look the same.
type letterReader struct {
	s    string
	more []byte // of a letter that is made of several
}

// next is the next letter; 0 at the end.
func (p *letterReader) next() rune {
	for {
		r, rest := p.step()
		p.s = rest
		if r = likes(r); r != skipped {
			return r
		}
	}
}

const skipped = rune(-1)

func (p *letterReader) step() (rune, string) {
	if len(p.more) > 0 {
		r := []rune(string(p.more))
		p.more = []byte(string(r[1:]))
		return r[0], p.s
	}
	if p.s == "" {
		return 0, ""
	}
	if c := p.s[0]; c < 0x80 {
		return rune(c), p.s[1:]
	}
	if r, n := utf8.DecodeRuneInString(p.s); r >= 0xac00 && r <= 0xd7a3 || r >= 0x4e00 && r <= 0x9fff {
		return r, p.s[n:] // most letters of both countries are made of no others that matter here
	}
	props := norm.NFKD.PropertiesString(p.s)
	rest := p.s[max(1, props.Size()):]
	if d := props.Decomposition(); len(d) > 0 {
		p.s = rest
		p.more = d
		return p.step()
	}
	r := []rune(p.s[:len(p.s)-len(rest)])
	return r[0], rest
}

// likes is the one letter for all that are like it.
func likes(r rune) rune {
	switch r {
	case '_', '\u200b', '\ufeff', '\u00ad':
		return skipped
	case '[', '{', '〔', '【', '「', '『', '〈':
		return '('
	case ']', '}', '〕', '】', '」', '』', '〉':
		return ')'
	case '・', '·', '‧', '∙', '•':
		return '·'
	case '‐', '‑', '–', '—', '−':
		return '-'
	case '〜', '∼':
		return '~'
	case 'μ':
		return 'u'
	case 0:
		return 0
	}
	if unicode.IsSpace(r) {
		return skipped
	}
	return unicode.ToLower(r)
}
