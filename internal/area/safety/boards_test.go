package safety

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/content"
	"accord/internal/area"
	"accord/internal/date"
	"accord/internal/scale"
	"accord/record"
)

var today = date.NewDay(2026, 6, 15)

// rainOnly stands for another area's dataset with rain in it.
var rainOnly = record.Dataset{Name: "environment/weather", Version: 1, Kind: record.Series, Fields: []record.Field{{Name: "temperature", Type: record.Number}, {Name: "rain", Type: record.Number}}}

func input(t *testing.T, own, other area.Side) *area.Input {
	t.Helper()
	book, err := scale.Read(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	own.Party, other.Party = "own", "other"
	return &area.Input{Sides: []area.Side{own, other}, Scales: book, Today: today,
		Datasets: map[string]*record.Dataset{"environment/weather": &rainOnly, "safety/river": &river, "safety/subsidence": &subsidence, "safety/condition": &condition}}
}

// figures makes a board and checks that each figure uses only words that it lists.
func figures(t *testing.T, b area.Board, in *area.Input) map[string]area.Figure {
	t.Helper()
	all, err := b.Make(in)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]area.Figure{}
	for i := range all {
		for _, p := range b.Problems(&all[i]) {
			t.Error(p)
		}
		out[all[i].ID] = all[i]
	}
	return out
}

