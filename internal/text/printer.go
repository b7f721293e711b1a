package text

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	numbers "golang.org/x/text/message"
	"golang.org/x/text/number"

	"accord/internal/date"
)

// A Printer writes in one language. It is safe for concurrent use.
type Printer struct {
	lang Lang
	nums *numbers.Printer
}

// In returns the printer of a language.
func In(l Lang) *Printer {
	return &Printer{lang: l, nums: numbers.NewPrinter(language.MustParse(string(l)))}
}

// Lang is the language the printer writes.
func (p *Printer) Lang() Lang { return p.lang }

// T is the message of a key with its named arguments: T("clauses", "n", 22). Numbers are written as the language writes
// them, and the argument n chooses the plural form. A key or an argument that is missing shows as such: ⟦key⟧.
func (p *Printer) T(key string, args ...any) string {
	m, ok := catalogue[p.lang][key]
	if !ok {
		return "⟦" + key + "⟧"
	}
	values := map[string]string{}
	n := 0
	for i := 0; i+1 < len(args); i += 2 {
		name := fmt.Sprint(args[i])
		values[name] = p.value(args[i+1])
		if i, ok := asInt(args[i+1]); ok && name == "n" {
			n = int(i)
		}
	}
	return fill(m.form(p.lang, n), values)
}

func fill(s string, values map[string]string) string {
	if !strings.Contains(s, "{") {
		return s
	}
	return argument.ReplaceAllStringFunc(s, func(hole string) string {
		if v, ok := values[hole[1:len(hole)-1]]; ok {
			return v
		}
		return "⟦" + hole[1:len(hole)-1] + "⟧"
	})
}

func (p *Printer) value(v any) string {
	if n, ok := asInt(v); ok {
		return p.Number(n)
	}
	switch v := v.(type) {
	case date.Date:
		return p.Date(v)
	case date.Day:
		return p.Day(v)
	default:
		return fmt.Sprint(v)
	}
}

func asInt(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	default:
		return 0, false
	}
}

// Number writes a whole number with the language's separators.
func (p *Printer) Number(n int64) string { return p.nums.Sprint(number.Decimal(n)) }

// Decimal writes a number with the language's separators and at most so many decimals; zeros at its end are left out.
func (p *Printer) Decimal(v float64, decimals int) string {
	return p.nums.Sprint(number.Decimal(v, number.MaxFractionDigits(decimals)))
}

// Day writes a day in words.
func (p *Printer) Day(d date.Day) string {
	if d.IsZero() {
		return ""
	}
	return p.Date(date.OnDay(d))
}

// Date writes a date with as much as is known of it: a year is a year.
func (p *Printer) Date(d date.Date) string {
	if d.IsZero() {
		return ""
	}
	// The year is not a quantity: it takes no separators.
	day := d.First()
	y, month := strconv.Itoa(day.Year()), p.T("month."+strconv.Itoa(int(day.Month())))
	switch d.Precision() {
	case date.ByYear:
		return p.T("date.year", "y", y)
	case date.ByMonth:
		return p.T("date.month", "y", y, "month", month)
	default:
		return p.T("date.day", "y", y, "month", month, "d", day.DayOfMonth())
	}
}

// Dates writes the span from one date to another; a span of one date is that date.
func (p *Printer) Dates(from, until date.Date) string {
	if until.IsZero() || until == from {
		return p.Date(from)
	}
	return p.T("date.span", "from", from, "until", until)
}

// Time writes an instant in its own location, to the minute, with the offset from UTC.
func (p *Printer) Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.T("time", "day", date.Of(t), "clock", t.Format("15:04"), "zone", zone(t))
}

func zone(t time.Time) string {
	_, offset := t.Zone()
	if offset == 0 {
		return "UTC"
	}
	return "UTC" + strings.TrimSuffix(t.Format("-07:00"), ":00")
}

// Interval writes a cadence in words: every two years, every six months, every thirty days.
func (p *Printer) Interval(i date.Interval) string {
	return p.interval(i, [3]string{"interval.years", "interval.months", "interval.days"})
}

// Span writes an interval as a length: two years, six months, thirty days.
func (p *Printer) Span(i date.Interval) string {
	return p.interval(i, [3]string{"span.years", "span.months", "span.days"})
}

// interval writes an interval with the message of its unit.
func (p *Printer) interval(i date.Interval, keys [3]string) string {
	s := i.String()
	if len(s) < 3 {
		return ""
	}
	n, err := strconv.Atoi(s[1 : len(s)-1])
	if err != nil {
		return s
	}
	return p.T(keys[strings.IndexByte("YMD", s[len(s)-1])], "n", n)
}

// Bytes writes a size to the nearest kilobyte or megabyte, and exactly below one kilobyte.
func (p *Printer) Bytes(n int64) string {
	switch {
	case n < 1000:
		return p.T("bytes", "n", n)
	case n < 999_500:
		return p.T("kilobytes", "n", (n+500)/1000)
	default:
		return p.T("megabytes", "n", (n+500_000)/1_000_000)
	}
}

// Word is the message of a value of a family: Word("area", "safety"). A value without a word shows as it is, because
// content may name more than the catalogue does.
func (p *Printer) Word(family, value string) string {
	key := family + "." + keyForm.Replace(value)
	if !Has(key) {
		return value
	}
	return p.T(key)
}

// keyForm turns a value of more than one word into a part of a key.
var keyForm = strings.NewReplacer(" ", "_", "-", "_")
