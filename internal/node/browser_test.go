package node_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestBrowserPeople looks at the pages of people in a real browser; web-tests/people.mjs says what it looks for and what two
// persons do there. It needs chromium and node with the packages of web-tests, which scripts/setup installs.
func TestBrowserPeople(t *testing.T) { inBrowser(t, "people.mjs") }

// TestBrowserPromises looks at the overview with replay, clauses and instruments; web-tests/promises.mjs says what it looks for.
func TestBrowserPromises(t *testing.T) { inBrowser(t, "promises.mjs") }

func inBrowser(t *testing.T, script string) {
	t.Helper()
	needBrowser(t)
	n, _ := city(t)
	look(t, pagesOf(t, n), script)
}

// needBrowser skips where there is no browser; where CI is set there must be one.
func needBrowser(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes half a minute")
	}
	_, packages := os.Stat(filepath.Join(webTests, "node_modules", "playwright-core"))
	_, noChromium := exec.LookPath("chromium")
	_, noNode := exec.LookPath("node")
	if packages == nil && noChromium == nil && noNode == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("chromium, node or the packages of web-tests are not installed; run scripts/setup")
	}
	t.Skip("NOT LOOKED AT IN A BROWSER: chromium, node or the packages of web-tests are not installed; run scripts/setup")
}

var webTests = filepath.Join("..", "..", "web-tests")

// look runs a script of web-tests on pages: with their address, the browser, the password of every account, and what else it wants.
func look(t *testing.T, pages http.Handler, script string, args ...string) {
	t.Helper()
	server := httptest.NewServer(pages)
	defer server.Close()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "node", append([]string{filepath.Join(webTests, script), server.URL, chromium, testPassword}, args...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestBrowserLinks looks at the pages of the links of a node filled with hostile texts; web-tests/links.mjs says what for.
func TestBrowserLinks(t *testing.T) {
	needBrowser(t)
	w := newHostileWorld(t)
	look(t, pagesOf(t, w.east), "links.mjs", "east", "west")
}
