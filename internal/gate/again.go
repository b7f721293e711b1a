package gate

import (
	"regexp"
	"strings"
)

// Again says in a language what a sentence with that key says in English: a reason that was stored as text is read back into
// its arguments. More may follow the sentence. It is false where the sentence is not the one of that key.
func Again(lang, key, said string) (string, bool) {
	form, ok := catalogue["en"][key]
	if !ok {
		return "", false
	}
	var names []string
	pattern := hole.ReplaceAllStringFunc(regexp.QuoteMeta(form), func(h string) string {
		names = append(names, strings.Trim(h, `\{}`))
		return "(.+?)"
	})
	m := regexp.MustCompile(`^` + pattern + `(?:;|$)`).FindStringSubmatch(said)
	if m == nil {
		return "", false
	}
	r := Reason{Key: key}
	for i, name := range names {
		r.Args = append(r.Args, name, m[i+1])
	}
	return Explain(lang, r), true
}

// hole is an argument in a message whose braces were quoted.
var hole = regexp.MustCompile(`\\\{[a-z_]+\\\}`)
