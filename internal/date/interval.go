package date

import (
	"fmt"
	"strconv"
)

// An Interval is a span of whole years, months or days, written as in ISO 8601: P2Y, P6M, P30D. Years and months are
// calendar arithmetic, never a number of days. The zero Interval is unset.
type Interval struct {
	months int
	days   int
	text   string
}

// ParseInterval reads one number with one unit: PnY, PnM or PnD, n from 1 to 999.
func ParseInterval(s string) (Interval, error) {
	if len(s) >= 3 && len(s) <= 5 && s[0] == 'P' && s[1] != '0' {
		if n, err := strconv.ParseUint(s[1:len(s)-1], 10, 16); err == nil {
			switch s[len(s)-1] {
			case 'Y':
				return Interval{months: 12 * int(n), text: s}, nil
			case 'M':
				return Interval{months: int(n), text: s}, nil
			case 'D':
				return Interval{days: int(n), text: s}, nil
			}
		}
	}
	return Interval{}, fmt.Errorf("%q is not an interval written as P2Y, P6M or P30D", clip(s))
}

// IsZero says whether i is unset.
func (i Interval) IsZero() bool { return i == Interval{} }

// String writes i as it was read.
func (i Interval) String() string { return i.text }

// From returns the day one interval after d.
func (i Interval) From(d Day) Day { return i.Times(d, 1, 1) }

// Times returns the day num/den intervals after d. Whole months are calendar months; what remains is that part of the
// days of the month it falls in, rounded down: 1.25 times six months after 2015-02-02 is seven months and half of
// September, 2015-09-17.
func (i Interval) Times(d Day, num, den int) Day {
	if i.days > 0 {
		return d.AddDays(i.days * num / den)
	}
	whole, rest := i.months*num/den, i.months*num%den
	at := d.AddMonths(whole)
	if rest == 0 {
		return at
	}
	return at.AddDays(d.AddMonths(whole+1).Sub(at) * rest / den)
}

// MarshalText and UnmarshalText write and read the form of String; nothing is the unset interval.
func (i Interval) MarshalText() ([]byte, error) { return []byte(i.text), nil }

func (i *Interval) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*i = Interval{}
		return nil
	}
	*i, err = ParseInterval(string(b))
	return err
}
