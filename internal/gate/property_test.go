package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"accord/agreement"
	"accord/internal/date"
	"accord/record"
)

var instant = time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC)

func drawTerms(t *rapid.T, d *record.Dataset) agreement.Terms {
	terms := base()
	terms.Fields = nil
	for _, f := range d.Fields {
		if rapid.Bool().Draw(t, f.Name) {
			terms.Fields = append(terms.Fields, f.Name)
		}
	}
	terms.Grade = rapid.SampledFrom([]agreement.Grade{agreement.Open, agreement.Supervised, agreement.Closed}).Draw(t, "grade")
	terms.Place = agreement.Place(rapid.SampledFrom([]string{"none", "exact", "grid"}).Draw(t, "place"))
	if terms.Place == "grid" {
		terms.Place = agreement.Place(fmt.Sprintf("grid %d", rapid.IntRange(minGrid, record.MaxGrid).Draw(t, "side")))
	}
	terms.Delay, _ = date.ParseInterval(rapid.SampledFrom([]string{"", "P1D", "P30D", "P2M", "P1Y"}).Draw(t, "delay"))
	terms.Time = agreement.Precision(rapid.SampledFrom(times).Draw(t, "time"))
	if rapid.Bool().Draw(t, "period") {
		drawPeriod(t, &terms)
	}
	if named := slices.Contains(terms.Fields, "district"); named && rapid.Bool().Draw(t, "of district") {
		terms.Place = "district district"
	}
	for range rapid.IntRange(0, 3).Draw(t, "conditions") {
		terms.Where = append(terms.Where, rapid.SampledFrom(tests).Draw(t, "where"))
	}
	return terms
}

var (
	times = []string{"", "exact", "hour", "day", "month", "year"} // the finest first
	tests = []agreement.Where{
		{Field: "district", Test: "is", Values: []string{"x"}}, {Field: "district", Test: "is_not", Values: []string{"x"}},
		{Field: "ground", Test: "one_of", Values: []string{"fill", "alluvium"}}, {Field: "width", Test: "at_least", Values: []string{"1"}},
		{Field: "width", Test: "at_least", Values: []string{"2"}}, {Field: "depth", Test: "at_most", Values: []string{"1"}},
		{Field: "deaths", Test: "between", Values: []string{"0", "3"}}, {Field: "as_of", Test: "before", Values: []string{"2019"}},
		{Field: "as_of", Test: "after", Values: []string{"2017-05"}}, {Field: "repair_method", Test: "known"},
	}
)

// drawPeriod draws a period of whole years, which suits every precision, or of days where that does.
func drawPeriod(t *rapid.T, terms *agreement.Terms) {
	terms.Since = date.NewDay(rapid.IntRange(2014, 2018).Draw(t, "from"), 1, 1)
	terms.Until = date.NewDay(rapid.IntRange(terms.Since.Year(), 2020).Draw(t, "to"), 12, 31)
	if terms.Time != "month" && terms.Time != "year" {
		terms.Since = date.NewDay(2015, 1, rapid.IntRange(1, 1000).Draw(t, "since"))
		terms.Until = terms.Since.AddDays(rapid.IntRange(0, 2000).Draw(t, "days"))
	}
}

func drawRecord(t *rapid.T, d *record.Dataset) record.Record {
	r := record.Record{Key: "a", Values: make([]record.Value, len(d.Fields)), Simulated: rapid.Bool().Draw(t, "simulated")}
	when := rapid.SampledFrom([]string{"", "2014", "2016", "2018-03", "2018-03-01", "2018-03-01T14:03:00+09:00", "2020-05-31", "2025"}).Draw(t, "when")
	if err := r.When.UnmarshalText([]byte(when)); err != nil {
		t.Fatal(err)
	}
	r.Place = drawPlace(t)
	for i, f := range d.Fields {
		if rapid.IntRange(0, 4).Draw(t, "absent "+f.Name) == 0 {
			continue
		}
		switch f.Type {
		case record.Text:
			r.Values[i] = record.TextOf("x")
		case record.Code:
			r.Values[i] = record.CodeOf(f.Codes[0])
		case record.Date:
			r.Values[i] = record.Value{Type: record.Date, Text: "2018"}
		default:
			r.Values[i] = record.Value{Type: f.Type, Num: 1}
		}
	}
	return r
}

