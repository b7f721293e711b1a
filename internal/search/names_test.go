package search_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"accord/internal/search"
)

// TestSpelled: a person is written in each language, the family name first in Korean and Japanese; a family name alone is nobody's.
func TestSpelled(t *testing.T) {
	w := words(t)
	for _, name := range []string{"舛添要一", "Yoichi Masuzoe", "masuzoe yoichi", "마쓰조에 요이치"} {
		got := w.Spelled(name)
		for _, want := range []search.Text{{Lang: "ko", Text: "마스조에요이치"}, {Lang: "ja", Text: "舛添要一"}, {Lang: "en", Text: "Yoichi Masuzoe"}} {
			if want.Lang == "ko" {
				want.Text = "마스조에 요이치"
			}
			if !slices.Contains(got, want) {
				t.Errorf("%s is %v, without %v", name, got, want)
			}
		}
	}
	for _, name := range []string{"舛添", "Masuzoe", "박", "Park", "Nobody", ""} {
		if got := w.Spelled(name); len(got) > 0 {
			t.Errorf("%s is %v", name, got)
		}
	}
	if got := w.Spelled("Park Won Soon"); !slices.Contains(got, search.Text{Lang: "ko", Text: "박원순"}) {
		t.Errorf("%v", got)
	}
}

// TestNamesMustBeWhole: a file of names that lacks something, or has something nobody knows, is refused with its place.
func TestNamesMustBeWhole(t *testing.T) {
	const fine = "[[names]]\nid = \"a\"\nsort = \"place\"\nsource = \"x\"\nforms = [{lang = \"ko\", text = \"가나\"}, {lang = \"en\", text = \"Gana\"}]\n"
	for name, c := range map[string]struct {
		names, words string
		ok           bool
	}{
		"fine":             {fine, "", true},
		"without source":   {"[[names]]\nid = \"a\"\nsort = \"place\"\nforms = [{lang = \"ko\", text = \"가나\"}, {lang = \"en\", text = \"Gana\"}]\n", "", false},
		"twice":            {fine + fine, "", false},
		"one form":         {"[[names]]\nid = \"a\"\nsort = \"place\"\nsource = \"x\"\nforms = [{lang = \"ko\", text = \"가나\"}]\n", "", false},
		"person as text":   {"[[names]]\nid = \"a\"\nsort = \"person\"\nsource = \"x\"\nforms = [{lang = \"ko\", text = \"가나\"}, {lang = \"en\", text = \"Gana\"}]\n", "", false},
		"an unknown key":   {fine + "colour = \"red\"\n", "", false},
		"an unknown era":   {fine, "[[eras]]\nname = \"紅色\"\nforms = [\"x\"]\n", false},
		"signs for a name": {"[[names]]\nid = \"a\"\nsort = \"place\"\nsource = \"x\"\nforms = [{lang = \"ko\", text = \"--\"}, {lang = \"en\", text = \"Gana\"}]\n", "", false},
		"no toml":          {"names", "", false},
	} {
		_, err := search.ReadWords(fstest.MapFS{"names.toml": {Data: []byte(c.names)}, "words.toml": {Data: []byte(c.words)}})
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := search.ReadWords(fstest.MapFS{}); err == nil {
		t.Error("no files are read")
	}
}
