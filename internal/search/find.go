package search

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"accord/internal/db"
	"accord/internal/fault"
	"accord/internal/who"
)

// An Ask is what one page of results is to hold.
type Ask struct {
	Query *Query
	By    func(who.Right) bool // whether the reader has a right
	Kind  Kind                 // only of this kind; empty for all
	After string               // the Next of the page before
	Limit int
}

// Found is one page of results.
type Found struct {
	Hits  []Hit
	Count map[Kind]int // of all that the reader may see, by kind, whatever kind was asked for
	Exact bool         // the texts of all were looked at; else some of those counted may not hold the words side by side
	Next  string       // where the next page begins; empty when there is none
}

// A Hit is one document in which everything was found.
type Hit struct {
	Doc
	Lang  string  // of the text that the pieces are of; empty where nobody says
	Piece []Piece // around what was found
	place uint64
}

// A Piece is some text of a snippet.
type Piece struct {
	Text  string
	Found bool
}

// What of a page is looked at: so many texts at a time, at most so many, and so many for exact counts.
const (
	perLook   = 64
	mostLooks = 40
	countable = 256
)

// Find looks for what a reader may see. What the reader has no right to is left out before anything is counted or put in order.
func Find(ctx context.Context, tx *db.Tx, a Ask) (*Found, error) {
	f := &finding{ctx: ctx, tx: tx, ask: a, out: &Found{Count: map[Kind]int{}}}
	after, err := parsePlace(a.After)
	if err != nil {
		return nil, err
	}
	if a.Query == nil || a.Query.Empty() {
		f.out.Exact = true
		return f.out, nil
	}
	if err := f.fetch(); err != nil {
		return nil, err
	}
	if f.all = f.candidates(); len(f.all) == 0 {
		f.out.Exact = true
		return f.out, nil
	}
	if err := f.inOrder(); err != nil {
		return nil, err
	}
	if err := f.counted(); err != nil {
		return nil, err
	}
	return f.out, f.page(after)
}

// A finding is one search under way.
type finding struct {
	ctx    context.Context
	tx     *db.Tx
	ask    Ask
	out    *Found
	posted map[int64]sets // what the grams that are asked for have posted
	single map[rune]sets
	all    sets
	order  []uint64 // places of all, the best first
	kinds  map[Kind]sets
	known  map[int64]*Hit // looked at; nil where the words do not stand there
}

// fetch reads the lists of every gram that the query, the reader's rights and the kinds need, each once.
func (f *finding) fetch() error {
	want := map[int64]bool{}
	singles := map[rune]bool{}
	for _, k := range Kinds() {
		want[kindGram(k)] = true
	}
	for _, r := range who.Rights() {
		if f.ask.By(r) {
			want[rightGram(r)] = true
		}
	}
	for _, t := range f.ask.Query.terms {
		for _, p := range t.phrases {
			l := lookupOf(p.runes)
			if l.single != 0 {
				singles[l.single] = true
			}
			for _, g := range l.all {
				want[g], want[g|inTitle] = true, true
			}
			for _, g := range l.begins {
				want[g] = true
			}
		}
	}
	grams := make([]int64, 0, len(want))
	for g := range want {
		grams = append(grams, g)
	}
	slices.Sort(grams)
	f.posted = make(map[int64]sets, len(grams))
	for from := 0; from < len(grams); from += f.tx.Many() {
		among, args := db.Among(f.tx, 1, grams[from:min(from+f.tx.Many(), len(grams))])
		if err := f.read(`gram`+among, args, func(g int64) sets { return at(f.posted, g) }); err != nil {
			return err
		}
	}
	f.single = map[rune]sets{}
	for r := range singles {
		if err := f.read(`gram >= $1 AND gram < $2`, []any{two(r, 0), two(r+1, 0)}, func(int64) sets { return at(f.single, r) }); err != nil {
			return err
		}
	}
	return nil
}

