package web

import (
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"accord/internal/text"
)

// Every part stands on /styles in every language, so that a test in a browser that looks there has looked at all of them.
func TestStylesShowsEveryPart(t *testing.T) {
	h := serve(t, fixture(t))
	for _, l := range text.Langs() {
		w := get(t, h, "/styles?lang="+string(l))
		if w.Code != http.StatusOK {
			t.Fatalf("%s: status %d", l, w.Code)
		}
		html := w.Body.String()
		if strings.Contains(html, "⟦") {
			t.Errorf("%s: a message is missing", l)
		}
		checkStructure(t, l, html)
		for _, part := range []string{`class="chip`, `class="step`, `class="promises"`, `class="events"`, `class="texts"`, `class="receipt"`, `class="facts"`,
			`class="table"`, `class="pager"`, `class="form"`, `class="problem"`, `class="told good"`, `class="told warn"`, `class="told wrong"`, `class="empty"`,
			`class="button"`, `class="card"`, `class="columns"`, `class="tabs"`, `class="places"`, `class="langs"`, `class="me"`, `class="lead"`} {
			if !strings.Contains(html, part) {
				t.Errorf("%s: %s is not there", l, part)
			}
		}
		for _, s := range stateOrder {
			if !strings.Contains(html, "chip s-"+stateID(s)) {
				t.Errorf("%s: the state %s is not there", l, s)
			}
		}
	}
}

// The navigation has what is mounted and open to the reader, and nothing else.
func TestNavigationFollowsTheRoutes(t *testing.T) {
	html := get(t, serve(t, fixture(t)), "/styles?lang=en").Body.String()
	nav := html[strings.Index(html, `class="places"`):]
	nav = nav[:strings.Index(nav, "</nav>")]
	if !strings.Contains(nav, `href="/?lang=en"`) {
		t.Error("the front page is not in it")
	}
	for _, p := range places {
		if p.path != "/" && strings.Contains(nav, `href="`+p.path+`?`) && (p.path == "/release" || p.path == "/audit" || p.path == "/accounts") {
			t.Errorf("nobody in particular is shown the way to %s", p.path)
		}
		if !text.Has("nav." + p.key) {
			t.Errorf("%s has no word", p.path)
		}
	}
}

func TestPlaceOf(t *testing.T) {
	for path, want := range map[string]string{"/": "overview", "/clauses/U1": "clauses", "/entries/east/3": "link", "/linked": "", "/data/safety/x": "data", "/account": ""} {
		got := ""
		if p := placeOf(path); p != nil {
			got = p.key
		}
		if got != want {
			t.Errorf("%s stands under %q, want %q", path, got, want)
		}
	}
}

// A template that is defined twice is silently the later one.
func TestTemplatesDefinedOnce(t *testing.T) {
	files, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		t.Fatal(err)
	}
	where := map[string]string{}
	for _, name := range files {
		data, err := pageFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`{{define "([^"]+)"}}`).FindAllStringSubmatch(string(data), -1) {
			if where[m[1]] != "" {
				t.Errorf("%s is defined in %s and in %s", m[1], where[m[1]], name)
			}
			where[m[1]] = name
		}
	}
}

// Every help link leads to a part of the guide that is there.
func TestHelpIsInTheGuide(t *testing.T) {
	helps := []string{helpOf("/account", nil), helpOf("/mine", nil)}
	for _, p := range places {
		if p.help != "" {
			helps = append(helps, p.help)
		}
	}
	for _, h := range helps {
		if page, part, _ := strings.Cut(h, "/"); !guided(page, part) {
			t.Errorf("the guide has nothing at %s", h)
		}
	}
	if w := get(t, serve(t, fixture(t)), "/guide/king?lang=en"); w.Code != http.StatusNotFound {
		t.Errorf("a guide for nobody answers %d", w.Code)
	}
	for _, l := range text.Langs() {
		for _, g := range guide {
			html := get(t, serve(t, fixture(t)), "/guide/"+g.name+"?lang="+string(l)).Body.String()
			checkStructure(t, l, html)
			for _, part := range g.parts {
				if !text.Has("guide_ask."+part.Key) || !text.Has("guide_say."+part.Key) {
					t.Errorf("%s/%s has no words", g.name, part.Part)
				}
			}
		}
	}
}
