package search

import "slices"

// Grams are numbers, so that no engine has an opinion on their order. One of two letters takes 42 bits, one of three letters
// of a script with words 48, since those letters have 16.
const (
	three   = 1 << 50
	inTitle = 1 << 51
	begin   = 1 // stands before the first letter of a word
	runeBit = 21
	wordBit = 16
)

func two(a, b rune) int64 { return int64(a)<<runeBit | int64(b) }

func triple(a, b, c rune) int64 {
	return three | int64(a)<<(2*wordBit) | int64(b)<<wordBit | int64(c)
}

// grams calls f with every gram of a folded text, often with the same more than once: every two letters that stand together, every
// three within a word, the first two of a word with what stands before them, and the last letter of a run by itself.
func grams(t []rune, f func(int64)) {
	at := func(i int) rune {
		if i < 0 || i >= len(t) || t[i] == gap || t[i] == wall {
			return 0
		}
		return t[i]
	}
	for i := range t {
		a, b := at(i), at(i+1)
		if a == 0 {
			continue
		}
		f(two(a, b))
		if !inWords(a) {
			continue
		}
		word := b != 0 && inWords(b)
		if c := at(i + 2); word && c != 0 && inWords(c) {
			f(triple(a, b, c))
		}
		if before := at(i - 1); before == 0 || !inWords(before) {
			if !word {
				b = 0
			}
			f(triple(begin, a, b))
		}
	}
}

// A lookup is what a document must have posted so that a phrase may stand in it.
type lookup struct {
	all    []int64 // every one of these grams
	single rune    // or any gram that begins with this letter, where there are no others
	begins []int64 // and these, where its words begin words
}

// perPhrase is how many grams of one phrase are asked for: more do not narrow it, the text itself decides.
const perPhrase = 10

// lookupOf finds the grams that every text with the phrase has. Of a long run every second one is enough to touch every letter.
func lookupOf(phrase []rune) lookup {
	var l lookup
	for _, run := range runs(phrase) {
		if len(run) == 1 { // beside longer runs a single letter is left to the text
			if l.single == 0 {
				l.single = run[0]
			}
			continue
		}
		for from := 0; from < len(run); {
			until := from + 1
			for until < len(run) && inWords(run[until]) == inWords(run[from]) {
				until++
			}
			l.stretch(run, from, until)
			from = until
		}
	}
	if len(l.all) > 0 {
		l.single = 0
	}
	slices.Sort(l.all)
	if l.all = slices.Compact(l.all); len(l.all) > perPhrase {
		step := len(l.all)
		kept := make([]int64, perPhrase)
		for i := range kept {
			kept[i] = l.all[i*step/perPhrase]
		}
		l.all = kept
	}
	return l
}

// stretch adds the grams of letters of one sort, run[from:until], with the one that leads over to the next sort.
func (l *lookup) stretch(run []rune, from, until int) {
	n := until - from
	word := inWords(run[from])
	switch {
	case word && n >= 3:
		for i := from; i+3 <= until; i++ {
			if (i-from)%2 == 0 || i+3 == until {
				l.all = append(l.all, triple(run[i], run[i+1], run[i+2]))
			}
		}
	case n >= 2:
		for i := from; i+2 <= until; i++ {
			if (i-from)%2 == 0 || i+2 == until {
				l.all = append(l.all, two(run[i], run[i+1]))
			}
		}
	}
	if until < len(run) {
		l.all = append(l.all, two(run[until-1], run[until]))
	}
	if word && n >= 2 {
		l.begins = append(l.begins, triple(begin, run[from], run[from+1]))
	}
}

// runs are the stretches of a phrase without a gap.
func runs(phrase []rune) (out [][]rune) {
	from := 0
	for i := 0; i <= len(phrase); i++ {
		if i < len(phrase) && phrase[i] != gap && phrase[i] != wall {
			continue
		}
		if i > from {
			out = append(out, phrase[from:i])
		}
		from = i + 1
	}
	return out
}
