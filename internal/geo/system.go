package geo

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"accord/internal/fault"
)

// A System is a coordinate reference system with the operations that lead out of it.
type System struct {
	ID         string      `toml:"id"`        // EPSG:5186
	Name       string      `toml:"name"`      //
	Also       []string    `toml:"also"`      // other names of it, as files write them
	Note       string      `toml:"note"`      // what to look out for
	Ellipsoid  string      `toml:"ellipsoid"` // id of its ellipsoid
	Axes       string      `toml:"axes"`      // the system's own order: "northing easting", "latitude longitude"
	Projection *Projection `toml:"projection"`
	Operations []Operation `toml:"operation"`
}

// A Projection is a transverse Mercator one. Degrees and metres.
type Projection struct {
	Latitude      float64 `toml:"latitude"`
	Longitude     float64 `toml:"longitude"`
	Scale         float64 `toml:"scale"`
	FalseEasting  float64 `toml:"false_easting"`
	FalseNorthing float64 `toml:"false_northing"`
}

// An Operation leads from the datum of a system to WGS84.
type Operation struct {
	ID       string     `toml:"id"`
	Area     string     `toml:"area"` // where it may be used; empty is everywhere the system is
	Note     string     `toml:"note"`
	Kind     string     `toml:"kind"`     // same, shift, coordinate frame, position vector
	Default  bool       `toml:"default"`  // taken where none is named, of several
	Shift    [3]float64 `toml:"shift"`    // metres
	Rotation [3]float64 `toml:"rotation"` // arc seconds, in the convention that Kind names
	Scale    float64    `toml:"scale"`    // parts per million
	Pivot    [3]float64 `toml:"pivot"`    // metres
	Accuracy float64    `toml:"accuracy"` // metres
}

// Systems are the reference systems known to a node.
type Systems struct {
	ellipsoids map[string]Ellipsoid
	systems    map[string]*System
	order      []string
}

