package date_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"accord/internal/date"
)

func day(t *testing.T, s string) date.Day {
	t.Helper()
	d, err := date.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDateCarriesItsPrecision(t *testing.T) {
	for text, want := range map[string]struct {
		precision   date.Precision
		first, last string
	}{
		"2022":       {date.ByYear, "2022-01-01", "2022-12-31"},
		"2020-02":    {date.ByMonth, "2020-02-01", "2020-02-29"},
		"2015-02-03": {date.ByDay, "2015-02-03", "2015-02-03"},
	} {
		d, err := date.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if d.Precision() != want.precision || d.First().String() != want.first || d.Last().String() != want.last || d.String() != text {
			t.Errorf("%s: %s from %s to %s", text, d.Precision(), d.First(), d.Last())
		}
	}
	for _, bad := range []string{"", "15-02-03", "2015-2-3", "2015-02-30", "2015-13", "0999", "2015-02-03T00:00:00Z", "２０１５", "2015-00-01", "99999"} {
		if d, err := date.Parse(bad); err == nil {
			t.Errorf("%q was read as %s", bad, d)
		}
	}
}

func TestIntervalsAreCalendarArithmetic(t *testing.T) {
	for _, c := range []struct {
		interval, from string
		num, den       int
		want           string
	}{
		{"P1Y", "2014-07-23", 1, 1, "2015-07-23"},
		{"P1Y", "2020-02-29", 1, 1, "2021-02-28"},
		{"P1M", "2015-01-31", 1, 1, "2015-02-28"},
		{"P2Y", "2013-10-20", 5, 4, "2016-04-20"},
		{"P6M", "2015-02-02", 5, 4, "2015-09-17"},
		{"P3M", "2015-11-30", 5, 4, "2016-03-22"}, // 29 February and three quarters of the 30 days to 30 March
		{"P30D", "2015-02-02", 5, 4, "2015-03-11"},
		{"P4Y", "2016-02-29", 2, 1, "2024-02-29"},
	} {
		i, err := date.ParseInterval(c.interval)
		if err != nil {
			t.Fatal(err)
		}
		if got := i.Times(day(t, c.from), c.num, c.den).String(); got != c.want {
			t.Errorf("%s from %s times %d/%d: %s, want %s", c.interval, c.from, c.num, c.den, got, c.want)
		}
	}
	for _, bad := range []string{"", "P", "PY", "P0Y", "P1", "1Y", "P-1Y", "P1Y2M", "P1000Y", "P1W", "p1y", "P01Y"} {
		if i, err := date.ParseInterval(bad); err == nil {
			t.Errorf("%q was read as %s", bad, i)
		}
	}
}

func TestDaysAndText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 400_000).Draw(t, "days")
		d := date.NewDay(1000, time.January, 1).AddDays(n)
		if got := d.Sub(date.NewDay(1000, time.January, 1)); got != n {
			t.Fatalf("%d days became %d", n, got)
		}
		again, err := date.ParseDay(d.String())
		if err != nil || again != d {
			t.Fatalf("%s became %s (%v)", d, again, err)
		}
		m := rapid.IntRange(-1200, 1200).Draw(t, "months")
		if later := d.AddMonths(m); later.DayOfMonth() > d.DayOfMonth() {
			t.Fatalf("%s and %d months is %s", d, m, later)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2015", "2015-02", "2015-02-03", "P1Y", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := date.Parse(s); err == nil && d.String() != s {
			t.Errorf("%q became %q", s, d)
		}
		if i, err := date.ParseInterval(s); err == nil && i.String() != s {
			t.Errorf("%q became %q", s, i)
		}
	})
}
