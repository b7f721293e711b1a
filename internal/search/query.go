package search

import (
	"slices"
	"strings"

	"accord/internal/fault"
)

// Bounds of what a reader may ask.
const (
	MaxQuery   = 200 // characters
	maxTerms   = 8
	maxPhrases = 24 // ways to write one term
)

// A Query is what a reader looks for: terms, all of which a text must have.
type Query struct {
	Text  string // as it was written
	terms []term
}

// A term is one word or quoted phrase, with the other ways to write it.
type term struct {
	text    string   // as it was written
	phrases []phrase // its own first
}

// A phrase is letters that stand one after the other.
type phrase struct {
	runes []rune
	whole bool   // its ends are ends of words, where they are of a script with words
	text  string // as people write it
}

func (p phrase) String() string { return string(p.runes) }

// whole is a phrase of whole words.
func whole(s string) phrase { return phrase{[]rune(canon(s)), true, s} }

// Parse reads what a reader has written. Words are separated by spaces; what stands in quotation marks is one phrase.
func (w *Words) Parse(text string) (*Query, error) {
	text = strings.ToValidUTF8(strings.TrimSpace(text), "")
	if n := len([]rune(text)); n > MaxQuery {
		return nil, fault.New(fault.Invalid, "search", "it is longer than 200 characters", "look for fewer words").At("q")
	}
	q := &Query{Text: text}
	for i, part := range strings.Split(strings.Map(oneQuote, text), `"`) {
		if i%2 == 1 {
			q.add(part, []phrase{{runes: []rune(canon(part))}})
		} else {
			q.words(w, strings.Fields(part))
		}
	}
	switch {
	case len(q.terms) == 0 && text != "":
		return nil, fault.New(fault.Invalid, "search", "there is no letter or digit in it", "write a word of at least two letters").At("q")
	case len(q.terms) > maxTerms:
		return nil, fault.New(fault.Invalid, "search", "it has more than 8 words", "look for fewer words, or put words that stand together into quotation marks").At("q")
	}
	return q, nil
}

// oneQuote makes one quotation mark of those of the languages.
func oneQuote(r rune) rune {
	if strings.ContainsRune("“”„「」『』《》＂", r) {
		return '"'
	}
	return r
}

// words adds terms. Words that make a name or a year together are one term.
func (q *Query) words(w *Words, words []string) {
	for len(words) > 0 {
		n := w.take(q, words)
		words = words[n:]
	}
}

// take makes a term of as many of the first words as have a meaning together, at least of one.
func (w *Words) take(q *Query, words []string) int {
	for n := min(len(words), max(w.longest, 2)); n > 0; n-- {
		text := strings.Join(words[:n], " ")
		key := canon(text)
		own := phrase{runes: []rune(key)}
		others := w.also(key)
		if year, written, ok := w.ofYear(key); ok {
			own, others = year, append(others, written...)
		}
		if n == 1 || len(others) > 0 {
			q.add(text, append([]phrase{own}, others...))
			return n
		}
	}
	return 1
}

func (q *Query) add(text string, phrases []phrase) {
	if len(phrases[0].runes) == 0 {
		return
	}
	var each []phrase
	for _, p := range phrases {
		if !slices.ContainsFunc(each, func(o phrase) bool { return o.String() == p.String() }) && len(each) < maxPhrases {
			each = append(each, p)
		}
	}
	q.terms = append(q.terms, term{strings.TrimSpace(text), each})
}

// Empty says whether nothing is looked for.
func (q *Query) Empty() bool { return len(q.terms) == 0 }

// Also lists the other ways to write what is looked for that are looked for too.
func (q *Query) Also() (out []string) {
	for _, t := range q.terms {
		for _, p := range t.phrases[1:] {
			out = append(out, p.text)
		}
	}
	return out
}

// in finds the first place of the phrase in a folded text at or after one; -1 when there is none.
func (p phrase) in(t []rune, from int) int {
	for i := from; i+len(p.runes) <= len(t); i++ {
		if t[i] == p.runes[0] && slices.Equal(t[i:i+len(p.runes)], p.runes) && (!p.whole || p.stands(t, i)) {
			return i
		}
	}
	return -1
}

// stands says whether the phrase at a place ends where words do.
func (p phrase) stands(t []rune, at int) bool {
	cut := func(a, b int) bool { return a < 0 || b >= len(t) || !inWords(t[a]) || !inWords(t[b]) }
	return cut(at-1, at) && cut(at+len(p.runes)-1, at+len(p.runes))
}

// in says whether a term stands in one of the folded texts.
func (t *term) in(texts ...*folded) bool {
	for _, p := range t.phrases {
		for _, f := range texts {
			if p.in(f.runes, 0) >= 0 {
				return true
			}
		}
	}
	return false
}

// Simpler is what a reader may have meant: each word without what a language puts behind it, and each word alone.
func (w *Words) Simpler(q *Query) (out []string) {
	var stems []string
	for _, t := range q.terms {
		stems = append(stems, w.stem(t.text))
	}
	all := strings.Join(stems, " ")
	if canon(all) != canon(q.Text) {
		out = append(out, all)
	}
	for i, t := range q.terms {
		for _, s := range []string{t.text, stems[i]} {
			if len(q.terms) > 1 && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// stem is a word without its particle, of which at least two letters must stay.
func (w *Words) stem(word string) string {
	for _, p := range w.particles {
		if s, ok := strings.CutSuffix(word, p); ok && len([]rune(s)) > 1 {
			return s
		}
	}
	return word
}
