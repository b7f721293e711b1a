package text

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/feature/plural"
)

// TestCatalogueComplete holds the languages to each other: the same keys, nothing empty, the same arguments as English, and
// every plural form that the language has.
func TestCatalogueComplete(t *testing.T) {
	english := catalogue[English]
	for _, l := range langs {
		for key, m := range english {
			if _, ok := catalogue[l][key]; !ok {
				t.Errorf("%s: %q is missing", l, key)
			}
			for n := range 200 {
				if f := plural.Cardinal.MatchPlural(tags()[slices.Index(langs, l)], n, 0, 0, 0, 0); len(m) > 1 && len(catalogue[l][key]) > 1 && catalogue[l][key][f] == "" {
					t.Errorf("%s: %q lacks the form for %d", l, key, n)
					break
				}
			}
		}
		for key, m := range catalogue[l] {
			checkMessage(t, l, key, m, english[key])
		}
	}
}

func checkMessage(t *testing.T, l Lang, key string, m, english message) {
	t.Helper()
	if english == nil {
		t.Errorf("%s: %q is not in English", l, key)
		return
	}
	want := arguments(english[plural.Other])
	for form, s := range m {
		if strings.TrimSpace(s) == "" {
			t.Errorf("%s: %q is empty", l, key)
		}
		got := arguments(s)
		// A form for one thing may leave out arguments: "every year".
		if form == plural.Other && !slices.Equal(got, want) || !subset(got, want) {
			t.Errorf("%s: %q has the arguments %v, English has %v", l, key, got, want)
		}
		if rest := argument.ReplaceAllString(s, ""); strings.ContainsAny(rest, "{}") {
			t.Errorf("%s: %q has a brace that is no argument", l, key)
		}
	}
}

func arguments(s string) []string {
	var names []string
	for _, m := range argument.FindAllStringSubmatch(s, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

// TestCatalogueTwice finds a key that stands twice in a file, which the decoder would pass over.
func TestCatalogueTwice(t *testing.T) {
	for _, l := range langs {
		files, err := fs.Glob(words, "words/"+string(l)+"/*.json")
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, name := range files {
			data, err := words.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			n += len(regexp.MustCompile(`(?m)^ "([^"]+)":`).FindAll(data, -1))
		}
		if n != len(catalogue[l]) {
			t.Errorf("%s: %d keys, of which %d differ", l, n, len(catalogue[l]))
		}
	}
}

var (
	// A call with a whole key: T("age") in Go, {{t "age"}} in a page.
	wholeKey = regexp.MustCompile(`(?:\.T\(|[{(]t )"([a-z0-9_.]*[a-z0-9_])"`)
	// A family whose members come from a value: Word("state", …), {{word "state" …}}, T("month." + …).
	family = regexp.MustCompile(`(?:\.Word\(|word )"([a-z0-9_]+)"|"([a-z0-9_.]+)\."\s*\+`)
	// A key that stands as a constant, or is handed on.
	constant = regexp.MustCompile(`"([a-z0-9_]+(?:\.[a-z0-9_]+)+)"`)
)

// TestCatalogueUsed finds keys that nothing shows and keys that are shown but not defined.
func TestCatalogueUsed(t *testing.T) {
	used, families := map[string]bool{}, map[string]bool{}
	for path, src := range sources(t) {
		for _, m := range wholeKey.FindAllStringSubmatch(src, -1) {
			used[m[1]] = true
			if !Has(m[1]) {
				t.Errorf("%s: %q is used but not defined", path, m[1])
			}
		}
		for _, m := range family.FindAllStringSubmatch(src, -1) {
			families[m[1]+m[2]] = true
		}
		for _, m := range constant.FindAllStringSubmatch(src, -1) {
			used[m[1]] = true
		}
	}
	for key := range catalogue[English] {
		prefix, _, _ := cutLast(key, ".")
		if !used[key] && !families[prefix] {
			t.Errorf("%q is defined but not used", key)
		}
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(sep):], true
}

// sources are the Go files and pages of the program, tests left out.
func sources(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	root := filepath.Join("..", "..")
	for _, dir := range []string{"internal", "cmd", "exchange"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			if ext := filepath.Ext(path); ext != ".go" && ext != ".html" {
				return nil
			}
			data, err := os.ReadFile(path)
			out[path] = string(data)
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return out
}
