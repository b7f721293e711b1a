package gate

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/fault"
	"accord/record"
)

// grouped are terms that let out yearly tables of districts by ground, with the injured.
func grouped() agreement.Terms {
	return agreement.Terms{Dataset: "safety/subsidence", Version: 1, Place: "none", Grade: agreement.Open, Since: date.NewDay(2018, 1, 1),
		Groups: &agreement.Groups{By: []string{"district", "ground"}, Sums: []string{"injuries"}, Step: agreement.ByYear, Least: 5}}
}

// one is a record of a district and a ground, with so many injured.
func one(tb testing.TB, n int, when, district, ground string, injured int64) record.Record {
	d := subsidence(tb)
	r := record.Record{Key: fmt.Sprint(n), Place: record.Place{Known: true, Lon: 127, Lat: 37}, Values: make([]record.Value, len(d.Fields))}
	r.When, _ = record.ParseTime(when)
	r.Values[d.Index("district")] = record.TextOf(district)
	r.Values[d.Index("ground")] = record.CodeOf(ground)
	r.Values[d.Index("injuries")] = record.IntegerOf(injured)
	r.Values[d.Index("description")] = record.TextOf("a name")
	return r
}

var closed = time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC)

// cells writes a table as district/ground=count,injured lines, a blank one as #.
func cells(g *Gate, rows []record.Record) string {
	var b strings.Builder
	d := g.Dataset()
	for i := range rows {
		v := func(name string) record.Value { return rows[i].Value(d.Index(name)) }
		held := fmt.Sprintf("%v,%v", v("count"), v("sum_injuries"))
		if v("blank").Bool() {
			held = "#"
		}
		fmt.Fprintf(&b, "%v/%v(%v)=%s ", v("district"), v("ground"), v("totals"), held)
	}
	return strings.TrimSpace(b.String())
}

// few fills a table: 3 in the north on fill, and enough elsewhere.
func few(tb testing.TB) (all []record.Record) {
	for _, c := range []struct {
		n                int
		district, ground string
	}{{3, "north", "fill"}, {20, "north", "schist"}, {9, "south", "fill"}, {12, "south", "schist"}, {30, "west", "fill"}, {40, "west", "schist"}} {
		for range c.n {
			all = append(all, one(tb, len(all), "2018-03-01", c.district, c.ground, 1))
		}
	}
	return all
}

func mustTable(tb testing.TB, g *Gate, records, before []record.Record) []record.Record {
	tb.Helper()
	tally := g.Tally()
	for i := range records {
		tally.Add(&records[i])
	}
	rows, err := tally.Table(g.Closed(closed)[0], before)
	if err != nil {
		tb.Fatal(err)
	}
	if err := g.AdmitsAll(rows, closed); err != nil {
		tb.Fatalf("the receiver does not admit what left: %v", err)
	}
	return rows
}

func TestTable(t *testing.T) {
	g := mustCompile(t, grouped())
	rows := mustTable(t, g, few(t), nil)
	want := "north/fill()=# north/schist()=# north/(ground)=23,23 south/fill()=# south/schist()=# south/(ground)=21,21 " +
		"west/fill()=30,30 west/schist()=40,40 west/(ground)=70,70 /fill(district)=42,42 /schist(district)=72,72 /(district ground)=114,114"
	if got := cells(g, rows); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	body, err := record.EncodeBatch(g.Dataset(), rows)
	if err != nil || strings.Contains(string(body), "name") || strings.Contains(string(body), "127") {
		t.Errorf("%s, %v", body, err)
	}
	if want, err := os.ReadFile("testdata/table.jsonl"); err != nil || string(body) != string(want) {
		t.Errorf("the table is not testdata/table.jsonl byte for byte (%v):\n%s", err, body)
	}
	if out, v := g.Apply(few(t)[0], closed); v.Decision != Stays || out.Key != "" {
		t.Errorf("a record: %+v", v)
	}
}

