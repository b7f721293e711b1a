package search

import (
	"sort"
	"unicode/utf8"

	"accord/internal/db"
)

// around is how many letters of a text stand before and after what was found first.
const (
	before = 40
	behind = 120
)

// hit makes a result of a stored document, if everything that is looked for stands in it.
func (q *Query) hit(w *row) (*Hit, bool) {
	h := &Hit{Doc: Doc{Kind: w.kind, Ref: w.ref, Needs: w.needs, Version: w.version, At: db.Time(w.at), Date: w.date, Title: unpack(w.title), Body: unpack(w.body)}}
	head, body := fold(bare(h.Title)...), fold(bare(h.Body)...)
	for i := range q.terms {
		if !q.terms[i].in(head, body) {
			return nil, false
		}
	}
	for _, texts := range [][]Text{h.Body, h.Title} {
		for _, t := range texts {
			if pieces, ok := q.Mark(t.Text, before, behind); ok {
				h.Lang, h.Piece = t.Lang, pieces
				return h, true
			}
		}
	}
	return h, true
}

// Mark cuts a text around the first place where something of the query stands, and says which parts of it do. It says whether there
// is any. Without bounds the text stays whole.
func (q *Query) Mark(text string, before, behind int) ([]Piece, bool) {
	f := fold(text)
	var spans [][2]int // in the folded text
	for _, t := range q.terms {
		for _, p := range t.phrases {
			for i := p.in(f.runes, 0); i >= 0; i = p.in(f.runes, i+len(p.runes)) {
				spans = append(spans, [2]int{i, i + len(p.runes)})
			}
		}
	}
	if len(spans) == 0 {
		return nil, false
	}
	sort.Slice(spans, func(i, j int) bool {
		return spans[i][0] < spans[j][0] || spans[i][0] == spans[j][0] && spans[i][1] > spans[j][1]
	})
	first := f.origin(spans[0])
	from, until := 0, len(text)
	if behind > 0 {
		from, until = back(text, first[0], before), ahead(text, first[1], behind)
	}
	var out []Piece
	if from > 0 {
		out = append(out, Piece{Text: "…"})
	}
	at := from
	for _, s := range spans {
		o := f.origin(s)
		if o[0] >= until {
			break
		}
		if o[1] <= at {
			continue
		}
		o[0], o[1] = max(o[0], at), min(o[1], until)
		if o[0] > at {
			out = append(out, Piece{Text: text[at:o[0]]})
		}
		out = append(out, Piece{text[o[0]:o[1]], true})
		at = o[1]
	}
	if at < until {
		out = append(out, Piece{Text: text[at:until]})
	}
	if until < len(text) {
		out = append(out, Piece{Text: "…"})
	}
	return out, true
}

// origin is a span of the folded text in the original.
func (f *folded) origin(s [2]int) [2]int {
	return [2]int{int(f.from[s[0]]), int(f.until[s[1]-1])}
}

// back is the byte so many characters before one; ahead so many after it.
func back(s string, at, n int) int {
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:at])
		at -= size
	}
	return at
}

func ahead(s string, at, n int) int {
	for ; n > 0 && at < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}
