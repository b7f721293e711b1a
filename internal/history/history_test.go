package history_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"accord/agreement"
	"accord/content"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/internal/history"
	"accord/internal/pulse"
)

func load(tb testing.TB) *history.History {
	tb.Helper()
	h, err := history.Load(content.FS)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

func TestLoad(t *testing.T) {
	h := load(t)
	clauses, ids := 0, ""
	for _, in := range h.Instruments {
		clauses += len(in.Clauses)
		ids += in.ID + " "
	}
	if ids != "A88 A14 M15 D15 advisers " || clauses != 22 || len(h.Events) != 31 || len(h.Parties) != 2 {
		t.Errorf("%s, %d clauses, %d events, %d parties", ids, clauses, len(h.Events), len(h.Parties))
	}
	if !slices.IsSortedFunc(h.Events, func(a, b pulse.Event) int { return a.Start.First().Time().Compare(b.Start.First().Time()) }) {
		t.Error("events are not in the order of their dates")
	}
	if h.Party("north") != nil || h.Unit("seoul/none") != nil || h.Source("S0") != nil || h.Instrument("Z") != nil {
		t.Error("found what is not there")
	}
	if n := len(h.Instrument("A14").Annexes[0].Lines); n != 18 {
		t.Errorf("the annex has %d lines", n)
	}
}

// TestWords: every text of the sample is there in Korean, Japanese and English, and none pretends to be authentic.
func TestWords(t *testing.T) {
	h := load(t)
	whole := func(where string, texts agreement.Texts) {
		for _, lang := range []string{"ko", "ja", "en"} {
			if texts.In(lang) == "" {
				t.Errorf("%s has no %s", where, lang)
			}
		}
	}
	summary := func(where string, texts agreement.Texts) {
		whole(where, texts)
		for _, s := range texts {
			if s.Standing != agreement.Summary {
				t.Errorf("%s is %q in %s", where, s.Standing, s.Lang)
			}
		}
	}
	for _, in := range h.Instruments {
		whole(in.ID+" notes", in.Notes)
		if !strings.Contains(in.Notes.In("en"), "summary from public sources, incomplete") {
			t.Errorf("%s does not say that it is a summary", in.ID)
		}
		for _, a := range in.Annexes {
			for _, l := range a.Lines {
				summary(l.ID, l.Texts)
			}
		}
		for _, c := range in.Clauses {
			summary(c.ID, c.Texts)
			whole(c.ID+" alive_if", c.AliveIf)
			whole(c.ID+" basis", c.Basis)
			if c.Assumed && !strings.HasPrefix(c.Basis.In("en"), "assumed") {
				t.Errorf("%s: assumed, but its basis does not say so", c.ID)
			}
		}
	}
	for _, e := range h.Events {
		whole(e.ID, e.What)
	}
	for _, p := range h.Parties {
		whole(p.ID, p.Names)
	}
	for _, u := range h.Units {
		if u.Names.In("ko") == "" || u.Names.In("ja") == "" {
			t.Errorf("%s lacks a name", u.ID)
		}
	}
}

// TestOwnersOutliveTheirUnits: Seoul's offices changed on 1 July 2015; clauses kept their history and found new owners.
func TestOwnersOutliveTheirUnits(t *testing.T) {
	h := load(t)
	for _, c := range []struct{ clause, before, after string }{
		{"U1", "seoul/urban-safety", "seoul/water-cycle-safety"},
		{"U2", "seoul/urban-safety", "seoul/safety-management"},
		{"U3", "seoul/fire", "seoul/fire"},
		{"U5", "seoul/urban-safety", "seoul/safety-management"},
		{"W1", "seoul/family", "seoul/family"},
		{"W2", "seoul/welfare-health", "seoul/citizens-health"},
		{"O2", "seoul/culture-sports-tourism", "seoul/sports-leisure"},
		{"T2", "seoul/culture-sports-tourism", "seoul/tourism-sports"},
		{"C1", "seoul/history-museum", "seoul/history-museum"},
		{"N1", "", ""},
	} {
		for _, in := range h.Instruments {
			l := in.Clause(c.clause)
			if l == nil {
				continue
			}
			if got := l.Owner("seoul", date.NewDay(2015, 6, 30)).Unit; got != c.before {
				t.Errorf("%s before: %s, want %s", c.clause, got, c.before)
			}
			if got := l.Owner("seoul", date.NewDay(2015, 7, 1)).Unit; got != c.after {
				t.Errorf("%s after: %s, want %s", c.clause, got, c.after)
			}
		}
	}
	if got := h.Unit("seoul/urban-safety").Successors; !slices.Equal(got, []string{"seoul/safety-management", "seoul/water-cycle-safety"}) {
		t.Errorf("successors %v", got)
	}
}

// TestLoadRefuses changes one thing in the content at a time.
func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct{ file, old, new, where, why string }{
		{"events.toml", `clause = "G1"`, `clause = "G9"`, "events.toml, H01", `its clause "G9" is not here`},
		{"events.toml", `"S4"`, `"S999"`, "events.toml, H01", `source "S999" is not in sources.toml`},
		{"events.toml", `by = ["tokyo"]`, `by = ["osaka"]`, "events.toml, H01", `"osaka" under by`},
		{"events.toml", `by = ["tokyo"]`, `by = ["tokyo", "tokyo"]`, "events.toml, H01", "stands there twice"},
		{"events.toml", `by = ["tokyo"]`, `by = []`, "events.toml, H01", "nobody acted"},
		{"events.toml", `start = "1996"`, `start = ""`, "events.toml, H01", "it has no date"},
		{"events.toml", `start = "1996"`, `start = "96"`, "events.toml", "it cannot be read"},
		{"events.toml", `until = "2014-07-25"`, `until = "2014-07-22"`, "events.toml, H05", "it ends before it begins"},
		{"events.toml", `id = "H02"`, `id = "H01"`, "events.toml, H01", "two items of this id"},
		{"events.toml", `id = "H02"`, `id = ""`, "events.toml", "an item has no id"},
		{"events.toml", `kind = "head_visit"`, `kind = "visit"`, "events.toml, H01", `kind "visit" is not known`},
		{"events.toml", `level = "head"`, `level = "top"`, "events.toml, H01", `level "top" is not known`},
		{"events.toml", "]\ncounts = \"no\"", "]\ncounts = \"maybe\"", "events.toml, H11", `counts "maybe" is not known`},
		{"events.toml", `kind = "head_visit"`, "kind = \"head_visit\"\nremark = 1", "events.toml", `key "events.remark" is not known`},
		{"events.toml", `kind = "head_visit"`, `Kind = "head_visit"`, "events.toml", "is not in lower case"},
		{"events.toml", `text = "아오시마 도쿄도지사의 서울 공식 방문"`, `text = ""`, "events.toml, H01", "a text lacks"},
		{"parties.toml", `id = "tokyo"`, `id = "osaka"`, "instruments, A14", `its party "tokyo" is not in parties.toml`},
		{"parties.toml", `sources = ["SEED", "S1"]`, `sources = ["S0"]`, "parties.toml, seoul", `source "S0"`},
		{"units.toml", `id = "tokyo/construction"`, `id = "tokyo/roads"`, "clause U1", `unit "tokyo/construction" of tokyo`},
		{"units.toml", `id = "seoul/fire"`, `id = "fire"`, "clause U3", `unit "seoul/fire" of seoul`},
		{"units.toml", `successors = ["seoul/city-diplomacy"]`, `successors = ["seoul/none"]`, "units.toml, seoul/international-exchange", `its successor "seoul/none"`},
		{"units.toml", `successors = ["seoul/global-city-policy"]`, `successors = ["tokyo/fire"]`, "units.toml, seoul/city-diplomacy", "not another unit of the party"},
		{"units.toml", `until = "2015-06-30"`, `until = "2016-06-30"`, "units.toml, seoul/urban-safety", "is not younger"},
		{"units.toml", `mark = "confirmed"`, `mark = "sure"`, "units.toml, seoul/international-exchange", "its mark is not known"},
		{"units.toml", `from = "2024"`, `from = "2027"`, "clause G1", "before there was such a unit"},
		{"sources.toml", `kind = "official"`, `kind = "rumour"`, "sources.toml, SEED", "its kind or its title"},
		{"sources.toml", `id = "S27"`, `id = "S27b"`, "", `source "S27" is not in sources.toml`},
		{"instruments/a14.toml", `builds_on = ["A88"]`, `builds_on = ["A99"]`, "instruments, A14", `instrument "A99"`},
		{"instruments/a14.toml", `date = "2014-07-23"`, `date = "1980"`, "instruments, A14", `older than "A88"`},
		{"instruments/a14.toml", `clause = "U1"`, `clause = "U9"`, "instruments, A14, line X1a", `its clause "U9" is not here`},
		{"instruments/a14.toml", `parties = ["seoul", "tokyo"]`, "simulated = true\nparties = [\"seoul\", \"tokyo\"]", "instruments, A14", "it is simulated"},
		{"instruments/a14.toml", `id = "C3"`, `id = "C1"`, "clauses, C1", "two items of this id"},
		{"instruments/a14.toml", `standing = "registered"`, `standing = "signed"`, "", "authentic text"},
		{"instruments/m15.toml", `source = "S9"`, `source = "S0"`, "instruments, M15", `source "S0"`},
		{"instruments/m15.toml", `until = "2015-06-30"`, `from = "2016"`, "clause U5", "answers for it after there was such a unit"},
		{"instruments/m15.toml", `from = "2015-07-01"`, `until = "2015-06-30"`, "clause U5", "answered for it before there was such a unit"},
		{"instruments/m15.toml", `format = 1`, `format = 3`, "format", "format 3 is not known"},
	} {
		fsys := changed(t, c.file, c.old, c.new)
		_, err := history.Load(fsys)
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.where) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s, %q: %v", c.file, c.new, err)
		}
	}
	if _, err := history.Load(fstest.MapFS{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("nothing at all: %v", err)
	}
}

// changed is the content with the first old in a file of the history replaced.
func changed(t *testing.T, file, old, new string) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(content.FS, "history", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(content.FS, path)
		if path == "history/"+file {
			if !strings.Contains(string(data), old) {
				t.Fatalf("%s has no %q", file, old)
			}
			data = []byte(strings.Replace(string(data), old, new, 1))
		}
		out[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