// TestTableCounts: what is not within the period, or may not be, or does not meet the conditions is not counted.
func TestTableCounts(t *testing.T) {
	terms := grouped()
	terms.Groups.By, terms.Groups.Sums = []string{"ground"}, nil
	terms.Where = asks("injuries", "at_least", "1")
	g := mustCompile(t, terms)
	records := []record.Record{one(t, 1, "2018-03", "x", "fill", 1), one(t, 2, "2018", "x", "fill", 1), one(t, 3, "2018-12-31T23:00:00-09:00", "x", "fill", 1),
		one(t, 4, "2018-05-05", "x", "fill", 1), one(t, 5, "2018-05-05", "x", "fill", 1)}
	for i, c := range []struct {
		when    string
		injured int64
	}{{"2017-12-31", 1}, {"2019", 1}, {"2018-03-01", 0}, {"", 1}} {
		records = append(records, one(t, 10+i, c.when, "x", "fill", c.injured))
	}
	if got := cells(g, mustTable(t, g, records, nil)); got != "/fill()=5, /(ground)=5," {
		t.Error(got)
	}
	if got := cells(g, mustTable(t, g, nil, nil)); got != "/()=0, /(ground)=0," {
		t.Errorf("nothing at all: %s", got)
	}
	records[0].Simulated = true
	for _, r := range mustTable(t, g, records, nil) {
		if !r.Simulated {
			t.Error("a table of simulated records does not say so")
		}
	}
}

func TestClosed(t *testing.T) {
	delay, _ := date.ParseInterval("P30D")
	for _, c := range []struct {
		step        agreement.Precision
		until       string
		now         string
		first, last string
		n           int
	}{
		{"year", "", "2019-01-31T11:59:59Z", "", "", 0},
		{"year", "", "2019-01-31T12:00:00Z", "2018", "2018", 1},
		{"month", "", "2018-04-29T12:00:00Z", "2018-01", "2018-02", 2},
		{"month", "2018-02-28", "2030-01-01T00:00:00Z", "2018-01", "2018-02", 2},
		{"", "2018-04-10", "2018-05-11T11:59:59Z", "", "", 0},
		{"", "2018-04-10", "2018-05-11T12:00:00Z", "2018-01-01/2018-04-10", "2018-01-01/2018-04-10", 1},
	} {
		terms := grouped()
		terms.Groups.Step, terms.Delay = c.step, delay
		terms.Until, _ = date.ParseDay(c.until)
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		spans := mustCompile(t, terms).Closed(now)
		if len(spans) != c.n {
			// The first table of a month needs its own delay.
			t.Errorf("%+v: %v", c, spans)
			continue
		}
		if c.n > 0 && (spans[0].Name != c.first || spans[c.n-1].Name != c.last) {
			t.Errorf("%+v: %v", c, spans)
		}
	}
}

