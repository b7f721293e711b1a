package intake

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"accord/internal/date"
	"accord/record"
)

// What a publisher writes differently in its next file and can mean one thing only is read without being named in a recipe: a date
// that begins with its year or its era, the number that a spreadsheet makes of a day, letters of full width. Nothing here is tried
// before the recipe's own layouts, and nothing where those are of another calendar (docs/decisions/0025).

var (
	weekday  = regexp.MustCompile(` *\((?:[월화수목금토일月火水木金土](?:요일|曜日?)?|日曜?日?)\)`)
	midnight = regexp.MustCompile(`^(.{4,}?)[T ]+0?0:00(?::00(?:\.0+)?)?$`)
	clockEnd = regexp.MustCompile(`^(.{5,}?)(?:T| ) *(` + clockText + `)$|^(.{5,}[日일]) *(` + clockText + `)$`)
	clockOf  = regexp.MustCompile(`^(오전|오후|午前|午後|AM|PM)? *([0-9]{1,2})[:時시] *([0-9]{1,2})[분分]?(?:[: ]*([0-9]{2})(?:\.([0-9]{1,9}))?[秒초]?)? *(AM|PM)?(Z|[+-][0-9]{2}:?[0-9]{2})?$`)
	compact  = regexp.MustCompile(`^([0-9]{8})[T ]?([0-9]{2})([0-9]{2})([0-9]{2})?$`)
)

const clockText = `(?:오전|오후|午前|午後|AM|PM)? *[0-9]{1,2}[:時시] *[0-9]{1,2}[^ ]*(?: *[0-9]{2}[秒초])?(?: *[AP]M)?`

// marks are the words behind the numbers of a date.
var marks = strings.NewReplacer("년", "-", "年", "-", "월", "-", "月", "-", "일", "", "日", "", " ", "")

// yearFirst are the ways to write a date that begin with the year, once the words in it are strokes.
var yearFirst = map[date.Precision][]string{
	date.ByDay:   {"2006-1-2", "2006/1/2", "2006.1.2", "20060102"},
	date.ByMonth: {"2006-1", "2006/1", "2006.01", "200601"}, // 2024.1 may have been October, of which a spreadsheet took the zero
	date.ByYear:  {"2006"},
}

// precisions are those that a recipe's layouts of a day have; none where one of them is of another calendar.
func precisions(names []string) (all []date.Precision) {
	for _, name := range names {
		switch layout := layouts[name]; {
		case name == "lunar":
			return nil
		case name == "era":
			all = append(all, date.ByDay, date.ByMonth, date.ByYear)
		default:
			all = append(all, precisionOf(layout))
		}
	}
	return all
}

func precisionOf(layout string) date.Precision {
	switch {
	case layout == "2006":
		return date.ByYear
	case layout != "" && !strings.ContainsRune(strings.ReplaceAll(layout, "2006", ""), '2'):
		return date.ByMonth
	}
	return date.ByDay
}

// anyDate reads a date of one of the precisions in any form that can mean one date only.
func anyDate(cell string, of []date.Precision) (date.Date, error) {
	s := weekday.ReplaceAllString(strings.TrimSpace(norm.NFKC.String(cell)), "")
	if m := midnight.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	if len(of) == 0 || len(s) > 60 {
		return date.Date{}, errors.New(noDay)
	}
	plain := strings.TrimRight(marks.Replace(s), "-./")
	for _, p := range of {
		for _, layout := range yearFirst[p] {
			if t, err := time.Parse(layout, plain); err == nil && t.Year() >= 1000 {
				return date.OnDay(date.Of(t)).Coarser(p), nil
			}
		}
	}
	if d, err := ofEra(s); err == nil && slices.Contains(of, d.Precision()) {
		return d, nil
	}
	if slices.Contains(of, date.ByDay) && likelySerial(s) {
		return ofSerial(s)
	}
	return date.Date{}, errors.New(noDay)
}

