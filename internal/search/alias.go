package search

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"accord/internal/date"
	"accord/internal/fault"
)

// Words are what a reader may write in several ways: names of people and places, eras, and what is put behind a word in a
// language and does not belong to it. They are content.
type Words struct {
	byForm    map[string][]*Name // canonical form to the names that have it
	eras      []era
	particles []string // longest first
	longest   int      // how many words a form has at most
}

// A Name is a person or a place with everything it is written as.
type Name struct {
	ID     string `toml:"id"`
	Sort   string `toml:"sort"`   // person, place
	Source string `toml:"source"` // where it is written so
	Forms  []Form `toml:"forms"`

	alternates map[string][]phrase // by canonical form: what else a text may say
}

// A Form is a name in one language: of a person as family and given name, of a place as text.
type Form struct {
	Lang   string `toml:"lang"`
	Family string `toml:"family"`
	Given  string `toml:"given"`
	Text   string `toml:"text"`
}

type era struct {
	of    date.Era
	forms []string // as people write them
}

// ReadWords reads the names, eras and particles from names.toml and words.toml.
func ReadWords(files fs.FS) (*Words, error) {
	w := &Words{byForm: map[string][]*Name{}, longest: 1}
	var names struct {
		Names []*Name `toml:"names"`
	}
	if err := decode(files, "names.toml", &names); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, n := range names.Names {
		if n.ID == "" || seen[n.ID] {
			return nil, bad("names.toml, "+n.ID, "an id is missing or stands there twice", "give each name one of its own")
		}
		seen[n.ID] = true
		if err := w.addName(n); err != nil {
			return nil, err
		}
	}
	var more struct {
		Eras []struct {
			Name  string   `toml:"name"`
			Forms []string `toml:"forms"`
		} `toml:"eras"`
		Particles []struct {
			Lang  string   `toml:"lang"`
			Words []string `toml:"words"`
		} `toml:"particles"`
	}
	if err := decode(files, "words.toml", &more); err != nil {
		return nil, err
	}
	forms := map[string][]string{}
	for _, e := range more.Eras {
		forms[e.Name] = e.Forms
	}
	for _, e := range date.JapaneseEras {
		w.eras = append(w.eras, era{of: e, forms: append([]string{e.Name, e.Latin}, forms[e.Name]...)})
		delete(forms, e.Name)
	}
	for name := range forms {
		return nil, bad("words.toml", fmt.Sprintf("%q is no era", name), "correct its name")
	}
	for _, p := range more.Particles {
		w.particles = append(w.particles, p.Words...)
	}
	slices.SortStableFunc(w.particles, func(a, b string) int { return len(b) - len(a) })
	return w, nil
}

func bad(where, why, do string) error { return fault.New(fault.Invalid, where, why, do) }

func decode(files fs.FS, name string, into any) error {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	meta, err := toml.Decode(string(data), into)
	if err != nil {
		return bad(name, err.Error(), "correct the file")
	}
	if un := meta.Undecoded(); len(un) > 0 {
		return bad(name, fmt.Sprintf("key %s is not known", un[0]), "correct the key")
	}
	return nil
}

// addName makes the ways in which a name is written: a person's family name first as in Korean and Japanese, in Latin letters
// also last, and the family name by itself where it is long enough to mean somebody.
func (w *Words) addName(n *Name) error {
	if n.Source == "" || len(n.Forms) < 2 || n.Sort != "person" && n.Sort != "place" {
		return bad("names.toml, "+n.ID, "it lacks its source, its sort or a second form", "write sort, source and forms")
	}
	var full, family []phrase
	for _, f := range n.Forms {
		switch {
		case n.Sort == "place" && f.Text != "" && f.Family == "" && f.Given == "":
			full = append(full, whole(f.Text))
		case n.Sort == "person" && f.Text == "" && f.Family != "" && f.Given != "":
			latin := inWords(append([]rune(canon(f.Family)), gap)[0])
			full = append(full, inFull(f.Family, f.Given, latin))
			if latin {
				full = append(full, whole(f.Given+" "+f.Family))
			}
			if utf8.RuneCountInString(f.Family) > 1 {
				family = append(family, whole(f.Family))
			}
		default:
			return bad("names.toml, "+n.ID, "a form is neither family and given nor text", "write a person as family and given, a place as text")
		}
	}
	if len(family) < len(n.Forms) { // one that means nobody in particular in one script would mean everybody in the others
		family = nil
	}
	for _, p := range append(full, family...) {
		if len(p.runes) == 0 {
			return bad("names.toml, "+n.ID, "a form has no letters", "write a name")
		}
	}
	n.alternates = map[string][]phrase{}
	for _, some := range [][]phrase{full, family} {
		for _, p := range some {
			key := p.String()
			if len(n.alternates[key]) > 0 {
				continue
			}
			n.alternates[key] = some
			w.byForm[key] = append(w.byForm[key], n)
			w.longest = max(w.longest, strings.Count(key, string(gap))+1)
		}
	}
	return nil
}

// inFull is a person's name, the family name first; between letters that stand without spaces there is none.
func inFull(family, given string, latin bool) phrase {
	if latin {
		return whole(family + " " + given)
	}
	return whole(family + given)
}

// also is what else a text may say where a reader has written this.
func (w *Words) also(key string) (out []phrase) {
	for _, n := range w.byForm[key] {
		for _, p := range n.alternates[key] {
			if p.String() != key {
				out = append(out, p)
			}
		}
	}
	return out
}

// Spelled is how a person of this name is written, in each language once: the family name first where the script has it so.
func (w *Words) Spelled(name string) (out []Text) {
	if w == nil {
		return nil
	}
	for _, n := range w.byForm[canon(name)] {
		if n.Sort != "person" || !n.isFull(canon(name)) {
			continue
		}
		seen := map[string]bool{}
		for _, f := range n.Forms {
			if seen[f.Lang] {
				continue
			}
			seen[f.Lang] = true
			written := f.Family + f.Given
			switch r := []rune(canon(f.Family)); {
			case inWords(r[0]):
				written = f.Given + " " + f.Family
			case f.Lang == "ko" && len(r) > 1: // names that are foreign to Korean are written in two words
				written = f.Family + " " + f.Given
			}
			out = append(out, Text{f.Lang, written})
		}
	}
	return out
}

// isFull says whether a form is of the whole name, not of the family's alone.
func (n *Name) isFull(key string) bool {
	for _, f := range n.Forms {
		if canon(f.Family) == key {
			return false
		}
	}
	return true
}
