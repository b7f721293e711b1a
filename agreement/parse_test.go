package agreement_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/fault"
)

func TestParse(t *testing.T) {
	in, err := agreement.Parse(vector(t, "text.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if in.ID != "demo" || in.Kind != agreement.TermsText || in.Standing != agreement.SignedHere || !in.Simulated || in.Date.String() != "2026-11-24" {
		t.Errorf("%+v", in)
	}
	c := in.Clause("D1")
	if c == nil || c.Texts.In("ko") == "" || c.Texts.In("zh") != "" || c.Cadence.Interval().String() != "P1M" || in.Clause("D9") != nil {
		t.Fatalf("clause %+v", c)
	}
	terms := c.Terms[0]
	if terms.Dataset != "safety/subsidence" || terms.Delay.String() != "P7D" || terms.Since.String() != "2025-01-01" ||
		terms.Retention.String() != "P5Y" || terms.Grade != agreement.Supervised || terms.Place != "grid 100" {
		t.Errorf("terms %+v", terms)
	}
	once := in.Clause("D2")
	if once.Cadence != agreement.Once || !once.Cadence.Interval().IsZero() || once.WindowUntil.String() != "2027-11-24" {
		t.Errorf("clause %+v", once)
	}
	if agreement.Cadence("P1X").Interval() != (date.Interval{}) {
		t.Error("P1X has an interval")
	}
}

func TestRead(t *testing.T) {
	for _, name := range []string{"text.toml", "signed.accord", "broken/wrong-key.accord"} {
		if in, err := agreement.Read(vector(t, name)); err != nil || in.ID != "demo" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"words-after", "loose-base64", "no-newline"} {
		_, err := agreement.Read(vector(t, "broken/"+name+".accord"))
		wantFault(t, err, fault.Invalid, "")
	}
	paper := "format = 1\nid = \"P\"\nkind = \"agreement\"\nstanding = \"registered\"\ndate = \"2014\"\nparties = [\"east\", \"west\"]\nnames = [{lang = \"en\", text = \"P\"}]\n"
	if _, err := agreement.Read([]byte(paper)); err != nil {
		t.Error(err)
	}
	_, err := agreement.Read([]byte(paper + "\n— east AAAAAAA=\n"))
	wantFault(t, err, fault.Invalid, "signature lines follow")
}

// TestParseRefuses changes one thing in a good text at a time.
func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ old, new, where, why string }{
		// Shape of the file.
		{"format = 1", "format = 1\x00", "line 2", "invisible character U+0000"},
		{"format = 1", "format = 1 # \u202e", "line 2", "invisible character U+202E"},
		{"format = 1", "format = 1 # \u200b", "line 2", "invisible character U+200B"},
		{"format = 1", "format = 1 # \x7f", "line 2", "invisible character U+007F"},
		{"format = 1", "format\t= 1", "line 2", "invisible character U+0009"},
		{"format = 1", "format = 1 # \xff", "line 2", "it is not UTF-8"},
		{"# Terms", "\ufeff# Terms", "line 1", "invisible character U+FEFF"},
		{"\"2027-11-24\"\n", "\"2027-11-24\"", "", "it does not end with a newline"},
		{"\"2027-11-24\"\n", "\"2027-11-24\"\n\n", "", "it ends with an empty line"},
		{"format = 1\n", "format = 1\nnotes = [{lang = \"en\", text = '''\n— west AAAA\n'''}]\n", "line 4", "a line begins like a signature"},
		{"format = 1\n", "format = 1\nx = " + strings.Repeat("[", 17) + "\n", "line 3", "nested deeper"},
		{"format = 1\n", "format = 1\nx" + strings.Repeat(" . x", 9) + " = 1\n", "line 3", "nested deeper"},
		{"format = 1\n", "format = 1\n'''\n", "line 3", "it is not the TOML"},
		{"format = 1\n", "format = 1\nformat = 1\n", "line 3", "it is not the TOML"},
		{"format = 1\n", "format = true\n", "", "it is not the TOML"},
		{"format = 1\n", "format = 1.0\n", "", "it is not the TOML"},
		// Keys.
		{"format = 1\n", "format = 1\nremark = 1\n", `key "remark"`, "it is not a key"},
		{"format = 1\n", "Format = 1\n", `key "Format"`, "keys are written in lower-case"},
		{"standing = \"signed\"", "ſtanding = \"signed\"", "", ""}, // a long s, which folds to s, is no bare key at all
		{"standing = \"signed\"", "\"ſtanding\" = \"signed\"", `key "\"ſtanding\""`, "keys are written in lower-case"},
		{`{lang = "en", text = "Demo`, `{Lang = "en", text = "Demo`, `key "names.Lang"`, "keys are written in lower-case"},
		{`{lang = "ja", text = "実演`, `{lang = "ja", langs = "", text = "実演`, `key "names.langs"`, "it is not a key"},
		{"mark = \"confirmed\"}", "mark = \"confirmed\", note = \"\"}", `key "clauses.owners.note"`, "it is not a key"},
		{"version = 1\n", "version = 1\nrows = 5\n", `key "clauses.terms.rows"`, "it is not a key"},
		{"id = \"D2\"", "id = \"D2\"\nID = \"D3\"", `key "clauses.ID"`, "keys are written in lower-case"},
		// The instrument.
		{"format = 1", "format = 2", "format", "format 2 is not known"},
		{`id = "demo"`, `id = "de mo"`, "id", "cannot name an instrument"},
		{`id = "demo"`, `id = ""`, "id", "cannot name an instrument"},
		{`id = "demo"`, `id = "` + strings.Repeat("a", 33) + `"`, "id", "cannot name an instrument"},
		{`kind = "terms"`, `kind = "contract"`, "kind", `kind "contract" is not known`},
		{`kind = "terms"`, `kind = "programme"`, "standing", "a programme is nobody's agreement"},
		{`standing = "signed"`, `standing = "Signed"`, "standing", "is not known"},
		{`date = "2026-11-24"`, `date = ""`, "date", "it has no date"},
		{`date = "2026-11-24"`, `date = "2026-11"`, "date", "signed on a day"},
		{`date = "2026-11-24"`, `date = "2026-11-31"`, "", "it is not the TOML"},
		{`date = "2026-11-24"`, `date = 2026-11-24`, "", "it is not the TOML"},
		{`parties = ["east", "west"]`, `parties = ["east"]`, "parties", "1 parties; it needs 2 to 8"},
		{`parties = ["east", "west"]`, `parties = ["east", "east"]`, "parties", "stands twice"},
		{`parties = ["east", "west"]`, `parties = ["east", "West"]`, "parties", "cannot stand under parties"},
		{`authentic = ["ja", "ko"]`, `authentic = ["ja", "korean"]`, "authentic", "cannot stand under authentic"},
		{`authentic = ["ja", "ko"]`, `authentic = ["ja"]`, "clause D1", "texts is authentic in ko"},
		{`authentic = ["ja", "ko"]`, `authentic = ["ja", "ko", "en"]`, "clause D1", "it has no authentic text in en"},
		{`authentic = ["ja", "ko"]`, `authentic = ["ja", "ko"]` + "\nimplements = [\"demo\"]", "builds_on", "it builds on itself"},
		{`authentic = ["ja", "ko"]`, `authentic = ["ja", "ko"]` + "\nunits = [{party = \"east\", unit = \"west/roads\"}]", "units", "is not a unit of east"},
		{`authentic = ["ja", "ko"]`, `authentic = ["ja", "ko"]` + "\nconflicts = [{source = \"\", says = \"\"}]", "conflicts", "lacks its source"},
		{`{lang = "en", text = "Demo terms (simulated)"}`, `{lang = "english", text = "Demo"}`, "names", "is not a language"},
		{`{lang = "en", text = "Demo terms (simulated)"}`, `{lang = "en", text = " "}`, "names", "is empty"},
		{`{lang = "en", text = "Demo terms (simulated)"}`, `{lang = "en", text = "Demo \u202e"}`, "names", "invisible character"},
		// Clauses.
		{`id = "D2"`, `id = "D1"`, "clause D1", "two clauses of this id"},
		{`id = "D2"`, `id = "` + strings.Repeat("D", 17) + `"`, "clause DDD", "cannot name a clause"},
		{`level = "bureau"`, `level = "cabinet"`, "clause D2", `level "cabinet" is not known`},
		{`area = "safety"`, `area = "Safety"`, "clause D1", `area "Safety" is not known`},
		{`act = "agreed"`, `act = "wished"`, "clause D1", "is not known"},
		{`sides = "both"`, `sides = "all"`, "clause D2", "is not known"},
		{`kinds = ["data"]`, `kinds = ["rumour"]`, "clause D1", `kind of event "rumour" is not known`},
		{`kinds = ["data"]`, `kinds = ["data", "data"]`, "clause D1", "stands twice"},
		{`kinds = ["data"]`, `kinds = []`, "clause D1", "no kind of event"},
		{`cadence = "P1M"`, `cadence = "monthly"`, "clause D1", `cadence "monthly" is not known`},
		{`cadence = "P1M"`, `cadence = "P0M"`, "clause D1", "is not known"},
		{`cadence = "P1M"`, `cadence = "once"`, "clause D1", "window_until goes with"},
		{`cadence = "once"`, `cadence = "as_needed"`, "clause D2", "window_until goes with"},
		{`window_until = "2027-11-24"`, `window_until = "2026-11-23"`, "clause D2", "its window ends before"},
		{`standing = "working", text = "The`, `standing = "checked", text = "The`, "clause D1", "is not known"},
		{`{lang = "en", standing = "working"`, `{lang = "ja", standing = "authentic"`, "clause D1", "stands twice in ja"},
		{`{lang = "en", standing = "working"`, `{lang = "en"`, "clause D1", "is not known"},
		{`mark = "confirmed"`, `mark = "sure"`, "clause D1", "is not known"},
		{`mark = "confirmed"`, `from = "2027", until = "2026", mark = "confirmed"`, "clause D1", "ends before it begins"},
		{`owners = [`, "promised_before = [{date = \"2004\", source = \"\"}]\nowners = [", "clause D1", "earlier promise"},
		{`owners = [`, "flows = [{from = \"east\", to = \"east\", what = [{lang = \"en\", text = \"x\"}]}]\nowners = [", "clause D1", "a flow needs two parties"},
		{`owners = [`, "flows = [{from = \"east\", to = \"north\", what = [{lang = \"en\", text = \"x\"}]}]\nowners = [", "clause D1", "is not a party"},
		// Terms.
		{`dataset = "safety/subsidence"`, `dataset = "subsidence"`, "clause D1", "cannot name a dataset"},
		{`version = 1`, `version = 0`, "clause D1, terms for safety/subsidence", "for which version"},
		{`from = ["east", "west"]`, `from = ["east", "north"]`, "clause D1, terms for safety/subsidence", "is not a party"},
		{`from = ["east", "west"]`, `from = []`, "clause D1, terms for safety/subsidence", "no party that may send"},
		{`fields = ["found_on", "width", "depth"]`, `fields = []`, "clause D1, terms for safety/subsidence", "let out no field"},
		{`fields = ["found_on", "width", "depth"]`, `fields = ["width", "width"]`, "clause D1, terms for safety/subsidence", "stands twice"},
		{`fields = ["found_on", "width", "depth"]`, `fields = ["*"]`, "clause D1, terms for safety/subsidence", "cannot stand under fields"},
		{`place = "grid 100"`, `place = ""`, "clause D1, terms for safety/subsidence", "place"},
		{`place = "grid 100"`, `place = "grid 0"`, "clause D1, terms for safety/subsidence", "place"},
		{`place = "grid 100"`, `place = "grid 0100"`, "clause D1, terms for safety/subsidence", "place"},
		{`place = "grid 100"`, `place = "grid 100m"`, "clause D1, terms for safety/subsidence", "place"},
		{`place = "grid 100"`, `place = "district "`, "clause D1, terms for safety/subsidence", "place"},
		{`place = "grid 100"`, `place = "district Width"`, "clause D1, terms for safety/subsidence", "place"},
		{`place = "grid 100"`, `place = "district found_in"`, "clause D1, terms for safety/subsidence", "does not leave"},
		{`grade = "S"`, "grade = \"S\"\n" + `time = "week"`, "clause D1, terms for safety/subsidence", "time"},
		{`grade = "S"`, "grade = \"S\"\n" + `until = "2026-03-30"` + "\n" + `time = "month"`, "clause D1, terms for safety/subsidence", "within a month"},
		{`grade = "S"`, "grade = \"S\"\n" + `where = [{field = "Width", test = "known"}]`, "clause D1, terms for safety/subsidence, condition 1", "cannot name"},
		{`grade = "S"`, "grade = \"S\"\n" + `where = [{field = "width", test = "like", values = ["3"]}]`, "clause D1, terms for safety/subsidence, condition 1", "test"},
		{`grade = "S"`, "grade = \"S\"\n" + `where = [{field = "width", test = "known", values = ["3"]}]`, "clause D1, terms for safety/subsidence, condition 1", "no value"},
		{`grade = "S"`, "grade = \"S\"\n" + `where = [{field = "width", test = "known"}, {field = "width", test = "between", values = ["3"]}]`, "clause D1, terms for safety/subsidence, condition 2", "2 values"},
		{`grade = "S"`, "grade = \"S\"\n" + `where = [{field = "width", test = "one_of", values = []}]`, "clause D1, terms for safety/subsidence, condition 1", "1 to 64"},
		{`grade = "S"`, "grade = \"S\"\n" + `where = [{field = "width", test = "one_of", values = ["3", "3"]}]`, "clause D1, terms for safety/subsidence, condition 1", "twice"},
		{`grade = "S"`, "grade = \"S\"\n" + `where = [{field = "width", test = "is", values = [" 3"]}]`, "clause D1, terms for safety/subsidence, condition 1", "values"},
		{`place = "grid 100"`, `place = "Exact"`, "clause D1, terms for safety/subsidence", "place"},
		{`delay = "P7D"`, `delay = "7 days"`, "", "it is not the TOML"},
		{`since = "2025-01-01"`, `since = "2025"`, "", "it is not the TOML"},
		{`since = "2025-01-01"`, "since = \"2025-01-01\"\nuntil = \"2024-12-31\"", "clause D1, terms for safety/subsidence", "period ends before"},
		{`grade = "S"`, `grade = "s"`, "clause D1, terms for safety/subsidence", "is not known"},
		{`standing = "signed"`, `standing = "registered"`, "clause D1", "a registered text lets nothing out"},
	} {
		text := string(vector(t, "text.toml"))
		if !strings.Contains(text, c.old) {
			t.Fatalf("the text has no %q", c.old)
		}
		_, err := agreement.Parse([]byte(strings.Replace(text, c.old, c.new, 1)))
		f, ok := err.(*fault.Fault)
		if !ok {
			t.Errorf("%q: %v is not a fault", c.new, err)
			continue
		}
		if f.Kind != fault.Invalid || !strings.Contains(f.Where, c.where) || !strings.Contains(f.Why, c.why) || f.Do == "" {
			t.Errorf("%q: %v (at %q)", c.new, err, f.Where)
		}
	}
}