func drawPlace(t *rapid.T) record.Place {
	if !rapid.Bool().Draw(t, "placed") {
		return record.Place{}
	}
	grid := 0
	if rapid.Bool().Draw(t, "coarse") {
		grid = rapid.IntRange(1, record.MaxGrid).Draw(t, "grid")
	}
	return record.Place{Known: true, Lon: rapid.Float64Range(-180, 180).Draw(t, "lon"), Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Grid: grid}
}

// TestGateOnlyNarrows: what leaves has no other fields than agreed, no finer place, nothing that was not in the record;
// it passes the gate again unchanged, and the receiver admits it.
func TestGateOnlyNarrows(t *testing.T) {
	d := subsidence(t)
	rapid.Check(t, func(t *rapid.T) {
		terms, in := drawTerms(t, d), drawRecord(t, d)
		g, err := Compile(terms, d)
		if err != nil {
			t.Fatal(err)
		}
		out, v := g.Apply(in, instant)
		if terms.Grade == agreement.Supervised && v.Decision == Leaves || terms.Grade == agreement.Closed && v.Decision != Stays {
			t.Fatalf("grade %s: %s", terms.Grade, v.Decision)
		}
		if v.Decision == Later && !v.Due.After(instant) {
			t.Fatalf("later is %s, and now is %s", v.Due, instant)
		}
		if v.Decision == Later || v.Decision == Stays {
			if out.Key != "" || out.Values != nil {
				t.Fatalf("%s, and yet: %+v", v.Decision, out)
			}
			return
		}
		if why := wider(out, in); why != "" {
			t.Fatal(why)
		}
		for i, f := range d.Fields {
			if named := contains(terms.Fields, f.Name); !named && !out.Value(i).IsAbsent() || named && out.Value(i) != in.Value(i) {
				t.Fatalf("field %s is %v", f.Name, out.Value(i))
			}
		}
		var side int
		if n, _ := fmt.Sscanf(string(terms.Place), "grid %d", &side); n == 1 && out.Place.Known && out.Place.Grid < side {
			t.Fatalf("a place finer than %d m: %v", side, out.Place)
		}
		if out.When != in.When && !coarser(terms.Time, in.When, out.When) {
			t.Fatalf("time %s of %s, as its %s", out.When, in.When, terms.Time)
		}
		// A condition on a field that stays cannot be asked twice.
		again, v2 := g.Apply(out, instant)
		if asked := slices.ContainsFunc(terms.Where, func(w agreement.Where) bool { return !slices.Contains(terms.Fields, w.Field) }); asked {
			if v2.Decision != Stays {
				t.Fatalf("a second time: %v, %+v", again, v2)
			}
		} else if fmt.Sprint(again) != fmt.Sprint(out) || v2.Decision != v.Decision {
			t.Fatalf("a second time: %v, %+v", again, v2)
		}
		if err := g.Admits(out, instant); err != nil {
			t.Fatal(err)
		}
	})
}

