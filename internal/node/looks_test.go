package node_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
)

// looked is what web-tests/every.mjs looks at: addresses and who goes there; one with a * is the first such link on the page
// before it. A group of pages adds its own here.
var looked = []struct {
	Role  string   `json:"role"` // empty for nobody in particular
	Paths []string `json:"paths"`
}{
	{"", []string{"/", "/styles", "/guide/reader", "/clauses", "/sign-in", "/check"}},
	{"officer", []string{"/mine", "/documents", "/documents/*", "/documents/new", "/claims", "/claims/*/*", "/claims/new", "/claims/new?clause=SAFETY/D4",
		"/data/safety/subsidence", "/data/safety/subsidence/record/*/*", "/data/safety/equipment", "/data/safety/equipment/entry", "/bundles"}},
	{"auditor", []string{"/guide/auditor", "/mine", "/link", "/link/*/left", "/entries/*/*", "/data", "/boards", "/boards/safety/floods", "/boards/safety/structures",
		"/boards/safety/sinkholes", "/methods/*/*", "/search", "/search?q=demo", "/audit"}},
	{"administrator", []string{"/accounts", "/accounts/staff", "/mine"}},
	{"releaser", []string{"/release", "/release/1", "/account"}},
}

// TestBrowserCities has two served cities of the demo, with everything that the demo begins with, looked at in a browser:
// web-tests/stories.mjs is what people of both do there, web-tests/every.mjs the looks that every page is given.
func TestBrowserCities(t *testing.T) {
	needBrowser(t)
	d := cities(t)
	for _, add := range []func(context.Context) error{d.Sets, d.Claims, d.Letters} {
		if err := add(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	pages, _ := serveBoth(t, d, slog.New(slog.DiscardHandler))
	t.Run("stories", func(t *testing.T) { lookAt(t, "http://"+pages[0], "stories.mjs", "http://"+pages[1]) })
	list, err := json.Marshal(looked)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("looks", func(t *testing.T) { lookAt(t, "http://"+pages[0], "every.mjs", string(list)) })
}
