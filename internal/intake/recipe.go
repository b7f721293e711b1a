// Package intake reads the files that publishers give out, as they are: a recipe says how a file is recognised and how its
// columns become the fields of a dataset. A value is read or its row is rejected; nothing is repaired, guessed or rounded.
//
// Detect and Read are pure: they open and write no file and keep nothing, and rows go to a function. Take is what opens a
// file and stores its rows.
package intake

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"

	"github.com/BurntSushi/toml"

	"accord/internal/code"
	"accord/internal/fault"
	"accord/internal/geo"
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

	Rows       []string          `toml:"rows"` // of JSON and XML: paths of the values that are rows, where they are not plain to see
	Same       map[string]string `toml:"same"` // of JSON and XML: names of values that are read as another
	Header     Header            `toml:"header"`
	Without    []string          `toml:"without"` // columns that a file of this recipe does not have, where another recipe's has all of its
	Key        Key               `toml:"key"`
	When       Cell              `toml:"when"`
	Place      Place             `toml:"place"`
	Long       *Long             `toml:"long"`    // of a table with one value a row; a wide one has a column for each quantity
	Fields     []Cell            `toml:"field"`   // one per column that becomes a field
	Across     []Across          `toml:"across"`  // columns of a wide table that are records of their own
	Ignored    map[string]string `toml:"ignored"` // columns that are known and not read, with the reason
	Plausible  []Range           `toml:"plausible"`
	Boxes      []Box             `toml:"box"`
	NotBefore  []Order           `toml:"not_before"`
	Agree      []Agree           `toml:"agree"`
	Coded      []Coded           `toml:"coded"`
	SourceFile string            `toml:"-"` // the recipe's own file, for errors

	// CutAllowed has what is whole in a file that was cut read, and its broken last row rejected. A person says so, no recipe.
	CutAllowed bool `toml:"-"`

	named   string       // the key that a file's name gives
	systems *geo.Systems // reference systems, for places, and for geometries of files that name one
	codes   *code.Codes  // codes of places, where the recipe names a system of them
	totals  []string     // what tables write for a sum in place of a name
}

// A Cell says how one column is read.
type Cell struct {
	Name      string            `toml:"name"`      // field of the dataset
	Column    string            `toml:"column"`    // name in the header
	Also      []string          `toml:"also"`      // other names of it, as the publisher writes them in other files
	Optional  bool              `toml:"optional"`  // files without the column are of this recipe too
	Layout    string            `toml:"layout"`    // of a date see layouts and read.special; of an instant see instants
	Layouts   []string          `toml:"layouts"`   // other ways in which the publisher writes it, in other files or other rows
	Offset    string            `toml:"offset"`    // of an instant: the publisher's clock, as +09:00
	Zone      string            `toml:"zone"`      // of an instant: the place whose clock it is, as Asia/Tokyo, where that has changed
	Always    string            `toml:"always"`    // of a text or a code: what every row of the recipe has, instead of a column
	Fold      bool              `toml:"fold"`      // digits and letters may be of full width: they are read as the plain ones
	Fill      bool              `toml:"fill"`      // an empty cell is one merged with the cell above it
	Thousands string            `toml:"thousands"` // separator of thousands in a number, if the publisher writes one
	Absent    []string          `toml:"absent"`    // what the publisher writes for nothing, besides an empty cell
	Codes     map[string]string `toml:"codes"`     // the publisher's word to the field's code
	Required  bool              `toml:"required"`  // a row without it is rejected
	Point     bool              `toml:"point"`     // a number may begin with its point, as .5 and -.1
	Mark      string            `toml:"mark"`      // a code field that says which of the publisher's ways to say nothing it is
	Marks     map[string]string `toml:"marks"`     // those ways, each with its code; the empty cell is one

	asWritten bool // of a draft: no other way than the layout's is tried
}