func at[K comparable](m map[K]sets, k K) sets {
	if m[k] == nil {
		m[k] = sets{}
	}
	return m[k]
}

func (f *finding) read(where string, args []any, into func(gram int64) sets) error {
	return f.tx.Rows(f.ctx, `SELECT gram, block, docs FROM search_gram WHERE `+where, args, func(r db.Scanner) error {
		var gram, block int64
		var docs string
		if err := r.Scan(&gram, &block, &docs); err != nil {
			return err
		}
		s := into(gram)
		if s[block] == nil {
			s[block] = new(set)
		}
		return s[block].read(docs)
	})
}

// candidates are the documents that the reader may see and that have the grams of every term.
func (f *finding) candidates() sets {
	all := sets{}
	for _, r := range who.Rights() {
		if f.ask.By(r) {
			all.or(f.posted[rightGram(r)])
		}
	}
	for i := range f.ask.Query.terms {
		all.and(f.having(&f.ask.Query.terms[i], 0))
	}
	f.kinds = map[Kind]sets{}
	for _, k := range Kinds() {
		f.kinds[k] = f.posted[kindGram(k)]
	}
	return all
}

// having are the documents with the grams of one of a term's phrases, in a part of them.
func (f *finding) having(t *term, part int64) sets {
	out := sets{}
	for _, p := range t.phrases {
		l := lookupOf(p.runes)
		if l.single != 0 {
			if part == 0 {
				out.or(f.single[l.single])
			}
			continue
		}
		if len(l.all) == 0 {
			continue
		}
		some := f.posted[l.all[0]|part].clone()
		for _, g := range l.all[1:] {
			some.and(f.posted[g|part])
		}
		out.or(some)
	}
	return out
}

// beginning are those in which a word begins as one of the term's phrases does.
func (f *finding) beginning(t *term) sets {
	out := sets{}
	for _, p := range t.phrases {
		l := lookupOf(p.runes)
		if len(l.begins) == 0 { // a script without words, or a single letter
			return f.all
		}
		some := f.posted[l.begins[0]].clone()
		for _, g := range l.begins[1:] {
			some.and(f.posted[g])
		}
		out.or(some)
	}
	return out
}

// A place is where a document stands among the results: those with every term in the title first, then those where words begin so,
// then those where it stands inside of words; of each the newest first.
const (
	idBits   = 32
	timeBits = 30
	minutes  = 1<<timeBits - 1
	ids      = 1<<idBits - 1
)

func placeOf(level int, minute uint32, id int64) uint64 {
	return uint64(level)<<(timeBits+idBits) | uint64(minutes-minute)<<idBits | uint64(ids-id)
}

func idOf(place uint64) int64 { return ids - int64(place&ids) }

func parsePlace(s string) (uint64, error) {
	if s == "" {
		return 0, nil
	}
	p, err := strconv.ParseUint(s, 36, 64)
	if err != nil {
		return 0, fault.New(fault.Invalid, "search", "the address of the page is not one", "begin at the first page").At("after")
	}
	return p, nil
}

// inOrder puts the candidates in the order in which they are shown.
func (f *finding) inOrder() error {
	inTitles, begun := f.all.clone(), f.all.clone()
	for i := range f.ask.Query.terms {
		t := &f.ask.Query.terms[i]
		inTitles.and(f.having(t, inTitle))
		begun.and(f.beginning(t))
	}
	blocks := make([]int64, 0, len(f.all))
	for b := range f.all {
		blocks = append(blocks, b)
	}
	f.order = make([]uint64, 0, f.all.count())
	for from := 0; from < len(blocks); from += f.tx.Many() {
		among, args := db.Among(f.tx, 1, blocks[from:min(from+f.tx.Many(), len(blocks))])
		if err := f.tx.Rows(f.ctx, `SELECT block, times FROM search_block WHERE block`+among, args, func(r db.Scanner) error {
			var block int64
			var times string
			if err := r.Scan(&block, &times); err != nil {
				return err
			}
			return f.places(block, times, inTitles[block], begun[block])
		}); err != nil {
			return err
		}
	}
	slices.Sort(f.order)
	return nil
}

