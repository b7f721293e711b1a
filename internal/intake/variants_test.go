package intake

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accord/internal/area/all"
	"accord/internal/fault"
	"accord/internal/table"
)

// reencoded writes text in an encoding; false where it has letters that the encoding has not.
func reencoded(name, text string) ([]byte, bool) {
	if name == "utf-8" {
		return []byte("\ufeff" + text), true
	}
	b, err := encodings[name].NewEncoder().Bytes([]byte(text))
	return b, err == nil
}

// TestRecipesVariants: what a publisher's next file may differ in does not change what is read of a real one: another encoding
// of the recipe's, other line ends, a mark, empty lines, empty cells at the end of rows, one more column. Without its first
// column a file is refused, or another recipe's.
func TestRecipesVariants(t *testing.T) {
	known := recipes(t)
	for _, file := range dataFiles(t) {
		if filepath.Ext(file) != ".csv" || slices.Contains(cut, filepath.Base(file)) {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Detect(known, data[:min(len(data), HeadSize)])
		if err != nil || len(data) > 1<<16 {
			continue
		}
		if r, err = r.ForFile(filepath.Base(file)); err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			want := countsOf(t, r, data)
			text, err := io.ReadAll(decode(want.Encoding, bytes.NewReader(bytes.TrimPrefix(data, bom))))
			if err != nil {
				t.Fatal(err)
			}
			same := func(name string, b []byte) {
				t.Helper()
				found, err := Detect(known, b[:min(len(b), HeadSize)])
				if err != nil || found.Name != r.Name {
					t.Errorf("%s: it is not recognised: %v", name, err)
					return
				}
				got := countsOf(t, r, b)
				if got.Rows != want.Rows || got.Accepted != want.Accepted || got.Rejected != want.Rejected || got.Unchanged != want.Unchanged || got.Flagged != want.Flagged {
					t.Errorf("%s: %+v, want %+v", name, got, want)
				}
			}
			for _, e := range r.Encodings {
				if b, ok := reencoded(e, string(text)); ok && e != "windows-1252" {
					same(e, b)
				}
			}
			same("empty lines", slices.Concat(data, []byte("\n\n,,,\n")))
			if len(r.Across) == 0 && r.Header.Lines < 2 && r.Header.None == "" {
				same("one more column", widened(t, string(text)))
			}
		})
	}
}

// widened adds a column that no recipe knows.
func widened(t *testing.T, text string) []byte {
	t.Helper()
	in := csv.NewReader(strings.NewReader(text))
	in.FieldsPerRecord = -1
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	for i, row := range rows {
		cell := "x"
		if i == 0 {
			cell = "a column of next year"
		} else if empty(row) {
			cell = ""
		}
		out.Write(append(row, cell))
	}
	out.Flush()
	return b.Bytes()
}

func countsOf(t *testing.T, r *Recipe, data []byte) Summary {
	t.Helper()
	d, ok := all.Lookup(r.Dataset, r.Version)
	if !ok {
		t.Fatal("no such dataset")
	}
	sum, err := ReadDocument(r, d, table.Bytes(data), func(Row) error { return nil })
	if err != nil && fault.KindOf(err) != fault.Invalid || err != nil {
		t.Errorf("%v", err)
	}
	return sum
}

// TestSumsAreNoRows: a row whose name is a word for a sum is rejected, whatever the width of its spaces.
func TestSumsAreNoRows(t *testing.T) {
	r, err := Find(recipes(t), "jp-kosen-floor")
	if err != nil {
		t.Fatal(err)
	}
	got := countsOf(t, r, []byte("事業所名,校舎(㎡),寄宿舎(㎡)\n東京,1,\"2,000\"\n合　計,1,2\n※ 注,,\n"))
	if got.Rows != 3 || got.Accepted != 2 || got.Rejected != 1 {
		t.Errorf("%+v", got)
	}
}
