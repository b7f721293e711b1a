package record

import (
	"testing"
	"time"

	"accord/internal/date"
)

// TestTimeBounds: a bare date can be a day anywhere on earth, an instant is itself.
func TestTimeBounds(t *testing.T) {
	for _, c := range []struct{ in, first, last, date string }{
		{"2018-03-01", "2018-02-28T10:00:00Z", "2018-03-02T12:00:00Z", "2018-03-01"},
		{"2018-03", "2018-02-28T10:00:00Z", "2018-04-01T12:00:00Z", "2018-03"},
		{"2018", "2017-12-31T10:00:00Z", "2019-01-01T12:00:00Z", "2018"},
		{"2018-03-01T23:30:00-05:00", "2018-03-02T04:30:00Z", "2018-03-02T04:30:00Z", "2018-03-01"},
		{"2018-03-01T00:30:00.5+09:00", "2018-02-28T15:30:00.5Z", "2018-02-28T15:30:00.5Z", "2018-03-01"},
	} {
		at, err := ParseTime(c.in)
		if err != nil {
			t.Fatal(err)
		}
		if got := at.First().Format(time.RFC3339Nano); got != c.first {
			t.Errorf("%s: first %s, want %s", c.in, got, c.first)
		}
		if got := at.Last().UTC().Format(time.RFC3339Nano); got != c.last {
			t.Errorf("%s: last %s, want %s", c.in, got, c.last)
		}
		if got := at.Date().String(); got != c.date {
			t.Errorf("%s: date %s, want %s", c.in, got, c.date)
		}
		if got := at.String(); got != c.in {
			t.Errorf("%s is written %s", c.in, got)
		}
	}
}

func TestTimeAt(t *testing.T) {
	seoul := time.FixedZone("", 9*3600)
	in := time.Date(2018, 3, 1, 14, 3, 0, 250, seoul)
	at := At(in)
	if out, ok := at.Instant(); !ok || !out.Equal(in) || at.String() != in.Format(time.RFC3339Nano) {
		t.Errorf("%s, %v", at, out)
	}
	if at == At(in.UTC()) {
		t.Error("the published offset is not part of the time")
	}
	if _, ok := OnDate(date.OnDay(date.Of(in))).Instant(); ok {
		t.Error("a bare date has an instant")
	}
	if s := (Time{}).String(); s != "" || !(Time{}).IsZero() {
		t.Errorf("the unknown time is %q", s)
	}
}

func TestTimeText(t *testing.T) {
	var at Time
	for _, s := range []string{"", "2018-03", "2018-03-01T14:03:00+09:00"} {
		if err := at.UnmarshalText([]byte(s)); err != nil {
			t.Fatal(err)
		}
		if b, _ := at.MarshalText(); string(b) != s {
			t.Errorf("%q comes back as %q", s, b)
		}
	}
	for _, s := range []string{"0999", "0999-01-01T00:00:00Z", "2018-03-01T24:00:00Z", "2018-03-01T00:00:60Z", "2018-03-01T00:00:00,5Z",
		"2018-03-01T0:00:00Z", "2018-03-01 00:00:00Z", "2018-03-01T00:00:00-12:30", "2018-03-01T00:00:00.1234567890Z", "20180301"} {
		if err := at.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q is read as %s", s, at)
		}
	}
}