// A Header says where a file's header is, where it is not its first line alone.
type Header struct {
	Within int `toml:"within"` // records that may stand before it
	Lines  int `toml:"lines"`  // records it is made of; names one below the other are joined by a space

	None string `toml:"none"` // a pattern of the first cell of a file that has no header; its columns are named 1, 2, 3 and so on
}

// A Key says what names a record: a column, several, a text that is the same for the whole file, or a part of the file's name
// where the publisher writes it nowhere else.
type Key struct {
	Column  string   `toml:"column"`
	Also    []string `toml:"also"`    // other names of that column
	Columns []string `toml:"columns"` // joined by a stroke; fields may read them too
	Text    string   `toml:"text"`
	File    string   `toml:"file"` // pattern with one group

	Prefix  string `toml:"prefix"`  // what stands before it, so that codes of several givers in one dataset stay apart
	Repeats bool   `toml:"repeats"` // rows with the key of another and different content are further parts: their number is added
	Totals  bool   `toml:"totals"`  // a row for a sum is a record like the others
}

// Place names the columns of a point. A row has both or neither. Without a reference system they are decimal degrees of WGS84.
type Place struct {
	Lat string `toml:"lat"`
	Lon string `toml:"lon"`

	AlsoLat  []string `toml:"also_lat"` // other names of the columns
	AlsoLon  []string `toml:"also_lon"`
	Optional bool     `toml:"optional"` // files without them are of this recipe too

	Absent    []string `toml:"absent"`    // what the publisher writes for no coordinate
	System    string   `toml:"crs"`       // EPSG code; the point is converted, fields may keep what was published
	Operation string   `toml:"operation"` // where several lead out of the system

	ISO6709 string            `toml:"iso6709"` // the one column that has both, as +37.6+141.6-50000/
	Column  string            `toml:"column"`  // that says in which system they are, in files that have several
	Systems map[string]string `toml:"systems"` // what it says, each with its EPSG code; anything else is WGS84
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

	Pattern string `toml:"pattern"` // of a text: what it looks like unless it is damaged
}

// A Coded flags a text that cannot be a code of a system: its form, or its check digit.
type Coded struct {
	Field  string `toml:"field"`
	System string `toml:"system"` // of content/codes
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
	return all, connect(fsys, all)
}

