package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func air(tb testing.TB) *Dataset {
	tb.Helper()
	d := &Dataset{}
	if err := json.Unmarshal([]byte(vector(tb, "series.json")), d); err != nil {
		tb.Fatal(err)
	}
	if err := d.Check(); err != nil {
		tb.Fatal(err)
	}
	return d
}

// runs are the observations that observations.txt shows, made by hand and not by reading it.
func runs(tb testing.TB) []Run {
	tb.Helper()
	at := func(s string, v float64, q int16) Point {
		t, err := ParseTime(s)
		if err != nil {
			tb.Fatal(err)
		}
		p, _, ok := PointAt(t, v)
		if !ok {
			tb.Fatalf("%s makes no point", s)
		}
		p.Quality = q
		return p
	}
	return []Run{
		{Name: Name{"a", 0, ByInstant}, Place: Place{Known: true, Lon: 127.05, Lat: 37.51, Grid: 250}, Simulated: true, Points: []Point{
			at("2023-12-31T23:59:59.25+09:00", 12, 0), at("2023-12-31T15:00:00Z", -0.5, 1), at("2024-02-29T00:00:00-03:30", 0.1+0.2, 0), at("2024-03-01T00:00:00.000001+14:00", 1e21, 2)}},
		{Name: Name{"a", 0, ByDay}, Points: []Point{at("1999-12-31", 1.5e-7, 0), at("2000-02-29", 3, 0)}},
		{Name: Name{"a", 1, ByMonth}, Points: []Point{at("2018-03", 0, 0)}},
		{Name: Name{`강남구 "1"`, 1, ByYear}, Points: []Point{at("2018", math.Copysign(0, -1), 0)}},
	}
}

func TestVectorsObservations(t *testing.T) {
	d := air(t)
	runs := runs(t)
	got, err := EncodeObservations(d, runs)
	if err != nil {
		t.Fatal(err)
	}
	checkVector(t, "observations.txt", string(got))
	o, err := DecodeObservations(got, lookup(d))
	if err != nil {
		t.Fatal(err)
	}
	if o.Count != 8 || fmt.Sprint(o.Runs) != fmt.Sprint(runs) {
		t.Errorf("read as %+v", o)
	}
	for _, r := range o.Runs {
		for _, p := range r.Points {
			line := string(appendPoint(nil, d, r.Step, Point{At: p.At, Offset: p.Offset, Value: p.Value}))
			if want := p.Time(r.Step).String() + " " + NumberOf(p.Value).String(); line != want {
				t.Errorf("%s, and a record would say %s", line, want)
			}
		}
	}
}

// TestObservationsRefused: each flipped bit of the vector is another valid batch or refused, and every way to say the same
// otherwise is refused.
func TestObservationsRefused(t *testing.T) {
	d := air(t)
	body := vector(t, "observations.txt")
	swap := func(old, new string) string {
		if !strings.Contains(body, old) {
			t.Fatalf("the vector has no %q", old)
		}
		return strings.Replace(body, old, new, 1)
	}
	for _, c := range []struct{ what, body string }{
		{"empty", ""}, {"no line", "x"}, {"cut", body[:len(body)-1]}, {"more", body + "2019 1\n"},
		{"a zero behind", swap(" -0.5 ", " -0.50 ")}, {"plus", swap("2023-12-31T15:00:00Z", "2023-12-31T15:00:00+00:00")},
		{"hour 24", swap("2023-12-31T15:00:00Z", "2023-12-31T24:00:00Z")}, {"30 February", swap("2000-02-29", "2000-02-30")},
		{"29 February", swap("2000-02-29", "1999-02-29")}, {"month 13", swap("2018-03 0", "2018-13 0")},
		{"order", swap("1999-12-31", "2001-12-31")}, {"equal", swap("1999-12-31", "2000-02-29")},
		{"other precision", swap("2018-03 0", "2018-03-01 0")}, {"unknown quality", swap("suspect", "suspekt")},
		{"NaN", swap("2018-03 0", "2018-03 NaN")}, {"infinite", swap("2018-03 0", "2018-03 Inf")}, {"minus zero", swap("2018-03 0", "2018-03 -0")},
		{"below its bound", swap("2018-03 0", "2018-03 -1")}, {"hexadecimal", swap("2018-03 0", "2018-03 0x1p1")},
		{"fewer", swap(`"observations":2}`, `"observations":1}`)}, {"wrong sum", swap(`"observations":8}`, `"observations":9}`)},
		{"series out of order", swap(`{"key":"a","field":"no2","times":"month"`, `{"key":"0","field":"no2","times":"month"`)},
		{"series twice", swap(`{"key":"a","field":"pm25","times":"day"`, `{"key":"a","field":"pm25","times":"instant"`)},
		{"no such field", swap(`"field":"no2"`, `"field":"no3"`)}, {"quality is no quantity", swap(`"field":"no2"`, `"field":"quality"`)},
		{"space", swap(`{"key":"a",`, `{"key": "a",`)}, {"carriage return", swap(" 3\n", " 3\r\n")}, {"offset", swap("-03:30", "-13:30")},
		{"nanoseconds", swap(".000001", ".0000011")}, {"fraction with a zero", swap("59.25", "59.250")},
	} {
		if _, err := DecodeObservations([]byte(c.body), lookup(d)); err == nil {
			t.Errorf("%s: accepted", c.what)
		}
	}
	for i := range body {
		for bit := range 8 {
			b := []byte(body)
			b[i] ^= 1 << bit
			o, err := DecodeObservations(b, lookup(d))
			if err != nil {
				continue
			}
			if again, err := EncodeObservations(d, o.Runs); err != nil || !bytes.Equal(again, b) {
				t.Fatalf("byte %d, bit %d: read and written otherwise (%v)", i, bit, err)
			}
		}
	}
}

