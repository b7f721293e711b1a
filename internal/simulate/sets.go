package simulate

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"math"
	"math/rand/v2"
	"time"

	"accord/internal/date"
	"accord/record"
)

// Sets are the further exchange sets of the demo, beside the records of Params: inspections, rain and a river.
type Sets struct {
	Terms  string     `toml:"terms"` // file of the instrument under which they flow
	Cities []CitySets `toml:"city"`
	Claims []Claim    `toml:"claim"`
}

// A Claim is something that a city says has happened, and what the other says of it.
type Claim struct {
	Party  string            `toml:"party"`
	Name   string            `toml:"name"`
	Clause string            `toml:"clause"`
	Kind   string            `toml:"kind"`
	Ago    int               `toml:"ago"` // days
	What   map[string]string `toml:"what"`
	Source string            `toml:"source"`
	Word   string            `toml:"word"` // confirmed, disputed; empty: unanswered
	Why    string            `toml:"why"`
}

// CitySets are one city's sets.
type CitySets struct {
	Party      string     `toml:"party"`
	Conditions Conditions `toml:"conditions"`
	Rain       Rain       `toml:"rain"`
	River      River      `toml:"river"`
}

// Conditions are inspections of structures, each inspected every so many years since some day, on one scale.
type Conditions struct {
	Key        string     `toml:"key"`
	Scale      string     `toml:"scale"`
	Grades     []string   `toml:"grades"` // the best first
	Structures int        `toml:"structures"`
	Kinds      []Ground   `toml:"kind"`   // codes with weights
	Since      int        `toml:"since"`  // first year of inspections
	Every      int        `toml:"every"`  // years between two
	Rate       float64    `toml:"rate"`   // grades lost in a year
	Repair     float64    `toml:"repair"` // share of the worst two grades that is repaired before the next inspection
	Districts  []District `toml:"district"`
}

// Rain is the daily rain at a station.
type Rain struct {
	Station string    `toml:"station"`
	Lon     float64   `toml:"lon"`
	Lat     float64   `toml:"lat"`
	Years   int       `toml:"years"`
	Wet     []float64 `toml:"wet"`   // share of the days with rain, January first
	Mean    []float64 `toml:"mean"`  // millimetres on a day with rain
	Shape   float64   `toml:"shape"` // of the Weibull distribution of a day's rain; below 1 is a heavy tail
}

// River is the level at a gauge, every ten minutes, with a flood some days ago.
type River struct {
	Gauge string  `toml:"gauge"`
	Field string  `toml:"field"` // the quantity, as level_gauge
	Lon   float64 `toml:"lon"`
	Lat   float64 `toml:"lat"`
	Days  int     `toml:"days"`  // how many days are known
	Crest int     `toml:"crest"` // how many days ago the flood was highest
	Base  float64 `toml:"base"`  // in the quantity's unit
	Rise  float64 `toml:"rise"`
	Tide  float64 `toml:"tide"`  // half of what the tide moves the water
	Hours float64 `toml:"hours"` // over which the flood rises; it falls three times as slowly
}

// ReadSets reads sets.toml in fsys.
func ReadSets(fsys fs.FS) (*Sets, error) {
	s := &Sets{}
	if err := readTOML(fsys, "sets.toml", s); err != nil {
		return nil, err
	}
	for _, c := range s.Cities {
		if why := c.problem(); why != "" {
			return nil, bad("sets.toml", fmt.Sprintf("%s: %s", c.Party, why))
		}
	}
	return s, nil
}

func (c *CitySets) problem() string {
	switch {
	case c.Party == "":
		return "it needs a party"
	case len(c.Conditions.Grades) < 2 || c.Conditions.Every < 1 || c.Conditions.Rate <= 0 || !weights(c.Conditions.Kinds, func(g Ground) float64 { return g.Weight }) ||
		!weights(c.Conditions.Districts, func(d District) float64 { return d.Weight }):
		return "conditions need grades, kinds, districts, a rate and years between inspections"
	case len(c.Rain.Wet) != 12 || len(c.Rain.Mean) != 12 || c.Rain.Years < 1 || !(c.Rain.Shape > 0):
		return "rain needs years, a shape and twelve months"
	case c.River.Days < 1 || !(c.River.Hours > 0):
		return "a river needs days and the hours of its flood"
	}
	return ""
}

