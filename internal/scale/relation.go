package scale

import (
	"fmt"
	"slices"

	"accord/internal/date"
	"accord/internal/fault"
)

// A Relation leads each value of one scale to a set of values of another. It holds in this direction only.
type Relation struct {
	ID      string   `toml:"id"`
	From    string   `toml:"scale"`
	To      string   `toml:"to"`
	Objects []string `toml:"objects"` // what it may be used for; empty: whatever both scales are given to
	Note    Words    `toml:"note"`    // what it cannot say
	Origin
	Rows []Row `toml:"row"`
}

// A Row is what one value leads to.
type Row struct {
	Value      string   `toml:"value"`
	Likely     []string `toml:"likely"`   // what the wording of both says
	Possible   []string `toml:"possible"` // what it does not rule out
	Confidence string   `toml:"confidence"`
	Reason     Words    `toml:"reason"`
}

// A Reading is a value in another scale.
type Reading struct {
	Relation *Relation
	To       *Scale
	Row
}

// Values are all values of the set, likely or possible, in the scale's order.
func (r Reading) Values() []string {
	all := append(slices.Clone(r.Likely), r.Possible...)
	r.To.byOrder(all)
	return all
}

// Determined says whether the reading is one value; where it is not, a comparison must say so.
func (r Reading) Determined() bool { return len(r.Likely)+len(r.Possible) == 1 }

// Read leads a value that was given to an object (bridge, tunnel, …) on a day to another scale.
func (b *Book) Read(from, value, to, object string, on date.Day) (Reading, error) {
	target, err := b.Scale(to)
	if err != nil {
		return Reading{}, err
	}
	source, err := b.Scale(from)
	if err != nil {
		return Reading{}, err
	}
	if source.Index(value) < 0 {
		return Reading{}, fault.New(fault.Invalid, "scale "+from, fmt.Sprintf("%.40q is none of its values", value), "take one that the scale has")
	}
	r, err := b.relation(source, target, on)
	if err != nil {
		return Reading{}, err
	}
	for _, limits := range [][]string{source.Objects, target.Objects, r.Objects} {
		if object != "" && len(limits) > 0 && !slices.Contains(limits, object) {
			return Reading{}, fault.New(fault.Refused, "relation "+r.ID, fmt.Sprintf("it does not hold for %.40q", object), "show the value in its own words")
		}
	}
	i := slices.IndexFunc(r.Rows, func(row Row) bool { return row.Value == value })
	return Reading{r, target, r.Rows[i]}, nil
}

// relation is the one that holds on a day.
func (b *Book) relation(from, to *Scale, on date.Day) (*Relation, error) {
	for _, r := range b.relations {
		if r.From == from.ID && r.To == to.ID && r.Holds(on) && from.Holds(on) && to.Holds(on) {
			return r, nil
		}
	}
	return nil, fault.New(fault.Refused, "scale "+from.ID, fmt.Sprintf("nothing leads from it to %s on %s", to.ID, on), "show both values in their own words")
}

// Relations are those that lead from a scale.
func (b *Book) Relations(from string) []*Relation {
	var out []*Relation
	for _, r := range b.relations {
		if r.From == from {
			out = append(out, r)
		}
	}
	return out
}

func (b *Book) addRelation(data []byte) error {
	r := &Relation{}
	if err := decode(data, r); err != nil {
		return err
	}
	from, to := b.scales[r.From], b.scales[r.To]
	switch {
	case r.ID == "" || slices.ContainsFunc(b.relations, func(o *Relation) bool { return o.ID == r.ID }):
		return unfit("a relation needs an id of its own")
	case from == nil || to == nil:
		return unfit(fmt.Sprintf("a relation leads from one scale to another; %q or %q is none", r.From, r.To))
	case r.Source == "":
		return unfit("a relation names its source")
	case len(r.Rows) != len(from.Values):
		return unfit(fmt.Sprintf("a relation says of each of the %d values what it leads to", len(from.Values)))
	}
	if err := r.checkRows(from, to); err != nil {
		return err
	}
	b.relations = append(b.relations, r)
	return nil
}

// checkRows holds the rows to the order of both scales: what is graver here is never less grave there.
func (r *Relation) checkRows(from, to *Scale) error {
	least, most := 0, 0
	for i, row := range r.Rows {
		if row.Value != from.Values[i].ID {
			return unfit(fmt.Sprintf("row %d is not about %s: rows stand in the order of the scale", i+1, from.Values[i].ID))
		}
		if len(row.Likely) == 0 || missing(row.Reason) || !slices.Contains([]string{"high", "medium", "low"}, row.Confidence) {
			return unfit(fmt.Sprintf("row %s needs a likely value, a confidence (high, medium, low) and a reason in ko, ja and en", row.Value))
		}
		all := append(slices.Clone(row.Likely), row.Possible...)
		for j, id := range all {
			if to.Index(id) < 0 || slices.Index(all, id) != j {
				return unfit(fmt.Sprintf("row %s: %q is no value of %s, or stands there twice", row.Value, id, to.ID))
			}
		}
		to.byOrder(all)
		first, last := to.Index(all[0]), to.Index(all[len(all)-1])
		if first < least || last < most {
			return unfit(fmt.Sprintf("row %s leads to something less grave than the row before", row.Value))
		}
		least, most = first, last
	}
	return nil
}
