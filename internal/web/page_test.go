package web

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"accord/agreement"
	"accord/internal/text"
)

// page is the fixture's page in a language.
func page(t *testing.T, l text.Lang) string {
	t.Helper()
	w := get(t, serve(t, fixture(t)), "/?lang="+string(l))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	return w.Body.String()
}

func TestPageInEachLanguage(t *testing.T) {
	for _, l := range text.Langs() {
		html := page(t, l)
		if strings.Contains(html, "⟦") {
			t.Errorf("%s: a message is missing: %s", l, regexp.MustCompile(`⟦[^⟧]*`).FindString(html))
		}
		for _, want := range []string{`<html lang="` + string(l) + `">`, `lang="ko" hreflang="ko"`, `lang="ja" hreflang="ja"`, `<h1>`, `id="main"`} {
			if !strings.Contains(html, want) {
				t.Errorf("%s: %s is not there", l, want)
			}
		}
		if n := len(html) + len(assets[assetNames["style.css"]].data); n > 150_000 {
			t.Errorf("%s: the page and its style weigh %d bytes", l, n)
		}
		checkStructure(t, l, html)
	}
}

var (
	ids      = regexp.MustCompile(` id="([^"]+)"`)
	refs     = regexp.MustCompile(` (?:href="#|aria-labelledby="|for=")([^"]+)"`)
	headings = regexp.MustCompile(`<h([1-6])`)
)

// checkStructure finds ids that stand twice, references to nothing, headings that skip a level, and what the policy forbids.
func checkStructure(t *testing.T, l text.Lang, html string) {
	t.Helper()
	known := map[string]bool{}
	for _, m := range ids.FindAllStringSubmatch(html, -1) {
		if known[m[1]] {
			t.Errorf("%s: id %s stands twice", l, m[1])
		}
		known[m[1]] = true
	}
	for _, m := range refs.FindAllStringSubmatch(html, -1) {
		if !known[m[1]] {
			t.Errorf("%s: nothing has the id %s", l, m[1])
		}
	}
	last := "0"
	for _, m := range headings.FindAllStringSubmatch(html, -1) {
		if m[1] > last && m[1][0] > last[0]+1 {
			t.Errorf("%s: a heading of level %s follows level %s", l, m[1], last)
		}
		last = m[1]
	}
	if strings.Count(html, "<h1") != 1 {
		t.Errorf("%s: %d headings of level 1", l, strings.Count(html, "<h1"))
	}
	html = withoutModules(html)
	for _, bad := range []string{"<script", " style=", "<style", " onclick", `src="http`, `rel="stylesheet" href="http`} {
		if strings.Contains(html, bad) {
			t.Errorf("%s: %s is in the page", l, bad)
		}
	}
}

// withoutModules leaves out the scripts that a page may have: the site's own files.
func withoutModules(html string) string {
	return regexp.MustCompile(`<script type="module" src="/assets/[a-z]+\.[0-9a-f]{12}\.js"></script>`).ReplaceAllString(html, "")
}

// A text that is not in the page's language says so, and says which it is.
func TestForeignTextTellsItsLanguage(t *testing.T) {
	v := fixture(t)
	v.Sample.Clauses[0].Text = agreement.Texts{{Lang: "ja", Standing: agreement.Authentic, Text: "相互訪問"}}
	w := get(t, serve(t, v), "/?lang=ko")
	if !strings.Contains(w.Body.String(), `<span lang="ja">相互訪問</span>`) {
		t.Error("the Japanese text has no lang")
	}
	if !strings.Contains(w.Body.String(), text.In(text.Korean).T("standing.authentic")) {
		t.Error("the text's standing is not told")
	}
}

func TestHostileText(t *testing.T) {
	v := fixture(t)
	evil := agreement.Texts{{Lang: `en"><script>alert(1)</script>`, Text: `</title><script>alert(2)</script>`}}
	v.Node.Name, v.Quick[0].What = evil, evil
	c := &v.Sample.Clauses[0]
	c.ID, c.State, c.Area, c.Level, c.Text, c.AliveIf = `"><script>`, `<script>`, `<script>`, `<script>`, evil, evil
	c.Events = []Event{{Kind: "<script>", What: evil, Sources: []Citation{{ID: "<script>", Title: `"><script>`, URL: "javascript:alert(3)"}}}}
	e := &v.Link.Directions[0].Entries[0]
	e.Reason, e.Kind, e.State, e.Dataset, e.Clause = "<script>", "<script>", `"><script>`, "<script>", "<script>"
	w := get(t, serve(t, v), `/?lang=en`)
	if w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	html := withoutModules(w.Body.String())
	if strings.Contains(html, "<script") || strings.Contains(html, "javascript:") {
		t.Errorf("hostile text got through: %s", regexp.MustCompile(`.{60}(<script|javascript:).{40}`).FindString(html))
	}
}

func TestGridHasEveryClauseOnce(t *testing.T) {
	v := fixture(t)
	v.Sample.Clauses = append(v.Sample.Clauses, Clause{ID: "Z1", Area: "space", Level: "orbit", State: "alive"})
	columns, rows := grid(v.Sample.Clauses)
	var got []string
	for _, r := range rows {
		if len(r.Cells) != len(columns) {
			t.Errorf("row %s has %d cells for %d columns", r.Level, len(r.Cells), len(columns))
		}
		for _, c := range r.Cells {
			for _, clause := range c.Clauses {
				got = append(got, clause.ID)
			}
		}
	}
	var want []string
	for _, c := range v.Sample.Clauses {
		want = append(want, c.ID)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("grid has %v, want %v", got, want)
	}
}

func TestOwnClausesStayOutOfTheGrid(t *testing.T) {
	html := page(t, text.English)
	table := html[strings.Index(html, `<table class="grid"`):strings.Index(html, "</table>")]
	if strings.Contains(table, `/clauses/D1`) {
		t.Error("the simulated clause is in the sample's grid")
	}
	if !strings.Contains(html, `id="own-D1"`) {
		t.Error("the simulated clause is not on the page")
	}
}

// Each state is told by a word and by a shape of its own in every language, not by colour alone.
func TestEveryStateHasWordAndShape(t *testing.T) {
	html := page(t, text.English)
	shapes := map[string]string{}
	for _, m := range regexp.MustCompile(`<symbol id="s-([a-z_]+)"[^>]*>(.*?)</symbol>`).FindAllStringSubmatch(html, -1) {
		for other, drawn := range shapes {
			if drawn == m[2] {
				t.Errorf("%s and %s have the same shape", other, m[1])
			}
		}
		shapes[m[1]] = m[2]
	}
	for _, s := range stateOrder {
		if shapes[stateID(s)] == "" || !text.Has("state."+stateID(s)) || !text.Has("means."+stateID(s)) {
			t.Errorf("%s lacks its shape, word or meaning", s)
		}
	}
}

func BenchmarkPage(b *testing.B) {
	v := fixture(b)
	h := serve(b, v)
	for b.Loop() {
		get(b, h, "/?lang=ko")
	}
}