// places adds the candidates of a block.
func (f *finding) places(block int64, times string, inTitles, begun *set) error {
	s := f.all[block]
	for slot := range perBlock {
		if !s.has(slot) {
			continue
		}
		minute, err := timeAt(times, slot)
		if err != nil {
			return fmt.Errorf("search: block %d: %w", block, err)
		}
		level := 2
		if inTitles != nil && inTitles.has(slot) {
			level = 0
		} else if begun != nil && begun.has(slot) {
			level = 1
		}
		f.order = append(f.order, placeOf(level, minute, block*perBlock+int64(slot)))
	}
	return nil
}

// counted counts by kind. Few candidates are looked at one by one, so that the counts are of what is there.
func (f *finding) counted() error {
	f.known = map[int64]*Hit{}
	if len(f.order) <= countable {
		f.out.Exact = true
		for from := 0; from < len(f.order); from += perLook {
			if err := f.look(f.order[from:min(from+perLook, len(f.order))]); err != nil {
				return err
			}
		}
		for _, h := range f.known {
			if h != nil {
				f.out.Count[h.Kind]++
			}
		}
		return nil
	}
	for k, s := range f.kinds {
		if n := f.all.both(s); n > 0 {
			f.out.Count[k] = n
		}
	}
	return nil
}

// page fills the page that begins after a place.
func (f *finding) page(after uint64) error {
	rest := f.ofKind(f.order)
	if after > 0 {
		i, found := slices.BinarySearch(rest, after)
		if found {
			i++
		}
		rest = rest[i:]
	}
	for looks := 0; len(rest) > 0; looks++ {
		some := rest[:min(perLook, len(rest))]
		if looks == mostLooks {
			break // the next page goes on from here
		}
		if err := f.look(some); err != nil {
			return err
		}
		for _, p := range some {
			h := f.known[idOf(p)]
			if h == nil {
				continue
			}
			h.place = p
			f.out.Hits = append(f.out.Hits, *h)
			if len(f.out.Hits) > f.ask.Limit {
				f.out.Hits = f.out.Hits[:f.ask.Limit]
				f.out.Next = strconv.FormatUint(f.out.Hits[f.ask.Limit-1].place, 36)
				return nil
			}
		}
		rest = rest[len(some):]
		after = some[len(some)-1]
	}
	if len(rest) > 0 {
		f.out.Next = strconv.FormatUint(after, 36)
	}
	return nil
}

// ofKind are the places of documents of the kind that is asked for.
func (f *finding) ofKind(places []uint64) []uint64 {
	if f.ask.Kind == "" {
		return places
	}
	s := f.kinds[f.ask.Kind]
	var out []uint64
	for _, p := range places {
		id := idOf(p)
		if b := s[id/perBlock]; b != nil && b.has(int(id%perBlock)) {
			out = append(out, p)
		}
	}
	return out
}

// look reads the texts of documents and keeps those that have what is looked for.
func (f *finding) look(places []uint64) error {
	var want []int64
	for _, p := range places {
		if _, done := f.known[idOf(p)]; !done {
			want = append(want, idOf(p))
			f.known[idOf(p)] = nil
		}
	}
	for from := 0; from < len(want); from += f.tx.Many() {
		among, args := db.Among(f.tx, 1, want[from:min(from+f.tx.Many(), len(want))])
		if err := f.tx.Rows(f.ctx, `SELECT `+columns+` FROM search_doc WHERE id`+among, args, func(r db.Scanner) error {
			var w row
			if err := w.scan(r); err != nil {
				return err
			}
			if h, ok := f.ask.Query.hit(&w); ok && f.ask.By(w.needs) {
				f.known[w.id] = h
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