// connect gives the recipes what is described beside them: reference systems, codes of places, and words for sums.
func connect(fsys fs.FS, all []*Recipe) error {
	var systems *geo.Systems
	var codes *code.Codes
	var words struct {
		Totals []string `toml:"totals"`
	}
	for name, read := range map[string]func([]byte) error{
		"geo/reference.toml": func(b []byte) (err error) { systems, err = geo.Read(b); return err },
		"codes/places.toml":  func(b []byte) (err error) { codes, err = code.Read(b); return err },
		"words/tables.toml":  func(b []byte) error { return toml.Unmarshal(b, &words) },
	} {
		data, err := fs.ReadFile(fsys, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a recipe that needs it says so
		}
		if err == nil {
			err = read(data)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
	for _, r := range all {
		r.systems, r.codes, r.totals = systems, codes, words.Totals
	}
	return nil
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
	case r.Key.ways() != 1:
		return r.bad("it names no key, or more than one")
	case (r.Place.Lat == "") != (r.Place.Lon == ""):
		return r.bad("it names one coordinate and not the other")
	case r.Script != "" && scripts[r.Script] == nil:
		return r.bad(fmt.Sprintf("script %q is neither Hangul nor Japanese", r.Script))
	case len(r.Encodings) == 0:
		return r.bad("it names no encoding")
	}
	for _, e := range r.Encodings {
		if _, ok := encodings[e]; !ok {
			return r.bad(fmt.Sprintf("encoding %q is none of utf-8, cp949, shift_jis and windows-1252", e))
		}
	}
	if err := r.checkPatterns(); err != nil {
		return err
	}
	var seen []string
	for _, c := range r.columns() {
		for _, name := range append([]string{c.Column}, c.Also...) {
			if name == "" && c.Column != "" || name == "" && !c.optional || slices.Contains(seen, name) && !c.shared {
				return r.bad(fmt.Sprintf("column %q has no name or is used twice", name))
			}
			if !c.shared {
				seen = append(seen, name)
			}
		}
	}
	return nil
}

// checkPatterns finds what is wrong with patterns and with what reads a column across.
func (r *Recipe) checkPatterns() error {
	patterns := []string{}
	if r.Key.File != "" {
		patterns = append(patterns, r.Key.File)
	}
	for _, a := range r.Across {
		if a.To != r.Across[0].To || a.To != "key" && a.To != "when" && a.To != "part" {
			return r.bad(fmt.Sprintf("what its columns across give, %q, is neither key, when nor part, or not the same for all", a.To))
		}
		patterns = append(patterns, a.Pattern)
	}
	for _, p := range patterns {
		if x, err := regexp.Compile(p); err != nil || x.NumSubexp() != 1 {
			return r.bad(fmt.Sprintf("%q is not a pattern with one group", p))
		}
	}
	for i := range r.Across {
		r.Across[i].compiled = regexp.MustCompile(r.Across[i].Pattern)
	}
	return nil
}

func (k Key) ways() (n int) {
	for _, has := range []bool{k.Column != "", len(k.Columns) > 0, k.Text != "", k.File != ""} {
		if has {
			n++
		}
	}
	return n
}

// A wanted is a column that a recipe reads or knows.
type wanted struct {
	Column   string
	Also     []string
	optional bool
	shared   bool // fields may read it as well
	ignored  bool // it only helps to recognise a file
}

// columns are those that a file's header must have, which is how it is recognised.
func (r *Recipe) columns() (all []wanted) {
	for _, c := range r.Key.Columns {
		all = append(all, wanted{Column: c, shared: true})
	}
	if r.Place.Lat != "" {
		shared, optional := r.Place.System != "", r.Place.Optional
		all = append(all, wanted{Column: r.Place.Lat, Also: r.Place.AlsoLat, optional: optional, shared: shared},
			wanted{Column: r.Place.Lon, Also: r.Place.AlsoLon, optional: optional, shared: shared})
	}
	if r.Place.ISO6709 != "" {
		all = append(all, wanted{Column: r.Place.ISO6709, optional: true, shared: true}, wanted{Column: r.Place.Column, optional: true, shared: true})
	}
	if r.Key.Column != "" {
		all = append(all, wanted{Column: r.Key.Column, Also: r.Key.Also})
	}
	if r.Long != nil {
		all = append(all, wanted{Column: r.Long.Quantity}, wanted{Column: r.Long.Value.Column})
	}
	cells := r.Fields
	if r.When.Column != "" {
		cells = append([]Cell{r.When}, cells...)
	}
	for _, c := range cells {
		if c.Always != "" {
			continue
		}
		all = append(all, wanted{Column: c.Column, Also: c.Also, optional: c.Optional})
	}
	for c := range r.Ignored {
		all = append(all, wanted{Column: c, ignored: true})
	}
	return all
}

// in is where the column stands in a header; -1 where it does not.
func (c wanted) in(header []string) int {
	at := columnIndex(header, c.Column)
	for i := 0; at < 0 && i < len(c.Also); i++ {
		at = columnIndex(header, c.Also[i])
	}
	return at
}

func (c *Cell) in(header []string) int { return wanted{Column: c.Column, Also: c.Also}.in(header) }

// ForFile is the recipe for a file of this name: itself, but where the name gives the key.
func (r *Recipe) ForFile(name string) (*Recipe, error) {
	if r.Key.File == "" {
		return r, nil
	}
	m := regexp.MustCompile(r.Key.File).FindStringSubmatch(name)
	if m == nil || m[1] == "" {
		return nil, fault.New(fault.Invalid, "file", "its name says nothing of what it is about, and nothing within does",
			fmt.Sprintf("give it its publisher's name; recipe %s looks for %s", r.Name, r.Key.File))
	}
	named := *r
	named.named = m[1]
	return &named, nil
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
