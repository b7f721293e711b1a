package record

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"accord/internal/date"
)

func drawText(limit int) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune("aZ09 \"\\/\t\n\r가漢é\u2028😀")), 1, limit, -1)
}

func drawTime(t *rapid.T) Time {
	day := date.NewDay(rapid.IntRange(1001, 9998).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day"))
	switch rapid.IntRange(0, 3).Draw(t, "precision") {
	case 0:
		return Time{}
	case 1:
		return OnDate(date.OnDay(day))
	case 2:
		d, err := date.Parse(day.String()[:rapid.SampledFrom([]int{4, 7}).Draw(t, "length")])
		if err != nil {
			t.Fatal(err)
		}
		return OnDate(d)
	default:
		zone := time.FixedZone("", 60*rapid.IntRange(-12*60, 14*60).Draw(t, "offset"))
		return At(day.Time().Add(time.Duration(rapid.Int64Range(0, 86_400_000_000_000-1).Draw(t, "nanoseconds"))).In(zone))
	}
}

func drawRecord(t *rapid.T, d *Dataset) Record {
	r := Record{Key: drawText(20).Draw(t, "key"), When: drawTime(t), Simulated: rapid.Bool().Draw(t, "simulated")}
	if rapid.Bool().Draw(t, "placed") {
		r.Place = Place{true, rapid.Float64Range(-180, 180).Draw(t, "lon"), rapid.Float64Range(-90, 90).Draw(t, "lat"), rapid.IntRange(0, MaxGrid).Draw(t, "grid")}
	}
	all := []Value{
		TextOf(drawText(50).Draw(t, "label")),
		IntegerOf(rapid.Int64Range(0, 1<<53-1).Draw(t, "count")),
		NumberOf(rapid.Float64Range(-1000, 1e300).Draw(t, "width")),
		DateOf(drawTime(t).Date()),
		CodeOf(rapid.SampledFrom(d.Fields[4].Codes).Draw(t, "state")),
		BoolOf(rapid.Bool().Draw(t, "checked")),
	}
	for i := range all {
		if rapid.Bool().Draw(t, "absent") {
			all[i] = Value{}
		}
	}
	r.Values = all
	return r
}

// TestRoundTrip: every possible record has one row, the row is JSON, and reading it gives the record.
func TestRoundTrip(t *testing.T) {
	d := things(t)
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecord(t, d)
		if p := d.check(&r); p != nil {
			t.Fatalf("drawn record: %v", p)
		}
		row := AppendRow(nil, d, &r)
		if !json.Valid(row) {
			t.Fatalf("not JSON: %s", row)
		}
		var back Record
		if err := ParseRow(d, row, &back); err != nil {
			t.Fatalf("%s: %v", row, err)
		}
		if fmt.Sprint(back) != fmt.Sprint(r) && string(AppendRow(nil, d, &back)) != string(row) {
			t.Fatalf("got %v, want %v", back, r)
		}
		if back.When != r.When || back.Place != r.Place || back.Simulated != r.Simulated || back.Key != r.Key {
			t.Fatalf("got %v, want %v", back, r)
		}
	})
}

// TestNumbersReadBack: the text of every double is that double again, and the one encoding/json writes.
func TestNumbersReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		if math.IsNaN(f) || math.IsInf(f, 0) || f == 0 {
			return
		}
		want, err := json.Marshal(f)
		if got := appendNumber(nil, f); err != nil || string(got) != string(want) {
			t.Fatalf("%x is %s, want %s", math.Float64bits(f), got, want)
		}
	})
}
