package series

import (
	"fmt"
	"strconv"
	"strings"

	"accord/record"
)

// placeText is a place as the table holds it: nothing, or longitude, latitude and the side of the cell.
type placeText record.Place

func (p placeText) String() string {
	if !p.Known {
		return ""
	}
	return fmt.Sprintf("%s %s %d", strconv.FormatFloat(p.Lon, 'g', -1, 64), strconv.FormatFloat(p.Lat, 'g', -1, 64), p.Grid)
}

// Scan reads it back.
func (p *placeText) Scan(from any) error {
	s, ok := from.(string)
	if !ok {
		return fmt.Errorf("a place is stored as %T", from)
	}
	*p = placeText{}
	if s == "" {
		return nil
	}
	parts := strings.Split(s, " ")
	if len(parts) != 3 {
		return fmt.Errorf("%q is stored as a place", s)
	}
	var err [3]error
	p.Known = true
	p.Lon, err[0] = strconv.ParseFloat(parts[0], 64)
	p.Lat, err[1] = strconv.ParseFloat(parts[1], 64)
	p.Grid, err[2] = strconv.Atoi(parts[2])
	for _, e := range err {
		if e != nil {
			return fmt.Errorf("%q is stored as a place: %w", s, e)
		}
	}
	return nil
}

// flag is a truth as both engines hold it.
type flag bool

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Scan reads it back.
func (f *flag) Scan(from any) error {
	n, ok := from.(int64)
	*f = n != 0
	if !ok {
		return fmt.Errorf("a truth is stored as %T", from)
	}
	return nil
}
