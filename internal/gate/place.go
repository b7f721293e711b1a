package gate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"accord/agreement"
	"accord/record"
)

var placeCondition = condition{label: "gate.place", compile: compilePlace}

// place lets out where something happened no more precisely than agreed.
type place struct {
	none     bool
	district string // with none: the field that stands for the place
	grid     int    // metres; 0 is exact
}

func compilePlace(t *agreement.Terms, d *record.Dataset) (check, error) {
	switch s := string(t.Place); {
	case s == "none":
		return place{none: true}, nil
	case s == "exact":
		return place{}, nil
	case t.Place.District() != "":
		return compileDistrict(t, d)
	default:
		text, ok := strings.CutPrefix(s, "grid ")
		n, err := strconv.Atoi(text)
		if !ok || err != nil || strconv.Itoa(n) != text || n < minGrid || n > record.MaxGrid {
			return nil, unfit(t, fmt.Sprintf("place %.40q is none of none, exact, district NAME and grid N with N from %d to %d metres", s, minGrid, record.MaxGrid))
		}
		return place{grid: n}, nil
	}
}

// compileDistrict wants a field that names a district and leaves: the gate lets out no other sign of the place.
func compileDistrict(t *agreement.Terms, d *record.Dataset) (check, error) {
	name := t.Place.District()
	i := d.Index(name)
	if i < 0 || d.Fields[i].Type != record.Text && d.Fields[i].Type != record.Code {
		return nil, unfit(t, fmt.Sprintf("%s has no field %.40q that could name a district", d.Name, name))
	}
	if !slices.Contains(t.Fields, name) {
		return nil, unfit(t, fmt.Sprintf("the district is to be seen from field %s, which does not leave", name))
	}
	return place{none: true, district: name}, nil
}

func (p place) narrow(r *record.Record, _ time.Time, _ *Verdict) {
	switch {
	case p.none:
		r.Place = record.Place{}
	case p.grid > 0 && r.Place.Known:
		r.Place = snap(r.Place, max(p.grid, r.Place.Grid))
	}
}

func (p place) admits(r *record.Record, _ time.Time) Reason {
	switch {
	case !r.Place.Known:
		return Reason{}
	case p.none:
		return Reason{Key: "gate.place.extra"}
	// A side that is coarse enough proves nothing if the point is not the centre of a cell.
	case p.grid > 0 && (r.Place.Grid < p.grid || snap(r.Place, r.Place.Grid) != r.Place):
		return Reason{Key: "gate.place.finer", Args: []string{"grid", strconv.Itoa(p.grid)}}
	}
	return Reason{}
}

func (p place) explain() Reason {
	switch {
	case p.district != "":
		return Reason{Key: "gate.place.district", Args: []string{"field", p.district}}
	case p.none:
		return Reason{Key: "gate.place.none"}
	case p.grid == 0:
		return Reason{Key: "gate.place.exact"}
	default:
		return Reason{Key: "gate.place.grid", Args: []string{"grid", strconv.Itoa(p.grid)}}
	}
}
