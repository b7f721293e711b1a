package geo

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/BurntSushi/toml"

	"accord/internal/fault"
)

// A Datum is what heights are above.
type Datum struct {
	ID           string `toml:"id"`
	Name         string `toml:"name"`
	Jurisdiction string `toml:"jurisdiction"`
	Above        string `toml:"above"`  // the datum that its offset leads to; empty where none is published
	Offset       string `toml:"offset"` // decimal metres: a height in this datum is that in Above plus Offset
	Source       string `toml:"source"`
	Confirmed    bool   `toml:"confirmed"`
}

// Datums are the vertical datums known to a node.
type Datums struct {
	by    map[string]Datum
	order []string
}

// ReadDatums reads vertical datums. An offset without a source, or to a datum that is not described before, is refused.
func ReadDatums(file []byte) (*Datums, error) {
	var f struct {
		Datums []Datum `toml:"datum"`
	}
	meta, err := toml.Decode(string(file), &f)
	if err != nil {
		return nil, unfit("", err.Error())
	}
	if left := meta.Undecoded(); len(left) > 0 {
		return nil, unfit("", fmt.Sprintf("unknown key %q", left[0]))
	}
	d := &Datums{by: map[string]Datum{}}
	for _, one := range f.Datums {
		_, twice := d.by[one.ID]
		_, known := d.by[one.Above]
		_, number := new(big.Rat).SetString(one.Offset)
		switch {
		case one.ID == "" || twice:
			return nil, unfit(one.ID, "a datum needs an id of its own")
		case one.Above == "" && one.Offset == "":
		case !known || !number || one.Source == "":
			return nil, unfit(one.ID, "an offset needs a datum described before, a number and a source")
		}
		d.by[one.ID], d.order = one, append(d.order, one.ID)
	}
	return d, nil
}

// A Height is a converted height and how it was found.
type Height struct {
	Metres    string   // exact decimal
	Sources   []string // of the offsets
	Confirmed bool     // every offset is confirmed
}

// Convert leads an exact decimal height from one datum to another. Where no published offset joins them it is refused: no height
// is better than a wrong one.
func (d *Datums) Convert(metres, from, to string) (Height, error) {
	h, ok := new(big.Rat).SetString(metres)
	if !ok || strings.ContainsAny(metres, "/eE") || len(metres) > 40 {
		return Height{}, fault.New(fault.Invalid, "height", fmt.Sprintf("%.40q is not a decimal number", metres), "write it in metres, as 2.10")
	}
	out := Height{Confirmed: true}
	down, base, err := d.down(from, &out)
	if err != nil {
		return Height{}, err
	}
	up, other, err := d.down(to, &out)
	if err != nil {
		return Height{}, err
	}
	if base != other {
		return Height{}, fault.New(fault.Refused, "height", fmt.Sprintf("no published offset joins %s and %s", from, to), "compare heights above a local threshold instead")
	}
	h.Sub(h, down)
	out.Metres = decimal(h.Add(h, up))
	return out, nil
}

// down adds up the offsets from a datum to the one that it is counted from in the end.
func (d *Datums) down(id string, out *Height) (offset *big.Rat, base string, err error) {
	offset = new(big.Rat)
	for {
		one, ok := d.by[id]
		if !ok {
			return nil, "", fault.New(fault.NotFound, "datum "+id, "it is not described", "known are "+strings.Join(d.order, ", "))
		}
		if one.Above == "" {
			return offset, id, nil
		}
		step, _ := new(big.Rat).SetString(one.Offset) // ReadDatums has read it
		offset.Add(offset, step)
		out.Sources = append(out.Sources, one.Source)
		out.Confirmed = out.Confirmed && one.Confirmed
		id = one.Above
	}
}

// decimal writes a decimal fraction without zeros at its end.
func decimal(r *big.Rat) string {
	s := r.FloatString(12)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
