package intake

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the clocks of the past, also where the machine has none

	"golang.org/x/text/unicode/norm"

	"accord/internal/date"
	"accord/record"
)

// layouts are the ways in which publishers write a day. The letters are theirs; Go's are only here. A layout without
// zeros reads numbers of one and of two digits.
var layouts = map[string]string{
	"yyyymmdd":            "20060102",
	"yyyy-mm-dd":          "2006-01-02",
	"yyyy.m.d":            "2006.1.2",
	"yyyy/m/d":            "2006/1/2",
	"d/m/yyyy":            "2/1/2006",
	"yyyymm":              "200601",
	"yyyy.mm":             "2006.01",
	"yyyy-mm":             "2006-01",
	"yyyy":                "2006",
	"yyyy年m月d日":           "2006年1月2日",
	"yyyy년 m월 d일":         "2006년 1월 2일",
	"yyyy-mm-dd hh:mm:ss": "2006-01-02 15:04:05", // of which only the day is wanted
	"yyyy.m.d h:mm":       "2006.1.2 15:04",
}

// special are the ways to write a day that are none of a layout: an era of Japan (昭和46年3月29日, R4.1.1), a day of the Korean
// lunar calendar (2020.4.8, 2020.윤4.8), and the number that a spreadsheet makes of a day.
var special = map[string]func(string) (date.Date, error){"era": ofEra, "lunar": ofLunar, "serial": ofSerial}

// instants are the ways in which publishers write a date and a clock. Hour 24 is the end of the day.
var instants = map[string]string{
	"yyyymmddhh":            "2006010215",
	"yyyymmddhhmm":          "200601021504",
	"yyyy-mm-dd hh":         "2006-01-02 15",
	"yyyy-mm-dd hh:mm":      "2006-01-02 15:04",
	"yyyy-mm-dd hh:mm:ss":   "2006-01-02 15:04:05",
	"yyyy-mm-dd hh:mm:ss.s": "2006-01-02 15:04:05.999",
	"yyyy/m/d h:mm":         "2006/1/2 15:04",
	"yyyy/mm/dd hh:mm:ss":   "2006/01/02 15:04:05",
	"yyyy.m.d h:mm":         "2006.1.2 15:04",
	"rfc3339":               time.RFC3339,
	"serial":                "serial",
}

// readDates returns the reading of a day by the cell's layouts, the first that fits.
func (c *Cell) readDates() (reading, error) {
	var all []reading
	for _, name := range append([]string{c.Layout}, c.Layouts...) {
		if f := special[name]; f != nil {
			all = append(all, readSpecial(f))
			continue
		}
		layout, ok := layouts[name]
		if !ok {
			return nil, fmt.Errorf("field %s: %q is not a known layout of a date", c.Name, name)
		}
		all = append(all, readDate(layout))
	}
	of := precisions(append([]string{c.Layout}, c.Layouts...))
	if c.asWritten {
		of = nil
	}
	return func(cell string) (v record.Value, why string) {
		for _, read := range all {
			if v, why = read(cell); why == "" {
				return v, ""
			}
		}
		if d, err := anyDate(cell, of); err == nil {
			return record.DateOf(d), ""
		}
		return v, why
	}, nil
}

const noDay = "it is not a day of the calendar as the recipe writes it"

func readSpecial(f func(string) (date.Date, error)) reading {
	return func(cell string) (record.Value, string) {
		d, err := f(strings.TrimSpace(cell))
		if err != nil {
			return record.Value{}, noDay
		}
		return record.DateOf(d), ""
	}
}

func readDate(layout string) reading {
	precision := precisionOf(layout)
	return func(cell string) (record.Value, string) {
		t, err := time.Parse(layout, strings.TrimSpace(cell))
		if err != nil || t.Year() < 1000 {
			return record.Value{}, noDay
		}
		return record.DateOf(date.OnDay(date.Of(t)).Coarser(precision)), ""
	}
}

// An instantReading turns a cell into an instant; the unknown time and no reason for a cell that says nothing.
type instantReading func(cell string) (record.Time, string)

// instant returns the reading of a time with a clock.
func (c *Cell) instant() (instantReading, error) {
	zone, err := c.clock()
	if err != nil {
		return nil, err
	}
	var all []instantReading
	for _, name := range append([]string{c.Layout}, c.Layouts...) {
		layout, ok := instants[name]
		if !ok {
			return nil, fmt.Errorf("column %s: %q is not a known layout of an instant", c.Column, name)
		}
		all = append(all, readInstant(layout, strings.Index(name, "hh"), zone))
	}
	return func(cell string) (at record.Time, why string) {
		s := strings.TrimSpace(cell)
		if s == "" || slices.Contains(c.Absent, s) {
			if c.Required {
				return record.Time{}, "it is required and absent"
			}
			return record.Time{}, ""
		}
		if c.Fold {
			s = norm.NFKC.String(s)
		}
		for _, read := range all {
			if at, why = read(s); why == "" {
				return at, ""
			}
		}
		if t, err := anyInstant(s, zone); err == nil {
			return instantAt(t)
		}
		return at, why
	}, nil
}

