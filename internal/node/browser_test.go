package node_test

import (
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
	if testing.Short() {
		t.Skip("a browser takes half a minute")
	}
	tests := filepath.Join("..", "..", "web-tests")
	_, packages := os.Stat(filepath.Join(tests, "node_modules", "playwright-core"))
	chromium, noChromium := exec.LookPath("chromium")
	program, noNode := exec.LookPath("node")
	if packages != nil || noChromium != nil || noNode != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium, node or the packages of web-tests are not installed; run scripts/setup")
		}
		t.Skip("NOT LOOKED AT IN A BROWSER: chromium, node or the packages of web-tests are not installed; run scripts/setup")
	}
	n, _ := city(t)
	server := httptest.NewServer(pagesOf(t, n))
	defer server.Close()
	out, err := exec.CommandContext(t.Context(), program, filepath.Join(tests, script), server.URL, chromium, testPassword).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestBrowserLinks looks at the pages of the links of a node filled with hostile texts; web-tests/links.mjs says what for.
func TestBrowserLinks(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes a minute")
	}
	tests := filepath.Join("..", "..", "web-tests")
	_, packages := os.Stat(filepath.Join(tests, "node_modules", "playwright-core"))
	chromium, noChromium := exec.LookPath("chromium")
	program, noNode := exec.LookPath("node")
	if packages != nil || noChromium != nil || noNode != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium, node or the packages of web-tests are not installed; run scripts/setup")
		}
		t.Skip("NOT LOOKED AT IN A BROWSER: chromium, node or the packages of web-tests are not installed; run scripts/setup")
	}
	w := newHostileWorld(t)
	server := httptest.NewServer(pagesOf(t, w.east))
	defer server.Close()
	out, err := exec.CommandContext(t.Context(), program, filepath.Join(tests, "links.mjs"), server.URL, chromium, testPassword, "east", "west").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
