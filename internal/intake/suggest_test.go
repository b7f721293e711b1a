package intake

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"accord/internal/fault"
	"accord/internal/table"
	"accord/record"
)

func words(tb testing.TB) (w Words) {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(root(tb), "content", "words", "tables.toml"))
	if err == nil {
		err = toml.Unmarshal(data, &w)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// suggested drafts a recipe for a document and reads the document by it.
func suggested(t *testing.T, doc *table.Document, known []*Recipe) (*Draft, Summary, error) {
	t.Helper()
	draft, err := Suggest(doc, words(t))
	if err != nil {
		return nil, Summary{}, err
	}
	described, err := json.Marshal(draft.Dataset)
	if err != nil {
		t.Fatal(err)
	}
	r, d, err := LoadDraft("draft.toml", []byte(draft.Recipe), described, known)
	if err != nil {
		t.Fatalf("the draft does not load: %v\n%s", err, draft.Recipe)
	}
	r.CutAllowed = true
	if fits, err := DetectDocument([]*Recipe{r}, doc); err != nil || fits != r {
		t.Errorf("the draft does not fit its own file: %v\n%.2000s", err, draft.Recipe)
	}
	sum, err := ReadDocument(r, d, doc, func(Row) error { return nil })
	if err != nil {
		t.Errorf("%v\n%.3000s", err, draft.Recipe)
	}
	return draft, sum, nil
}

// TestRecipesSuggested: a draft for a file of the world loads, and reads nearly every row of it.
func TestRecipesSuggested(t *testing.T) {
	known := recipes(t)
	for _, file := range dataFiles(t) {
		switch strings.ToLower(filepath.Ext(file)) {
		case ".txt", ".prj", ".cpg", ".shx":
			continue // no tables
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			doc, f, err := OpenDocument(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			_, sum, err := suggested(t, doc, known)
			if x, ok := errors.AsType[*fault.Fault](err); ok && strings.Contains(x.Why, "no rows below a header") && strings.Contains(file, "templates") {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if sum.Rows == 0 || (sum.Accepted+sum.Unchanged)*10 < sum.Rows*9 {
				t.Errorf("%d of %d rows are read", sum.Accepted+sum.Unchanged, sum.Rows)
			}
		})
	}
}

func TestSuggest(t *testing.T) {
	text := "통계표 제목,,,,\n번호,이름,날짜,위도,경도,인원,면적(㎡),비고\n0012,가,2024.1.5,37.5,127.0,\"1,204\",.5,\n0013,나,2024.12.31,37.6,127.1,-,12,x\n"
	draft, sum, err := suggested(t, table.Bytes([]byte(text)), recipes(t))
	if err != nil || sum.Accepted != 2 {
		t.Fatalf("%+v, %v", sum, err)
	}
	for _, want := range []string{"within = 1", `columns = ["번호"]`, `lat = "위도"`, `layout = "yyyy.m.d"`, `thousands = ","`, `absent = ["-"]`, "point  = true"} {
		if !strings.Contains(draft.Recipe, want) {
			t.Errorf("the draft does not say %s:\n%s", want, draft.Recipe)
		}
	}
	if i := draft.Dataset.Index("c06"); i < 0 || draft.Dataset.Fields[i].Type != record.Integer {
		t.Errorf("%+v", draft.Dataset.Fields)
	}
	for _, bad := range []string{"", "<html>", "a\x00b"} {
		if _, err := Suggest(table.Bytes([]byte(bad)), words(t)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// FuzzSuggest: whatever a file says, a draft made of it is a recipe that loads, with a description that is one.
func FuzzSuggest(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\nb\",\"\"\nx,y\n", `[{"a":1}]`, "1,2\n3,4\n", "이름,값\n가,1\n"} {
		f.Add([]byte(s))
	}
	w := words(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		draft, err := Suggest(table.Bytes(data), w)
		if err != nil {
			return
		}
		described, _ := json.Marshal(draft.Dataset)
		if _, _, err := LoadDraft("x.toml", []byte(draft.Recipe), described, nil); err != nil {
			t.Errorf("%v\n%s", err, draft.Recipe)
		}
	})
}
