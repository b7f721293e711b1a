package agreement_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"accord/agreement"
	"accord/internal/fault"
)

func seeds(f *testing.F) {
	names, err := filepath.Glob("testdata/vectors/broken/*")
	if err != nil || len(names) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, n := range append(names, "testdata/vectors/text.toml", "testdata/vectors/signed.accord") {
		b, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// FuzzParse asks: no panic, no error that is not a fault, and nothing that the checks would refuse.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := agreement.Read(data)
		if err != nil {
			if k := fault.KindOf(err); k != fault.Invalid {
				t.Errorf("%s: %v", k, err)
			}
			return
		}
		if in.ID == "" || len(in.Parties) == 0 || bytes.ContainsAny(data[:len(data)-1], "\r\x00") {
			t.Errorf("accepted %q", data)
		}
	})
}

// FuzzVerify asks: only a file that the keys signed is accepted, and nothing panics.
func FuzzVerify(f *testing.F) {
	seeds(f)
	w := newWorld(f)
	east, west := w.line(f, w.text, "east", "east"), w.line(f, w.text, "west", "west")
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := agreement.Verify(data, w.lookup)
		if err != nil {
			if fault.KindOf(err) == fault.Internal {
				t.Errorf("not a fault: %v", err)
			}
			return
		}
		one := string(w.text) + "\n" + east + west
		two := string(w.text) + "\n" + west + east
		if got := string(data); got != one && got != two {
			t.Errorf("accepted %q", s.Text)
		}
	})
}
