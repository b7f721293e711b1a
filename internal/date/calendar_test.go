package date_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"accord/internal/date"
	"accord/internal/vectortest"
)

// vectors reads a file of independent results.
func vectors(t *testing.T, name string) []vectortest.Row {
	t.Helper()
	return vectortest.CSV(t, vectortest.Files(t, "codes_calendar", name)[0])
}

func TestVectorsJapaneseEra(t *testing.T) {
	for _, r := range vectors(t, "japanese_era.csv") {
		d := day(t, r["gregorian"])
		e, year, ok := date.JapaneseEra(d)
		if !ok || e.Name != r["era"] || fmt.Sprint(year, int(d.Month()), d.DayOfMonth()) != r["era_year"]+" "+r["month"]+" "+r["day"] {
			t.Errorf("%v: %s %d", r, e.Name, year)
		}
		if back, err := date.OfEra(e.Name, year); err != nil || back != d.Year() {
			t.Errorf("%s %d is %d, %v", e.Name, year, back, err)
		}
	}
}

func TestVectorsKoreanLunar(t *testing.T) {
	for _, r := range vectors(t, "korean_lunar.csv") {
		l, err := date.KoreanLunar(day(t, r["gregorian"]))
		month := strconv.Itoa(l.Month)
		if l.Leap {
			month += "bis"
		}
		if err != nil || fmt.Sprint(l.Year, " ", month, " ", l.Day) != r["related_year"]+" "+r["lunar_month"]+" "+r["lunar_day"] {
			t.Errorf("%v: %+v, %v", r, l, err)
		}
	}
}

// TestVectorsTimeZones: the offsets of the past too, with the zones that the program carries along.
func TestVectorsTimeZones(t *testing.T) {
	for _, r := range vectors(t, "timezones.csv") {
		at, err := time.Parse(time.RFC3339, r["utc"])
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation(r["zone"])
		if err != nil {
			t.Fatal(err)
		}
		local := at.In(zone)
		name, offset := local.Zone()
		if local.Format("2006-01-02T15:04:05") != r["local"] || strconv.Itoa(offset) != r["offset_s"] || name != r["abbr"] || local.IsDST() != (r["dst_s"] != "0") {
			t.Errorf("%v: %s %s %d", r, local, name, offset)
		}
	}
}

// TestLunarLeapsAndDifferences: days on which the Korean calendar is not the Chinese one, and a year with a leap month.
func TestLunarLeapsAndDifferences(t *testing.T) {
	for in, want := range map[string]date.Lunar{
		"1997-02-08": {Year: 1997, Month: 1, Day: 1}, // in China a day earlier
		"2027-02-07": {Year: 2027, Month: 1, Day: 1}, // in China a day earlier
		"2028-01-27": {Year: 2028, Month: 1, Day: 1}, // in China a day earlier
		"2017-06-24": {Year: 2017, Month: 5, Leap: true, Day: 1},
		"2012-04-21": {Year: 2012, Month: 3, Leap: true, Day: 1},
	} {
		if got, err := date.KoreanLunar(day(t, in)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
	}
}

// TestLunarThereAndBack: every day is one lunar day, and the next day is the next.
func TestLunarThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := date.NewDay(1913, 1, 1).AddDays(rapid.IntRange(0, 68000).Draw(t, "day"))
		l, err := date.KoreanLunar(d)
		if err != nil || l.Day < 1 || l.Day > 30 || l.Month < 1 || l.Month > 12 {
			t.Fatalf("%s: %+v, %v", d, l, err)
		}
		if back, err := l.Gregorian(); err != nil || back != d {
			t.Fatalf("%s: %+v leads to %s, %v", d, l, back, err)
		}
		next, err := date.KoreanLunar(d.AddDays(1))
		if err != nil || next.Day != l.Day+1 && (next.Day != 1 || l.Day < 29) {
			t.Fatalf("%s: after %+v comes %+v, %v", d, l, next, err)
		}
	})
}

func TestNoSuchDay(t *testing.T) {
	for _, l := range []date.Lunar{{Year: 2024, Month: 1, Day: 31}, {Year: 2024, Month: 5, Leap: true, Day: 1}, {Year: 1800, Month: 1, Day: 1}, {Year: 2024, Month: 13, Day: 1}, {Year: 2024, Month: 1}} {
		if d, err := l.Gregorian(); err == nil {
			t.Errorf("%+v is %s", l, d)
		}
	}
	if _, err := date.KoreanLunar(date.NewDay(1800, 1, 1)); err == nil {
		t.Error("a day of 1800 has a lunar date")
	}
	for name, year := range map[string]int{"平成": 32, "令和": 0, "Meiji": 46, "昭和時代": 1} {
		if y, err := date.OfEra(name, year); err == nil {
			t.Errorf("%s %d is %d", name, year, y)
		}
	}
	if _, _, ok := date.JapaneseEra(date.NewDay(1872, 12, 31)); ok {
		t.Error("1872 has an era of the Gregorian calendar")
	}
}
