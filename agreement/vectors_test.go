package agreement_test

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accord/agreement"
	"accord/internal/fault"
)

var update = flag.Bool("update", false, "write the vectors again")

// A broken file and why it is refused.
type broken struct {
	name string
	file []byte
	kind fault.Kind
	why  string
}

// brokenFiles makes each file that must be refused from the good one.
func (w *world) brokenFiles(tb testing.TB) []broken {
	good := string(w.sign(tb, w.text, "east", "west"))
	text := string(w.text)
	east, west := w.line(tb, w.text, "east", "east"), w.line(tb, w.text, "west", "west")
	file := func(lines ...string) []byte { return []byte(text + "\n" + strings.Join(lines, "")) }
	// The last base64 digit before the padding holds bits that decode to nothing.
	loose := strings.Replace(west, "=\n", "\n", 1)
	if i := strings.Index(west, "=="); i > 0 {
		loose = west[:i-1] + string(nextDigit(west[i-1])) + west[i:]
	} else if i := strings.Index(west, "="); i > 0 {
		loose = west[:i-1] + string(nextDigit(west[i-1])) + west[i:]
	}
	return []broken{
		{"missing-party", file(east), fault.Refused, "west has not signed it"},
		{"unsigned", []byte(text), fault.Refused, "east has not signed it"},
		{"stranger", file(east, west, w.line(tb, w.text, "north", "north")), fault.Refused, "it is not a party of instrument demo"},
		{"twice", file(east, west, east), fault.Refused, "it stands there twice"},
		{"wrong-key", file(east, w.line(tb, w.text, "west", "north")), fault.Refused, "it was not made by the identity key of the card in force on 2026-11-24"},
		{"old-key", file(east, w.line(tb, w.text, "west", "west-old")), fault.Refused, "it was not made by the identity key of the card in force on 2026-11-24"},
		{"changed-text", []byte(strings.Replace(good, "grid 100", "grid 200", 1)), fault.Refused, "it does not fit the text: one of them was changed after signing"},
		{"other-text", file(w.line(tb, []byte(text+"#\n"), "east", "east"), west), fault.Refused, "it does not fit the text: one of them was changed after signing"},
		{"earlier-date", []byte(strings.Replace(good, `date = "2026-11-24"`, `date = "2025-11-24"`, 1)), fault.Refused, "it does not fit the text: one of them was changed after signing"},
		{"loose-base64", file(east, loose), fault.Invalid, "the signature is not written in the one form of base64"},
		{"no-newline", []byte(strings.TrimSuffix(good, "\n")), fault.Invalid, "it is not a dash, a party and a signature in one line"},
		{"empty-line-between", file(east, "\n", west), fault.Invalid, "it is not a dash, a party and a signature in one line"},
		{"words-after", []byte(good + "Agreed.\n"), fault.Invalid, "it is not a dash, a party and a signature in one line"},
		{"carriage-returns", []byte(strings.ReplaceAll(good, "\n", "\r\n")), fault.Invalid, "it holds the invisible character U+000D"},
		{"empty-line-before", []byte(text + "\n\n" + east + west), fault.Invalid, "it ends with an empty line"},
		{"unknown-key", []byte(strings.Replace(good, "retention =", "retained =", 1)), fault.Invalid, "it is not a key of this format"},
		{"upper-case-key", []byte(strings.Replace(good, "grade =", "Grade =", 1)), fault.Invalid, "keys are written in lower-case letters without accents"},
	}
}

func nextDigit(c byte) byte {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	return digits[strings.IndexByte(digits, c)|1]
}

func TestVectors(t *testing.T) {
	w := newWorld(t)
	good := w.sign(t, w.text, "east", "west")
	all := w.brokenFiles(t)
	if *update {
		w.writeVectors(t, good, all)
	}
	if !bytes.Equal(good, vector(t, "signed.accord")) {
		t.Error("signed.accord is not what these keys sign")
	}
	s, err := agreement.Verify(vector(t, "signed.accord"), w.lookup)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.TrimSpace(string(vector(t, "text.sha256"))); s.Hash != want || agreement.Hash(w.text) != want || agreement.Hash(good) != want {
		t.Errorf("hash %s, want %s", s.Hash, want)
	}
	if !bytes.Equal(s.Text, w.text) || strings.Join(s.Signers, " ") != "east west" {
		t.Errorf("signed by %v", s.Signers)
	}
	table := string(vector(t, "broken.txt"))
	for _, b := range all {
		t.Run(b.name, func(t *testing.T) {
			data := vector(t, filepath.Join("broken", b.name+".accord"))
			if !bytes.Equal(data, b.file) {
				t.Error("the file is not what the test makes")
			}
			if !strings.Contains(table, b.row()) {
				t.Errorf("broken.txt lacks %q", b.row())
			}
			_, err := agreement.Verify(data, w.lookup)
			wantFault(t, err, b.kind, b.why)
		})
	}
	if n := strings.Count(table, "\n"); n != len(all) {
		t.Errorf("broken.txt has %d lines for %d files", n, len(all))
	}
}

func (b broken) row() string { return fmt.Sprintf("%s.accord\t%s\t%s\n", b.name, b.kind, b.why) }

func (w *world) writeVectors(t *testing.T, good []byte, all []broken) {
	t.Helper()
	files := map[string][]byte{"signed.accord": good, "text.sha256": []byte(agreement.Hash(w.text) + "\n")}
	table := ""
	for _, b := range all {
		files[filepath.Join("broken", b.name+".accord")] = b.file
		table += b.row()
	}
	files["broken.txt"] = []byte(table)
	if err := os.MkdirAll("testdata/vectors/broken", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join("testdata/vectors", name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLooseBase64 makes sure that the vector differs from the good file only in bits that decode to nothing.
func TestLooseBase64(t *testing.T) {
	decode := func(name string) []byte {
		lines := strings.Split(strings.TrimSpace(string(vector(t, name))), "\n")
		fields := strings.Fields(lines[len(lines)-1])
		raw, err := base64.StdEncoding.DecodeString(fields[2])
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	if !bytes.Equal(decode("signed.accord"), decode("broken/loose-base64.accord")) {
		t.Error("the signature itself differs")
	}
}