// coarser says whether out is as coarse as agreed and in lies in it. It asks the text, not the code under test.
func coarser(p agreement.Precision, in, out record.Time) bool {
	a, b := in.String(), out.String()
	switch p {
	case "hour":
		return len(b) > 19 && b[13:19] == ":00:00" && a[:13] == b[:13] && out.First().Add(time.Hour).After(in.First())
	case "day":
		return len(b) <= 10 && strings.HasPrefix(a, b)
	case "month":
		return len(b) <= 7 && strings.HasPrefix(a, b)
	case "year":
		return len(b) <= 4 && strings.HasPrefix(a, b)
	}
	return false
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// wider says what of a record is not in another, or finer than there.
func wider(out, in record.Record) string {
	for i := range out.Values {
		if v := out.Value(i); !v.IsAbsent() && v != in.Value(i) {
			return fmt.Sprintf("value %d is %v and was %v", i, v, in.Value(i))
		}
	}
	switch {
	case out.Place.Known && (!in.Place.Known || finer(out.Place, in.Place)):
		return fmt.Sprintf("place %v of %v", out.Place, in.Place)
	case out.Simulated != in.Simulated || out.When.First().After(in.When.First()) || out.Key != in.Key:
		return "key, time or simulated was changed"
	}
	return ""
}

// finer: exact is finest, then the smaller cell.
func finer(a, b record.Place) bool {
	return a.Grid == 0 && b.Grid != 0 || a.Grid != 0 && a.Grid < b.Grid
}

// TestNarrowedTermsLetOutLess: taking a field away, a coarser place, a shorter period, a longer delay or a stricter grade
// never makes anything leave that did not leave before.
func TestNarrowedTermsLetOutLess(t *testing.T) {
	d := subsidence(t)
	rapid.Check(t, func(t *rapid.T) {
		wide, in := drawTerms(t, d), drawRecord(t, d)
		narrow := narrowed(t, wide)
		g, err1 := Compile(wide, d)
		h, err2 := Compile(narrow, d)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		out, v := g.Apply(in, instant)
		less, w := h.Apply(in, instant)
		if rank[w.Decision] < rank[v.Decision] && v.Decision != Later || v.Decision == Later && rank[w.Decision] < rank[Later] {
			t.Fatalf("%s under wide terms, %s under narrow ones", v.Decision, w.Decision)
		}
		if w.Decision != Leaves && w.Decision != Waits {
			return
		}
		for i := range less.Values {
			if !less.Value(i).IsAbsent() && out.Value(i).IsAbsent() {
				t.Fatalf("field %d leaves under narrow terms only", i)
			}
		}
		if less.Place.Known && (!out.Place.Known || finer(less.Place, out.Place)) {
			t.Fatalf("place %v, under wide terms %v", less.Place, out.Place)
		}
	})
}

func narrowed(t *rapid.T, terms agreement.Terms) agreement.Terms {
	terms.Where = slices.Clone(terms.Where)
	switch rapid.IntRange(0, 6).Draw(t, "narrow") {
	case 5:
		terms.Where = append(terms.Where, rapid.SampledFrom(tests).Draw(t, "another"))
	case 6:
		if i := slices.Index(times, string(terms.Time)); i < 3 || terms.Since.IsZero() {
			terms.Time = agreement.Precision(times[min(i+1, len(times)-1)])
			if terms.Time == "month" && !terms.Since.IsZero() {
				terms.Time = "day"
			}
		}
	case 0:
		if len(terms.Fields) > 0 && terms.Fields[0] != terms.Place.District() {
			terms.Fields = terms.Fields[1:]
		}
	case 1:
		if terms.Place == "exact" {
			terms.Place = "grid 500"
		} else {
			terms.Place = "none"
		}
	case 2:
		if terms.Since.IsZero() {
			terms.Since = date.NewDay(2018, 1, 1)
		} else {
			terms.Until = date.NewDay(terms.Since.Year(), 12, 31)
			if terms.Time != "month" && terms.Time != "year" {
				terms.Until = terms.Since
			}
		}
	case 3:
		terms.Delay, _ = date.ParseInterval("P5Y")
	default:
		terms.Grade = map[agreement.Grade]agreement.Grade{agreement.Open: agreement.Supervised}[terms.Grade]
		if terms.Grade == "" {
			terms.Grade = agreement.Closed
		}
	}
	return terms
}

// TestCells: a cell's centre lies in it and is its own centre, the point is no further from it than half a diagonal, and the
// cell is no smaller than its name.
func TestCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := record.Place{Known: true, Lon: rapid.Float64Range(-180, 180).Draw(t, "lon"), Lat: rapid.Float64Range(-90, 90).Draw(t, "lat")}
		n := rapid.IntRange(minGrid, record.MaxGrid).Draw(t, "n")
		c := snap(p, n)
		if snap(c, n) != c {
			t.Fatalf("%v is in the cell of %v, which is in that of %v", p, c, snap(c, n))
		}
		if math.Abs(c.Lon) > 180 || math.Abs(c.Lat) > 90 || c.Grid != n {
			t.Fatalf("centre %v", c)
		}
		// Half a cell to the north and south of the centre is still within it, and no more than the rows' rounding beyond.
		height := 180 / math.Floor(180*degree/float64(n))
		if north := math.Abs(p.Lat - c.Lat); north > height/2+1e-6 || height*degree < float64(n) {
			t.Fatalf("%v lies %v° from the centre of a row of %v°", p, north, height)
		}
		// The neighbour's centre is at least n metres away along the parallel through the cell's narrow edge.
		east := snap(record.Place{Known: true, Lon: c.Lon + 1.01*float64(n)/(degree*math.Cos(c.Lat*math.Pi/180)), Lat: c.Lat}, n)
		if math.Abs(c.Lat) < 89 && c.Lon < 170 && east.Lon > c.Lon {
			edge := (math.Abs(c.Lat) + height/2) * math.Pi / 180
			if width := (east.Lon - c.Lon) * degree * math.Cos(edge); width < float64(n)*(1-1e-6)-0.3 {
				t.Fatalf("a cell of %d m is %v m wide", n, width)
			}
		}
	})
}
