package gate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"accord/agreement"
	"accord/internal/area/all"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/record"
)

func subsidence(tb testing.TB) *record.Dataset {
	tb.Helper()
	d, ok := all.Lookup("safety/subsidence", 1)
	if !ok {
		tb.Fatal("no such dataset")
	}
	return d
}

func base() agreement.Terms {
	return agreement.Terms{Dataset: "safety/subsidence", Version: 1, Fields: []string{"width", "depth"}, Place: "exact", Grade: agreement.Open}
}

func mustCompile(tb testing.TB, t agreement.Terms) *Gate {
	tb.Helper()
	g, err := Compile(t, subsidence(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// A single is one case of testdata/cases.toml.
type single struct {
	What, Row, Out, Reason string
	Decision               Decision
	Now, Due               time.Time
	Fields                 *[]string
	Place                  agreement.Place
	Grade                  agreement.Grade
	Delay                  date.Interval
	Since, Until           date.Day
}

func (c single) terms() agreement.Terms {
	t := base()
	if c.Fields != nil {
		t.Fields = *c.Fields
	}
	if c.Place != "" {
		t.Place = c.Place
	}
	if c.Grade != "" {
		t.Grade = c.Grade
	}
	t.Delay, t.Since, t.Until = c.Delay, c.Since, c.Until
	return t
}

func TestCases(t *testing.T) {
	var file struct{ Case []single }
	meta, err := toml.DecodeFile("testdata/cases.toml", &file)
	if err != nil || len(meta.Undecoded()) > 0 || len(file.Case) < 20 {
		t.Fatal(err, meta.Undecoded(), len(file.Case))
	}
	d := subsidence(t)
	for _, c := range file.Case {
		t.Run(c.What, func(t *testing.T) {
			var in record.Record
			if err := record.ParseRow(d, []byte(c.Row), &in); err != nil {
				t.Fatal(err)
			}
			if c.Now.IsZero() {
				c.Now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			}
			g := mustCompile(t, c.terms())
			out, v := g.Apply(in, c.Now)
			if v.Decision != c.Decision || c.Reason != "" && v.Reason.Key != c.Reason || !v.Due.Equal(c.Due) {
				t.Errorf("verdict %+v", v)
			}
			if c.Out == "" {
				if out.Key != "" || out.Values != nil || out.Place.Known {
					t.Errorf("something leaves: %+v", out)
				}
				return
			}
			if got := string(record.AppendRow(nil, d, &out)); got != c.Out {
				t.Errorf("got  %s\nwant %s", got, c.Out)
			}
			if err := g.Admits(out, c.Now); err != nil {
				t.Errorf("the receiver does not admit what left: %v", err)
			}
			if again := string(record.AppendRow(nil, d, &in)); again != c.Row {
				t.Errorf("the record itself was changed to %s", again)
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	day := func(s string) date.Day { d, _ := date.ParseDay(s); return d }
	for name, change := range map[string]func(*agreement.Terms){
		"other dataset":    func(t *agreement.Terms) { t.Dataset = "safety/fire" },
		"other version":    func(t *agreement.Terms) { t.Version = 2 },
		"unknown field":    func(t *agreement.Terms) { t.Fields = []string{"width", "colour"} },
		"field twice":      func(t *agreement.Terms) { t.Fields = []string{"width", "width"} },
		"no grade":         func(t *agreement.Terms) { t.Grade = "" },
		"unknown grade":    func(t *agreement.Terms) { t.Grade = "o" },
		"no place":         func(t *agreement.Terms) { t.Place = "" },
		"unknown place":    func(t *agreement.Terms) { t.Place = "district" },
		"grid of nothing":  func(t *agreement.Terms) { t.Place = "grid " },
		"grid with a zero": func(t *agreement.Terms) { t.Place = "grid 0250" },
		"grid with a sign": func(t *agreement.Terms) { t.Place = "grid +250" },
		"grid with a unit": func(t *agreement.Terms) { t.Place = "grid 250 m" },
		"grid too fine":    func(t *agreement.Terms) { t.Place = "grid 9" },
		"grid too coarse":  func(t *agreement.Terms) { t.Place = "grid 100001" },
		"period backwards": func(t *agreement.Terms) { t.Since, t.Until = day("2019-01-02"), day("2019-01-01") },
	} {
		terms := base()
		change(&terms)
		if g, err := Compile(terms, subsidence(t)); fault.KindOf(err) != fault.Invalid || g != nil {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestAdmitsNamesWhatIsWider: the receiver finds every way in which a sender can let out too much.
func TestAdmitsNamesWhatIsWider(t *testing.T) {
	d := subsidence(t)
	left := time.Date(2018, 3, 10, 0, 0, 0, 0, time.UTC)
	delay, _ := date.ParseInterval("P30D")
	for name, c := range map[string]struct {
		change func(*agreement.Terms)
		row    string
		where  string
	}{
		"extra field":       {func(*agreement.Terms) {}, `{"key":"a","values":{"width":3,"description":"a name"}}`, "gate.fields.extra"},
		"place":             {func(t *agreement.Terms) { t.Place = "none" }, `{"key":"a","place":[127,37],"values":{}}`, "gate.place.extra"},
		"exact place":       {func(t *agreement.Terms) { t.Place = "grid 250" }, `{"key":"a","place":[127,37],"values":{}}`, "gate.place.finer"},
		"finer cell":        {func(t *agreement.Terms) { t.Place = "grid 250" }, `{"key":"a","place":[127,37,100],"values":{}}`, "gate.place.finer"},
		"cell in name only": {func(t *agreement.Terms) { t.Place = "grid 250" }, `{"key":"a","place":[127.0559719,37.5132371,250],"values":{}}`, "gate.place.finer"},
		"period":            {func(t *agreement.Terms) { t.Since = date.NewDay(2018, 3, 2) }, `{"key":"a","when":"2018-03-01","values":{}}`, "gate.period.outside"},
		"no time":           {func(t *agreement.Terms) { t.Since = date.NewDay(2018, 3, 2) }, `{"key":"a","values":{}}`, "gate.period.unknown"},
		"too early":         {func(t *agreement.Terms) { t.Delay = delay }, `{"key":"a","when":"2018-03-01","values":{}}`, "gate.delay.later"},
		"closed":            {func(t *agreement.Terms) { t.Grade = agreement.Closed }, `{"key":"a","values":{}}`, "gate.grade.stays"},
	} {
		terms := base()
		change := c.change
		change(&terms)
		var r record.Record
		if err := record.ParseRow(d, []byte(c.row), &r); err != nil {
			t.Fatal(err)
		}
		err := mustCompile(t, terms).Admits(r, left)
		if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), c.where) {
			t.Errorf("%s: error %v", name, err)
		}
		if strings.Contains(err.Error(), "⟦") || strings.Contains(err.Error(), "{") {
			t.Errorf("%s: words are missing: %v", name, err)
		}
	}
}

// TestWords: every key of one language is in the others, with the same arguments; every condition has a name.
func TestWords(t *testing.T) {
	for lang, words := range catalogue {
		for key, en := range catalogue["en"] {
			if holes(words[key]) != holes(en) || words[key] == "" {
				t.Errorf("%s: %s is %q", lang, key, words[key])
			}
		}
		if len(words) != len(catalogue["en"]) {
			t.Errorf("%s has %d messages, English has %d", lang, len(words), len(catalogue["en"]))
		}
		for _, c := range conditions {
			if words[c.label] == "" {
				t.Errorf("%s has no name for %s", lang, c.label)
			}
		}
	}
}

func holes(s string) string {
	var all []string
	for part := range strings.SplitSeq(s, "{") {
		if name, _, ok := strings.Cut(part, "}"); ok {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestExplain(t *testing.T) {
	delay, _ := date.ParseInterval("P30D")
	for _, place := range []agreement.Place{"none", "exact", "grid 250"} {
		for _, grade := range []agreement.Grade{agreement.Open, agreement.Supervised, agreement.Closed} {
			terms := base()
			terms.Place, terms.Grade, terms.Delay, terms.Since = place, grade, delay, date.NewDay(2018, 1, 1)
			reasons := mustCompile(t, terms).Explain()
			if len(reasons) != len(conditions) {
				t.Errorf("%d sentences", len(reasons))
			}
			for _, lang := range []string{"en", "ko", "ja", "zh"} {
				for _, r := range reasons {
					if s := Explain(lang, r); strings.ContainsAny(s, "⟦{") {
						t.Errorf("%s: %s", lang, s)
					}
				}
			}
		}
	}
	if got := Explain("en", Reason{Key: "gate.nothing"}); got != "⟦gate.nothing⟧" {
		t.Errorf("a missing message is %q", got)
	}
}
