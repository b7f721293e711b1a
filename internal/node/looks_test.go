package node_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// looked is what web-tests/every.mjs looks at: addresses and who goes there. A group of pages adds its own here.
var looked = []struct {
	Role  string   `json:"role"` // empty for nobody in particular
	Paths []string `json:"paths"`
}{
	{"", []string{"/", "/styles", "/guide/reader", "/clauses", "/sign-in"}},
	{"auditor", []string{"/guide/auditor", "/link", "/data", "/boards", "/search", "/audit"}},
	{"administrator", []string{"/accounts"}},
	{"releaser", []string{"/release", "/account"}},
}

// TestBrowserLooks gives pages of a node of the demo the looks that every page is given; web-tests/looks.mjs says which.
func TestBrowserLooks(t *testing.T) {
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
	n, _ := city(t)
	server := httptest.NewServer(pagesOf(t, n))
	defer server.Close()
	list, err := json.Marshal(looked)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), program, filepath.Join(tests, "every.mjs"), server.URL, chromium, testPassword, string(list)).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
