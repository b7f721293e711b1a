package intake

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"accord/internal/geo"
	"accord/record"
)

// coordinate is the column of one coordinate. signs are the letters that a publisher may write behind it: positive, negative.
func (p *plan) coordinate(name string, also, header []string, signs string) column {
	number := (&Cell{}).readNumber(record.Number)
	read := func(cell string) (record.Value, string) {
		s := plainNumber(strings.TrimSpace(cell))
		last := strings.IndexByte(signs, s[len(s)-1])
		if last < 0 {
			return number(s)
		}
		v, why := number(strings.TrimSpace(s[:len(s)-1]))
		if last == 1 {
			v.Num = -v.Num
		}
		return v, why
	}
	index := wanted{Column: name, Also: also}.in(header)
	return column{name: name, index: index, read: (&Cell{Absent: p.recipe.Place.Absent}).orAbsent(read)}
}

// compilePlace compiles how a position leads to WGS84, and what the file itself says of its system.
func (p *plan) compilePlace(header []string, system string) (err error) {
	at := &p.recipe.Place
	if at.ISO6709 != "" {
		p.iso, p.said = columnIndex(header, at.ISO6709), columnIndex(header, at.Column)
		p.converts = map[string]*geo.Converter{}
		for said, id := range at.Systems {
			if p.converts[said], err = p.converter(id); err != nil {
				return err
			}
		}
	}
	if at.System != "" {
		if p.convert, err = p.converter(at.System); err != nil {
			return err
		}
	}
	if system == "" || p.recipe.systems == nil {
		return nil
	}
	id, ok := p.recipe.systems.Named(system)
	if !ok {
		return refuse(fmt.Sprintf("its reference system %.60q is none that is described", system), "save it in WGS84, or describe the system in content/geo/reference.toml")
	}
	if id == "EPSG:4326" {
		return nil
	}
	if p.figures, err = p.converter(id); err == nil && p.convert == nil {
		p.convert = p.figures
	}
	return err
}

func (p *plan) converter(id string) (*geo.Converter, error) {
	if p.recipe.systems == nil {
		return nil, p.recipe.bad("it names a reference system, and none is described")
	}
	c, err := p.recipe.systems.Converter(id, p.recipe.Place.Operation)
	if err != nil {
		return nil, p.recipe.bad(err.Error())
	}
	return c, nil
}

// readFigure reads lines or polygons; where the file names another reference system, their corners are converted.
func (p *plan) readFigure(cell string) (record.Value, string) {
	f, err := record.ParseFigure(cell)
	if p.figures != nil {
		f, err = p.converted(cell)
	}
	if err != nil {
		return record.Value{}, strings.TrimPrefix(err.Error(), "geometry: ")
	}
	return record.GeometryOf(f), ""
}

func (p *plan) converted(cell string) (record.Figure, error) {
	f, err := record.ParseFigureIn(cell)
	if err != nil {
		return f, err
	}
	for _, part := range f.Parts {
		for _, ring := range part {
			for i, v := range ring {
				w, ok := p.figures.ToWGS84(geo.Pair{East: v.Lon, North: v.Lat})
				if !ok {
					return f, fmt.Errorf("a corner of it is no position of its reference system")
				}
				ring[i] = record.Vertex{Lon: w.Lon, Lat: w.Lat}
			}
		}
	}
	if why := f.Problem(); why != "" {
		return f, fmt.Errorf("%s", why)
	}
	return f, nil
}

// place reads where a row is.
func (p *plan) place(cells []string) (at record.Place, problems []Problem) {
	if p.iso >= 0 {
		return p.isoPlace(cells)
	}
	if p.lat.index < 0 || p.lon.index < 0 {
		return at, nil
	}
	var values [2]record.Value
	for i, c := range []column{p.lat, p.lon} {
		v, why := c.read(cells[c.index])
		if values[i] = v; why != "" {
			problems = append(problems, Problem{c.name, why})
		}
	}
	lat, lon := values[0], values[1]
	if lat.IsAbsent() != lon.IsAbsent() {
		problems = append(problems, Problem{p.lat.name, "one coordinate is there and the other is not"})
	}
	at = record.Place{Known: !lat.IsAbsent() && !lon.IsAbsent(), Lat: lat.Num, Lon: lon.Num}
	if p.convert != nil && at.Known {
		problems = append(problems, p.toWGS84(&at, p.convert)...)
	}
	return at, problems
}

// iso6709 is a position in one cell: latitude, longitude and perhaps a height in metres, in decimal degrees.
var iso6709 = regexp.MustCompile(`^([+-][0-9]{2}(?:\.[0-9]+)?)([+-][0-9]{3}(?:\.[0-9]+)?)([+-][0-9]+(?:\.[0-9]+)?)?/$`)

const noPosition = "it is not a position as ISO 6709 writes it in degrees"

func (p *plan) isoPlace(cells []string) (at record.Place, problems []Problem) {
	s := strings.TrimSpace(cells[p.iso])
	if s == "" {
		return at, nil
	}
	m := iso6709.FindStringSubmatch(s)
	if m == nil {
		return at, []Problem{{p.recipe.Place.ISO6709, noPosition}}
	}
	at.Known = true
	at.Lat, _ = strconv.ParseFloat(m[1], 64)
	at.Lon, _ = strconv.ParseFloat(m[2], 64)
	if p.said >= 0 {
		if c := p.converts[strings.TrimSpace(cells[p.said])]; c != nil {
			problems = p.toWGS84(&at, c)
		}
	}
	return at, problems
}

// readDepth reads the height of a position in one cell as a depth in kilometres; none where it has none.
func readDepth(cell string) (record.Value, string) {
	m := iso6709.FindStringSubmatch(strings.TrimSpace(cell))
	if m == nil {
		return record.Value{}, noPosition
	}
	if m[3] == "" {
		return record.Value{}, ""
	}
	height, _ := strconv.ParseFloat(m[3], 64)
	return record.NumberOf(0 - height/1000), ""
}

// toWGS84 converts a place whose latitude and longitude are still the northing and easting that were published.
func (p *plan) toWGS84(at *record.Place, c *geo.Converter) []Problem {
	w, ok := c.ToWGS84(geo.Pair{East: at.Lon, North: at.Lat})
	if !ok {
		return []Problem{{"place", "it is no position of its reference system"}}
	}
	at.Lat, at.Lon = w.Lat, w.Lon
	return nil
}

// filled reads an empty cell as the one above it, of which it is a part in the publisher's table.
func filled(read reading) reading {
	above := ""
	return func(cell string) (record.Value, string) {
		if strings.TrimSpace(cell) == "" {
			return read(above)
		}
		above = strings.Clone(cell)
		return read(cell)
	}
}
