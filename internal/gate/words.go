package gate

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
)

// A Reason is a sentence that every language has: a message key, and the names and values of its arguments in turn. A list
// has its parts besides, which stand where its message says {parts}.
type Reason struct {
	Key   string
	Args  []string
	Parts []Reason
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
	// All at once: what stands in an argument is never taken for a hole.
	var pairs []string
	for i := 0; i+1 < len(r.Args); i += 2 {
		pairs = append(pairs, "{"+r.Args[i]+"}", r.Args[i+1])
	}
	if len(r.Parts) > 0 {
		parts := make([]string, len(r.Parts))
		for i := range r.Parts {
			parts[i] = Explain(lang, r.Parts[i])
		}
		pairs = append(pairs, "{parts}", strings.Join(parts, " · "))
	}
	return strings.NewReplacer(pairs...).Replace(s)
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
