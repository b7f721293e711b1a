package date

import (
	"fmt"
	"math"
)

// A Lunar is a day of the Korean lunisolar calendar. Its months follow the moon as seen at Korea's longitude, so that it
// differs now and then from the Chinese one.
type Lunar struct {
	Year  int // the Gregorian year in which most of it lies
	Month int // 1 to 12
	Leap  bool
	Day   int // 1 to 30
}

// korea is Korea's civil time in days ahead of UTC, by which the months are reckoned since 1912.
const korea = 9.0 / 24

// The years for which the calendar is computed here: before, another time was kept; later, the rotation of the earth is not
// known well enough to say on which side of midnight a new moon falls.
const (
	firstLunar = 1912
	lastLunar  = 2100
)

// KoreanLunar returns the day of the Korean lunisolar calendar.
func KoreanLunar(d Day) (Lunar, error) {
	if d.year < firstLunar || d.year > lastLunar {
		return Lunar{}, fmt.Errorf("the lunar calendar is computed for %d to %d, not for %s", firstLunar, lastLunar, d)
	}
	n := number(d)
	year := d.year
	months := lunarYear(year)
	if n < months[0].first {
		year--
		months = lunarYear(year)
	}
	for i := len(months) - 1; i >= 0; i-- {
		if m := months[i]; n >= m.first {
			return Lunar{Year: year, Month: m.month, Leap: m.leap, Day: n - m.first + 1}, nil
		}
	}
	panic("a day before the first month of its year") // the year was chosen so that there is none
}

// Gregorian returns the day of the Gregorian calendar.
func (l Lunar) Gregorian() (Day, error) {
	if l.Year < firstLunar || l.Year >= lastLunar || l.Day < 1 {
		return Day{}, fmt.Errorf("the lunar calendar has no day %d in year %d here", l.Day, l.Year)
	}
	months := lunarYear(l.Year)
	for i, m := range months {
		if m.month != l.Month || m.leap != l.Leap {
			continue
		}
		next := lunarYear(l.Year + 1)[0].first
		if i+1 < len(months) {
			next = months[i+1].first
		}
		if l.Day > next-m.first {
			return Day{}, fmt.Errorf("month %d of lunar year %d has %d days", l.Month, l.Year, next-m.first)
		}
		return NewDay(1970, 1, 1).AddDays(m.first - 2440588 + l.Day - 1), nil
	}
	return Day{}, fmt.Errorf("lunar year %d has no such month", l.Year)
}

// A lunarMonth is a month of a year with the number of its first day.
type lunarMonth struct {
	first, month int
	leap         bool
}

// lunarYear returns the months of a year. The winter solstice lies in the eleventh month; between two of them, where there are
// thirteen months, the first without a principal term is the leap one.
func lunarYear(year int) (out []lunarMonth) {
	for _, m := range append(solsticeYear(year), solsticeYear(year+1)...) {
		if m.first < number(NewDay(year, 1, 15)) || len(out) == 0 && m.month != 1 {
			continue
		}
		if len(out) > 1 && m.month == 1 && !m.leap {
			break
		}
		out = append(out, m)
	}
	return out
}

// solsticeYear returns the months from the eleventh of the year before on, up to the tenth of the year, or its leap.
func solsticeYear(year int) (out []lunarMonth) {
	from, to := monthAt(solstice(year-1)), monthAt(solstice(year))
	leapYear := int(math.Round(float64(to-from)/29.53)) == 13
	month, leapt := 11, false
	for first := from; first < to; {
		next := monthAt(first + 45) // a day in the middle of the following month
		leap := leapYear && !leapt && len(out) > 0 && term(first) == term(next)
		if leap {
			leapt, month = true, (month+10)%12+1
		}
		out = append(out, lunarMonth{first: first, month: month, leap: leap})
		month, first = month%12+1, next
	}
	return out
}

// number counts days, so that the moment t of moment lies on the day floor(t).
func number(d Day) int { return int(d.Time().Unix()/86400) + 2440588 }

// solstice is the day on which the sun reaches 270 degrees at the end of a year.
func solstice(year int) int {
	day := number(NewDay(year, 12, 15))
	for sun(day+1) < 270 {
		day++
	}
	return day
}

// term is the sector of 30 degrees in which the sun stands at the beginning of a day.
func term(day int) int { return int(sun(day) / 30) }

// monthAt is the first day of the month that holds a day.
func monthAt(day int) int {
	k := math.Round((float64(day) - 2451550.1) / 29.530588861)
	for k++; ; k-- {
		if first := int(math.Floor(newMoon(k) + korea + 0.5)); first <= day {
			return first
		}
	}
}

// dynamical is how far dynamical time runs ahead of UTC at a Julian day, in days: Espenak and Meeus's polynomials for the
// years between 1900 and 2100.
func dynamical(jd float64) float64 {
	y := 2000 + (jd-2451544.5)/365.25
	t := y - 2000
	var s float64
	switch {
	case y < 1920:
		t = y - 1900
		s = -2.79 + t*(1.494119+t*(-0.0598939+t*(0.0061966-t*0.000197)))
	case y < 1941:
		t = y - 1920
		s = 21.20 + t*(0.84493+t*(-0.076100+t*0.0020936))
	case y < 1961:
		t = y - 1950
		s = 29.07 + t*(0.407+t*(-1.0/233+t/2547))
	case y < 1986:
		t = y - 1975
		s = 45.45 + t*(1.067+t*(-1.0/260-t/718))
	case y < 2005:
		s = 63.86 + t*(0.3345+t*(-0.060374+t*(0.0017275+t*(0.000651814+t*0.00002373599))))
	default:
		s = 62.92 + t*(0.32217+t*0.005589)
	}
	return s / 86400
}

