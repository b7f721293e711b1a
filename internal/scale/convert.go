package scale

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"accord/internal/date"
	"accord/internal/fault"
)

// A Conversion leads a measured quantity to a number on a scale by a published regression: a + b log10(x), piecewise, with
// the spread that its authors found. It is the only way between two scales of intensity that no office relates.
type Conversion struct {
	ID     string   `toml:"id"`
	Of     string   `toml:"quantity"` // what is measured: pga, pgv
	Unit   string   `toml:"unit"`     // in which unit: cm/s2, cm/s
	To     string   `toml:"to"`       // the scale
	Sigma  float64  `toml:"sigma"`    // standard deviation, in steps of the scale
	Least  *float64 `toml:"least"`    // values are cut off below
	Most   *float64 `toml:"most"`     // and above
	Pieces []Piece  `toml:"piece"`
	Origin
}

// A Piece holds where log10(x) is at least From; the first has none.
type Piece struct {
	From *float64 `toml:"from"`
	A    float64  `toml:"a"`
	B    float64  `toml:"b"`
}

// An Estimate is a converted number with the values of the scale that lie within one sigma of it.
type Estimate struct {
	Conversion *Conversion
	Value      float64
	Sigma      float64
	Values     []string // in the scale's order
}

// Convert leads a quantity in the conversion's unit to its scale.
func (b *Book) Convert(id string, x float64) (Estimate, error) {
	i := slices.IndexFunc(b.conversions, func(c *Conversion) bool { return c.ID == id })
	if i < 0 {
		return Estimate{}, fault.New(fault.NotFound, "conversion "+id, "there is none of this name", "known are "+strings.Join(b.Conversions(), ", "))
	}
	c := b.conversions[i]
	if !(x > 0) || math.IsInf(x, 0) {
		return Estimate{}, fault.New(fault.Invalid, "conversion "+id, fmt.Sprintf("%g is no measured %s", x, c.Of), "give a number above 0 in "+c.Unit)
	}
	e := Estimate{Conversion: c, Value: c.at(math.Log10(x)), Sigma: c.Sigma}
	scale := b.scales[c.To]
	low, err := scale.Classify(c.cut(e.Value - c.Sigma))
	if err != nil {
		return Estimate{}, err
	}
	high, err := scale.Classify(c.cut(e.Value + c.Sigma))
	if err != nil {
		return Estimate{}, err
	}
	for _, v := range scale.Values[scale.Index(low.ID) : scale.Index(high.ID)+1] {
		e.Values = append(e.Values, v.ID)
	}
	return e, nil
}

func (c *Conversion) at(log float64) float64 {
	p := c.Pieces[0]
	for _, next := range c.Pieces[1:] {
		if log >= *next.From {
			p = next
		}
	}
	return c.cut(p.A + p.B*log)
}

func (c *Conversion) cut(v float64) float64 {
	if c.Least != nil {
		v = max(v, *c.Least)
	}
	if c.Most != nil {
		v = min(v, *c.Most)
	}
	return v
}

// Conversions are the ids of all conversions.
func (b *Book) Conversions() []string { return b.ConversionsOf("") }

// ConversionsOf are the ids of the conversions of a quantity.
func (b *Book) ConversionsOf(quantity string) []string {
	var ids []string
	for _, c := range b.conversions {
		if quantity == "" || c.Of == quantity {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func (b *Book) addConversion(data []byte) error {
	c := &Conversion{}
	if err := decode(data, c); err != nil {
		return err
	}
	to := b.scales[c.To]
	switch {
	case c.ID == "" || slices.Contains(b.Conversions(), c.ID):
		return unfit("a conversion needs an id of its own")
	case to == nil || to.Unit == "":
		return unfit(fmt.Sprintf("a conversion leads to a scale with numbers; %q is none", c.To))
	case c.Of == "" || c.Unit == "" || c.Source == "" || !(c.Sigma > 0):
		return unfit("a conversion names its quantity, its unit, its source and its sigma")
	case len(c.Pieces) == 0:
		return unfit("a conversion has a piece")
	}
	for i, p := range c.Pieces {
		if p.B <= 0 || (p.From == nil) != (i == 0) || i > 1 && *p.From <= *c.Pieces[i-1].From {
			return unfit(fmt.Sprintf("piece %d must grow, and begin above the one before", i+1))
		}
	}
	b.conversions = append(b.conversions, c)
	return nil
}

// A Standard is a number that an authority has set: a design rainfall, a warning level, a limit.
type Standard struct {
	ID       string  `toml:"id"`
	Quantity string  `toml:"quantity"`
	Place    string  `toml:"place"` // where it holds, as the authority names it
	Value    float64 `toml:"value"`
	Unit     string  `toml:"unit"`
	Over     string  `toml:"over"` // the time that it is about, as PT1H
	Name     Words   `toml:"name"`
	Note     Words   `toml:"note"`
	Origin
}

// Standards are the standards of a quantity that hold on a day, in the order of the content.
func (b *Book) Standards(quantity string, on date.Day) []*Standard {
	var out []*Standard
	for _, s := range b.standards {
		if s.Quantity == quantity && s.Holds(on) {
			out = append(out, s)
		}
	}
	return out
}

// History is every standard of a quantity, whenever it holds.
func (b *Book) History(quantity string) []*Standard {
	var out []*Standard
	for _, s := range b.standards {
		if s.Quantity == quantity {
			out = append(out, s)
		}
	}
	return out
}

func (b *Book) addStandards(data []byte) error {
	var f struct {
		Standards []*Standard `toml:"standard"`
	}
	if err := decode(data, &f); err != nil {
		return err
	}
	for _, s := range f.Standards {
		twice := slices.ContainsFunc(b.standards, func(o *Standard) bool { return o.ID == s.ID })
		if s.ID == "" || twice || s.Quantity == "" || s.Unit == "" || s.Source == "" || s.Jurisdiction == "" || missing(s.Name) {
			return unfit(fmt.Sprintf("standard %q needs an id of its own, quantity, unit, jurisdiction, source and a name in ko, ja and en", s.ID))
		}
		b.standards = append(b.standards, s)
	}
	return nil
}