// TestParseBounds is what would cost a parser much: it must be refused, quickly.
func TestParseBounds(t *testing.T) {
	for name, text := range map[string]string{
		"brackets":      "a = " + strings.Repeat("[", 200_000) + "\n",
		"tables":        "a = " + strings.Repeat("{a = ", 40_000) + "\n",
		"dotted key":    strings.Repeat("a.", 100_000) + "a = 1\n",
		"dotted header": "[" + strings.Repeat("a.", 100_000) + "a]\n",
		"open string":   "a = \"\"\"" + strings.Repeat("[", 200_000) + "\n",
		"many headers":  strings.Repeat("[[a]]\n", 40_000),
		"many keys":     strings.Repeat("[[a.b.c.d.e]]\n", 18_000),
		"large":         "# " + strings.Repeat("x", agreement.MaxFile) + "\n",
		"escaped end":   "a = \"\\\n" + strings.Repeat("[", 1000) + "\n",
	} {
		start := time.Now()
		_, err := agreement.Parse([]byte(text))
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}

// TestParseLargest is a text as large as allowed, with lists as long as allowed: it is read in a moment.
func TestParseLargest(t *testing.T) {
	var fields strings.Builder
	for i := range 253 { // beside the three that are there
		fmt.Fprintf(&fields, "\"f%d\",", i)
	}
	text := strings.Replace(string(vector(t, "text.toml")), `fields = [`, "fields = ["+fields.String(), 1)
	for i := 3; i <= 512; i++ {
		text += fmt.Sprintf("[[clauses]]\nid = \"D%d\"\narea = \"safety\"\nlevel = \"bureau\"\nact = \"agreed\"\ntexts = [{lang = \"ko\", standing = \"authentic\", text = \"a\"}, {lang = \"ja\", standing = \"authentic\", text = \"b\"}]\nkinds = [\"data\"]\nsides = \"any\"\ncadence = \"P1Y\"\n", i)
	}
	text += "#" + strings.Repeat("x", agreement.MaxFile-len(text)-2) + "\n"
	start := time.Now()
	if _, err := agreement.Parse([]byte(text)); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}

// TestCounts: a list longer than any text needs is refused before anything looks into it.
func TestCounts(t *testing.T) {
	many := func(n int, s string) string { return strings.Repeat(s, n) }
	for _, c := range []struct{ old, new, where, why string }{
		{"[[clauses]]\nid = \"D1\"", many(511, "[[clauses]]\n") + "[[clauses]]\nid = \"D1\"", "clauses", "513 entries under clauses; the most is 512"},
		{"[[clauses]]\nid = \"D2\"", many(64, "[[clauses.terms]]\n") + "[[clauses]]\nid = \"D2\"", "clause D1", "65 entries under terms; the most is 64"},
		{"[[clauses]]\nid = \"D1\"", "[[annexes]]\n" + many(257, "[[annexes.lines]]\n") + "[[clauses]]\nid = \"D1\"", "annexes", "257 entries under lines; the most is 256"},
		{"[[clauses]]\nid = \"D1\"", many(65, "[[annexes]]\n") + "[[clauses]]\nid = \"D1\"", "annexes", "65 entries under annexes; the most is 64"},
		{"names = [", "names = [" + many(64, "{}, "), "names", "67 entries under names; the most is 64"},
		{"authentic = [", "sources = [" + many(257, "\"\", ") + "]\nauthentic = [", "sources", "257 entries under sources; the most is 256"},
		{"fields = [", "fields = [" + many(257, "\"\", "), "terms for safety/subsidence", "260 entries under fields; the most is 256"},
		{"kinds = [\"data\"", "kinds = [\"data\"" + many(30_000, ", \"data\""), "clause D1", "30001 entries under kinds; the most is 256"},
		{"owners = [", "owners = [" + many(256, "{}, "), "clause D1", "257 entries under owners; the most is 256"},
		{"owners = [", "flows = [" + many(257, "{}, ") + "]\nowners = [", "clause D1", "257 entries under flows; the most is 256"},
	} {
		_, err := agreement.Parse([]byte(strings.Replace(string(vector(t, "text.toml")), c.old, c.new, 1)))
		wantFault(t, err, fault.Invalid, c.why)
		if f, ok := err.(*fault.Fault); ok && !strings.Contains(f.Where, c.where) {
			t.Errorf("at %q, not %q", f.Where, c.where)
		}
	}
}

// TestTermsOverlap: under which of two terms a party sends a dataset must never be a question.
func TestTermsOverlap(t *testing.T) {
	with := func(first, second, more string) []byte {
		text := strings.Replace(string(vector(t, "text.toml")), `from = ["east", "west"]`, "from = ["+first+"]", 1)
		terms := "[[clauses.terms]]\ndataset = \"safety/subsidence\"\nversion = 1\nfrom = [" + second + "]\nfields = [\"width\"]\nplace = \"none\"\ngrade = \"O\"\n"
		return []byte(strings.Replace(text, "[[clauses]]\nid = \"D2\"", strings.Replace(terms, "version = 1", "version = 1\n"+more, 1)+"\n[[clauses]]\nid = \"D2\"", 1))
	}
	if _, err := agreement.Parse(with(`"east"`, `"west"`, "")); err != nil {
		t.Error(err)
	}
	for _, text := range [][]byte{with(`"east", "west"`, `"west"`, ""), with(`"east"`, `"east"`, ""), with(`"west"`, `"east", "west"`, "until = \"2030-01-01\"")} {
		_, err := agreement.Parse(text)
		wantFault(t, err, fault.Invalid, "two terms let")
	}
	other := strings.Replace(string(with(`"east"`, `"east"`, "")), "dataset = \"safety/subsidence\"\nversion = 1\n\nfrom", "dataset = \"safety/other\"\nversion = 1\n\nfrom", 1)
	if _, err := agreement.Parse([]byte(other)); err != nil {
		t.Error(err)
	}
}

// TestStringsDoNotNest makes sure that brackets and dots within strings and comments count for nothing.
func TestStringsDoNotNest(t *testing.T) {
	many := strings.Repeat("[.{", 50)
	for _, note := range []string{
		"'" + many + "'", `"` + many + `"`, `"` + many + `\"` + many + `"`, "'''\n" + many + "'\n'''", `"""` + many + ` ""\" """`, `""" ""` + many + `"""""`,
	} {
		text := strings.Replace(string(vector(t, "text.toml")), "format = 1\n", "format = 1 # "+many+"\nnotes = [{lang = \"en\", text = "+note+"}]\n", 1)
		if _, err := agreement.Parse([]byte(text)); err != nil {
			t.Errorf("%s: %v", note, err)
		}
	}
}

func TestProgramme(t *testing.T) {
	text := "format = 1\nid = \"N\"\nkind = \"programme\"\nstanding = \"registered\"\nparties = [\"east\"]\nnames = [{lang = \"en\", text = \"N\"}]\n"
	in, err := agreement.Parse([]byte(text))
	if err != nil || !in.Date.IsZero() {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestOwner(t *testing.T) {
	on := func(s string) date.Date {
		d, err := date.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	c := agreement.Clause{Owners: []agreement.Owner{
		{Party: "east", Unit: "east/a", Until: on("2015-06-30")},
		{Party: "east", Unit: "east/b", From: on("2015-07-01")},
		{Party: "east", Unit: "east/c", From: on("2024"), Until: on("2025-03")},
	}}
	for day, want := range map[string]string{
		"1900-01-01": "east/a", "2015-06-30": "east/a", "2015-07-01": "east/b", "2023-12-31": "east/b",
		"2024-01-01": "east/c", "2025-03-31": "east/c", "2025-04-01": "east/b",
	} {
		if got := c.Owner("east", on(day).First()).Unit; got != want {
			t.Errorf("on %s: %s, want %s", day, got, want)
		}
	}
	if got := c.Owner("west", date.NewDay(2020, 1, 1)); got.Unit != "" {
		t.Errorf("west: %+v", got)
	}
}
