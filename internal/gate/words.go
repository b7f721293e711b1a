package gate

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
)

// A Reason is a sentence that every language has: a message key, and the names and values of its arguments in turn.
type Reason struct {
	Key  string
	Args []string
}

// Words holds words/LANG.json: message key to text, arguments in braces.
//
//go:embed words/*.json
var Words embed.FS

var catalogue = mustLoad("en", "ko", "ja")

// Explain writes a reason in a language; English where the language is not there, and the key where the words are not.
func Explain(lang string, r Reason) string {
	words, ok := catalogue[lang]
	if !ok {
		words = catalogue["en"]
	}
	s, ok := words[r.Key]
	if !ok {
		return "⟦" + r.Key + "⟧"
	}
	for i := 0; i+1 < len(r.Args); i += 2 {
		s = strings.ReplaceAll(s, "{"+r.Args[i]+"}", r.Args[i+1])
	}
	return s
}

// mustLoad reads the catalogues when the program starts; one that cannot be read is a defect that must not get further.
func mustLoad(langs ...string) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, lang := range langs {
		data, err := Words.ReadFile("words/" + lang + ".json")
		if err != nil {
			panic(fmt.Sprintf("gate: %v", err))
		}
		words := map[string]string{}
		if err := json.Unmarshal(data, &words); err != nil {
			panic(fmt.Sprintf("gate: words/%s.json: %v", lang, err))
		}
		all[lang] = words
	}
	return all
}