// Read reads the description of reference systems. Unknown keys and references to nothing are refused.
func Read(file []byte) (*Systems, error) {
	var f struct {
		Ellipsoids []struct {
			ID                string  `toml:"id"`
			A                 float64 `toml:"a"`
			InverseFlattening float64 `toml:"inverse_flattening"`
		} `toml:"ellipsoid"`
		Systems []*System `toml:"system"`
	}
	meta, err := toml.Decode(string(file), &f)
	if err != nil {
		return nil, unfit("", err.Error())
	}
	if left := meta.Undecoded(); len(left) > 0 {
		return nil, unfit("", fmt.Sprintf("unknown key %q", left[0]))
	}
	s := &Systems{ellipsoids: map[string]Ellipsoid{}, systems: map[string]*System{}}
	for _, e := range f.Ellipsoids {
		if e.A <= 0 || e.InverseFlattening <= 1 || s.ellipsoids[e.ID].A != 0 {
			return nil, unfit(e.ID, "an ellipsoid needs an id of its own, a length and a flattening")
		}
		s.ellipsoids[e.ID] = Ellipsoid{A: e.A, F: 1 / e.InverseFlattening}
	}
	for _, sys := range f.Systems {
		if err := s.add(sys); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Systems) add(sys *System) error {
	switch {
	case sys.ID == "" || s.systems[sys.ID] != nil:
		return unfit(sys.ID, "a system needs an id of its own")
	case s.ellipsoids[sys.Ellipsoid].A == 0:
		return unfit(sys.ID, fmt.Sprintf("ellipsoid %q is not described", sys.Ellipsoid))
	case (sys.Projection != nil) != (sys.Axes == "northing easting" || sys.Axes == "easting northing"):
		return unfit(sys.ID, "its axes are not those of its kind")
	case sys.Projection != nil && sys.Projection.Scale <= 0:
		return unfit(sys.ID, "its scale is not positive")
	}
	for _, o := range sys.Operations {
		switch o.Kind {
		case "same", "shift", "coordinate frame", "position vector":
		default:
			return unfit(sys.ID, fmt.Sprintf("operation %s is of no known kind", o.ID))
		}
	}
	s.systems[sys.ID] = sys
	s.order = append(s.order, sys.ID)
	return nil
}

func unfit(where, why string) error {
	return fault.New(fault.Invalid, "reference systems", why, "correct the content").At(where)
}

// All lists the systems in the order of their description.
func (s *Systems) All() (out []System) {
	for _, id := range s.order {
		out = append(out, *s.systems[id])
	}
	return out
}

// Named is the id of the system that a file names by its id, its name or another name of it.
func (s *Systems) Named(name string) (id string, ok bool) {
	for _, id := range s.order {
		if x := s.systems[id]; strings.EqualFold(x.ID, name) || strings.EqualFold(x.Name, name) || slices.ContainsFunc(x.Also, func(n string) bool { return strings.EqualFold(n, name) }) {
			return id, true
		}
	}
	return "", false
}

// A Converter leads between one system and WGS84. It is safe for concurrent use.
type Converter struct {
	System    System
	Operation Operation // the zero one where the system is WGS84
	project   *mercator
	shift     *shift
}

// Converter returns the way between a system and WGS84 by an operation. Without a name it is the only one or the default;
// a system that several lead out of, none of them the default, is refused with their names.
func (s *Systems) Converter(id, operation string) (*Converter, error) {
	sys := s.systems[id]
	if sys == nil {
		return nil, fault.New(fault.NotFound, "reference system "+id, "it is not described", "known are "+strings.Join(s.order, ", "))
	}
	c := &Converter{System: *sys}
	el := s.ellipsoids[sys.Ellipsoid]
	if p := sys.Projection; p != nil {
		c.project = newMercator(el, p.Latitude, p.Longitude, p.Scale, p.FalseEasting, p.FalseNorthing)
	}
	if len(sys.Operations) == 0 && operation == "" {
		return c, nil
	}
	o, err := sys.operation(operation)
	if err != nil {
		return nil, err
	}
	c.Operation = o
	switch o.Kind {
	case "shift", "coordinate frame":
		c.shift = newShift(el, WGS84, o.Shift, o.Rotation, o.Scale, o.Pivot)
	case "position vector": // the same with rotations the other way round
		c.shift = newShift(el, WGS84, o.Shift, [3]float64{-o.Rotation[0], -o.Rotation[1], -o.Rotation[2]}, o.Scale, o.Pivot)
	}
	return c, nil
}

// operation finds one by name, or the one to take without a name.
func (s *System) operation(name string) (Operation, error) {
	var names []string
	for _, o := range s.Operations {
		if name == o.ID || name == "" && (o.Default || len(s.Operations) == 1) {
			return o, nil
		}
		names = append(names, fmt.Sprintf("%s (%s, %g m)", o.ID, o.Area, o.Accuracy))
	}
	why := "several operations lead to WGS84 and differ by metres"
	if name != "" {
		why = fmt.Sprintf("it has no operation %q", name)
	}
	return Operation{}, fault.New(fault.Invalid, "reference system "+s.ID, why, "name one of "+strings.Join(names, ", "))
}

// ToWGS84 converts a position of the system. ok is false for one that cannot be on the earth.
func (c *Converter) ToWGS84(p Pair) (out Point, ok bool) {
	lat, lon := p.North*degree, p.East*degree
	if c.project != nil {
		lat, lon = c.project.inverse(p.East, p.North)
	}
	if c.shift != nil {
		lat, lon = c.shift.forward(lat, lon)
	}
	out = Point{Lat: lat / degree, Lon: lon / degree}
	return out, math.Abs(out.Lat) <= 90 && math.Abs(out.Lon) <= 180
}

// FromWGS84 converts a WGS84 position into the system. ok is false for one that cannot be on the earth or that the projection
// does not reach.
func (c *Converter) FromWGS84(p Point) (out Pair, ok bool) {
	if !(math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180) {
		return Pair{}, false
	}
	lat, lon := p.Lat*degree, p.Lon*degree
	if c.shift != nil {
		lat, lon = c.shift.inverse(lat, lon)
	}
	if c.project == nil {
		return Pair{East: lon / degree, North: lat / degree}, true
	}
	if math.Abs(math.Remainder(lon-c.project.lon0, 2*math.Pi)) > 60*degree {
		return Pair{}, false
	}
	x, y := c.project.forward(lat, lon)
	return Pair{East: x, North: y}, true
}

// Ordered puts two numbers of a file into a Pair in the system's own order of axes.
func (c *Converter) Ordered(first, second float64) Pair {
	switch c.System.Axes {
	case "northing easting", "latitude longitude", "latitude longitude height":
		return Pair{East: second, North: first}
	}
	return Pair{East: first, North: second}
}