// clock is whose clock the publisher reads.
func (c *Cell) clock() (*time.Location, error) {
	if c.Zone != "" {
		zone, err := time.LoadLocation(c.Zone)
		if err != nil || c.Offset != "" || c.Zone == "Local" {
			return nil, fmt.Errorf("column %s: %q is not a place with a clock, or there is an offset as well", c.Column, c.Zone)
		}
		return zone, nil
	}
	at, err := time.Parse("-07:00", c.Offset)
	if err != nil {
		return nil, fmt.Errorf("column %s: %q is not an offset as +09:00", c.Column, c.Offset)
	}
	return at.Location(), nil
}

func readInstant(layout string, hour int, zone *time.Location) instantReading {
	return func(s string) (record.Time, string) {
		if layout == "serial" {
			t, err := serial(s, zone)
			if err != nil {
				return record.Time{}, noTime
			}
			return instantAt(t)
		}
		late := time.Duration(0)
		if hour >= 0 && len(s) >= hour+2 && s[hour:hour+2] == "24" {
			s, late = s[:hour]+"00"+s[hour+2:], 24*time.Hour
		}
		t, err := time.ParseInLocation(layout, s, zone)
		if err != nil || late > 0 && (t.Minute() > 0 || t.Second() > 0) {
			return record.Time{}, noTime
		}
		return instantAt(t.Add(late))
	}
}

const noTime = "it is not a time as the recipe writes it"

// instantAt is a time as a record can say it.
func instantAt(t time.Time) (record.Time, string) {
	if t.Year() < 1001 || t.Year() > 9998 {
		return record.Time{}, noTime
	}
	if _, offset := t.Zone(); offset%60 != 0 {
		return record.Time{}, "its clock was behind by parts of a minute, which cannot be said"
	}
	return record.At(t), ""
}

// serial is the time that a spreadsheet keeps as a number: days since the end of 1899, to the nearest second.
func serial(s string, zone *time.Location) (time.Time, error) {
	n, why := parseNumber(s, "")
	if why != "" || n < 61 || n >= 2958466 { // before March 1900 it counts a day that never was
		return time.Time{}, errors.New("it is not the number of a day")
	}
	days := math.Floor(n)
	seconds := math.Round((n - days) * 86400)
	return time.Date(1899, 12, 30+int(days), 0, 0, int(seconds), 0, zone), nil
}

func ofSerial(s string) (date.Date, error) {
	t, err := serial(s, time.UTC)
	if err != nil {
		return date.Date{}, err
	}
	return date.OnDay(date.Of(t)), nil
}

var eraDay = regexp.MustCompile(`^([^0-9元 ]{1,8}?)[ .]?([0-9]{1,2}|元)(?:年|[./-])?(?:([0-9]{1,2})(?:月|[./-])?(?:([0-9]{1,2})日?)?)?(?:[^0-9]*現在)?$`)

// ofEra reads a year, month or day of an era of Japan. An era's letter is that of its name in Latin.
func ofEra(s string) (d date.Date, err error) {
	m := eraDay.FindStringSubmatch(norm.NFKC.String(strings.ReplaceAll(s, "　", "")))
	if m == nil {
		return d, errors.New("it is not a day of an era")
	}
	name := strings.TrimSpace(m[1])
	for _, e := range date.JapaneseEras {
		if strings.EqualFold(name, e.Latin[:1]) {
			name = e.Name
		}
	}
	if m[2] == "元" {
		m[2] = "1"
	}
	n, _ := strconv.Atoi(m[2])
	year, err := date.OfEra(name, n)
	if err != nil {
		return d, err
	}
	text := fmt.Sprintf("%04d", year)
	for _, part := range m[3:] {
		if part != "" {
			n, _ := strconv.Atoi(part)
			text += fmt.Sprintf("-%02d", n)
		}
	}
	if d, err = date.Parse(text); err != nil {
		return d, err
	}
	for _, day := range []date.Day{d.First(), d.Last()} { // a month may begin in one era and end in another
		if e, _, ok := date.JapaneseEra(day); ok && e.Name == name {
			return d, nil
		}
	}
	return date.Date{}, errors.New("the era had no such day")
}

var lunarDay = regexp.MustCompile(`^([0-9]{4})[.-](윤)?([0-9]{1,2})[.-]([0-9]{1,2})$`)

func ofLunar(s string) (d date.Date, err error) {
	m := lunarDay.FindStringSubmatch(s)
	if m == nil {
		return d, errors.New("it is not a day of the lunar calendar")
	}
	var n [3]int
	for i, text := range []string{m[1], m[3], m[4]} {
		n[i], _ = strconv.Atoi(text)
	}
	day, err := date.Lunar{Year: n[0], Month: n[1], Day: n[2], Leap: m[2] != ""}.Gregorian()
	if err != nil {
		return d, err
	}
	return date.OnDay(day), nil
}
