// Package scale reads what one country calls a thing in another country's words. Grades, classes and thresholds are
// content with a version, a jurisdiction, a validity and a source; a relation between two scales leads a value to a set of
// values with a reason. Nothing is averaged, nothing is led back through a relation that was written for the other way.
package scale

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"accord/agreement"
	"accord/internal/date"
	"accord/internal/fault"
)

// Words are a short text in several languages, by language. They are our own: summaries of what a source says.
type Words map[string]string

// Texts are the words as pages show them.
func (w Words) Texts() agreement.Texts {
	var t agreement.Texts
	for _, lang := range []string{"ko", "ja", "en"} {
		if s := w[lang]; s != "" {
			t = append(t, agreement.Text{Lang: lang, Standing: agreement.Summary, Text: s})
		}
	}
	return t
}

// Origin is where a piece of content comes from, and for how long it holds.
type Origin struct {
	Jurisdiction string   `toml:"jurisdiction"` // KR, JP, US; empty for one of our own
	Version      string   `toml:"version"`
	Since        date.Day `toml:"since"` // unset: as long as is known
	Until        date.Day `toml:"until"` // last day; unset: still
	Source       string   `toml:"source"`
	Confirmed    bool     `toml:"confirmed"` // read in the source itself, not in a copy or a quotation
}

// Holds says whether it holds on a day.
func (o Origin) Holds(on date.Day) bool {
	return (o.Since.IsZero() || !on.Before(o.Since)) && (o.Until.IsZero() || !on.After(o.Until))
}

// A Scale is an ordered list of values, the least grave first.
type Scale struct {
	ID      string   `toml:"id"`
	Family  string   `toml:"family"` // scales of one family say the same kind of thing: condition
	Name    Words    `toml:"name"`
	Objects []string `toml:"objects"` // what it is given to; empty: not limited
	Unit    string   `toml:"unit"`    // of the numbers in Least of its values; empty where values are judged, not measured
	Origin
	Values []Value `toml:"value"`
}

// A Value is one step of a scale.
type Value struct {
	ID      string   `toml:"id"`
	Name    Words    `toml:"name"`
	Meaning Words    `toml:"meaning"`
	Least   *float64 `toml:"least"` // the least number that is this value; the first value may leave it out
}

// Index is a value's place in the order, from 0; -1 when the scale has none of this id.
func (s *Scale) Index(id string) int {
	return slices.IndexFunc(s.Values, func(v Value) bool { return v.ID == id })
}

// Value is the step of an id.
func (s *Scale) Value(id string) (Value, bool) {
	if i := s.Index(id); i >= 0 {
		return s.Values[i], true
	}
	return Value{}, false
}

// Classify is the value that a measured number has.
func (s *Scale) Classify(x float64) (Value, error) {
	if s.Unit == "" {
		return Value{}, fault.New(fault.Refused, "scale "+s.ID, "its values are judged, not measured", "take the value that the inspector gave")
	}
	if x != x {
		return Value{}, fault.New(fault.Invalid, "scale "+s.ID, "this is not a number", "give a number in "+s.Unit)
	}
	found := s.Values[0]
	for _, v := range s.Values[1:] {
		if x >= *v.Least {
			found = v
		}
	}
	if found.Least != nil && x < *found.Least {
		return Value{}, fault.New(fault.Invalid, "scale "+s.ID, fmt.Sprintf("%g %s is below its first value", x, s.Unit), "look at the unit")
	}
	return found, nil
}

// A Book holds every scale, relation, conversion and standard that a node knows.
type Book struct {
	scales      map[string]*Scale
	relations   []*Relation
	conversions []*Conversion
	standards   []*Standard
}

// Read reads a folder scales, with relations and conversions in it, and a folder standards. Content that does not hold
// together is refused with its file's name.
func Read(files fs.FS) (*Book, error) {
	b := &Book{scales: map[string]*Scale{}}
	steps := []struct {
		pattern string
		add     func([]byte) error
	}{
		{"scales/*.toml", b.addScale},
		{"scales/relations/*.toml", b.addRelation},
		{"scales/conversions/*.toml", b.addConversion},
		{"standards/*.toml", b.addStandards},
	}
	for _, step := range steps {
		names, err := fs.Glob(files, step.pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			data, err := fs.ReadFile(files, name)
			if err == nil {
				err = step.add(data)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return b, nil
}

// Scale is the scale of an id.
func (b *Book) Scale(id string) (*Scale, error) {
	if s := b.scales[id]; s != nil {
		return s, nil
	}
	return nil, fault.New(fault.NotFound, "scale "+id, "there is none of this name", "known are "+strings.Join(b.Scales(), ", "))
}

// Scales are the ids of all scales, in order.
func (b *Book) Scales() []string {
	ids := make([]string, 0, len(b.scales))
	for id := range b.scales {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Family are the scales of a family to which relations lead, those of no country first: on which of them a reader may have it.
func (b *Book) Family(name string) []string {
	var ids []string
	for _, id := range b.Scales() {
		to := func(r *Relation) bool { return r.To == id }
		if b.scales[id].Family == name && slices.ContainsFunc(b.relations, to) {
			ids = append(ids, id)
		}
	}
	slices.SortStableFunc(ids, func(x, y string) int { return cmp.Compare(b.scales[x].Jurisdiction, b.scales[y].Jurisdiction) })
	return ids
}

func (b *Book) addScale(data []byte) error {
	s := &Scale{}
	if err := decode(data, s); err != nil {
		return err
	}
	switch {
	case s.ID == "" || b.scales[s.ID] != nil:
		return unfit("a scale needs an id of its own")
	case len(s.Values) < 2:
		return unfit("a scale has at least two values")
	case s.Source == "":
		return unfit("a scale names its source")
	}
	for i, v := range s.Values {
		switch {
		case v.ID == "" || s.Index(v.ID) != i:
			return unfit(fmt.Sprintf("value %d needs an id of its own", i+1))
		case missing(v.Name):
			return unfit(fmt.Sprintf("value %s is not named in ko, ja and en", v.ID))
		case s.Unit != "" && i > 0 && (v.Least == nil || s.Values[i-1].Least != nil && *v.Least <= *s.Values[i-1].Least):
			return unfit(fmt.Sprintf("value %s needs a least number above that of the one before", v.ID))
		}
	}
	b.scales[s.ID] = s
	return nil
}

func missing(w Words) bool { return w["ko"] == "" || w["ja"] == "" || w["en"] == "" }

// decode reads a file strictly: a key that nothing reads is a mistake.
func decode(data []byte, into any) error {
	meta, err := toml.Decode(string(data), into)
	if err != nil {
		return unfit(err.Error())
	}
	if left := meta.Undecoded(); len(left) > 0 {
		return unfit(fmt.Sprintf("unknown key %q", left[0]))
	}
	return nil
}

func unfit(why string) error {
	return fault.New(fault.Invalid, "scales", why, "mend the file; content/scales/README.md says what stands in it")
}

// byOrder sorts ids by a scale's order.
func (s *Scale) byOrder(ids []string) {
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(s.Index(a), s.Index(b)) })
}
