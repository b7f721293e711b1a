package node_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestBrowserPromises looks at the overview with replay, clauses and instruments; web-tests/promises.mjs says what it looks for.
// Like all that look, it needs chromium and node with the packages of web-tests, which scripts/setup installs.
func TestBrowserPromises(t *testing.T) {
	needBrowser(t)
	n, _ := city(t)
	look(t, pagesOf(t, n), "promises.mjs")
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

// look runs a script of web-tests on pages that are not served yet.
func look(t *testing.T, pages http.Handler, script string, args ...string) {
	t.Helper()
	server := httptest.NewServer(pages)
	defer server.Close()
	lookAt(t, server.URL, script, args...)
}

// lookAt runs a script of web-tests on a node: with its address, the browser, the password of every account, and what else it wants.
func lookAt(t *testing.T, base, script string, args ...string) {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "node", append([]string{filepath.Join(webTests, script), base, chromium, testPassword}, args...)...).CombinedOutput()
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