func TestGroupsRefuse(t *testing.T) {
	for name, change := range map[string]func(*agreement.Terms){
		"no field":       func(t *agreement.Terms) { t.Groups.By = nil },
		"unknown field":  func(t *agreement.Terms) { t.Groups.By = []string{"colour"} },
		"number":         func(t *agreement.Terms) { t.Groups.By = []string{"width"} },
		"unknown sum":    func(t *agreement.Terms) { t.Groups.Sums = []string{"colour"} },
		"sum of metres":  func(t *agreement.Terms) { t.Groups.Sums = []string{"width"} },
		"fields":         func(t *agreement.Terms) { t.Fields = []string{"width"} },
		"point":          func(t *agreement.Terms) { t.Place = "grid 250" },
		"other district": func(t *agreement.Terms) { t.Place = "district neighbourhood" },
		"time":           func(t *agreement.Terms) { t.Time = "year" },
		"too small":      func(t *agreement.Terms) { t.Groups.Least = 2 },
		"step":           func(t *agreement.Terms) { t.Groups.Step = "day" },
		"no beginning":   func(t *agreement.Terms) { t.Since = date.Day{} },
		"no end":         func(t *agreement.Terms) { t.Groups.Step = "" },
		"half a year":    func(t *agreement.Terms) { t.Since = date.NewDay(2018, 2, 1) },
		"grade":          func(t *agreement.Terms) { t.Grade = "" },
		"where":          func(t *agreement.Terms) { t.Where = asks("colour", "known") },
	} {
		terms := grouped()
		change(&terms)
		if g, err := Compile(terms, subsidence(t)); fault.KindOf(err) != fault.Invalid || g != nil {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestAdmitsNoWiderTable: every single thing that a table could say more is refused.
func TestAdmitsNoWiderTable(t *testing.T) {
	g := mustCompile(t, grouped())
	d := g.Dataset()
	at := func(rows []record.Record, district, ground string) *record.Record {
		for i := range rows {
			if rows[i].Value(d.Index("district")).Text == district && rows[i].Value(d.Index("ground")).Text == ground {
				return &rows[i]
			}
		}
		t.Fatal("no such cell")
		return nil
	}
	set := func(r *record.Record, name string, v record.Value) { r.Values[d.Index(name)] = v }
	for name, c := range map[string]struct {
		change func(rows []record.Record) []record.Record
		where  string
	}{
		"place":      {func(r []record.Record) []record.Record { r[0].Place = record.Place{Known: true}; return r }, "gate.place.extra"},
		"field":      {func(r []record.Record) []record.Record { set(&r[0], "address", record.TextOf("x")); return r }, "gate.fields.extra"},
		"other sum":  {func(r []record.Record) []record.Record { set(&r[6], "sum_deaths", record.IntegerOf(9)); return r }, "gate.fields.extra"},
		"month":      {func(r []record.Record) []record.Record { r[0].When, _ = record.ParseTime("2018-03"); return r }, "gate.groups.period"},
		"before":     {func(r []record.Record) []record.Record { r[0].When, _ = record.ParseTime("2017"); return r }, "gate.groups.period"},
		"still open": {func(r []record.Record) []record.Record { r[0].When, _ = record.ParseTime("2020"); return r }, "gate.groups.open"},
		"key":        {func(r []record.Record) []record.Record { r[0].Key = "20180001"; return r }, "gate.groups.place"},
		"small": {func(r []record.Record) []record.Record {
			set(at(r, "west", "fill"), "count", record.IntegerOf(4))
			return r
		}, "gate.groups.small"},
		"small sum": {func(r []record.Record) []record.Record {
			set(at(r, "west", "fill"), "sum_injuries", record.IntegerOf(1))
			return r
		}, "gate.groups.small"},
		"blank half": {func(r []record.Record) []record.Record {
			set(at(r, "north", "fill"), "sum_injuries", record.IntegerOf(7))
			return r
		}, "gate.groups.blank"},
		"not blank": {func(r []record.Record) []record.Record {
			set(at(r, "west", "fill"), "blank", record.BoolOf(false))
			return r
		}, "gate.groups.blank"},
		"no count":  {func(r []record.Record) []record.Record { set(at(r, "west", "fill"), "count", record.Value{}); return r }, "gate.groups.blank"},
		"cell less": {func(r []record.Record) []record.Record { return r[1:] }, "gate.groups.table"},
		"false total": {func(r []record.Record) []record.Record {
			set(at(r, "west", ""), "count", record.IntegerOf(71))
			return r
		}, "gate.groups.table"},
		"alone": {func(r []record.Record) []record.Record {
			for _, ground := range []string{"schist"} {
				set(at(r, "south", ground), "blank", record.Value{})
				set(at(r, "south", ground), "count", record.IntegerOf(12))
				set(at(r, "south", ground), "sum_injuries", record.IntegerOf(12))
			}
			return r
		}, "gate.groups.alone"},
	} {
		rows := c.change(mustTable(t, g, few(t), nil))
		if err := g.AdmitsAll(rows, closed); fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), c.where) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestLaterTables: a table that has left is followed only by one whose difference tells of nobody; what was blank stays blank.
func TestLaterTables(t *testing.T) {
	g := mustCompile(t, grouped())
	records := few(t)
	first := mustTable(t, g, records, nil)
	if _, ok := g.Differs(first, first); !ok {
		t.Error("the same table differs")
	}
	more := append(few(t), one(t, 1000, "2018-04-01", "west", "fill", 1))
	if why, ok := g.Differs(first, mustTable(t, g, more, first)); ok || why.Key != "gate.groups.difference" {
		t.Error("one more record is given away")
	}
	for i := range 5 { // in the north on fill there are enough by now, and still the cell tells of the three before
		more = append(more, one(t, 2000+i, "2018-04-01", "north", "fill", 1))
	}
	for i := range 5 {
		more = append(more, one(t, 3000+i, "2018-04-01", "west", "fill", 1))
	}
	later := mustTable(t, g, more, first)
	if _, ok := g.Differs(first, later); !ok {
		t.Error("enough more records are held back")
	}
	if got := cells(g, later); !strings.HasPrefix(got, "north/fill()=# north/schist()=# north/(ground)=28,28") {
		t.Error(got)
	}
	gone := mustTable(t, g, nil, first)
	if len(gone) != len(first) {
		t.Errorf("%d cells of %d are corrected", len(gone), len(first))
	}
}

// TestTablesAreAdmitted: whatever the records, the receiver admits the table, and no cell shown is small or false.
func TestTablesAreAdmitted(t *testing.T) {
	d := subsidence(t)
	rapid.Check(t, func(rt *rapid.T) {
		terms := grouped()
		terms.Groups.By = rapid.SampledFrom([][]string{{"district"}, {"ground", "district"}, {"district", "ground", "repair_status"}}).Draw(rt, "by")
		terms.Groups.Least = rapid.IntRange(3, 8).Draw(rt, "least")
		if rapid.Bool().Draw(rt, "no sums") {
			terms.Groups.Sums = nil
		}
		g, err := Compile(terms, d)
		if err != nil {
			rt.Fatal(err)
		}
		tally := g.Tally()
		n := rapid.IntRange(0, 60).Draw(rt, "records")
		for i := range n {
			r := one(t, i, "2018-03-01", rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(rt, "district"), rapid.SampledFrom([]string{"", "fill", "schist"}).Draw(rt, "ground"), rapid.Int64Range(0, 3).Draw(rt, "injured"))
			r.Values[d.Index("repair_status")] = record.CodeOf(rapid.SampledFrom([]string{"", "repaired", "temporary"}).Draw(rt, "status"))
			tally.Add(&r)
		}
		rows, err := tally.Table(g.Closed(closed)[0], nil)
		if err != nil {
			rt.Fatal(err)
		}
		if err := g.AdmitsAll(rows, closed); err != nil {
			rt.Fatal(err, cells(g, rows))
		}
		body, err := record.EncodeBatch(g.Dataset(), rows)
		if err != nil {
			rt.Fatal(err)
		}
		if _, err := record.DecodeBatch(body, func(string, int) (*record.Dataset, bool) { return g.Dataset(), true }); err != nil {
			rt.Fatal(err)
		}
		last := rows[len(rows)-1] // the total over everything
		if v := last.Value(g.groups.count); !v.IsAbsent() && int(v.Num) != n || v.IsAbsent() && n == 0 {
			rt.Fatalf("%v of %d records", v, n)
		}
	})
}

func TestGroupsExplain(t *testing.T) {
	for _, step := range []agreement.Precision{"", "month", "year"} {
		terms := grouped()
		terms.Groups.Step, terms.Until, terms.Where = step, date.NewDay(2018, 12, 31), asks("width", "known")
		for _, r := range mustCompile(t, terms).Explain() {
			for _, lang := range []string{"en", "ko", "ja"} {
				if s := Explain(lang, r); strings.ContainsAny(s, "⟦{") {
					t.Errorf("%s: %s", lang, s)
				}
			}
		}
	}
	for lang, words := range catalogue {
		if words[groupsLabel] == "" {
			t.Errorf("%s has no name for groups", lang)
		}
	}
}
