package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accord/agreement"
	"accord/internal/node"
	"accord/internal/signed"
)

// call runs one command line and wants its status.
func call(t *testing.T, status int, args ...string) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	if got := mainStatus(t.Context(), args, &o, &e); got != status {
		t.Fatalf("accord %s: status %d, not %d: %s", strings.Join(args, " "), got, status, e.String())
	}
	return o.String(), e.String()
}

// TestOneLine: a reason with line ends is still one line.
func TestOneLine(t *testing.T) {
	out, errs := call(t, exitRefused, "--home", t.TempDir(), "card", "add", "no\nsuch\nfile")
	if strings.Count(errs, "\n") != 1 || out != "" {
		t.Errorf("%q, %q", out, errs)
	}
}

// TestServeJSON: with --json a served node prints one JSON value, and ends with status 0 when it is told to.
func TestServeJSON(t *testing.T) {
	home := filepath.Join(t.TempDir(), "east")
	call(t, exitDone, "--home", home, "init", "--party", "east", "--listen", "127.0.0.1:0")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &untilWritten{done: cancel}
	var errs bytes.Buffer
	if got := mainStatus(ctx, []string{"--home", home, "--json", "serve"}, out, &errs); got != exitDone {
		t.Errorf("status %d: %s", got, errs.String())
	}
	var v struct{ Party, Pages string }
	if err := json.Unmarshal(out.Bytes(), &v); err != nil || v.Party != "east" || !strings.HasPrefix(v.Pages, "http://127.0.0.1:") {
		t.Errorf("%v: %s", err, out.Bytes())
	}
}

// untilWritten calls done once something was written.
type untilWritten struct {
	bytes.Buffer
	done func()
}

func (w *untilWritten) Write(b []byte) (int, error) {
	defer w.done()
	return w.Buffer.Write(b)
}

// TestTermsFromANewerVersion: terms that this version cannot carry out are not registered; one that came in another way is
// listed with that reason, and does not hide the others.
func TestTermsFromANewerVersion(t *testing.T) {
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join("testdata", "files", "terms.template"))
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("2025-01-01"), []byte(time.Now().UTC().Format(time.DateOnly)), 1)
	file := bytes.Replace(text, []byte(`"district"`), []byte(`"colour"`), 1)
	var homes []string
	for _, city := range []string{"east", "west"} {
		home := filepath.Join(dir, city)
		homes = append(homes, home)
		call(t, exitDone, "--home", home, "init", "--party", city)
		h, err := node.OpenHome(home)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := h.OpenKeys()
		if err != nil {
			t.Fatal(err)
		}
		if file, err = agreement.Sign(file, signed.Signer(city, keys.Identity)); err != nil {
			t.Fatal(err)
		}
	}
	call(t, exitDone, "--home", homes[0], "card", "add", filepath.Join(homes[1], "west.card"))
	path := filepath.Join(dir, "terms.toml")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, errs := call(t, exitRefused, "--home", homes[0], "agree", "register", path); !strings.Contains(errs, `no field "colour"`) {
		t.Error(errs)
	}
	if out, _ := call(t, exitDone, "--home", homes[0], "--json", "agree", "list"); out != "[]\n" {
		t.Errorf("it was kept: %s", out)
	}

	h, err := node.OpenHome(homes[0])
	if err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(t.Context(), h, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := n.Register(t.Context(), file); err != nil {
		t.Error(err)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	if out, _ := call(t, exitDone, "--home", homes[0], "--json", "agree", "list"); !strings.Contains(out, `no field \"colour\"`) {
		t.Error(out)
	}
}
