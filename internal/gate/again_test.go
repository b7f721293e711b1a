package gate

import (
	"regexp"
	"testing"
)

var braced = regexp.MustCompile(`\{[a-z_]+\}`)

// Every sentence that is stored in English can be read back and said in another language, with its arguments.
func TestAgain(t *testing.T) {
	for key, form := range catalogue["en"] {
		r := Reason{Key: key}
		for i, h := range braced.FindAllString(form, -1) {
			r.Args = append(r.Args, h[1:len(h)-1], string(rune('p'+i))+".1 x")
		}
		for _, lang := range []string{"en", "ko", "ja"} {
			got, ok := Again(lang, key, Explain("en", r)+"; set it aside and tell the sender")
			if want := Explain(lang, r); !ok || got != want {
				t.Errorf("%s %s: %q %v, not %q", lang, key, got, ok, want)
			}
		}
	}
	for _, said := range []string{"", "Another sentence.", "The field  is not one that the terms let out."} {
		if got, ok := Again("ko", "gate.fields.extra", said); ok {
			t.Errorf("%q is read as %q", said, got)
		}
	}
	if _, ok := Again("ko", "gate.nothing", "x"); ok {
		t.Error("a key that is none")
	}
}
