package node_test

import (
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"accord/internal/demo"
	"accord/internal/node"
	"accord/internal/text"
	"accord/internal/who"
)

// boardsOf is a node with the demo's exchange sets, and a browser in which its reader has signed in.
func boardsOf(t *testing.T) (*node.Node, *demo.Demo) {
	t.Helper()
	d, err := demo.Setup(t.Context(), t.TempDir(), nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Sets(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d.Cities[0].Node, d
}

var boardPaths = []string{"/boards", "/boards/safety/sinkholes", "/boards/safety/floods", "/boards/safety/structures", "/methods/safety/dbscan", "/methods/safety/crosswalk"}

// TestBoards looks at every board in every language, before there are data and with them: whole words, no error.
func TestBoards(t *testing.T) {
	_, empty := city(t)
	full, _ := boardsOf(t)
	addPerson(t, full, "officer", who.Officer)
	for name, n := range map[string]*node.Node{"little": empty, "full": full} {
		b := signedIn(t, n, "officer")
		for _, lang := range text.Langs() {
			for _, path := range boardPaths {
				w := b.do(http.MethodGet, path+"?lang="+string(lang), nil)
				page := w.Body.String()
				if w.Code != http.StatusOK || strings.Contains(page, "⟦") || strings.Contains(page, ">safety/") {
					t.Errorf("%s %s %s: status %d, or a word is missing", name, lang, path, w.Code)
				}
			}
		}
	}
	b := signedIn(t, full, "officer")
	for path, code := range map[string]int{
		"/boards/safety/nothing":                      http.StatusNotFound,
		"/boards/safety/structures?lens=jp-soundness": http.StatusOK,
		"/boards/safety/structures?lens=kr":           http.StatusBadRequest,
		"/boards/safety/floods?from=2020-13-01":       http.StatusBadRequest,
		"/boards/safety/sinkholes/nothing/csv":        http.StatusNotFound,
		"/boards/safety/sinkholes/counts/pdf":         http.StatusNotFound,
		"/methods/safety/nothing":                     http.StatusNotFound,
	} {
		if w := b.do(http.MethodGet, path, nil); w.Code != code {
			t.Errorf("%s: status %d, want %d", path, w.Code, code)
		}
	}
}

// TestFigureFiles: the files of a figure hold its rows, and the picture is well-formed.
func TestFigureFiles(t *testing.T) {
	n, _ := boardsOf(t)
	addPerson(t, n, "officer", who.Officer)
	b := signedIn(t, n, "officer")
	w := b.do(http.MethodGet, "/boards/safety/sinkholes/counts/csv?lang=en", nil)
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff")))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 8 || len(rows[0]) != 3 || rows[1][0] != "known records" || rows[1][1] != "120" {
		t.Errorf("csv: %v %v", err, rows)
	}
	if w := b.do(http.MethodGet, "/boards/safety/floods/rain/xlsx?lang=ko", nil); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "PK") {
		t.Errorf("xlsx: status %d", w.Code)
	}
	for _, path := range []string{"/boards/safety/sinkholes/places/svg", "/boards/safety/floods/returns/svg", "/boards/safety/structures/actions/svg"} {
		w := b.do(http.MethodGet, path+"?lang=ja", nil)
		d := xml.NewDecoder(strings.NewReader(w.Body.String()))
		elements := 0
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if _, ok := token.(xml.StartElement); ok {
				elements++
			}
		}
		if elements < 20 || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d elements", path, elements)
		}
	}
}

// TestBoardFollowsTheStore: what was made is kept only as long as nothing was stored.
func TestBoardFollowsTheStore(t *testing.T) {
	n, d := boardsOf(t)
	addPerson(t, n, "officer", who.Officer)
	b := signedIn(t, n, "officer")
	look := func() string {
		return b.do(http.MethodGet, "/boards/safety/sinkholes/counts/csv?lang=en", nil).Body.String()
	}
	before := look()
	if look() != before {
		t.Error("it changes by itself")
	}
	if _, err := d.Cities[0].Simulate(t.Context(), 99, 7); err != nil {
		t.Fatal(err)
	}
	if after := look(); !strings.Contains(after, "known records,127,") {
		t.Errorf("seven records more:\n%s", after)
	}
}
