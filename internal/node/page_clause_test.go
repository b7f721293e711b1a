package node_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"accord/exchange"
	"accord/internal/date"
	"accord/internal/evidence"
	"accord/internal/node"
	"accord/internal/who"
)

// claimSomething has the city claim an event with words and a source.
func claimSomething(t *testing.T, n *node.Node) {
	t.Helper()
	_, err := n.Book.Claim(t.Context(), evidence.Author{Person: "officer", Unit: n.Home.Config.Party + "/flood"}, evidence.Told{
		Name: "test-1", Instrument: "SEEN", Clause: "D1", Kind: "drill", Start: date.OnDay(n.Today()),
		What: []exchange.ClaimText{{Lang: "en", Standing: "official", Text: "The line was secretly tested"}}, Sources: []exchange.ClaimSource{{Title: "An office memo"}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// as is what a person reads at an address; nobody where id is empty.
func as(t *testing.T, pages http.Handler, id, path string) string {
	t.Helper()
	b := &browser{t: t, pages: pages}
	if id != "" {
		b.do("POST", "/sign-in", url.Values{"id": {id}, "password": {testPassword}})
		if b.cookie == nil {
			t.Fatalf("%s is not signed in", id)
		}
	}
	w := b.do("GET", path, nil)
	if w.Code != http.StatusOK {
		t.Fatalf("%s for %q: status %d\n%s", path, id, w.Code, w.Body)
	}
	return w.Body.String()
}

// TestClausePageTellsEachWhatItMay: why nothing flows is one sentence; what goes on inside the city is told to its people only,
// and that something waits for a person only to those who may know that.
func TestClausePageTellsEachWhatItMay(t *testing.T) {
	n, _ := city(t)
	pages := pagesOf(t, n)
	const path = "/clauses/D1?lang=en&of=own&instrument=SEEN"
	for id, want := range map[string]string{
		"":                        "Nothing has been delivered under it yet; why is told to people who are signed in.",
		string(who.Reader):        "Stopped here: something is being decided inside this city.",
		string(who.Administrator): "Stopped here: something is being decided inside this city.",
		string(who.Staff):         "Stopped here: 1 item waits for a person to release it.",
		string(who.Releaser):      "Stopped here: 1 item waits for a person to release it.",
	} {
		html := as(t, pages, id, path)
		if !strings.Contains(html, want) {
			t.Errorf("%q does not read %q", id, want)
		}
		if public := id == ""; public != strings.Contains(html, "The entries and their receipts are for people of this city") {
			t.Errorf("%q: what crossed is shown or withheld wrongly", id)
		}
		if !strings.Contains(html, "250 m") || !strings.Contains(html, `lang="ja"`) {
			t.Errorf("%q: the gate's words or a text in its language are missing", id)
		}
	}
	if html := as(t, pages, "", "/clauses/G1?lang=en&of=sample"); !strings.Contains(html, "a text that is only registered here lets nothing out") {
		t.Error("a registered clause does not say why nothing flows")
	}
	for path, status := range map[string]int{"/clauses/D1?of=own": 400, "/clauses/none": 404, "/instruments/none": 404, "/clauses?state=odd": 400, "/clauses?of=both": 400} {
		if w := (&browser{t: t, pages: pages}).do("GET", path, nil); w.Code != status {
			t.Errorf("%s: status %d, want %d", path, w.Code, status)
		}
	}
}

// TestInstrumentPageChecksSignatures looks at the signatures anew, against the cards.
func TestInstrumentPageChecksSignatures(t *testing.T) {
	n, _ := city(t)
	html := as(t, pagesOf(t, n), "", "/instruments/SEEN?lang=en&of=own")
	if got := strings.Count(html, "by the key of card 1"); got != 2 {
		t.Errorf("%d signatures hold, want 2", got)
	}
	for _, want := range []string{"in force", `id="h-texts"`, "/clauses/D1?"} {
		if !strings.Contains(html, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// TestPublicReadsNoClaim: what a city's people have claimed and judged is on no public page and in no public file.
func TestPublicReadsNoClaim(t *testing.T) {
	n, _ := city(t)
	pages := pagesOf(t, n)
	claimSomething(t, n)
	for _, path := range []string{"/?of=own&lang=en", "/pulse/facts.json?of=own&lang=en", "/clauses/D1?of=own&instrument=SEEN&lang=en", "/clauses?of=own&lang=en"} {
		if html := as(t, pages, "", path); strings.Contains(html, "secretly tested") || strings.Contains(html, "office memo") {
			t.Errorf("%s: the public reads what was claimed", path)
		}
	}
	for _, path := range []string{"/pulse/facts.json?of=own&lang=en", "/clauses/D1?of=own&instrument=SEEN&lang=en"} {
		if html := as(t, pages, string(who.Officer), path); !strings.Contains(html, "secretly tested") {
			t.Errorf("%s: an officer does not read what was claimed", path)
		}
	}
	if !strings.Contains(as(t, pages, "", "/pulse/facts.json?of=own"), `"kind":"drill"`) {
		t.Error("the public does not even see that something happened")
	}
}
