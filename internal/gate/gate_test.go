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
	Time                   agreement.Precision
	Where                  []agreement.Where
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
	t.Delay, t.Since, t.Until, t.Time, t.Where = c.Delay, c.Since, c.Until, c.Time, c.Where
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
		"other dataset":          func(t *agreement.Terms) { t.Dataset = "safety/fire" },
		"other version":          func(t *agreement.Terms) { t.Version = 2 },
		"unknown field":          func(t *agreement.Terms) { t.Fields = []string{"width", "colour"} },
		"field twice":            func(t *agreement.Terms) { t.Fields = []string{"width", "width"} },
		"no grade":               func(t *agreement.Terms) { t.Grade = "" },
		"unknown grade":          func(t *agreement.Terms) { t.Grade = "o" },
		"no place":               func(t *agreement.Terms) { t.Place = "" },
		"unknown place":          func(t *agreement.Terms) { t.Place = "district" },
		"grid of nothing":        func(t *agreement.Terms) { t.Place = "grid " },
		"grid with a zero":       func(t *agreement.Terms) { t.Place = "grid 0250" },
		"grid with a sign":       func(t *agreement.Terms) { t.Place = "grid +250" },
		"grid with a unit":       func(t *agreement.Terms) { t.Place = "grid 250 m" },
		"grid too fine":          func(t *agreement.Terms) { t.Place = "grid 9" },
		"grid too coarse":        func(t *agreement.Terms) { t.Place = "grid 100001" },
		"no such district":       func(t *agreement.Terms) { t.Place = "district ward" },
		"district of number":     func(t *agreement.Terms) { t.Place = "district width" },
		"district that stays":    func(t *agreement.Terms) { t.Place = "district district" },
		"unknown time":           func(t *agreement.Terms) { t.Time = "week" },
		"half a month":           func(t *agreement.Terms) { t.Time, t.Since = "month", day("2019-01-02") },
		"half a year":            func(t *agreement.Terms) { t.Time, t.Until = "year", day("2019-11-30") },
		"where: no field":        func(t *agreement.Terms) { t.Where = asks("colour", "known") },
		"where: no test":         func(t *agreement.Terms) { t.Where = asks("width", "like", "3") },
		"where: type":            func(t *agreement.Terms) { t.Where = asks("district", "at_least", "3") },
		"where: bad number":      func(t *agreement.Terms) { t.Where = asks("width", "at_least", "3.0") },
		"where: bad whole":       func(t *agreement.Terms) { t.Where = asks("deaths", "is", "1.5") },
		"where: not a number":    func(t *agreement.Terms) { t.Where = asks("width", "at_least", "NaN") },
		"where: bad code":        func(t *agreement.Terms) { t.Where = asks("ground", "is", "sand") },
		"where: bad date":        func(t *agreement.Terms) { t.Where = asks("repaired_on", "before", "2018-3") },
		"where: backwards":       func(t *agreement.Terms) { t.Where = asks("width", "between", "4", "3") },
		"where: dates backwards": func(t *agreement.Terms) { t.Where = asks("repaired_on", "between", "2019", "2018-12") },
		"where: too many":        func(t *agreement.Terms) { t.Where = asks("width", "is", "4", "3") },
		"where: too few":         func(t *agreement.Terms) { t.Where = asks("width", "between", "4") },
		"where: none":            func(t *agreement.Terms) { t.Where = asks("width", "one_of") },
		"where: known as":        func(t *agreement.Terms) { t.Where = asks("width", "known", "4") },
		"period backwards":       func(t *agreement.Terms) { t.Since, t.Until = day("2019-01-02"), day("2019-01-01") },
	} {
		terms := base()
		change(&terms)
		if g, err := Compile(terms, subsidence(t)); fault.KindOf(err) != fault.Invalid || g != nil {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func asks(field string, test agreement.Test, values ...string) []agreement.Where {
	return []agreement.Where{{Field: field, Test: test, Values: values}}
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
		"extra field":        {func(*agreement.Terms) {}, `{"key":"a","values":{"width":3,"description":"a name"}}`, "gate.fields.extra"},
		"place":              {func(t *agreement.Terms) { t.Place = "none" }, `{"key":"a","place":[127,37],"values":{}}`, "gate.place.extra"},
		"exact place":        {func(t *agreement.Terms) { t.Place = "grid 250" }, `{"key":"a","place":[127,37],"values":{}}`, "gate.place.finer"},
		"finer cell":         {func(t *agreement.Terms) { t.Place = "grid 250" }, `{"key":"a","place":[127,37,100],"values":{}}`, "gate.place.finer"},
		"cell in name only":  {func(t *agreement.Terms) { t.Place = "grid 250" }, `{"key":"a","place":[127.0559719,37.5132371,250],"values":{}}`, "gate.place.finer"},
		"period":             {func(t *agreement.Terms) { t.Since = date.NewDay(2018, 3, 2) }, `{"key":"a","when":"2018-03-01","values":{}}`, "gate.period.outside"},
		"no time":            {func(t *agreement.Terms) { t.Since = date.NewDay(2018, 3, 2) }, `{"key":"a","values":{}}`, "gate.period.unknown"},
		"too early":          {func(t *agreement.Terms) { t.Delay = delay }, `{"key":"a","when":"2018-03-01","values":{}}`, "gate.delay.later"},
		"instant for hour":   {func(t *agreement.Terms) { t.Time = "hour" }, `{"key":"a","when":"2018-03-01T14:00:01+09:00","values":{}}`, "gate.time.finer.hour"},
		"hour for day":       {func(t *agreement.Terms) { t.Time = "day" }, `{"key":"a","when":"2018-03-01T00:00:00+09:00","values":{}}`, "gate.time.finer.day"},
		"day for month":      {func(t *agreement.Terms) { t.Time = "month" }, `{"key":"a","when":"2018-03-01","values":{}}`, "gate.time.finer.month"},
		"month for year":     {func(t *agreement.Terms) { t.Time = "year" }, `{"key":"a","when":"2018-03","values":{}}`, "gate.time.finer.year"},
		"point for district": {func(t *agreement.Terms) { t.Fields, t.Place = []string{"district"}, "district district" }, `{"key":"a","place":[127,37,1000],"values":{"district":"x"}}`, "gate.place.extra"},
		"condition not met":  {func(t *agreement.Terms) { t.Where = asks("width", "at_least", "4") }, `{"key":"a","values":{"width":3}}`, "gate.where.fails.at_least"},
		"condition unseen":   {func(t *agreement.Terms) { t.Where = asks("width", "at_least", "4") }, `{"key":"a","values":{}}`, "gate.where.fails.at_least"},
		"closed":             {func(t *agreement.Terms) { t.Grade = agreement.Closed }, `{"key":"a","values":{}}`, "gate.grade.stays"},
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
		for _, test := range []agreement.Test{"is", "is_not", "one_of", "at_least", "at_most", "between", "known", "before", "after"} {
			if words["gate.where."+string(test)] == "" || words["gate.where.fails."+string(test)] == "" {
				t.Errorf("%s has no words for the test %s", lang, test)
			}
		}
		for _, p := range []agreement.Precision{"exact", "hour", "day", "month", "year"} {
			if words["gate.time."+string(p)] == "" || words["gate.time.finer."+string(p)] == "" {
				t.Errorf("%s has no words for the precision %s", lang, p)
			}
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
	for _, place := range []agreement.Place{"none", "exact", "grid 250", "district district"} {
		for _, grade := range []agreement.Grade{agreement.Open, agreement.Supervised, agreement.Closed} {
			terms := base()
			terms.Place, terms.Grade, terms.Delay, terms.Since, terms.Time = place, grade, delay, date.NewDay(2018, 1, 1), "month"
			terms.Fields = append(terms.Fields, "district")
			terms.Of, terms.Onward = []string{"north"}, []string{"south"}
			terms.Where = append(asks("width", "between", "1", "2"), asks("ground", "one_of", "fill", "schist")...)
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
	terms := base()
	terms.Where = append(asks("width", "between", "1", "2"), asks("district", "one_of", "{value}", "{field}")...)
	terms.Grade = agreement.Closed
	if got := Explain("en", mustCompile(t, terms).Explain()[1]); got != "Only records of which all of this holds leave: width is from 1 to 2 · district is one of {value}, {field}." {
		t.Error(got)
	}
	if got := Explain("en", Reason{Key: "gate.nothing"}); got != "⟦gate.nothing⟧" {
		t.Errorf("a missing message is %q", got)
	}
}

// TestGeometryLeavesOnlyWhereThePlaceIsExact: an outline says more of where something is than a point does.
func TestGeometryLeavesOnlyWhereThePlaceIsExact(t *testing.T) {
	d := &record.Dataset{Name: "a/b", Version: 1, Fields: []record.Field{{Name: "name", Type: record.Text}, {Name: "outline", Type: record.Geometry}}}
	for place, ok := range map[agreement.Place]bool{"exact": true, "none": false, "grid 250": false, "district name": false} {
		terms := agreement.Terms{Dataset: "a/b", Version: 1, Fields: []string{"name", "outline"}, Place: place, Grade: agreement.Open}
		if _, err := Compile(terms, d); (err == nil) != ok {
			t.Errorf("%s: %v", place, err)
		}
		terms.Fields = []string{"name"}
		if _, err := Compile(terms, d); err != nil {
			t.Errorf("%s, without the outline: %v", place, err)
		}
	}
}
