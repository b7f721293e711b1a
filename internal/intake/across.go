package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	letterwidth "golang.org/x/text/width"

	"accord/internal/date"
	"accord/internal/geo"
	"accord/record"
)

// An Across reads the columns of a wide table whose names follow a pattern: what its group finds is the key or the time of a
// record of its own, so that a file with another station or another year needs no other recipe. Columns of several patterns
// with the same find are one record. Given the time, the record has the row's key, the find behind it, and the row's fields.
type Across struct {
	Pattern string `toml:"pattern"` // with one group
	To      string `toml:"to"`      // key, when for a date written as YYYY, YYYY-MM or YYYY-MM-DD, or part for anything else the row has several of
	Into    string `toml:"into"`    // of a part: the text field that is told which
	Least   int    `toml:"least"`   // columns that a file has at least; 1 where nothing is said
	Value   Cell   `toml:"value"`

	Beside string   `toml:"beside"` // what the name of the column that says how good the value is has behind the value's
	Sound  []string `toml:"sound"`  // what it says of a good one; a value of which it says anything else is flagged

	compiled *regexp.Regexp
}

// A doubt is a column that says how good the value of another is.
type doubt struct {
	value, index int
	name         string
	sound        []string
}

// A found is a column of a wide table, and what its name says.
type found struct {
	index int
	said  string
}

// A group is the columns of a wide table that are one record of each row.
type group struct {
	said  string
	when  record.Time
	cells []column
}

func (a Across) columns(header []string, r *Recipe) (all []found) {
	x := a.compiled
	if x == nil {
		x = regexp.MustCompile(a.Pattern)
	}
	own := map[int]bool{}
	for _, c := range r.columns() {
		own[c.in(header)] = true
	}
	for i, h := range header {
		if own[i] {
			continue
		}
		for _, name := range acrossNames(h) {
			if m := x.FindStringSubmatch(name); m != nil {
				all = append(all, found{i, m[1]})
				break
			}
		}
	}
	return all
}

// brackets are those that publishers write in place of the round ones.
var brackets = strings.NewReplacer("[", "(", "]", ")", "〔", "(", "〕", ")", "【", "(", "】", ")")

// acrossNames are the name of a column and, where it has anything that may be written otherwise, its plain form: in plain width, with
// round brackets and single spaces, and none before a bracket.
func acrossNames(h string) []string {
	h = strings.TrimSpace(h)
	if !strings.ContainsFunc(h, func(r rune) bool { return r == '[' || unicode.IsSpace(r) || r >= 0x3000 && (r < 0x3041 || r >= 0xff00) }) {
		return []string{h}
	}
	plain := strings.Join(strings.Fields(brackets.Replace(letterwidth.Fold.String(h))), " ")
	return []string{h, plain, strings.ReplaceAll(plain, " (", "(")}
}

func (p *plan) compileAcross(header []string) error {
	for i := range p.recipe.Across {
		a := &p.recipe.Across[i]
		field := p.dataset.Index(a.Value.Name)
		if field < 0 {
			return p.recipe.bad(fmt.Sprintf("%s has no field %q", p.dataset.Name, a.Value.Name))
		}
		for _, f := range a.columns(header, p.recipe) {
			c, err := p.column(&a.Value, field, f.index)
			if err != nil {
				return err
			}
			c.name = strings.TrimSpace(header[f.index])
			if beside := columnIndex(header, header[f.index]+a.Beside); a.Beside != "" && beside >= 0 {
				p.doubts = append(p.doubts, doubt{f.index, beside, c.name, a.Sound})
			}
			at := slices.IndexFunc(p.groups, func(g group) bool { return g.said == f.said })
			if at < 0 {
				g := group{said: f.said}
				if a.To == "when" {
					d, err := date.Parse(f.said)
					if err != nil {
						return refuse(fmt.Sprintf("column %.80q names no date", c.name), doDownload).At(lineName(1))
					}
					g.when = record.OnDate(d)
				}
				at, p.groups = len(p.groups), append(p.groups, g)
			}
			p.groups[at].cells = append(p.groups[at].cells, c)
		}
	}
	return nil
}

// unfold makes the records of a wide row. base is what the row says besides: a record of its own where the columns across
// are those of other keys, part of each record where they are those of other times.
func (p *plan) unfold(cells []string, base *record.Record) (all []record.Record, problems []Problem) {
	times, parts := p.recipe.Across[0].To == "when", p.recipe.Across[0].To == "part"
	into := p.dataset.Index(p.recipe.Across[0].Into)
	if !times && !parts && len(p.fields) > 0 {
		all = append(all, *base)
	}
	for _, g := range p.groups {
		r := record.Record{Key: g.said, When: base.When, Values: make([]record.Value, len(p.dataset.Fields))}
		if times {
			r = record.Record{Key: base.Key + "|" + g.said, When: g.when, Place: base.Place, Values: slices.Clone(base.Values)}
		}
		if parts {
			r = record.Record{Key: base.Key + "|" + g.said, When: base.When, Place: base.Place, Values: slices.Clone(base.Values)}
			if into >= 0 {
				r.Values[into] = record.TextOf(g.said)
			}
		}
		for _, c := range g.cells {
			v, why := c.read(cells[c.index])
			if why != "" {
				problems = append(problems, Problem{c.name, why})
			}
			r.Values[c.field] = v
			if c.mark != nil {
				c.mark(cells[c.index], &r)
			}
		}
		for _, x := range p.dataset.Validate(&r) {
			problems = append(problems, Problem{x.Field, x.Why})
		}
		all = append(all, r)
	}
	return all, problems
}

// doubtful are the values of a wide row of which the publisher says that they are not good.
func (p *plan) doubtful(cells []string) (flags []Problem) {
	for _, d := range p.doubts {
		if strings.TrimSpace(cells[d.value]) != "" && !slices.Contains(d.sound, strings.TrimSpace(cells[d.index])) {
			flags = append(flags, Problem{d.name, "its publisher does not call it good"})
		}
	}
	return flags
}

// An Agree flags a record whose place is further than that from the same position in two other fields of another system.
type Agree struct {
	East      string  `toml:"east"`
	North     string  `toml:"north"`
	System    string  `toml:"crs"`
	Operation string  `toml:"operation"`
	Metres    float64 `toml:"metres"`
}

func (x Agree) flag(r *Recipe, d *record.Dataset) (flag, error) {
	east, north := d.Index(x.East), d.Index(x.North)
	if east < 0 || north < 0 || d.Fields[east].Type != record.Number || d.Fields[north].Type != record.Number || x.Metres <= 0 {
		return nil, r.bad(fmt.Sprintf("agree: %q and %q are not two numbers of %s with a distance", x.East, x.North, d.Name))
	}
	if r.systems == nil {
		return nil, r.bad("it names a reference system, and none is described")
	}
	c, err := r.systems.Converter(x.System, x.Operation)
	if err != nil {
		return nil, r.bad(err.Error())
	}
	return func(rec *record.Record) (Problem, bool) {
		e, n := rec.Value(east), rec.Value(north)
		if !rec.Place.Known || e.IsAbsent() || n.IsAbsent() {
			return Problem{}, false
		}
		at, ok := c.ToWGS84(geo.Pair{East: e.Num, North: n.Num})
		out := !ok || geo.Haversine(at, geo.Point{Lat: rec.Place.Lat, Lon: rec.Place.Lon}) > x.Metres
		return Problem{"place", "its two positions do not agree"}, out
	}, nil
}
