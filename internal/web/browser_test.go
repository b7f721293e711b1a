package web

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestBrowserPage looks at the page in a real browser; web-tests/page.mjs says what it looks for. It needs chromium and
// node with the packages of web-tests, which scripts/setup installs. Where CI is set they must be there.
func TestBrowserPage(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes half a minute")
	}
	tests := filepath.Join("..", "..", "web-tests")
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "chromium is not installed")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is not installed")
	}
	if _, err := os.Stat(filepath.Join(tests, "node_modules", "playwright-core")); err != nil {
		missing(t, "the packages of web-tests are not installed")
	}
	server := httptest.NewServer(serve(t, fixture(t)))
	defer server.Close()
	out, err := exec.CommandContext(t.Context(), node, filepath.Join(tests, "page.mjs"), server.URL, chromium).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s; run scripts/setup", what)
	}
	t.Skipf("NOT LOOKED AT IN A BROWSER: %s; run scripts/setup", what)
}
