// Package text holds the words that people read: one embedded catalogue per language, plural forms, numbers and dates in
// the reader's language, and the choice of a language. It knows nothing of what the words are about.
package text

import (
	"slices"

	"golang.org/x/text/language"
)

// A Lang is a language that the catalogue speaks, as its BCP 47 tag.
type Lang string

const (
	Korean   Lang = "ko"
	Japanese Lang = "ja"
	English  Lang = "en"
)

// langs is the order of the language switch; the first is also what a reader gets who asks for none of them.
var langs = []Lang{English, Korean, Japanese}

var matcher = language.NewMatcher(tags())

func tags() []language.Tag {
	var t []language.Tag
	for _, l := range langs {
		t = append(t, language.MustParse(string(l)))
	}
	return t
}

// Langs returns the languages of the catalogue in the order in which a switch shows them.
func Langs() []Lang { return slices.Clone(langs) }

// Name is the language's name in itself.
func (l Lang) Name() string {
	switch l {
	case Korean:
		return "한국어"
	case Japanese:
		return "日本語"
	default:
		return "English"
	}
}

// Match chooses the reader's language: what was asked for by name when the catalogue has it, else the best of an
// Accept-Language header, else English. Hostile input costs no more than a short one.
func Match(asked, acceptLanguage string) Lang {
	if slices.Contains(langs, Lang(asked)) {
		return Lang(asked)
	}
	if len(acceptLanguage) > 500 {
		return English
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return English
	}
	_, i, confidence := matcher.Match(wanted...)
	if confidence == language.No {
		return English
	}
	return langs[i]
}

// Choose says which of the languages of a text to show: the reader's, else English, else the first. It is -1 when there
// is none. The text's language must then be told to the reader's machine, as the lang attribute.
func Choose(reader Lang, have []string) int {
	for _, want := range []string{string(reader), string(English)} {
		if i := slices.Index(have, want); i >= 0 {
			return i
		}
	}
	return min(len(have), 1) - 1
}