const degree = math.Pi / 180

// sun is the apparent longitude of the sun in degrees at midnight in Korea at which a day begins: Meeus, Astronomical Algorithms,
// chapter 25, with the periodic terms of his chapter 27 that matter.
func sun(day int) float64 {
	jd := float64(day) - 0.5 - korea
	t := (jd + dynamical(jd) - 2451545) / 36525
	mean := 280.46646 + t*(36000.76983+t*0.0003032)
	m := (357.52911 + t*(35999.05029-t*0.0001537)) * degree
	center := (1.914602-t*(0.004817+t*0.000014))*math.Sin(m) + (0.019993-t*0.000101)*math.Sin(2*m) + 0.000289*math.Sin(3*m)
	for _, p := range perturbations {
		center += p[0] * math.Sin((p[1]+p[2]*t)*degree)
	}
	omega := (125.04 - 1934.136*t) * degree
	return math.Mod(math.Mod(mean+center-0.00569-0.00478*math.Sin(omega), 360)+360, 360)
}

// perturbations by Venus, Jupiter and the moon, in degrees: amplitude, phase, degrees a century (Meeus, first edition, chapter 24).
var perturbations = [][3]float64{
	{0.00134, 153.23 + 90, 22518.7541}, {0.00154, 216.57 + 90, 45037.5082}, {0.00200, 312.69 + 90, 32964.3577},
	{0.00179, 350.74, 445267.1142}, {0.00178, 251.39, 20.20},
}

// newMoon is the moment of the kth new moon since January 2000, as a Julian day in UTC: Meeus, chapter 49.
func newMoon(k float64) float64 {
	t := k / 1236.85
	jde := 2451550.09766 + 29.530588861*k + t*t*(0.00015437+t*(-0.000000150+t*0.00000000073))
	e := 1 - t*(0.002516+t*0.0000074)
	m := (2.5534 + 29.10535670*k - t*t*(0.0000014+t*0.00000011)) * degree
	mm := (201.5643 + 385.81693528*k + t*t*(0.0107582+t*(0.00001238-t*0.000000058))) * degree
	f := (160.7108 + 390.67050284*k - t*t*(0.0016118+t*(0.00000227-t*0.000000011))) * degree
	omega := (124.7746 - 1.56375588*k + t*t*(0.0020672+t*0.00000215)) * degree
	for _, p := range moonTerms {
		jde += p[0] * math.Pow(e, math.Abs(p[1])) * math.Sin(p[1]*m+p[2]*mm+p[3]*f+p[4]*omega)
	}
	for _, p := range planetTerms {
		jde += p[0] * math.Sin((p[1]+p[2]*k)*degree)
	}
	return jde - dynamical(jde)
}

// moonTerms: days; multiples of the sun's anomaly, the moon's anomaly, its argument of latitude and its node.
var moonTerms = [][5]float64{
	{-0.40720, 0, 1, 0, 0}, {0.17241, 1, 0, 0, 0}, {0.01608, 0, 2, 0, 0}, {0.01039, 0, 0, 2, 0}, {0.00739, -1, 1, 0, 0},
	{-0.00514, 1, 1, 0, 0}, {0.00208, 2, 0, 0, 0}, {-0.00111, 0, 1, -2, 0}, {-0.00057, 0, 1, 2, 0}, {0.00056, 1, 2, 0, 0},
	{-0.00042, 0, 3, 0, 0}, {0.00042, 1, 0, 2, 0}, {0.00038, 1, 0, -2, 0}, {-0.00024, -1, 2, 0, 0}, {-0.00017, 0, 0, 0, 1},
	{-0.00007, 2, 1, 0, 0}, {0.00004, 0, 2, -2, 0}, {0.00004, 3, 0, 0, 0}, {0.00003, 1, 1, -2, 0}, {0.00003, 0, 2, 2, 0},
	{-0.00003, 1, 1, 2, 0}, {0.00003, -1, 1, 2, 0}, {-0.00002, -1, 1, -2, 0}, {-0.00002, 1, 3, 0, 0}, {0.00002, 0, 4, 0, 0},
}

// planetTerms: days; degrees; degrees a lunation.
var planetTerms = [][3]float64{
	{0.000325, 299.77, 0.107408}, {0.000165, 251.88, 0.016321}, {0.000164, 251.83, 26.651886}, {0.000126, 349.42, 36.412478},
	{0.000110, 84.66, 18.206239}, {0.000062, 141.74, 53.303771}, {0.000060, 207.14, 2.453732}, {0.000056, 154.84, 7.306860},
	{0.000047, 34.52, 27.261239}, {0.000042, 207.19, 0.121824}, {0.000040, 291.34, 1.844379}, {0.000037, 161.72, 24.198154},
	{0.000035, 239.56, 25.513099}, {0.000023, 331.55, 3.592518},
}
