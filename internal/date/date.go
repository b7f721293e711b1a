// Package date holds calendar days, dates that carry their precision, and the intervals of a cadence. It knows no clock
// and no time zone: a day is a day in the calendar of the place where it happened.
package date

import (
	"cmp"
	"fmt"
	"time"
)

// A Day is one day of the Gregorian calendar. The zero Day is unset; days compare with ==.
type Day struct {
	year  int
	month time.Month
	day   int
}

// NewDay returns the day with the given numbers; numbers out of range are carried over as time.Date does.
func NewDay(year int, month time.Month, day int) Day {
	return Of(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// Of returns the day on which t falls in t's own location.
func Of(t time.Time) Day {
	y, m, d := t.Date()
	return Day{y, m, d}
}

// ParseDay reads a day written as 2015-02-03.
func ParseDay(s string) (Day, error) {
	d, err := Parse(s)
	if err != nil || d.precision != ByDay {
		return Day{}, fmt.Errorf("%q is not a day written as YYYY-MM-DD", clip(s))
	}
	return d.first, nil
}

// IsZero says whether d is unset.
func (d Day) IsZero() bool { return d == Day{} }

// Time returns midnight UTC at the start of d.
func (d Day) Time() time.Time { return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC) }

// String writes d as 2015-02-03, and the unset day as nothing.
func (d Day) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.year, int(d.month), d.day)
}

// Year, Month and DayOfMonth are the numbers of d.
func (d Day) Year() int         { return d.year }
func (d Day) Month() time.Month { return d.month }
func (d Day) DayOfMonth() int   { return d.day }

// Compare, Before, After and Sub order days; the unset day is before all others. Sub counts the days from o to d.
func (d Day) Compare(o Day) int {
	return cmp.Or(cmp.Compare(d.year, o.year), cmp.Compare(d.month, o.month), cmp.Compare(d.day, o.day))
}
func (d Day) Before(o Day) bool { return d.Compare(o) < 0 }
func (d Day) After(o Day) bool  { return d.Compare(o) > 0 }
func (d Day) Sub(o Day) int     { return int((d.Time().Unix() - o.Time().Unix()) / 86400) }

// AddDays returns the day n days later.
func (d Day) AddDays(n int) Day { return NewDay(d.year, d.month, d.day+n) }

// AddMonths returns the same day of the month n months later, or that month's last day where it has no such day:
// one year after 29 February 2020 is 28 February 2021.
func (d Day) AddMonths(n int) Day {
	first := NewDay(d.year, d.month+time.Month(n), 1)
	last := NewDay(first.year, first.month+1, 0)
	return Day{first.year, first.month, min(d.day, last.day)}
}

// MarshalText and UnmarshalText write and read the form of String.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d *Day) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = Day{}
		return nil
	}
	*d, err = ParseDay(string(b))
	return err
}

// Precision says how much of a date is known.
type Precision string

const (
	ByDay   Precision = "day"
	ByMonth Precision = "month"
	ByYear  Precision = "year"
)

// A Date is a day, a month or a year: as much as the source says and no more. The zero Date is unset.
type Date struct {
	first     Day
	precision Precision
}

// OnDay returns the date that is exactly d.
func OnDay(d Day) Date { return Date{d, ByDay} }

// Parse reads 2015, 2015-02 or 2015-02-03; the form is the precision. Years run from 1000 to 9999.
func Parse(s string) (Date, error) {
	for _, f := range []struct {
		layout    string
		precision Precision
	}{{"2006-01-02", ByDay}, {"2006-01", ByMonth}, {"2006", ByYear}} {
		if len(s) != len(f.layout) {
			continue
		}
		t, err := time.Parse(f.layout, s)
		if err != nil || t.Year() < 1000 {
			break
		}
		return Date{Of(t), f.precision}, nil
	}
	return Date{}, fmt.Errorf("%q is not a date written as YYYY, YYYY-MM or YYYY-MM-DD", clip(s))
}

// IsZero says whether d is unset.
func (d Date) IsZero() bool { return d == Date{} }

// Precision says how much of d is known.
func (d Date) Precision() Precision { return d.precision }

// Coarser returns d known no more precisely than to p; what is as coarse already stays as it is.
func (d Date) Coarser(p Precision) Date {
	switch {
	case d.IsZero() || p == ByDay || d.precision == ByYear:
		return d
	case p == ByYear:
		return Date{Day{d.first.year, time.January, 1}, ByYear}
	default:
		return Date{Day{d.first.year, d.first.month, 1}, ByMonth}
	}
}

// First is the first day d can mean.
func (d Date) First() Day { return d.first }

// Last is the last day d can mean: 31 December for a year.
func (d Date) Last() Day {
	switch d.precision {
	case ByYear:
		return NewDay(d.first.year, time.December, 31)
	case ByMonth:
		return NewDay(d.first.year, d.first.month+1, 0)
	default:
		return d.first
	}
}

// String writes d as it is known: 2015, 2015-02 or 2015-02-03.
func (d Date) String() string {
	s := d.first.String()
	switch d.precision {
	case ByYear:
		return s[:4]
	case ByMonth:
		return s[:7]
	default:
		return s
	}
}

// MarshalText and UnmarshalText write and read the form of String.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d *Date) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	*d, err = Parse(string(b))
	return err
}

// clip keeps a foreign text short enough for an error.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
