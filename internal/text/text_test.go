package text

import (
	"strings"
	"testing"
	"time"

	"accord/internal/date"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		asked, accept string
		want          Lang
	}{
		{"", "", English},
		{"ko", "ja", Korean},
		{"xx", "ja-JP,ja;q=0.9,en;q=0.8", Japanese},
		{"", "ko-KR", Korean},
		{"", "fr-FR, ko;q=0.5", Korean},
		{"", "fr", English},
		{"", "en-GB,en;q=0.9,ja;q=0.1", English},
		{"", ";;;=", English},
		{"", strings.Repeat("ko,", 10_000), English},
		{"<script>", "", English},
	} {
		if got := Match(c.asked, c.accept); got != c.want {
			t.Errorf("Match(%q, %.40q) = %s, want %s", c.asked, c.accept, got, c.want)
		}
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		reader Lang
		have   []string
		want   int
	}{
		{Korean, []string{"ja", "ko"}, 1},
		{Korean, []string{"ja", "en"}, 1},
		{Korean, []string{"ja", "zh"}, 0},
		{Korean, nil, -1},
	} {
		if got := Choose(c.reader, c.have); got != c.want {
			t.Errorf("Choose(%s, %v) = %d, want %d", c.reader, c.have, got, c.want)
		}
	}
}

func TestDates(t *testing.T) {
	for _, c := range []struct{ date, en, ko, ja string }{
		{"1996", "1996", "1996년", "1996年"},
		{"2007-09", "September 2007", "2007년 9월", "2007年9月"},
		{"2015-02-03", "3 February 2015", "2015년 2월 3일", "2015年2月3日"},
	} {
		d, err := date.Parse(c.date)
		if err != nil {
			t.Fatal(err)
		}
		for l, want := range map[Lang]string{English: c.en, Korean: c.ko, Japanese: c.ja} {
			if got := In(l).Date(d); got != want {
				t.Errorf("%s in %s = %q, want %q", c.date, l, got, want)
			}
		}
	}
	a, _ := date.Parse("2014-07-23")
	b, _ := date.Parse("2014-07-25")
	if got := In(English).Dates(a, b); got != "23 July 2014 – 25 July 2014" {
		t.Errorf("span = %q", got)
	}
	if got := In(English).Dates(a, date.Date{}); got != "23 July 2014" {
		t.Errorf("single = %q", got)
	}
	if got := In(English).Day(date.Day{}); got != "" {
		t.Errorf("unset day = %q", got)
	}
}

func TestPlurals(t *testing.T) {
	en, ko := In(English), In(Korean)
	for _, c := range []struct{ got, want string }{
		{en.T("age", "n", 1), "1 day"},
		{en.T("age", "n", 0), "0 days"},
		{en.T("age.about", "n", 2807), "about 2,807 days"},
		{ko.T("age", "n", 1), "1일"},
		{en.Bytes(999), "999 bytes"},
		{en.Bytes(1834), "2 kB"},
		{en.Bytes(999_499), "999 kB"},
		{en.Bytes(999_500), "1 MB"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestIntervals(t *testing.T) {
	for in, want := range map[string]string{"P1Y": "every year", "P2Y": "every 2 years", "P6M": "every 6 months", "P30D": "every 30 days"} {
		i, err := date.ParseInterval(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := In(English).Interval(i); got != want {
			t.Errorf("%s = %q, want %q", in, got, want)
		}
	}
	if got := In(English).Interval(date.Interval{}); got != "" {
		t.Errorf("unset interval = %q", got)
	}
}

func TestTime(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 50, 3, 0, time.FixedZone("", 9*3600))
	if got := In(English).Time(at); got != "24 November 2026, 09:50 UTC+09" {
		t.Errorf("got %q", got)
	}
	if got := In(Japanese).Time(at.UTC()); got != "2026年11月24日 00:50 UTC" {
		t.Errorf("got %q", got)
	}
	if got := In(Japanese).Time(time.Time{}); got != "" {
		t.Errorf("unset time = %q", got)
	}
}

// A gap in the words is shown, never passed over in silence.
func TestMissing(t *testing.T) {
	p := In(English)
	if got := p.T("no.such.key"); got != "⟦no.such.key⟧" {
		t.Errorf("got %q", got)
	}
	if got := p.T("age"); got != "⟦n⟧ days" {
		t.Errorf("got %q", got)
	}
	if got := p.Word("state", "as needed"); got != "as needed" {
		t.Errorf("got %q", got)
	}
	if got := p.Word("state", "unheard of"); got != "unheard of" {
		t.Errorf("got %q", got)
	}
}

// An argument is put in as it is: its braces are not arguments again.
func TestArgumentsAreNotRead(t *testing.T) {
	if got := In(English).T("link.fetch", "index", "{index}{n}"); got != "Receipt {index}{n}" {
		t.Errorf("got %q", got)
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, s := range []string{`[]`, `{"a":1}`, `{"a":{"one":"x"}}`, `{"a":{"some":"x","other":"y"}}`, `{`} {
		if _, err := load([]byte(s)); err == nil {
			t.Errorf("%s was read", s)
		}
	}
}