// likelySerial says whether a text is the number of a day of 1970 to 2099, which no other way to write one looks like.
func likelySerial(s string) bool {
	whole, _, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(whole)
	return err == nil && len(whole) == 5 && n >= 25569 && n <= 73050
}

// anyInstant reads a date and a clock in any form that can mean one instant only, on the clock of a zone.
func anyInstant(cell string, zone *time.Location) (time.Time, error) {
	s := weekday.ReplaceAllString(strings.TrimSpace(norm.NFKC.String(cell)), "")
	bad := errors.New("it is no time that can be read")
	if len(s) > 60 {
		return time.Time{}, bad
	}
	if likelySerial(s) && strings.Contains(s, ".") {
		return serial(s, zone)
	}
	day, clock := s, ""
	if m := compact.FindStringSubmatch(s); m != nil {
		day, clock = m[1], m[2]+":"+m[3]
		if m[4] != "" {
			clock += ":" + m[4]
		}
	} else if m := clockEnd.FindStringSubmatch(s); m != nil {
		day, clock = m[1]+m[3], m[2]+m[4]
	}
	d, err := anyDate(day, []date.Precision{date.ByDay})
	if err != nil || clock == "" {
		return time.Time{}, bad
	}
	return atClock(d.First(), clock, zone)
}

// atClock is the time of a day at which a clock shows that. Hour 24 is the end of the day.
func atClock(d date.Day, clock string, zone *time.Location) (t time.Time, err error) {
	m := clockOf.FindStringSubmatch(clock)
	if m == nil {
		return t, errors.New("it is no clock")
	}
	n := make([]int, 7)
	for _, i := range []int{2, 3, 4} {
		n[i], _ = strconv.Atoi(m[i])
	}
	if half := m[1] + m[6]; half != "" {
		if n[2] > 12 || m[1] != "" && m[6] != "" {
			return t, errors.New("it is no hour of half a day")
		}
		n[2] %= 12
		if half == "오후" || half == "午後" || half == "PM" {
			n[2] += 12
		}
	}
	if n[2] > 24 || n[3] > 59 || n[4] > 59 || n[2] == 24 && (n[3] > 0 || n[4] > 0) {
		return t, errors.New("no clock shows that")
	}
	if m[7] != "" {
		at, err := time.Parse("-07:00", offsetOf(m[7]))
		if err != nil {
			return t, err
		}
		zone = at.Location()
	}
	nanos, _ := strconv.Atoi((m[5] + "000000000")[:9])
	return time.Date(d.Year(), d.Month(), d.DayOfMonth(), n[2], n[3], n[4], nanos, zone), nil
}

func offsetOf(s string) string {
	switch {
	case s == "Z":
		return "+00:00"
	case len(s) == 5:
		return s[:3] + ":" + s[3:]
	}
	return s
}

// keyed writes a time as its part of a key: in the first layout of the recipe, so that it is the same however a file writes it; as
// ISO 8601 where that layout is of another calendar or a spreadsheet's.
func (c *Cell) keyed(at record.Time, zone *time.Location) string {
	if zone != nil {
		t, ok := at.Instant()
		if layout := instants[c.Layout]; ok && layout != "serial" {
			return t.In(zone).Format(layout)
		}
		if ok {
			return t.In(zone).Format("2006-01-02T15:04:05")
		}
		return ""
	}
	d := at.Date()
	layout := layouts[c.Layout]
	if d.IsZero() {
		return ""
	}
	if layout == "" || precisionOf(layout) != d.Precision() || strings.Contains(c.Layout, "h") {
		return d.String()
	}
	return d.First().Time().Format(layout)
}

// plainNumber writes a number as parseNumber reads it: letters of full width, and the minus that typesetters use, are the plain ones.
func plainNumber(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return strings.TrimSpace(strings.ReplaceAll(norm.NFKC.String(s), "\u2212", "-"))
		}
	}
	return s
}

// zoned is whose clock an instant is on; none where the cell is a date.
func (c *Cell) zoned() (*time.Location, error) {
	if c.Offset == "" && c.Zone == "" {
		return nil, nil
	}
	return c.clock()
}
