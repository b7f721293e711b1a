package node_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"accord/exchange"
	"accord/internal/backup"
)

func cards(c ...*exchange.Card) []*exchange.Card { return c }

// partsOf lists what a backup that is not sealed holds.
func partsOf(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r, err := backup.NewReader(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for _, p := range r.Manifest.Parts {
		names = append(names, p.Name)
	}
	return strings.Join(names, "\n")
}
