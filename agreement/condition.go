package agreement

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"accord/internal/date"
)

// Limits of a clause's conditions.
const (
	maxWhere  = 16  // conditions of one clause's terms
	maxValues = 64  // values of one condition
	maxValue  = 256 // bytes of one value
	maxBy     = 4
	maxSums   = 8
	minLeast  = 3
	maxLeast  = 1000
)

var (
	precisions = []Precision{ByInstant, ByHour, ByDay, ByMonth, ByYear}
	tests      = []Test{Is, IsNot, OneOf, AtLeast, AtMost, Between, Known, Before, After}
)

// valid says whether p is well written. How fine a grid may be, and whether there is such a field, is for the gate.
func (p Place) valid() bool {
	if p == "none" || p == "exact" {
		return true
	}
	if field := p.District(); field != "" {
		return fieldForm.MatchString(field)
	}
	text, ok := strings.CutPrefix(string(p), "grid ")
	n, err := strconv.Atoi(text)
	return ok && err == nil && n > 0 && n <= 1_000_000 && strconv.Itoa(n) == text
}

// District is the field that stands for the place, where the terms let out no point.
func (p Place) District() string {
	field, _ := strings.CutPrefix(string(p), "district ")
	if field == string(p) {
		return ""
	}
	return field
}

// Fits says whether a period's bounds are those of whole spans of this precision: a month that is only half within a period
// could not be told apart from the other half.
func (p Precision) Fits(since, until date.Day) bool {
	next := func(d date.Day) date.Day {
		if d.IsZero() {
			return d
		}
		return d.AddDays(1)
	}
	for _, first := range []date.Day{since, next(until)} {
		if first.IsZero() {
			continue
		}
		if p == ByMonth && first.DayOfMonth() != 1 || p == ByYear && (first.DayOfMonth() != 1 || first.Month() != 1) {
			return false
		}
	}
	return true
}

// values is how many values a test takes at least and at most.
func (t Test) values() (least, most int) {
	switch t {
	case Known:
		return 0, 0
	case Between:
		return 2, 2
	case OneOf:
		return 1, maxValues
	default:
		return 1, 1
	}
}

// groups looks at terms that let out groups only.
func (c *checker) groups(where string, t *Terms) {
	g := t.Groups
	where += ", groups"
	c.want(len(t.Fields) == 0, where, "fields leave with records, and only groups leave", "write by and sums instead of fields")
	c.want(t.Place == "none" || t.Place.District() != "" && slices.Contains(g.By, t.Place.District()), where, "a group has no point", `write place = "none", or "district NAME" with a name under by`)
	c.want(t.Time == "", where, "the time of a group is its period", "write step instead of time")
	c.want(len(g.By) >= 1 && len(g.By) <= maxBy, where, fmt.Sprintf("%d fields under by; it takes 1 to %d", len(g.By), maxBy), "name the fields that make the groups")
	c.unique(where, "by", g.By, fieldForm)
	c.want(len(g.Sums) <= maxSums, where, fmt.Sprintf("%d fields under sums; the most is %d", len(g.Sums), maxSums), "leave some out")
	c.unique(where, "sums", g.Sums, fieldForm)
	c.want(g.Step == "" || g.Step == ByMonth || g.Step == ByYear, where, fmt.Sprintf("step %.40q is neither month nor year", string(g.Step)), "write one of them, or leave it out")
	c.want(g.Least >= minLeast && g.Least <= maxLeast, where, fmt.Sprintf("the smallest group is %d, not %d to %d", g.Least, minLeast, maxLeast), "write least = 5 or another number")
	c.want(!t.Since.IsZero() && (g.Step != "" || !t.Until.IsZero()), where, "a table is of a closed period, and theirs has no beginning or no end", "write since, and either step or until")
	c.want(g.Step.Fits(t.Since, t.Until), where, fmt.Sprintf("their period begins or ends within a %s", g.Step), "let since be the first day of one and until the last")
}

// conditions looks at what narrows the records beyond their fields. Whether the fields exist is for the gate.
func (c *checker) conditions(where string, t *Terms) {
	if t.Groups != nil {
		c.groups(where, t)
		c.want(len(t.Of) == 0, where, "only records of the sender's own are counted", "leave out of")
	}
	c.unique(where, "of", t.Of, partyForm)
	for _, p := range t.Of {
		c.want(!slices.Contains(t.From, p), where, fmt.Sprintf("%.40q stands under from and under of", p), "write terms of their own for passing on")
	}
	c.unique(where, "onward", t.Onward, partyForm)
	c.want(!slices.Contains(t.Onward, Public) || len(t.Onward) == 1, where, "public is everybody", `write onward = ["public"] alone`)
	if t.Time != "" {
		oneOf(c, where, "time", t.Time, precisions)
	}
	c.want(t.Time.Fits(t.Since, t.Until), where, fmt.Sprintf("their period begins or ends within a %s, and time leaves as the %s only", t.Time, t.Time), "let since be the first day of one and until the last")
	if field := t.Place.District(); field != "" && t.Groups == nil {
		c.want(slices.Contains(t.Fields, field), where, fmt.Sprintf("the district is to be seen from field %.40q, which does not leave", field), "name it under fields")
	}
	if c.atMost(where, "where", len(t.Where), maxWhere); c.err != nil {
		return
	}
	for i, w := range t.Where {
		if c.where(fmt.Sprintf("%s, condition %d", where, i+1), w); c.err != nil {
			return
		}
	}
}

func (c *checker) where(where string, w Where) {
	c.want(fieldForm.MatchString(w.Field), where, fmt.Sprintf("%.40q cannot name a field", w.Field), "correct the name")
	if oneOf(c, where, "test", w.Test, tests); c.err != nil {
		return
	}
	least, most := w.Test.values()
	c.want(len(w.Values) >= least && len(w.Values) <= most, where, fmt.Sprintf("%s takes %s, not %d", w.Test, count(least, most), len(w.Values)), "correct values")
	c.unique(where, "values", w.Values, valueForm)
	for _, v := range w.Values {
		c.want(len(v) <= maxValue && utf8.ValidString(v) && !strings.ContainsFunc(v, hidden), where, fmt.Sprintf("value %.40q is too long or holds an invisible character", v), "correct the value")
	}
}

// valueForm takes every text that is not empty and not framed by spaces; what a value must be follows from the field.
var valueForm = regexp.MustCompile(`^\S(.*\S)?$`)

func count(least, most int) string {
	switch {
	case most == 0:
		return "no value"
	case least == most:
		return fmt.Sprintf("%d values", most)
	default:
		return fmt.Sprintf("%d to %d values", least, most)
	}
}
