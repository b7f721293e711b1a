package intake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"accord/record"
)

// instants are the ways in which publishers write a date and a clock. Hour 24 is the end of the day.
var instants = map[string]string{
	"yyyymmddhh":          "2006010215",
	"yyyymmddhhmm":        "200601021504",
	"yyyy-mm-dd hh":       "2006-01-02 15",
	"yyyy-mm-dd hh:mm":    "2006-01-02 15:04",
	"yyyy-mm-dd hh:mm:ss": "2006-01-02 15:04:05",
	"yyyy/m/d h:mm":       "2006/1/2 15:04",
}

// An instantReading turns a cell into an instant; the unknown time and no reason for a cell that says nothing.
type instantReading func(cell string) (record.Time, string)

// instant returns the reading of a time with a clock.
func (c *Cell) instant() (instantReading, error) {
	layout, ok := instants[c.Layout]
	if !ok {
		return nil, fmt.Errorf("column %s: %q is not a known layout of an instant", c.Column, c.Layout)
	}
	zone, err := time.Parse("-07:00", c.Offset)
	if err != nil {
		return nil, fmt.Errorf("column %s: %q is not an offset as +09:00", c.Column, c.Offset)
	}
	hour := strings.Index(c.Layout, "hh")
	return func(cell string) (record.Time, string) {
		s := strings.TrimSpace(cell)
		if s == "" || slices.Contains(c.Absent, s) {
			if c.Required {
				return record.Time{}, "it is required and absent"
			}
			return record.Time{}, ""
		}
		late := time.Duration(0)
		if hour >= 0 && len(s) >= hour+2 && s[hour:hour+2] == "24" {
			s, late = s[:hour]+"00"+s[hour+2:], 24*time.Hour
		}
		t, err := time.ParseInLocation(layout, s, zone.Location())
		if err != nil || t.Year() < 1001 || t.Year() > 9998 || late > 0 && (t.Minute() > 0 || t.Second() > 0) {
			return record.Time{}, "it is not a time as the recipe writes it"
		}
		return record.At(t.Add(late)), ""
	}, nil
}

// compileSeries checks what only a series dataset can have, and what it needs.
func (p *plan) compileSeries(header []string) error {
	r, long := p.recipe, p.recipe.Long
	if p.dataset.Kind != record.Series {
		if long != nil {
			return r.bad(p.dataset.Name + " has no series, so there is no long table of it")
		}
		return nil
	}
	if r.When.Column == "" || !r.When.Required {
		return r.bad("a value of a series needs its time: the recipe must read when, as required")
	}
	if long == nil {
		return nil
	}
	p.quantity = column{name: long.Quantity, index: columnIndex(header, long.Quantity)}
	p.value = column{name: long.Value.Column, index: columnIndex(header, long.Value.Column), read: long.Value.orAbsent(long.Value.readNumber(record.Number))}
	p.names = map[string]int{}
	for _, word := range long.Skip {
		p.names[word] = -1
	}
	for word, name := range long.Names {
		at := p.dataset.Index(name)
		if at < 0 || p.dataset.Fields[at].Type != record.Number {
			return r.bad(fmt.Sprintf("%q is not a quantity of %s", name, p.dataset.Name))
		}
		p.names[word] = at
	}
	return nil
}

// readLong reads the one value of a row of a long table.
func (p *plan) readLong(cells []string, r *record.Record) (problems []Problem) {
	at, ok := p.names[strings.TrimSpace(cells[p.quantity.index])]
	if !ok {
		return []Problem{{p.quantity.name, "it is a word that the recipe does not know"}}
	}
	v, why := p.value.read(cells[p.value.index])
	if why != "" {
		return []Problem{{p.value.name, why}}
	}
	if at >= 0 {
		r.Values[at] = v
	}
	return nil
}

// rowKey is what may not stand in a file twice with different content: the record's key; of a series, the key at its time
// and, in a long table, of its quantity.
func (p *plan) rowKey(r *record.Record, cells []string) string {
	if p.dataset.Kind != record.Series {
		return r.Key
	}
	b := append([]byte(r.Key), 0)
	point, by, _ := record.PointAt(r.When, 0)
	b = fmt.Appendf(b, "%d %s", point.At, by)
	if p.quantity.index >= 0 {
		b = append(append(b, ' '), strings.TrimSpace(cells[p.quantity.index])...)
	}
	return string(b)
}