func TestObservationsNotWritten(t *testing.T) {
	d := air(t)
	one := func(change func(r *Run)) []Run {
		r := Run{Name: Name{"a", 0, ByDay}, Points: []Point{{At: 0, Value: 1}}}
		change(&r)
		return []Run{r}
	}
	for what, rs := range map[string][]Run{
		"nothing": nil, "no points": one(func(r *Run) { r.Points = nil }), "no key": one(func(r *Run) { r.Key = "" }),
		"quality as quantity": one(func(r *Run) { r.Field = 2 }), "no such field": one(func(r *Run) { r.Field = 9 }), "no step": one(func(r *Run) { r.Step = "week" }),
		"not a number": one(func(r *Run) { r.Points[0].Value = math.NaN() }), "minus zero": one(func(r *Run) { r.Points[0].Value = math.Copysign(0, -1) }),
		"quality": one(func(r *Run) { r.Points[0].Quality = 9 }), "offset of a day": one(func(r *Run) { r.Points[0].Offset = 60 }),
		"year": one(func(r *Run) { r.Points[0].At = math.MaxInt64 }), "twice": append(one(func(*Run) {}), one(func(*Run) {})...),
		"too many": one(func(r *Run) {
			for i := range MaxPoints {
				r.Points = append(r.Points, Point{At: int64(i+1) * day, Value: 1})
			}
		}),
	} {
		if _, err := EncodeObservations(d, rs); err == nil {
			t.Errorf("%s: written", what)
		}
	}
	if _, err := EncodeObservations(things(t), one(func(*Run) {})); err == nil {
		t.Error("a dataset of records takes observations")
	}
	if _, err := EncodeBatch(d, []Record{{Key: "a"}}); err == nil {
		t.Error("a dataset of series takes records")
	}
}

// drawRuns draws observations of any kind.
func drawRuns(t *rapid.T) []Run {
	var runs []Run
	for i := range rapid.IntRange(1, 4).Draw(t, "runs") {
		r := Run{Name: Name{fmt.Sprintf("s%d", i), rapid.IntRange(0, 1).Draw(t, "field"), rapid.SampledFrom(steps).Draw(t, "step")}}
		at := time.Date(rapid.IntRange(1001, 9990).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC)
		for range rapid.IntRange(1, 20).Draw(t, "points") {
			v := rapid.Float64Range(0, 1e300).Draw(t, "value")
			var p Point
			switch r.Step {
			case ByInstant:
				at = at.Add(time.Duration(rapid.Int64Range(1, 1e12).Draw(t, "gap")) * time.Microsecond)
				p = Point{At: at.UnixMicro(), Offset: rapid.Int16Range(-720, 840).Draw(t, "offset")}
			case ByDay:
				at = at.AddDate(0, 0, rapid.IntRange(1, 400).Draw(t, "days"))
				p = Point{At: at.UnixMicro()}
			case ByMonth:
				at = at.AddDate(0, 1, 0)
				p = Point{At: at.UnixMicro()}
			case ByYear:
				at = at.AddDate(1, 0, 0)
				p = Point{At: at.UnixMicro()}
			}
			if p.At > lastMicro {
				break
			}
			p.Value, p.Quality = v, rapid.Int16Range(0, 2).Draw(t, "quality")
			r.Points = append(r.Points, p)
		}
		if len(r.Points) > 0 {
			runs = append(runs, r)
		}
	}
	return runs
}

func TestPropertyObservations(t *testing.T) {
	d := air(t)
	rapid.Check(t, func(t *rapid.T) {
		runs := drawRuns(t)
		if len(runs) == 0 {
			return
		}
		body, err := EncodeObservations(d, runs)
		if err != nil {
			t.Fatal(err)
		}
		o, err := DecodeObservations(body, lookup(d))
		if err != nil {
			t.Fatalf("%v in\n%s", err, body)
		}
		if fmt.Sprint(o.Runs) != fmt.Sprint(runs) {
			t.Fatalf("%v is read as %v", runs, o.Runs)
		}
		for _, r := range runs {
			for _, p := range r.Points {
				when := p.Time(r.Step)
				again, by, ok := PointAt(when, p.Value)
				if again.Quality = p.Quality; !ok || by != r.Step || again != p {
					t.Fatalf("%v by %s is %s and comes back as %v", p, r.Step, when, again)
				}
			}
		}
	})
}

func FuzzDecodeObservations(f *testing.F) {
	d := air(f)
	f.Add([]byte(vector(f, "observations.txt")))
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := DecodeObservations(body, lookup(d))
		if err != nil {
			return
		}
		if again, err := EncodeObservations(d, o.Runs); err != nil || !bytes.Equal(again, body) {
			t.Errorf("%s\nis written again as\n%s (%v)", body, again, err)
		}
	})
}

func BenchmarkObservations(b *testing.B) {
	d := air(b)
	r := Run{Name: Name{"a", 0, ByInstant}}
	for i := range 50_000 {
		r.Points = append(r.Points, Point{At: 1.7e15 + int64(i)*3600e6, Value: float64(i%300) / 10, Offset: 540})
	}
	body, err := EncodeObservations(d, []Run{r})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			if _, err := EncodeObservations(d, []Run{r}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*50_000/b.Elapsed().Seconds(), "observations/s")
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := DecodeObservations(body, lookup(d)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*50_000/b.Elapsed().Seconds(), "observations/s")
	})
}
