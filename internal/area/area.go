// Package area says what an area of cooperation is: the datasets it gives meaning to, and their words. An area adds
// meaning only; storing, sending and showing know no area by name.
package area

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"accord/record"
)

// An Area is one field of cooperation. Every area is one folder beside this file and one line in package all, and its test
// calls areatest.Run.
type Area struct {
	Name     string            // first part of its datasets' names
	Datasets []*record.Dataset // every version that may still be met
	Boards   []Board           // common views of both cities' data
	Methods  []Method          // how figures of boards are computed

	// Files holds words/LANG.json: a flat object from path to label. A path is the area (safety), a dataset
	// (safety/subsidence), a field of it (safety/subsidence.width) or a code of a field
	// (safety/subsidence.ground.schist). All versions of a dataset share their words. Those of boards and methods stand in
	// words/boards/LANG.json.
	//
	// Besides, safety/subsidence~compare may say what keeps two cities' records of a dataset from being compared, and
	// safety/subsidence~about what the dataset is for; a page shows them. What is said in one language is said in all.
	Files fs.FS

	// Registers are those of the datasets that people keep by hand, on a page with a form: small lists such as contacts. The
	// first field names an entry.
	Registers []*record.Dataset

	// Ground is the dataset of outlines that maps of every dataset are drawn over; nil where the area has none.
	Ground *Ground
}

// A Ground says how maps read a dataset of outlines, such as those of districts.
type Ground struct {
	Dataset       *record.Dataset
	Outline, Name string // fields: the geometry, and what its unit is called

	// Level tells outlines apart that lie on each other: those of one level lie side by side. It is a word of letters, digits
	// and hyphens.
	Level func(*record.Record) string
}

// Register says whether a dataset is one that people keep by hand.
func (a Area) Register(d *record.Dataset) bool { return slices.Contains(a.Registers, d) }

// Words are the labels of an area in one language, by path.
type Words map[string]string

// spoken are the labels that were read from the program itself, which do not change while it runs: a page asks for them line by line.
var spoken sync.Map // of said to Words

type said struct {
	files embed.FS
	lang  string
}

// Words are the area's labels in a language. They are shared: nobody changes them.
func (a Area) Words(lang string) (Words, error) {
	files, own := a.Files.(embed.FS)
	if w, ok := spoken.Load(said{files, lang}); own && ok {
		return w.(Words), nil
	}
	w, err := a.readWords(lang)
	if own && err == nil {
		spoken.Store(said{files, lang}, w)
	}
	return w, err
}

func (a Area) readWords(lang string) (Words, error) {
	w := Words{}
	for _, name := range []string{"words/" + lang + ".json", "words/boards/" + lang + ".json"} {
		data, err := fs.ReadFile(a.Files, name)
		if errors.Is(err, fs.ErrNotExist) && strings.Contains(name, "boards") && len(a.Boards) == 0 {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("area %s has no words in %q: %w", a.Name, lang, err)
		}
		if err := json.Unmarshal(data, &w); err != nil {
			return nil, fmt.Errorf("area %s: %s: %w", a.Name, name, err)
		}
	}
	return w, nil
}

// Word is what stands under a path; the path itself where nothing does.
func (w Words) Word(path string) string { return w.or(path, path) }

// Dataset, Field and Code are the labels of what is described; where a label is missing, the name itself.
func (w Words) Dataset(d *record.Dataset) string { return w.or(d.Name, d.Name) }

// Field is the label of a field.
func (w Words) Field(d *record.Dataset, field string) string { return w.or(d.Name+"."+field, field) }

// Code is the label of a code of a field.
func (w Words) Code(d *record.Dataset, field, code string) string {
	return w.or(d.Name+"."+field+"."+code, code)
}

// Note is what the area says of a dataset besides its labels: Compare or About; empty where it says nothing.
func (w Words) Note(d *record.Dataset, note string) string { return w[d.Name+"~"+note] }

// The notes that there are.
const (
	Compare = "compare" // what keeps two cities' records from being compared, or what has to be done first
	About   = "about"   // what the dataset is for
)

func (w Words) or(path, name string) string {
	if s := w[path]; s != "" {
		return s
	}
	return name
}
