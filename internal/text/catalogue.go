package text

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed words/*/*.json
var words embed.FS

// A message is a text with named arguments in braces. One with several forms chooses among them by its argument n.
type message map[plural.Form]string

// catalogue is read once, when the program starts; a catalogue that cannot be read is a defect that must not get further.
var catalogue = mustLoad()

var argument = regexp.MustCompile(`\{([a-z_]+)\}`)

var forms = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other,
}

func mustLoad() map[Lang]map[string]message {
	all := map[Lang]map[string]message{}
	for _, l := range langs {
		all[l] = map[string]message{}
		files, err := fs.Glob(words, "words/"+string(l)+"/*.json")
		if err != nil {
			panic(err)
		}
		for _, name := range files {
			if err := loadFile(all[l], name); err != nil {
				panic(fmt.Sprintf("text: %s: %v", name, err))
			}
		}
	}
	return all
}

// loadFile adds the words of one subject. A key belongs to one subject.
func loadFile(into map[string]message, name string) error {
	data, err := words.ReadFile(name)
	if err != nil {
		return err
	}
	more, err := load(data)
	if err != nil {
		return err
	}
	for key, m := range more {
		if _, ok := into[key]; ok {
			return fmt.Errorf("%q stands in another file too", key)
		}
		into[key] = m
	}
	return nil
}

// load reads a catalogue: an object whose members are texts, or objects with one text per plural form.
func load(data []byte) (map[string]message, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, err
	}
	out := make(map[string]message, len(raw))
	for key, value := range raw {
		m, err := loadMessage(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		out[key] = m
	}
	return out, nil
}

func loadMessage(value json.RawMessage) (message, error) {
	var s string
	if json.Unmarshal(value, &s) == nil {
		return message{plural.Other: s}, nil
	}
	var byName map[string]string
	if err := json.Unmarshal(value, &byName); err != nil {
		return nil, err
	}
	m := message{}
	for name, s := range byName {
		f, ok := forms[name]
		if !ok {
			return nil, fmt.Errorf("no plural form is called %q", name)
		}
		m[f] = s
	}
	if _, ok := m[plural.Other]; !ok {
		return nil, fmt.Errorf("the form other is missing")
	}
	return m, nil
}

// form picks the text of m for the number n in the language.
func (m message) form(l Lang, n int) string {
	if len(m) > 1 {
		abs := max(n, -n)
		if s, ok := m[plural.Cardinal.MatchPlural(language.MustParse(string(l)), abs, 0, 0, 0, 0)]; ok {
			return s
		}
	}
	return m[plural.Other]
}

// Has says whether the catalogue knows a key.
func Has(key string) bool {
	_, ok := catalogue[English][key]
	return ok
}
