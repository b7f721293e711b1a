package intake

import (
	"fmt"
	"strings"

	"accord/record"
)

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
