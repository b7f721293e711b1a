package date

import "fmt"

// An Era is a span of years that is named and counted from 1.
type Era struct {
	Name  string // 令和
	Latin string // Reiwa
	First Day    // its first day; its first year is the calendar year of that day
}

// JapaneseEras are the eras of Japan since its civil calendar is the Gregorian one, the first one first. The days 1912-07-30 and
// 1926-12-25 belong by proclamation to the years of both names; here, as in Unicode's calendar data, they are the first of the
// later one.
var JapaneseEras = []Era{
	{"明治", "Meiji", NewDay(1868, 10, 23)},
	{"大正", "Taisho", NewDay(1912, 7, 30)},
	{"昭和", "Showa", NewDay(1926, 12, 25)},
	{"平成", "Heisei", NewDay(1989, 1, 8)},
	{"令和", "Reiwa", NewDay(2019, 5, 1)},
}

// civil is the first day on which Japan's calendar is the Gregorian one.
var civil = NewDay(1873, 1, 1)

// JapaneseEra returns the era of a day and its year in it. Days before 1873, when Japan's calendar was another one, have none.
func JapaneseEra(d Day) (era Era, year int, ok bool) {
	if d.Before(civil) {
		return Era{}, 0, false
	}
	for _, e := range JapaneseEras {
		if !d.Before(e.First) {
			era = e
		}
	}
	return era, d.year - era.First.year + 1, true
}

// OfEra returns the calendar year of a year of a Japanese era, by the era's name in either script.
func OfEra(name string, year int) (int, error) {
	for i, e := range JapaneseEras {
		if e.Name != name && e.Latin != name {
			continue
		}
		out := e.First.year + year - 1
		if year < 1 || i+1 < len(JapaneseEras) && out > JapaneseEras[i+1].First.year {
			return 0, fmt.Errorf("%s has no year %d", e.Name, year)
		}
		return out, nil
	}
	return 0, fmt.Errorf("%q is not an era of Japan", clip(name))
}