func drawer(seed uint64, parts ...string) *generator {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
	}
	return &generator{rand: rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// Inspections draws the inspections of every structure up to a day.
func (c *CitySets) Inspections(d *record.Dataset, seed uint64, until date.Day) (out []record.Record) {
	g, k := drawer(seed, c.Party, "conditions"), &c.Conditions
	for s := range k.Structures {
		id := fmt.Sprintf("%s-%03d", k.Key, s+1)
		kind := choose(g, k.Kinds, func(x Ground) float64 { return x.Weight }).Code
		where := choose(g, k.Districts, func(x District) float64 { return x.Weight })
		place := g.place(where)
		built := k.Since - 5 - g.rand.IntN(45)
		grade := float64(k.Since-built) * k.Rate / 2 * g.rand.Float64()
		for year := k.Since + g.rand.IntN(k.Every); ; year += k.Every {
			day := date.NewDay(year, time.Month(1+g.rand.IntN(12)), 1+g.rand.IntN(28))
			if day.After(until) {
				break
			}
			at := min(int(grade), len(k.Grades)-1)
			r := record.Record{Key: fmt.Sprintf("%s-%d", id, year), When: record.OnDate(date.OnDay(day)), Place: place, Simulated: true, Values: make([]record.Value, len(d.Fields))}
			builtOn, _ := date.Parse(fmt.Sprintf("%04d", built))
			for field, v := range map[string]record.Value{"structure": record.TextOf(id), "kind": record.CodeOf(kind), "district": record.TextOf(where.Name),
				"built": record.DateOf(builtOn), "scale": record.TextOf(k.Scale), "grade": record.TextOf(k.Grades[at])} {
				r.Values[d.Index(field)] = v
			}
			out = append(out, r)
			if at >= len(k.Grades)-2 && g.rand.Float64() < k.Repair {
				grade = g.rand.Float64()
			}
			for left := float64(k.Every); ; grade++ {
				if left -= g.rand.ExpFloat64() / k.Rate; left < 0 {
					break
				}
			}
		}
	}
	return out
}

// Days draws the daily rain up to and including a day.
func (c *CitySets) Days(d *record.Dataset, seed uint64, until date.Day) record.Run {
	g, rain := drawer(seed, c.Party, "rain"), &c.Rain
	run := record.Run{Name: record.Name{Key: rain.Station, Field: d.Index("rain"), Step: record.ByDay},
		Place: record.Place{Known: true, Lon: rain.Lon, Lat: rain.Lat}, Simulated: true}
	mean := math.Gamma(1 + 1/rain.Shape)
	for day := date.NewDay(until.Year()-rain.Years, 1, 1); !day.After(until); day = day.AddDays(1) {
		fell := 0.0
		if m := day.Month() - 1; g.rand.Float64() < rain.Wet[m] {
			fell = math.Round(10*rain.Mean[m]/mean*math.Pow(g.rand.ExpFloat64(), 1/rain.Shape)) / 10
		}
		run.Points = append(run.Points, record.Point{At: day.Time().UnixMicro(), Value: min(fell, 500)})
	}
	return run
}

// Levels draws the level of the river every ten minutes up to a time.
func (c *CitySets) Levels(d *record.Dataset, seed uint64, until time.Time) record.Run {
	g, river := drawer(seed, c.Party, "river"), &c.River
	run := record.Run{Name: record.Name{Key: river.Gauge, Field: d.Index(river.Field), Step: record.ByInstant},
		Place: record.Place{Known: true, Lon: river.Lon, Lat: river.Lat}, Simulated: true}
	const tide = 12.42 // hours
	end := until.Truncate(24 * time.Hour)
	crest := end.AddDate(0, 0, -river.Crest).Add(9 * time.Hour)
	_, offset := until.Zone()
	for at := end.AddDate(0, 0, -river.Days); at.Before(end); at = at.Add(10 * time.Minute) {
		hours := at.Sub(crest).Hours()
		wide := river.Hours
		if hours > 0 {
			wide *= 3
		}
		level := river.Base + river.Rise*math.Exp(-hours*hours/(2*wide*wide)) + river.Tide*math.Sin(2*math.Pi*hours/tide) + 0.002*river.Rise*g.rand.NormFloat64()
		run.Points = append(run.Points, record.Point{At: at.UnixMicro(), Value: math.Round(level*100) / 100, Offset: int16(offset / 60)})
	}
	return run
}
