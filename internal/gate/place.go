package gate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"accord/agreement"
	"accord/record"
)

var placeCondition = condition{label: "gate.place", compile: compilePlace}

// place lets out where something happened no more precisely than agreed.
type place struct {
	none bool
	grid int // metres; 0 is exact
}

func compilePlace(t *agreement.Terms, _ *record.Dataset) (check, error) {
	switch s := string(t.Place); s {
	case "none":
		return place{none: true}, nil
	case "exact":
		return place{}, nil
	default:
		text, ok := strings.CutPrefix(s, "grid ")
		n, err := strconv.Atoi(text)
		if !ok || err != nil || strconv.Itoa(n) != text || n < minGrid || n > record.MaxGrid {
			return nil, unfit(t, fmt.Sprintf("place %.40q is none of none, exact and grid N with N from %d to %d metres", s, minGrid, record.MaxGrid))
		}
		return place{grid: n}, nil
	}
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
	case p.none:
		return Reason{Key: "gate.place.none"}
	case p.grid == 0:
		return Reason{Key: "gate.place.exact"}
	default:
		return Reason{Key: "gate.place.grid", Args: []string{"grid", strconv.Itoa(p.grid)}}
	}
}
