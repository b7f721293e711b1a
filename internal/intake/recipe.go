// Package intake reads the files that publishers give out, as they are: a recipe says how a file is recognised and how its
// columns become the fields of a dataset. A value is read or its row is rejected; nothing is repaired, guessed or rounded.
//
// Detect and Read are pure: they open and write no file and keep nothing, and rows go to a function. Take is what opens a
// file and stores its rows.
package intake

import (
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/BurntSushi/toml"

	"accord/internal/fault"
	"accord/record"
)

// A Recipe says how to read one publisher's kind of file. Recipes are content: adding one needs no code.
type Recipe struct {
	Name      string            `toml:"name"`
	Title     map[string]string `toml:"title"` // per language
	Dataset   string            `toml:"dataset"`
	Version   int               `toml:"version"`
	Publisher string            `toml:"publisher"`
	Source    string            `toml:"source"`  // where the publisher gives the file out
	Licence   string            `toml:"licence"` // as far as known; says so where it is not verified
	Encodings []string          `toml:"encodings"`
	Script    string            `toml:"script"` // Hangul or Japanese: a file with foreign letters and none of these is mojibake

	Key        Cell              `toml:"key"`
	When       Cell              `toml:"when"`
	Place      Place             `toml:"place"`
	Long       *Long             `toml:"long"`    // of a table with one value a row; a wide one has a column for each quantity
	Fields     []Cell            `toml:"field"`   // one per column that becomes a field
	Ignored    map[string]string `toml:"ignored"` // columns that are known and not read, with the reason
	Plausible  []Range           `toml:"plausible"`
	Boxes      []Box             `toml:"box"`
	NotBefore  []Order           `toml:"not_before"`
	SourceFile string            `toml:"-"` // the recipe's own file, for errors
}

// A Cell says how one column is read.
type Cell struct {
	Name      string            `toml:"name"`      // field of the dataset
	Column    string            `toml:"column"`    // name in the header
	Layout    string            `toml:"layout"`    // of a date: yyyymmdd, yyyy-mm-dd, yyyy.m.d or yyyy/m/d; of an instant see instants
	Offset    string            `toml:"offset"`    // of an instant: the publisher's clock, as +09:00
	Thousands string            `toml:"thousands"` // separator of thousands in a number, if the publisher writes one
	Absent    []string          `toml:"absent"`    // what the publisher writes for nothing, besides an empty cell
	Codes     map[string]string `toml:"codes"`     // the publisher's word to the field's code
	Required  bool              `toml:"required"`  // a row without it is rejected
}

// Place names the columns of a WGS84 point in decimal degrees. A row has both or neither.
type Place struct {
	Lat string `toml:"lat"`
	Lon string `toml:"lon"`
}

// A Long says how a table with one value a row is read into a series dataset: which quantity, and its value.
type Long struct {
	Quantity string            `toml:"quantity"` // column
	Names    map[string]string `toml:"names"`    // the publisher's word to the dataset's quantity; rows with any other word are rejected
	Skip     []string          `toml:"skip"`     // words of quantities that the dataset does not have: their rows say nothing
	Value    Cell              `toml:"value"`
}

// A Range flags values of a field outside what is plausible. They stay as they are.
type Range struct {
	Field string   `toml:"field"`
	Min   *float64 `toml:"min"`
	Max   *float64 `toml:"max"`
}

// A Box flags a point outside it, in all rows or in those whose text field has the given value.
type Box struct {
	Name  string     `toml:"name"`
	Field string     `toml:"field"` // empty for all rows
	Value string     `toml:"value"`
	Lon   [2]float64 `toml:"lon"`
	Lat   [2]float64 `toml:"lat"`
}

// An Order flags a date field that lies wholly before the time of the record.
type Order struct {
	Field string `toml:"field"`
}

// Recipes reads every recipe in fsys, recipes/*.toml, in the order of their names.
func Recipes(fsys fs.FS) ([]*Recipe, error) {
	files, err := fs.Glob(fsys, "recipes/*.toml")
	if err != nil {
		return nil, fmt.Errorf("list recipes: %w", err)
	}
	var all []*Recipe
	for _, name := range files {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read recipe: %w", err)
		}
		r, err := parseRecipe(name, string(data))
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(o *Recipe) bool { return o.Name == r.Name }) {
			return nil, r.bad("another recipe has its name")
		}
		all = append(all, r)
	}
	return all, nil
}

// Find returns the recipe of a name.
func Find(recipes []*Recipe, name string) (*Recipe, error) {
	for _, r := range recipes {
		if r.Name == name {
			return r, nil
		}
	}
	return nil, fault.New(fault.NotFound, fmt.Sprintf("recipe %.80q", name), "there is none of this name", "list them with: accord recipe list")
}

func parseRecipe(file, data string) (*Recipe, error) {
	r := &Recipe{SourceFile: path.Base(file)}
	meta, err := toml.Decode(data, r)
	if err != nil {
		return nil, r.bad(fmt.Sprintf("it is not TOML that a recipe can be: %v", err))
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, r.bad(fmt.Sprintf("it has the unknown key %s", unknown[0]))
	}
	return r, r.check()
}

// check finds what is wrong with a recipe by itself; what is wrong with it for a dataset is for compile to find.
func (r *Recipe) check() error {
	switch {
	case r.Name == "" || r.Dataset == "" || r.Version < 1:
		return r.bad("it needs a name, a dataset and a version")
	case r.Publisher == "" || r.Source == "" || r.Licence == "":
		return r.bad("it needs a publisher, a source and a licence, or the words that they are not known")
	case r.Key.Column == "":
		return r.bad("it names no key column")
	case (r.Place.Lat == "") != (r.Place.Lon == ""):
		return r.bad("it names one coordinate and not the other")
	case r.Script != "" && scripts[r.Script] == nil:
		return r.bad(fmt.Sprintf("script %q is neither Hangul nor Japanese", r.Script))
	case len(r.Encodings) == 0:
		return r.bad("it names no encoding")
	}
	for _, e := range r.Encodings {
		if _, ok := encodings[e]; !ok {
			return r.bad(fmt.Sprintf("encoding %q is none of utf-8, cp949 and shift_jis", e))
		}
	}
	columns := r.columns()
	for i, c := range columns {
		if c == "" || slices.Contains(columns[:i], c) {
			return r.bad(fmt.Sprintf("column %q has no name or is used twice", c))
		}
	}
	return nil
}

// columns are the names that a file's header must have, which is how it is recognised.
func (r *Recipe) columns() []string {
	names := []string{r.Key.Column}
	if r.When.Column != "" {
		names = append(names, r.When.Column)
	}
	if r.Place.Lat != "" {
		names = append(names, r.Place.Lat, r.Place.Lon)
	}
	if r.Long != nil {
		names = append(names, r.Long.Quantity, r.Long.Value.Column)
	}
	for _, f := range r.Fields {
		names = append(names, f.Column)
	}
	for c := range r.Ignored {
		names = append(names, c)
	}
	return names
}

func (r *Recipe) bad(why string) error {
	return fault.New(fault.Invalid, "recipe "+r.Name, why, "correct the recipe").At(r.SourceFile)
}

// fits says whether the recipe is for this description.
func (r *Recipe) fits(d *record.Dataset) error {
	if r.Dataset != d.Name || r.Version != d.Version {
		return r.bad(fmt.Sprintf("it is for version %d of %s, not for version %d of %s", r.Version, r.Dataset, d.Version, d.Name))
	}
	return nil
}
