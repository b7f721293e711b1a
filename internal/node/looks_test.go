package node_test

import (
	"encoding/json"
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
	needBrowser(t)
	list, err := json.Marshal(looked)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := city(t)
	look(t, pagesOf(t, n), "every.mjs", string(list))
}
