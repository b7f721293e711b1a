package record

import (
	"fmt"
	"strings"
	"time"

	"accord/internal/date"
)

// A Time is when something happened, no more precisely than its source says: a year, a month, a day in the calendar of
// the place, or an instant with the offset it was published with. The zero Time is unknown. Times compare with ==, which
// tells apart two instants that are equal but were published with different offsets.
type Time struct {
	date   date.Date // a bare date, in an unknown zone; unset for an instant
	sec    int64     // an instant, in seconds since 1970 UTC
	nsec   int32
	offset int16 // minutes east of UTC
	exact  bool  // an instant
}

// Clocks on earth run from twelve hours behind UTC to fourteen before it.
const (
	behind = 12 * time.Hour
	before = 14 * time.Hour
)

// OnDate is the time of something of which only the date is known.
func OnDate(d date.Date) Time { return Time{date: d} }

// At is the time of something of which the instant is known; t's offset is kept, in whole minutes.
func At(t time.Time) Time {
	_, offset := t.Zone()
	return Time{sec: t.Unix(), nsec: int32(t.Nanosecond()), offset: int16(offset / 60), exact: true}
}

// ParseTime reads a date (2018, 2018-03, 2018-03-01) or an instant of RFC 3339 with seconds and an offset between -12:00
// and +14:00 (2018-03-01T14:03:00+09:00).
func ParseTime(s string) (Time, error) {
	if len(s) <= len("2006-01-02") {
		d, err := date.Parse(s)
		return Time{date: d}, err
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1000 || !hasInstantShape(s) {
		return Time{}, fmt.Errorf("%q is neither a date nor an instant written as 2018-03-01T14:03:00+09:00", clip(s))
	}
	if _, offset := t.Zone(); !onEarth(time.Duration(offset) * time.Second) {
		return Time{}, fmt.Errorf("%q has an offset that no clock on earth has", clip(s))
	}
	return At(t), nil
}

// hasInstantShape refuses what time.Parse forgives: an hour of one digit, a comma before the fraction of a second, and a
// fraction of more digits than nanoseconds have.
func hasInstantShape(s string) bool {
	const seconds = len("2006-01-02T15:04:05")
	if len(s) <= seconds || s[13] != ':' || s[16] != ':' {
		return false
	}
	if s[seconds] != '.' {
		return s[seconds] != ','
	}
	zone := strings.IndexAny(s[seconds:], "Z+-")
	return 2 <= zone && zone <= 10
}

func onEarth(offset time.Duration) bool { return -behind <= offset && offset <= before }

// IsZero says whether t is unknown.
func (t Time) IsZero() bool { return !t.exact && t.date.IsZero() }

// Instant is the instant with its published offset; false where only the date is known.
func (t Time) Instant() (time.Time, bool) {
	if !t.exact {
		return time.Time{}, false
	}
	return time.Unix(t.sec, int64(t.nsec)).In(time.FixedZone("", int(t.offset)*60)), true
}

// Hour returns an instant's hour: its beginning by the clock it was published with. What is coarser stays as it is.
func (t Time) Hour() Time {
	if t.exact {
		t.sec -= ((t.sec+int64(t.offset)*60)%3600 + 3600) % 3600
		t.nsec = 0
	}
	return t
}

// Coarser returns t known no more precisely than to p, in the calendar of the place; what is as coarse stays as it is.
func (t Time) Coarser(p date.Precision) Time {
	if t.IsZero() {
		return t
	}
	return Time{date: t.Date().Coarser(p)}
}

// Date is the date in the calendar of the place, as published.
func (t Time) Date() date.Date {
	if !t.exact {
		return t.date
	}
	return date.OnDay(date.Of(t.local()))
}

// local is the published wall clock, in UTC's clothes: no location has to be made for it.
func (t Time) local() time.Time { return time.Unix(t.sec+int64(t.offset)*60, int64(t.nsec)).UTC() }

// First is the first instant t can mean. The zone of a bare date is unknown, so its day begins where days begin first,
// at UTC+14.
func (t Time) First() time.Time {
	if t.exact {
		return time.Unix(t.sec, int64(t.nsec)).UTC()
	}
	return t.date.First().Time().Add(-before)
}

// Last is the last instant t can mean: for a bare date the end of its last day where days end last, at UTC-12. A delay
// runs from here, so that what is not known never shortens it.
func (t Time) Last() time.Time {
	if t.exact {
		return t.First()
	}
	return t.date.Last().Time().Add(24*time.Hour + behind)
}

// String writes t as it is known; the unknown time is the empty string.
func (t Time) String() string {
	if t.IsZero() {
		return ""
	}
	return string(t.append(nil))
}

// MarshalText and UnmarshalText write and read the form of String.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

func (t *Time) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*t = Time{}
		return nil
	}
	*t, err = ParseTime(string(b))
	return err
}

// append writes t without allocating. UTC is Z; a fraction of a second has no zeros at its end.
func (t Time) append(b []byte) []byte {
	if !t.exact {
		return appendDate(b, t.date)
	}
	b = t.local().AppendFormat(b, "2006-01-02T15:04:05.999999999")
	off := int(t.offset)
	switch {
	case off == 0:
		return append(b, 'Z')
	case off < 0:
		b, off = append(b, '-'), -off
	default:
		b = append(b, '+')
	}
	return appendTwo(append(appendTwo(b, off/60), ':'), off%60)
}

func appendDate(b []byte, d date.Date) []byte {
	first := d.First()
	b = appendTwo(appendTwo(b, first.Year()/100), first.Year()%100)
	if d.Precision() == date.ByYear {
		return b
	}
	b = appendTwo(append(b, '-'), int(first.Month()))
	if d.Precision() == date.ByMonth {
		return b
	}
	return appendTwo(append(b, '-'), first.DayOfMonth())
}

func appendTwo(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

// clip keeps a foreign text short enough for an error.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