// text writes a table for comparing.
func text(f area.Figure) string {
	var b strings.Builder
	for _, row := range f.Rows {
		for i, c := range row {
			if i > 0 {
				b.WriteString(" | ")
			}
			switch c.Kind {
			case area.IsWord:
				b.WriteString(c.Word[strings.LastIndex(c.Word, ".")+1:])
			case area.IsSaid:
				b.WriteString(c.Said.In("en"))
			case area.IsText:
				b.WriteString(c.Text)
			case area.IsDate:
				b.WriteString(c.Date.String())
			case area.IsNumber:
				fmt.Fprintf(&b, "%.*f", c.Digits, c.Number)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func notes(f area.Figure) (words []string) {
	for _, n := range f.Notes {
		words = append(words, n.Word)
	}
	return words
}

func hole(key, day string, width, length, depth float64, injured int64, place record.Place) record.Record {
	r := record.Record{Key: key, Place: place, Values: make([]record.Value, len(subsidence.Fields))}
	d, err := date.Parse(day)
	if err != nil {
		panic(err)
	}
	r.When = record.OnDate(d)
	set := func(field string, x float64) {
		if x >= 0 {
			r.Values[subsidence.Index(field)] = record.NumberOf(x)
		}
	}
	set("width", width)
	set("length", length)
	set("depth", depth)
	r.Values[subsidence.Index("injuries")] = record.IntegerOf(injured)
	return r
}

func at(lat, lon float64, grid int) record.Place {
	return record.Place{Known: true, Lat: lat, Lon: lon, Grid: grid}
}

func TestSinkholes(t *testing.T) {
	own := area.Side{Records: map[string][]record.Record{"safety/subsidence": {
		hole("a", "2026-06-01", 1, 1, 0.2, 0, at(37.5, 127, 0)),         // just large enough
		hole("b", "2026-05-01", 0.5, 0.5, 0.9, 0, at(37.5, 127.001, 0)), // below
		hole("c", "2026-05-02", 0.5, 0.5, 0.9, 1, at(37.5, 127.001, 0)), // below, but somebody was hurt
		hole("d", "2025-06-15", 0.5, 0.5, 1, 0, at(37.501, 127, 0)),     // deep enough, a year ago to the day
		hole("e", "2026-01", -1, -1, -1, 0, at(37.6, 127.1, 0)),         // nobody says how large
	}}}
	other := area.Side{Records: map[string][]record.Record{"safety/subsidence": {
		hole("x", "2026-06-20", 2, 2, 2, 0, at(35.7, 139.7, 250)), // after today: known, not of the last year
		hole("y", "2024-06-30", 2, 2, 2, 0, record.Place{}),
	}}}
	got := figures(t, sinkholes, input(t, own, other))
	want := "known | 5 | 2\nabove | 3 | 2\nbelow | 1 | 0\nuntold | 1 | 0\nyear | 2 | 0\ndeaths | 0 | 0\ninjuries | 1 | 0\n"
	if s := text(got["counts"]); s != want {
		t.Errorf("counts:\n%swant\n%s", s, want)
	}
	if s := text(got["places"]); !strings.Contains(s, "| 1 | 3 | 37.5003 | 127.0003 | 2025-06-15 | 2026-06-01") {
		t.Errorf("clusters:\n%s", s)
	}
	monthly := text(got["monthly"])
	for _, line := range []string{"2023-07 | 0 | 0\n", "2024-06 | 0 | 1\n", "2025-06 | 1 | 0\n", "2026-05 | 1 | 0\n", "2026-06 | 1 | 1\n"} {
		if !strings.Contains(monthly, line) {
			t.Errorf("by month lacks %q:\n%s", line, monthly)
		}
	}
	if !slices.Contains(notes(got["places"]), "cells") || len(got["places"].Layers) != 2 {
		t.Errorf("the map says %v and has %d layers", notes(got["places"]), len(got["places"].Layers))
	}
	sum := 0.0
	for _, c := range got["places"].Layers[0].Cells {
		sum += c.Value
		if c.Level < 1 || c.Level > 5 {
			t.Errorf("a cell has the level %d", c.Level)
		}
	}
	if !(sum > 0) {
		t.Error("the density is nothing")
	}
}

// Without a floor counts do not compare, and the board says so.
func TestSinkholesWithoutFloor(t *testing.T) {
	in := input(t, area.Side{}, area.Side{})
	in.Scales = &scale.Book{}
	got := figures(t, sinkholes, in)
	if got["counts"].Comparable || !slices.Contains(notes(got["counts"]), "no_floor") {
		t.Errorf("compares without a floor: %v", notes(got["counts"]))
	}
}

func inspected1(structure, kind, scale, day, grade string) record.Record {
	d, err := date.Parse(day)
	if err != nil {
		panic(err)
	}
	r := record.Record{Key: structure + "@" + day, When: record.OnDate(d), Values: make([]record.Value, len(condition.Fields))}
	for field, v := range map[string]record.Value{"structure": record.TextOf(structure), "kind": record.CodeOf(kind), "scale": record.TextOf(scale), "grade": record.TextOf(grade)} {
		r.Values[condition.Index(field)] = v
	}
	return r
}

func TestStructures(t *testing.T) {
	own := area.Side{Records: map[string][]record.Record{"safety/condition": {
		inspected1("s2", "bridge", "kr-safety-grade", "2024-03-01", "C"),
		inspected1("s1", "bridge", "kr-safety-grade", "2024-03-01", "D"),
		inspected1("s1", "bridge", "kr-safety-grade", "2026-03-01", "A"), // the latest counts
		inspected1("s3", "building", "kr-safety-grade", "2025-03-01", "B"),
		inspected1("s4", "bridge", "a-scale-of-mars", "2025-03-01", "B"),
	}}}
	other := area.Side{Records: map[string][]record.Record{"safety/condition": {
		inspected1("t1", "tunnel", "jp-soundness", "2023-03-01", "II"),
		inspected1("t2", "building", "jp-soundness", "2023-03-01", "II"), // the scale is not for buildings
	}}}
	in := input(t, own, other)
	got := figures(t, structures, in)
	want := "no action | 1 | 0\npreventive | 0 | 1\nearly | 0 | 0\nurgent or closed | 0 | 0\nundetermined | 2 | 0\nunread | 1 | 1\n"
	if s := text(got["actions"]); s != want {
		t.Errorf("actions:\n%swant\n%s", s, want)
	}
	in.Lens = "jp-soundness"
	lensed := figures(t, structures, in)
	want = "I sound | 1 | 0\nII preventive maintenance | 0 | 2\nIII early action | 0 | 0\nIV urgent action | 0 | 0\nundetermined | 1 | 0\nunread | 2 | 0\n" // its own scale needs no reading
	if s := text(lensed["actions"]); s != want {
		t.Errorf("on the other's scale:\n%swant\n%s", s, want)
	}
	if s := text(lensed["grades"]); !strings.Contains(s, "I sound / II preventive maintenance") {
		t.Errorf("grades:\n%s", s)
	}
	in.Lens = "no-such-scale"
	if _, err := structures.Make(in); err == nil {
		t.Error("a lens that is no scale was taken")
	}
}

// Rates found from inspections at unequal distances are those they were drawn with.
func TestAgeing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var all []record.Record
	grades := []string{"A", "B", "C", "D", "E"}
	for s := range 600 {
		grade, day := 0, date.NewDay(2000, 1, 1)
		for range 4 {
			all = append(all, inspected1(fmt.Sprint("s", s), "bridge", "kr-safety-grade", day.String(), grades[grade]))
			gap := 300 + random.IntN(900)
			for left := float64(gap) / 365.25; grade < 4; grade++ {
				if left -= random.ExpFloat64() / 0.2; left < 0 {
					break
				}
			}
			day = day.AddDays(gap)
		}
	}
	got := figures(t, structures, input(t, area.Side{Records: map[string][]record.Record{"safety/condition": all}}, area.Side{}))
	rows := got["ageing"].Rows
	if len(rows) != 4 {
		t.Fatalf("ageing:\n%s", text(got["ageing"]))
	}
	for _, row := range rows[:3] {
		if math.Abs(row[3].Number-0.2) > 3*0.2/math.Sqrt(0.3*row[2].Number) {
			t.Errorf("the rate is %v, it was drawn with 0.2:\n%s", row[3].Number, text(got["ageing"]))
		}
	}
}

func daily(from date.Day, values []float64) record.Run {
	r := record.Run{Name: record.Name{Key: "station", Field: 1, Step: record.ByDay}}
	for i, v := range values {
		r.Points = append(r.Points, record.Point{At: from.AddDays(i).Time().UnixMicro(), Value: v})
	}
	return r
}

func TestFloodReturns(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	from := date.NewDay(1990, 1, 1)
	values := make([]float64, date.NewDay(2026, 1, 1).Sub(from))
	for i := range values {
		if random.Float64() < 0.3 {
			values[i] = random.ExpFloat64() * 20
		}
	}
	side := area.Side{Series: map[string][]record.Run{"environment/weather": {daily(from, values)}}}
	few := area.Side{Series: map[string][]record.Run{"environment/weather": {daily(date.NewDay(2020, 1, 1), make([]float64, 1000))}}}
	got := figures(t, floods, input(t, side, few))
	rows := got["returns"].Rows
	if len(rows) != len(returnPeriods) || len(rows[0]) != 3 {
		t.Fatalf("returns:\n%s", text(got["returns"]))
	}
	for i, row := range rows[1:] {
		if row[1].Number <= rows[i][1].Number || row[2].Number <= rows[i][2].Number {
			t.Errorf("a rarer rain is not larger:\n%s", text(got["returns"]))
		}
	}
	if !slices.Contains(notes(got["returns"]), "few_years") || !slices.Contains(notes(got["returns"]), "station_years") {
		t.Errorf("notes: %v", notes(got["returns"]))
	}
	// 30 % of the days with 20 mm on average
	if june := got["rain"].Rows[5]; math.Abs(june[1].Number-30*0.3*20) > 40 || june[2].Kind != area.IsNumber || june[2].Number != 0 {
		t.Errorf("June: %v", june)
	}
	if s := text(got["design"]); !strings.Contains(s, "1.0 | 110 | 2022-12-29 |  | yes") {
		t.Errorf("design rainfall:\n%s", s)
	}
}

func TestFloodEvent(t *testing.T) {
	start := time.Date(2020, 8, 1, 0, 0, 0, 0, time.UTC)
	gauge := record.Run{Name: record.Name{Key: "bridge", Field: river.Index("level_gauge"), Step: record.ByInstant}}
	flow := record.Run{Name: record.Name{Key: "bridge", Field: river.Index("flow"), Step: record.ByInstant}}
	for i := range 6 * 24 * 10 { // every ten minutes for ten days; the crest on the sixth
		when := start.Add(time.Duration(i) * 10 * time.Minute).UnixMicro()
		gauge.Points = append(gauge.Points, record.Point{At: when, Value: 200 + 600*math.Exp(-math.Pow(float64(i-6*24*5)/200, 2))})
		flow.Points = append(flow.Points, record.Point{At: when, Value: 1e6})
	}
	side := area.Side{Series: map[string][]record.Run{"safety/river": {flow, gauge}}}
	in := input(t, side, area.Side{})
	got := figures(t, floods, in)["event"]
	if len(got.Rows) != hoursBefore+hoursAfter || got.Rows[0][1].Number != 0 {
		t.Fatalf("event:\n%s", text(got))
	}
	crest := got.Rows[hoursBefore]
	if crest[0].Number != 0 || math.Abs(crest[1].Number-(600-600*math.Exp(-math.Pow(139.0/200, 2)))/100) > 0.02 {
		t.Errorf("crest: %v", crest)
	}
	if !slices.Contains(notes(got), "no_levels") {
		t.Errorf("notes: %v", notes(got))
	}
	in.From, in.Until = date.NewDay(2021, 1, 1), date.NewDay(2021, 2, 1)
	if got := figures(t, floods, in)["event"]; len(got.Rows) != 0 {
		t.Error("an event outside the time asked for")
	}
}
