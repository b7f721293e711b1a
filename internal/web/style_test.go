package web

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sharedStyles are the files of what every page is made of. Every other file is a page group's own.
var sharedStyles = []string{"00-tokens.css", "10-base.css", "15-shell.css", "20-components.css", "90-print.css"}

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssRule    = regexp.MustCompile(`([^{}]+)\{`)
	cssName    = regexp.MustCompile(`[.#][a-zA-Z][\w-]*`)
)

// selectors are the selectors of a file of style, without what is asked of the medium.
func selectors(t *testing.T, name string) (out []string) {
	t.Helper()
	css, err := assetFiles.ReadFile("assets/style/" + name)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range cssRule.FindAllStringSubmatch(cssComment.ReplaceAllString(string(css), ""), -1) {
		if rule := strings.TrimSpace(m[1]); !strings.HasPrefix(rule, "@") {
			for one := range strings.SplitSeq(rule, ",") {
				out = append(out, strings.TrimSpace(one))
			}
		}
	}
	return out
}

// TestStylesStayInTheirGroup: every rule of a page group's file names something that is this group's alone, so that it changes no
// other page; what all pages have is styled in the shared files.
func TestStylesStayInTheirGroup(t *testing.T) {
	files, err := assetFiles.ReadDir("assets/style")
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string]string{}  // by file
	named := map[string][]string{} // groups that name a class or an id
	for _, f := range files {
		_, group, _ := strings.Cut(strings.TrimSuffix(f.Name(), path.Ext(f.Name())), "-")
		switch {
		case slices.Contains(sharedStyles, f.Name()):
			group = ""
		case group == "replay": // it is a part of the overview
			group = "overview"
		}
		groups[f.Name()] = group
		for _, s := range selectors(t, f.Name()) {
			for _, name := range cssName.FindAllString(s, -1) {
				if !slices.Contains(named[name], group) && f.Name() != "90-print.css" {
					named[name] = append(named[name], group)
				}
			}
		}
	}
	checked := 0
	for file, group := range groups {
		if group == "" {
			continue
		}
		for _, s := range selectors(t, file) {
			checked++
			own := slices.ContainsFunc(cssName.FindAllString(s, -1), func(name string) bool { return slices.Equal(named[name], []string{group}) })
			if !own && s != ":root" {
				t.Errorf("%s: %q can reach the pages of others: name a class that only %s has", file, s, group)
			}
		}
	}
	if checked < 300 {
		t.Errorf("only %d selectors were looked at", checked)
	}
}
